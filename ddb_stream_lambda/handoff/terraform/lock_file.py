"""The lock file of the providers, which the user's Terraform writes for the platforms of the operations team.

See https://developer.hashicorp.com/terraform/language/files/dependency-lock and
https://developer.hashicorp.com/terraform/cli/commands/providers/lock.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..errors import ConfigurationError, LockError

FILE = ".terraform.lock.hcl"
# Terraform uses the registry of each provider, whatever its settings say. This variable gives it another source.
MIRROR_VARIABLE = "TF_CLI_ARGS_providers_lock"


def lock_file(files: Mapping[str, str | Path], platforms: Sequence[str]) -> str:
    """Return the text of the lock file.

    Args:
        files: the files of the bundle by their paths.
        platforms: the platforms, such as ``linux_amd64``.

    Raises:
        LockError: if Terraform is missing or fails. The message has Terraform's own error.
    """
    terraform = shutil.which("terraform")
    if terraform is None:
        raise LockError("--lock needs terraform on the PATH; install it, or leave --lock out")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for path, content in files.items():
            _write(folder / path, content)
        # Modules may need further providers.
        _run(folder, terraform, "get", "-no-color")
        _run(folder, terraform, "providers", "lock", "-no-color", *(f"-platform={platform}" for platform in platforms))
        return (folder / FILE).read_text(encoding="utf-8")


def _write(path: Path, content: str | Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, str):
        path.write_text(content, encoding="utf-8")
    elif content.is_file():
        path.symlink_to(content.resolve())
    else:
        raise ConfigurationError(f"{path.name} is missing in the stack's folder; synthesize the stack again")


def _run(folder: Path, *command: str) -> None:
    environment = os.environ | {"CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"}
    run = subprocess.run(  # noqa: S603 - the user's own Terraform
        command, cwd=folder, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
    )
    if run.returncode:
        raise LockError(
            f"`terraform {' '.join(command[1:])}` failed:\n{run.stderr.strip()}\n"
            "Terraform uses the registry of each provider. For a mirror on this machine, set "
            f"{MIRROR_VARIABLE}=-fs-mirror=FOLDER; or leave --lock out"
        )
