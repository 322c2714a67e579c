"""Measures the sample function side by side with a plain handler that sends one request per record.

    python benchmarks/function.py [--quick]

needs the packages of function/requirements.txt. The search service is a process of its own on the loopback interface
that only counts operations and answers; it waits a given time before each answer, to stand for a network. Each figure
is the median of several runs in fresh or warmed processes, the two handlers taking turns.
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
ARN = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026-01-01T00:00:00.000"
Handler = Callable[[dict[str, Any], Any], Any]


def serve(latency: float) -> None:
    """Answer `_bulk` and single-document requests."""

    class Service(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"] or 0))
            if self.headers.get("content-encoding") == "gzip":
                import gzip

                body = gzip.decompress(body)
            time.sleep(latency)
            if self.path == "/_bulk":
                actions = [
                    "delete" if line.startswith(b'{"delete"') else "index"
                    for line in body.split(b"\n")
                    if line.startswith((b'{"index":{"_index"', b'{"delete":{"_index"'))
                ]
                answer = {"took": 1, "errors": False, "items": [{action: {"status": 200}} for action in actions]}
            else:
                answer = {"result": "created"}
            text = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_PUT = do_DELETE = do_POST  # noqa: N815 - names that the base class asks for

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Service)
    print(server.server_port, flush=True)
    server.serve_forever()


def event(count: int, size: int) -> dict[str, Any]:
    """Return an event of that many records of about that many bytes, a tenth of them deletions."""
    chance = random.Random(1)
    records = []
    for number in range(count):
        keys = {"id": {"S": f"order-{number}"}}
        image = keys | {
            "total": {"N": f"{chance.random() * 1000:.2f}"},
            "lines": {"L": [{"M": {"sku": {"S": f"sku-{n}"}, "count": {"N": str(n)}}} for n in range(5)]},
            "tags": {"SS": ["new", "express"]},
            "text": {"S": "".join(chance.choices("abcdefghijklmnopqrstuvwxyz ", k=max(0, size - 700)))},
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
        records.append({"eventName": "REMOVE" if removed else "MODIFY", "eventSourceARN": ARN, "dynamodb": data})
    return {"Records": records}


def plain_handler() -> Handler:
    """Return what such a function looks like without further thought: one request per record, nothing else."""
    from opensearchpy import OpenSearch

    client = OpenSearch(os.environ["SEARCH_ENDPOINT"])

    def plain(value: dict[str, Any]) -> Any:
        ((kind, content),) = value.items()
        match kind:
            case "N":
                return float(content)
            case "M":
                return {name: plain(member) for name, member in content.items()}
            case "L":
                return [plain(member) for member in content]
        return content

    def handler(happened: dict[str, Any], _: Any) -> None:
        for record in happened["Records"]:
            data = record["dynamodb"]
            id_ = data["Keys"]["id"]["S"]
            if record["eventName"] == "REMOVE":
                client.delete(index="orders", id=id_)
            else:
                document = {name: plain(value) for name, value in data["NewImage"].items()}
                client.index(index="orders", id=id_, body=document)

    return handler


class Context:
    """What the function asks of Lambda."""

    function_name = invoked_function_arn = aws_request_id = "benchmark"
    memory_limit_in_mb = 512

    def get_remaining_time_in_millis(self) -> int:
        """Return plenty."""
        return 60_000


def load(name: str) -> Handler:
    """Import a handler as a cold start does."""
    if name == "plain":
        return plain_handler()
    sys.path.insert(0, str(FUNCTION))
    import index

    return index.handler


def peak_mib() -> float:
    """Return this process's largest resident memory so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(what: str, name: str, count: int, size: int, seconds: float) -> dict[str, float]:
    """Measure one thing in this process."""
    if what == "memory":
        handler = load(name)
        imported = peak_mib()
        text = json.dumps(event(count, size))
        happened = json.loads(text)
        length = len(text) / 1e6
        del text
        received = peak_mib()
        handler(happened, Context())
        return {"imported": imported, "received": received, "peak": peak_mib(), "megabytes": length}
    happened = event(count, size)
    begin = time.perf_counter()
    handler = load(name)
    imported = time.perf_counter()
    handler(happened, Context())
    first = time.perf_counter()
    if what == "cold":
        return {"import": (imported - begin) * 1000, "first": (first - begin) * 1000}
    runs = []
    while time.perf_counter() < first + seconds or len(runs) < 3:
        start = time.perf_counter()
        handler(happened, Context())
        runs.append(count / (time.perf_counter() - start))
    return {"rate": statistics.median(runs)}


