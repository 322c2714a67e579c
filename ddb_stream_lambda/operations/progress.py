"""The progress of a command, on standard error: one line that is updated on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from typing import TextIO

CLEAR_LINE = "\r\x1b[K"
SECONDS_BETWEEN_LINES = 5.0
SECONDS_BETWEEN_UPDATES = 0.1


class Progress:
    """Prints how far a command is. Threads can share it.

    Args:
        unit: the things that are counted, such as "records".
        stream: the stream to print to; standard error by default.
        quiet: whether to print nothing.
        clock: returns the time in seconds.
    """

    def __init__(
        self,
        unit: str,
        *,
        stream: TextIO | None = None,
        quiet: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._unit = unit
        self._stream: TextIO | None = None if quiet else (stream or sys.stderr)
        self._is_terminal = self._stream is not None and self._stream.isatty()
        self._clock = clock
        self._lock = threading.Lock()
        self._started: tuple[float, int] | None = None
        self._printed_at = float("-inf")
        self._line = ""

    def update(self, done: int, total: int | None = None, *, detail: str = "") -> None:
        """Print the count, the rate, and the time left if the total is known.

        A terminal gets the line again at most ten times in a second; elsewhere, a line is printed every five seconds.

        Args:
            done: the number of things that are done.
            total: the number of all things; None if it is unknown.
            detail: more text for the end of the line, such as "2 failed".
        """
        with self._lock:
            now = self._clock()
            if self._started is None:
                self._started = (now, done)
            self._line = self._text(done, total, detail, now)
            pause = SECONDS_BETWEEN_UPDATES if self._is_terminal else SECONDS_BETWEEN_LINES
            if now - self._printed_at >= pause:
                self._printed_at = now
                self._write(f"{CLEAR_LINE}{self._line}" if self._is_terminal else f"{self._line}\n")

    def note(self, text: str) -> None:
        """Print a line that stays, also on a terminal."""
        with self._lock:
            after = self._line if self._is_terminal else ""
            self._write(f"{CLEAR_LINE if after else ''}{text}\n{after}")

    def finish(self) -> None:
        """Remove the line from a terminal."""
        with self._lock:
            if self._line and self._is_terminal:
                self._write(CLEAR_LINE)
            self._line = ""

    def _text(self, done: int, total: int | None, detail: str, now: float) -> str:
        start, before = self._started or (now, done)
        rate = (done - before) / (now - start) if now > start else 0.0
        parts = [f"{done:,} of {total:,} {self._unit}" if total is not None else f"{done:,} {self._unit}"]
        if rate > 0:
            parts.append(f"{rate:,.0f}/s" if rate >= 10 else f"{rate:.1f}/s")
            if total is not None and total > done:
                parts.append(f"{duration((total - done) / rate)} left")
        return ", ".join([*parts, *([detail] if detail else [])])

    def _write(self, text: str) -> None:
        if self._stream is None:
            return
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):  # nobody reads the progress
            self._stream = None


def duration(seconds: float) -> str:
    """Return a duration in its two largest units, such as "2 h 5 min"."""
    whole = round(seconds)
    for size, unit, smaller, part in ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= size:
            rest = whole % size // smaller
            return f"{whole // size} {unit} {rest} {part}" if rest else f"{whole // size} {unit}"
    return f"{whole} s"
