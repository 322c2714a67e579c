"""The team's own code: decides what is indexed for each item. The rest of this function is generic."""

from typing import Any

from indexer.changes import Change


def transform(document: dict[str, Any] | None, change: Change) -> dict[str, Any] | None:  # noqa: ARG001 - for a team's own code
    """Return the document to index for one changed item.

    The function must return the same result each time it gets the same item, because Lambda can deliver a record more
    than once. If it raises an exception, only this record is rejected.

    Args:
        document: the item's new image as plain values (str, int, Decimal, bool, None, list, dict), without the
            attributes in EXCLUDE_ATTRIBUTES. The function may change it. None if the item was deleted. With
            EXPIRED_ITEMS=archive, the old image of an expired item, to shape the document in the archive.
        change: the change that the document comes from: its index, id, sequence number, time (`written_at`), old image,
            and cause. The cause is INSERT, MODIFY, REMOVE, or EXPIRE for a deletion by time to live. The function must
            not change it: a rejected record is stored from it.

    Returns:
        The document, or None to keep the item out of the index. None also deletes the document that an earlier version
        of the item left in the index. So a filter such as "only published items" needs no other code. For a deleted
        item, a document instead of None keeps it in the index, for example marked as deleted.
    """
    return document