def child(what: str, name: str, port: int, *, count: int, size: int, seconds: float = 0, compress: str = "on") -> Any:
    """Measure one thing in a fresh process."""
    environment = os.environ | {
        "SEARCH_ENDPOINT": f"http://127.0.0.1:{port}",
        "SEARCH_SERVICE": "none",
        "COMPRESS": compress,
    }
    arguments = ["--measure", what, name, str(count), str(size), str(seconds)]
    command = [sys.executable, __file__, *arguments]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def alternate(runs: int, what: str, port: int, **options: Any) -> dict[str, dict[str, float]]:
    """Return the medians for both handlers, measured in turns."""
    found: dict[str, list[dict[str, float]]] = {name: [] for name in HANDLERS}
    for _ in range(runs):
        for name in HANDLERS:
            found[name].append(child(what, name, port, **options))
    return {
        name: {key: statistics.median(one[key] for one in results) for key in results[0]}
        for name, results in found.items()
    }


def compare(*, quick: bool) -> None:
    """Measure everything and print it with ratios."""
    runs, seconds = (1, 0.5) if quick else (5, 2.0)
    for latency in (0.0, 0.002):
        command = [sys.executable, __file__, "--serve", str(latency)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as service:
            assert service.stdout is not None
            port = int(service.stdout.readline())
            try:
                print(f"\nservice answers after {latency * 1000:g} ms")
                for count in (1, 100, 1000):
                    found = alternate(runs, "rate", port, count=count, size=1000, seconds=seconds)
                    ours, plain = found["function"]["rate"], found["plain"]["rate"]
                    ratio = f"{ours / plain:5.1f} x"
                    print(f"  {count:5} records of 1 KB: {ours:8.0f} records/s, plain {plain:6.0f}: {ratio}")
                if latency:
                    continue
                for compress in ("on", "off"):
                    rate = child("rate", "function", port, count=1000, size=1000, seconds=seconds, compress=compress)
                    print(f"  COMPRESS={compress}, 1000 records: {rate['rate']:8.0f} records/s")
                cold = alternate(runs * 2, "cold", port, count=1, size=1000)
                for key, label in (("import", "import"), ("first", "import and first record")):
                    ours, plain = cold["function"][key], cold["plain"][key]
                    print(f"  cold start, {label}: {ours:.0f} ms, plain {plain:.0f} ms: {ours / plain:.2f} x")
                for count, size in ((6200, 1000), (16, 400_000)):
                    memory = alternate(1, "memory", port, count=count, size=size)
                    for name, found in memory.items():
                        print(
                            f"  memory, {count} records, event of {found['megabytes']:.1f} MB, {name}: "
                            f"{found['imported']:.0f} MiB imported, {found['received']:.0f} with the event, "
                            f"{found['peak']:.0f} at the peak"
                        )
            finally:
                service.terminate()


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one short run of each")
    parser.add_argument("--serve", type=float, help=argparse.SUPPRESS)
    parser.add_argument("--measure", nargs=5, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve is not None:
        serve(arguments.serve)
    elif arguments.measure:
        what, name, count, size, seconds = arguments.measure
        print(json.dumps(measure(what, name, int(count), int(size), float(seconds))))
    else:
        compare(quick=arguments.quick)


if __name__ == "__main__":
    main()
