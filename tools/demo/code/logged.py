"""The handler of the demo: calls the handler of the sample function, and logs which records it gets."""

import json
from typing import Any

import index


def handler(event: dict[str, Any], context: Any) -> Any:
    """Process a batch, and write a log line before and after it."""
    numbers = [record["dynamodb"]["SequenceNumber"] for record in event["Records"]]
    log(context, records=numbers)
    try:
        response = index.handler(event, context)
    except BaseException as error:
        log(context, error=f"{type(error).__name__}: {error}")
        raise
    log(context, failed=[failure["itemIdentifier"] for failure in response["batchItemFailures"]])
    return response


def log(context: Any, **fields: Any) -> None:
    print(json.dumps({"demo": {"invocation": context.aws_request_id, **fields}}))
