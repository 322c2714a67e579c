"""The handler of the demo: the handler of the sample function, with log lines about the records that it gets."""

import json
from typing import Any

import index


def handler(event: dict[str, Any], context: Any) -> Any:
    """Call the sample function's handler."""
    numbers = [record["dynamodb"]["SequenceNumber"] for record in event["Records"]]
    _log(invocation=context.aws_request_id, records=numbers)
    try:
        response = index.handler(event, context)
    except BaseException as error:
        _log(invocation=context.aws_request_id, error=f"{type(error).__name__}: {error}")
        raise
    _log(invocation=context.aws_request_id, failures=[failure["itemIdentifier"] for failure in response["batchItemFailures"]])
    return response


def _log(**fields: Any) -> None:
    print(json.dumps({"demo": fields}))
