"""Fixtures: a synthesized stack, the command, Terraform and its provider, and an emulator of AWS."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import provider as provider
from tests.e2e.emulator_process import Emulator
from tests.e2e.providers import Provider
from tests.e2e.skipping import skip_if_missing

from . import example_stack
from .support import PROGRAMS, Config, Edit, HandOver, Refused, Terraform, run_handoff, terraform_with


@pytest.fixture(scope="session")
def synthesized(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that cdktf wrote for the stack "orders". Do not change it; `output` is a copy."""
    return example_stack.synthesize(tmp_path_factory.mktemp("synthesized") / "cdktf.out")


@pytest.fixture
def output(synthesized: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the folder that cdktf wrote, in the working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", PROGRAMS, prepend=os.pathsep)
    return shutil.copytree(synthesized, tmp_path / "cdktf.out")


@pytest.fixture
def edit(output: Path) -> Edit:
    """A function that changes the configuration that cdktf wrote."""
    path = output / "stacks/orders/cdk.tf.json"

    def edit(change: Callable[[Config], None]) -> None:
        config = json.loads(path.read_text())
        change(config)
        path.write_text(json.dumps(config))

    return edit


@pytest.fixture
def hand_over(output: Path, tmp_path: Path) -> HandOver:
    """A function that runs the command with options and returns the bundle's folder."""

    def hand_over(*options: str) -> Path:
        assert run_handoff("--quiet", "--out", str(tmp_path / "dist"), *options) == 0
        return tmp_path / "dist" / "orders"

    return hand_over


@pytest.fixture
def refused(output: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Refused:
    """A function that runs the command, checks that it fails and changes no file of dist/, and returns the error."""

    def files() -> dict[str, bytes]:
        folder = tmp_path / "dist"
        return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}

    def refused(*options: str, code: int) -> str:
        before = files()
        assert run_handoff("--quiet", *options) == code
        assert files() == before
        return capsys.readouterr().err

    return refused


@pytest.fixture(scope="session")
def tools(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A PATH with the tools of an operations team: terraform and sha256sum, but no Python."""
    folder = tmp_path_factory.mktemp("bin")
    for tool in ("terraform", "sha256sum"):
        path = shutil.which(tool)
        if path is None:
            pytest.skip(f"{tool} is not installed")
        (folder / tool).symlink_to(path)
    return str(folder)


@pytest.fixture
def terraform(tools: str) -> Terraform:
    """A function that runs terraform in a folder, without Python on the PATH and without a provider."""
    return terraform_with({"PATH": tools})


@pytest.fixture
def terraform_with_provider(tools: str, provider: Provider) -> Terraform:
    """A function that runs terraform in a folder, without Python on the PATH, with the AWS provider of the tests."""
    return terraform_with({"PATH": tools} | provider.environment)


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of an emulator of AWS on this machine."""
    skip_if_missing("terraform", "emulator")
    with Emulator(tmp_path_factory.mktemp("emulator")) as running:
        yield running.url


@pytest.fixture
def stack_for_provider(edit: Edit, provider: Provider) -> None:
    """Change the stack to the form that the AWS provider of the tests accepts."""

    def change(config: Config) -> None:
        adapted = provider.adapt(config)
        config.clear()
        config.update(adapted)

    edit(change)
