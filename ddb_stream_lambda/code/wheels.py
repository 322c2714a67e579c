"""Wheels (https://peps.python.org/pep-0427/): the files to pack, and whether a set of wheels is complete."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from email.parser import HeaderParser
from pathlib import Path, PurePosixPath

from .archives import Entry, read_entries
from .errors import PackingError
from .markers import MarkerError, evaluate_marker
from .requirements import PIN_TOOLS
from .specifiers import Requirement, normalize_name

METADATA = re.compile(r"[^/]+\.dist-info/METADATA")
# PEP 427, "The .data directory": its subfolders whose files are installed next to the wheel's other files. Scripts
# would start this machine's interpreter, and headers are for compilers.
INSTALLED_DATA_FOLDERS = ("purelib", "platlib", "data")


@dataclass(frozen=True)
class Wheel:
    """An undamaged wheel on this machine.

    Attributes:
        path: The wheel's file.
        name: The normalized name of the distribution.
        requires: The requirements of the distribution, from its metadata.
        unzipped_bytes: The size of the uncompressed files.
    """

    path: Path
    name: str
    requires: tuple[Requirement, ...]
    unzipped_bytes: int

    @staticmethod
    def read(path: Path) -> Wheel:
        """Read the metadata of a wheel and verify the checksums of its files.

        Raises:
            PackingError: If the wheel is damaged.
        """
        try:
            with zipfile.ZipFile(path) as archive:
                if archive.testzip() is not None:
                    raise zipfile.BadZipFile("a checksum does not match")
                return Wheel(
                    path=path,
                    name=normalize_name(path.name.partition("-")[0]),
                    requires=_read_requires(archive),
                    unzipped_bytes=sum(info.file_size for info in archive.infolist()),
                )
        except (zipfile.BadZipFile, zlib.error):
            raise PackingError(f"the wheel {path.name} is damaged; download or build it again") from None

    @property
    def compressed_bytes(self) -> int:
        """The size of the wheel's file."""
        return self.path.stat().st_size

    def entries(self) -> Iterator[Entry]:
        """Yield the files that a function needs, named by the paths that ``pip install --target`` gives them.

        Raises:
            PackingError: If the wheel contains a path outside itself.
        """
        with self.path.open("rb") as file:
            for entry in read_entries(file):
                name = self._installed_name(entry.name)
                if name is not None:
                    yield replace(entry, name=name)

    def _installed_name(self, name: str) -> str | None:
        """Return the path that a file is installed to, or None if a function does not need it."""
        path = PurePosixPath(name)
        if name.endswith("/") or "__pycache__" in path.parts:
            return None
        if path.is_absolute() or ".." in path.parts:
            raise PackingError(
                f"the wheel {self.path.name} contains {name!r}, a path outside the wheel; use another version of it"
            )
        if path.parts[0].endswith(".data") and len(path.parts) > 2:
            installed = path.parts[1] in INSTALLED_DATA_FOLDERS
            return str(PurePosixPath(*path.parts[2:])) if installed else None
        return str(path)


def check_downloaded(*, pins: Mapping[str, Requirement], wheels: Sequence[Wheel]) -> None:
    """Check that the wheels are those of the pins.

    Args:
        pins: The pinned distributions, by normalized name.
        wheels: The downloaded wheels.

    Raises:
        PackingError: If a wheel is missing, or is not one of a pinned distribution. The message names all of them.
    """
    differing = ", ".join(sorted({wheel.name for wheel in wheels} ^ pins.keys()))
    if differing:
        raise PackingError(
            f"pip did not download exactly the pinned distributions (differing: {differing}); correct pip's settings"
        )


def check_complete(*, pins: Mapping[str, Requirement], wheels: Sequence[Wheel], environment: Mapping[str, str]) -> None:
    """Check that everything that the wheels require is pinned.

    pip could not check it: it would evaluate the markers for this machine. The versions are not checked: the tool that
    wrote the pins chose versions that fit together.

    Args:
        pins: The pinned distributions, by normalized name.
        wheels: The downloaded wheels, one for each pin.
        environment: The target's values of the marker variables.

    Raises:
        PackingError: If a pin is missing. The message names all of them.
    """
    requires = {wheel.name: wheel.requires for wheel in wheels}
    # A distribution may require an extra of another one, whose requirements then grow.
    extras = {name: pin.extras for name, pin in pins.items()}
    unchecked = deque(sorted(pins))
    required_by: dict[str, str] = {}
    while unchecked:
        name = unchecked.popleft()
        for requirement in _applicable(requires[name], name=name, extras=extras[name], environment=environment):
            if requirement.name not in pins:
                required_by.setdefault(requirement.name, name)
            elif not requirement.extras <= extras[requirement.name]:
                extras[requirement.name] |= requirement.extras
                unchecked.append(requirement.name)
    if required_by:
        missing = ", ".join(f"{name} (required by {by})" for name, by in sorted(required_by.items()))
        raise PackingError(
            f"the requirements file does not pin {missing}; pin everything that the dependencies require ({PIN_TOOLS})"
        )


def _applicable(
    requires: Sequence[Requirement], *, name: str, extras: frozenset[str], environment: Mapping[str, str]
) -> Iterator[Requirement]:
    """Yield the requirements of a distribution, with the given extras, whose markers hold."""
    for requirement in requires:
        try:
            if any(evaluate_marker(requirement.marker, environment, extra=extra) for extra in ("", *extras)):
                yield requirement
        except MarkerError:
            raise PackingError(
                f"the metadata of {name} requires {requirement.name} with the invalid marker {requirement.marker!r};"
                f" pin another version of {name}"
            ) from None


def _read_requires(archive: zipfile.ZipFile) -> tuple[Requirement, ...]:
    for name in archive.namelist():
        if METADATA.fullmatch(name):
            metadata = HeaderParser().parsestr(archive.read(name).decode(errors="replace"))
            parsed = (Requirement.parse(text) for text in metadata.get_all("Requires-Dist", []))
            return tuple(requirement for requirement in parsed if requirement is not None)
    return ()
