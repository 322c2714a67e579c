"""Records of a DynamoDB stream as Lambda delivers them to a function.

The API of streams and the event of Lambda differ: in the event, ``eventSourceARN`` is added, times are numbers of
seconds, binary values are Base64 text, and the keys of ``userIdentity`` begin with a small letter.
https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

# A record as Lambda delivers it in event["Records"].
Record = dict[str, Any]
# View types of a stream whose records have the new image.
VIEWS_WITH_NEW_IMAGE = frozenset({"NEW_IMAGE", "NEW_AND_OLD_IMAGES"})
IDENTITY_KEYS = {"PrincipalId": "principalId", "Type": "type"}


def record_from_stream(record: Mapping[str, Any], *, stream_arn: str) -> Record:
    """Return the record that Lambda delivers for one of the API of streams.

    Args:
        record: a record as boto3 returns it from ``GetRecords``.
        stream_arn: the ARN of the stream.
    """
    delivered: Record = {name: _json_value(value) for name, value in record.items() if name != "userIdentity"}
    identity = record.get("userIdentity")
    if identity:
        delivered["userIdentity"] = {IDENTITY_KEYS.get(name, name): value for name, value in identity.items()}
    delivered["eventSourceARN"] = stream_arn
    return delivered


def record_from_item(
    item: Mapping[str, Any],
    *,
    stream_arn: str,
    key_names: Collection[str],
    sequence_number: str,
    created: datetime,
    view_type: str,
) -> Record:
    """Return the record that Lambda delivers when an item is inserted.

    Args:
        item: the item in DynamoDB's JSON. Binary values are bytes, or Base64 text as in an export.
        stream_arn: the ARN of the stream.
        key_names: the names of the table's key attributes.
        sequence_number: the sequence number of the record.
        created: the time of the insertion, with a time zone.
        view_type: the view type of the stream, such as "NEW_AND_OLD_IMAGES".
    """
    image = {name: _json_value(value) for name, value in item.items()}
    data: dict[str, Any] = {
        "ApproximateCreationDateTime": _seconds(created),
        "Keys": {name: image[name] for name in key_names},
    }
    if view_type in VIEWS_WITH_NEW_IMAGE:
        data["NewImage"] = image
    data["SequenceNumber"] = sequence_number
    attributes = [*data["Keys"].items(), *data.get("NewImage", {}).items()]
    size = sum(_size_of_attribute(name, value) for name, value in attributes)
    data |= {"SizeBytes": size, "StreamViewType": view_type}
    return {
        "eventID": hashlib.md5(f"{stream_arn}/{sequence_number}".encode(), usedforsecurity=False).hexdigest(),
        "eventName": "INSERT",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": stream_arn.split(":")[3],
        "dynamodb": data,
        "eventSourceARN": stream_arn,
    }


def sequence_number(record: Mapping[str, Any]) -> int:
    """Return the sequence number of a record as an integer. As text they do not compare: their lengths differ."""
    return int(record["dynamodb"]["SequenceNumber"])


def encode_event(records: Iterable[Record]) -> bytes:
    """Return the event of a batch of records as the JSON that an invocation carries."""
    return join_records(map(encode_record, records))


def encode_record(record: Record) -> bytes:
    """Return a record as JSON."""
    try:
        return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which JSON can hold only as an escape
        return json.dumps(record, separators=(",", ":")).encode()


def join_records(encoded: Iterable[bytes]) -> bytes:
    """Return the event of records that are encoded already."""
    return b'{"Records":[' + b",".join(encoded) + b"]}"


def _json_value(value: Any) -> Any:
    """Return a value of boto3 as JSON has it: binary values as Base64 text, times as seconds since 1970."""
    match value:
        case bytes() | bytearray():
            return base64.b64encode(value).decode()
        case datetime():
            return _seconds(value)
        case Mapping():
            return {name: _json_value(part) for name, part in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_json_value(part) for part in value]
        case _:
            return value


def _seconds(time: datetime) -> int | float:
    seconds = time.timestamp()
    return int(seconds) if seconds.is_integer() else seconds


def _size_of_attribute(name: str, value: Mapping[str, Any]) -> int:
    """Return about the bytes that an attribute takes in a stream record.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
    """
    return len(name.encode("utf-8", "replace")) + _size_of_value(value)


def _size_of_value(value: Mapping[str, Any]) -> int:
    ((letter, content),) = value.items()
    match letter:
        case "M":
            return 3 + sum(1 + _size_of_attribute(name, part) for name, part in content.items())
        case "L":
            return 3 + sum(1 + _size_of_value(part) for part in content)
        case "SS" | "NS" | "BS":
            return sum(_size_of_value({letter[0]: part}) for part in content)
        case "N":
            return (len(content.lstrip("-")) + 1) // 2 + 1
        case "B":
            return len(content) * 3 // 4
        case "S":
            return len(content.encode("utf-8", "replace"))
        case _:
            return 1
