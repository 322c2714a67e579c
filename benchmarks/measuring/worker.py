"""Measures one handler in this process, and prints the figures as JSON in the last line.

    python -m benchmarks.measuring.worker JOB

JOB is the JSON of a `Job`. This module imports nothing outside the standard library, except the handler.
"""

import importlib
import json
import resource
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from benchmarks.measuring.events import build_event, renew

Handler = Callable[[dict[str, Any], Any], Any]
Figures = dict[str, float]
# An engine refreshes the figures of its process once in a second.
STATISTICS_SECONDS = 1.1


@dataclass(frozen=True, kw_only=True)
class Job:
    """A measurement.

    Attributes:
        quantity: "speed", "cold" (a cold start), "memory" or "traffic" (bytes sent and received).
        folder: the folder of the handler's module `index`.
        count: the number of records in a batch.
        size: the number of bytes of an image.
        table: the table's name, which is also the name of the index.
        seconds: the least time for measuring the speed.
        age: the age of the records in seconds.
        twice: whether each batch is delivered twice; the second delivery is measured.
        engine: the URL of an engine whose CPU time is measured, or "".
    """

    quantity: str
    folder: str
    count: int
    size: int
    table: str = "orders"
    seconds: float = 0
    age: float = 0
    twice: bool = False
    engine: str = ""


class Context:
    """The context of an invocation, as Lambda passes it to the handler."""

    function_name = aws_request_id = "benchmark"
    invoked_function_arn = "arn:aws:lambda:eu-west-1:123456789012:function:benchmark"
    memory_limit_in_mb = 512

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


def load(job: Job) -> Handler:
    """Import the handler as a cold start does."""
    sys.path.insert(0, job.folder)
    handler: Handler = importlib.import_module("index").handler
    return handler


class Batches:
    """Gives the batches of a job. Each comes from its text, as in Lambda, and has new sequence numbers."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._text = json.dumps(build_event(job.count, job.size, table=job.table))
        self._number = 0

    def next(self) -> dict[str, Any]:
        event: dict[str, Any] = json.loads(self._text)
        renew(event, batch=self._number, age=self._job.age)
        self._number += 1
        return event


def measure_speed(job: Job) -> Figures:
    """Return records per second, and the CPU time in milliseconds of this process and of the engine for a batch."""
    handler = load(job)
    batches = Batches(job)
    # An engine creates its index with the first batch, and compiles its code with the next ones.
    for _ in range(3 if job.engine else 1):
        handler(batches.next(), Context())
    engine_before = engine_milliseconds(job.engine)
    seconds: list[float] = []
    cpu: list[float] = []
    end = time.perf_counter() + job.seconds
    while not seconds or time.perf_counter() < end:
        event = batches.next()
        if job.twice:
            handler(event, Context())
        start, start_cpu = time.perf_counter(), time.process_time()
        handler(event, Context())
        cpu.append(time.process_time() - start_cpu)
        seconds.append(time.perf_counter() - start)
    # The CPU time of the engine cannot be split between the first and the second delivery.
    engine = 0.0 if job.twice else (engine_milliseconds(job.engine) - engine_before) / len(seconds)
    return {
        "rate": job.count / statistics.median(seconds),
        "wall": statistics.median(seconds) * 1000,
        "cpu": statistics.median(cpu) * 1000,
        "engine": engine,
    }


def engine_milliseconds(url: str) -> float:
    """Return the CPU time that an engine has used so far."""
    if not url:
        return 0
    time.sleep(STATISTICS_SECONDS)
    with urllib.request.urlopen(f"{url}/_nodes/stats/process") as response:
        nodes = json.load(response)["nodes"]
    return sum(float(node["process"]["cpu"]["total_in_millis"]) for node in nodes.values())


def measure_cold_start(job: Job) -> Figures:
    """Return the CPU time in milliseconds of the import, and of the import with the first batch."""
    event = Batches(job).next()
    begin = time.process_time()
    handler = load(job)
    imported = time.process_time()
    handler(event, Context())
    return {"import": (imported - begin) * 1000, "first": (time.process_time() - begin) * 1000}


def measure_memory(job: Job) -> Figures:
    """Return the resident memory in MiB after each step."""
    handler = load(job)
    imported = peak_mib()
    # Another process builds the event, since this one's peak counts.
    build = f"from benchmarks.measuring.events import *; print(json.dumps(build_event({job.count}, {job.size})))"
    text = subprocess.run([sys.executable, "-c", f"import json; {build}"], check=True, capture_output=True).stdout
    megabytes = len(text) / 1e6
    event = json.loads(text)
    del text
    received = peak_mib()
    handler(event, Context())
    return {"imported": imported, "received": received, "peak": peak_mib(), "megabytes": megabytes}


def peak_mib() -> float:
    """Return the peak resident memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure_traffic(job: Job) -> Figures:
    """Return the bytes that one batch sends and receives, on a connection that is open already."""
    handler = load(job)
    batches = Batches(job)
    handler(batches.next(), Context())
    figures: Figures = {"sent": 0, "received": 0}
    # All ways in which the handlers' clients use a socket.
    original_send_all, original_send = socket.socket.sendall, socket.socket.send
    original_receive = socket.socket.recv_into

    def send_all(self: socket.socket, data: Any, flags: int = 0) -> None:
        figures["sent"] += memoryview(data).nbytes
        original_send_all(self, data, flags)

    def send(self: socket.socket, data: Any, flags: int = 0) -> int:
        length = original_send(self, data, flags)
        figures["sent"] += length
        return length

    def receive_into(self: socket.socket, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        length = original_receive(self, buffer, nbytes, flags)
        figures["received"] += length
        return length

    with (
        patch.object(socket.socket, "sendall", send_all),
        patch.object(socket.socket, "send", send),
        patch.object(socket.socket, "recv_into", receive_into),
    ):
        handler(batches.next(), Context())
    return figures


MEASURES: dict[str, Callable[[Job], Figures]] = {
    "speed": measure_speed,
    "cold": measure_cold_start,
    "memory": measure_memory,
    "traffic": measure_traffic,
}


def main() -> None:
    job = Job(**json.loads(sys.argv[1]))
    print(json.dumps(MEASURES[job.quantity](job)))


if __name__ == "__main__":
    main()
