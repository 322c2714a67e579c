"""The result of a command on standard output."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from .errors import OperationError


def print_result(text: str) -> None:
    """Print to standard output. A reader that needs no more of it, such as ``head``, is not an error.

    Raises:
        OperationError: if the output cannot be written, as on a full disk.
    """
    try:
        print(text, flush=True)
    except OSError as error:
        # Python would write what is left in the buffer again when it ends, and fail again.
        with Path(os.devnull).open("wb") as nothing:
            os.dup2(nothing.fileno(), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            raise OperationError(
                f"cannot write the result to standard output: {error.strerror}",
                "what is done stays done; make space, or write the result elsewhere",
            ) from None
