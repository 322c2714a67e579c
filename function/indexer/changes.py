"""Reads a stream record as the change of one document."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from indexer.document_ids import document_id, key_fields
from indexer.settings import TABLE_PLACEHOLDER, Settings, SettingsError, index_name
from indexer.versions import Position, creation_from_label, version_of

VIEW_TYPES_WITHOUT_NEW_IMAGE = {"KEYS_ONLY", "OLD_IMAGE"}
EVENT_NAMES = {"INSERT", "MODIFY", "REMOVE"}
# The cause of a deletion by time to live. The other causes are the event names.
EXPIRE = "EXPIRE"
# AWS: DynamoDB Developer Guide, "DynamoDB Streams and Time to Live": such a record has this identity.
EXPIRING_IDENTITY = ("Service", "dynamodb.amazonaws.com")
# A time above this is in milliseconds: as seconds it would be after the year 5000.
MAX_SECONDS = 100_000_000_000

Image = Mapping[str, Mapping[str, Any]]


class DocumentRef(NamedTuple):
    """Refers to one document.

    Attributes:
        index_name: the name of the document's index.
        id: the document's id in that index.
    """

    index_name: str
    id: str


class Stream(NamedTuple):
    """The stream that a record comes from.

    Attributes:
        arn: the stream's ARN.
        table: the table's name.
        label: the stream's label, the time of its creation.
        created: the seconds from 2014 to the creation of the stream.
        index_name: the name of the index of the table's documents.
    """

    arn: str
    table: str
    label: str
    created: int
    index_name: str


@dataclass(slots=True, eq=False)
class Change:
    """The change that one stream record makes to one document.

    Attributes:
        stream: the stream that the record comes from.
        sequence_number: the record's sequence number.
        number: the sequence number as an int.
        version: the external version of the write (see `indexer.versions`).
        id: the document's id.
        written_at: the approximate time of the write in seconds since 1970, or 0 if the record has none.
        cause: INSERT, MODIFY, REMOVE (somebody deleted the item), or EXPIRE (time to live deleted it).
        image: the item's new image as DynamoDB's typed attribute values, or None if the item was deleted.
        old_image: the item's old image in the same form, or None if the record has none.
        record: the stream record.
    """

    stream: Stream
    sequence_number: str
    number: int
    version: int
    id: str
    written_at: float
    cause: str
    image: Image | None
    old_image: Image | None
    record: Mapping[str, Any]

    @property
    def index(self) -> str:
        """The name of the document's index."""
        return self.stream.index_name

    @property
    def position(self) -> Position:
        """The position of this change among all changes of its table."""
        return Position(self.stream.created, self.number)


def read_sequence_number(record: Mapping[str, Any]) -> str:
    """Return the sequence number of a stream record.

    Raises:
        ValueError: if the record has none. The event then does not come from a DynamoDB stream.
    """
    data = record.get("dynamodb") if isinstance(record, Mapping) else None
    number = data.get("SequenceNumber") if isinstance(data, Mapping) else None
    if not isinstance(number, str) or not number:
        raise ValueError("a record of the event has no sequence number: attach this function to a DynamoDB stream")
    return number


def read_stream(record: Mapping[str, Any], settings: Settings) -> Stream:
    """Return the stream that a record comes from.

    Raises:
        SettingsError: if the index of the table has no valid name, or is also the index of another table.
        ValueError: if the record does not name a DynamoDB stream.
    """
    stream = _stream(str(record.get("eventSourceARN")), settings.index)
    if TABLE_PLACEHOLDER in settings.index:
        table = _tables_by_index.setdefault((settings.index, stream.index_name), stream.table)
        if table != stream.table:
            mistake = (
                f"INDEX={settings.index!r}: gives the index name {stream.index_name!r} for the tables {table!r} and "
                f"{stream.table!r}, whose names differ only by case; deploy this function once for each table, with "
                "different values of INDEX"
            )
            raise SettingsError([mistake])
    return stream


# The table of each index so far, by the setting INDEX and the index.
_tables_by_index: dict[tuple[str, str], str] = {}


@lru_cache(maxsize=64)
def _stream(arn: str, index_template: str) -> Stream:
    """Parse a stream's ARN, arn:aws:dynamodb:REGION:ACCOUNT:table/NAME/stream/LABEL."""
    match arn.split("/"):
        case [prefix, table, "stream", label] if prefix.endswith(":table"):
            return Stream(arn, table, label, creation_from_label(label), index_name(index_template, table))
    raise ValueError(f"{arn!r} is not the ARN of a DynamoDB stream: attach this function to a DynamoDB stream")


def read_change(record: Mapping[str, Any], stream: Stream, settings: Settings) -> Change:
    """Return the change that a stream record describes.

    Args:
        record: a record of a DynamoDB stream event.
        stream: the stream that the record comes from.
        settings: the function's configuration.

    Raises:
        SettingsError: if the stream's view type or the settings do not fit this function.
        AttributeError, KeyError, TypeError, ValueError: if the record does not have the documented shape.
    """
    data = record["dynamodb"]
    event = record["eventName"]
    if event not in EVENT_NAMES:
        raise ValueError(f"unknown event name {event!r}")
    is_removal = event == "REMOVE"
    view_type = data.get("StreamViewType", "")
    has_image = is_removal or "NewImage" in data
    if view_type in VIEW_TYPES_WITHOUT_NEW_IMAGE or not (has_image or view_type):
        raise SettingsError(
            [
                f"the stream of table {stream.table!r} has the view type {view_type or 'unknown'!r}, which does not "
                "include the new image: set the table's stream_view_type to NEW_IMAGE or NEW_AND_OLD_IMAGES"
            ]
        )
    image = None if is_removal else data["NewImage"]
    if not (is_removal or isinstance(image, dict)):
        raise TypeError("the new image is not an object")
    try:
        fields = key_fields(data["Keys"], settings.id_fields)
    except ValueError as error:
        mistake = f"{error}: set ID_FIELDS to exactly the key attributes of table {stream.table!r}, or remove it"
        raise SettingsError([mistake]) from None
    number = data["SequenceNumber"]
    old_image = data.get("OldImage")
    cause = EXPIRE if is_removal and _is_expired(record) else event
    if cause == EXPIRE and settings.expired_items == "archive" and old_image is None:
        raise SettingsError(
            [
                f"EXPIRED_ITEMS='archive': the stream of table {stream.table!r} has the view type {view_type!r}, which "
                "does not include the old image; set the table's stream_view_type to NEW_AND_OLD_IMAGES, or set "
                "EXPIRED_ITEMS to delete or keep"
            ]
        )
    return Change(
        stream=stream,
        sequence_number=number,
        number=int(number),
        version=version_of(stream.created, number),
        id=document_id(data["Keys"], fields),
        written_at=_seconds(data.get("ApproximateCreationDateTime", 0)),
        cause=cause,
        image=image,
        old_image=old_image,
        record=record,
    )


def _is_expired(record: Mapping[str, Any]) -> bool:
    """Return whether time to live deleted the item."""
    identity = record.get("userIdentity") or {}
    return (identity.get("type"), identity.get("principalId")) == EXPIRING_IDENTITY


def _seconds(time: float) -> float:
    """Return a time in seconds. Records that were sent again by a tool can have milliseconds."""
    seconds = float(time)
    return seconds / 1000 if seconds > MAX_SECONDS else seconds
