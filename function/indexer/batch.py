"""A batch of stream records into the index, so that the index holds what the newest known record of each item says.

Order. Every write carries an external version that never decreases along one item's changes (`indexer.ordering`), so
the engine itself refuses an older change after a newer one, and a replay is a conflict that changes nothing.

Ties. Long sequence numbers can share a version. The engine then keeps what it has, and a conflict alone does not tell
which change is newer; the whole sequence numbers, stored with documents and tombstones, do. A newer change is sent
again as one that wins ties. Conflicts that cannot be ties cost no look-up.

Deletions. An engine forgets the version of a deleted document after index.gc_deletes (60 s by default), and when a
shard moves. So a deletion also writes a tombstone, into an index of its own, that searches need not know. A put whose
record is older than _RECENT looks there first. A younger one need not: any deletion that follows it was
applied within the last _RECENT seconds, and the engine still knows.

Only an item's last record in a batch is sent. Should the index reject its document, the record before it is sent
instead, so that a poison record costs the item one change and no more.
"""

import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import orjson

from indexer import bulk
from indexer.attributes import encode, plain_item
from indexer.deadline import Deadline
from indexer.operations import DONE, Action, Answer, Operation, Status
from indexer.ordering import is_exact
from indexer.records import Change, Place, read, sequence_number
from indexer.search import Search
from indexer.settings import Settings, SettingsError, tombstone_index
from indexer.stored import SEQUENCE_FIELD, sequence_numbers

Transform = Callable[[dict[str, Any], Change], dict[str, Any] | None]

# Seconds; half of the engines' default index.gc_deletes, for clocks that differ and times rounded to seconds.
_RECENT = 30


@dataclass(slots=True)
class Report:
    """What became of a batch.

    failures: reasons by sequence number, of the records that have to be delivered again. counts: documents by fate:
    indexed, deleted, superseded (an equal or newer change was there), coalesced (a later record of the batch
    replaced it), rejected (poison), unavailable.
    """

    failures: dict[str, str] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)


