"""The output folder: replaced whole, or left as it was."""

import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ddb_stream_lambda.handoff import folder
from ddb_stream_lambda.handoff.command import main

from .conftest import HandOver

ROOT = Path(__file__).parent.parent.parent


def files(path: Path) -> dict[str, bytes]:
    return {str(file.relative_to(path)): file.read_bytes() for file in path.rglob("*") if file.is_file()}


@pytest.fixture
def refused(output: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Runs the command, which leaves the output folder as it was; what it says."""

    def refused(*options: str, code: int) -> str:
        before = files(tmp_path / "dist")
        assert main(["--quiet", *options]) == code
        assert files(tmp_path / "dist") == before
        return capsys.readouterr().err

    return refused


def test_a_folder_that_is_no_bundle_is_left_alone(tmp_path: Path, refused: Callable[..., str]) -> None:
    (tmp_path / "dist/orders").mkdir(parents=True)
    (tmp_path / "dist/orders/precious.txt").write_text("mine")
    assert "is no bundle of this command" in refused(code=4)


def test_a_file_in_its_place_is_left_alone(tmp_path: Path, refused: Callable[..., str]) -> None:
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist/orders").write_text("mine")
    assert "is no bundle of this command" in refused(code=4)


def test_a_link_in_its_place_is_left_alone(tmp_path: Path, refused: Callable[..., str]) -> None:
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist/orders").symlink_to(tmp_path)
    assert "is no bundle of this command" in refused(code=4)


def test_a_manifest_of_another_tool_makes_no_bundle(tmp_path: Path, refused: Callable[..., str]) -> None:
    (tmp_path / "dist/orders").mkdir(parents=True)
    (tmp_path / "dist/orders/MANIFEST.json").write_text('{"format": "other"}')
    assert "is no bundle of this command" in refused(code=4)


@pytest.mark.parametrize("name", ["terraform.tfstate", "prod.tfvars", "notes/todo.txt"])
def test_a_bundle_that_holds_more_is_left_alone(hand_over: HandOver, refused: Callable[..., str], name: str) -> None:
    bundle = hand_over()
    (bundle / name).parent.mkdir(exist_ok=True)
    (bundle / name).write_text("mine")
    assert name in refused(code=4)


def test_a_bundle_that_was_edited_is_left_alone(hand_over: HandOver, refused: Callable[..., str]) -> None:
    with (hand_over() / "RUNBOOK.md").open("a") as file:
        file.write("Call me first.\n")
    assert "RUNBOOK.md" in refused(code=4)


def test_an_earlier_bundle_is_replaced(hand_over: HandOver) -> None:
    hand_over("--format", "hcl")
    bundle = hand_over()
    assert not list(bundle.glob("*.tf"))
    assert [path.name for path in bundle.parent.iterdir()] == ["orders"]


def test_the_lock_file_of_terraform_is_kept(hand_over: HandOver) -> None:
    bundle = hand_over()
    (bundle / ".terraform.lock.hcl").write_text("# locked")
    (bundle / ".terraform").mkdir()
    hand_over()
    assert (bundle / ".terraform.lock.hcl").read_text() == "# locked"
    assert not (bundle / ".terraform").exists()


def test_a_missing_asset_leaves_no_bundle(output: Path, tmp_path: Path, refused: Callable[..., str]) -> None:
    shutil.rmtree(output / "stacks/orders/assets")
    assert "hello.zip is missing" in refused(code=3)
    assert list((tmp_path / "dist").iterdir()) == []


def test_an_asset_outside_the_stack_is_refused(edit: Any, refused: Callable[..., str]) -> None:
    def outside(config: dict[str, Any]) -> None:
        for function in config["resource"]["aws_lambda_function"].values():
            function["filename"] = "../../secret.zip"

    edit(outside)
    assert "lies outside the stack's folder" in refused(code=3)


def test_a_disk_that_fills_leaves_the_earlier_bundle(hand_over: HandOver, output: Path, tmp_path: Path) -> None:
    before = files(hand_over())

    def small_disk() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2048, 2048))

    run = subprocess.run(
        [sys.executable, "-m", "ddb_stream_lambda", "handoff", "--format", "hcl"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        preexec_fn=small_disk,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 4, run.stderr
    assert "could not be written, and is as it was" in run.stderr
    assert files(tmp_path / "dist/orders") == before
    assert [path.name for path in (tmp_path / "dist").iterdir()] == ["orders"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_leaves_the_earlier_bundle(
    hand_over: HandOver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: Callable[..., str], number: int
) -> None:
    hand_over()
    monkeypatch.setattr(folder.shutil, "copyfile", lambda *_: os.kill(os.getpid(), number))
    assert "interrupted" in refused("--format", "hcl", code=128 + number)
    assert [path.name for path in (tmp_path / "dist").iterdir()] == ["orders"]


def test_a_rename_that_fails_brings_the_earlier_bundle_back(
    hand_over: HandOver, monkeypatch: pytest.MonkeyPatch, refused: Callable[..., str]
) -> None:
    hand_over()
    rename = Path.rename

    def failing(path: Path, target: Path) -> Path:
        if path.name.endswith(".partial"):
            raise OSError("no")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", failing)
    assert "could not be written" in refused("--format", "hcl", code=4)


def test_what_a_killed_run_left_is_mended_by_the_next(hand_over: HandOver, tmp_path: Path) -> None:
    bundle = hand_over()
    bundle.rename(tmp_path / "dist/.orders.previous")
    (tmp_path / "dist/.orders.partial").mkdir()
    hand_over()
    assert [path.name for path in (tmp_path / "dist").iterdir()] == ["orders"]
