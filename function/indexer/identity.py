"""The document id of an item: its key, readable where possible, never that of another item."""

import hashlib
from collections.abc import Mapping
from typing import Any

# The engines' limit for an id, in bytes; a table's key can have 3 KiB.
_MAX_BYTES = 512
_HASHED = "%sha256:"


def key_fields(keys: Mapping[str, Mapping[str, Any]], configured: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of the key attributes in the order in which they form an id.

    That is the configured order, or by name where none is configured. Raises ValueError when the configured names are
    not exactly the table's key: with fewer two items could share an id, and others are missing from deletions.
    """
    if configured and set(configured) != set(keys):
        raise ValueError(f"ID_FIELDS={','.join(configured)!r}, but the key of the table is {','.join(sorted(keys))!r}")
    return configured or tuple(sorted(keys))


def document_id(keys: Mapping[str, Mapping[str, Any]], fields: tuple[str, ...]) -> str:
    """Return the id of the item with these keys: its values joined with "|".

    "%" and "|" within a value are percent-encoded, so different keys give different ids. A longer id than 512 bytes
    becomes a SHA-256 hash under a prefix that no encoded value can begin with.
    """
    values = [str(next(iter(keys[name].values()))) for name in fields]
    joined = "|".join(value.replace("%", "%25").replace("|", "%7C") for value in values)
    encoded = joined.encode()
    return joined if len(encoded) <= _MAX_BYTES else _HASHED + hashlib.sha256(encoded).hexdigest()
