"""Compares the sample function with a plain handler that sends one request for each record.

    python benchmarks/function.py [--quick]

The benchmark needs the packages of function/requirements.txt. The search service runs in a separate process on the
loopback interface. It only counts operations and responds, after a delay that simulates a network. Each figure is the
median of several runs, and the two handlers take turns.
"""

import argparse
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

FUNCTION = Path(__file__).resolve().parent.parent / "function"
HANDLERS = ("function", "plain")
STREAM_ARN = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026-01-01T00:00:00.000"
Handler = Callable[[dict[str, Any], Any], Any]
Figures = dict[str, float]


def serve(delay: float) -> None:
    """Respond to `_bulk` and single-document requests, each after a delay in seconds."""

    class Service(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"] or 0))
            if self.headers.get("content-encoding") == "gzip":
                import gzip

                body = gzip.decompress(body)
            time.sleep(delay)
            if self.path == "/_bulk":
                actions = [
                    "delete" if line.startswith(b'{"delete"') else "index"
                    for line in body.split(b"\n")
                    if line.startswith((b'{"index":{"_index"', b'{"delete":{"_index"'))
                ]
                response: dict[str, Any] = {
                    "took": 1,
                    "errors": False,
                    "items": [{action: {"status": 200}} for action in actions],
                }
            else:
                response = {"result": "created"}
            text = json.dumps(response).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_PUT = do_DELETE = do_POST  # noqa: N815 - the base class calls these names

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Service)
    print(server.server_port, flush=True)
    server.serve_forever()


def event(count: int, size: int) -> dict[str, Any]:
    """Return an event.

    Args:
        count: the number of records. One in ten is a deletion.
        size: the approximate number of bytes in a record.
    """
    generator = random.Random(1)
    records = []
    for number in range(count):
        keys = {"id": {"S": f"order-{number}"}}
        image = keys | {
            "total": {"N": f"{generator.random() * 1000:.2f}"},
            "lines": {"L": [{"M": {"sku": {"S": f"sku-{n}"}, "count": {"N": str(n)}}} for n in range(5)]},
            "tags": {"SS": ["new", "express"]},
            "text": {"S": "".join(generator.choices("abcdefghijklmnopqrstuvwxyz ", k=max(0, size - 700)))},
        }
        removed = number % 10 == 9
        data = {
            "ApproximateCreationDateTime": time.time(),
            "Keys": keys,
            "SequenceNumber": f"{number + 1}00000000002513011398",
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        }
        if not removed:
            data["NewImage"] = image
        records.append({"eventName": "REMOVE" if removed else "MODIFY", "eventSourceARN": STREAM_ARN, "dynamodb": data})
    return {"Records": records}


def plain_handler() -> Handler:
    """Return a handler that sends one request for each record and does nothing else."""
    from opensearchpy import OpenSearch

    client = OpenSearch(os.environ["SEARCH_ENDPOINT"])

    def plain(value: dict[str, Any]) -> Any:
        ((type_name, content),) = value.items()
        match type_name:
            case "N":
                return float(content)
            case "M":
                return {name: plain(member) for name, member in content.items()}
            case "L":
                return [plain(member) for member in content]
        return content

    def handler(event: dict[str, Any], _: Any) -> None:
        for record in event["Records"]:
            data = record["dynamodb"]
            id_ = data["Keys"]["id"]["S"]
            if record["eventName"] == "REMOVE":
                client.delete(index="orders", id=id_)
            else:
                document = {name: plain(value) for name, value in data["NewImage"].items()}
                client.index(index="orders", id=id_, body=document)

    return handler


class Context:
    """The context of an invocation, as Lambda passes it to the handler."""

    function_name = invoked_function_arn = aws_request_id = "benchmark"
    memory_limit_in_mb = 512

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


def load(name: str) -> Handler:
    """Import a handler as a cold start does."""
    if name == "plain":
        return plain_handler()
    sys.path.insert(0, str(FUNCTION))
    import index

    handler: Handler = index.handler
    return handler


