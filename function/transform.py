"""The one place where a team shapes its documents; everything else in this function is generic."""

from typing import Any

from indexer.records import Change


def transform(document: dict[str, Any], change: Change) -> dict[str, Any] | None:  # noqa: ARG001 - a team's own code uses it
    """Return the document to index for one changed item, or None to keep the item out of the index.

    document: the item's new image as plain values (str, int, Decimal, bool, None, list, dict), without the
        attributes named in EXCLUDE_ATTRIBUTES. It may be changed in place.
    change: where the document comes from (index, id, sequence number, time of the write).

    None deletes a document that an earlier version of the item left in the index, so that a filter on an item's
    state ("only published ones") needs no second mechanism. The same item must always give the same answer: a
    record can be delivered more than once. An exception marks this record alone as failed.
    """
    return document
