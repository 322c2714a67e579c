"""The function of the examples: it prints the name and the key of each change.

Replace `process` with your code. The handler reports each failed record by its sequence number, so that Lambda
retries from that record on and not from the start of the batch. The mapping must then have
``function_response_types=["ReportBatchItemFailures"]``; without it, Lambda ignores the answer.
"""

from __future__ import annotations

from typing import Any


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Process the records in order and stop at the first one that fails."""
    for record in event["Records"]:
        try:
            process(record)
        except Exception as error:
            print(f"failed: {record['eventID']}: {error!r}")
            return {"batchItemFailures": [{"itemIdentifier": record["dynamodb"]["SequenceNumber"]}]}
    return {"batchItemFailures": []}


def process(record: dict[str, Any]) -> None:
    """Print what happened to which item."""
    print(record["eventName"], record["dynamodb"]["Keys"])