def peak_mib() -> float:
    """Return the peak resident memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(quantity: str, name: str, *, count: int, size: int, seconds: float) -> Figures:
    """Measure one handler in this process.

    Args:
        quantity: "memory", "cold" (milliseconds of a cold start) or "rate" (records per second).
        name: the handler.
        count: the number of records in the event.
        size: the approximate number of bytes in a record.
        seconds: the minimum time for measuring a rate.
    """
    if quantity == "memory":
        return measure_memory(name, count=count, size=size)
    received_event = event(count, size)
    begin = time.perf_counter()
    handler = load(name)
    imported = time.perf_counter()
    handler(received_event, Context())
    first = time.perf_counter()
    if quantity == "cold":
        return {"import": (imported - begin) * 1000, "first": (first - begin) * 1000}
    rates: list[float] = []
    while time.perf_counter() < first + seconds or len(rates) < 3:
        start = time.perf_counter()
        handler(received_event, Context())
        rates.append(count / (time.perf_counter() - start))
    return {"rate": statistics.median(rates)}


def measure_memory(name: str, *, count: int, size: int) -> Figures:
    handler = load(name)
    imported = peak_mib()
    text = json.dumps(event(count, size))
    received_event = json.loads(text)
    length = len(text) / 1e6
    del text
    received = peak_mib()
    handler(received_event, Context())
    return {"imported": imported, "received": received, "peak": peak_mib(), "megabytes": length}


def measure_in_new_process(
    quantity: str, name: str, *, port: int, count: int, size: int, seconds: float = 0, compress: str = "on"
) -> Figures:
    """Measure one handler in a new process; see `measure`."""
    environment = os.environ | {
        "SEARCH_ENDPOINT": f"http://127.0.0.1:{port}",
        "SEARCH_SERVICE": "none",
        "COMPRESS": compress,
    }
    arguments = ["--measure", quantity, name, str(count), str(size), str(seconds)]
    command = [sys.executable, __file__, *arguments]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    figures: Figures = json.loads(done.stdout.splitlines()[-1])
    return figures


def measure_in_turns(runs: int, quantity: str, **options: Any) -> dict[str, Figures]:
    """Return the median figures of each handler; the handlers take turns."""
    found: dict[str, list[Figures]] = {name: [] for name in HANDLERS}
    for _ in range(runs):
        for name in HANDLERS:
            found[name].append(measure_in_new_process(quantity, name, **options))
    return {
        name: {key: statistics.median(one[key] for one in results) for key in results[0]}
        for name, results in found.items()
    }


def compare(*, quick: bool) -> None:
    """Measure all figures, and print them with their ratios."""
    runs, seconds = (1, 0.5) if quick else (5, 2.0)
    for delay in (0.0, 0.002):
        command = [sys.executable, __file__, "--serve", str(delay)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as service:
            assert service.stdout is not None
            port = int(service.stdout.readline())
            try:
                print(f"\nThe service responds after {delay * 1000:g} ms:")
                compare_rates(port, runs=runs, seconds=seconds)
                if not delay:
                    compare_compression(port, seconds=seconds)
                    compare_cold_starts(port, runs=runs * 2)
                    compare_memory(port)
            finally:
                service.terminate()


def compare_rates(port: int, *, runs: int, seconds: float) -> None:
    for count in (1, 100, 1000):
        found = measure_in_turns(runs, "rate", port=port, count=count, size=1000, seconds=seconds)
        function, plain = found["function"]["rate"], found["plain"]["rate"]
        ratio = f"{function / plain:5.1f} x"
        print(f"  {count:5} records of 1 KB: {function:8.0f} records/s, plain {plain:6.0f}: {ratio}")


def compare_compression(port: int, *, seconds: float) -> None:
    for compress in ("on", "off"):
        figures = measure_in_new_process(
            "rate", "function", port=port, count=1000, size=1000, seconds=seconds, compress=compress
        )
        print(f"  COMPRESS={compress}, 1000 records: {figures['rate']:8.0f} records/s")


def compare_cold_starts(port: int, *, runs: int) -> None:
    found = measure_in_turns(runs, "cold", port=port, count=1, size=1000)
    for key, label in (("import", "import"), ("first", "import and first record")):
        function, plain = found["function"][key], found["plain"][key]
        print(f"  cold start, {label}: {function:.0f} ms, plain {plain:.0f} ms: {function / plain:.2f} x")


def compare_memory(port: int) -> None:
    for count, size in ((6200, 1000), (16, 400_000)):
        for name, figures in measure_in_turns(1, "memory", port=port, count=count, size=size).items():
            print(
                f"  memory, {count} records, event of {figures['megabytes']:.1f} MB, {name}: "
                f"{figures['imported']:.0f} MiB after the import, {figures['received']:.0f} with the event, "
                f"{figures['peak']:.0f} at the peak"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="measure each figure in one short run")
    parser.add_argument("--serve", type=float, help=argparse.SUPPRESS)
    parser.add_argument("--measure", nargs=5, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve is not None:
        serve(arguments.serve)
    elif arguments.measure:
        quantity, name, count, size, seconds = arguments.measure
        print(json.dumps(measure(quantity, name, count=int(count), size=int(size), seconds=float(seconds))))
    else:
        compare(quick=arguments.quick)


if __name__ == "__main__":
    main()
