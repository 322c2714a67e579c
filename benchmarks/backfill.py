"""Measures the command `backfill`: items per second, and memory.

    python benchmarks/backfill.py [--emulator]

Each figure comes from a new process. DynamoDB, S3 and Lambda are doubles in that process that answer at once, so the
figures are those of the command itself: it reads items of 1 KB, builds the records, encodes the events, and keeps a
checkpoint after each batch of 100. The memory must not grow with the number of items.

With --emulator, the command also sends a table of the emulator of the end-to-end tests to a function that returns at
once.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import io
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from ddb_stream_lambda import cli  # noqa: E402  # the path comes first
from ddb_stream_lambda.operations import aws  # noqa: E402

COUNTS = (1_000, 10_000, 100_000)
ITEM_BYTES = 1_000
BATCH_SIZE = 100
# Small pages, so that each worker also has full pages in the smallest run.
PAGE_ITEMS = 60
FILES = 10
# The largest growth of the memory from the smallest to the largest number of items.
MAX_GROWTH_MIB = 8
ARN = "arn:aws:dynamodb:eu-west-1:111122223333:table/orders"
STREAM = f"{ARN}/stream/2026-01-01T00:00:00.000"


def item(number: int) -> dict[str, Any]:
    return {"id": {"S": f"item-{number:09}"}, "text": {"S": "x" * (ITEM_BYTES - 40)}, "number": {"N": str(number)}}


class Doubles:
    """DynamoDB, Lambda and S3 as one object. The items are made when they are read."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.sent = 0

    def describe_table(self, **_: Any) -> Any:
        return {
            "Table": {
                "TableName": "orders",
                "TableArn": ARN,
                "LatestStreamArn": STREAM,
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
                "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"},
                "ItemCount": self.count,
                "TableSizeBytes": self.count * ITEM_BYTES,
            }
        }

    def list_event_source_mappings(self, **_: Any) -> Any:
        mapping = {"UUID": "mapping", "FunctionArn": "index", "State": "Enabled", "BatchSize": BATCH_SIZE}
        return {"EventSourceMappings": [mapping]}

    def get_event_source_mapping(self, **_: Any) -> Any:
        return {}

    def invoke(self, **_: Any) -> Any:
        return {"StatusCode": 200, "Payload": io.BytesIO(b"null")}

    def scan(self, **request: Any) -> Any:
        segment, segments = request["Segment"], request["TotalSegments"]
        start = self.count * segment // segments
        end = self.count * (segment + 1) // segments
        if "ExclusiveStartKey" in request:
            start = int(request["ExclusiveStartKey"]["id"]["S"].removeprefix("item-")) + 1
        items = [item(number) for number in range(start, min(end, start + PAGE_ITEMS))]
        answer: dict[str, Any] = {"Items": items, "ScannedCount": len(items)}
        if start + len(items) < end:
            answer["LastEvaluatedKey"] = {"id": items[-1]["id"]}
        return answer

    def get_object(self, **request: Any) -> Any:
        key = request["Key"].rpartition("/")[2]
        part = self.count // FILES
        if key == "manifest-summary.json":
            summary = {
                "tableArn": ARN,
                "exportTime": "2026-02-01T00:00:00Z",
                "manifestFilesS3Key": "manifest-files.json",
                "itemCount": self.count,
                "outputFormat": "DYNAMODB_JSON",
            }
            return {"Body": io.BytesIO(json.dumps(summary).encode())}
        if key == "manifest-files.json":
            lines = [json.dumps({"itemCount": part, "dataFileS3Key": str(number)}) for number in range(FILES)]
            return {"Body": io.BytesIO("\n".join(lines).encode())}
        file = tempfile.TemporaryFile()  # noqa: SIM115  # read and closed by the caller
        with gzip.open(file, "wt", compresslevel=1) as text:
            for number in range(int(key) * part, (int(key) + 1) * part):
                text.write(json.dumps({"Item": item(number)}) + "\n")
        file.seek(0)
        return {"Body": file, "ETag": '"a"'}


