"""Builds the `_bulk` operations that apply a change."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

import orjson

from indexer.attributes import plain_item
from indexer.changes import Change
from indexer.documents import encode_document, encode_tombstone
from indexer.settings import Settings, tombstone_index

Transform = Callable[[dict[str, Any], Change], dict[str, Any] | None]


class Action(Enum):
    """The kind of an operation."""

    PUT_DOCUMENT = auto()
    DELETE_DOCUMENT = auto()
    PUT_TOMBSTONE = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation of a `_bulk` request.

    Attributes:
        action: what the operation does.
        index: the index that it writes to.
        change: the change that it applies.
        source: the JSON to store, or None for a deletion.
        wins_ties: whether it replaces a stored document of the same version (see `indexer.batch`).
    """

    action: Action
    index: str
    change: Change
    source: bytes | None
    wins_ties: bool = False

    def body(self) -> bytes:
        """Return the operation's lines in the body of the request."""
        line = orjson.dumps(
            {
                "delete" if self.action is Action.DELETE_DOCUMENT else "index": {
                    "_index": self.index,
                    "_id": self.change.id,
                    "version": self.change.version,
                    "version_type": "external_gte" if self.wins_ties else "external",
                }
            }
        )
        return line + b"\n" if self.source is None else line + b"\n" + self.source + b"\n"


def build_operations(change: Change, *, settings: Settings, transform: Transform, now: float) -> list[Operation]:
    """Return the operations that apply a change.

    Args:
        change: the change.
        settings: the function's configuration.
        transform: the team's function that shapes documents.
        now: the time of a deletion, in seconds since 1970.

    Returns:
        One operation that puts the document, or, if the item is gone or the transform leaves it out, one that deletes
        the document. If tombstones are on, one that puts the tombstone comes before the deletion.

    Raises:
        Exception: whatever the transform raises; and ValueError or TypeError if the image or the document has a value
            that cannot be converted.
    """
    document = None
    if change.image is not None:
        plain = plain_item(change.image, exclude=settings.exclude_attributes, text_numbers=settings.text_numbers)
        document = transform(plain, change)
    if document is not None:
        source = encode_document(document, change.sequence_number)
        return [Operation(action=Action.PUT_DOCUMENT, index=change.index, change=change, source=source)]
    delete = Operation(action=Action.DELETE_DOCUMENT, index=change.index, change=change, source=None)
    if not settings.tombstones:
        return [delete]
    put_tombstone = Operation(
        action=Action.PUT_TOMBSTONE,
        index=tombstone_index(change.index),
        change=change,
        source=encode_tombstone(change.sequence_number, now),
    )
    return [put_tombstone, delete]
