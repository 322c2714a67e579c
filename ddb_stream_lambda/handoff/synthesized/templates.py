"""Terraform's string templates: text with ``${expression}`` sequences, as in every string of a JSON configuration.

See https://developer.hashicorp.com/terraform/language/expressions/strings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# In an expression, the braces and quotes in a comment or a heredoc are text.
COMMENT_OR_HEREDOC = re.compile(
    r"""(?:\#|//)[^\n]*\n? | /\*.*?\*/ | <<-?(?P<mark>[\w-]+)\n (?:.*?\n)?? [ \t]* (?P=mark) (?=\s|$)""",
    re.DOTALL | re.VERBOSE,
)


@dataclass(frozen=True)
class LiteralText:
    """Text without a sequence. An escaped ``$${`` stays escaped."""

    text: str


@dataclass(frozen=True)
class TemplateSequence:
    """A sequence ``${…}`` (interpolation) or ``%{…}`` (directive), with its delimiters."""

    text: str

    @property
    def expression(self) -> str | None:
        """The expression of an interpolation. None for a directive, and where ``~`` strips whitespace."""
        if not self.text.startswith("${") or "~" in (self.text[2], self.text[-2]):
            return None
        return self.text[2:-1].strip()


def parts_of(text: str) -> list[LiteralText | TemplateSequence]:
    """Return the template's parts in their order. A sequence without an end is literal text."""
    return list(_parts(text))


def expressions_of(text: str) -> list[str]:
    """Return the contents of the template's sequences, directives included."""
    return [part.text[2:-1].strip() for part in _parts(text) if isinstance(part, TemplateSequence)]


def sole_expression(text: str) -> str | None:
    """Return the expression of a template that is one interpolation and nothing else. None for any other text."""
    parts = parts_of(text)
    if len(parts) == 1 and isinstance(parts[0], TemplateSequence):
        return parts[0].expression
    return None


def _parts(text: str) -> Iterator[LiteralText | TemplateSequence]:
    start = position = 0
    while position < len(text):
        opens = text[position : position + 2] in ("${", "%{")
        if text[position : position + 3] in ("$${", "%%{"):
            position += 3
        elif opens and (end := _end_of_sequence(text, position + 2)):
            if start < position:
                yield LiteralText(text[start:position])
            yield TemplateSequence(text[position:end])
            start = position = end
        else:
            position += 1
    if start < len(text):
        yield LiteralText(text[start:])


def _end_of_sequence(text: str, position: int) -> int | None:
    """Return the position after the closing brace of the sequence whose content starts at ``position``."""
    depth = 1
    while position < len(text):
        character = text[position]
        if character == '"':
            end = end_of_string(text, position + 1)
            if end is None:
                return None
            position = end
            continue
        if skipped := COMMENT_OR_HEREDOC.match(text, position):
            position = skipped.end()
            continue
        depth += (character == "{") - (character == "}")
        position += 1
        if depth == 0:
            return position
    return None


def end_of_string(text: str, position: int) -> int | None:
    """Return the position after the closing quote of the string whose content starts at ``position``."""
    while position < len(text):
        if text[position] == "\\":
            position += 2
        elif text[position] == '"':
            return position + 1
        elif text[position : position + 3] in ("$${", "%%{"):
            position += 3
        elif text[position : position + 2] in ("${", "%{"):
            end = _end_of_sequence(text, position + 2)
            if end is None:
                return None
            position = end
        else:
            position += 1
    return None
