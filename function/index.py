"""The function's entry point, `index.handler`: a DynamoDB stream's records into a search index."""

import os
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from indexer.batch import Batch
from indexer.deadline import Deadline
from indexer.search import Search
from indexer.settings import load
from transform import transform

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
    from aws_lambda_powertools.utilities.typing import LambdaContext

# Seconds kept back to report what failed.
_RESERVE = 2.0
# Sequence numbers named in one line of the log.
_LOGGED = 20

# At import, so that a wrong configuration stops the cold start and not the first record.
settings = load(os.environ)
search = Search(settings)
logger = Logger(service=os.environ.get("POWERTOOLS_SERVICE_NAME", "stream-indexer"))
metrics = Metrics(
    namespace=os.environ.get("POWERTOOLS_METRICS_NAMESPACE", "StreamIndexer"),
    service=os.environ.get("POWERTOOLS_SERVICE_NAME", "stream-indexer"),
)


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: "LambdaContext") -> "PartialItemFailureResponse":
    """Index a batch of records and return those that Lambda has to deliver again.

    Lambda goes on from the lowest sequence number returned; records after it that were indexed come again and change
    nothing. Raises when the whole batch has to come again: SettingsError, SearchUnavailableError, or ValueError for an
    event that is not of a DynamoDB stream.
    """
    search.retries = 0
    deadline = Deadline(context.get_remaining_time_in_millis() / 1000 - _RESERVE)
    records = event["Records"]
    metrics.add_metric(name="Records", unit=MetricUnit.Count, value=len(records))
    report = Batch(search, settings, transform, deadline).index(records)
    for name, count in (+report.counts).items():
        metrics.add_metric(name=name.capitalize(), unit=MetricUnit.Count, value=count)
    metrics.add_metric(name="Retries", unit=MetricUnit.Count, value=search.retries)
    for reason, numbers in _by_reason(report.failures).items():
        logger.error(
            "records failed", extra={"reason": reason, "count": len(numbers), "sequence_numbers": numbers[:_LOGGED]}
        )
    logger.info("batch done", extra={"records": len(records), "retries": search.retries, **+report.counts})
    return {"batchItemFailures": [{"itemIdentifier": number} for number in report.failures]}


def _by_reason(failures: dict[str, str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for number, reason in failures.items():
        found.setdefault(reason, []).append(number)
    return found
