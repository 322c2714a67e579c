"""Sends one unit to the function: one segment of a scan, or one file of an export.

The worker does not know where it runs. The command runs several of them in threads; on AWS Lambda, a worker runs until
the time of its invocation is used up, and the next invocation goes on from the checkpoint.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Protocol

from ..events import Record
from ..invoking import Outcome
from .numbering import Run
from .records import StreamedTable
from .sources import Entry, Reader, UnitError
from .units import Checkpoint, Unit, UnitResult

# A function that refuses so many items in a row is broken: the run ends, and the next one sends these items again.
MAX_FAILURES_IN_A_ROW = 10


class Sender(Protocol):
    """Sends records in order (`..invoking.Invoker`)."""

    batch_size: int

    def send(self, records: Sequence[Record]) -> Outcome:
        """Send records until they are done or one of them fails."""
        ...


class Budget:
    """The limits of a worker. Threads can share it.

    Args:
        items: the number of items that may be sent; None for all.
        may_continue: returns whether there is time for another batch, such as the rest of an invocation of AWS Lambda.
    """

    def __init__(self, items: int | None = None, *, may_continue: Callable[[], bool] = lambda: True) -> None:
        self._items = items
        self._may_continue = may_continue
        self._lock = threading.Lock()

    def take(self, items: int) -> int:
        """Return how many of some items may be sent; 0 if the budget is used up."""
        if not self._may_continue():
            return 0
        with self._lock:
            if self._items is None:
                return items
            taken = min(items, self._items)
            self._items -= taken
            return taken

    @property
    def is_used_up(self) -> bool:
        """True if no item may be sent."""
        return self._items == 0 or not self._may_continue()


@dataclass(frozen=True)
class Failure:
    """A record that the function refused.

    Attributes:
        record: the record.
        error: the reason.
    """

    record: Record
    error: str

    def to_json(self) -> dict[str, Any]:
        """Return the failure as JSON."""
        return {"error": self.error, "record": self.record}


# Called with a checkpoint and the records that the function refused since the checkpoint before.
OnBatch = Callable[[Checkpoint, Sequence[Failure]], None]


def _matches_all(record: Record) -> bool:  # noqa: ARG001  # a filter without a pattern
    return True


class Worker:
    """Sends units to the function. Threads can share it.

    Args:
        table: the table with its present stream.
        run: the run.
        reader: reads the units.
        sender: sends records to the function.
        matches: whether the event source mapping's filter lets a record through; all by default.
    """

    def __init__(
        self,
        table: StreamedTable,
        run: Run,
        *,
        reader: Reader,
        sender: Sender,
        matches: Callable[[Record], bool] = _matches_all,
    ) -> None:
        self._table = table
        self._run = run
        self._reader = reader
        self._sender = sender
        self._matches = matches
        # Over all units, since a unit can have few items.
        self._failures_in_a_row = 0

    def run(
        self,
        unit: Unit,
        checkpoint: Checkpoint | None = None,
        *,
        budget: Budget | None = None,
        on_batch: OnBatch | None = None,
    ) -> UnitResult:
        """Send a unit, from a checkpoint on, until it is complete or the budget is used up.

        Args:
            unit: the unit.
            checkpoint: how far the unit is; None for the start.
            budget: what the worker may do; everything by default.
            on_batch: called after each batch that the function acknowledged, with the checkpoint after it and with the
                records that the function refused. It has to keep the failures before the checkpoint.

        Raises:
            AwsError: if AWS refuses a request.
        """
        progress = _Progress(checkpoint or Checkpoint(), on_batch)
        budget = budget or Budget()
        entries = self._reader.read(unit, progress.kept.position)
        try:
            while not budget.is_used_up:
                batch = list(islice(entries, self._sender.batch_size))
                if not batch:
                    progress.keep()
                    return UnitResult(progress.kept, complete=True)
                allowed = batch[: budget.take(len(batch))]
                if allowed and (error := self._send(allowed, progress)):
                    return UnitResult(progress.kept, complete=False, error=error, ends_run=True)
                if len(allowed) < len(batch):
                    break
        except UnitError as error:
            return UnitResult(progress.kept, complete=False, error=str(error))
        progress.keep()
        return UnitResult(progress.kept, complete=False)

    def _send(self, batch: Sequence[Entry], progress: _Progress) -> str | None:
        """Send a batch, and return the error that ends the unit."""
        first = progress.count
        records = [
            self._table.record(entry.change, run=self._run, position=first + index) for index, entry in enumerate(batch)
        ]
        waiting = [index for index, record in enumerate(records) if self._matches(record)]
        handled = 0
        while True:
            outcome = self._sender.send([records[index] for index in waiting]) if waiting else Outcome(0)
            if outcome.done:
                self._failures_in_a_row = 0
            end = len(batch) if outcome.error is None else waiting[outcome.done]
            if end > handled:
                progress.succeed(end - handled, batch[end - 1].position, acknowledged=outcome.done > 0)
            if outcome.error is None or not outcome.reached:
                return outcome.error
            progress.fail(Failure(records[end], outcome.error), batch[end].position)
            self._failures_in_a_row += 1
            if self._failures_in_a_row >= MAX_FAILURES_IN_A_ROW:
                return f"the function failed for {MAX_FAILURES_IN_A_ROW} items in a row; the last: {outcome.error}"
            handled, waiting = end + 1, waiting[outcome.done + 1 :]


class _Progress:
    """The progress of a unit.

    Attributes:
        kept: the last checkpoint that was reported.
        failures: the records since then that the function refused.
    """

    def __init__(self, checkpoint: Checkpoint, on_batch: OnBatch | None) -> None:
        self.kept = self._current = checkpoint
        self.failures: list[Failure] = []
        self._on_batch = on_batch

    @property
    def count(self) -> int:
        """The records before the next one."""
        return self._current.count

    def succeed(self, items: int, position: Any, *, acknowledged: bool) -> None:
        """Count items as done. If the function acknowledged one of them, the failures before are the items' own."""
        self._current = replace(self._current, done=self._current.done + items, position=position)
        if acknowledged or not self.failures:
            self.keep()

    def fail(self, failure: Failure, position: Any) -> None:
        """Count an item as failed."""
        self._current = replace(self._current, failed=self._current.failed + 1, position=position)
        self.failures.append(failure)

    def keep(self) -> None:
        """Report the checkpoint."""
        if self._current != self.kept:
            if self._on_batch is not None:
                self._on_batch(self._current, self.failures)
            self.kept, self.failures = self._current, []
