"""The progress of a run, on standard error: one line that is updated on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

CLEAR_LINE = "\r\x1b[K"


class Progress:
    """Prints the steps of a run.

    Args:
        stream: the stream to print to; standard error by default.
        quiet: whether to print nothing.
    """

    def __init__(self, stream: TextIO | None = None, *, quiet: bool = False) -> None:
        self._stream: TextIO | None = stream or sys.stderr
        self._is_terminal = self._stream is not None and self._stream.isatty()
        if quiet:
            self._stream = None

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Print the name of a step. On a terminal, remove it when the step ends.

        Args:
            name: the step, such as "orders: reading the configuration".
        """
        self._write(f"{CLEAR_LINE}… {name}" if self._is_terminal else f"{name}\n")
        try:
            yield
        finally:
            if self._is_terminal:
                self._write(CLEAR_LINE)

    def note(self, text: str) -> None:
        """Print a line that stays, also on a terminal.

        Args:
            text: the line.
        """
        self._write(f"{text}\n")

    def _write(self, text: str) -> None:
        if self._stream is None:
            return
        try:
            self._stream.write(text)
            self._stream.flush()
        except OSError:  # nobody reads the steps
            self._stream = None
