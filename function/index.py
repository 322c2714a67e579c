"""A first handler: logs each record of a DynamoDB stream event."""

import json
import logging
from typing import Any

logger = logging.getLogger()
logger.setLevel(logging.INFO)


def handler(event: dict[str, Any], context: object) -> dict[str, list[Any]]:
    """Log the records, and report none as failed.

    Args:
        event: a DynamoDB stream event, as the AWS Lambda Developer Guide describes it.
        context: the invocation's context, unused.
    """
    for record in event["Records"]:
        stream = record["dynamodb"]
        logger.info("%s %s %s", record["eventName"], json.dumps(stream["Keys"]), stream["SequenceNumber"])
    return {"batchItemFailures": []}
