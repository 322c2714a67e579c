"""The contents of a bundle. ``UPDATE_GOLDEN=1 pytest tests/handoff/test_bundle.py`` rewrites golden/handoff/."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .support import PROGRAMS, ROOT, Config, Edit, HandOver

GOLDEN = ROOT / "tests" / "golden" / "handoff"
ARCHIVE = ".zip"
# The forms of a bundle, each with the options for it and a folder of golden files.
FORMS = {
    "json": ("--format", "json"),
    "hcl": ("--format", "hcl"),
    "module": ("--as", "module", "--format", "hcl"),
}


def texts(folder: Path) -> dict[str, str]:
    """Every file except for the archives, whose checksums are in SHA256SUMS."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix != ARCHIVE)
    return {str(path.relative_to(folder)): path.read_text() for path in files}


@pytest.mark.parametrize("form", FORMS)
def test_bundle_equals_the_golden_files(hand_over: HandOver, form: str) -> None:
    bundle, golden = hand_over(*FORMS[form]), GOLDEN / form
    if os.environ.get("UPDATE_GOLDEN"):
        shutil.rmtree(golden, ignore_errors=True)
        shutil.copytree(bundle, golden, ignore=shutil.ignore_patterns(f"*{ARCHIVE}"))
    assert texts(bundle) == texts(golden)


@pytest.mark.parametrize("form", FORMS)
def test_checksums_match_every_file(hand_over: HandOver, form: str) -> None:
    bundle = hand_over(*FORMS[form])
    run = subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=bundle, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    files = {str(path.relative_to(bundle)) for path in bundle.rglob("*") if path.is_file()}
    assert {line.split("  ")[1] for line in (bundle / "SHA256SUMS").read_text().splitlines()} == files - {"SHA256SUMS"}


@pytest.mark.parametrize("format", ["json", "hcl"])
def test_terraform_reads_only_one_syntax(hand_over: HandOver, format: str) -> None:
    bundle = hand_over("--format", format)
    assert bool(list(bundle.glob("*.tf"))) != bool(list(bundle.glob("*.tf.json")))


def test_code_has_the_path_in_the_configuration(hand_over: HandOver) -> None:
    bundle = hand_over()
    (function,) = json.loads((bundle / "main.tf.json").read_text())["resource"]["aws_lambda_function"].values()
    assert function["filename"].startswith("${path.module}/assets/")
    assert (bundle / function["filename"].removeprefix("${path.module}/")).is_file()


def test_configuration_has_no_metadata_of_cdktf(hand_over: HandOver) -> None:
    for format in ("json", "hcl"):
        for path in hand_over("--format", format).glob("*.tf*"):
            assert '"//"' not in path.read_text()
            assert "metadata" not in path.read_text()


def test_bundle_names_no_backend_by_default(hand_over: HandOver) -> None:
    bundle = hand_over()
    for path in bundle.glob("*.tf.json"):
        assert '"backend"' not in path.read_text()


def test_requested_backend_has_no_settings(hand_over: HandOver) -> None:
    bundle = hand_over("--backend", "s3")
    assert json.loads((bundle / "backend.tf.json").read_text()) == {"terraform": {"backend": {"s3": {}}}}
    assert "The file `backend.tf.json` has the `backend` block" in (bundle / "README.md").read_text()


def with_s3_backend(config: Config) -> None:
    config["terraform"].update(backend={"s3": {"bucket": "states", "key": "orders"}})


def test_backend_of_the_stack_is_named_and_its_settings_are_the_example(hand_over: HandOver, edit: Edit) -> None:
    edit(with_s3_backend)
    bundle = hand_over("--format", "hcl")
    assert (bundle / "backend.tf").read_text() == 'terraform {\n  backend "s3" {}\n}\n'
    assert (bundle / "backends/s3.tfbackend.example").read_text() == 'bucket = "states"\nkey    = "orders"\n'


@pytest.mark.parametrize("format", ["json", "hcl"])
def test_backends_on_offer_are_no_modules_for_tools(hand_over: HandOver, format: str) -> None:
    names = {path.name for path in (hand_over("--format", format) / "backends").iterdir()}
    suffix = {"json": ".tf.json", "hcl": ".tf"}[format]
    assert names >= {f"s3{suffix}.example", f"local{suffix}.example"}
    assert all(name.endswith(".example") for name in names)


def test_json_bundle_explains_that_a_suppressed_check_holds_for_the_whole_folder(hand_over: HandOver) -> None:
    assert "each check is suppressed for the whole folder" in (hand_over() / ".checkov.yaml").read_text()
    assert "whole folder" not in (hand_over("--format", "hcl") / ".checkov.yaml").read_text()


