"""A local file of records, as ``redrive --export`` and ``backfill`` write them."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from ..errors import OperationError, UsageError
from ..events import Record, encode_record, sequence_number
from .batches import FailedBatch, read_json
from .sources import WINDOW, Entry, SourceWithoutMessages, Window

SEQUENCE_NUMBER = re.compile(r"[0-9]{1,40}")


class RecordFileSource(SourceWithoutMessages):
    """A file with a record in each line. Each record is a separate batch, so that the others do not fail with it.

    The file is not changed. The journal has the records that are done until all are. It knows a record by its content,
    so that lines may move, and a record that was corrected is sent.

    Args:
        path: the file, in JSON Lines. A line is a record, or an object with a `record`.
        window: the number of records that are put in order at once.

    Raises:
        UsageError: if the file cannot be read, or a line has no record.
    """

    def __init__(self, path: Path, *, window: int = WINDOW) -> None:
        super().__init__()
        self.name = str(path.resolve())
        self.is_emptied = False
        self._path = path
        self._window = window
        if path.exists() and not path.is_file():
            raise UsageError(f"--records {path}: is not a regular file", "write the records to a file first")
        # The file is read twice, so that a line that is wrong ends the command before a record is sent.
        self._count = sum(1 for _ in self._records())

    def count(self) -> int | None:
        """Return the number of records."""
        return self._count

    def windows(self) -> Iterator[Window]:
        """Yield the records, in the order of their sequence numbers in each window.

        Raises:
            OperationError: if the file was changed since it was opened.
        """
        window, numbers, contents, count = Window(), Counter[int](), Counter[str](), 0
        for line, record in self._records_again():
            count += 1
            content = hashlib.sha256(encode_record(record)).hexdigest()
            contents[content] += 1
            number = sequence_number(record)
            # Two records of a backfill can have the same number. A number is in a shard once.
            numbers[number] += 1
            batch = _batch(record, name=f"{self.name}#{content}/{contents[content]}", shard=str(numbers[number]))
            window.entries.append(Entry(batch, label=f"{self._path} line {line} ({number})"))
            if len(window.entries) == self._window:
                yield window
                window, numbers = Window(), Counter()
        if window.entries:
            yield window
        if count != self._count:
            raise self._changed()

    def _records_again(self) -> Iterator[tuple[int, Record]]:
        try:
            yield from self._records()
        except UsageError as error:
            raise self._changed() from error

    def _changed(self) -> OperationError:
        return OperationError(
            f"--records {self._path}: the file was changed during the run",
            "run the command again; the records that are done are not sent again",
        )

    def _records(self) -> Iterator[tuple[int, Record]]:
        """Yield the number of each line that is not blank, and its record."""
        try:
            with self._path.open(encoding="utf-8-sig") as lines:
                for number, line in enumerate(lines, start=1):
                    if line.strip():
                        yield number, self._read(number, line)
        except UnicodeDecodeError:
            raise UsageError(f"--records {self._path}: is not text in UTF-8", "give a file in JSON Lines") from None
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise UsageError(f"--records {self._path}: cannot be read: {reason}", "give a file in JSON Lines") from None

    def _read(self, number: int, line: str) -> Record:
        try:
            document = read_json(line)
            # `backfill` writes each record with its error.
            record: Record = document.get("record", document)
            data = record["dynamodb"]
            if not SEQUENCE_NUMBER.fullmatch(data["SequenceNumber"]):
                raise ValueError("the sequence number has another form")
            if not isinstance(record["eventSourceARN"], str) or not isinstance(data["Keys"], dict):
                raise TypeError("the ARN or the keys have another type")
        except (AttributeError, KeyError, TypeError, ValueError):
            raise UsageError(
                f"--records {self._path}: line {number} is not a record of a DynamoDB stream",
                "correct or remove the line; nothing was sent",
            ) from None
        return record


def _batch(record: Record, *, name: str, shard: str) -> FailedBatch:
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
        name=name,
    )


def _time(data: Mapping[str, object]) -> datetime | None:
    """Return the time of the write; None if the record has none."""
    time = data.get("ApproximateCreationDateTime")
    try:
        return datetime.fromtimestamp(time, UTC) if isinstance(time, int | float) else None
    except (OSError, OverflowError, ValueError):
        return None
