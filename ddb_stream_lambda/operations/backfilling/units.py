"""The units of a run: one segment of a scan, or one file of an export. A worker takes one unit at a time.

Units and checkpoints are also the input and output of the worker on AWS Lambda, so they can be written as JSON.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

SEGMENT, FILE = "segment", "file"
LOCATION = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(.*))?")


@dataclass(frozen=True)
class Location:
    """A bucket and a prefix in it, without a slash at the end."""

    bucket: str
    prefix: str

    @classmethod
    def parse(cls, text: str) -> Location:
        """Return the location that a text such as s3://bucket/prefix means.

        Raises:
            ValueError: if the text is no such location.
        """
        match = LOCATION.fullmatch(text)
        if match is None:
            raise ValueError("must be s3://BUCKET or s3://BUCKET/PREFIX")
        return cls(match[1], (match[2] or "").strip("/"))

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}" if self.prefix else f"s3://{self.bucket}"


@dataclass(frozen=True)
class ScanSegment:
    """One segment of a parallel scan.

    Attributes:
        table: the table's name or ARN.
        segment: the number of the segment, from 0.
        segments: the number of all segments.
        consistent: whether the reads are strongly consistent.
    """

    table: str
    segment: int
    segments: int
    consistent: bool = False

    def __str__(self) -> str:
        return f"segment {self.segment} of {self.segments}"


@dataclass(frozen=True)
class ExportFile:
    """One data file of an export.

    Attributes:
        bucket: the export's bucket.
        key: the key of the file.
        items: the number of its items, as the manifest has it; None if unknown.
        md5: the Base64 MD5 checksum of the file, as the manifest has it; None if unknown.
        etag: the entity tag of the file, as the manifest has it; None if unknown.
        written_at: the time of the export in seconds since 1970, which the records of a full export state.
    """

    bucket: str
    key: str
    items: int | None = None
    md5: str | None = None
    etag: str | None = None
    written_at: float = 0.0

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


Unit = ScanSegment | ExportFile


def unit_to_json(unit: Unit) -> dict[str, Any]:
    """Return a unit as JSON."""
    return {"kind": SEGMENT if isinstance(unit, ScanSegment) else FILE, **asdict(unit)}


def unit_from_json(data: Mapping[str, Any]) -> Unit:
    """Return the unit of `unit_to_json`.

    Raises:
        ValueError: if the kind is unknown.
    """
    values = {name: value for name, value in data.items() if name != "kind"}
    match data.get("kind"):
        case "segment":
            return ScanSegment(**values)
        case "file":
            return ExportFile(**values)
        case kind:
            raise ValueError(f"the kind of a unit must be {SEGMENT!r} or {FILE!r}, not {kind!r}")


@dataclass(frozen=True)
class Checkpoint:
    """The progress of a unit.

    Attributes:
        done: the records that the function has processed.
        failed: the records that the function refused.
        position: where the next record is: the key of the last item of a segment, with Base64 for binary values, or the
            number of lines of a file; None at the start.
    """

    done: int = 0
    failed: int = 0
    position: Any = None

    @property
    def count(self) -> int:
        """The records before the next one."""
        return self.done + self.failed

    def to_json(self) -> dict[str, Any]:
        """Return the checkpoint as JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Checkpoint:
        """Return the checkpoint of `to_json`."""
        return cls(**data)


@dataclass(frozen=True)
class UnitResult:
    """The result of one run of a worker over a unit.

    Attributes:
        checkpoint: how far the unit is.
        complete: whether all its records were sent.
        error: why the unit cannot be completed; None if it is complete, or if only the budget is used up.
        ends_run: whether the error concerns all units: the function fails for every item, or cannot be reached.
    """

    checkpoint: Checkpoint
    complete: bool
    error: str | None = None
    ends_run: bool = False

    @property
    def next(self) -> Checkpoint | None:
        """The checkpoint to go on from; None if the unit is complete."""
        return None if self.complete else self.checkpoint
