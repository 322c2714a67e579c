"""Environment markers, such as ``python_version < "3.14"``, evaluated for a given environment.

The markers are defined in https://peps.python.org/pep-0508/#environment-markers.

pip evaluates markers for the interpreter that runs it, also when it downloads for another platform. A marker of a
function's dependencies must hold for the function's runtime, so this module evaluates it.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from .specifiers import normalize_name

TOKEN = re.compile(r"""\s*(?:("[^"]*"|'[^']*')|(===|~=|[=!<>]=|[<>()])|([A-Za-z_.]+))""")
# The variables whose values are compared as versions. All others are compared as text.
VERSION_VARIABLES = ("python_version", "python_full_version", "implementation_version")
# The numbers of a version (PEP 440). Pre-release suffixes are ignored: the variables never have one here.
RELEASE_NUMBERS = re.compile(r"\d+(?:\.\d+)*")
COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class MarkerError(ValueError):
    """A text that is not an environment marker."""

    def __init__(self, marker: str) -> None:
        super().__init__(
            f"the marker {marker.strip()!r} is not valid; write it as PEP 508 defines it,"
            ' such as python_version >= "3.11"'
        )


def evaluate_marker(marker: str, environment: Mapping[str, str], *, extra: str = "") -> bool:
    """Return whether a marker holds.

    Args:
        marker: The marker; an empty one always holds.
        environment: The values of the marker variables, except for ``extra``.
        extra: The name of the requested extra, the value of the variable ``extra``.

    Raises:
        MarkerError: If the text is not a marker.
    """
    return not marker or _Evaluation(marker, {**environment, "extra": extra}).evaluate()


class _Evaluation:
    """The evaluation of one marker. It parses from left to right and evaluates each comparison as it is parsed."""

    def __init__(self, marker: str, variables: Mapping[str, str]) -> None:
        self._marker = marker
        self._variables = variables
        self._tokens = self._split()

    def evaluate(self) -> bool:
        result = self._evaluate_or()
        if self._tokens:
            raise self._error()
        return result

    def _split(self) -> list[str]:
        """Return the tokens in reverse order, so that `list.pop` returns the next one."""
        tokens, end = [], 0
        text = self._marker.strip()
        while end < len(text):
            match = TOKEN.match(text, end)
            if match is None:
                raise self._error()
            tokens.append(match[0].strip())
            end = match.end()
        return tokens[::-1]

    def _error(self) -> MarkerError:
        return MarkerError(self._marker)

    def _next(self) -> str:
        if not self._tokens:
            raise self._error()
        return self._tokens.pop()

    def _skip(self, token: str) -> bool:
        """Skip the next token if it is the given one; return whether it was."""
        if self._tokens[-1:] != [token]:
            return False
        self._tokens.pop()
        return True

    def _evaluate_or(self) -> bool:
        result = self._evaluate_and()
        while self._skip("or"):
            result = self._evaluate_and() or result
        return result

    def _evaluate_and(self) -> bool:
        result = self._evaluate_operand()
        while self._skip("and"):
            result = self._evaluate_operand() and result
        return result

    def _evaluate_operand(self) -> bool:
        if self._skip("("):
            result = self._evaluate_or()
            if self._next() != ")":
                raise self._error()
            return result
        return self._evaluate_comparison()

    def _evaluate_comparison(self) -> bool:
        left_token = self._next()
        comparison = self._next()
        if comparison == "not":
            comparison = f"not {self._next()}"
        right_token = self._next()
        left, right = self._value(left_token), self._value(right_token)
        if "extra" in (left_token, right_token):
            left, right = normalize_name(left), normalize_name(right)
        versions = any(token in VERSION_VARIABLES for token in (left_token, right_token))
        result = _compare(left, comparison, right, versions=versions)
        if result is None:
            raise self._error()
        return result

    def _value(self, token: str) -> str:
        if token[0] in "\"'":
            return token[1:-1]
        name = token.replace(".", "_")  # PEP 345 wrote variables such as os.name.
        if name not in self._variables:
            raise self._error()
        return self._variables[name]


def _compare(left: str, comparison: str, right: str, *, versions: bool) -> bool | None:
    """Return the result of a comparison, or None if there is no such operator. PEP 440 defines ``~=`` and ``.*``."""
    match comparison:
        case "in":
            return left in right
        case "not in":
            return left not in right
        case "===":
            return left == right
        case "~=":
            series = f"{right.rpartition('.')[0]}.*"
            return bool(
                _compare(left, ">=", right, versions=versions) and _compare(left, "==", series, versions=versions)
            )
    if versions and right.endswith(".*") and comparison in ("==", "!="):
        return f"{left}.".startswith(right[:-1]) == (comparison == "==")
    if comparison not in COMPARISONS:
        return None
    left_release, right_release = RELEASE_NUMBERS.match(left), RELEASE_NUMBERS.match(right)
    if versions and left_release is not None and right_release is not None:
        return COMPARISONS[comparison](_numbers(left_release[0]), _numbers(right_release[0]))
    return COMPARISONS[comparison](left, right)


def _numbers(version: str) -> list[int]:
    """Return the numbers of a version, with zeros for missing ones: 3.13 equals 3.13.0."""
    numbers = [int(number) for number in version.split(".")]
    return numbers + [0] * (4 - len(numbers))
