"""Requirements files in which every distribution is pinned to one version."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from .errors import PackingError
from .markers import MarkerError, evaluate_marker
from .specifiers import Requirement

PIN = re.compile(r"\(?\s*(={2,3}\s*[A-Za-z0-9][A-Za-z0-9._+!-]*)\s*\)?")
HASH = re.compile(r"\s--hash[=\s]\s*(\w+:[0-9a-fA-F]+)")
COMMENT = re.compile(r"(^|\s)#.*")
OPTION = re.compile(r"(--[\w-]+|-\w)\s*=?\s*(.*)")
INCLUDE_OPTIONS = ("-r", "--requirement")
FOLDER_OPTIONS = ("-f", "--find-links")
# Options that configure where pip looks for distributions. They are passed on to pip.
INDEX_OPTIONS = (*FOLDER_OPTIONS, "-i", "--index-url", "--extra-index-url", "--no-index", "--trusted-host")
# Options without an effect here: pip checks every hash that is given, and downloads only wheels.
IGNORED_OPTIONS = ("--require-hashes", "--prefer-binary", "--only-binary")
PIN_TOOLS = '"uv export --no-emit-project" and "pip-compile" write such a file'
MAX_LINE_SHOWN = 60


@dataclass(frozen=True)
class Requirements:
    """The content of a requirements file, for one target.

    Attributes:
        pins: The pinned distributions that the target requires, by normalized name.
        options: The lines that configure where pip looks for distributions.
        is_resolved: Whether a lock file guarantees that the pins include the dependencies of dependencies.
    """

    pins: Mapping[str, Requirement]
    options: tuple[str, ...] = ()
    is_resolved: bool = False


def read_requirements(path: Path, environment: Mapping[str, str]) -> Requirements:
    """Read a requirements file and the files that it includes.

    Args:
        path: The requirements file.
        environment: The target's values of the marker variables.

    Raises:
        PackingError: If a file cannot be read, or a line is not a pinned requirement or a supported option. The message
            names all such lines.
    """
    pins: dict[str, Requirement] = {}
    options: list[str] = []
    problems: list[str] = []
    for line in _read_lines(path):
        try:
            if line.option is not None:
                options += _index_options(line, *line.option)
                continue
            _add_pin(pins, line.text, environment)
        except (_LineError, MarkerError) as error:
            problems.append(f"{line}: {error}")
    if problems:
        raise PackingError("; ".join(problems))
    return Requirements(pins, tuple(options))


def read_pins(lines: Iterable[tuple[str, str]], environment: Mapping[str, str]) -> dict[str, Requirement]:
    """Return the pinned distributions that the target requires, by normalized name.

    Args:
        lines: The dependency specifiers, each with its location for messages.
        environment: The target's values of the marker variables.

    Raises:
        PackingError: If a line is not a pinned requirement. The message names all such lines.
    """
    pins: dict[str, Requirement] = {}
    problems: list[str] = []
    for location, text in lines:
        try:
            _add_pin(pins, text, environment)
        except (_LineError, MarkerError) as error:
            problems.append(f"{location}: {error}")
    if problems:
        raise PackingError("; ".join(problems))
    return pins


class _LineError(ValueError):
    """A line that is not supported."""


@dataclass(frozen=True)
class _Line:
    """A line of a requirements file, without its comment and with its continuation lines.

    Attributes:
        file: The requirements file.
        number: The number of the line in the file; the first line is 1.
        text: The line's text.
    """

    file: Path
    number: int
    text: str

    @property
    def option(self) -> tuple[str, str] | None:
        """The name and the value of the line's option, or None if the line is not an option."""
        match = OPTION.fullmatch(self.text) if self.text.startswith("-") else None
        return None if match is None else (match[1], match[2])

    def __str__(self) -> str:
        return f"{self.file.name} line {self.number} ({self.text[:MAX_LINE_SHOWN]})"


def _index_options(line: _Line, name: str, value: str) -> list[str]:
    """Return the options to pass on to pip for the line: one or none."""
    folder = line.file.parent / value
    if name in FOLDER_OPTIONS and folder.exists():
        # pip reads a copy of the file in another folder, so a relative path must become absolute.
        return [f"--find-links={folder.resolve()}"]
    if name in INDEX_OPTIONS:
        return [line.text]
    if name in IGNORED_OPTIONS:
        return []
    raise _LineError(f"only pinned distributions can be packed; write name==version instead of {name} ({PIN_TOOLS})")


def _add_pin(pins: dict[str, Requirement], text: str, environment: Mapping[str, str]) -> None:
    """Add the pin in a line, if the target requires it."""
    pin = _parse_pin(text)
    if evaluate_marker(pin.marker, environment):
        pin = replace(pin, marker="")
        if pins.setdefault(pin.name, pin) != pin:
            raise _LineError(f"{pin.name} is pinned twice with different values; keep one of the lines")


def _parse_pin(text: str) -> Requirement:
    requirement = Requirement.parse(HASH.sub("", text), tuple(sorted(HASH.findall(text))))
    pin = None if requirement is None else PIN.fullmatch(requirement.version)
    if requirement is None or pin is None:
        raise _LineError(f"not pinned to one version; write name==version ({PIN_TOOLS})")
    return replace(requirement, version=re.sub(r"\s", "", pin[1]))


def _read_lines(path: Path, including: tuple[Path, ...] = ()) -> Iterator[_Line]:
    """Yield the lines of a file and of the files that it includes.

    Args:
        path: The requirements file.
        including: The absolute paths of the files that led to this one. A file that includes itself is read once.
    """
    absolute = path.resolve()
    if absolute in including:
        return
    for number, text in _join_lines(_read_text(path)):
        line = _Line(file=path, number=number, text=text)
        name, value = line.option or ("", "")
        if name in INCLUDE_OPTIONS and value:
            yield from _read_lines(path.parent / value, (*including, absolute))
        else:
            yield line


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise PackingError(
            f"the requirements file {path} does not exist; create it (an empty file if there are no dependencies)"
        ) from None
    except OSError as error:
        raise PackingError(
            f"the requirements file {path} cannot be read ({error.strerror}); give a readable file"
        ) from None
    except UnicodeDecodeError:
        raise PackingError(f"the requirements file {path} is not UTF-8 text; save it as UTF-8") from None


def _join_lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines that are not empty, each with the number of its first physical line."""
    start, pending = 1, ""
    for number, line in enumerate(text.splitlines(), start=1):
        start = start if pending else number
        pending += COMMENT.sub("", line)
        if pending.endswith("\\"):
            pending = pending[:-1] + " "
            continue
        if pending.strip():
            yield start, pending.strip()
        pending = ""
    if pending.strip():
        yield start, pending.strip()
