"""The lock file of ``--lock``, written by the real Terraform from a mirror on this machine."""

import shutil
from pathlib import Path

import pytest

from tests.e2e.install import TERRAFORM_CONFIG, provider_address
from tests.e2e.providers import Provider, find_newest, mirror_folders

from .support import Config, Edit, HandOver, Refused, Terraform, run_handoff

LOCK_FILE = ".terraform.lock.hcl"
PLATFORM = "linux_amd64"


def test_missing_terraform_is_an_error(refused: Refused, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "--lock needs terraform on the PATH" in refused("--lock", PLATFORM, code=6)


@pytest.mark.usefixtures("output")
@pytest.mark.parametrize("platform", ["linux", "linux-amd64", "-fs-mirror=x", ""])
def test_text_that_is_no_platform_is_a_usage_error(platform: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run_handoff(f"--lock={platform}")
    assert ended.value.code == 2
    assert "is not a platform such as linux_amd64" in capsys.readouterr().err


@pytest.mark.usefixtures("output", "tools")
def test_lock_file_of_a_configuration_without_providers_is_empty(hand_over: HandOver, edit: Edit) -> None:
    def change(config: Config) -> None:
        config.clear()
        config["output"] = {"greeting": {"value": "hello"}}

    edit(change)
    lock = (hand_over("--lock", PLATFORM) / LOCK_FILE).read_text().splitlines()
    assert all(line.startswith("#") for line in lock)


@pytest.fixture
def mirror(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Terraform lock the providers from the mirror of the tests."""
    newest = find_newest(mirror_folders(), provider_address())
    folder = newest[0] if newest and newest[1] == provider.version else TERRAFORM_CONFIG.parent / "mirror"
    if not folder.exists():
        pytest.skip("the provider of the tests is in no mirror on this machine")
    monkeypatch.setenv("TF_CLI_ARGS_providers_lock", f"-fs-mirror={folder}")


@pytest.mark.slow
@pytest.mark.usefixtures("mirror", "stack_for_provider")
def test_lock_file_pins_the_provider_and_is_in_the_checksums(
    hand_over: HandOver, terraform_with_provider: Terraform, tmp_path: Path, provider: Provider
) -> None:
    bundle = hand_over("--lock", PLATFORM, "--format", "hcl")
    lock = (bundle / LOCK_FILE).read_text()
    assert f'version     = "{".".join(map(str, provider.version))}"' in lock
    assert f"  {LOCK_FILE}\n" in (bundle / "SHA256SUMS").read_text()
    copy = shutil.copytree(bundle, tmp_path / "copy")
    terraform_with_provider(copy, "init", "-no-color", "-input=false", "-lockfile=readonly")

    # A lock file that `terraform init` changed is replaced by a new one.
    (bundle / LOCK_FILE).write_text("# changed\n")
    assert (hand_over("--lock", PLATFORM, "--format", "hcl") / LOCK_FILE).read_text() == lock

    # A bundle without the option keeps the lock file of the bundle before it.
    assert (hand_over("--format", "hcl") / LOCK_FILE).read_text() == lock


@pytest.mark.slow
@pytest.mark.usefixtures("mirror", "stack_for_provider")
def test_platform_without_provider_is_an_error_with_the_message_of_terraform(refused: Refused) -> None:
    error = refused("--lock", "plan9_mips", code=6)
    assert "plan9_mips" in error
    assert "TF_CLI_ARGS_providers_lock=-fs-mirror=FOLDER" in error
