"""Converts DynamoDB's typed attribute values to plain values, without loss.

A number keeps all its digits. A set becomes a sorted list, so that the same item always gives the same document. A
binary value stays the base64 text that the stream delivers.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

# Integers of up to 18 digits fit in 64 bits, the limit of the JSON encoder for an int.
MAX_INT_LENGTH = 18


def plain_item(
    image: Mapping[str, Mapping[str, Any]], *, exclude: frozenset[str], text_numbers: bool
) -> dict[str, Any]:
    """Return an item's image as plain values.

    Args:
        image: the attributes of the item, by name.
        exclude: the names of the top-level attributes to leave out.
        text_numbers: whether numbers become str, and not int or Decimal.

    Raises:
        ValueError: if an attribute value does not have one of DynamoDB's types.
    """
    return {name: _plain(value, text_numbers) for name, value in image.items() if name not in exclude}


def _plain(value: Mapping[str, Any], text_numbers: bool) -> Any:
    if len(value) != 1:
        raise ValueError(f"an attribute value must have exactly one type, but has {sorted(value)}")
    ((type_name, content),) = value.items()
    match type_name:
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
    raise ValueError(f"unknown attribute type {type_name!r}")


def _number(text: str) -> int | Decimal:
    if len(text) <= MAX_INT_LENGTH and text.lstrip("-").isdigit():
        return int(text)
    number = Decimal(text)
    if not number.is_finite():
        raise ValueError("a number attribute is not finite")
    return number
