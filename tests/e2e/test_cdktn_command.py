"""The example app with `cdktn synth`: the same stack as with `cdktf synth`, and bundles of it that are valid."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.both_tools import cdktn_command_path, cdktn_tool

from .install import ROOT
from .providers import Provider
from .terraform import SETTINGS, Terraform

STACK = "ddb-stream-lambda"
STACK_FOLDER = Path("cdktf.out", "stacks", STACK)
CDKTF = ROOT / "node_modules" / ".bin" / "cdktf"
# Runs a command in the folder of the app for cdktn.
Run = Callable[..., None]


def run_in(folder: Path, path: str, *command: str | Path) -> None:
    environment = os.environ | SETTINGS | {"CI": "1", "PATH": path}
    process = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    assert process.returncode == 0, process.stdout + process.stderr


def read_config(app: Path) -> dict[str, Any]:
    return dict(json.loads((app / STACK_FOLDER / "cdk.tf.json").read_text()))


@pytest.fixture(scope="module")
def path() -> str:
    return cdktn_command_path()


@pytest.fixture(scope="module")
def app(path: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the example app for cdktn, synthesized."""
    folder = cdktn_tool(tmp_path_factory.mktemp("cdktn") / "app").project
    run_in(folder, path, "cdktn", "synth")
    return folder


def test_synth_of_both_commands_writes_the_same_stack(app: Path, tmp_path: Path) -> None:
    if not CDKTF.exists():
        pytest.skip("the cdktf command is not installed: run `make synth`")
    for name in ("main.py", "cdktf.json", "stacks", "ddb_stream_lambda", "function"):
        (tmp_path / name).symlink_to(ROOT / name)
    run_in(tmp_path, os.environ["PATH"], CDKTF, "synth")
    configs = [read_config(tmp_path), read_config(app)]
    providers = [config["terraform"].pop("required_providers") for config in configs]
    assert [provider["aws"]["source"] for provider in providers] == ["aws", "hashicorp/aws"]
    for config in configs:
        del config["//"]["metadata"]["version"]
    assert configs[0] == configs[1]


@pytest.mark.parametrize("format", ["json", "hcl"])
def test_bundle_of_the_stack_is_valid(app: Path, path: str, provider: Provider, tmp_path: Path, format: str) -> None:
    output = shutil.copytree(app / "cdktf.out", tmp_path / "cdktf.out") / "stacks" / STACK / "cdk.tf.json"
    output.write_text(json.dumps(provider.adapt(json.loads(output.read_text()))))
    options: list[str | Path] = ["--from", tmp_path / "cdktf.out", "--out", tmp_path / "dist", "--format", format]
    run_in(app, path, "python", "-m", "ddb_stream_lambda", "handoff", *options)
    bundle = tmp_path / "dist" / STACK
    assert {file.name for file in bundle.glob("main.tf*")} == {{"json": "main.tf.json", "hcl": "main.tf"}[format]}
    assert "cdktn" in json.loads((bundle / "MANIFEST.json").read_text())["made_by"]
    terraform = Terraform(bundle, provider)
    terraform.init()
    assert "The configuration is valid" in terraform.run("validate")
