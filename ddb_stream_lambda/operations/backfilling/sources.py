"""Reads the changes of a unit from the table or from an export, from a checkpoint on."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Any

from ..aws import calling
from .capacity import Pace
from .numbering import Run
from .records import Change, StreamedTable
from .units import ExportFile, ScanSegment, Unit

CHUNK_BYTES = 1024 * 1024
BINARY = "B"


class UnitError(Exception):
    """A unit cannot be completed, such as a file that is damaged. Other units are not affected."""


@dataclass(frozen=True)
class Entry:
    """A change, and the position after it."""

    change: Change
    position: Any


class Reader:
    """Reads units. Threads can share it.

    Args:
        table: the table.
        run: the run.
        dynamodb: a client of DynamoDB; needed for segments only.
        s3: a client of S3; needed for files only.
        pace: the bound on the consumed read capacity.
    """

    def __init__(
        self, table: StreamedTable, run: Run, *, dynamodb: Any = None, s3: Any = None, pace: Pace | None = None
    ) -> None:
        self._table = table
        self._run = run
        self._dynamodb = dynamodb
        self._s3 = s3
        self._pace = pace or Pace()

    def read(self, unit: Unit, position: Any) -> Iterator[Entry]:
        """Read the changes of a unit.

        Args:
            unit: the unit.
            position: the position of a checkpoint of this unit; None for the start.

        Raises:
            AwsError: if AWS refuses a request.
            UnitError: if the unit is damaged.
        """
        return self._scan(unit, position) if isinstance(unit, ScanSegment) else self._read_file(unit, position or 0)

    def _scan(self, unit: ScanSegment, position: Any) -> Iterator[Entry]:
        request: dict[str, Any] = {
            "TableName": unit.table,
            "Segment": unit.segment,
            "TotalSegments": unit.segments,
            "ConsistentRead": unit.consistent,
            "ReturnConsumedCapacity": "TOTAL",
        }
        start = None if position is None else key_from_json(position)
        while True:
            if start is not None:
                request["ExclusiveStartKey"] = start
            limit = self._pace.page_items()
            if limit is not None:
                request["Limit"] = limit
            estimate = self._pace.before_page()
            with calling(f"scan the table {self._table.name}"):
                page = self._dynamodb.scan(**request)
            units = float(page.get("ConsumedCapacity", {}).get("CapacityUnits", 0.0))
            self._pace.after_page(items=page.get("ScannedCount", len(page["Items"])), units=units, estimate=estimate)
            names = self._table.key_names
            for item in page["Items"]:
                change = Change.from_item(item, key_names=names, written_at=self._run.written_at)
                yield Entry(change, key_to_json(change.keys))
            start = page.get("LastEvaluatedKey")
            if not start:
                return

    def _read_file(self, unit: ExportFile, lines_done: int) -> Iterator[Entry]:
        # The file is copied first. Its checksum is checked before the first item is sent, and S3 closes a connection
        # that nobody reads while the function works.
        with tempfile.TemporaryFile() as file:
            self._download(unit, file)
            number = 0
            try:
                for number, line in enumerate(_lines(file), start=1):
                    if number <= lines_done:
                        continue
                    change = Change.from_line(
                        json.loads(line), key_names=self._table.key_names, exported_at=unit.written_at
                    )
                    yield Entry(change, number)
            except (EOFError, gzip.BadGzipFile, zlib.error) as error:
                raise UnitError(f"{unit}: the compressed file is damaged after line {number}: {error}") from error
            except (KeyError, TypeError, ValueError) as error:
                kind = type(error).__name__
                raise UnitError(
                    f"{unit}: line {number} is not an item or a change in DynamoDB JSON ({kind})"
                ) from error
            if unit.items is not None and number != unit.items:
                raise UnitError(f"{unit}: has {number} items, and the manifest has {unit.items}")

    def _download(self, unit: ExportFile, file: IO[bytes]) -> None:
        digest = hashlib.md5(usedforsecurity=False)
        with calling(f"read {unit}"):
            answer = self._s3.get_object(Bucket=unit.bucket, Key=unit.key)
            body = answer["Body"]
            while chunk := body.read(CHUNK_BYTES):
                digest.update(chunk)
                file.write(chunk)
        checksum = base64.b64encode(digest.digest()).decode()
        if unit.md5 is not None:
            # A copy of an export can have other entity tags than the manifest, so the checksum decides.
            if checksum != unit.md5:
                raise UnitError(f"{unit}: has the MD5 checksum {checksum}, and the manifest has {unit.md5}")
        elif unit.etag is not None and answer["ETag"].strip('"') != unit.etag.strip('"'):
            raise UnitError(f"{unit}: has the entity tag {answer['ETag']}, and the manifest has {unit.etag}")
        file.seek(0)


def _lines(file: IO[bytes]) -> Iterator[bytes]:
    """Yield the lines of a compressed file that are not blank. A file without a byte has none."""
    with gzip.GzipFile(fileobj=file, mode="rb") as lines:
        yield from (line for line in lines if line.strip())


def key_to_json(key: Mapping[str, Any]) -> dict[str, Any]:
    """Return a key of boto3 as JSON: binary values as Base64 text."""
    return {name: {kind: _encode(value) for kind, value in typed.items()} for name, typed in key.items()}


def key_from_json(key: Mapping[str, Any]) -> dict[str, Any]:
    """Return the key of `key_to_json`."""
    return {
        name: {kind: base64.b64decode(value) if kind == BINARY else value for kind, value in typed.items()}
        for name, typed in key.items()
    }


def _encode(value: Any) -> Any:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value
