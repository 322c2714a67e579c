"""Builds the document id of an item from its key: readable if possible, and different for each item."""

import hashlib
from collections.abc import Mapping
from typing import Any

# The engines' limit for an id. The key of an item can have 3 KiB.
MAX_ID_BYTES = 512
HASH_PREFIX = "%sha256:"


def key_fields(keys: Mapping[str, Mapping[str, Any]], configured: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of the key attributes, in the order in which they form an id.

    Args:
        keys: the key attributes of an item.
        configured: the names in the configured order, or none to sort them by name.

    Raises:
        ValueError: if the configured names are not exactly the table's key. With fewer names, two items could share an
            id. Other attributes are not in the record of a deletion.
    """
    if configured and set(configured) != set(keys):
        raise ValueError(f"ID_FIELDS={','.join(configured)!r}, but the key of the table is {','.join(sorted(keys))!r}")
    return configured or tuple(sorted(keys))


def document_id(keys: Mapping[str, Mapping[str, Any]], fields: tuple[str, ...]) -> str:
    """Return the id of the item with these keys: the values of its key attributes, joined with "|".

    "%" and "|" in a value are percent-encoded, so different keys give different ids. An id longer than MAX_ID_BYTES is
    replaced with its SHA-256 hash, under a prefix that no encoded value begins with.

    Args:
        keys: the key attributes of the item.
        fields: the names of the key attributes, in the order in which they form the id.

    Raises:
        ValueError: if a key attribute does not have exactly one value, which is not empty.
    """
    values = []
    for name in fields:
        (value,) = keys[name].values()
        if not value:
            raise ValueError(f"the key attribute {name!r} is empty")
        values.append(str(value))
    if not values:
        raise ValueError("the item has no key")
    joined = "|".join(value.replace("%", "%25").replace("|", "%7C") for value in values)
    encoded = joined.encode()
    return joined if len(encoded) <= MAX_ID_BYTES else HASH_PREFIX + hashlib.sha256(encoded).hexdigest()
