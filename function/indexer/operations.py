"""What is asked of the search service for one change, and how each request is answered."""

from dataclasses import dataclass
from enum import Enum
from typing import Any

import orjson

from indexer.records import Change


class Action(Enum):
    """What an operation does, named as `_bulk` names it, and to which of the two indexes."""

    PUT = "index"
    DELETE = "delete"
    BURY = "index tombstone"


@dataclass(frozen=True, slots=True)
class Operation:
    """One entry of a `_bulk` request; source is its document, where it has one."""

    action: Action
    index: str
    change: Change
    source: bytes | None
    ties_win: bool = False

    def body(self) -> bytes:
        """Return the entry's lines.

        Of equal versions the one that is already stored stays, unless ties_win: see `indexer.batch` on ties.
        """
        line = orjson.dumps(
            {
                "delete" if self.action is Action.DELETE else "index": {
                    "_index": self.index,
                    "_id": self.change.id,
                    "version": self.change.version,
                    "version_type": "external_gte" if self.ties_win else "external",
                }
            }
        )
        return line + b"\n" if self.source is None else line + b"\n" + self.source + b"\n"


class Status(Enum):
    """How the search service answered one operation."""

    DONE = "done"
    CONFLICT = "conflict"
    REJECTED = "rejected"
    BUSY = "busy"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Answer:
    """An operation's status; for failures the reason, without content of the item."""

    status: Status
    reason: str = ""


DONE = Answer(Status.DONE)


def read_answer(operation: Operation, item: dict[str, Any]) -> Answer:
    """Return what an entry of a `_bulk` answer says of its operation; KeyError or ValueError if strange."""
    ((_, result),) = item.items()
    status = int(result["status"])
    error = result.get("error")
    if status < 300 or (status == 404 and not error and operation.action is Action.DELETE):
        return DONE
    reason = f"status {status}, {_reason(error)}"
    if status == 409:
        return Answer(Status.CONFLICT, reason)
    if status == 429 or status >= 500:
        return Answer(Status.BUSY, reason)
    # Only 400 blames the document; the rest (a missing permission, a blocked index) would hit any other one too.
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
    """Return a reason up to its first quotation mark: engines quote ids and values, field names stand in brackets."""
    text = str(reason or "")
    ends = [at for at in (text.find("'"), text.find('"')) if at >= 0]
    return text[: min(ends, default=len(text))].strip()
