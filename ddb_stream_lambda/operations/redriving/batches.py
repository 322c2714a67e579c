"""The description of a failed batch that Lambda sends to a failure destination.

https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ..events import Record


class ForeignError(ValueError):
    """A message or an object is not the description of a failed batch of a DynamoDB stream."""


@dataclass(frozen=True)
class FailedBatch:
    """A failed batch of records.

    Attributes:
        function: the ARN of the function, with a version or an alias if the mapping has one.
        condition: the reason that Lambda gave up, such as "RetryAttemptsExhausted".
        stream_arn: the ARN of the stream.
        shard_id: the shard of the records.
        start: the sequence number of the first record.
        end: the sequence number of the last record.
        size: the number of records in the batch.
        first_arrival: about when the first record was written; None if that is not documented in the message.
        last_arrival: about when the last record was written.
        failed: the time at which Lambda gave up.
        records: the records, if the destination is a bucket; otherwise None.
        name: the identity, if it is not the range of the batch.
    """

    function: str
    condition: str
    stream_arn: str
    shard_id: str
    start: int
    end: int
    size: int
    first_arrival: datetime | None
    last_arrival: datetime | None
    failed: datetime | None
    records: tuple[Record, ...] | None = None
    name: str = ""

    @property
    def identity(self) -> str:
        """A name that is the same in each message about this batch."""
        return self.name or f"{self.stream_arn}/{self.shard_id}/{self.start}-{self.end}"


def read_batch(document: Mapping[str, Any]) -> FailedBatch:
    """Return the failed batch that a message or an object describes.

    Only what finds the records is required. Conditions that did not exist when this was written are accepted.

    Raises:
        ForeignError: if it describes something else.
    """
    if "DDBStreamBatchInfo" not in document:
        other = next((name for name in ("KinesisBatchInfo", "requestPayload") if name in document), None)
        what = {"KinesisBatchInfo": "a batch of a Kinesis stream", "requestPayload": "an asynchronous invocation"}
        raise ForeignError(f"it is about {what[other]}" if other else "it has no DDBStreamBatchInfo")
    try:
        batch, context = document["DDBStreamBatchInfo"], document.get("requestContext") or {}
        return FailedBatch(
            function=str(context.get("functionArn") or ""),
            condition=str(context.get("condition") or "unknown"),
            stream_arn=str(batch["streamArn"]),
            shard_id=str(batch["shardId"]),
            start=int(batch["startSequenceNumber"]),
            end=int(batch["endSequenceNumber"]),
            size=int(batch.get("batchSize") or 0),
            first_arrival=read_time(batch.get("approximateArrivalOfFirstRecord")),
            last_arrival=read_time(batch.get("approximateArrivalOfLastRecord")),
            failed=read_time(document.get("timestamp")),
            records=_read_payload(document.get("payload")),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ForeignError(f"its DDBStreamBatchInfo is not complete: {type(error).__name__} {error}") from error


def read_json(text: str | bytes) -> Any:
    """Return a JSON document. A whole number stays one, also if it is written as 1.789651658E9.

    Raises:
        ForeignError: if the text is not JSON.
    """
    try:
        return json.loads(text, parse_float=_read_number)
    except (ValueError, RecursionError):
        raise ForeignError("it is not JSON") from None


def read_time(text: object) -> datetime | None:
    """Return a time of a message; None if there is none."""
    if not isinstance(text, str):
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _read_payload(payload: object) -> tuple[Record, ...] | None:
    """Return the records of an object. AWS writes the payload as text, emulators write an object."""
    if payload is None:
        return None
    event = read_json(payload) if isinstance(payload, str) else payload
    records = event["Records"]  # type: ignore[index]  # an error becomes ForeignError
    for record in records:
        int(record["dynamodb"]["SequenceNumber"])
    return tuple(records)


def _read_number(text: str) -> int | float:
    number = float(text)
    return int(number) if number.is_integer() and abs(number) < 2**53 else number
