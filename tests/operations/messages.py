"""Messages as Lambda, SNS and S3 send them."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote_plus

from .fakes import FUNCTION, STREAM

SHARD = "shardId-00000001789649397961-1f51cadf"


def message_about(start: int, end: int, *, size: int, shard: str = SHARD, function: str = FUNCTION) -> dict[str, Any]:
    """Return the message that Lambda sends to a queue about a failed batch."""
    return {
        "requestContext": {
            "requestId": "c3f9",
            "functionArn": function,
            "condition": "RetryAttemptsExhausted",
            "approximateInvokeCount": 3,
        },
        "responseContext": {"statusCode": 200, "executedVersion": "1", "functionError": "Unhandled"},
        "version": "1.0",
        "timestamp": "2026-09-17T13:06:52.767Z",
        "DDBStreamBatchInfo": {
            "shardId": shard,
            "startSequenceNumber": str(start),
            "endSequenceNumber": str(end),
            "approximateArrivalOfFirstRecord": "2026-09-17T13:05:34Z",
            "approximateArrivalOfLastRecord": "2026-09-17T13:05:36Z",
            "batchSize": size,
            "streamArn": STREAM,
        },
    }


def topic_message(body: str) -> str:
    """Return the message that a topic sends to a queue without raw delivery."""
    return json.dumps({"Type": "Notification", "TopicArn": "arn:aws:sns:eu-west-1:1:t", "Message": body})


def notification(bucket: str, key: str, version: str | None = "v1") -> str:
    """Return the message that S3 sends about a new object."""
    file = {"key": quote_plus(key), "size": 5} | ({"versionId": version} if version else {})
    record = {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "eventName": "ObjectCreated:Put",
        "s3": {"bucket": {"name": bucket}, "object": file},
    }
    return json.dumps({"Records": [record]})
