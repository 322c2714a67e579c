"""Requirements files whose every line is pinned, read for a given target rather than for this machine.

pip evaluates environment markers for the interpreter that runs it, whatever platform it is told to fetch for; so they
are evaluated here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
REQUIREMENT = re.compile(rf"({NAME})\s*(?:\[([^\]]*)\])?\s*([^;]*?)\s*(?:;(.*))?", re.DOTALL)
PIN = re.compile(r"\(?\s*(={2,3}\s*[A-Za-z0-9][A-Za-z0-9._+!-]*)\s*\)?")
HASH = re.compile(r"\s--hash[=\s]\s*(\w+:[0-9a-fA-F]+)")
COMMENT = re.compile(r"(^|\s)#.*")
OPTION = re.compile(r"(--[\w-]+|-\w)\s*=?\s*(.*)")
# What says where pip looks, and nothing about what it installs.
INDEX_OPTIONS = ("-i", "--index-url", "--extra-index-url", "--no-index", "-f", "--find-links", "--trusted-host")
# What is the case anyway.
IDLE_OPTIONS = ("--require-hashes", "--prefer-binary", "--only-binary")
PIN_TOOLS = '"uv export --no-emit-project" or "pip-compile" writes such a file'

MARKER_TOKEN = re.compile(r"""\s*(?:("[^"]*"|'[^']*')|(===|~=|[=!<>]=|[<>()])|([A-Za-z_.]+))""")
VERSION_VARIABLES = ("python_version", "python_full_version", "implementation_version")
# A release; that it is a release candidate or the like matters to no marker in use.
RELEASE = re.compile(r"\d+(?:\.\d+)*")


class PackingError(Exception):
    """What is wrong with a project, and the way out; `Code.problem` turns it into a mistake."""


@dataclass(frozen=True)
class Requirement:
    """A distribution that is asked for.

    Attributes:
        name: its name, normalized.
        version: the version specifier as written, such as ``==1.2``; may be empty.
        extras: the extras that are asked for, normalized.
        marker: the condition under which it is asked for; may be empty.
        hashes: the hashes that its file may have, such as ``sha256:…``.
    """

    name: str
    version: str
    extras: frozenset[str] = frozenset()
    marker: str = ""
    hashes: tuple[str, ...] = ()

    @staticmethod
    def parse(text: str, hashes: tuple[str, ...] = ()) -> Requirement | None:
        """The requirement that the text is, None where it is none."""
        match = REQUIREMENT.fullmatch(text.strip())
        if match is None:
            return None
        name, extras, version, marker = match.groups()
        asked = frozenset(normalized(extra) for extra in (extras or "").split(",") if extra.strip())
        return Requirement(normalized(name), version, asked, (marker or "").strip(), hashes)


@dataclass
class Requirements:
    """The content of a requirements file for one target.

    Attributes:
        pins: the pinned distributions that the target needs, by name.
        options: the lines that say where pip looks.
    """

    pins: dict[str, Requirement] = field(default_factory=dict)
    options: list[str] = field(default_factory=list)


def read(path: Path, environment: Mapping[str, str]) -> Requirements:
    """Read a requirements file, and those that it includes.

    Args:
        path: the file.
        environment: the target's values of the marker variables.

    Raises:
        PackingError: if it cannot be read, or a line is not a pinned requirement; all such lines together.
    """
    found = Requirements()
    wrong: list[str] = []
    _read_into(found, path, environment, wrong, ())
    if wrong:
        raise PackingError("; ".join(wrong))
    return found


def applies(marker: str, environment: Mapping[str, str], extra: str = "") -> bool:
    """Whether a marker (the dependency specifiers of PyPA, "Environment markers") holds for a target.

    Raises:
        PackingError: if it is not a marker.
    """
    return not marker or _Marker(marker, {**environment, "extra": extra}).holds()


def normalized(name: str) -> str:
    """The name of a distribution or an extra, as names are compared."""
    return re.sub(r"[-_.]+", "-", name.strip()).lower()


def _read_into(
    found: Requirements,
    path: Path,
    environment: Mapping[str, str],
    wrong: list[str],
    within: tuple[Path, ...],
) -> None:
    if path in within:
        return
    for number, line in _lines(path):
        place = f"{path.name} line {number} ({line[:60]})"
        option = OPTION.fullmatch(line) if line.startswith("-") else None
        if option is not None:
            name, value = option.groups()
            if name in ("-r", "--requirement") and value:
                _read_into(found, path.parent / value, environment, wrong, (*within, path))
            elif name in ("-f", "--find-links") and (path.parent / value).exists():
                found.options.append(f"--find-links={(path.parent / value).resolve()}")
            elif name in INDEX_OPTIONS:
                found.options.append(line)
            elif name not in IDLE_OPTIONS:
                wrong.append(f"{place}: an archive needs pinned distributions alone ({PIN_TOOLS})")
            continue
        problem = _add_pin(found, line, environment)
        if problem is not None:
            wrong.append(f"{place}: {problem}")


