"""pip: finding it, running it to download wheels, and explaining its failures."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from pathlib import Path

from .errors import PackingError
from .requirements import Requirements
from .target import Target

# The user's settings of pip apply, except for these: they would change the target or the downloaded distributions, or
# hide the output that `_explain_failure` reads.
IGNORED_SETTINGS = (
    *("ABI", "CONSTRAINT", "DEST", "EDITABLE", "IMPLEMENTATION", "LOG", "NO_BINARY", "ONLY_BINARY", "PLATFORM", "PRE"),
    *("PYTHON", "PYTHON_VERSION", "QUIET", "REQUIRE_VIRTUALENV", "REQUIREMENT", "SRC", "VERBOSE"),
)
IGNORED_VARIABLES = frozenset(f"PIP_{setting}" for setting in IGNORED_SETTINGS)
PIP_MISSING = (
    "pip is needed to download the dependencies, and it is not installed in this Python; install it with"
    ' "uv pip install pip", "python -m ensurepip", or the package python3-venv of Debian'
)
# Parts of pip's output.
NO_MATCH = re.compile(r"ERROR: No matching distribution found for (\S+)")
VERSIONS_FOUND = re.compile(r"satisfies the requirement \S+ \(from versions: (?!none)([^)]*)\)")
UNREACHABLE = re.compile(r"^WARNING: (?:Retrying .* after )?(connection .*|.*[Cc]ould not fetch URL .*)", re.M)
ERROR = re.compile(r"^ERROR: (.*)", re.M | re.DOTALL)
MAX_OUTPUT_SHOWN = 400
MAX_VERSIONS_SHOWN = 5


def download_wheels(requirements: Requirements, *, target: Target, folder: Path) -> None:
    """Run pip to download the wheels of the pinned distributions.

    Args:
        requirements: The pins, and the options that configure where pip looks for distributions.
        target: The runtime and architecture to download for.
        folder: The folder to download to. The requirements file that pip reads is also written there.

    Raises:
        PackingError: If pip is missing, or a wheel cannot be downloaded.
    """
    file = folder / "requirements.txt"
    pins = [f"{pin.name}{pin.version}{_hash_options(pin.hashes)}" for pin in requirements.pins.values()]
    file.write_text("\n".join([*requirements.options, *pins, ""]), encoding="utf-8")
    result = run_pip(
        [
            *("download", "--quiet", "--no-input", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:"),
            # pip takes every one of these that is left out from the running interpreter
            # (https://pip.pypa.io/en/stable/cli/pip_download/).
            *("--implementation", "cp", "--python-version", target.python_version, "--abi", target.abi_tag),
            *(f"--platform={tag}" for tag in target.platform_tags),
            *("--dest", str(folder), "--requirement", str(file)),
        ]
    )
    if result.returncode != 0:
        raise PackingError(_explain_failure(result.stderr or result.stdout, target))


def run_pip(arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run pip in a process and return its exit status and output.

    Raises:
        PackingError: If pip is missing.
    """
    # Without -P, a module of the current directory could replace one that pip imports.
    command = [sys.executable, "-P", "-m", "pip", *arguments]
    return subprocess.run(  # noqa: S603 - the arguments are not interpreted by a shell
        command, env=_pip_environment(), capture_output=True, text=True, errors="replace", check=False
    )


def _pip_environment() -> Mapping[str, str]:
    """Return the environment variables to run pip with.

    They make the Python that runs this program find pip: an installed one, or else the wheel bundled with `ensurepip`.
    """
    environment = {name: value for name, value in os.environ.items() if name.upper() not in IGNORED_VARIABLES}
    if importlib.util.find_spec("pip") is None:
        bundled = _find_bundled_pip()
        if bundled is None:
            raise PackingError(PIP_MISSING)
        environment["PYTHONPATH"] = str(bundled)
    return environment


def _find_bundled_pip() -> Path | None:
    """Return pip's wheel bundled with `ensurepip`, if there is one."""
    ensurepip = importlib.util.find_spec("ensurepip")
    bundled = None if ensurepip is None or ensurepip.origin is None else Path(ensurepip.origin).parent / "_bundled"
    # Linux distributions keep the wheel elsewhere (the configure option --with-wheel-pkg-dir of CPython).
    for folder in (bundled, sysconfig.get_config_var("WHEEL_PKG_DIR")):
        wheels = sorted(Path(folder).glob("pip-*.whl")) if folder else []
        if wheels:
            return wheels[-1]
    return None


def _hash_options(hashes: Sequence[str]) -> str:
    return "".join(f" --hash={hash}" for hash in hashes)


def _explain_failure(output: str, target: Target) -> str:
    """Return the problem that pip's output describes, and the fix."""
    missing = NO_MATCH.search(output)
    if missing is None:
        error = ERROR.search(output)
        reason = _shorten(error[1] if error else output) or "no reason"
        return (
            "pip cannot download the dependencies; correct the requirements file or pip's settings."
            f" pip reported: {reason}"
        )
    versions = VERSIONS_FOUND.search(output)
    unreachable = UNREACHABLE.search(output)
    if versions is None and unreachable is not None:
        reason = _shorten(unreachable[1])
        return f"pip cannot reach a package index for {missing[1]} ({reason}); check the network and pip's settings"
    latest = "" if versions is None else ", ".join(versions[1].split(", ")[-MAX_VERSIONS_SHOWN:])
    others = f" (it found {latest})" if latest else ""
    return (
        f"pip found no wheel of {missing[1]} for {target} with glibc 2.{target.glibc} or older{others}; pin a version"
        " that has one, choose another architecture or runtime, or build the wheel and give its folder with"
        " --find-links in the requirements file"
    )


def _shorten(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= MAX_OUTPUT_SHOWN else line[: MAX_OUTPUT_SHOWN - 1] + "…"
