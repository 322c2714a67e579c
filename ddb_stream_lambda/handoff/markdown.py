"""Markdown as terraform-docs writes it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """The lines of a table."""
    lines = [f"| {' | '.join(heads)} |", f"|{'|'.join('-' * (len(head) + 2) for head in heads)}|"]
    return [*lines, *(f"| {' | '.join(map(_cell, row))} |" for row in rows)]


def code(text: str) -> str:
    """Text as code."""
    fence = "``" if "`" in text else "`"
    return f"{fence}{text}{fence}"


def escaped(name: str) -> str:
    """A name whose underscores are no emphasis."""
    return name.replace("_", "\\_")


def value(given: Any) -> str:
    """A value as code, in one line."""
    return code(json.dumps(given, ensure_ascii=False))


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", "<br>") or "n/a"
