"""Find the version of the AWS provider that the tests use.

The first of these is used:

1. The version of the bindings, if Terraform can install it.
2. The newest usable version in a filesystem mirror of this machine.
3. The version from the Python index, which `install.py` installs. The environment variable E2E_PROVIDER=old selects it.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cdktf import App, TerraformStack
from cdktf_cdktf_provider_aws.provider import AwsProvider

from .install import TERRAFORM_CONFIG, provider_address, terraform_config
from .provider_versions import (
    BINDINGS_VERSION,
    MIN_VERSION,
    Version,
    adapt,
    adapt_hcl,
    format_version,
    is_usable,
    lacking,
    parse_version,
)
from .skipping import find_missing

# The system's folder for optional software, and how deep below it a mirror may be.
OPTIONAL_SOFTWARE = Path("/opt")
MAX_DEPTH = 4
# Terraform starts the provider several times in a command, and newer versions need seconds of CPU time for each start.
# Fewer garbage collections save a quarter of it.
FASTER_START = {"GOGC": "400"}
# The variables that lead Terraform to the user's configuration, and so to the registry or mirror that it names.
USER_CONFIGURATION = ("HOME", "TF_CLI_CONFIG_FILE")


class ProviderMissingError(Exception):
    """This machine has no version of the provider, or no Terraform; the message is the reason for skipping tests."""


@dataclass(frozen=True)
class Provider:
    """A version of the AWS provider that the tests can use.

    Attributes:
        version: the version.
        environment: the variables with which Terraform finds this version.
        only_this_platform: whether Terraform finds the version's build for this machine, and none for other platforms.
    """

    version: Version
    environment: dict[str, str]
    only_this_platform: bool = True

    def __str__(self) -> str:
        return f"AWS provider {format_version(self.version)}"

    def adapt(self, config: dict[str, Any]) -> dict[str, Any]:
        """Return a copy of a synthesized configuration in the form that this version accepts."""
        return adapt(config, self.version)

    def adapt_hcl(self, text: str) -> str:
        """Return a configuration in HCL in the form that this version accepts."""
        return adapt_hcl(text, self.version)

    def lacks(self, resource_type: str, argument: str) -> bool:
        """Return whether `adapt` removes an argument because this version lacks it."""
        return argument in lacking(resource_type, self.version)

    def skip_if_lacking(self, resource_type: str, argument: str) -> None:
        """Skip the test if this version lacks an argument."""
        if self.lacks(resource_type, argument):
            pytest.skip(f"{self} lacks the argument {argument} of {resource_type}")


def choose_provider(folder: Path) -> Provider:
    """Choose the version that the tests and the demo use.

    Args:
        folder: an empty folder for Terraform's files.

    Raises:
        ProviderMissingError: if there is none, or no Terraform.
        ValueError: if the environment variable E2E_PROVIDER has another value than "newest" and "old".
    """
    if shutil.which("terraform") is None:
        raise ProviderMissingError("terraform is not on the path")
    choice = os.environ.get("E2E_PROVIDER", "newest")
    if choice not in ("newest", "old"):
        raise ValueError(f"E2E_PROVIDER={choice}: must be newest or old")
    if choice == "newest":
        if pinned_provider_is_available(folder / "pinned"):
            environment = {name: os.environ[name] for name in USER_CONFIGURATION if name in os.environ}
            return Provider(BINDINGS_VERSION, environment | FASTER_START, only_this_platform=False)
        if newest := find_newest(mirror_folders(), provider_address()):
            mirror, version = newest
            config = folder / "terraform.rc"
            # Otherwise every command computes the checksum of the provider, a file of 700 MB.
            unpacked = mirror / provider_address() / format_version(version) / _platform()
            config.write_text(terraform_config(mirror, used_in_place=unpacked))
            return Provider(version, {"TF_CLI_CONFIG_FILE": str(config)} | FASTER_START)
    if reason := find_missing("provider"):
        raise ProviderMissingError(reason)
    return Provider(MIN_VERSION, {"TF_CLI_CONFIG_FILE": str(TERRAFORM_CONFIG)})


def pinned_provider_is_available(folder: Path) -> bool:
    """Run `terraform init` to find out whether Terraform can install the provider version of the bindings.

    Terraform looks for it in the registry or mirror that the user's configuration names.
    """
    app = App(outdir=str(folder))
    AwsProvider(TerraformStack(app, "pinned"), "aws", region="eu-west-1")
    app.synth()
    try:
        process = subprocess.run(
            ["terraform", "init", "-input=false"],
            cwd=folder / "stacks" / "pinned",
            env=os.environ | {"CHECKPOINT_DISABLE": "1"},
            capture_output=True,
            timeout=180,
        )
    except subprocess.TimeoutExpired:
        return False
    return process.returncode == 0


def mirror_folders() -> Iterator[Path]:
    """Yield the folders that may be a filesystem mirror of providers.

    These are Terraform's implied mirror folders on Linux, and the folders below the one for optional software.
    https://developer.hashicorp.com/terraform/cli/config/config-file#implied-local-mirror-directories
    """
    yield Path.home() / ".terraform.d" / "plugins"
    data_folders = [os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")]
    data_folders += (os.environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share").split(":")
    for folder in data_folders:
        yield Path(folder) / "terraform" / "plugins"
    yield from _folders_below(OPTIONAL_SOFTWARE, MAX_DEPTH)


def find_newest(folders: Iterator[Path], address: str) -> tuple[Path, Version] | None:
    """Find the newest usable version of a provider that is unpacked for this platform.

    Args:
        folders: the folders that may be a mirror.
        address: the provider's path in a mirror, which is its source address.

    Returns:
        The mirror and the version; None if there is no usable version.
    """
    candidates = [
        (version, mirror)
        for mirror in folders
        for folder in (mirror / address).glob(f"*/{_platform()}")
        if (version := parse_version(folder.parent.name)) and is_usable(version)
    ]
    if not candidates:
        return None
    version, mirror = max(candidates)
    return mirror, version


def _folders_below(folder: Path, depth: int) -> Iterator[Path]:
    yield folder
    if depth == 0:
        return
    try:
        subfolders = [entry for entry in folder.iterdir() if entry.is_dir() and not entry.is_symlink()]
    except OSError:  # missing, or not readable
        return
    for subfolder in subfolders:
        yield from _folders_below(subfolder, depth - 1)


def _platform() -> str:
    """Return the name of this machine's platform in a mirror, such as linux_amd64."""
    machine = platform.machine().lower()
    architecture = {"x86_64": "amd64", "aarch64": "arm64"}.get(machine, machine)
    return f"{sys.platform}_{architecture}"
