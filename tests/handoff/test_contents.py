"""What a bundle holds. ``UPDATE_GOLDEN=1 pytest tests/handoff/test_contents.py`` writes golden/handoff/ anew."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import HandOver

ROOT = Path(__file__).parent.parent.parent
GOLDEN = ROOT / "tests" / "golden" / "handoff"
BINARY = ".zip"


def texts(folder: Path) -> dict[str, str]:
    """Every file but the archives, whose checksums are in SHA256SUMS."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix != BINARY)
    return {str(path.relative_to(folder)): path.read_text() for path in files}


def test_the_bundle_is_as_reviewed(hand_over: HandOver) -> None:
    bundle = hand_over("--format", "both")
    if os.environ.get("UPDATE_GOLDEN"):
        shutil.rmtree(GOLDEN, ignore_errors=True)
        shutil.copytree(bundle, GOLDEN, ignore=shutil.ignore_patterns(f"*{BINARY}"))
    assert texts(bundle) == texts(GOLDEN)


@pytest.mark.parametrize("form", ["json", "hcl", "both"])
def test_the_checksums_hold_for_every_file(hand_over: HandOver, form: str) -> None:
    bundle = hand_over("--format", form)
    run = subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=bundle, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    files = {str(path.relative_to(bundle)) for path in bundle.rglob("*") if path.is_file()}
    assert {line.split("  ")[1] for line in (bundle / "SHA256SUMS").read_text().splitlines()} == files - {"SHA256SUMS"}


@pytest.mark.parametrize("form", ["json", "hcl", "both"])
def test_terraform_reads_one_form_alone(hand_over: HandOver, form: str) -> None:
    bundle = hand_over("--format", form)
    assert bool(list(bundle.glob("*.tf"))) != bool(list(bundle.glob("*.tf.json")))


def test_the_code_is_there_under_the_path_that_the_configuration_names(hand_over: HandOver) -> None:
    bundle = hand_over()
    (function,) = json.loads((bundle / "main.tf.json").read_text())["resource"]["aws_lambda_function"].values()
    assert (bundle / function["filename"]).is_file()


def test_nothing_of_cdktf_is_left_in_the_configuration(hand_over: HandOver) -> None:
    bundle = hand_over("--format", "both")
    for path in [*bundle.glob("*.tf"), *bundle.glob("json/*")]:
        assert '"//"' not in path.read_text()
        assert "metadata" not in path.read_text()


def test_no_backend_is_forced(hand_over: HandOver) -> None:
    bundle = hand_over()
    for path in bundle.glob("*.tf.json"):
        assert '"backend"' not in path.read_text()


def test_a_backend_that_is_asked_for_is_named_without_settings(hand_over: HandOver) -> None:
    bundle = hand_over("--backend", "s3")
    assert json.loads((bundle / "backend.tf.json").read_text()) == {"terraform": {"backend": {"s3": {}}}}


def test_a_backend_of_the_stack_is_named_and_its_settings_are_the_example(hand_over: HandOver, edit) -> None:
    edit(lambda config: config["terraform"].update(backend={"s3": {"bucket": "states", "key": "orders"}}))
    bundle = hand_over("--format", "hcl")
    assert (bundle / "backend.tf").read_text() == 'terraform {\n  backend "s3" {}\n}\n'
    assert (bundle / "backends/s3.tfbackend.example").read_text() == 'bucket = "states"\nkey    = "orders"\n'


def test_the_manifest_says_what_made_it_and_no_more(hand_over: HandOver) -> None:
    manifest = json.loads((hand_over() / "MANIFEST.json").read_text())
    assert manifest["made_by"].keys() == {"ddb_stream_lambda", "cdktf", "cdktf-cdktf-provider-aws"}
    assert manifest["providers"]["aws"] == {
        "source": "hashicorp/aws",
        "version": "~> 6.25",
        "synthesised_for": "6.25.0",
    }


def test_the_readme_tells_every_input_output_and_resource(hand_over: HandOver) -> None:
    bundle = hand_over()
    readme = (bundle / "README.md").read_text()
    told = set(re.findall(r'<a name="(?:input|output)_(\w+)">', readme))
    assert told == {"region", "name_prefix", "alarm_actions", "table_name", "queue_url"}
    for type, resources in json.loads((bundle / "main.tf.json").read_text())["resource"].items():
        for name in resources:
            assert f"| `{type}.{name}` |" in readme


def test_the_readme_tells_every_action_that_is_granted(hand_over: HandOver) -> None:
    bundle = hand_over()
    (policy,) = json.loads((bundle / "main.tf.json").read_text())["resource"]["aws_iam_role_policy"].values()
    for action in re.findall(r'"(\w+:\w+)"', policy["policy"].replace('\\"', '"')):
        assert f"`{action}`" in (bundle / "README.md").read_text()


def test_the_runbook_reads_from_outputs_where_there_are_some(hand_over: HandOver) -> None:
    assert 'QUEUE="$(terraform output -raw queue_url)"' in (hand_over() / "RUNBOOK.md").read_text()


def test_the_runbook_asks_the_console_where_there_is_no_output(hand_over: HandOver) -> None:
    assert "7B847D07.uuid' | terraform console" in (hand_over() / "RUNBOOK.md").read_text()


def test_two_clones_make_the_same_bytes_and_tell_nothing_of_the_machine(tmp_path: Path) -> None:
    bundles = []
    for clone in (tmp_path / "clone", tmp_path / "another" / "with" / "a longer path"):
        for name in ("ddb_stream_lambda", "tests/handoff", "tests/assets"):
            shutil.copytree(ROOT / name, clone / name)
        shutil.copy(ROOT / "pyproject.toml", clone)
        (clone / "cdktf.json").write_text(json.dumps({"language": "python", "app": "python -m tests.handoff.orders"}))
        run = [sys.executable, "-m", "ddb_stream_lambda", "handoff", "--format", "both"]
        subprocess.run(run, cwd=clone, check=True, capture_output=True)
        bundle = clone / "dist" / "orders"
        bundles.append(
            {str(path.relative_to(bundle)): path.read_bytes() for path in bundle.rglob("*") if path.is_file()}
        )
        for content in bundles[-1].values():
            for trace in (str(clone), str(Path.home()) + "/", sys.prefix, str(ROOT)):
                assert trace.encode() not in content
    assert bundles[0] == bundles[1]
    assert "main.tf" in bundles[0]
