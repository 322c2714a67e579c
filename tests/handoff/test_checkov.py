"""A bundle as a security review sees it, by checkov, which has an environment of its own."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import skip_where_missing
from tests.e2e.install import CHECKOV

from .conftest import HandOver


@pytest.fixture(autouse=True)
def checkov() -> None:
    skip_where_missing("checkov")


def findings(bundle: Path, *options: str) -> dict[str, Any]:
    run = subprocess.run([CHECKOV, "-d", ".", "-o", "json", *options], cwd=bundle, capture_output=True, text=True)
    return dict(json.loads(run.stdout))


@pytest.mark.parametrize("form", ["json", "hcl", "both"])
def test_the_bundle_passes(hand_over: HandOver, form: str) -> None:
    found = findings(hand_over("--format", form))
    assert found["summary"]["failed"] == 0, found["results"]["failed_checks"]
    assert found["summary"]["parsing_errors"] == 0
    assert found["summary"]["passed"] >= 15


def test_nothing_is_suppressed_that_would_pass(hand_over: HandOver) -> None:
    bundle = hand_over("--format", "hcl")
    suppressed = set(re.findall(r"checkov:skip=(\w+):", (bundle / "main.tf").read_text()))
    for path in bundle.glob("*.tf"):
        path.write_text(re.sub(r".*checkov:skip.*\n", "", path.read_text()))
    failed = {check["check_id"] for check in findings(bundle)["results"]["failed_checks"]}
    assert failed == suppressed


@pytest.mark.parametrize("form", ["json", "hcl"])
def test_each_suppression_has_a_reason(hand_over: HandOver, form: str) -> None:
    bundle = hand_over("--format", form)
    readme = (bundle / "README.md").read_text().split("## Findings of checkov")[1]
    settings = (bundle / ".checkov.yaml").read_text()
    for check in re.findall(r"CKV\w+", settings + (bundle / "main.tf").read_text() if form == "hcl" else settings):
        assert re.search(rf"\| `{check}` \| `\S+` \| \w.{{20,}} \|", readme)
