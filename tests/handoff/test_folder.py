"""The output folder: replaced completely, or not changed."""

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from ddb_stream_lambda.handoff import checksums

from .support import ROOT, Config, Edit, HandOver, Refused, run_handoff

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


ADDED = (
    "terraform.tfstate",
    "terraform.tfstate.d/prod/terraform.tfstate",
    "prod.tfvars",
    "prod.s3.tfbackend",
    "backend.tf",
    "destroy_override.tf",
    "notes/todo.txt",
    ".terraform/environment",
    ".terraform/terraform.tfstate",
    ".terraform/providers/x",
    ".terraform.lock.hcl",
    "backends/own.tf",
)


def add(bundle: Path, *names: str) -> None:
    for name in names:
        (bundle / name).parent.mkdir(parents=True, exist_ok=True)
        (bundle / name).write_text(f"mine: {name}")
        (bundle / name).chmod(0o600)


def test_new_bundle_keeps_every_added_file(hand_over: HandOver, capsys: pytest.CaptureFixture[str]) -> None:
    bundle = hand_over("--format", "hcl")
    add(bundle, *ADDED)
    capsys.readouterr()
    hand_over("--json")
    assert not (bundle / "main.tf").exists()
    for name in ADDED:
        assert (bundle / name).read_text() == f"mine: {name}"
        assert (bundle / name).stat().st_mode & 0o777 == 0o600
    printed = capsys.readouterr()
    kept = json.loads(printed.out)[0]["kept"]
    assert {*kept} >= {"terraform.tfstate", ".terraform", "terraform.tfstate.d", "backends/own.tf"}
    assert "keeps the files that were added to it: .terraform, " in printed.err
    assert [path.name for path in bundle.parent.iterdir()] == ["orders"]
    check = subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=bundle)
    assert check.returncode == 0


def test_added_file_that_is_the_same_in_the_new_bundle_is_replaced(hand_over: HandOver) -> None:
    bundle = hand_over("--format", "hcl")
    shutil.copy(bundle / "backends/s3.tf.example", bundle / "backend.tf")
    hand_over("--format", "hcl", "--backend", "s3")
    assert "backend.tf" in (bundle / "SHA256SUMS").read_text()


def test_added_file_with_the_name_of_another_new_file_is_kept(hand_over: HandOver, refused: Refused) -> None:
    bundle = hand_over("--format", "hcl")
    add(bundle, "backend.tf")
    error = refused("--format", "hcl", "--backend", "s3", code=4)
    assert "the new bundle has other files with these names:\n  backend.tf" in error


def test_added_file_with_the_name_of_a_new_folder_is_kept(hand_over: HandOver, refused: Refused, output: Path) -> None:
    bundle = hand_over()
    add(bundle, "assets/new")
    (output / "stacks/orders/assets/new").mkdir()
    (output / "stacks/orders/assets/new/x").touch()
    assert "assets/new" in refused(code=4)


def test_added_link_is_kept_as_a_link(hand_over: HandOver, tmp_path: Path) -> None:
    bundle = hand_over()
    (bundle / "prod.tfvars").symlink_to(tmp_path / "elsewhere")
    (bundle / ".terraform/providers").mkdir(parents=True)
    (bundle / ".terraform/providers/aws").symlink_to(tmp_path)
    hand_over()
    assert (bundle / "prod.tfvars").readlink() == tmp_path / "elsewhere"
    assert (bundle / ".terraform/providers/aws").readlink() == tmp_path


def test_bundle_that_terraform_uses_is_kept(hand_over: HandOver, refused: Refused) -> None:
    add(hand_over(), ".terraform.tfstate.lock.info")
    assert "is in use by Terraform" in refused(code=4)


