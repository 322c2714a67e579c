"""Indexes one batch of stream records, so that each document equals the newest known image of its item.

Order: every write carries an external version that never decreases from one change of an item to the next (see
`indexer.versions`). The engine refuses an older change after a newer one with a version conflict. A record that is
delivered twice is a version conflict too, and changes nothing.

Ties: two changes can share a version, and someone else's `_update` adds 1 to the version of a document. The conflict
names the stored version. If it is much larger, the stored change is newer. Otherwise the sequence numbers decide, which
every document and tombstone stores (see `indexer.lookups`). If the refused change is the newer one, it is sent again
with a version that replaces the stored one.

Deletions: an engine forgets the version of a deleted document after `index.gc_deletes` (60 s by default), when a shard
moves, and when an index is closed or its node restarts after a flush. So each deletion also writes a tombstone to a
separate index. Before a late record puts a document, its tombstone is looked up. A record younger than RECENT_SECONDS
needs no look-up: in so short a time, no other execution environment deletes the document while the engine also forgets
the deletion. The deletions of this execution environment are remembered (see `indexer.recent_deletions`).

Rejected documents: only an item's last record in the batch is sent. If the index rejects its document, the earlier
records are sent, in order and in one request. So a record that can never be indexed costs its item only that change.
The record itself is stored in a separate index, and counts as done (see `indexer.rejections`).
"""

import time
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from indexer import bulk
from indexer.answers import Answer, Status
from indexer.changes import EXPIRE, Change, read_change, read_sequence_number, read_stream
from indexer.deadline import Deadline
from indexer.lookups import Lookups
from indexer.operations import (
    Action,
    Operation,
    Transform,
    build_operations,
    build_rejection,
    returns_its_document,
)
from indexer.recent_deletions import RecentDeletions
from indexer.rejections import Rejection
from indexer.report import Report
from indexer.search_client import SearchClient, SearchUnavailableError
from indexer.settings import Settings, SettingsError
from indexer.versions import MAX_UPDATES

# A stream delivers a record within a second, if nothing delays it, and it rounds the time of the write to seconds.
RECENT_SECONDS = 2


