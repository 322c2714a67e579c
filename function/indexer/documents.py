"""Encodes documents, tombstones and rejected records as JSON for their indexes."""

import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import orjson

# The field with the full sequence number of the change. No attribute can have it: `field_name` encodes a leading "_".
SEQUENCE_NUMBER_FIELD = "_sequence_number"


def encode_document(document: Mapping[str, Any], sequence_number: str) -> bytes:
    """Return the JSON of a document, with the sequence number of its change added.

    Raises:
        TypeError: if a value has no JSON equivalent (such as NaN), or is an int beyond 64 bits (use a Decimal instead).
    """
    fields = {field_name(name, root=True): _encode_names(value) for name, value in document.items()}
    fields[SEQUENCE_NUMBER_FIELD] = sequence_number
    # orjson itself would write null for a NaN in a data class, and would not encode its names.
    return orjson.dumps(fields, default=_encode_decimal, option=orjson.OPT_PASSTHROUGH_DATACLASS)


def encode_tombstone(sequence_number: str, deleted_at: float) -> bytes:
    """Return the JSON of a tombstone.

    Args:
        sequence_number: the sequence number of the deletion.
        deleted_at: the time in seconds since 1970; the tombstone stores milliseconds.
    """
    return orjson.dumps({SEQUENCE_NUMBER_FIELD: sequence_number, "deleted_at": int(deleted_at * 1000)})


def field_name(name: str, *, root: bool) -> str:
    """Return the field name for an attribute name; different attribute names give different field names.

    The engines treat a dot as the separator of nested objects. They refuse empty and blank names, and names such as
    `_id` at the top level. So these characters are percent-encoded, and "%" is too. Each engine refuses other names
    with a leading underscore, so all of them are encoded at the top level.

    Args:
        name: the attribute's name.
        root: whether the attribute is at the top level of the document.
    """
    if "%" in name:
        name = name.replace("%", "%25")
    if "." in name:
        name = name.replace(".", "%2E")
    if root and name.startswith("_"):
        return "%5F" + name[1:]
    if not name.strip():
        # An empty name has no character to encode. No other name gives "%", because two digits follow each encoded "%".
        return "".join(f"%{byte:02X}" for byte in name.encode()) or "%"
    return name


def _encode_names(value: Any) -> Any:
    if isinstance(value, dict):
        return {field_name(name, root=False): _encode_names(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [_encode_names(member) for member in value]
    if isinstance(value, float) and not math.isfinite(value):
        # orjson would write null for it.
        raise TypeError("a document contains a float that is not finite, which has no JSON equivalent")
    return value


def _encode_decimal(value: Any) -> orjson.Fragment:
    if isinstance(value, Decimal) and value.is_finite():
        return orjson.Fragment(str(value))
    raise TypeError(f"a document contains a {type(value).__name__}, which has no JSON equivalent")
