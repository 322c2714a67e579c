"""DynamoDB's typed attribute values as plain values, and plain values as the JSON that the index stores.

Nothing is lost on the way: a number stays a JSON number with exactly the digits of the item (the engines keep
`_source` as it was sent), a set becomes a sorted list so that the same item always gives the same document, and
binary stays the base64 text that the stream delivers.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import orjson

# Integers of at most 18 digits always fit 64 bits, which is what the JSON encoder takes as int.
_INT_LENGTH = 18


def plain_item(
    image: Mapping[str, Mapping[str, Any]], exclude: frozenset[str], *, text_numbers: bool
) -> dict[str, Any]:
    """Return an item image as plain values, without the top-level attributes named in exclude.

    Numbers are int or Decimal, or their text when text_numbers is true. Raises ValueError for an attribute that is not
    of a type DynamoDB has.
    """
    return {name: _plain(value, text_numbers) for name, value in image.items() if name not in exclude}


def _plain(value: Mapping[str, Any], text_numbers: bool) -> Any:
    if len(value) != 1:
        raise ValueError(f"an attribute value has one type, this one has {sorted(value)}")
    ((kind, content),) = value.items()
    match kind:
        case "S" | "B" | "BOOL":
            return content
        case "N":
            return content if text_numbers else _number(content)
        case "NULL":
            return None
        case "M":
            return {name: _plain(member, text_numbers) for name, member in content.items()}
        case "L":
            return [_plain(member, text_numbers) for member in content]
        case "SS" | "BS":
            return sorted(content)
        case "NS":
            ordered = sorted(content, key=Decimal)
            return ordered if text_numbers else [_number(member) for member in ordered]
    raise ValueError(f"unknown attribute type {kind!r}")


def _number(text: str) -> int | Decimal:
    if len(text) <= _INT_LENGTH and text.lstrip("-").isdigit():
        return int(text)
    number = Decimal(text)
    if not number.is_finite():
        raise ValueError("a number attribute is not finite")
    return number


def field_name(name: str, *, root: bool) -> str:
    """Return an attribute name as a field name that the engines take literally; no two names give the same one.

    A dot would make an object of the field, an empty or blank name is refused, and so are the engines' own `_id` and
    the like at the root: these characters are percent-encoded, and so is the percent sign itself.
    """
    if "%" in name:
        name = name.replace("%", "%25")
    if "." in name:
        name = name.replace(".", "%2E")
    if root and name.startswith("_"):
        return "%5F" + name[1:]
    if not name.strip():
        # An empty name has no character to encode; "%" alone is free, since every other one is followed by two digits.
        return "".join(f"%{byte:02X}" for byte in name.encode()) or "%"
    return name


def encode(document: Mapping[str, Any], sequence_field: str, sequence_number: str) -> bytes:
    """Return the JSON of a document with its sequence number added under sequence_field.

    Raises TypeError for values that JSON cannot hold, and for integers beyond 64 bits (use Decimal for those).
    """
    fields = {field_name(name, root=True): _rename(value) for name, value in document.items()}
    fields[sequence_field] = sequence_number
    return orjson.dumps(fields, default=_exact)


def _rename(value: Any) -> Any:
    if isinstance(value, dict):
        return {field_name(name, root=False): _rename(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_rename(member) for member in value]
    return value


def _exact(value: Any) -> orjson.Fragment:
    if isinstance(value, Decimal) and value.is_finite():
        return orjson.Fragment(str(value))
    raise TypeError(f"a document holds a {type(value).__name__}, which JSON cannot hold")
