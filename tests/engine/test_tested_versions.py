"""The versions that `_engine` was tested with are those that are installed and pinned."""

import re
from importlib.metadata import version

import pytest
from ddb_stream_lambda._engine import TESTED_WITH

from tests.support.calls import ROOT

PINS = dict(re.findall(r"^([\w-]+)==([\w.]+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE))


@pytest.mark.parametrize("distribution", TESTED_WITH)
def test_the_tested_version_is_installed_and_pinned(distribution: str) -> None:
    assert TESTED_WITH[distribution] == version(distribution) == PINS[distribution]
