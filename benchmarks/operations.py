"""Measures the operations on the emulator of the end-to-end tests.

    python benchmarks/operations.py [--records N] [--quick]

redrive: a function fails for all records of a table, so that they reach the queue. The command then sends them, with
batches of 100 records. The figure is records per second of the whole command, and the peak of its memory. On the
emulator, an invocation takes longer than in AWS, so that the figure is a lower bound for the command itself.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.e2e.emulator_process import Emulator
from tests.e2e.install import ROOT
from tests.e2e.test_redrive import Pipeline, environment

BATCH_SIZE = 100
PEAK = re.compile(r"VmHWM:\s*(\d+) kB")
# Runs the command, and prints the peak of its memory on Linux. The peak of `resource.getrusage` would be that of this
# process if it is greater, because a process begins with the peak of the one that started it.
PROGRAM = """\
import sys
from pathlib import Path
from ddb_stream_lambda import cli
code = cli.main(sys.argv[1:])
print(Path("/proc/self/status").read_text(), file=sys.stderr)
sys.exit(code)
"""


def measure_redrive(records: int) -> tuple[float, float]:
    """Return the records per second of redrive, and the peak of its memory in MiB."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Emulator(folder / "emulator") as emulator:
            pipeline = Pipeline(emulator, f"benchmark-{records}", folder, batch_size=BATCH_SIZE)
            dynamodb = emulator.client("dynamodb")
            for start in range(0, records, 25):
                requests = [
                    {"PutRequest": {"Item": {"id": {"S": f"{number:06}"}, "text": {"S": "x" * 500}}}}
                    for number in range(start, min(start + 25, records))
                ]
                dynamodb.batch_write_item(RequestItems={pipeline.name: requests})
            emulator.wait_for(lambda: len(set(pipeline.ids())) == records, "the failed invocations", seconds=600)
            failed = len(pipeline.invocations())
            emulator.wait_for(lambda: pipeline.messages() >= failed, "the messages about failed batches", seconds=60)
            pipeline.mend()
            command = [sys.executable, "-c", PROGRAM, "redrive", "--endpoint-url", emulator.url]
            start_time = time.monotonic()
            ran = subprocess.run(
                [*command, "--queue", pipeline.queue],
                cwd=ROOT,
                env=environment(folder),
                capture_output=True,
                text=True,
                check=True,
            )
            seconds = time.monotonic() - start_time
            assert len(set(pipeline.ids())) == records
            peak = PEAK.search(ran.stderr)
            return records / seconds, int(peak[1]) / 1024 if peak else 0.0


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, nargs="+", default=[1000, 10_000, 100_000], help="numbers of records")
    parser.add_argument("--quick", action="store_true", help="only 500 records")
    options = parser.parse_args()
    print("redrive    records   records/s   peak MiB")
    for records in [500] if options.quick else options.records:
        rate, peak = measure_redrive(records)
        print(f"        {records:10,}  {rate:10,.0f} {peak:10,.0f}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
