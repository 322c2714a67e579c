"""The alarms about the search index: one table, and the Terraform resource for each of its rows.

The pattern has the alarms about the stream, the function and the queue (`deploy_alarms`). The metrics of these here are
the function's own, and are described in function/README.md. They have the dimension `service`, which is the function's
name in this stack.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cdktf_cdktf_provider_aws.cloudwatch_metric_alarm import (
    CloudwatchMetricAlarm,
    CloudwatchMetricAlarmMetricQuery,
    CloudwatchMetricAlarmMetricQueryMetric,
)
from constructs import Construct

METRICS_NAMESPACE = "StreamIndexer"
MINUTE = 60
HOUR = 60 * MINUTE


@dataclass(frozen=True)
class Metric:
    """A metric with one dimension.

    Attributes:
        namespace: the metric's namespace.
        name: the metric's name. Its statistic is the sum of all values in a period.
        dimensions: the metric's dimensions.
    """

    namespace: str
    name: str
    dimensions: Mapping[str, str]


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
    """

    id: str
    description: str
    value: Metric | Expression
    threshold: int = 0
    period: int = 5 * MINUTE
    periods: int = 1


def alarms(*, function_name: str) -> Sequence[Alarm]:
    """Return the alarms about the index, the most urgent first.

    Args:
        function_name: the function's name.
    """
    service = {"service": function_name}
    return (
        Alarm(
            "records-rejected",
            "The index refused records. The function stored them with the reason, in the index whose name ends "
            "with -rejected. Correct the mapping of the index or the function's transform, and send them again.",
            # Each refused record is missing in the index until someone acts.
            Metric(METRICS_NAMESPACE, "Rejected", service),
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
            "index-unavailable",
            "For 15 minutes, the index did not take some of the records: it has no capacity, it is blocked, or the "
            "function lacks a permission on it. Lambda sends the records again; the logs have the reason.",
            # These batches fail in part, which is no error of the function: `Errors` does not count them.
            Metric(METRICS_NAMESPACE, "Unavailable", service),
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
        # No data means that nothing happened.
        treat_missing_data="notBreaching",
        alarm_actions=actions,
        **_value_arguments(alarm),
    )


def _value_arguments(alarm: Alarm) -> dict[str, Any]:
    """Return the arguments for the alarm's metric or expression."""
    match alarm.value:
        case Metric() as metric:
            return {"period": alarm.period, "statistic": "Sum", **_metric_arguments(metric)}
        case Expression(expression, metrics):
            queries = [
                CloudwatchMetricAlarmMetricQuery(
                    id=id,
                    metric=CloudwatchMetricAlarmMetricQueryMetric(
                        period=alarm.period, stat="Sum", **_metric_arguments(metric)
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
