"""The lines that the demo shows: one for each thing that happens, with its time and where it happens."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console
from rich.text import Text

from .recording import Recording

# The part of the example in which something happens -> its color.
COLORS = {
    "terraform": "bright_magenta",
    "table": "cyan",
    "stream": "blue",
    "function": "magenta",
    "index": "green",
    "queue": "yellow",
    "redrive": "bright_cyan",
}
PART_WIDTH = max(map(len, COLORS))


class Screen:
    """Prints lines with colors on a terminal, and plain ones elsewhere.

    Attributes:
        recording: gets the same lines, if they are recorded.
    """

    def __init__(
        self, file: TextIO, *, recording: Recording | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Start the clock of the lines.

        Args:
            file: where the lines are printed.
            recording: gets the same lines.
            clock: returns the seconds since any time.
        """
        self.recording = recording
        self._console = Console(file=file, highlight=False, markup=False, emoji=False)
        self._clock = clock
        self._start = clock()

    @property
    def seconds(self) -> float:
        """The seconds since the start."""
        return self._clock() - self._start

    def note(self, text: str) -> None:
        """Print a line about the demo itself."""
        self._print(Text(text, style="bright_black"))

    def title(self, text: str) -> None:
        """Print the title of a step."""
        self._print(Text())
        self._print(Text(text, style="bold"))

    def line(self, part: str, text: str, *, failed: bool = False) -> None:
        """Print what happens in a part of the example.

        Args:
            part: a key of `COLORS`.
            text: what happens.
            failed: whether it is a failure.
        """
        line = self._timed(part, COLORS[part])
        self._print(line.append(text, style="red" if failed else ""))

    def check(self, text: str) -> None:
        """Print that something was checked and is true."""
        self._print(self._timed("✓", "bold green").append(text, style="green"))

    def failure(self, text: str) -> None:
        """Print why the demo ends here."""
        self._print(self._timed("✗", "bold red").append(text, style="red"))

    @contextmanager
    def waiting(self, text: str) -> Iterator[None]:
        """Show on a terminal that something takes long."""
        if self._console.is_terminal:
            with self._console.status(text):
                yield
        else:
            yield

    def _timed(self, part: str, color: str) -> Text:
        line = Text().append(f"{self.seconds:7.2f} s  ", style="bright_black")
        return line.append(f"{part:<{PART_WIDTH}}  ", style=color)

    def _print(self, line: Text) -> None:
        self._console.print(line, soft_wrap=True)
        if self.recording is not None:
            self.recording.add(line, self.seconds)
