"""Builds stream records of the items of a table and of the changes of an incremental export."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ..events import Record, record_from_item
from .numbering import Run

VIEWS_WITH_OLD_IMAGE = frozenset({"OLD_IMAGE", "NEW_AND_OLD_IMAGES"})
Item = Mapping[str, Any]


@dataclass(frozen=True)
class Change:
    """A change of an item: the final state of the item, and when it was written.

    Attributes:
        keys: the item's key attributes.
        new_image: the item; None if it was deleted.
        old_image: the item before; None if it is unknown or there was none.
        written_at: the time of the write.
    """

    keys: Item
    new_image: Item | None
    old_image: Item | None
    written_at: datetime

    @classmethod
    def from_line(cls, line: Mapping[str, Any], *, key_names: Collection[str], exported_at: float) -> Change:
        """Return the change that a line of an export describes.

        Args:
            line: a line of a full or an incremental export.
            key_names: the names of the table's key attributes.
            exported_at: the time of the export in seconds since 1970.

        Raises:
            KeyError, TypeError, ValueError: if the line does not have the documented shape.
        """
        if "Item" in line:
            return cls.from_item(line["Item"], key_names=key_names, written_at=datetime.fromtimestamp(exported_at, UTC))
        micros = int(line["Metadata"]["WriteTimestampMicros"]["N"])
        return cls(
            keys=line["Keys"],
            new_image=line.get("NewImage"),
            old_image=line.get("OldImage"),
            written_at=datetime.fromtimestamp(micros / 1_000_000, UTC),
        )

    @classmethod
    def from_item(cls, item: Item, *, key_names: Collection[str], written_at: datetime) -> Change:
        """Return the insertion of an item.

        Args:
            item: the item in DynamoDB's JSON.
            key_names: the names of the table's key attributes.
            written_at: the time of the write.
        """
        return cls({name: item[name] for name in key_names}, item, None, written_at)


@dataclass(frozen=True)
class StreamedTable:
    """A table with its present stream.

    Attributes:
        name: the table's name.
        arn: the table's ARN.
        stream_arn: the ARN of the present stream.
        view_type: the view type of the stream.
        key_names: the names of the key attributes, the partition key first.
    """

    name: str
    arn: str
    stream_arn: str
    view_type: str
    key_names: tuple[str, ...]

    def record(self, change: Change, *, run: Run, position: int) -> Record:
        """Return the record of a change as the function would get it from the stream.

        An item is an INSERT record. In an incremental export, a new image with an old one is a MODIFY record, and a
        change without a new image is a REMOVE record.

        Args:
            change: the change.
            run: the run that sends the record.
            position: the position of the record in its unit.
        """
        record = record_from_item(
            change.keys if change.new_image is None else change.new_image,
            stream_arn=self.stream_arn,
            key_names=self.key_names,
            sequence_number=run.sequence_number(position),
            created=change.written_at.replace(microsecond=0),
            view_type=self.view_type,
        )
        data = record["dynamodb"]
        if change.new_image is None:
            record["eventName"] = "REMOVE"
            data.pop("NewImage", None)
        elif change.old_image is not None:
            record["eventName"] = "MODIFY"
        if change.old_image is not None and self.view_type in VIEWS_WITH_OLD_IMAGE:
            data["OldImage"] = change.old_image
        record["eventID"] = run.event_id(data["Keys"])
        return record
