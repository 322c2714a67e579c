"""Indexes one batch of stream records, so that each document equals the newest known image of its item.

Order: every write carries an external version that never decreases from one change of an item to the next (see
`indexer.versions`). The engine refuses an older change after a newer one with a version conflict. A record that is
delivered twice is a version conflict too, and changes nothing.

Ties: different long sequence numbers can share a version. The engine then keeps the stored document, and the conflict
does not show which change is newer. The full sequence numbers do: every document and tombstone stores its own (see
`indexer.superseded`). If the refused change is the newer one, it is sent again with a version type that wins ties.
A conflict that cannot be a tie needs no look-up.

Deletions: an engine forgets the version of a deleted document after `index.gc_deletes` (60 s by default), and when a
shard moves. So each deletion also writes a tombstone to a separate index. Before an old record puts a document, its
tombstone is looked up. A record younger than RECENT_SECONDS needs no look-up: a later deletion of its item is even
younger, so the engine still knows the version.

Rejected documents: only an item's last record in the batch is sent. If the index rejects its document, the record
before it is sent instead. So a record that can never be indexed costs its item only that one change.
"""

import time
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from indexer import bulk
from indexer.answers import Answer, Status
from indexer.changes import Change, DocumentRef, read_change, read_sequence_number
from indexer.deadline import Deadline
from indexer.operations import Action, Operation, Transform, build_operations
from indexer.report import Report
from indexer.search_client import SearchClient
from indexer.settings import Settings, SettingsError
from indexer.superseded import look_up_superseded
from indexer.versions import has_unique_version

# Half of the engines' default index.gc_deletes: clocks differ, and streams round the time of a write to seconds.
RECENT_SECONDS = 30

# If one change has several operations, the answer whose status comes first here counts.
STATUSES_BY_PRECEDENCE = [Status.REFUSED, Status.BUSY, Status.REJECTED, Status.DONE, Status.CONFLICT]


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
    ) -> None:
        """Keep what indexing needs.

        Args:
            client: the client of the search service.
            settings: the function's configuration.
            transform: the team's function that shapes documents.
            deadline: the end of the time for requests and retries.
            now: returns the seconds since 1970.
        """
        self._client = client
        self._settings = settings
        self._transform = transform
        self._deadline = deadline
        self._now = now

    def index(self, records: Iterable[Mapping[str, Any]]) -> Report:
        """Index the records.

        Args:
            records: the records of a DynamoDB stream event.

        Returns:
            The failures, and the counts of documents by result.

        Raises:
            SettingsError: if the stream's view type or the settings do not fit this function.
            SearchUnavailableError: if a whole request failed. It is unknown which records were indexed.
            ValueError: if a record has no sequence number.
        """
        report = Report()
        histories = self._read_histories(records, report)
        while histories:
            answers = self._apply([history[-1] for history in histories])
            earlier = []
            for history, answer in zip(histories, answers, strict=True):
                report.add_answer(history, answer)
                if answer.status is Status.REJECTED and len(history) > 1:
                    earlier.append(history[:-1])
            histories = earlier
        return report

    def _read_histories(self, records: Iterable[Mapping[str, Any]], report: Report) -> list[list[Change]]:
        """Return the changes of each document, oldest first; add the records that cannot be read to the report."""
        changes: dict[DocumentRef, dict[int, Change]] = {}
        for record in records:
            number = read_sequence_number(record)
            try:
                change = read_change(record, self._settings)
            except SettingsError:
                raise
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                report.add_rejection(number, f"invalid stream record: {_type_and_location(error)}")
            else:
                changes.setdefault(change.document_ref, {})[int(number)] = change
        return [[history[number] for number in sorted(history)] for history in changes.values()]

    def _apply(self, changes: Sequence[Change]) -> list[Answer]:
        """Apply changes of different documents, and return one answer for each."""
        answers: dict[DocumentRef, list[Answer]] = {change.document_ref: [] for change in changes}
        operations: list[Operation] = []
        for change in changes:
            try:
                operations += build_operations(
                    change, settings=self._settings, transform=self._transform, now=self._now()
                )
            except Exception as error:  # the team's transform can raise anything
                reason = f"the document could not be built: {_type_and_location(error)}"
                answers[change.document_ref].append(Answer(Status.REJECTED, reason))
        for ref in self._look_up_forgotten_deletions(operations):
            answers[ref].append(Answer(Status.CONFLICT))
        unanswered = [operation for operation in operations if not answers[operation.change.document_ref]]
        for operation, answer in zip(unanswered, self._send(unanswered), strict=True):
            answers[operation.change.document_ref].append(answer)
        return [min(found, key=_precedence) for found in answers.values()]

    def _look_up_forgotten_deletions(self, operations: Sequence[Operation]) -> list[DocumentRef]:
        """Return the documents of old records that would undo a deletion which the engine may have forgotten."""
        if not self._settings.tombstones:
            return []
        recent = self._now() - RECENT_SECONDS
        old_puts = [
            operation
            for operation in operations
            if operation.action is Action.PUT_DOCUMENT and operation.change.written_at < recent
        ]
        superseded = self._look_up_superseded(old_puts)
        return [put.change.document_ref for put, is_late in zip(old_puts, superseded, strict=True) if is_late]

    def _send(self, operations: Sequence[Operation]) -> list[Answer]:
        """Send operations, and return one answer for each.

        An operation that lost a tie although its change is newer is sent again.
        """
        answers = self._send_bulk(operations)
        ties = [
            position
            for position, (operation, answer) in enumerate(zip(operations, answers, strict=True))
            if answer.status is Status.CONFLICT and not has_unique_version(operation.change.sequence_number)
        ]
        superseded = self._look_up_superseded([operations[position] for position in ties])
        newer = [position for position, is_late in zip(ties, superseded, strict=True) if not is_late]
        second_answers = self._send_bulk([replace(operations[position], wins_ties=True) for position in newer])
        for position, answer in zip(newer, second_answers, strict=True):
            answers[position] = answer
        return answers

    def _send_bulk(self, operations: Sequence[Operation]) -> list[Answer]:
        return bulk.send(operations, client=self._client, settings=self._settings, deadline=self._deadline)

    def _look_up_superseded(self, operations: Sequence[Operation]) -> list[bool]:
        return look_up_superseded(operations, client=self._client, settings=self._settings, deadline=self._deadline)


def _precedence(answer: Answer) -> int:
    return STATUSES_BY_PRECEDENCE.index(answer.status)


def _type_and_location(error: Exception) -> str:
    """Return an exception's type and location without its message, because the message can quote the item."""
    *_, frame = traceback.extract_tb(error.__traceback__)
    return f"{type(error).__name__} in {frame.name}, {Path(frame.filename).name} line {frame.lineno}"
