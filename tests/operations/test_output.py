"""The result of a command goes to standard output, whose reader may end."""

from __future__ import annotations

import os
import subprocess
import sys

PROGRAM = """
from ddb_stream_lambda.operations.output import print_result
for number in range(3):
    print_result(str(number))
"""


def test_reader_that_has_ended_is_no_error() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        ran = subprocess.run([sys.executable, "-c", PROGRAM], stdout=writer, stderr=subprocess.PIPE, text=True)
    finally:
        os.close(writer)
    assert (ran.returncode, ran.stderr) == (0, "")
