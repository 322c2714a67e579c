"""Runs a worker over all units of a source, in several threads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from ..interruptions import InterruptedRunError
from .state import State
from .units import Checkpoint, Unit
from .worker import Budget, Failure, Worker


class Source(Protocol):
    """The units of a run."""

    @property
    def count(self) -> int:
        """The number of units."""
        ...

    def unit(self, number: int) -> Unit:
        """Return a unit by its number, from 0."""
        ...


@dataclass
class Errors:
    """The errors of units, and the error that ended the run.

    Attributes:
        units: the errors of units. Other units went on.
        raised: the exception of a thread that ended the run; None if there is none.
    """

    units: list[str] = field(default_factory=list)
    raised: BaseException | None = None


def run_units(
    source: Source,
    state: State,
    worker: Worker,
    *,
    workers: int,
    budget: Budget,
    stop: threading.Event,
    on_progress: Callable[[], None],
) -> list[str]:
    """Send all units that are not complete.

    Args:
        source: the units.
        state: how far the run is.
        worker: sends one unit.
        workers: the number of threads.
        budget: what the threads may do together.
        stop: set to end the run after the batches that are being sent. An error sets it as well. A thread that waits
            raises `InterruptedRunError` then, so that no batch is repeated without a pause or counted as failed.
        on_progress: called after each batch.

    Returns:
        The errors of the units that could not be completed.

    Raises:
        AwsError: if AWS refuses a request.
        OperationError: if a file cannot be written.
    """
    errors = Errors()
    units = state.open_units(source.count)
    lock = threading.Lock()

    def next_unit() -> tuple[int, Checkpoint] | None:
        with lock:
            return None if stop.is_set() or budget.is_used_up else next(units, None)

    def work() -> None:
        try:
            for number, checkpoint in iter(next_unit, None):
                error = _run_unit(source.unit(number), number, checkpoint)
                if error is not None:
                    with lock:
                        errors.units.append(error)
        except InterruptedRunError:  # it waited, and its batch was not done: the next run sends it again
            stop.set()
        except BaseException as error:  # raised again in the thread of the caller
            with lock:
                errors.raised = errors.raised or error
            stop.set()

    def _run_unit(unit: Unit, number: int, checkpoint: Checkpoint) -> str | None:
        def keep(checkpoint: Checkpoint, failures: Sequence[Failure]) -> None:
            state.save(number, checkpoint, failures)
            on_progress()

        result = worker.run(unit, checkpoint, budget=budget, on_batch=keep)
        if result.complete:
            state.complete(number)
        if result.ends_run:
            stop.set()
        return result.error

    threads = [threading.Thread(target=work, name=f"worker-{number}", daemon=True) for number in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        # With a timeout, a signal is handled while the thread runs.
        while thread.is_alive():
            thread.join(0.2)
    if errors.raised is not None:
        raise errors.raised
    return errors.units
