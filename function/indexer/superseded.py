"""Looks up whether the index already holds a change, or a newer one of the same document."""

from collections.abc import Collection, Sequence
from typing import Any

import orjson

from indexer.changes import DocumentRef
from indexer.deadline import Deadline
from indexer.documents import SEQUENCE_NUMBER_FIELD
from indexer.operations import Action, Operation
from indexer.search_client import SearchClient
from indexer.settings import Settings, tombstone_index

MAX_DOCUMENTS_PER_REQUEST = 5000


def look_up_superseded(
    operations: Sequence[Operation], *, client: SearchClient, settings: Settings, deadline: Deadline
) -> list[bool]:
    """Return for each operation whether its change, or a newer one, is already stored.

    Args:
        operations: the operations.
        client: the client of the search service.
        settings: the function's configuration.
        deadline: the end of the time for requests and retries.

    Raises:
        SearchUnavailableError: if a request failed.
    """
    refs_by_operation = [_refs_to_compare(operation, settings) for operation in operations]
    stored = _look_up_sequence_numbers(
        {ref for refs in refs_by_operation for ref in refs}, client=client, deadline=deadline
    )
    return [
        any(stored.get(ref, -1) >= int(operation.change.sequence_number) for ref in refs)
        for operation, refs in zip(operations, refs_by_operation, strict=True)
    ]


def _refs_to_compare(operation: Operation, settings: Settings) -> list[DocumentRef]:
    """Return the document that the operation writes and, if it puts a document, the tombstone of the item.

    The deletion of a document is not compared with its tombstone. Both are written together, and one can have failed.
    """
    refs = [DocumentRef(operation.index, operation.change.id)]
    if operation.action is Action.PUT_DOCUMENT and settings.tombstones:
        refs.append(DocumentRef(tombstone_index(operation.index), operation.change.id))
    return refs


def _look_up_sequence_numbers(
    refs: Collection[DocumentRef], *, client: SearchClient, deadline: Deadline
) -> dict[DocumentRef, int]:
    """Return the stored sequence number of each document that has one.

    The requests use `_mget`, which also finds documents that a search does not find yet.
    """
    found: dict[DocumentRef, int] = {}
    ordered = list(refs)
    for start in range(0, len(ordered), MAX_DOCUMENTS_PER_REQUEST):
        part = ordered[start : start + MAX_DOCUMENTS_PER_REQUEST]
        docs = [{"_index": ref.index_name, "_id": ref.id, "_source": [SEQUENCE_NUMBER_FIELD]} for ref in part]

        def parse(response: Any, part: list[DocumentRef] = part) -> dict[DocumentRef, int]:
            numbers = zip(part, map(_parse_sequence_number, response["docs"]), strict=True)
            return {ref: number for ref, number in numbers if number is not None}

        found |= client.post("/_mget", orjson.dumps({"docs": docs}), parse=parse, deadline=deadline)
    return found


def _parse_sequence_number(document: dict[str, Any]) -> int | None:
    if document.get("error"):
        # Nothing was ever written to an index that does not exist. After any other error the stored number is unknown.
        if document["error"]["type"] == "index_not_found_exception":
            return None
        raise ValueError(document["error"]["type"])
    if not document["found"]:
        return None
    number = document.get("_source", {}).get(SEQUENCE_NUMBER_FIELD)
    return None if number is None else int(number)
