"""What a run says while it works, on standard error: one line that moves on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

CLEAR_LINE = "\r\x1b[K"


class Progress:
    """Announces the steps of a run.

    Args:
        stream: where to; default standard error.
        quiet: whether to say nothing.
    """

    def __init__(self, stream: TextIO | None = None, *, quiet: bool = False) -> None:
        self._stream = stream or sys.stderr
        self._quiet = quiet
        self._moves = self._stream.isatty()

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        """Announce a step; on a terminal, it is gone once it is done.

        Args:
            what: what is being done, such as "orders: hashing".
        """
        if not self._quiet:
            self._stream.write(f"{CLEAR_LINE}… {what}" if self._moves else f"{what}\n")
            self._stream.flush()
        try:
            yield
        finally:
            if self._moves and not self._quiet:
                self._stream.write(CLEAR_LINE)
                self._stream.flush()
