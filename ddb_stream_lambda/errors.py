"""The one exception of this package, and the collector that reports several mistakes together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from jsii.errors import JSIIError

LONGEST_VALUE_SHOWN = 80


@dataclass(frozen=True)
class Mistake:
    """One wrong input.

    Attributes:
        property: the input as the caller spells it, such as ``dynamo_event_source_props.batch_size``.
        value: what was given.
        remedy: what is wrong with it, and the way out.
    """

    property: str
    value: object
    remedy: str

    def __str__(self) -> str:
        shown = repr(self.value)
        if len(shown) > LONGEST_VALUE_SHOWN:
            half = LONGEST_VALUE_SHOWN // 2
            shown = f"{shown[:half]}…{shown[-half:]}"
        return f"{self.property} = {shown}: {self.remedy}"


class PatternError(ValueError):
    """Wrong inputs of a pattern, all those of one call together.

    Attributes:
        path: the construct's path, such as ``orders/pipeline``.
        mistakes: every mistake found, in the order of the data flow.
    """

    def __init__(self, path: str, mistakes: Sequence[Mistake]) -> None:
        self.path = path
        self.mistakes = tuple(mistakes)
        if len(self.mistakes) == 1:
            message = f"{path}: {self.mistakes[0]}"
        else:
            lines = "".join(f"\n  {n}. {m}" for n, m in enumerate(self.mistakes, start=1))
            message = f"{path}: {len(self.mistakes)} mistakes{lines}"
        super().__init__(message)


class Mistakes:
    """Collects what is wrong with one call, so that the user meets it all at once."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.found: list[Mistake] = []

    def add(self, property: str, value: object, remedy: str) -> None:
        """Note one mistake, unless the property has one already; see `Mistake` for the arguments."""
        if all(property != mistake.property for mistake in self.found):
            self.found.append(Mistake(property, value, remedy))

    def raise_any(self) -> None:
        """Raise `PatternError` if anything was noted."""
        if self.found:
            raise PatternError(self.path, self.found)


@contextmanager
def engine_errors_of(path: str) -> Iterator[None]:
    """Turn an error of the jsii engine into this package's own, without the engine's stack trace."""
    try:
        yield
    except (RuntimeError, JSIIError) as error:
        remedy = f"cdktf refused it: {reason_of(error)}; correct the construct, or the values it was given"
        raise PatternError(path, [Mistake("construct", path, remedy)]) from None


def reason_of(error: Exception) -> str:
    """The first line of an engine's error: what went wrong, without the engine's stack."""
    return str(error).strip().splitlines()[0].removeprefix("Error: ").rstrip(".")
