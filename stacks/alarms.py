"""The alarms of the sample stack: one table, and the Terraform resource for each of its rows.

Lambda's metrics are described in
https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html, and those of SQS in
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html. The
function's own metrics are described in function/README.md. Its metrics have the dimension `service`, which is the
function's name in this stack.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from cdktf_cdktf_provider_aws.cloudwatch_metric_alarm import (
    CloudwatchMetricAlarm,
    CloudwatchMetricAlarmMetricQuery,
    CloudwatchMetricAlarmMetricQueryMetric,
)
from constructs import Construct

METRICS_NAMESPACE = "StreamIndexer"
MINUTE = 60
HOUR = 60 * MINUTE
MILLISECONDS = 1000

MissingData = Literal["breaching", "ignore", "missing", "notBreaching"]


@dataclass(frozen=True)
class Metric:
    """A metric with one dimension.

    Attributes:
        namespace: the metric's namespace.
        name: the metric's name.
        dimensions: the metric's dimensions.
        statistic: the statistic of all values in a period.
    """

    namespace: str
    name: str
    dimensions: Mapping[str, str]
    statistic: Literal["Maximum", "Sum"] = "Sum"


@dataclass(frozen=True)
class Expression:
    """A metric math expression.

    Attributes:
        expression: the expression, in which each metric has its id.
        metrics: the metrics by id.
    """

    expression: str
    metrics: Mapping[str, Metric]


@dataclass(frozen=True)
class Alarm:
    """An alarm for a value that stays above a threshold.

    Attributes:
        id: the suffix of the alarm's name; with underscores also the construct's id.
        description: what happened, and what it means.
        value: the metric or the expression.
        threshold: the value that must be exceeded.
        period: the length of a period in seconds.
        periods: the number of consecutive periods in which the threshold must be exceeded.
        missing_data: the meaning of a period without data. For most metrics, no data means that nothing happened.
    """

    id: str
    description: str
    value: Metric | Expression
    threshold: int = 0
    period: int = 5 * MINUTE
    periods: int = 1
    missing_data: MissingData = "notBreaching"


def alarms(*, function_name: str, queue_name: str) -> Sequence[Alarm]:
    """Return the alarms of the sample stack, the most urgent first.

    Args:
        function_name: the function's name.
        queue_name: the name of the dead-letter queue.
    """
    function = {"FunctionName": function_name}
    service = {"service": function_name}
    return (
        Alarm(
            "records-lost",
            "Lambda could not write a message about failed records to the dead-letter queue. Nothing else names these "
            "records: find their time in the function's logs, and repair the index from the table.",
            # Each failure is a loss, so that one is too many.
            Metric("AWS/Lambda", "DestinationDeliveryFailures", function),
        ),
        Alarm(
            "records-given-up",
            "The dead-letter queue has messages about records that Lambda gave up, because the function failed for 24 "
            "hours. Repair the index from the table.",
            # The function does not give up records, so that each message is an exception. SQS stops reporting a queue
            # six hours after the last action on it: no data does not mean that the queue is empty.
            # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/monitoring-using-cloudwatch.html
            Metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", {"QueueName": queue_name}, "Maximum"),
            period=MINUTE,
            missing_data="ignore",
        ),
        Alarm(
            "records-rejected",
            "The index refused records. The function stored them with the reason, in the index whose name ends "
            "with -rejected. Correct the mapping of the index or the function's transform, and send them again.",
            # Each refused record is missing in the index until someone acts.
            Metric(METRICS_NAMESPACE, "Rejected", service),
        ),
        Alarm(
            "records-late",
            "The function receives records more than an hour late. The stream deletes records after 24 hours.",
            # An hour is longer than a deployment or a restart of the domain, and leaves 23 hours to act. Lambda also
            # measures this age for invocations that fail; the function's NewestRecordAge is only known for batches that
            # end. Retries can be more than a minute apart, so that a period of one minute would often have no data.
            Metric("AWS/Lambda", "IteratorAge", function, "Maximum"),
            threshold=HOUR * MILLISECONDS,
        ),
        Alarm(
            "index-frozen",
            "For an hour, the function changed nothing in the index, because the index held newer versions of all "
            "records. The index has versions that this stream cannot reach: compare some documents with the table.",
            # Records that are delivered again are superseded too, but newer ones are indexed between them. Two periods,
            # since one can have a single late delivery. Without superseded records the expression has no value.
            Expression(
                "IF(superseded > 0 AND FILL(indexed, 0) + FILL(deleted, 0) == 0, 1, 0)",
                {
                    "superseded": Metric(METRICS_NAMESPACE, "Superseded", service),
                    "indexed": Metric(METRICS_NAMESPACE, "Indexed", service),
                    "deleted": Metric(METRICS_NAMESPACE, "Deleted", service),
                },
            ),
            period=HOUR // 2,
            periods=2,
        ),
        Alarm(
            "function-fails",
            "Invocations of the function have failed for 15 minutes: the search service is unavailable or refuses "
            "requests, or the configuration is wrong. Lambda sends the records again; the logs have the reason.",
            # Retries repair a short outage. After 15 minutes someone should know, long before records are late.
            Metric("AWS/Lambda", "Errors", function),
            periods=3,
        ),
        Alarm(
            "index-unavailable",
            "For 15 minutes, the index did not take some of the records: it has no capacity, it is blocked, or the "
            "function lacks a permission on it. Lambda sends the records again; the logs have the reason.",
            # These batches fail in part, which is no error of the function: `Errors` does not count them.
            Metric(METRICS_NAMESPACE, "Unavailable", service),
            periods=3,
        ),
        Alarm(
            "function-throttled",
            "Lambda has throttled the function for 15 minutes: raise the account's or the function's concurrency.",
            # Lambda repeats throttled invocations. They do not count as errors, and without an invocation there may be
            # no age of records: no other alarm is certain to show a function that is always throttled.
            Metric("AWS/Lambda", "Throttles", function),
            periods=3,
        ),
    )


def add_alarm(scope: Construct, alarm: Alarm, *, name_prefix: str, actions: list[str]) -> CloudwatchMetricAlarm:
    """Create an alarm.

    Args:
        scope: the stack.
        alarm: the alarm.
        name_prefix: the prefix of the alarm's name.
        actions: the ARNs that the alarm notifies.
    """
    return CloudwatchMetricAlarm(
        scope,
        alarm.id.replace("-", "_"),
        alarm_name=f"{name_prefix}-{alarm.id}",
        alarm_description=alarm.description,
        comparison_operator="GreaterThanThreshold",
        threshold=alarm.threshold,
        evaluation_periods=alarm.periods,
        treat_missing_data=alarm.missing_data,
        alarm_actions=actions,
        **_value_arguments(alarm),
    )


def _value_arguments(alarm: Alarm) -> dict[str, Any]:
    """Return the arguments for the alarm's metric or expression."""
    match alarm.value:
        case Metric() as metric:
            return {"period": alarm.period, "statistic": metric.statistic, **_metric_arguments(metric)}
        case Expression(expression, metrics):
            queries = [
                CloudwatchMetricAlarmMetricQuery(
                    id=id,
                    metric=CloudwatchMetricAlarmMetricQueryMetric(
                        period=alarm.period, stat=metric.statistic, **_metric_arguments(metric)
                    ),
                )
                for id, metric in metrics.items()
            ]
            result = CloudwatchMetricAlarmMetricQuery(
                id="result", label=alarm.id, expression=expression, return_data=True
            )
            return {"metric_query": [*queries, result]}


def _metric_arguments(metric: Metric) -> dict[str, Any]:
    """Return the arguments that name a metric."""
    return {"namespace": metric.namespace, "metric_name": metric.name, "dimensions": dict(metric.dimensions)}
