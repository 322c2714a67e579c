"""The warning that a protective default was overridden."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class OverrideWarning:
    """A protective default that the user's props weaken.

    Attributes:
        id: The argument; it is also the value of ``silence_warnings`` that silences the warning.
        consequence: What the pattern does not protect against any more.
    """

    id: str
    consequence: str

    def __str__(self) -> str:
        return f'{self.consequence} Silence this with silence_warnings=["{self.id}"].'
