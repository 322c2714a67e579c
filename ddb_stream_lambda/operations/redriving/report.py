"""The result of a run, as text and as JSON."""

from __future__ import annotations

import shlex
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from ..errors import ExitCode
from .batches import FailedBatch

MAX_LISTED = 20
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataExport_Requesting.html
MIN_WINDOW, MAX_WINDOW = timedelta(minutes=15), timedelta(hours=24)
MARGIN = timedelta(minutes=1)


@dataclass(frozen=True)
class Expired:
    """Records that are not in the stream any more.

    Attributes:
        batch: the failed batch.
        missing: the number of records that are gone.
    """

    batch: FailedBatch
    missing: int


@dataclass
class Report:
    """The counts of a run. Threads can share it.

    Attributes:
        source: the queue or the bucket.
        action: "sent", "would be sent" or "exported".
        unit: what the source holds: "batch" or "record".
    """

    source: str
    action: str
    unit: str = "batch"
    records: int = 0
    batches: int = 0
    unfinished: int = 0
    skipped: int = 0
    removed: int = 0
    test_events: int = 0
    oldest: datetime | None = None
    conditions: Counter[str] = field(default_factory=Counter)
    functions: Counter[str] = field(default_factory=Counter)
    keys: list[Mapping[str, Any]] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    expired: list[Expired] = field(default_factory=list)
    foreign: dict[str, str] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)
    is_interrupted: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def exit_code(self) -> ExitCode:
        """The exit code of the command. Expired records come before failed ones, since they need a repair."""
        if self.is_interrupted:
            return ExitCode.INTERRUPTED
        if self.expired:
            return ExitCode.EXPIRED
        return ExitCode.FAILED if self.failed else ExitCode.DONE

    def document(self) -> dict[str, Any]:
        """Return the result as a JSON document."""
        document: dict[str, Any] = {
            "source": self.source,
            "action": self.action,
            "exit_code": int(self.exit_code),
            "records": self.records,
            "batches": self.batches,
            "functions": dict(self.functions),
            "conditions": dict(self.conditions),
            "oldest": _text(self.oldest),
            "skipped": self.skipped,
            "removed": self.removed,
            "test_events_removed": self.test_events,
            "failed": [{"batch": name, "error": error} for name, error in self.failed.items()],
            "expired": [_expired_document(expired) for expired in self.expired],
            "repair": list(self.repairs()),
            "foreign": [{"message": name, "reason": reason} for name, reason in self.foreign.items()],
            "notes": list(self.notes),
        }
        if self.keys:
            document["keys"] = self.keys
        return document

    def lines(self) -> Iterator[str]:
        """Yield the result as text."""
        oldest = f", the oldest of {_text(self.oldest)}" if self.oldest else ""
        batches = f" of {_count(self.batches, self.unit)}" if self.unit == "batch" else ""
        yield f"{self.source}: {_count(self.records, 'record')}{batches} {self.action}{oldest}"
        for function, count in self.functions.most_common():
            yield f"  {count:,} to {function}"
        for condition, count in self.conditions.most_common() if self.unit == "batch" else ():
            yield f"  {_count(count, 'batch')} with the condition {condition}"
        if self.removed:
            yield f"  {self.removed:,} messages and objects of finished batches removed"
        if self.skipped:
            yield f"  {_count(self.skipped, self.unit)} left out by --since or --limit"
        if self.test_events:
            yield f"  {_count(self.test_events, 'test event')} of S3 removed" + (
                " in a real run" if self.action == "would be sent" else ""
            )
        yield from _listed("not a failed batch, kept", self.foreign)
        yield from _listed("failed, kept", self.failed)
        if self.expired:
            missing = sum(expired.missing for expired in self.expired)
            yield f"{_count(missing, 'record')} expired from the stream; their messages are kept:"
            for expired in self.expired[:MAX_LISTED]:
                batch = expired.batch
                times = f", written from {_text(batch.first_arrival)} to {_text(batch.last_arrival)}"
                yield (
                    f"  {_count(expired.missing, 'record')} of the shard {batch.shard_id}, {batch.start} to {batch.end}"
                    f"{times if batch.first_arrival else ''}"
                )
            if len(self.expired) > MAX_LISTED:
                yield f"  and {len(self.expired) - MAX_LISTED} more batches"
            yield "repair: load the changes of that time again, from an incremental export or a scan of the table:"
            for command in self.repairs():
                yield f"  {command}"
            yield (
                "A function that orders records by sequence number, as the sample function does, takes only lost "
                "inserts from it: see Records that have expired in docs/operations/backfill.md"
            )
        for note in self.notes:
            yield f"note: {note}"
        if self.is_interrupted:
            yield "interrupted; run the same command again to continue"

    def repairs(self) -> Iterator[str]:
        """Yield the commands that load the changes of the time of the expired records again."""
        by_table: dict[str, list[FailedBatch]] = {}
        for expired in self.expired:
            by_table.setdefault(expired.batch.stream_arn.split("/stream/")[0], []).append(expired.batch)
        for table, batches in by_table.items():
            name = shlex.quote(table.rpartition(":table/")[2] or table)
            for start, end in _windows(batches):
                yield (
                    f"ddb-stream-lambda backfill {name} --start-export s3://BUCKET/PREFIX "
                    f"--since {_text(start)} --until {_text(end)}"
                )
            yield f"ddb-stream-lambda backfill {name}   # without point-in-time recovery: all items of the table"


def _windows(batches: list[FailedBatch]) -> Iterator[tuple[datetime, datetime]]:
    """Yield the times of batches as windows that an incremental export accepts. Windows that overlap are merged."""
    times = sorted(
        (batch.first_arrival - MARGIN, (batch.last_arrival or batch.first_arrival) + MARGIN)
        for batch in batches
        if batch.first_arrival is not None
    )
    merged: list[tuple[datetime, datetime]] = []
    for start, end in times:
        end = max(end, start + MIN_WINDOW)
        if merged and start <= merged[-1][1] and end - merged[-1][0] <= MAX_WINDOW:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    for start, end in merged:
        while end - start > MAX_WINDOW:
            yield start, start + MAX_WINDOW
            start += MAX_WINDOW
        yield start, max(end, start + MIN_WINDOW)


def _listed(title: str, reasons: Mapping[str, str]) -> Iterator[str]:
    if reasons:
        yield f"{len(reasons):,} {title}:"
        for name, reason in list(reasons.items())[:MAX_LISTED]:
            yield f"  {name}: {reason}"
        if len(reasons) > MAX_LISTED:
            yield f"  and {len(reasons) - MAX_LISTED:,} more; --json lists all"


def _expired_document(expired: Expired) -> dict[str, Any]:
    batch = expired.batch
    return {
        "stream": batch.stream_arn,
        "shard": batch.shard_id,
        "start_sequence_number": str(batch.start),
        "end_sequence_number": str(batch.end),
        "first_arrival": _text(batch.first_arrival),
        "last_arrival": _text(batch.last_arrival),
        "missing": expired.missing,
    }


def _count(number: int, unit: str) -> str:
    plural = "es" if unit.endswith("ch") else "s"
    return f"{number:,} {unit}{'' if number == 1 else plural}"


def _text(time: datetime | None) -> str | None:
    return None if time is None else time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