class Batch:
    """One invocation's records on their way into the index."""

    def __init__(
        self,
        search: Search,
        settings: Settings,
        transform: Transform,
        deadline: Deadline,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Take everything that indexing needs; now returns seconds since 1970."""
        self._search = search
        self._settings = settings
        self._transform = transform
        self._deadline = deadline
        self._now = now

    def index(self, records: Iterable[Mapping[str, Any]]) -> Report:
        """Index the records and report those that failed.

        Raises SettingsError when the stream or the settings do not fit, ValueError for what is not a stream record at
        all, and SearchUnavailableError when a whole request failed: then nothing is known and all have to come again.
        """
        report = Report()
        histories = self._histories(records, report)
        while histories:
            answers = self._apply([history[-1] for history in histories])
            histories = [
                history[:-1]
                for history, answer in zip(histories, answers, strict=True)
                if self._settle(history, answer, report) and len(history) > 1
            ]
        return report

    def _histories(self, records: Iterable[Mapping[str, Any]], report: Report) -> list[list[Change]]:
        """Return the changes of each item, oldest first."""
        items: dict[Place, dict[int, Change]] = {}
        for record in records:
            number = sequence_number(record)
            try:
                change = read(record, self._settings)
            except SettingsError:
                raise
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                self._reject(number, f"not a stream record: {_what_and_where(error)}", report)
            else:
                items.setdefault(change.place, {})[int(number)] = change
        return [[changes[number] for number in sorted(changes)] for changes in items.values()]

    def _settle(self, history: Sequence[Change], answer: Answer, report: Report) -> bool:
        """Enter the answer to an item's last change into the report; return whether to try the change before it."""
        change = history[-1]
        match answer.status:
            case Status.DONE:
                report.counts["deleted" if change.image is None else "indexed"] += 1
                report.counts["coalesced"] += len(history) - 1
            case Status.CONFLICT:
                report.counts["superseded"] += 1
                report.counts["coalesced"] += len(history) - 1
            case Status.REJECTED:
                self._reject(change.sequence_number, answer.reason, report)
                return True
            case _:
                # None of the item's changes is applied, and the last one may yet prove to be poison.
                report.failures |= {earlier.sequence_number: answer.reason for earlier in history}
                report.counts["unavailable"] += len(history)
        return False

    @staticmethod
    def _reject(number: str, reason: str, report: Report) -> None:
        report.failures[number] = reason
        report.counts["rejected"] += 1

    def _apply(self, changes: Sequence[Change]) -> list[Answer]:
        """Return one answer for each change, no two of which are of the same item."""
        answers: dict[Place, list[Answer]] = {change.place: [] for change in changes}
        operations: list[Operation] = []
        for change in changes:
            try:
                operations += self._operations(change)
            except Exception as error:
                reason = f"no document could be made: {_what_and_where(error)}"
                answers[change.place].append(Answer(Status.REJECTED, reason))
        for place in self._overtaken_unseen(operations):
            answers[place].append(Answer(Status.CONFLICT))
        operations = [operation for operation in operations if not answers[operation.change.place]]
        for operation, answer in zip(operations, self._send(operations), strict=True):
            answers[operation.change.place].append(answer)
        return [_worst(found) for found in answers.values()]

    def _operations(self, change: Change) -> list[Operation]:
        document = None
        if change.image is not None:
            plain = plain_item(
                change.image, self._settings.exclude_attributes, text_numbers=self._settings.text_numbers
            )
            document = self._transform(plain, change)
        if document is not None:
            source = encode(document, SEQUENCE_FIELD, change.sequence_number)
            return [Operation(Action.PUT, change.index, change, source)]
        delete = Operation(Action.DELETE, change.index, change, None)
        if not self._settings.tombstones:
            return [delete]
        tombstone = orjson.dumps({SEQUENCE_FIELD: change.sequence_number, "deleted_at": int(self._now() * 1000)})
        return [Operation(Action.BURY, tombstone_index(change.index), change, tombstone), delete]

    def _overtaken_unseen(self, operations: Sequence[Operation]) -> list[Place]:
        """Return the places of late puts that come after a deletion which the engine may have forgotten."""
        if not self._settings.tombstones:
            return []
        oldest = self._now() - _RECENT
        late = [op for op in operations if op.action is Action.PUT and op.change.written_at < oldest]
        return [op.change.place for op, overtaken in zip(late, self._overtaken(late), strict=True) if overtaken]

    def _send(self, operations: Sequence[Operation]) -> list[Answer]:
        answers = bulk.send(operations, self._search, self._settings, self._deadline)
        tied = [
            at
            for at, (operation, answer) in enumerate(zip(operations, answers, strict=True))
            if answer.status is Status.CONFLICT and not is_exact(operation.change.sequence_number)
        ]
        overtaken = self._overtaken([operations[at] for at in tied])
        newer = [at for at, late in zip(tied, overtaken, strict=True) if not late]
        again = [replace(operations[at], ties_win=True) for at in newer]
        second = bulk.send(again, self._search, self._settings, self._deadline)
        for at, answer in zip(newer, second, strict=True):
            answers[at] = answer
        return answers

    def _overtaken(self, operations: Sequence[Operation]) -> list[bool]:
        """Tell for each operation whether its change, or a newer one, is stored already."""
        evidence = [self._evidence(operation) for operation in operations]
        stored = sequence_numbers({place for places in evidence for place in places}, self._search, self._deadline)
        return [
            any(stored.get(place, -1) >= int(operation.change.sequence_number) for place in places)
            for operation, places in zip(operations, evidence, strict=True)
        ]

    def _evidence(self, operation: Operation) -> list[Place]:
        """Return the places that can show that an operation comes too late.

        A deletion's tombstone says nothing of its document: both are written together, and one may have failed.
        """
        places = [(operation.index, operation.change.id)]
        if operation.action is Action.PUT and self._settings.tombstones:
            places.append((tombstone_index(operation.index), operation.change.id))
        return places


def _what_and_where(error: Exception) -> str:
    """Return an exception's type and place without its message, which could quote the item."""
    *_, frame = traceback.extract_tb(error.__traceback__)
    return f"{type(error).__name__} in {frame.name}, {Path(frame.filename).name} line {frame.lineno}"


_BY_SEVERITY = [Status.REFUSED, Status.BUSY, Status.REJECTED, Status.DONE, Status.CONFLICT]


def _worst(answers: Sequence[Answer]) -> Answer:
    """Return the answer to a change from those to its operations."""
    return min(answers, key=lambda answer: _BY_SEVERITY.index(answer.status), default=DONE)
