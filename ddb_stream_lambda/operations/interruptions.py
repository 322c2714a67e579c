"""The end of a run by a signal."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)
INTERRUPTION = (
    "ending after the batches that are being sent; a second interruption ends at once and may repeat these batches"
)


@contextlib.contextmanager
def stopping_at_signals(stop: threading.Event, note: Callable[[str], object]) -> Iterator[None]:
    """Let the first signal set an event, so that the batches that are being sent end. A second one ends the process.

    Python allows signal handlers in the main thread only. In another thread, signals keep their meaning.

    Args:
        stop: the event.
        note: prints a text. It is called in a thread, because a signal can come while the main thread prints.
    """

    def handle(*_: object) -> None:
        stop.set()
        threading.Thread(target=note, args=(INTERRUPTION,), daemon=True).start()
        for number in STOP_SIGNALS:
            signal.signal(number, signal.SIG_DFL)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handle) for number in STOP_SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
