"""The result of a command goes to standard output, whose reader may end."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

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


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
def test_output_that_cannot_be_written_is_one_line_and_code_1() -> None:
    program = """
import sys
from ddb_stream_lambda import cli
from ddb_stream_lambda.operations.output import print_result
cli._run = lambda arguments: print_result("result")
sys.exit(cli.main())
"""
    with Path("/dev/full").open("w") as full:
        ran = subprocess.run([sys.executable, "-c", program], stdout=full, stderr=subprocess.PIPE, text=True)
    assert (ran.returncode, ran.stderr) == (
        1,
        "ddb-stream-lambda: cannot write the result to standard output: No space left on device; "
        "what is done stays done; make space, or write the result elsewhere\n",
    )
