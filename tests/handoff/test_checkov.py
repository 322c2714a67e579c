"""The security checks of checkov on a bundle. checkov has a separate environment."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.install import CHECKOV
from tests.e2e.skipping import skip_if_missing

from . import example_stack
from .support import HandOver, run_handoff

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def checkov() -> None:
    skip_if_missing("checkov")


def run_checkov(bundle: Path) -> dict[str, Any]:
    run = subprocess.run([CHECKOV, "-d", ".", "-o", "json"], cwd=bundle, capture_output=True, text=True)
    return dict(json.loads(run.stdout))


@pytest.mark.parametrize(("format", "kind"), [("json", "root"), ("hcl", "root"), ("hcl", "module")])
def test_bundle_passes(hand_over: HandOver, format: str, kind: str) -> None:
    report = run_checkov(hand_over("--format", format, "--as", kind))
    assert report["summary"]["failed"] == 0, report["results"]["failed_checks"]
    assert report["summary"]["parsing_errors"] == 0
    assert report["summary"]["passed"] >= 15


def test_only_failing_checks_are_suppressed(hand_over: HandOver) -> None:
    bundle = hand_over("--format", "hcl")
    suppressed = set(re.findall(r"checkov:skip=(\w+):", (bundle / "main.tf").read_text()))
    for path in bundle.glob("*.tf"):
        path.write_text(re.sub(r".*checkov:skip.*\n", "", path.read_text()))
    failed = {check["check_id"] for check in run_checkov(bundle)["results"]["failed_checks"]}
    assert failed == suppressed


@pytest.mark.parametrize("format", ["json", "hcl"])
def test_bundle_with_a_backfill_passes(tmp_path: Path, format: str) -> None:
    output = example_stack.synthesize_backfill(tmp_path / "cdktf.out")
    options = ["--quiet", "--from", str(output), "--out", str(tmp_path / "dist"), "--format", format]
    assert run_handoff(*options) == 0
    report = run_checkov(tmp_path / "dist" / "shop")
    assert report["summary"]["failed"] == 0, report["results"]["failed_checks"]
    assert report["summary"]["parsing_errors"] == 0


@pytest.mark.parametrize("format", ["json", "hcl"])
def test_readme_has_the_reason_of_each_suppressed_check(hand_over: HandOver, format: str) -> None:
    bundle = hand_over("--format", format)
    readme = (bundle / "README.md").read_text().split("\n## Suppressed checks\n")[1]
    suppressed_in = ".checkov.yaml" if format == "json" else "main.tf"
    checks = set(re.findall(r"CKV\w+", (bundle / suppressed_in).read_text()))
    assert len(checks) == 8
    for check in checks:
        assert re.search(rf"\| `{check}` \| `\S+` \| \w.{{20,}} \|", readme)


def test_secret_that_an_operator_adds_is_found(hand_over: HandOver) -> None:
    bundle = hand_over()
    key = "AKIA" + "QYLPMN5HHHFPZAM2"
    (bundle / "override.tf.json").write_text(json.dumps({"locals": {"key": key}}))
    run = subprocess.run([CHECKOV, "-d", ".", "-o", "json"], cwd=bundle, capture_output=True, text=True)
    reports = json.loads(run.stdout)
    failed = {check["check_id"] for report in reports for check in report["results"]["failed_checks"]}
    assert failed == {"CKV_SECRET_2"}
