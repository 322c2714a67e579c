"""What the tests of the hand-off share: a synthesised stack, the command, terraform and its provider."""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ddb_stream_lambda.handoff.command import main

from tests.e2e.conftest import skip_where_missing
from tests.e2e.emulation import Emulator
from tests.e2e.install import TERRAFORM_CONFIG
from tests.e2e.old_provider import downgrade

from . import orders

TABLE = "aws_dynamodb_table.pipeline_table_4950B2AC"

# What keeps terraform and the provider from asking the network.
ALONE = {"CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1", "AWS_EC2_METADATA_DISABLED": "true"}

HandOver = Callable[..., Path]
Terraform = Callable[..., str]


@pytest.fixture(scope="session")
def synthesised(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What cdktf wrote for the stack "orders". Not to be changed; `output` is a copy."""
    return orders.synthesise(tmp_path_factory.mktemp("synthesised") / "cdktf.out")


@pytest.fixture
def output(synthesised: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of what cdktf wrote, in the working directory."""
    monkeypatch.chdir(tmp_path)
    return shutil.copytree(synthesised, tmp_path / "cdktf.out")


@pytest.fixture
def edit(output: Path) -> Callable[[Callable[[dict[str, Any]], None]], None]:
    """Changes the stack's configuration as cdktf wrote it."""
    path = output / "stacks/orders/cdk.tf.json"

    def edit(change: Callable[[dict[str, Any]], None]) -> None:
        config = json.loads(path.read_text())
        change(config)
        path.write_text(json.dumps(config))

    return edit


@pytest.fixture
def hand_over(output: Path, tmp_path: Path) -> HandOver:
    """Runs the command with options, and returns the bundle's folder."""

    def hand_over(*options: str, out: str = "dist") -> Path:
        assert main(["--quiet", "--out", str(tmp_path / out), *options]) == 0
        return tmp_path / out / "orders"

    return hand_over


@pytest.fixture(scope="session")
def tools(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A PATH with what an operations team has: terraform and the checksum tool, and no Python."""
    folder = tmp_path_factory.mktemp("bin")
    for tool in ("terraform", "sha256sum"):
        found = shutil.which(tool)
        if found is None:
            pytest.skip(f"{tool} is not installed")
        (folder / tool).symlink_to(found)
    return str(folder)


@pytest.fixture
def terraform(tools: str) -> Terraform:
    """Runs terraform in a folder, without Python on the PATH; what it says. It needs no provider."""
    return runner({"PATH": tools})


@pytest.fixture
def terraform_with_provider(tools: str) -> Terraform:
    """The same, with the AWS provider that the end-to-end tests fall back to."""
    skip_where_missing("provider")
    return runner({"PATH": tools, "TF_CLI_CONFIG_FILE": str(TERRAFORM_CONFIG)})


@pytest.fixture
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of an AWS on loopback."""
    skip_where_missing("terraform", "emulator")
    with Emulator(tmp_path_factory.mktemp("emulator")) as running:
        yield running.url


@pytest.fixture
def older(edit: Any) -> None:
    """The stack, as that provider knows it."""

    def change(config: dict[str, Any]) -> None:
        downgraded = downgrade(config)
        config.clear()
        config.update(downgraded)

    edit(change)


def runner(environment: dict[str, str]) -> Terraform:
    def run(folder: Path, *arguments: str, accept: tuple[int, ...] = (0,)) -> str:
        run = subprocess.run(
            [environment["PATH"] + "/terraform", *arguments],
            cwd=folder,
            env={**ALONE, **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode in accept, run.stdout + run.stderr
        return run.stdout + run.stderr

    return run