def test_file_that_is_added_while_the_bundle_is_written_is_kept(
    hand_over: HandOver, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = hand_over()
    write_sums = checksums.checksums

    def slow(folder: Path) -> str:
        add(bundle, "terraform.tfstate")
        return write_sums(folder)

    monkeypatch.setattr(checksums, "checksums", slow)
    hand_over()
    assert (bundle / "terraform.tfstate").is_file()


def test_deleted_file_of_a_bundle_comes_back(hand_over: HandOver) -> None:
    bundle = hand_over()
    (bundle / "RUNBOOK.md").unlink()
    hand_over()
    assert (bundle / "RUNBOOK.md").is_file()


def test_asset_outside_the_stacks_folder_is_an_error(edit: Edit, refused: Refused) -> None:
    def change(config: Config) -> None:
        for function in config["resource"]["aws_lambda_function"].values():
            function["filename"] = "../../secret.zip"

    edit(change)
    assert "../../secret.zip is outside the stack's folder" in refused(code=3)


def test_modes_and_empty_folders_of_assets_are_kept_under_any_umask(hand_over: HandOver, output: Path) -> None:
    folder = output / "stacks/orders/assets/scripts"
    (folder / "empty").mkdir(parents=True)
    (folder / "run.sh").write_text("")
    (folder / "run.sh").chmod(0o700)
    (folder / "secret").write_text("")
    (folder / "secret").chmod(0o600)
    before = os.umask(0o077)
    try:
        bundle = hand_over()
    finally:
        os.umask(before)
    modes = {str(path.relative_to(bundle)): path.stat().st_mode & 0o777 for path in [bundle, *bundle.rglob("*")]}
    assert modes["assets/scripts/run.sh"] == 0o755
    assert modes["assets/scripts/secret"] == modes["README.md"] == modes["SHA256SUMS"] == 0o644
    assert modes["."] == modes["assets/scripts/empty"] == modes["backends"] == 0o755


@pytest.mark.parametrize("name", ["README.md", "readme.MD", "main.tf.json", "SHA256SUMS", "backends/x", "Backends/x"])
def test_asset_with_the_name_of_a_file_of_the_bundle_is_an_error(
    output: Path, edit: Edit, refused: Refused, name: str
) -> None:
    (output / "stacks/orders" / name).parent.mkdir(exist_ok=True)
    (output / "stacks/orders" / name).write_text("{}")
    edit(lambda config: config["output"].update(it={"value": f'${{file("{name}")}}'}))
    assert name in refused(code=3)


@pytest.mark.parametrize("names", [("a/x", "A/y"), ("a.txt", "A.TXT"), ("é", "e\u0301"), ("straße", "STRASSE")])
def test_assets_that_are_one_file_on_other_machines_are_an_error(
    output: Path, refused: Refused, names: tuple[str, str]
) -> None:
    for name in names:
        path = output / "stacks/orders/assets" / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    assert "do not distinguish case" in refused(code=3)


def test_long_name_of_an_asset_is_kept(output: Path, hand_over: HandOver) -> None:
    name = "assets/" + "x" * 255
    (output / "stacks/orders" / name).touch()
    assert (hand_over() / name).is_file()


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


def two_stacks(output: Path) -> None:
    shutil.copytree(output / "stacks/orders", output / "stacks/returns")
    manifest = json.loads((output / "manifest.json").read_text())
    manifest["stacks"]["returns"] = {"synthesizedStackPath": "stacks/returns/cdk.tf.json"}
    (output / "manifest.json").write_text(json.dumps(manifest))


def test_second_stack_with_a_mistake_leaves_the_first_unwritten(output: Path, tmp_path: Path, refused: Refused) -> None:
    two_stacks(output)
    shutil.rmtree(output / "stacks/returns/assets")
    refused(code=3)
    assert not (tmp_path / "dist").exists()


@pytest.mark.parametrize("failing_name", [".returns.partial", "returns", "prod.tfvars"])
def test_failed_rename_of_the_second_stack_restores_the_first(
    output: Path, hand_over: HandOver, monkeypatch: pytest.MonkeyPatch, refused: Refused, failing_name: str
) -> None:
    two_stacks(output)
    bundle = hand_over()
    for stack in ("orders", "returns"):
        add(bundle.parent / stack, "prod.tfvars", ".terraform/environment")
    rename = Path.rename
    attempts: list[Path] = []

    def failing(path: Path, target: Path) -> Path:
        # Only the second stack's first attempt fails, so that the way back is open.
        if path.name == failing_name and "returns" in str(path) and not attempts:
            attempts.append(path)
            raise OSError("no")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", failing)
    assert "could not be written and has not changed: no" in refused("--format", "hcl", code=4)
    assert attempts
    assert sorted(path.name for path in bundle.parent.iterdir()) == ["orders", "returns"]


def test_way_back_that_fails_is_reported_and_completed_by_the_next_run(
    output: Path, hand_over: HandOver, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    two_stacks(output)
    bundle = hand_over()
    add(bundle, "prod.tfvars")
    rename = Path.rename

    def failing(path: Path, target: Path) -> Path:
        if path.name in (".returns.partial", "prod.tfvars") and Path(target).parent.name != "orders":
            raise OSError("no")
        return rename(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", failing)
        assert run_handoff("--quiet", "--format", "hcl") == 4
    error = capsys.readouterr().err
    assert "the earlier ones could not all be moved back:\n  dist/orders is the new bundle" in error
    hand_over("--format", "hcl")
    for stack in ("orders", "returns"):
        assert (bundle.parent / stack / "main.tf").is_file()
    assert (bundle / "prod.tfvars").read_text() == "mine: prod.tfvars"
    assert sorted(path.name for path in bundle.parent.iterdir()) == ["orders", "returns"]


def test_run_moves_what_a_killed_run_left_in_the_earlier_bundle(hand_over: HandOver, tmp_path: Path) -> None:
    """The run was killed after it renamed the folders, and before it moved all added files."""
    bundle = hand_over()
    previous = shutil.copytree(bundle, tmp_path / "dist/.orders.previous")
    add(previous, "terraform.tfstate", "prod.tfvars")
    add(bundle, "prod.tfvars")
    hand_over()
    assert (bundle / "terraform.tfstate").is_file()
    assert [path.name for path in (tmp_path / "dist").iterdir()] == ["orders"]


def test_file_that_a_killed_run_left_and_that_differs_is_kept(
    hand_over: HandOver, tmp_path: Path, refused: Refused
) -> None:
    bundle = hand_over()
    previous = shutil.copytree(bundle, tmp_path / "dist/.orders.previous")
    add(previous, "terraform.tfstate")
    (bundle / "terraform.tfstate").write_text("newer")
    assert "terraform.tfstate exists" in refused(code=4)


def test_run_recovers_from_a_killed_run(hand_over: HandOver, tmp_path: Path) -> None:
    bundle = hand_over()
    bundle.rename(tmp_path / "dist/.orders.previous")
    (tmp_path / "dist/.orders.partial").mkdir()
    hand_over()
    assert [path.name for path in (tmp_path / "dist").iterdir()] == ["orders"]
