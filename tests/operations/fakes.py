"""Doubles of AWS's clients, and records as boto3 returns them."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

STREAM = "arn:aws:dynamodb:eu-west-1:111122223333:table/orders/stream/2026-09-17T12:49:54.528"
FUNCTION = "arn:aws:lambda:eu-west-1:111122223333:function:orders"
WRITTEN = datetime(2026, 9, 17, 13, 5, 34, tzinfo=UTC)
# A number with 21 digits, as in AWS.
FIRST = 51900004371743779173473


def client_error(code: str, status: int = 400, message: str = "the reason") -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "Operation")


def stream_record(number: int, key: str = "a", **image: Any) -> dict[str, Any]:
    """Return a record as ``GetRecords`` of boto3 returns it."""
    keys = {"id": {"S": key}}
    return {
        "eventID": f"{number:032x}"[-32:],
        "eventName": "MODIFY",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "eu-west-1",
        "dynamodb": {
            "ApproximateCreationDateTime": WRITTEN,
            "Keys": keys,
            "NewImage": keys | image,
            "SequenceNumber": str(number),
            "SizeBytes": 20,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
    }


def lambda_record(number: int, key: str = "a", **image: Any) -> dict[str, Any]:
    """Return a record as Lambda delivers it."""
    record = stream_record(number, key, **image)
    record["dynamodb"]["ApproximateCreationDateTime"] = int(WRITTEN.timestamp())
    return record | {"eventSourceARN": STREAM}


def numbers_of(records: list[dict[str, Any]]) -> list[int]:
    return [int(record["dynamodb"]["SequenceNumber"]) for record in records]


class FakeLambda:
    """A client of Lambda whose function is a Python function. It keeps the batches that were sent.

    Args:
        handler: takes the records of an event; an exception is an error of the function.
        errors: exceptions that the next invocations raise before the function runs.
    """

    def __init__(
        self, handler: Callable[[list[Any]], Any] = lambda records: None, errors: Sequence[Exception] = ()
    ) -> None:
        self.handler = handler
        self.errors = list(errors)
        self.batches: list[list[int]] = []
        self.payload_sizes: list[int] = []
        self.functions: set[str] = set()

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803  # the API's names
        if self.errors:
            raise self.errors.pop(0)
        records = json.loads(Payload)["Records"]
        self.batches.append(numbers_of(records))
        self.payload_sizes.append(len(Payload))
        self.functions.add(FunctionName)
        try:
            answer: dict[str, Any] = {"Payload": io.BytesIO(json.dumps(self.handler(records)).encode())}
        except Exception as error:
            details = {"errorType": type(error).__name__, "errorMessage": str(error)}
            answer = {"FunctionError": "Unhandled", "Payload": io.BytesIO(json.dumps(details).encode())}
        return answer | {"StatusCode": 200}
