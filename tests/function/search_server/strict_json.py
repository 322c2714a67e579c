"""JSON as the engines read it: no duplicate names, no NaN, numbers of at most 1,000 digits."""

import json
from decimal import Decimal
from typing import Any

from .errors import RefusedError, illegal_argument

MAX_DIGITS = 1000


def parse(text: bytes) -> Any:
    """Parse a JSON text; fractions become decimals.

    Raises:
        RefusedError: with the error of the engines' JSON parser.
    """
    try:
        decoded = text.decode()
    except UnicodeDecodeError as error:
        raise malformed(f"Invalid UTF-8 start byte 0x{text[error.start]:x}") from None
    try:
        return json.loads(
            decoded,
            object_pairs_hook=unique,
            parse_int=lambda digits: int(limit(digits)),
            parse_float=lambda digits: Decimal(limit(digits)),
            parse_constant=refuse_constant,
        )
    except json.JSONDecodeError as error:
        if error.msg == "Extra data":
            raise illegal_argument("Malformed content, found extra data after parsing: START_OBJECT") from None
        if error.pos >= len(decoded.rstrip()):
            raise RefusedError(400, "json_e_o_f_exception", "Unexpected end-of-input") from None
        raise malformed(error.msg) from None


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for name, value in pairs:
        if name in members:
            raise malformed(f"Duplicate field '{name}'")
        members[name] = value
    return members


def limit(digits: str) -> str:
    if len(digits) > MAX_DIGITS:
        reason = f"Number value length ({len(digits)}) exceeds the maximum allowed ({MAX_DIGITS})"
        raise RefusedError(400, "stream_constraints_exception", reason)
    return digits


def refuse_constant(name: str) -> None:
    raise malformed(f"Non-standard token '{name.lstrip('-')}': enable `JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS`")


def malformed(reason: str) -> RefusedError:
    return RefusedError(400, "json_parse_exception", reason)
