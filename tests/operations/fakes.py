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


class FakeStreams:
    """A client of DynamoDB Streams.

    Args:
        shards: the records of each shard, as `stream_record` returns them.
        parents: the parent of each shard that has one.
        trimmed: the number of records of each shard that have expired.
        open_shards: the shards that get more records; reading them never ends.
        page: the number of records of a page. Between two pages is an empty one.
    """

    def __init__(
        self,
        shards: dict[str, list[dict[str, Any]]],
        *,
        parents: dict[str, str] | None = None,
        trimmed: dict[str, int] | None = None,
        open_shards: Sequence[str] = (),
        page: int = 2,
    ) -> None:
        self.shards = shards
        self.parents = parents or {}
        self.trimmed = trimmed or {}
        self.open_shards = open_shards
        self.page = page
        # Errors that the next calls of get_records raise.
        self.errors: list[Exception] = []
        self.iterators: list[dict[str, Any]] = []
        self.reads = 0

    def get_shard_iterator(self, **parameters: Any) -> dict[str, Any]:
        self.iterators.append(parameters)
        shard = parameters["ShardId"]
        if shard not in self.shards:
            raise client_error("ResourceNotFoundException")
        numbers = [int(record["dynamodb"]["SequenceNumber"]) for record in self.shards[shard]]
        trimmed = self.trimmed.get(shard, 0)
        kind = parameters["ShardIteratorType"]
        if kind == "TRIM_HORIZON":
            position = trimmed
        else:
            number = int(parameters["SequenceNumber"])
            if number in numbers[:trimmed]:
                raise client_error("TrimmedDataAccessException")
            position = sum(other < number or (other == number and kind.startswith("AFTER")) for other in numbers)
        return {"ShardIterator": json.dumps([shard, position, False])}

    def get_records(self, *, ShardIterator: str) -> dict[str, Any]:  # noqa: N803  # the API's names
        self.reads += 1
        if self.errors:
            raise self.errors.pop(0)
        shard, position, was_empty = json.loads(ShardIterator)
        records = self.shards[shard]
        if position >= len(records) and shard not in self.open_shards:
            return {"Records": []}
        if not was_empty:
            return {"Records": [], "NextShardIterator": json.dumps([shard, position, True])}
        page = records[position : position + self.page]
        return {"Records": page, "NextShardIterator": json.dumps([shard, position + len(page), False])}

    def describe_stream(self, *, StreamArn: str, **position: Any) -> dict[str, Any]:  # noqa: N803
        """Describe one shard a page."""
        names = sorted(self.shards)
        index = names.index(position["ExclusiveStartShardId"]) + 1 if position else 0
        shards = [
            {"ShardId": name} | ({"ParentShardId": self.parents[name]} if name in self.parents else {})
            for name in names[index : index + 1]
        ]
        more = {"LastEvaluatedShardId": names[index]} if index + 1 < len(names) else {}
        return {"StreamDescription": {"Shards": shards} | more}


class FakeQueue:
    """A client of SQS with one queue. Messages that are received stay invisible until they are released.

    Args:
        bodies: the bodies of the messages.
    """

    def __init__(self, bodies: Sequence[str]) -> None:
        self.messages = {str(index): body for index, body in enumerate(bodies)}
        # Receipt -> id of the message; only the last receipt of a message is there.
        self.receipts: dict[str, str] = {}
        self.received = 0
        self.twice: set[str] = set()
        self.extended: list[str] = []

    def get_queue_attributes(self, **_: Any) -> dict[str, Any]:
        held = len(self.receipts)
        counts = {
            "ApproximateNumberOfMessages": len(self.messages) - held,
            "ApproximateNumberOfMessagesNotVisible": held,
        }
        return {"Attributes": {name: str(count) for name, count in counts.items()}}

    def receive_message(self, *, MaxNumberOfMessages: int, **_: Any) -> dict[str, Any]:  # noqa: N803
        visible = [id for id in self.messages if id not in self.receipts.values()]
        again = [id for id in sorted(self.twice) if id in self.receipts.values()]
        self.twice -= set(again)
        found = []
        for id in [*again, *visible][:MaxNumberOfMessages]:
            self.received += 1
            receipt = f"{id}-{self.received}"
            self.receipts = {key: value for key, value in self.receipts.items() if value != id} | {receipt: id}
            found.append({"MessageId": id, "ReceiptHandle": receipt, "Body": self.messages[id]})
        return {"Messages": found} if found else {}

    def delete_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        for entry in Entries:
            del self.messages[self.receipts.pop(entry["ReceiptHandle"])]
        return {}

    def change_message_visibility_batch(self, *, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        for entry in Entries:
            if entry["VisibilityTimeout"]:
                self.extended.append(self.receipts[entry["ReceiptHandle"]])
            else:
                self.receipts.pop(entry["ReceiptHandle"], None)
        return {}


class FakeBucket:
    """A client of S3 with one bucket.

    Args:
        objects: the content of each key.
    """

    def __init__(self, objects: dict[str, Any]) -> None:
        self.objects = {key: json.dumps(content).encode() for key, content in objects.items()}
        self.prefixes: list[str] = []

    def get_paginator(self, _: str) -> FakeBucket:
        return self

    def paginate(self, *, Bucket: str, Prefix: str) -> list[dict[str, Any]]:  # noqa: N803
        self.prefixes.append(Prefix)
        keys = [key for key in sorted(self.objects) if key.startswith(Prefix)]
        return [{"Contents": [{"Key": key}]} for key in keys] or [{}]

    def get_object(self, *, Bucket: str, Key: str, **_: Any) -> dict[str, Any]:  # noqa: N803
        if Key not in self.objects:
            raise client_error("NoSuchKey", 404)
        return {"Body": io.BytesIO(self.objects[Key])}

    def delete_object(self, *, Bucket: str, Key: str) -> None:  # noqa: N803
        self.objects.pop(Key, None)


class FakeMappings:
    """The calls of Lambda that look up event source mappings.

    Args:
        mappings: the answers of AWS.
    """

    def __init__(self, *mappings: dict[str, Any]) -> None:
        self.mappings = mappings

    def get_event_source_mapping(self, *, UUID: str) -> dict[str, Any]:  # noqa: N803
        for mapping in self.mappings:
            if mapping["UUID"] == UUID:
                return mapping
        raise client_error("ResourceNotFoundException", 404)

    def get_paginator(self, _: str) -> FakeMappings:
        return self

    def paginate(self, **parameters: str) -> list[dict[str, Any]]:
        stream = parameters.get("EventSourceArn")
        found = [mapping for mapping in self.mappings if stream in (None, mapping["EventSourceArn"])]
        return [{"EventSourceMappings": found}]


def mapping(**settings: Any) -> dict[str, Any]:
    """Return a mapping as Lambda describes it."""
    return {"UUID": "u1", "FunctionArn": FUNCTION, "EventSourceArn": STREAM, "BatchSize": 3} | settings


class FakeConnection:
    """Gives the doubles of the clients."""

    def __init__(self, **clients: Any) -> None:
        self.clients = clients

    def client(self, service: str, *, region: str | None = None) -> Any:
        return self.clients[service]
