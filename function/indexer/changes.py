"""Reads a stream record as the change of one document."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from indexer.document_ids import document_id, key_fields
from indexer.settings import Settings, SettingsError, index_name
from indexer.versions import version_of

VIEW_TYPES_WITHOUT_NEW_IMAGE = {"KEYS_ONLY", "OLD_IMAGE"}


class DocumentRef(NamedTuple):
    """Refers to one document.

    Attributes:
        index_name: the name of the document's index.
        id: the document's id in that index.
    """

    index_name: str
    id: str


@dataclass(frozen=True, slots=True)
class Change:
    """The change that one stream record makes to one document.

    Attributes:
        sequence_number: the record's sequence number.
        version: the external version of the write, from the sequence number.
        index: the name of the document's index.
        id: the document's id.
        written_at: the approximate time of the write in seconds since 1970, or 0 if the record has none.
        image: the item's new image as DynamoDB's typed attribute values, or None if the item was deleted.
    """

    sequence_number: str
    version: int
    index: str
    id: str
    written_at: float
    image: Mapping[str, Mapping[str, Any]] | None

    @property
    def document_ref(self) -> DocumentRef:
        """The document that changes."""
        return DocumentRef(self.index, self.id)


def read_sequence_number(record: Mapping[str, Any]) -> str:
    """Return the sequence number of a stream record.

    Raises:
        ValueError: if the record has none. The event then does not come from a DynamoDB stream.
    """
    number = record.get("dynamodb", {}).get("SequenceNumber")
    if not isinstance(number, str) or not number:
        raise ValueError("a record of the event has no sequence number: attach this function to a DynamoDB stream")
    return number


def read_change(record: Mapping[str, Any], settings: Settings) -> Change:
    """Return the change that a stream record describes.

    A deletion by time to live is a REMOVE record like any other.

    Args:
        record: a record of a DynamoDB stream event.
        settings: the function's configuration.

    Raises:
        SettingsError: if the stream's view type or the settings do not fit this function.
        AttributeError, KeyError, TypeError, ValueError: if the record does not have the documented shape.
    """
    data = record["dynamodb"]
    table = _table_name(record["eventSourceARN"])
    event = record["eventName"]
    if event not in {"INSERT", "MODIFY", "REMOVE"}:
        raise ValueError(f"unknown event name {event!r}")
    view_type = data.get("StreamViewType", "")
    if view_type in VIEW_TYPES_WITHOUT_NEW_IMAGE or (event != "REMOVE" and "NewImage" not in data):
        raise SettingsError(
            [
                f"the stream of table {table!r} has the view type {view_type or 'unknown'!r}, which does not include "
                "the new image: set the table's stream_view_type to NEW_IMAGE or NEW_AND_OLD_IMAGES"
            ]
        )
    try:
        fields = key_fields(data["Keys"], settings.id_fields)
    except ValueError as error:
        mistake = f"{error}: set ID_FIELDS to exactly the key attributes of table {table!r}, or remove it"
        raise SettingsError([mistake]) from None
    return Change(
        sequence_number=data["SequenceNumber"],
        version=version_of(data["SequenceNumber"]),
        index=index_name(settings.index, table),
        id=document_id(data["Keys"], fields),
        written_at=float(data.get("ApproximateCreationDateTime", 0)),
        image=None if event == "REMOVE" else data["NewImage"],
    )


def _table_name(stream_arn: str) -> str:
    """Return the table's name from a stream's ARN, arn:aws:dynamodb:REGION:ACCOUNT:table/NAME/stream/LABEL."""
    parts = stream_arn.split("/")
    if len(parts) < 2 or not parts[0].endswith(":table"):
        raise ValueError(f"{stream_arn!r} is not the ARN of a DynamoDB stream")
    return parts[1]
