"""A record of a stream event as a change of one document."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from indexer.identity import document_id, key_fields
from indexer.ordering import version_of
from indexer.settings import Settings, SettingsError, index_name

_VIEWS_WITHOUT_NEW_IMAGE = {"KEYS_ONLY", "OLD_IMAGE"}


# An index and an id within it.
Place = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Change:
    """What one stream record does to one document.

    image is the item's new image in DynamoDB's typed form, or None when the item is gone; written_at is the time of
    the write in seconds since 1970, as approximate as the stream tells it (0 where it does not).
    """

    sequence_number: str
    version: int
    index: str
    id: str
    written_at: float
    image: Mapping[str, Mapping[str, Any]] | None

    @property
    def place(self) -> Place:
        """The index and the id of the document."""
        return self.index, self.id


def sequence_number(record: Mapping[str, Any]) -> str:
    """Return a stream record's sequence number; raises ValueError when it has none, which no retry can mend."""
    found = record.get("dynamodb", {}).get("SequenceNumber")
    if not isinstance(found, str) or not found:
        raise ValueError(
            "the event holds a record without a sequence number: is this function attached to a DynamoDB stream?"
        )
    return found


def read(record: Mapping[str, Any], settings: Settings) -> Change:
    """Return the change that a record of a DynamoDB stream event describes.

    A deletion by time to live is a REMOVE like any other. Raises SettingsError when the stream or the settings do not
    fit this function, and ValueError or KeyError for a record that is not of the documented shape.
    """
    data = record["dynamodb"]
    table = table_name(record["eventSourceARN"])
    event = record["eventName"]
    if event not in {"INSERT", "MODIFY", "REMOVE"}:
        raise ValueError(f"unknown event name {event!r}")
    view = data.get("StreamViewType", "")
    if view in _VIEWS_WITHOUT_NEW_IMAGE or (event != "REMOVE" and "NewImage" not in data):
        msg = (
            f"the stream of table {table!r} has the view type {view or 'unknown'!r}, which leaves out the new image: "
            "set the table's stream_view_type to NEW_IMAGE or NEW_AND_OLD_IMAGES"
        )
        raise SettingsError([msg])
    try:
        fields = key_fields(data["Keys"], settings.id_fields)
    except ValueError as error:
        msg = f"{error}: name exactly the key attributes of table {table!r}, or leave ID_FIELDS unset"
        raise SettingsError([msg]) from None
    return Change(
        sequence_number=data["SequenceNumber"],
        version=version_of(data["SequenceNumber"]),
        index=index_name(settings.index, table),
        id=document_id(data["Keys"], fields),
        written_at=float(data.get("ApproximateCreationDateTime", 0)),
        image=None if event == "REMOVE" else data["NewImage"],
    )


def table_name(stream_arn: str) -> str:
    """Return the table's name from a stream's ARN, arn:aws:dynamodb:REGION:ACCOUNT:table/NAME/stream/LABEL."""
    parts = stream_arn.split("/")
    if len(parts) < 2 or not parts[0].endswith(":table"):
        raise ValueError(f"{stream_arn!r} is not the ARN of a DynamoDB stream")
    return parts[1]
