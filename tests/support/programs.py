"""Programs that a test runs in a new Python process."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.support.calls import ROOT


def run_program(
    program: str | Path, *, options: Sequence[str] = (), environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a program that can import the package, and return its output.

    Args:
        program: Python code, or the path of a file.
        options: Options of the interpreter.
        environment: Variables that are added to those of this process.
    """
    source = [str(program)] if isinstance(program, Path) else ["-c", program]
    ran = subprocess.run(
        [sys.executable, *options, *source],
        env=os.environ | {"PYTHONPATH": str(ROOT)} | (environment or {}),
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr
    return ran
