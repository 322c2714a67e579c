"""Markdown as terraform-docs writes it."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Sequence
from typing import Any

WIDTH = 120


def paragraph(text: str) -> str:
    """Return a paragraph with line breaks."""
    return textwrap.fill(text, WIDTH, break_long_words=False, break_on_hyphens=False)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table."""
    lines = [f"| {' | '.join(heads)} |", f"|{'|'.join('-' * (len(head) + 2) for head in heads)}|"]
    return "\n".join([*lines, *(f"| {' | '.join(map(_cell, row))} |" for row in rows)])


def code(text: str) -> str:
    """Return text as inline code."""
    fence = "``" if "`" in text else "`"
    return f"{fence}{text}{fence}"


def code_list(texts: Iterable[str]) -> str:
    """Return texts as inline code, separated by commas."""
    return ", ".join(map(code, texts))


def json_code(value: Any) -> str:
    """Return a value as inline code, in JSON."""
    return code(json.dumps(value, ensure_ascii=False))


def anchor(kind: str, name: str) -> str:
    """Return an anchor with a link to itself, as terraform-docs writes it.

    Args:
        kind: ``input`` or ``output``.
        name: the name of the variable or output.
    """
    escaped = name.replace("_", "\\_")
    return f'<a name="{kind}_{name}"></a> [{escaped}](#{kind}\\_{escaped})'


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", "<br>") or "n/a"
