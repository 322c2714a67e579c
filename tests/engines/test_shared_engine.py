"""The engine that the tests share."""

import pytest

from tests.engines.engine import Engine

pytestmark = pytest.mark.slow


def test_engine_stores_a_document(engine: Engine) -> None:
    index = engine.new_index()

    assert engine.documents(index) == {}
    assert engine.request("PUT", f"/{index}/_doc/a", {"value": 1}).status == 201
    assert engine.documents(index) == {"a": {"value": 1}}
