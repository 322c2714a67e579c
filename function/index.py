"""The Lambda function's entry point: `index.handler` indexes the records of a DynamoDB stream."""

import gc
import os
import time
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from indexer.batch import BatchIndexer
from indexer.deadline import Deadline
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
logger = Logger(service=os.environ.get("POWERTOOLS_SERVICE_NAME", "stream-indexer"))
metrics = Metrics(
    namespace=os.environ.get("POWERTOOLS_METRICS_NAMESPACE", "StreamIndexer"),
    service=os.environ.get("POWERTOOLS_SERVICE_NAME", "stream-indexer"),
)
# The garbage collector does not have to visit the imported modules again in each of its runs.
gc.freeze()


@logger.inject_lambda_context
@metrics.log_metrics
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
    records = event["Records"]
    used_before = client.usage
    metrics.add_metric(name="Records", unit=MetricUnit.Count, value=len(records))
    report = BatchIndexer(client=client, settings=settings, transform=transform, deadline=deadline).index(records)
    used = client.usage.since(used_before)
    # Every invocation reports every result, so that a metric math expression finds a value for each of them.
    for name in RESULTS:
        metrics.add_metric(name=name.capitalize(), unit=MetricUnit.Count, value=report.counts[name])
    metrics.add_metric(name="Retries", unit=MetricUnit.Count, value=deadline.retries)
    metrics.add_metric(name="Requests", unit=MetricUnit.Count, value=used.requests)
    metrics.add_metric(name="RequestBytes", unit=MetricUnit.Bytes, value=used.bytes_sent)
    metrics.add_metric(name="RequestTime", unit=MetricUnit.Milliseconds, value=round(used.seconds * 1000))
    if report.written_at:
        age = max(0.0, time.time() - report.written_at)
        metrics.add_metric(name="NewestRecordAge", unit=MetricUnit.Milliseconds, value=round(age * 1000))
    _log_reasons("records rejected", report.rejections)
    _log_reasons("records failed", report.failures)
    logger.info(
        "batch done",
        extra={
            "records": len(records),
            "retries": deadline.retries,
            "requests": used.requests,
            "checkpoint": report.checkpoint(),
            **+report.counts,
        },
    )
    return {"batchItemFailures": [{"itemIdentifier": number} for number in report.failures]}


def _log_reasons(message: str, reasons: dict[str, str]) -> None:
    """Log each reason once, with its sequence numbers.

    Args:
        message: the message.
        reasons: the reasons by sequence number.
    """
    for reason, sequence_numbers in by_reason(reasons).items():
        logger.error(
            message,
            extra={
                "reason": reason,
                "count": len(sequence_numbers),
                "sequence_numbers": sequence_numbers[:MAX_LOGGED_SEQUENCE_NUMBERS],
            },
        )
