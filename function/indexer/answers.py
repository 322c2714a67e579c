"""Reads the search service's answer to each operation of a `_bulk` request."""

import re
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from indexer.operations import Action, Operation

NOT_FOUND = 404
CONFLICT = 409
BAD_REQUEST = 400
TOO_MANY_REQUESTS = 429
INTERNAL_SERVER_ERROR = 500

# The wording of all engines. It ends with "is higher or equal to the one provided [2]" or "is higher than the one …".
CURRENT_VERSION = re.compile(r"current version \[(\d+)\] is higher ")


class Status(IntEnum):
    """The result of an operation. If one change has several operations, the smallest status counts.

    Attributes:
        REFUSED: the service refuses the operation for a reason that does not depend on the document.
        BUSY: the service has no capacity at the moment.
        REJECTED: the document cannot be indexed.
        DONE: the operation was carried out.
        CONFLICT: the stored version is equal or newer.
    """

    REFUSED = 1
    BUSY = 2
    REJECTED = 3
    DONE = 4
    CONFLICT = 5


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one operation.

    Attributes:
        status: the result.
        reason: the reason of a failure, without any content of the item.
        code: the HTTP status of the operation, or 0 if no request was sent.
        current_version: the stored version that caused a conflict, or None if the service did not name it.
    """

    status: Status
    reason: str = ""
    code: int = 0
    current_version: int | None = None


DONE = Answer(Status.DONE)


def parse_answer(operation: Operation, item: dict[str, Any], *, field_paths: bool) -> Answer:
    """Return the answer to one operation.

    Args:
        operation: the operation.
        item: the entry for the operation in the response's `items`.
        field_paths: whether a reason may name fields.

    Raises:
        AttributeError, KeyError, TypeError, ValueError: if the entry does not have the documented shape.
    """
    (result,) = item.values()
    code = int(result["status"])
    error = result.get("error")
    if code < 300 or (code == NOT_FOUND and not error and operation.action is Action.DELETE_DOCUMENT):
        return DONE
    if code == CONFLICT:
        return Answer(Status.CONFLICT, code=code, current_version=_current_version(error))
    return _parse_failure(code, error, field_paths=field_paths)


def _parse_failure(code: int, error: Any, *, field_paths: bool) -> Answer:
    # Only failures need this import, which takes several milliseconds.
    from indexer.reason_shapes import ErrorKind
    from indexer.reasons import describe_with_advice, explain_error

    reason = f"status {code}, {describe_with_advice(error, field_paths=field_paths)}"
    advice = explain_error(error)
    if code == TOO_MANY_REQUESTS or code >= INTERNAL_SERVER_ERROR:
        return Answer(Status.BUSY, reason, code)
    # Only 400 can be about the document. Other errors, such as a missing permission, are the same for all documents.
    if code != BAD_REQUEST:
        return Answer(Status.REFUSED, reason, code)
    match advice.kind if advice is not None else ErrorKind.DOCUMENT:
        case ErrorKind.DOCUMENT:
            return Answer(Status.REJECTED, reason, code)
        case ErrorKind.TEMPORARY:
            return Answer(Status.BUSY, reason, code)
    return Answer(Status.REFUSED, reason, code)


def _current_version(error: Any) -> int | None:
    reason = error.get("reason") if isinstance(error, dict) else None
    found = CURRENT_VERSION.search(reason) if isinstance(reason, str) else None
    return None if found is None else int(found[1])
