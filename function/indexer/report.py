"""Collects the result of a batch."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from indexer.answers import Answer, Status
from indexer.changes import Change


@dataclass(slots=True)
class Report:
    """The result of a batch.

    Attributes:
        failures: for each record that must be delivered again, its sequence number and the reason.
        counts: the number of records by result. The results are indexed, deleted, superseded (the index has an equal
            or newer change), coalesced (a later record of the batch replaced it), rejected (its document cannot be
            indexed), and unavailable (the service had no capacity or refused the operation).
    """

    failures: dict[str, str] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)

    def add_answer(self, history: Sequence[Change], answer: Answer) -> None:
        """Add the answer to the last change of a document.

        Args:
            history: the changes of the document that are still to be applied, oldest first.
            answer: the answer to the last of them.
        """
        change = history[-1]
        match answer.status:
            case Status.DONE:
                self.counts["deleted" if change.image is None else "indexed"] += 1
                self.counts["coalesced"] += len(history) - 1
            case Status.CONFLICT:
                self.counts["superseded"] += 1
                self.counts["coalesced"] += len(history) - 1
            case Status.REJECTED:
                self.add_rejection(change.sequence_number, answer.reason)
            case Status.BUSY | Status.REFUSED:
                # No change of the document was applied. The earlier ones are needed if the last one is rejected later.
                self.failures |= {earlier.sequence_number: answer.reason for earlier in history}
                self.counts["unavailable"] += len(history)

    def add_rejection(self, sequence_number: str, reason: str) -> None:
        """Add a record that cannot be indexed."""
        self.failures[sequence_number] = reason
        self.counts["rejected"] += 1

    def failures_by_reason(self) -> dict[str, list[str]]:
        """Return the sequence numbers of the failed records by reason."""
        found: dict[str, list[str]] = {}
        for number, reason in self.failures.items():
            found.setdefault(reason, []).append(number)
        return found
