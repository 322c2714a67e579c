"""Looks up which changes the indexes already hold."""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import orjson

from indexer.answers import Answer, Status
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

    def deleted_later(self, puts: Sequence[Operation]) -> list[bool | Answer]:
        """Return for each operation that puts a document whether a later deletion of its item is stored.

        Returns:
            True or False, or the failure of the look-up.

        Raises:
            SearchUnavailableError: if a request failed.
        """
        refs = [_tombstone_ref(put) for put in puts]
        stored = self._look_up(set(refs))
        found: list[bool | Answer] = []
        for put, ref in zip(puts, refs, strict=True):
            tombstone = stored.get(ref)
            found.append(tombstone if isinstance(tombstone, Answer) else _is_superseded(put, tombstone))
        return found

    def versions_to_replace(self, operations: Sequence[Operation]) -> list[int | Answer | None]:
        """Return for each operation that lost a conflict the version that it has to replace.

        Returns:
            The version of the stored document, 0 if there is none, None if the stored change is the same or a later
            one, or the failure of the look-up.

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
        found: list[int | Answer | None] = []
        for operation, document_ref, tombstone_ref in zip(operations, documents, tombstones, strict=True):
            document = stored.get(document_ref)
            tombstone = None if tombstone_ref is None else stored.get(tombstone_ref)
            if isinstance(document, Answer):
                found.append(document)
            elif isinstance(tombstone, Answer):
                found.append(tombstone)
            elif _is_superseded(operation, document) or _is_superseded(operation, tombstone):
                found.append(None)
            else:
                found.append(0 if document is None else document.version)
        return found

    def _look_up(self, refs: Collection[DocumentRef]) -> dict[DocumentRef, Stored | Answer]:
        """Return what is stored for each document that exists, or the failure of its look-up.

        The requests use `_mget`, which also finds documents that a search does not find yet.
        """
        found: dict[DocumentRef, Stored | Answer] = {}
        ordered = list(refs)
        for start in range(0, len(ordered), MAX_DOCUMENTS_PER_REQUEST):
            found |= self._get(ordered[start : start + MAX_DOCUMENTS_PER_REQUEST])
        return found

    def _get(self, refs: list[DocumentRef]) -> dict[DocumentRef, Stored | Answer]:
        """Send one request; a body or an answer that is too large is halved."""
        fields = [SEQUENCE_NUMBER_FIELD, "deleted_at"]
        docs = [{"_index": ref.index_name, "_id": ref.id, "_source": fields} for ref in refs]
        # OpenSearch Serverless does not document the parameter.
        path = "/_mget" if self._settings.service == "aoss" else f"/_mget?filter_path={FILTER_PATH}"

        def parse(response: Any) -> dict[DocumentRef, Stored | Answer]:
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


def _parse(document: dict[str, Any]) -> Stored | Answer | None:
    if document.get("error"):
        return _parse_failure(document["error"])
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


def _parse_failure(error: Any) -> Answer | None:
    """Return the failure that an error means, or None if it means that the index does not exist."""
    # Only failures need this import, which takes several milliseconds.
    from indexer.reason_shapes import ErrorKind
    from indexer.reasons import describe_with_advice, explain_error

    advice = explain_error(error)
    kind = ErrorKind.TEMPORARY if advice is None else advice.kind
    if kind is ErrorKind.MISSING_INDEX:
        # Nothing was ever written to an index that does not exist.
        return None
    reason = f"the look-up of the stored change failed: {describe_with_advice(error, field_paths=False)}"
    return Answer(Status.BUSY if kind is ErrorKind.TEMPORARY else Status.REFUSED, reason)
