"""The dependencies of a Python function, fetched as wheels for where it runs rather than for this machine.

pip fetches the wheels, since it is what every Python has or can have; this module unpacks them. So the archive follows
from the wheels alone: no installer's version, launcher script or record of this machine gets into it.
"""

from __future__ import annotations

import hashlib
import importlib.util
import io
import json
import os
import re
import subprocess
import sys
import sysconfig
import tempfile
import time
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import astuple, dataclass
from email.parser import HeaderParser
from pathlib import Path, PurePosixPath

from ..limits import (
    ARCHITECTURES,
    GLIBC_FROM_PYTHON,
    LARGEST_UNZIPPED_BYTES,
    LARGEST_UPLOAD_BYTES,
    MANYLINUX_ALIASES,
    OLDEST_MANYLINUX,
)
from . import archives
from .archives import Entry
from .requirements import PIN_TOOLS, PackingError, Requirement, Requirements, applies, normalized, read

# Counts up whenever the same requirements would give other bytes than before.
CACHE_FORMAT = 1
KEPT_UNUSED_SECONDS = 90 * 24 * 60 * 60
# Lambda keeps its runtimes at their latest patch, whose number no release of this library can know.
LATEST_PATCH = 99
# pip's own settings stay in force, except for those that would fetch something else.
PIP_SETTINGS_LEFT_OUT = (
    *("ABI", "CONSTRAINT", "DEST", "EDITABLE", "IMPLEMENTATION", "LOG", "NO_BINARY", "ONLY_BINARY", "PLATFORM", "PRE"),
    *("PYTHON", "PYTHON_VERSION", "QUIET", "REQUIRE_VIRTUALENV", "REQUIREMENT", "SRC", "VERBOSE"),
)
PIP_MISSING = (
    "needs pip to fetch the dependencies, and this Python has none; install it here"
    ' ("uv pip install pip", "python -m ensurepip", or the package python3-venv of Debian)'
)
PIP_FOUND_NOTHING = re.compile(r"ERROR: No matching distribution found for (\S+)")
PIP_FOUND_VERSIONS = re.compile(r"satisfies the requirement \S+ \(from versions: (?!none)([^)]*)\)")
PIP_CANNOT_REACH = re.compile(r"^WARNING: (?:Retrying .* after )?(connection .*|.*[Cc]ould not fetch URL .*)", re.M)
PIP_ERROR = re.compile(r"^ERROR: (.*)", re.M | re.DOTALL)
LONGEST_PIP_LINE = 400
VERSIONS_SHOWN = 5


@dataclass(frozen=True)
class Target:
    """Where a function runs.

    Attributes:
        runtime: Lambda's name of it, such as ``python3.13``.
        architecture: ``x86_64`` or ``arm64``.
    """

    runtime: str
    architecture: str

    def problem(self) -> str | None:
        """What is wrong with it, and the way out; None where nothing is."""
        version = re.fullmatch(r"python3\.(\d+)", str(self.runtime))
        oldest = min(GLIBC_FROM_PYTHON)
        if version is None or int(version[1]) < oldest:
            return f'runtime {self.runtime!r} is not one for a Python project; give "python3.{oldest}" or a later one'
        if not isinstance(self.architecture, str) or self.architecture not in ARCHITECTURES:
            return f"architecture {self.architecture!r} is unknown to Lambda; give one of {', '.join(ARCHITECTURES)}"
        return None

    @property
    def version(self) -> str:
        """The version of Python, such as ``3.13``."""
        return self.runtime.removeprefix("python")

    @property
    def glibc(self) -> int:
        """The minor version of glibc 2."""
        minor = int(self.version.partition(".")[2])
        return GLIBC_FROM_PYTHON[max(first for first in GLIBC_FROM_PYTHON if first <= minor)]

    @property
    def platforms(self) -> list[str]:
        """The platform tags of wheels that run there, the best first."""
        machine = ARCHITECTURES[self.architecture]
        tags = []
        for glibc in range(self.glibc, OLDEST_MANYLINUX[machine] - 1, -1):
            tags.append(f"manylinux_2_{glibc}_{machine}")
            if glibc in MANYLINUX_ALIASES:
                tags.append(f"{MANYLINUX_ALIASES[glibc]}_{machine}")
        return tags

    @property
    def environment(self) -> Mapping[str, str]:
        """The values of the marker variables there."""
        full_version = f"{self.version}.{LATEST_PATCH}"
        return {
            "implementation_name": "cpython",
            "implementation_version": full_version,
            "os_name": "posix",
            "platform_machine": ARCHITECTURES[self.architecture],
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_system": "Linux",
            "platform_version": "",
            "python_implementation": "CPython",
            "python_full_version": full_version,
            "python_version": self.version,
            "sys_platform": "linux",
        }

    def __str__(self) -> str:
        return f"{self.runtime} on {self.architecture}"


