"""Take the records: a function, a file, or nothing for ``--dry-run``."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TextIO

from ..aws import Connection, region_of
from ..events import Record
from ..invoking import Invoker, Outcome

OnBatch = Callable[[int], None]


@dataclass(frozen=True)
class Target:
    """The function that a batch is sent to, and how. An invocation has records of one stream.

    Attributes:
        function: the name or ARN of the function.
        batch_size: the maximum number of records in a batch.
        stream_arn: the stream of the records.
    """

    function: str
    batch_size: int
    stream_arn: str


class Sink(Protocol):
    """Takes the records."""

    # True if the records that it took are done, so that their messages are removed.
    finishes: bool

    def send(self, target: Target, records: Sequence[Record], on_batch: OnBatch) -> Outcome:
        """Take records in order. See `Invoker.send`."""


class FunctionSink:
    """Sends records to their function."""

    finishes = True

    def __init__(self, connection: Connection, *, sleep: Callable[[float], object]) -> None:
        self._connection = connection
        self._sleep = sleep

    def send(self, target: Target, records: Sequence[Record], on_batch: OnBatch) -> Outcome:
        """Invoke the function with batches of the records."""
        invoker = Invoker(
            self._connection.client("lambda", region=region_of(target.function)),
            target.function,
            batch_size=target.batch_size,
            # A batch can have records of several messages. Only the message whose record fails has to fail.
            bisect=True,
            sleep=self._sleep,
        )
        return invoker.send(records, on_batch=on_batch)


class CountingSink:
    """Sends nothing, for ``--dry-run``."""

    finishes = False

    def send(self, target: Target, records: Sequence[Record], on_batch: OnBatch) -> Outcome:  # noqa: ARG002  # as in Sink
        """Count the records."""
        on_batch(len(records))
        return Outcome(len(records))


class FileSink:
    """Writes records to a file, one JSON object a line."""

    finishes = False

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._lock = threading.Lock()

    def send(self, target: Target, records: Sequence[Record], on_batch: OnBatch) -> Outcome:  # noqa: ARG002  # as in Sink
        """Write the records."""
        with self._lock:
            for record in records:
                self._file.write(json.dumps(record, separators=(",", ":")) + "\n")
        on_batch(len(records))
        return Outcome(len(records))
