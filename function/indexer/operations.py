"""Builds the `_bulk` operations that apply a change."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

import orjson

from indexer.attributes import plain_item
from indexer.changes import EXPIRE, Change
from indexer.documents import encode_document, encode_tombstone
from indexer.images import encode_image
from indexer.rejections import Rejection
from indexer.settings import Settings, archive_index, tombstone_index

Transform = Callable[[dict[str, Any] | None, Change], dict[str, Any] | None]


class Action(Enum):
    """The kind of an operation."""

    PUT_DOCUMENT = auto()
    DELETE_DOCUMENT = auto()
    PUT_TOMBSTONE = auto()
    PUT_ARCHIVED = auto()
    PUT_REJECTED = auto()


@dataclass(slots=True, eq=False)
class Operation:
    """One operation of a `_bulk` request.

    Attributes:
        action: what the operation does.
        index: the index that it writes to.
        id: the id of the document that it writes.
        source: the JSON to store, or None for a deletion.
        change: the change that it applies, or None for a rejected record.
        version: the external version of the write, or None for a write without a version.
        replaces_equal: whether it replaces a stored document of the same version (see `indexer.batch`).
    """

    action: Action
    index: str
    id: str
    source: bytes | None
    change: Change | None = None
    version: int | None = None
    replaces_equal: bool = False

    def body(self) -> bytes:
        """Return the operation's lines in the body of the request."""
        parameters: dict[str, Any] = {"_index": self.index, "_id": self.id}
        if self.version is not None:
            parameters["version"] = self.version
            parameters["version_type"] = "external_gte" if self.replaces_equal else "external"
        if self.source is None:
            return orjson.dumps({"delete": parameters}) + b"\n"
        return orjson.dumps({"index": parameters}) + b"\n" + self.source + b"\n"


def build_operations(change: Change, *, settings: Settings, transform: Transform | None, now: float) -> list[Operation]:
    """Return the operations that apply a change.

    Args:
        change: the change.
        settings: the function's configuration.
        transform: the team's function that shapes documents, or None to index the items as they are.
        now: the time of a deletion, in seconds since 1970.

    Returns:
        One operation that puts the document, or, if the item is gone or the transform leaves it out, one that deletes
        the document. If tombstones are on, one that puts the tombstone comes before the deletion. If expired items are
        archived, one that puts the document into the archive comes first.

    Raises:
        Exception: whatever the transform raises; and ArithmeticError, ValueError or TypeError if the image or the
            document has a value that cannot be converted.
    """
    operations = []
    if change.cause == EXPIRE and settings.expired_items == "archive":
        archived = _source(change, change.old_image, settings=settings, transform=transform)
        if archived is not None:
            operations.append(_operation(Action.PUT_ARCHIVED, archive_index(change.index), change, archived))
        source = None
    else:
        source = _source(change, change.image, settings=settings, transform=transform)
    if source is not None:
        return [_operation(Action.PUT_DOCUMENT, change.index, change, source)]
    if settings.tombstones:
        tombstone = encode_tombstone(change.sequence_number, now)
        operations.append(_operation(Action.PUT_TOMBSTONE, tombstone_index(change.index), change, tombstone))
    operations.append(_operation(Action.DELETE_DOCUMENT, change.index, change, None))
    return operations


def build_rejection(rejection: Rejection, now: float) -> Operation:
    """Return the operation that stores a rejected record.

    Args:
        rejection: the record and the reason.
        now: the time of the rejection, in seconds since 1970.
    """
    return Operation(Action.PUT_REJECTED, rejection.index, rejection.id, rejection.encode(now))


def returns_its_document(transform: Transform) -> bool:
    """Return whether a transform is still the one that this project ships, which returns its document unchanged.

    The function then converts images to JSON in one pass. The compiled code is compared, so any change is noticed.
    """
    code = getattr(transform, "__code__", None)
    return code is not None and code.co_code == _return_the_document.__code__.co_code


def _return_the_document(document: Any, change: Any) -> Any:  # noqa: ARG001 - compared with a transform
    return document


def _source(change: Change, image: Any, *, settings: Settings, transform: Transform | None) -> bytes | None:
    """Return the JSON of the document for an image, or None if there is no document."""
    if transform is None:
        if image is None:
            return None
        return encode_image(
            image, change.sequence_number, exclude=settings.exclude_attributes, text_numbers=settings.text_numbers
        )
    plain = None
    if image is not None:
        plain = plain_item(image, exclude=settings.exclude_attributes, text_numbers=settings.text_numbers)
    document = transform(plain, change)
    return None if document is None else encode_document(document, change.sequence_number)


def _operation(action: Action, index: str, change: Change, source: bytes | None) -> Operation:
    return Operation(action, index, change.id, source, change, change.version)