def test_git_ignores_state_and_variables_but_not_the_lock_file(hand_over: HandOver) -> None:
    bundle = hand_over()
    subprocess.run(["git", "init", "--quiet"], cwd=bundle, check=True)
    ignored = ["terraform.tfstate", "terraform.tfstate.backup", "prod.tfvars", "prod.plan", "pause_override.tf"]
    kept = [".terraform.lock.hcl", "main.tf.json", "terraform.tfvars.example", "backends/s3.tfbackend.example"]
    run = subprocess.run(["git", "check-ignore", *ignored, *kept], cwd=bundle, capture_output=True, text=True)
    assert run.stdout.splitlines() == ignored


def test_backend_of_the_stack_can_be_left_out(hand_over: HandOver, edit: Edit) -> None:
    edit(with_s3_backend)
    bundle = hand_over("--format", "hcl", "--backend", "none")
    assert not (bundle / "backend.tf").exists()
    assert "states" not in (bundle / "backends/s3.tfbackend.example").read_text()


def test_manifest_has_only_versions(hand_over: HandOver) -> None:
    manifest = json.loads((hand_over() / "MANIFEST.json").read_text())
    assert manifest["made_by"].keys() == {"ddb_stream_lambda", "cdktf", "cdktf-cdktf-provider-aws"}
    assert manifest["providers"]["aws"] == {
        "source": "hashicorp/aws",
        "version": "~> 6.25",
        "synthesized_for": "6.25.0",
    }


def test_readme_lists_every_input_output_and_resource(hand_over: HandOver) -> None:
    bundle = hand_over()
    readme = (bundle / "README.md").read_text()
    anchors = set(re.findall(r'<a name="(?:input|output)_(\w+)">', readme))
    assert anchors == {"region", "name_prefix", "alarm_actions", "table_name", "queue_url"}
    for type, resources in json.loads((bundle / "main.tf.json").read_text())["resource"].items():
        for name in resources:
            assert f"| `{type}.{name}` |" in readme


def test_readme_lists_every_action_of_the_role(hand_over: HandOver) -> None:
    bundle = hand_over()
    (policy,) = json.loads((bundle / "main.tf.json").read_text())["resource"]["aws_iam_role_policy"].values()
    permissions = (bundle / "README.md").read_text().split("\n## Permissions\n")[1].split("\n## ")[0]
    actions = re.findall(r'"(\w+:\w+)"', policy["policy"].replace('\\"', '"'))
    assert len(actions) >= 10
    for action in actions:
        assert f"`{action}`" in permissions


def test_readme_names_a_policy_that_is_known_only_after_apply(hand_over: HandOver, edit: Edit) -> None:
    def change(config: Config) -> None:
        (policy,) = config["resource"]["aws_sqs_queue_policy"].values()
        policy["policy"] = "${data.aws_iam_policy_document.queue.json}"

    edit(change)
    row = r"\| `aws_sqs_queue_policy\.pipeline_[\w-]+\.policy` \| its value is known only to Terraform \|"
    assert re.search(row, (hand_over() / "README.md").read_text())


def test_runbook_reads_a_value_from_an_output(hand_over: HandOver) -> None:
    assert 'QUEUE="$(terraform output -raw queue_url)"' in (hand_over() / "RUNBOOK.md").read_text()


def test_runbook_reads_a_value_without_output_from_the_state(hand_over: HandOver) -> None:
    assert "_mapping.pipeline' | sed -n 's/^    uuid *= " in (hand_over() / "RUNBOOK.md").read_text()


def test_two_checkouts_write_the_same_bytes_without_a_trace_of_the_machine(tmp_path: Path) -> None:
    bundles = []
    for checkout in (tmp_path / "checkout", tmp_path / "another" / "with" / "a longer path"):
        for name in ("ddb_stream_lambda", "tests/handoff", "tests/assets"):
            shutil.copytree(ROOT / name, checkout / name)
        shutil.copy(ROOT / "pyproject.toml", checkout)
        app = {"language": "python", "app": "python -m tests.handoff.example_stack"}
        (checkout / "cdktf.json").write_text(json.dumps(app))
        command = [sys.executable, "-m", "ddb_stream_lambda", "handoff", "--format", "hcl"]
        environment = os.environ | {"PATH": PROGRAMS + os.pathsep + os.environ["PATH"]}
        subprocess.run(command, cwd=checkout, env=environment, check=True, capture_output=True)
        bundle = checkout / "dist" / "orders"
        bundles.append(
            {str(path.relative_to(bundle)): path.read_bytes() for path in bundle.rglob("*") if path.is_file()}
        )
        for content in bundles[-1].values():
            for trace in (str(checkout), str(Path.home()) + "/", sys.prefix, str(ROOT)):
                assert trace.encode() not in content
    assert bundles[0] == bundles[1]
    assert "main.tf" in bundles[0]
