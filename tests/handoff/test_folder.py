"""The output folder: replaced completely, or not changed."""

import os
import resource
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from .support import ROOT, Config, Edit, HandOver, Refused

NO_BUNDLE = "is not a bundle of this command"


def files(path: Path) -> dict[str, bytes]:
    return {str(file.relative_to(path)): file.read_bytes() for file in path.rglob("*") if file.is_file()}


def test_folder_that_is_not_a_bundle_is_kept(tmp_path: Path, refused: Refused) -> None:
    (tmp_path / "dist/orders").mkdir(parents=True)
    (tmp_path / "dist/orders/precious.txt").write_text("mine")
    assert NO_BUNDLE in refused(code=4)


def test_file_with_the_folders_name_is_kept(tmp_path: Path, refused: Refused) -> None:
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist/orders").write_text("mine")
    assert NO_BUNDLE in refused(code=4)


def test_link_with_the_folders_name_is_kept(tmp_path: Path, refused: Refused) -> None:
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist/orders").symlink_to(tmp_path)
    assert NO_BUNDLE in refused(code=4)


def test_folder_with_the_manifest_of_another_tool_is_kept(tmp_path: Path, refused: Refused) -> None:
    (tmp_path / "dist/orders").mkdir(parents=True)
    (tmp_path / "dist/orders/MANIFEST.json").write_text('{"format": "other"}')
    assert NO_BUNDLE in refused(code=4)


def test_bundle_with_a_changed_file_is_kept(hand_over: HandOver, refused: Refused) -> None:
    with (hand_over() / "RUNBOOK.md").open("a") as file:
        file.write("Call me first.\n")
    assert "RUNBOOK.md" in refused(code=4)


def test_unchanged_bundle_is_replaced(hand_over: HandOver) -> None:
    hand_over("--format", "hcl")
    bundle = hand_over()
    assert not list(bundle.glob("*.tf"))
    assert [path.name for path in bundle.parent.iterdir()] == ["orders"]


def test_lock_file_of_terraform_is_kept(hand_over: HandOver) -> None:
    bundle = hand_over()
    (bundle / ".terraform.lock.hcl").write_text("# locked")
    hand_over()
    assert (bundle / ".terraform.lock.hcl").read_text() == "# locked"


def test_missing_asset_leaves_no_bundle(output: Path, tmp_path: Path, refused: Refused) -> None:
    shutil.rmtree(output / "stacks/orders/assets")
    assert "hello.zip is missing" in refused(code=3)
    assert not (tmp_path / "dist").exists()


def test_asset_outside_the_stacks_folder_is_an_error(edit: Edit, refused: Refused) -> None:
    def change(config: Config) -> None:
        for function in config["resource"]["aws_lambda_function"].values():
            function["filename"] = "../../secret.zip"

    edit(change)
    assert "../../secret.zip is outside the stack's folder" in refused(code=3)


def test_full_disk_leaves_the_earlier_bundle(hand_over: HandOver, output: Path, tmp_path: Path) -> None:
    before = files(hand_over())

    def limit_file_size() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2048, 2048))

    run = subprocess.run(
        [sys.executable, "-m", "ddb_stream_lambda", "handoff", "--format", "hcl"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        preexec_fn=limit_file_size,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 4, run.stderr
    assert "could not be written and has not changed" in run.stderr
    assert files(tmp_path / "dist/orders") == before
    assert [path.name for path in (tmp_path / "dist").iterdir()] == ["orders"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interruption_leaves_the_earlier_bundle(
    hand_over: HandOver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: Refused, number: signal.Signals
) -> None:
    hand_over()
    monkeypatch.setattr(shutil, "copyfile", lambda *_: os.kill(os.getpid(), number))
    assert "interrupted" in refused("--format", "hcl", code=128 + number)
    assert [path.name for path in (tmp_path / "dist").iterdir()] == ["orders"]


def test_failed_rename_restores_the_earlier_bundle(
    hand_over: HandOver, monkeypatch: pytest.MonkeyPatch, refused: Refused
) -> None:
    hand_over()
    rename = Path.rename

    def failing(path: Path, target: Path) -> Path:
        if path.name.endswith(".partial"):
            raise OSError("no")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", failing)
    assert "could not be written" in refused("--format", "hcl", code=4)


def test_run_recovers_from_a_killed_run(hand_over: HandOver, tmp_path: Path) -> None:
    bundle = hand_over()
    bundle.rename(tmp_path / "dist/.orders.previous")
    (tmp_path / "dist/.orders.partial").mkdir()
    hand_over()
    assert [path.name for path in (tmp_path / "dist").iterdir()] == ["orders"]
