"""A local file of records, as ``redrive --export`` and ``backfill`` write them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from ..errors import UsageError
from ..events import Record, sequence_number
from .batches import FailedBatch, read_json
from .sources import WINDOW, Entry, Message, Window


class RecordFileSource:
    """A file with a record in each line. Each record is a separate batch, so that the others do not fail with it.

    The file is not changed. The journal has the records that are done until all are.

    Args:
        path: the file, in JSON Lines. A line is a record, or an object with a `record`.
        window: the number of records that are put in order at once.

    Raises:
        UsageError: if the file cannot be read, or a line has no record.
    """

    def __init__(self, path: Path, *, window: int = WINDOW) -> None:
        self.name = str(path.absolute())
        self.is_emptied = False
        self.on_receive: Callable[[list[str]], None] = lambda _: None
        self._path = path
        self._window = window
        # A line that is wrong ends the command before a record is sent.
        self._count = sum(1 for _ in self._records())

    def count(self) -> int | None:
        """Return the number of records."""
        return self._count

    def count_invisible(self) -> int:
        """Return 0: records of a file are not held."""
        return 0

    def windows(self) -> Iterator[Window]:
        """Yield the records, in the order of their sequence numbers in each window."""
        window, seen = Window(), Counter[int]()
        for line, record in self._records():
            number = sequence_number(record)
            # Two records of a backfill can have the same number. A number is in a shard once.
            seen[number] += 1
            window.entries.append(Entry(_batch(f"{self._path} line {line}", record, shard=str(seen[number]))))
            if len(window.entries) == self._window:
                yield window
                window, seen = Window(), Counter()
        if window.entries:
            yield window

    def release(self, receipts: Sequence[str]) -> None:
        """Do nothing: records of a file are not held."""

    def delete(self, messages: Iterable[Message]) -> int:  # noqa: ARG002  # as `QueueSource.delete`
        """Return 0: there are no messages."""
        return 0

    def close(self) -> None:
        """Do nothing: records of a file are not held."""

    def _records(self) -> Iterator[tuple[int, Record]]:
        """Yield the number of each line that is not blank, and its record."""
        try:
            with self._path.open(encoding="utf-8") as lines:
                for number, line in enumerate(lines, start=1):
                    if line.strip():
                        yield number, self._read(number, line)
        except UnicodeDecodeError:
            raise UsageError(f"--records {self._path}: is not text in UTF-8", "give a file in JSON Lines") from None
        except OSError as error:
            raise UsageError(
                f"--records {self._path}: cannot be read: {error.strerror}", "give a file in JSON Lines"
            ) from None

    def _read(self, number: int, line: str) -> Record:
        try:
            document = read_json(line)
            # `backfill` writes each record with its error.
            record: Record = document.get("record", document)
            sequence_number(record)
            if not isinstance(record["eventSourceARN"], str) or not isinstance(record["dynamodb"]["Keys"], dict):
                raise TypeError("the ARN or the keys have another type")
        except (AttributeError, KeyError, TypeError, ValueError):
            raise UsageError(
                f"--records {self._path}: line {number} is not a record of a DynamoDB stream",
                "correct or remove the line; nothing was sent",
            ) from None
        return record


def _batch(name: str, record: Record, *, shard: str) -> FailedBatch:
    """Return a record as a failed batch of one record."""
    number = sequence_number(record)
    return FailedBatch(
        function="",
        condition="",
        stream_arn=record["eventSourceARN"],
        shard_id=shard,
        start=number,
        end=number,
        size=1,
        first_arrival=_time(record["dynamodb"]),
        last_arrival=None,
        failed=None,
        records=(record,),
        name=f"{name} ({number})",
    )


def _time(data: Mapping[str, object]) -> datetime | None:
    """Return the time of the write; None if the record has none."""
    time = data.get("ApproximateCreationDateTime")
    try:
        return datetime.fromtimestamp(time, UTC) if isinstance(time, int | float) else None
    except (OSError, OverflowError, ValueError):
        return None
