"""Looks up which changes the indexes already hold."""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import orjson

from indexer.changes import DocumentRef
from indexer.deadline import Deadline
from indexer.documents import SEQUENCE_NUMBER_FIELD
from indexer.operations import Action, Operation
from indexer.search_client import RequestTooLargeError, SearchClient, SearchUnavailableError
from indexer.settings import Settings, tombstone_index
from indexer.versions import Position, creation_from_version

MAX_DOCUMENTS_PER_REQUEST = 5000
FILTER_PATH = "docs.found,docs._version,docs._source,docs.error"

# A version of a former release does not show its stream. Such a document counts as written by an earlier stream.
EARLIER_STREAM = -1


class Stored(NamedTuple):
    """The metadata of a stored document.

    Attributes:
        position: the position of the change that wrote the document.
        version: the document's version.
        deleted_at: for a tombstone, the time of the deletion in seconds since 1970; otherwise None.
    """

    position: Position
    version: int
    deleted_at: float | None


class Lookups:
    """Looks up documents and tombstones for one invocation."""

    def __init__(self, *, client: SearchClient, settings: Settings, deadline: Deadline) -> None:
        """Keep what look-ups need.

        Args:
            client: the client of the search service.
            settings: the function's configuration.
            deadline: the end of the time for requests and retries.
        """
        self._client = client
        self._settings = settings
        self._deadline = deadline

    def deleted_later(self, puts: Sequence[Operation]) -> list[bool]:
        """Return for each operation that puts a document whether a later deletion of its item is stored.

        Raises:
            SearchUnavailableError: if a request failed.
        """
        refs = [_tombstone_ref(put) for put in puts]
        stored = self._look_up(set(refs))
        return [_is_superseded(put, stored.get(ref)) for put, ref in zip(puts, refs, strict=True)]

    def versions_to_replace(self, operations: Sequence[Operation]) -> list[int | None]:
        """Return for each operation that lost a conflict the version that it has to replace.

        Returns:
            The version of the stored document, 0 if there is none, or None if the stored change is the same or a later
            one.

        Raises:
            SearchUnavailableError: if a request failed.
        """
        documents = [DocumentRef(operation.index, operation.id) for operation in operations]
        # The deletion of a document is not compared with its tombstone. Both are written together, and one can fail.
        tombstones = [
            _tombstone_ref(operation) if operation.action is Action.PUT_DOCUMENT and self._settings.tombstones else None
            for operation in operations
        ]
        stored = self._look_up({*documents, *(ref for ref in tombstones if ref is not None)})
        found: list[int | None] = []
        for operation, document, tombstone in zip(operations, documents, tombstones, strict=True):
            is_late = _is_superseded(operation, stored.get(document)) or (
                tombstone is not None and _is_superseded(operation, stored.get(tombstone))
            )
            found.append(None if is_late else stored[document].version if document in stored else 0)
        return found

    def _look_up(self, refs: Collection[DocumentRef]) -> dict[DocumentRef, Stored]:
        """Return what is stored for each document that exists.

        The requests use `_mget`, which also finds documents that a search does not find yet.
        """
        found: dict[DocumentRef, Stored] = {}
        ordered = list(refs)
        for start in range(0, len(ordered), MAX_DOCUMENTS_PER_REQUEST):
            found |= self._get(ordered[start : start + MAX_DOCUMENTS_PER_REQUEST])
        return found

    def _get(self, refs: list[DocumentRef]) -> dict[DocumentRef, Stored]:
        """Send one request; a body or an answer that is too large is halved."""
        fields = [SEQUENCE_NUMBER_FIELD, "deleted_at"]
        docs = [{"_index": ref.index_name, "_id": ref.id, "_source": fields} for ref in refs]
        # OpenSearch Serverless does not document the parameter.
        path = "/_mget" if self._settings.service == "aoss" else f"/_mget?filter_path={FILTER_PATH}"

        def parse(response: Any) -> dict[DocumentRef, Stored]:
            results = zip(refs, map(_parse, response["docs"]), strict=True)
            return {ref: stored for ref, stored in results if stored is not None}

        body = orjson.dumps({"docs": docs})
        try:
            return self._client.post(path, body, parse=parse, deadline=self._deadline, can_shrink=len(refs) > 1)
        except RequestTooLargeError:
            if len(refs) == 1:
                raise SearchUnavailableError("the service answered 413 to the look-up of one document") from None
            middle = len(refs) // 2
            return self._get(refs[:middle]) | self._get(refs[middle:])


def _tombstone_ref(put: Operation) -> DocumentRef:
    return DocumentRef(tombstone_index(put.index), put.id)


def _is_superseded(operation: Operation, stored: Stored | None) -> bool:
    """Return whether a stored change is the same as the change of an operation, or a later one."""
    if stored is None or operation.change is None:
        return False
    position = operation.change.position
    if stored.position.created == EARLIER_STREAM and stored.deleted_at is not None:
        # A former release wrote this tombstone. If the stream is younger, the deletion came from an earlier stream.
        return stored.deleted_at > position.created_at and stored.position.number >= position.number
    return stored.position >= position


def _parse(document: dict[str, Any]) -> Stored | None:
    if document.get("error"):
        _check_that_nothing_is_stored(document["error"])
        return None
    if not document["found"]:
        return None
    version = int(document["_version"])
    source = document.get("_source", {})
    number = int(source.get(SEQUENCE_NUMBER_FIELD, -1))
    created = creation_from_version(version)
    deleted_at = source.get("deleted_at")
    return Stored(
        Position(EARLIER_STREAM if created is None else created, number),
        version,
        None if deleted_at is None else float(deleted_at) / 1000,
    )


def _check_that_nothing_is_stored(error: Any) -> None:
    """Raise an exception unless an error means that the index does not exist.

    Raises:
        SearchUnavailableError: if the stored change is unknown for a reason that no retry can solve.
        ValueError: if it is unknown, and a retry can help.
    """
    # Only failures need this import, which takes several milliseconds.
    from indexer.reason_shapes import ErrorKind
    from indexer.reasons import describe_error, explain_error

    advice = explain_error(error)
    kind = ErrorKind.TEMPORARY if advice is None else advice.kind
    if kind is ErrorKind.MISSING_INDEX:
        # Nothing was ever written to an index that does not exist.
        return
    reason = describe_error(error, field_paths=False)
    if kind is ErrorKind.TEMPORARY:
        raise ValueError(reason)
    text = f"; {advice.text}" if advice is not None and advice.text else ""
    raise SearchUnavailableError(f"a look-up of stored changes failed: {reason}{text}")
