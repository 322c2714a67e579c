"""Reads the search service's answer to each operation of a `_bulk` request."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from indexer.operations import Action, Operation


class Status(Enum):
    """The result of an operation.

    Attributes:
        DONE: the operation was carried out.
        CONFLICT: the stored version is equal or newer.
        REJECTED: the document cannot be indexed.
        BUSY: the service has no capacity at the moment.
        REFUSED: the service refuses the operation for a reason that does not depend on the document.
    """

    DONE = auto()
    CONFLICT = auto()
    REJECTED = auto()
    BUSY = auto()
    REFUSED = auto()


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one operation.

    Attributes:
        status: the result.
        reason: the reason of a failure, without any content of the item.
    """

    status: Status
    reason: str = ""


DONE = Answer(Status.DONE)


def parse_answer(operation: Operation, item: dict[str, Any]) -> Answer:
    """Return the answer to one operation.

    Args:
        operation: the operation.
        item: the entry for the operation in the response's `items`.

    Raises:
        AttributeError, KeyError, TypeError, ValueError: if the entry does not have the documented shape.
    """
    ((_, result),) = item.items()
    status = int(result["status"])
    error = result.get("error")
    if status < 300 or (status == 404 and not error and operation.action is Action.DELETE_DOCUMENT):
        return DONE
    reason = f"status {status}, {_reason(error)}"
    if status == 409:
        return Answer(Status.CONFLICT, reason)
    if status == 429 or status >= 500:
        return Answer(Status.BUSY, reason)
    # Only 400 is about the document. Other errors, such as a missing permission, are the same for all documents.
    return Answer(Status.REJECTED if status == 400 else Status.REFUSED, reason)


def _reason(error: Any) -> str:
    if not isinstance(error, dict):
        return "no reason given"
    parts = [str(error.get("type")), _without_content(error.get("reason"))]
    cause = error.get("caused_by")
    if isinstance(cause, dict):
        parts.append(f"caused by {cause.get('type')}")
    return ": ".join(part for part in parts if part)


def _without_content(reason: Any) -> str:
    """Return a reason up to its first quotation mark: engines put ids and values in quotes, field names in brackets."""
    text = str(reason or "")
    quotes = [position for position in (text.find("'"), text.find('"')) if position >= 0]
    return text[: min(quotes, default=len(text))].strip()
