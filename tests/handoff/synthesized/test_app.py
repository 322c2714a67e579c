"""The app: which output is read, when it is run, and when its output is old."""

import json
import os
from pathlib import Path

import pytest
from ddb_stream_lambda.handoff.synthesized.app import newer_files, output_of_project, read_app, run_app

from ..support import Refused, run_handoff

LATER = 2_000_000_000


@pytest.fixture
def project(output: Path) -> Path:
    """The folder of an app with an output."""
    folder = output.parent
    (folder / "cdktf.json").write_text('{"app": "python main.py"}')
    (folder / "main.py").write_text("from stacks import orders\nimport json\n")
    (folder / "stacks").mkdir()
    for name in ("__init__.py", "orders.py", "unused.py", "helper.py"):
        (folder / "stacks" / name).write_text("")
    (folder / "stacks/orders.py").write_text("from .helper import x\nfrom . import __init__\n")
    (folder / "test_orders.py").write_text("import main\n")
    return folder


def make_newer(path: Path) -> None:
    os.utime(path, (LATER, LATER))


@pytest.mark.parametrize(
    "name", ["main.py", "stacks/orders.py", "stacks/helper.py", "stacks/__init__.py", "cdktf.json"]
)
def test_newer_file_of_the_app_is_noticed(project: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    for path in project.rglob("*"):
        os.utime(path, (1, 1))
    assert newer_files(project, project / "cdktf.out") == []
    make_newer(project / name)
    assert run_handoff("--quiet") == 0
    assert f"{name} changed after the stacks were synthesized; run with --synth" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["test_orders.py", "stacks/unused.py"])
def test_file_that_the_app_does_not_import_may_be_newer(project: Path, name: str) -> None:
    for path in project.rglob("*"):
        os.utime(path, (1, 1))
    make_newer(project / name)
    assert newer_files(project, project / "cdktf.out") == []


@pytest.mark.parametrize(
    "settings", ["", "[]", '{"app": 1}', '{"app": "python \\""}', '{"app": "npx ts-node main.ts"}']
)
def test_age_of_an_app_that_cannot_be_read_is_unknown(project: Path, settings: str) -> None:
    (project / "cdktf.json").write_text(settings)
    os.utime(project / "cdktf.json", (1, 1))
    make_newer(project / "main.py")
    assert newer_files(project, project / "cdktf.out") == []


def test_stack_of_an_earlier_synthesis_is_noticed(
    project: Path, capsys: pytest.CaptureFixture[str], refused: Refused
) -> None:
    (project / "cdktf.out/stacks/old").mkdir()
    (project / "cdktf.out/stacks/old/cdk.tf.json").write_text("{}")
    assert run_handoff("--json") == 0
    printed = capsys.readouterr()
    assert "stacks of an earlier synthesis, which are not handed over: old" in printed.err
    assert "old" in json.loads(printed.out)[0]["notes"][-1]
    assert "old is from an earlier synthesis" in refused("old", code=2)


def test_stack_without_its_folder_is_an_error(project: Path, refused: Refused) -> None:
    (project / "cdktf.out/stacks/orders/cdk.tf.json").unlink()
    assert "names the stack orders, but stacks/orders/cdk.tf.json is missing" in refused(code=2)


def test_wrong_output_folder_is_an_error_that_lists_the_right_one(project: Path, refused: Refused) -> None:
    (project / "main.py").write_text("raise SystemExit('must not run')")
    assert f"these folders do: {project}/cdktf.out" in refused("--from", "cdktf.uot", code=2)
    assert not (project / "cdktf.uot").exists()


def test_app_does_not_write_into_a_folder_with_other_files(project: Path, refused: Refused) -> None:
    (project / "main.py").write_text("raise SystemExit('must not run')")
    assert "has files that cdktf did not write" in refused("--from", "stacks", "--synth", code=2)


def test_output_folder_of_cdktf_json_is_the_default(project: Path) -> None:
    assert output_of_project(project) == project / "cdktf.out"
    (project / "cdktf.json").write_text('{"output": "build/tf"}')
    assert output_of_project(project) == project / "build/tf"


def test_app_gets_what_the_command_line_of_cdktf_passes(
    project: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """cdktf copies a local module only if the context has its source. Values for Terraform are not for the app."""
    (project / "cdktf.json").write_text(
        json.dumps(
            {
                "app": "python print_environment.py",
                "terraformModules": ["./modules/x", {"name": "y", "source": "../y"}, "terraform-aws-modules/vpc/aws"],
            }
        )
    )
    (project / "print_environment.py").write_text(
        "import os\nfor name in ('CDKTF_OUTDIR', 'CDKTF_CONTEXT_JSON', 'TF_VAR_x'): print(os.environ.get(name))\n"
    )
    monkeypatch.setenv("CDKTF_CONTEXT_JSON", '{"stage": "prod"}')
    monkeypatch.setenv("TF_VAR_x", "secret")
    run_app(project, project / "out")
    out, context, variable = capfd.readouterr().err.splitlines()
    assert out == str(project / "out")
    assert json.loads(context) == {"stage": "prod", "cdktfRelativeModules": ["./modules/x", "../y"]}
    assert variable == "None"


def test_manifest_is_read_as_utf8(project: Path) -> None:
    manifest = json.loads((project / "cdktf.out/manifest.json").read_text())
    manifest["stacks"]["Bücher"] = manifest["stacks"].pop("orders")
    (project / "cdktf.out/manifest.json").write_text(json.dumps(manifest, ensure_ascii=False), encoding="utf-8")
    assert list(read_app(project / "cdktf.out").stacks) == ["Bücher"]
