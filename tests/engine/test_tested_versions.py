"""The versions that `_engine` was tested with are those that are installed and pinned."""

import re
from importlib.metadata import version

import pytest
from ddb_stream_lambda._engine import TESTED_WITH

from tests.support.calls import ROOT

REQUIREMENTS = ROOT / "requirements.txt"


@pytest.mark.parametrize("distribution", TESTED_WITH)
def test_the_tested_version_is_installed(distribution: str) -> None:
    assert TESTED_WITH[distribution] == version(distribution)


@pytest.mark.parametrize("distribution", TESTED_WITH)
def test_the_tested_version_is_pinned(distribution: str) -> None:
    if not REQUIREMENTS.exists():
        pytest.skip("the sources of the second distribution have no requirements.txt")
    pins = dict(re.findall(r"^([\w-]+)==([\w.]+)", REQUIREMENTS.read_text(), re.MULTILINE))
    assert TESTED_WITH[distribution] == pins[distribution]