@dataclass(frozen=True)
class Dependencies:
    """The pinned distributions of a requirements file, for one target.

    Attributes:
        requirements: the file.
        target: where they run.
    """

    requirements: Path
    target: Target

    def entries(self) -> list[Entry]:
        """The files of the dependencies, from the cache where they are there.

        Raises:
            PackingError: if the target or the file is wrong, or a dependency cannot be had.
        """
        problem = self.target.problem()
        if problem is not None:
            raise PackingError(problem)
        required = read(self.requirements, self.target.environment)
        if not required.pins:
            return []
        key = self._key(required)
        archive = _cached(key)
        if archive is None:
            archive = _pack(self._fetch(required))
            _keep(key, archive)
        return _unpack(archive)

    def _key(self, required: Requirements) -> str:
        # Where pip looks is no part of it: a pin means the same content everywhere.
        pins = [astuple(pin) for _, pin in sorted(required.pins.items())]
        said = json.dumps([CACHE_FORMAT, self.target.version, self.target.platforms, pins], default=sorted)
        return hashlib.sha256(said.encode()).hexdigest()

    def _fetch(self, required: Requirements) -> dict[str, Entry]:
        with tempfile.TemporaryDirectory(prefix="ddb-stream-lambda-wheels-") as folder:
            self._run_pip(required, Path(folder))
            wheels = [_Wheel(path) for path in sorted(Path(folder).glob("*.whl"))]
            _check_complete(required, wheels, self.target)
            compressed = sum(wheel.path.stat().st_size for wheel in wheels)
            unzipped = sum(wheel.unzipped_size() for wheel in wheels)
            if compressed > LARGEST_UPLOAD_BYTES or unzipped > LARGEST_UNZIPPED_BYTES:
                raise PackingError(
                    f"the dependencies are {compressed / 1024**2:.0f} MiB zipped and {unzipped / 1024**2:.0f} MiB"
                    f" unzipped, and Lambda takes {LARGEST_UPLOAD_BYTES // 1024**2} MiB and"
                    f" {LARGEST_UNZIPPED_BYTES // 1024**2} MiB; leave some out, or use layers or image_uri"
                )
            return {entry.name: entry for wheel in wheels for entry in wheel.entries()}

    def _run_pip(self, required: Requirements, folder: Path) -> None:
        listed = folder / "requirements.txt"
        lines = [
            f"{pin.name}{pin.version}{''.join(f' --hash={h}' for h in pin.hashes)}" for pin in required.pins.values()
        ]
        listed.write_text("\n".join([*required.options, *lines, ""]), encoding="utf-8")
        python, environment = _pip()
        # Without --abi, pip would ask the running interpreter how it was built.
        abi = f"cp{self.target.version.replace('.', '')}"
        command = [
            *python,
            *("download", "--quiet", "--no-input", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:"),
            *("--implementation", "cp", "--python-version", self.target.version, "--abi", abi),
            *(f"--platform={platform}" for platform in self.target.platforms),
            *("--dest", str(folder), "--requirement", str(listed)),
        ]
        ran = subprocess.run(command, env=environment, capture_output=True, text=True, errors="replace", check=False)  # noqa: S603
        if ran.returncode != 0:
            raise PackingError(self._told(ran.stderr or ran.stdout))

    def _told(self, output: str) -> str:
        """What pip said, as a problem of the project."""
        missing = PIP_FOUND_NOTHING.search(output)
        if missing is None:
            said = PIP_ERROR.search(output)
            return f"pip cannot fetch the dependencies: {_short(said[1] if said else output) or 'it does not say why'}"
        versions = PIP_FOUND_VERSIONS.search(output)
        unreachable = PIP_CANNOT_REACH.search(output)
        if versions is None and unreachable is not None:
            reason = _short(unreachable[1])
            return f"pip cannot reach a package index for {missing[1]} ({reason}); check the network and pip's settings"
        latest = "" if versions is None else ", ".join(versions[1].split(", ")[-VERSIONS_SHOWN:])
        others = f" (it finds {latest})" if latest else ""
        return (
            f"pip finds no wheel of {missing[1]} for {self.target}, glibc 2.{self.target.glibc} or older{others}; pin a"
            " version that has one, choose another architecture or runtime, or build the wheel and name its folder with"
            " --find-links in the requirements file"
        )


@dataclass(frozen=True)
class _Wheel:
    path: Path

    @property
    def name(self) -> str:
        return normalized(self.path.name.partition("-")[0])

    def requires(self) -> list[Requirement]:
        with zipfile.ZipFile(self.path) as wheel:
            for name in wheel.namelist():
                if re.fullmatch(r"[^/]+\.dist-info/METADATA", name):
                    metadata = HeaderParser().parsestr(wheel.read(name).decode(errors="replace"))
                    parsed = (Requirement.parse(text) for text in metadata.get_all("Requires-Dist", []))
                    return [requirement for requirement in parsed if requirement is not None]
        return []

    def unzipped_size(self) -> int:
        with zipfile.ZipFile(self.path) as wheel:
            return sum(info.file_size for info in wheel.infolist())

    def entries(self) -> Iterator[Entry]:
        with self.path.open("rb") as file, zipfile.ZipFile(file) as wheel:
            self._verify(wheel)
            for info in wheel.infolist():
                name = _installed_name(info.filename)
                if name is not None:
                    yield Entry.taken_over(wheel, file, info, name)

    def _verify(self, wheel: zipfile.ZipFile) -> None:
        try:
            damaged = wheel.testzip() is not None
        except (zipfile.BadZipFile, zlib.error):
            damaged = True
        if damaged:
            raise PackingError(f"{self.path.name} is damaged; fetch or build it again")


def _installed_name(name: str) -> str | None:
    """Where ``pip install --target`` would put a wheel's file; None for what a function needs not."""
    path = PurePosixPath(name)
    if name.endswith("/") or "__pycache__" in path.parts:
        return None
    if path.is_absolute() or ".." in path.parts:
        raise PackingError(f"a wheel holds {name!r}, which lies outside of it; do not use that wheel")
    if path.parts[0].endswith(".data") and len(path.parts) > 2:
        # Scripts would call this machine's interpreter, and headers are for compilers.
        kept = path.parts[1] in ("purelib", "platlib", "data")
        return str(PurePosixPath(*path.parts[2:])) if kept else None
    return str(path)


def _check_complete(required: Requirements, wheels: Sequence[_Wheel], target: Target) -> None:
    """Everything that a distribution requires on the target is pinned too.

    pip is not asked: it would evaluate the markers for this machine. That the versions fit is the work of what wrote
    the pins.
    """
    requires = {wheel.name: wheel.requires() for wheel in wheels}
    if requires.keys() != required.pins.keys():
        differing = ", ".join(sorted(requires.keys() ^ required.pins.keys()))
        raise PackingError(f"pip's settings make it fetch something else than is pinned ({differing}); correct them")
    extras = {name: set(pin.extras) for name, pin in required.pins.items()}
    missing: dict[str, str] = {}
    changed = True
    while changed:
        changed = False
        for name, needs in requires.items():
            for need in needs:
                try:
                    needed = any(applies(need.marker, target.environment, extra) for extra in ("", *extras[name]))
                except PackingError as error:
                    raise PackingError(f"{name} requires {need.name} where {error}") from None
                if not needed:
                    continue
                if need.name not in requires:
                    missing.setdefault(need.name, name)
                elif not need.extras <= extras[need.name]:
                    extras[need.name] |= need.extras
                    changed = True
    if missing:
        listed = ", ".join(f"{need} (required by {by})" for need, by in sorted(missing.items()))
        raise PackingError(f"the requirements leave out {listed}; pin what the dependencies require too ({PIN_TOOLS})")


def _pip() -> tuple[list[str], dict[str, str]]:
    """The command that is pip, and its environment: this Python's, or the one that Python ships to be installed."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if name.upper() not in {f"PIP_{setting}" for setting in PIP_SETTINGS_LEFT_OUT}
    }
    if importlib.util.find_spec("pip") is None:
        shipped = _shipped_pip()
        if shipped is None:
            raise PackingError(PIP_MISSING)
        environment["PYTHONPATH"] = str(shipped)
    # Without -P, a module of the current directory could take the place of one that pip imports.
    return [sys.executable, "-P", "-m", "pip"], environment


def _shipped_pip() -> Path | None:
    found = importlib.util.find_spec("ensurepip")
    bundled = None if found is None or found.origin is None else Path(found.origin).parent / "_bundled"
    # Distributions of Linux keep the wheel in a folder of their own.
    for folder in (bundled, sysconfig.get_config_var("WHEEL_PKG_DIR")):
        wheels = sorted(Path(folder).glob("pip-*.whl")) if folder else []
        if wheels:
            return wheels[-1]
    return None


def _pack(entries: Mapping[str, Entry]) -> bytes:
    packed = io.BytesIO()
    archives.write(packed, entries.values())
    return packed.getvalue()


def _unpack(archive: bytes) -> list[Entry]:
    file = io.BytesIO(archive)
    with zipfile.ZipFile(file) as packed:
        return [Entry.taken_over(packed, file, info, info.filename) for info in packed.infolist()]


def _cached(key: str) -> bytes | None:
    """The archive that was kept under the key; None if there is none, or a damaged one."""
    folder = _cache_folder()
    if folder is None:
        return None
    path = folder / key
    try:
        kept = path.read_bytes()
        os.utime(path)
    except OSError:
        return None
    digest, archive = kept[:32], kept[32:]
    return archive if hashlib.sha256(archive).digest() == digest else None


def _keep(key: str, archive: bytes) -> None:
    """Keep the archive for the next synthesis; where the cache cannot be written, that one fetches again."""
    folder = _cache_folder()
    if folder is None:
        return
    with suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        number, aside = tempfile.mkstemp(dir=folder, prefix="writing-")
        try:
            with os.fdopen(number, "wb") as file:
                file.write(hashlib.sha256(archive).digest() + archive)
            Path(aside).replace(folder / key)
        finally:
            Path(aside).unlink(missing_ok=True)
        for path in folder.iterdir():
            if path.stat().st_mtime < time.time() - KEPT_UNUSED_SECONDS:
                path.unlink(missing_ok=True)


def _cache_folder() -> Path | None:
    """Where the platform's conventions want it; None where the user has no home."""
    named = os.environ.get("XDG_CACHE_HOME", "")
    if Path(named).is_absolute():
        return Path(named, "ddb-stream-lambda")
    if sys.platform == "win32":
        home = os.environ.get("LOCALAPPDATA", "~")
    elif sys.platform == "darwin":
        home = "~/Library/Caches"
    else:
        home = "~/.cache"
    folder = Path(os.path.expanduser(home), "ddb-stream-lambda")  # noqa: PTH111 - Path's own raises without a home
    return folder if folder.is_absolute() else None


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_PIP_LINE else line[: LONGEST_PIP_LINE - 1] + "…"
