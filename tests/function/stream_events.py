"""Stream records in the shape that AWS documents for Lambda's DynamoDB events."""

from typing import Any

TABLE = "Orders"
ARN = "arn:aws:dynamodb:eu-west-1:123456789012:table/{}/stream/2026-01-01T00:00:00.000"

# When records are written unless a test says otherwise: just now, by the tests' clock.
NOW = 1_000_000.0

Image = dict[str, dict[str, Any]]


def record(
    event: str,
    sequence: int | str,
    key: str | Image = "a",
    image: Image | None = None,
    *,
    view: str = "NEW_AND_OLD_IMAGES",
    at: float = NOW,
    table: str = TABLE,
) -> dict[str, Any]:
    """Return one record; key is the value of the key attribute "id", or the whole key."""
    keys: Image = {"id": {"S": key}} if isinstance(key, str) else key
    data: dict[str, Any] = {"ApproximateCreationDateTime": at, "Keys": keys}
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
        "eventSourceARN": ARN.format(table),
    }


def put(sequence: int | str, key: str | Image = "a", image: Image | None = None, *, at: float = NOW) -> dict[str, Any]:
    return record("MODIFY", sequence, key, image, at=at)


def remove(sequence: int | str, key: str | Image = "a", *, at: float = NOW) -> dict[str, Any]:
    return record("REMOVE", sequence, key, at=at)


def expired(sequence: int | str, key: str = "a") -> dict[str, Any]:
    """Return the record of a deletion by time to live."""
    return remove(sequence, key) | {"userIdentity": {"type": "Service", "principalId": "dynamodb.amazonaws.com"}}
