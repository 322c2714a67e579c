"""The result of a command on standard output."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def print_result(text: str) -> None:
    """Print to standard output. A reader that needs no more of it, such as ``head``, is not an error."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        # Python would write what is left in the buffer again when it ends, and fail again.
        with Path(os.devnull).open("wb") as nothing:
            os.dup2(nothing.fileno(), sys.stdout.fileno())
