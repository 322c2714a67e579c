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
        self._stream = stream or sys.stderr
        self._quiet = quiet
        self._is_terminal = self._stream.isatty()

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Print the name of a step. On a terminal, remove it when the step ends.

        Args:
            name: the step, such as "orders: reading the configuration".
        """
        if not self._quiet:
            self._stream.write(f"{CLEAR_LINE}… {name}" if self._is_terminal else f"{name}\n")
            self._stream.flush()
        try:
            yield
        finally:
            if self._is_terminal and not self._quiet:
                self._stream.write(CLEAR_LINE)
                self._stream.flush()

    def note(self, text: str) -> None:
        """Print a line that stays, also on a terminal.

        Args:
            text: the line.
        """
        if not self._quiet:
            self._stream.write(f"{text}\n")
            self._stream.flush()