class BatchIndexer:
    """Indexes the records of one invocation."""

    def __init__(
        self,
        *,
        client: SearchClient,
        settings: Settings,
        transform: Transform,
        deadline: Deadline,
        now: Callable[[], float] = time.time,
        recent_deletions: RecentDeletions | None = None,
    ) -> None:
        """Keep what indexing needs.

        Args:
            client: the client of the search service.
            settings: the function's configuration.
            transform: the team's function that shapes documents.
            deadline: the end of the time for requests and retries.
            now: returns the seconds since 1970.
            recent_deletions: the deletions of the invocations before.
        """
        self._client = client
        self._settings = settings
        self._transform = None if returns_its_document(transform) else transform
        self._deadline = deadline
        self._now = now
        self._recent_deletions = RecentDeletions() if recent_deletions is None else recent_deletions
        self._lookups = Lookups(client=client, settings=settings, deadline=deadline)

    def index(self, records: Iterable[Mapping[str, Any]]) -> Report:
        """Index the records.

        Args:
            records: the records of a DynamoDB stream event.

        Returns:
            The failures, and the counts of documents by result.

        Raises:
            SettingsError: if the stream's view type or the settings do not fit this function.
            SearchUnavailableError: if a whole request failed. It is unknown which records were indexed.
            ValueError: if a record does not come from a DynamoDB stream.
        """
        report = Report()
        rejections: list[Rejection] = []
        histories = self._read_histories(records, report, rejections)
        refused: list[list[Change]] = []
        for history, answer in zip(histories, self._apply([history[-1] for history in histories]), strict=True):
            if answer.status is Status.REJECTED:
                rejections.append(Rejection.of_change(history[-1], answer.reason))
                refused.append(history[:-1])
            else:
                report.add_answer(history, answer)
        self._fall_back([history for history in refused if history], report, rejections)
        self._store(rejections, report)
        return report

    def _read_histories(
        self, records: Iterable[Mapping[str, Any]], report: Report, rejections: list[Rejection]
    ) -> list[list[Change]]:
        """Return the changes of each document, oldest first; add the records that cannot be read to the rejections."""
        histories: dict[tuple[str, str], list[Change]] = {}
        keep_expired = self._settings.expired_items == "keep"
        for record in records:
            number = read_sequence_number(record)
            stream = read_stream(record, self._settings)
            try:
                change = read_change(record, stream, self._settings)
            except SettingsError:
                raise
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                reason = f"invalid stream record: {_type_and_location(error)}"
                rejections.append(
                    Rejection(stream=stream, sequence_number=number, document_id=None, record=record, reason=reason)
                )
                continue
            report.written_at = max(report.written_at, change.written_at)
            if change.cause == EXPIRE:
                report.counts["expired"] += 1
                if keep_expired:
                    continue
            key = (stream.index_name, change.id)
            if key in histories:
                histories[key].append(change)
            else:
                histories[key] = [change]
        return [history if len(history) == 1 else _sorted(history) for history in histories.values()]

    def _fall_back(self, histories: Sequence[list[Change]], report: Report, rejections: list[Rejection]) -> None:
        """Apply all changes of documents whose newest change was rejected, oldest first."""
        if not histories:
            return
        answers = iter(self._apply([change for history in histories for change in history]))
        for history in histories:
            answered = [(change, next(answers)) for change in history]
            while answered:
                change, answer = answered[-1]
                if answer.status is not Status.REJECTED:
                    report.add_answer([earlier for earlier, _ in answered], answer)
                    break
                rejections.append(Rejection.of_change(change, answer.reason))
                answered.pop()

    def _store(self, rejections: Sequence[Rejection], report: Report) -> None:
        """Store the rejected records, and add them to the report; a record that cannot be stored is a failure."""
        if not self._settings.store_rejected:
            for rejection in rejections:
                report.add_rejection(rejection.sequence_number, rejection.reason, failed=True)
            return
        operations = [build_rejection(rejection, self._now()) for rejection in rejections]
        for rejection, answer in zip(rejections, self._send_bulk(operations), strict=True):
            if answer.status is Status.DONE:
                report.add_rejection(rejection.sequence_number, rejection.reason, failed=False)
            else:
                reason = f"{rejection.reason}; the record could not be stored in {rejection.index}: {answer.reason}"
                report.add_rejection(rejection.sequence_number, reason, failed=True)

    def _apply(self, changes: Sequence[Change]) -> list[Answer]:
        """Apply changes, and return one answer for each."""
        found: dict[int, Answer] = {}
        operations: list[Operation] = []
        # For each operation, the position of its change.
        positions: list[int] = []
        now = self._now()
        for position, change in enumerate(changes):
            try:
                built = build_operations(change, settings=self._settings, transform=self._transform, now=now)
            except Exception as error:  # the team's transform can raise anything
                reason = f"the document could not be built: {_type_and_location(error)}"
                found[position] = Answer(Status.REJECTED, reason)
            else:
                operations += built
                positions += [position] * len(built)
        for position, answer in zip(positions, self._send(operations), strict=True):
            if position not in found or answer.status < found[position].status:
                found[position] = answer
        return [found[position] for position in range(len(changes))]

    def _send(self, operations: Sequence[Operation]) -> list[Answer]:
        """Send operations, and return one answer for each.

        A late operation that would undo a stored deletion is not sent. If its look-up fails for a moment, it is
        repeated until the deadline, after all other operations were sent.
        """
        answers: dict[int, Answer] = {}
        pending: Sequence[int] = range(len(operations))
        attempt = 0
        while pending:
            try:
                unsent = self._look_up_deletions(pending, operations)
                answers |= unsent
                self._send_once([position for position in pending if position not in unsent], operations, answers)
            except SearchUnavailableError:
                if not attempt:
                    raise
                # The other operations have their answers. The pending ones keep the failure of their look-up.
                break
            pending = [position for position, answer in unsent.items() if answer.status is Status.BUSY]
            if not pending or not self._deadline.pause_before_retry(attempt):
                break
            attempt += 1
        return [answers[position] for position in range(len(operations))]

    def _send_once(self, positions: Sequence[int], operations: Sequence[Operation], answers: dict[int, Answer]) -> None:
        """Send the operations at some positions, and store their answers.

        An operation that lost a conflict although its change is newer is sent again.
        """
        now = self._now()
        for position in positions:
            if operations[position].action is Action.DELETE_DOCUMENT:
                self._recent_deletions.add(operations[position].index, operations[position].id, now)
        sent = self._send_bulk([operations[position] for position in positions])
        answers.update(zip(positions, sent, strict=True))
        lost = [
            position
            for position in positions
            if answers[position].status is Status.CONFLICT and _may_be_newer(operations[position], answers[position])
        ]
        if lost:
            self._resolve(lost, operations, answers)

    def _look_up_deletions(self, positions: Iterable[int], operations: Sequence[Operation]) -> dict[int, Answer]:
        """Return the answers to the late operations that must not be sent, by position.

        They would undo a deletion which the engine may have forgotten, or the look-up of the deletion failed.

        Raises:
            SearchUnavailableError: if a request failed.
        """
        if not self._settings.tombstones:
            return {}
        now = self._now()
        late = [position for position in positions if self._may_undo_a_deletion(operations[position], now)]
        deleted = self._lookups.deleted_later([operations[position] for position in late]) if late else []
        found: dict[int, Answer] = {}
        for position, result in zip(late, deleted, strict=True):
            if isinstance(result, Answer):
                found[position] = result
            elif result:
                found[position] = Answer(Status.CONFLICT)
        return found

    def _may_undo_a_deletion(self, operation: Operation, now: float) -> bool:
        """Return whether an operation puts a document that may have been deleted before."""
        if operation.action is not Action.PUT_DOCUMENT or operation.change is None:
            return False
        is_late = operation.change.written_at < now - RECENT_SECONDS
        return is_late or self._recent_deletions.has(operation.index, operation.id, now)

    def _resolve(self, lost: Sequence[int], operations: Sequence[Operation], answers: dict[int, Answer]) -> None:
        """Send the operations again that lost a conflict although their change is newer; replace their answers."""
        to_replace = self._lookups.versions_to_replace([operations[position] for position in lost])
        newer: dict[int, Operation] = {}
        for position, stored_version in zip(lost, to_replace, strict=True):
            operation, current = operations[position], answers[position].current_version
            if isinstance(stored_version, Answer):
                answers[position] = stored_version
                continue
            if stored_version is None or operation.version is None:
                continue
            # Without a tombstone, a larger version of a document that is gone can only belong to a later deletion.
            was_deleted_later = not stored_version and (current or 0) > operation.version
            if self._settings.tombstones or not was_deleted_later:
                version = max(operation.version, stored_version, current or 0)
                newer[position] = replace(operation, version=version, replaces_equal=True)
        for position, answer in zip(newer, self._send_bulk(list(newer.values())), strict=True):
            if answer.status is Status.CONFLICT:
                answer = Answer(Status.BUSY, "somebody else changes the document at the same time", answer.code)
            answers[position] = answer

    def _send_bulk(self, operations: Sequence[Operation]) -> list[Answer]:
        return bulk.send(operations, client=self._client, settings=self._settings, deadline=self._deadline)


def _sorted(history: list[Change]) -> list[Change]:
    """Return the changes of a document, oldest first, each once."""
    by_position = {change.position: change for change in history}
    return [by_position[position] for position in sorted(by_position)]


def _may_be_newer(operation: Operation, answer: Answer) -> bool:
    """Return whether the change of an operation that lost a conflict may be newer than the stored change."""
    if answer.current_version is None or operation.version is None:
        return True
    return answer.current_version - operation.version <= MAX_UPDATES


def _type_and_location(error: Exception) -> str:
    """Return an exception's type and location without its message, because the message can quote the item."""
    *_, frame = traceback.extract_tb(error.__traceback__)
    return f"{type(error).__name__} in {frame.name}, {Path(frame.filename).name} line {frame.lineno}"
