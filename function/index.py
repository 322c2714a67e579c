"""The Lambda function's entry point: `index.handler` indexes the records of a DynamoDB stream."""

import gc
import os
import time
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from indexer.batch import BatchIndexer
from indexer.deadline import Deadline
from indexer.metrics import write_metrics
from indexer.recent_deletions import RecentDeletions
from indexer.report import RESULTS, by_reason
from indexer.search_client import SearchClient
from indexer.settings import load_settings
from transform import transform

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
    from aws_lambda_powertools.utilities.typing import LambdaContext

# Seconds of the invocation that are kept for reporting the failures.
RESERVED_SECONDS = 2.0
MAX_LOGGED_SEQUENCE_NUMBERS = 20

# Read at import time, so that an invalid configuration fails the cold start and no record is processed.
settings = load_settings(os.environ)
client = SearchClient(settings)
recent_deletions = RecentDeletions()
namespace = os.environ.get("POWERTOOLS_METRICS_NAMESPACE", "StreamIndexer")
service = os.environ.get("POWERTOOLS_SERVICE_NAME", "stream-indexer")
logger = Logger(service=service)
# The garbage collector does not have to visit the imported modules again in each of its runs.
gc.freeze()


def handler(event: dict[str, Any], context: "LambdaContext") -> "PartialItemFailureResponse":
    """Index a batch of records.

    Lambda continues from the lowest sequence number in the response. It delivers the records after that one again;
    indexing them twice changes nothing.

    Args:
        event: the event that Lambda sends for a DynamoDB stream.
        context: the invocation's context.

    Returns:
        The sequence numbers of the records that failed, as a partial batch response.

    Raises:
        SettingsError: if the stream's view type or the settings do not fit this function.
        SearchUnavailableError: if a whole request failed and no record was indexed. Lambda then delivers the whole
            batch again.
        ValueError: if the event does not come from a DynamoDB stream.
    """
    deadline = Deadline(context.get_remaining_time_in_millis() / 1000 - RESERVED_SECONDS)
    records = event.get("Records")
    if not isinstance(records, list):
        raise ValueError("the event has no records: attach this function to a DynamoDB stream")
    used_before = client.usage
    indexer = BatchIndexer(
        client=client,
        settings=settings,
        transform=transform,
        deadline=deadline,
        recent_deletions=recent_deletions,
    )
    report = indexer.index(records)
    used = client.usage.since(used_before)
    metrics = {
        "Records": ("Count", len(records)),
        # Every invocation reports every result, so that a metric math expression finds a value for each of them.
        **{name.capitalize(): ("Count", report.counts[name]) for name in RESULTS},
        "Retries": ("Count", deadline.retries),
        "Requests": ("Count", used.requests),
        "RequestBytes": ("Bytes", used.bytes_sent),
        "RequestTime": ("Milliseconds", round(used.seconds * 1000)),
    }
    if report.written_at:
        metrics["NewestRecordAge"] = ("Milliseconds", max(0, round((time.time() - report.written_at) * 1000)))
    write_metrics(
        namespace=namespace,
        service=service,
        metrics=metrics,
        properties={
            "message": "batch done",
            "function_request_id": context.aws_request_id,
            "checkpoint": report.checkpoint(),
        },
    )
    _log_reasons("records rejected", report.rejections, context)
    _log_reasons("records failed", report.failures, context)
    return {"batchItemFailures": [{"itemIdentifier": number} for number in report.failures]}


def _log_reasons(message: str, reasons: dict[str, str], context: "LambdaContext") -> None:
    """Log each reason once, with its sequence numbers.

    Args:
        message: the message.
        reasons: the reasons by sequence number.
        context: the invocation's context.
    """
    for reason, sequence_numbers in by_reason(reasons).items():
        logger.error(
            message,
            extra={
                "function_request_id": context.aws_request_id,
                "reason": reason,
                "count": len(sequence_numbers),
                "sequence_numbers": sequence_numbers[:MAX_LOGGED_SEQUENCE_NUMBERS],
            },
        )
