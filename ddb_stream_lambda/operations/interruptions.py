"""The end of a run by a signal."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)
INTERRUPTION = (
    "ending after the batches that are being sent; a second interruption ends at once and may repeat these batches"
)


class InterruptedRunError(Exception):
    """The run ended while it waited or before it was complete, because of a signal or of an error elsewhere."""


@dataclass
class Signals:
    """The signals of a run.

    Attributes:
        received: whether one came. The event of the run can also be set by an error.
    """

    received: bool = False


@contextlib.contextmanager
def stopping_at_signals(stop: threading.Event, note: Callable[[str], object]) -> Iterator[Signals]:
    """Let the first signal set an event, so that the batches that are being sent end. A second one ends the process.

    Python allows signal handlers in the main thread only. In another thread, signals keep their meaning.

    Args:
        stop: the event.
        note: prints a text. It is called in a thread, because a signal can come while the main thread prints.
    """

    signals = Signals()

    def handle(*_: object) -> None:
        signals.received = True
        stop.set()
        threading.Thread(target=note, args=(INTERRUPTION,), daemon=True).start()
        for number in STOP_SIGNALS:
            signal.signal(number, signal.SIG_DFL)

    if threading.current_thread() is not threading.main_thread():
        yield signals
        return
    before = {number: signal.signal(number, handle) for number in STOP_SIGNALS}
    try:
        yield signals
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
