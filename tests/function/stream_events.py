"""Builds stream records in the shape that AWS documents for Lambda's DynamoDB events."""

from typing import Any

TABLE = "Orders"
LABEL = "2026-01-01T00:00:00.000"
# The label of a stream that was created later on the same day.
NEW_LABEL = "2026-01-01T00:10:00.000"
ARN = "arn:aws:dynamodb:eu-west-1:123456789012:table/{}/stream/{}"

# The default time of a write, and the time at which the tests' clock starts.
NOW = 1_770_000_000.0

# Two sequence numbers that share a version.
OLDER = "6200000000002513011398"
NEWER = "6200000000002513011399"

Image = dict[str, dict[str, Any]]


def text_image(value: str) -> Image:
    """Return an image with the text attribute "value"."""
    return {"value": {"S": value}}


def record(
    event: str,
    sequence: int | str,
    key: str | Image = "a",
    image: Image | None = None,
    *,
    view: str = "NEW_AND_OLD_IMAGES",
    written_at: float = NOW,
    table: str = TABLE,
    label: str = LABEL,
) -> dict[str, Any]:
    """Return one record.

    Args:
        event: INSERT, MODIFY or REMOVE.
        sequence: the sequence number.
        key: the value of the key attribute "id", or all key attributes.
        image: the attributes of the new image that are not in the key.
        view: the stream's view type.
        written_at: the time of the write in seconds since 1970.
        table: the table's name.
        label: the stream's label.
    """
    keys: Image = {"id": {"S": key}} if isinstance(key, str) else key
    data: dict[str, Any] = {"ApproximateCreationDateTime": written_at, "Keys": keys}
    if event != "REMOVE" and view in {"NEW_IMAGE", "NEW_AND_OLD_IMAGES"}:
        data["NewImage"] = keys | (image or {})
    if event != "INSERT" and view in {"OLD_IMAGE", "NEW_AND_OLD_IMAGES"}:
        data["OldImage"] = keys
    data |= {"SequenceNumber": str(sequence), "SizeBytes": 26, "StreamViewType": view}
    return {
        "eventID": f"event-{sequence}",
        "eventName": event,
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "eu-west-1",
        "dynamodb": data,
        "eventSourceARN": ARN.format(table, label),
    }


def put(
    sequence: int | str,
    key: str | Image = "a",
    image: Image | None = None,
    *,
    written_at: float = NOW,
    label: str = LABEL,
) -> dict[str, Any]:
    return record("MODIFY", sequence, key, image, written_at=written_at, label=label)


def remove(
    sequence: int | str, key: str | Image = "a", *, written_at: float = NOW, label: str = LABEL
) -> dict[str, Any]:
    return record("REMOVE", sequence, key, written_at=written_at, label=label)


def expired(sequence: int | str, key: str = "a", *, old_image: Image | None = None) -> dict[str, Any]:
    """Return the record of a deletion by time to live.

    Args:
        sequence: the sequence number.
        key: the value of the key attribute "id".
        old_image: the attributes of the old image that are not in the key.
    """
    removal = remove(sequence, key)
    removal["dynamodb"]["OldImage"] = removal["dynamodb"]["OldImage"] | (old_image or {})
    return removal | {"userIdentity": {"type": "Service", "principalId": "dynamodb.amazonaws.com"}}
