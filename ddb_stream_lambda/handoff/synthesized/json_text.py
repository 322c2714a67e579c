"""JSON text, read and written without losing what Python's ``json`` module loses: digits, and entries given twice."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Never

INDENT = "  "
# Terraform accepts more, but Python's functions for JSON do not. No real configuration comes near.
MAX_DEPTH = 100
MAX_DIGITS = 4000


def read_json(text: str) -> Any:
    """Return the value of a JSON text. A number is a `Decimal` if neither int nor float keeps it.

    Raises:
        ValueError: if the text is not JSON, or has what cannot be written again: an entry that is given twice, a lone
            surrogate, or values that are nested too deeply. The message names the place.
    """
    try:
        value = json.loads(
            text,
            parse_float=_number,
            parse_int=_integer,
            parse_constant=_refuse_constant,
            object_pairs_hook=_without_duplicates,
        )
    except RecursionError:
        raise ValueError(f"values are nested more than {MAX_DEPTH} levels deep") from None
    _check(value, "", MAX_DEPTH)
    return value


def write_json(value: Any, indent: str = "") -> str:
    """Return the value as JSON, indented by two spaces. Every digit of a `Decimal` is kept."""
    inner = indent + INDENT
    if isinstance(value, Mapping) and value:
        entries = [f"{inner}{_text(key)}: {write_json(item, inner)}" for key, item in value.items()]
        return "{\n" + ",\n".join(entries) + f"\n{indent}}}"
    if isinstance(value, (list, tuple)) and value:
        return "[\n" + ",\n".join(inner + write_json(item, inner) for item in value) + f"\n{indent}]"
    if isinstance(value, Decimal):
        return str(value)
    return _text(value)


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _number(text: str) -> float | Decimal:
    number, exact = float(text), Decimal(text)
    return number if number not in (float("inf"), float("-inf")) and Decimal(repr(number)) == exact else exact


def _integer(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise ValueError(f"a number has more than {MAX_DIGITS} digits: {text[:20]}…")
    return int(text)


def _refuse_constant(text: str) -> Never:
    raise ValueError(f"{text} is not JSON")


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = dict(pairs)
    if len(names) < len(pairs):
        seen = [name for name, _ in pairs]
        twice = sorted({name for name in seen if seen.count(name) > 1})
        raise ValueError(f"{', '.join(twice)} is given twice in one object")
    return names


def _check(value: Any, address: str, depth: int) -> None:
    if depth < 0:
        raise ValueError(f"{address[:80]}: values are nested more than {MAX_DEPTH} levels deep")
    if isinstance(value, Mapping):
        for key, item in value.items():
            _check(key, address, depth)
            _check(item, f"{address}.{key}" if address else key, depth - 1)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _check(item, f"{address}[{index}]", depth - 1)
    elif isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            raise ValueError(f"{_printable(address)}: half of a surrogate pair, which is no character") from None


def _printable(text: str) -> str:
    return text.encode(errors="backslashreplace").decode()
