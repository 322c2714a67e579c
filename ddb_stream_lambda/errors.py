"""The one exception of this package, and the collector that reports several mistakes together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MAX_VALUE_LENGTH = 80


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


class Mistakes:
    """Collects the mistakes of one call, so that the user sees all of them at once."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.found: list[Mistake] = []

    def add(self, property: str, value: object, message: str) -> None:
        """Add one mistake, unless the property has one already; see `Mistake` for the arguments."""
        if all(property != mistake.property for mistake in self.found):
            self.found.append(Mistake(property, value, message))

    def raise_any(self) -> None:
        """Raise `PatternError` if there is a mistake."""
        if self.found:
            raise PatternError(self.path, self.found)
