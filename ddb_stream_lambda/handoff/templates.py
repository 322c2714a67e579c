"""Terraform's templates: text with ``${expressions}`` in it, as every string of a JSON configuration is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Literal:
    """Text that stands for itself; an escaped ``$${`` is still escaped."""

    text: str


@dataclass(frozen=True)
class Sequence:
    """``${…}`` or ``%{…}``, with its delimiters."""

    text: str

    @property
    def expression(self) -> str | None:
        """What an interpolation holds; None for a directive or with whitespace control."""
        if not self.text.startswith("${") or "~" in (self.text[2], self.text[-2]):
            return None
        return self.text[2:-1].strip()


def parts_of(text: str) -> list[Literal | Sequence]:
    """The template's parts in their order; text that never closes a sequence is literal."""
    return list(_parts(text))


def expressions_of(text: str) -> list[str]:
    """What the template's sequences hold, directives included."""
    return [part.text[2:-1].strip() for part in _parts(text) if isinstance(part, Sequence)]


def sole_expression(text: str) -> str | None:
    """The expression of a template that is nothing but one interpolation; None for any other text."""
    parts = parts_of(text)
    if len(parts) == 1 and isinstance(parts[0], Sequence):
        return parts[0].expression
    return None


def _parts(text: str) -> Iterator[Literal | Sequence]:
    start = position = 0
    while position < len(text):
        opens = text[position : position + 2] in ("${", "%{")
        if text[position : position + 3] in ("$${", "%%{"):
            position += 3
        elif opens and (end := _end_of(text, position + 2)):
            if start < position:
                yield Literal(text[start:position])
            yield Sequence(text[position:end])
            start = position = end
        else:
            position += 1
    if start < len(text):
        yield Literal(text[start:])


def _end_of(text: str, position: int) -> int | None:
    """Where the sequence ends whose inside begins at the position: after its closing brace."""
    depth = 1
    while position < len(text):
        character = text[position]
        if character == '"':
            end = _end_of_string(text, position + 1)
            if end is None:
                return None
            position = end
            continue
        depth += (character == "{") - (character == "}")
        position += 1
        if depth == 0:
            return position
    return None


def _end_of_string(text: str, position: int) -> int | None:
    while position < len(text):
        if text[position] == "\\":
            position += 2
        elif text[position] == '"':
            return position + 1
        elif text[position : position + 3] in ("$${", "%%{"):
            position += 3
        elif text[position : position + 2] in ("${", "%{"):
            end = _end_of(text, position + 2)
            if end is None:
                return None
            position = end
        else:
            position += 1
    return None
