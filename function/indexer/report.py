"""Collects the result of a batch."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from indexer.answers import Answer, Status
from indexer.changes import Change

# The results of records, in `Report.counts`.
RESULTS = ("indexed", "deleted", "superseded", "coalesced", "rejected", "unavailable", "expired")


@dataclass(slots=True)
class Report:
    """The result of a batch.

    Attributes:
        failures: for each record that must be delivered again, its sequence number and the reason.
        rejections: for each record that the index rejected and that is stored, its sequence number and the reason.
        counts: the number of records by result. The results are indexed, deleted, superseded (the index has an equal
            or newer change), coalesced (a later record of the batch replaced it), rejected (its document cannot be
            indexed), and unavailable (the service had no capacity or refused the operation). The deletions by time to
            live are also counted as expired.
        written_at: the time of the newest write in seconds since 1970, or 0 if no record has a time.
    """

    failures: dict[str, str] = field(default_factory=dict)
    rejections: dict[str, str] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    written_at: float = 0

    def add_answer(self, history: Sequence[Change], answer: Answer) -> None:
        """Add the answer to the last change of a document, which the index did not reject.

        Args:
            history: the changes of the document that are still to be applied, oldest first.
            answer: the answer to the last of them.
        """
        match answer.status:
            case Status.DONE:
                self.counts["deleted" if history[-1].image is None else "indexed"] += 1
                self.counts["coalesced"] += len(history) - 1
            case Status.CONFLICT:
                self.counts["superseded"] += 1
                self.counts["coalesced"] += len(history) - 1
            case _:
                # No change of the document was applied. The earlier ones are needed if the last one is rejected later.
                self.failures |= {earlier.sequence_number: answer.reason for earlier in history}
                self.counts["unavailable"] += len(history)

    def add_rejection(self, sequence_number: str, reason: str, *, failed: bool) -> None:
        """Add a record that cannot be indexed.

        Args:
            sequence_number: the record's sequence number.
            reason: the reason.
            failed: whether the record must be delivered again, because it is not stored.
        """
        (self.failures if failed else self.rejections)[sequence_number] = reason
        self.counts["rejected"] += 1

    def checkpoint(self) -> str | None:
        """Return the lowest failed sequence number, from which Lambda continues, or None without a failure."""
        return min(self.failures, key=int, default=None)


def by_reason(reasons: dict[str, str]) -> dict[str, list[str]]:
    """Return the sequence numbers by reason.

    Args:
        reasons: the reasons by sequence number.
    """
    found: dict[str, list[str]] = {}
    for number, reason in reasons.items():
        found.setdefault(reason, []).append(number)
    return found
