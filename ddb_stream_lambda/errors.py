"""The one exception of this package, and the collector that reports several mistakes together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

MAX_VALUE_LENGTH = 80

PLAIN_TYPES = (type(None), bool, int, float, complex, str, bytes, list, tuple, dict, set, frozenset)


@dataclass(frozen=True)
class Mistake:
    """One wrong input.

    Attributes:
        property: The input as the caller spells it, such as ``dynamo_event_source_props.batch_size``.
        value: The value that was given.
        message: What is wrong with the value, the allowed values, and the fix.
    """

    property: str
    value: object
    message: str

    def __str__(self) -> str:
        shown = repr(self.value)
        if len(shown) > MAX_VALUE_LENGTH:
            half = MAX_VALUE_LENGTH // 2
            shown = f"{shown[:half]}…{shown[-half:]}"
        return f"{self.property} = {shown}: {self.message}"

    def __reduce__(self) -> tuple[type[Mistake], tuple[object, ...]]:
        """Return what a pickle contains: a value that is no plain data is replaced by its text."""
        value = self.value if _is_plain(self.value) else ShownValue(repr(self.value))
        return type(self), (self.property, value, self.message)

    def __deepcopy__(self, memo: dict[int, Any]) -> Mistake:
        """Return the mistake itself, which never changes."""
        return self


@dataclass(frozen=True)
class ShownValue:
    """The text of a value that another process cannot have, such as a construct."""

    text: str

    def __repr__(self) -> str:
        return self.text


def _is_plain(value: object) -> bool:
    """Return whether the value is plain data, which every process can read from a pickle."""
    match value:
        case list() | tuple() | set() | frozenset():
            return type(value) in PLAIN_TYPES and all(map(_is_plain, value))
        case dict():
            return type(value) is dict and all(_is_plain(key) and _is_plain(item) for key, item in value.items())
        case _:
            return type(value) in PLAIN_TYPES


class PatternError(ValueError):
    """The wrong inputs of one call, all of them together.

    Attributes:
        path: The construct's path, such as ``orders/pipeline``.
        mistakes: Every mistake that was found, in the order of the data flow.
    """

    def __init__(self, path: str, mistakes: Sequence[Mistake]) -> None:
        self.path = path
        self.mistakes = tuple(mistakes)
        if len(self.mistakes) == 1:
            message = f"{path}: {self.mistakes[0]}"
        else:
            lines = "".join(f"\n  {number}. {mistake}" for number, mistake in enumerate(self.mistakes, start=1))
            message = f"{path}: {len(self.mistakes)} mistakes{lines}"
        super().__init__(message)

    def __reduce__(self) -> tuple[type[PatternError], tuple[object, ...]]:
        """Return what a pickle contains: an exception's default is its message, which the constructor does not take."""
        return type(self), (self.path, self.mistakes)


class Mistakes:
    """Collects the mistakes of one call, so that the user sees all of them at once.

    Args:
        path: The construct's path.
        show: A function that returns a value or message as the user knows it, with Terraform's expressions.
    """

    def __init__(self, path: str, *, show: Callable[[object], Any] = lambda value: value) -> None:
        self.path = path
        self.found: list[Mistake] = []
        self._show = show

    def add(self, property: str, value: object, message: str) -> None:
        """Add one mistake, unless the property has one already; see `Mistake` for the arguments."""
        if all(property != mistake.property for mistake in self.found):
            self.found.append(Mistake(property, value, message))

    def raise_any(self) -> None:
        """Raise `PatternError` if there is a mistake."""
        if self.found:
            shown = [Mistake(each.property, self._show(each.value), self._show(each.message)) for each in self.found]
            raise PatternError(self._show(self.path), shown)