def measure_here(source: str, count: int) -> None:
    """Run the command in this process, and print its speed and the memory of the process."""
    doubles = Doubles(count)
    aws.Connection.client = lambda *_, **__: doubles  # type: ignore[method-assign]
    options = ["--export", "s3://exports/a"] if source == "export" else []
    output, cpu = io.StringIO(), time.process_time()
    with contextlib.redirect_stdout(output):
        code = cli.main(["backfill", "orders", "--json", *options])
    result = json.loads(output.getvalue())
    assert (code, result["done"]) == (0, count), result
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        json.dumps(
            {"rate": result["items_per_second"], "peak": peak, "per_cpu_second": count / (time.process_time() - cpu)}
        )
    )


def measure(source: str, count: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, str(Path(__file__).resolve()), "--measure", source, str(count)]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        figures: dict[str, float] = json.loads(done.stdout)
        return figures


def compare_with_doubles() -> bool:
    """Print the figures of each source, and return whether the memory is flat."""
    flat = True
    print(f"AWS that answers at once, items of {ITEM_BYTES:,} bytes, batches of {BATCH_SIZE}, 4 workers:")
    print(f"  {'source':12}{'items':>10}{'items/s':>12}{'items/CPU s':>14}{'peak MiB':>12}")
    for source in ("scan", "export"):
        peaks = []
        for count in COUNTS:
            figures = measure(source, count)
            peaks.append(figures["peak"])
            speed = f"{figures['rate']:>12,.0f}{figures['per_cpu_second']:>14,.0f}"
            print(f"  {source:12}{count:>10,}{speed}{figures['peak']:>12.1f}", flush=True)
        growth = peaks[-1] - peaks[0]
        reached = growth <= MAX_GROWTH_MIB
        flat &= reached
        word = "reached" if reached else "NOT reached"
        print(f"  {'':12}grows by {growth:.1f} MiB; goal: at most {MAX_GROWTH_MIB} MiB ({word})", flush=True)
    return flat


def measure_on_emulator(items: int = 5_000) -> None:
    """Print the speed on the emulator of the end-to-end tests."""
    from tests.e2e.emulator_process import Emulator
    from tests.e2e.test_backfill import TRUST_POLICY, Table
    from tests.function.search_server import SearchServer

    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as files:
        files.writestr("index.py", "def handler(event, context):\n    return None\n")
    with (
        tempfile.TemporaryDirectory() as folder,
        SearchServer() as server,
        Emulator(Path(folder) / "emulator") as emulator,
    ):
        role = emulator.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(TRUST_POLICY))
        lambda_ = emulator.client("lambda")
        lambda_.create_function(
            FunctionName="f",
            Runtime="python3.13",
            Handler="index.handler",
            Role=role["Role"]["Arn"],
            Code={"ZipFile": archive.getvalue()},
        )
        lambda_.get_waiter("function_active_v2").wait(FunctionName="f", WaiterConfig={"Delay": 1})
        table = Table.create(emulator, server, "orders", Path(folder), items=items)
        table.prepare_exports()
        table.enable_stream(["f"])
        print(f"The emulator, {items:,} small items, batches of 500, a function that returns at once:")
        for name, options in (("scan", []), ("export", ["--start-export", "s3://exports/a"])):
            started = time.monotonic()
            result = table.run(*options)
            seconds = time.monotonic() - started
            print(
                f"  {name:12}{result['items_per_second']:>12,.0f} items/s, {seconds:.1f} s with the start", flush=True
            )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--emulator", action="store_true", help="also measure on the emulator")
    parser.add_argument("--measure", nargs=2, metavar=("SOURCE", "COUNT"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measure_here(options.measure[0], int(options.measure[1]))
        return 0
    flat = compare_with_doubles()
    if options.emulator:
        measure_on_emulator()
    return 0 if flat else 1


if __name__ == "__main__":
    sys.exit(main())