def _add_pin(found: Requirements, line: str, environment: Mapping[str, str]) -> str | None:
    requirement = Requirement.parse(HASH.sub("", line), tuple(sorted(HASH.findall(line))))
    pin = None if requirement is None else PIN.fullmatch(requirement.version)
    if requirement is None or pin is None:
        return f"not pinned to one version; write name==version ({PIN_TOOLS})"
    try:
        if not applies(requirement.marker, environment):
            return None
    except PackingError as error:
        return str(error)
    version = re.sub(r"\s", "", pin[1])
    pinned = Requirement(requirement.name, version, requirement.extras, "", requirement.hashes)
    if found.pins.setdefault(pinned.name, pinned) != pinned:
        return f"{pinned.name} has a line already that says otherwise; keep one"
    return None


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines of the file with their numbers, without comments, continued lines joined."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise PackingError(
            f"has no {path.name}; name its pinned dependencies in one, an empty one where it has none"
        ) from None
    except OSError as error:
        raise PackingError(f"{path} cannot be read ({error.strerror}); give a readable requirements file") from None
    except UnicodeDecodeError:
        raise PackingError(f"{path} is not UTF-8 text; save it as UTF-8") from None
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


class _Marker:
    """A marker that is evaluated while it is parsed; ``or`` binds weaker than ``and``."""

    def __init__(self, text: str, variables: Mapping[str, str]) -> None:
        self.text = text
        self.variables = variables
        self.tokens = self._tokens()

    def holds(self) -> bool:
        result = self._either()
        if self.tokens:
            raise self._error()
        return result

    def _tokens(self) -> list[str]:
        """The tokens, the next one last."""
        tokens, end = [], 0
        text = self.text.strip()
        while end < len(text):
            match = MARKER_TOKEN.match(text, end)
            if match is None:
                raise self._error()
            tokens.append(match[0].strip())
            end = match.end()
        return tokens[::-1]

    def _error(self) -> PackingError:
        return PackingError(f"the marker {self.text.strip()!r} is not understood; correct it")

    def _next(self) -> str:
        if not self.tokens:
            raise self._error()
        return self.tokens.pop()

    def _takes(self, word: str) -> bool:
        if self.tokens[-1:] != [word]:
            return False
        self.tokens.pop()
        return True

    def _either(self) -> bool:
        result = self._both()
        while self._takes("or"):
            result = self._both() or result
        return result

    def _both(self) -> bool:
        result = self._one()
        while self._takes("and"):
            result = self._one() and result
        return result

    def _one(self) -> bool:
        if self._takes("("):
            inside = self._either()
            if self._next() != ")":
                raise self._error()
            return inside
        left = self._next()
        operator = self._next()
        if operator == "not":
            operator = f"not {self._next()}"
        right = self._next()
        values = self._value(left), self._value(right)
        if "extra" in (left, right):
            values = normalized(values[0]), normalized(values[1])
        versions = any(word in VERSION_VARIABLES for word in (left, right))
        result = _compare(values[0], operator, values[1], versions)
        if result is None:
            raise self._error()
        return result

    def _value(self, token: str) -> str:
        if token[0] in "\"'":
            return token[1:-1]
        name = token.replace(".", "_")  # as old metadata has it, such as os.name
        if name not in self.variables:
            raise self._error()
        return self.variables[name]


def _compare(left: str, operator: str, right: str, versions: bool) -> bool | None:
    match operator:
        case "in":
            return left in right
        case "not in":
            return left not in right
        case "===":
            return left == right
        case "~=":
            prefix = right.rpartition(".")[0]
            series = _compare(left, "==", f"{prefix}.*", versions)
            return bool(_compare(left, ">=", right, versions) and series)
    if versions and right.endswith(".*") and operator in ("==", "!="):
        return f"{left}.".startswith(right[:-1]) == (operator == "==")
    releases = RELEASE.match(left), RELEASE.match(right)
    if versions and releases[0] is not None and releases[1] is not None:
        return _ordered(_numbers(releases[0][0]), operator, _numbers(releases[1][0]))
    return _ordered([left], operator, [right])


def _numbers(version: str) -> list[int]:
    numbers = [int(number) for number in version.split(".")]
    return numbers + [0] * (4 - len(numbers))


def _ordered(left: Any, operator: str, right: Any) -> bool | None:
    match operator:
        case "==":
            return bool(left == right)
        case "!=":
            return bool(left != right)
        case "<":
            return bool(left < right)
        case "<=":
            return bool(left <= right)
        case ">":
            return bool(left > right)
        case ">=":
            return bool(left >= right)
        case _:
            return None
