"""The alarms of the pattern: one table of figures, and the Terraform resource for each of its rows.

The figures are in the order of the data flow. The dashboard shows the same ones.

Lambda's metrics: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html, with the dimensions of
https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-view.html. Those of SQS:
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html.
Missing data: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from cdktf import TerraformStack
from cdktf_cdktf_provider_aws.lambda_event_source_mapping import LambdaEventSourceMapping
from constructs import Construct

from .._engine.addresses import refer_to
from .._engine.creation import StringMap, create
from .._engine.templates import part_of
from .._engine.tokens import is_token
from ..arguments.alarm_props import AlarmProps, AlarmThresholds
from ..arguments.checks import check_ranges
from ..arguments.companions import with_companion
from ..arguments.completing import merge
from ..arguments.conforming import Arguments, conform
from ..arguments.names import unique_name
from ..arguments.warnings import OverrideWarning
from ..errors import Mistakes
from ..limits import ALARM_NAME, ALARM_THRESHOLDS, MAX_ALARM_ACTIONS, NameRule
from . import event_source
from .failure_destination import Destination, service_of
from .function import Function, GivenFunction, NewFunction
from .regions import region_of

if TYPE_CHECKING:
    from cdktf_cdktf_provider_aws.cloudwatch_metric_alarm import CloudwatchMetricAlarm

PROPS = "alarm_props"
DEPLOY = "deploy_alarms"

MINUTE = 60
HOUR = 60 * MINUTE
MILLISECONDS = 1000

AlarmWarningId = Literal["metrics_config"]

AlarmName = Literal[
    "iterator_age",
    "failed_events",
    "dropped_events",
    "errors",
    "throttles",
    "destination_failures",
    "delivered_events",
    "queue_messages",
    "queue_age",
]
MissingData = Literal["ignore", "notBreaching"]
# The part of the flow that a metric belongs to; it decides the metric's dimension.
Source = Literal["function", "mapping", "queue"]

# The parts of the ARNs of a function, with or without a version or alias, and of a queue.
REGION_PART, FUNCTION_NAME_PART, QUEUE_NAME_PART = 3, 6, 5

# Some actions have no region or no account in their ARNs:
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html (AlarmActions)
ACTION_ARN = re.compile(r"arn:[\w-]+:[\w-]+:(?P<region>[\w-]*):[\w-]*:.+")

# The names of alarms and of the dashboard begin with at most this many characters; the rest is their longest ending.
BASE_NAME = NameRule(1, ALARM_NAME.max_length - 55, ALARM_NAME.characters)


@dataclass(frozen=True)
class Metric:
    """A metric.

    Attributes:
        namespace: Its namespace.
        name: Its name.
        source: What it belongs to.
        statistic: The statistic of the values in a period.
    """

    namespace: str
    name: str
    source: Source
    statistic: Literal["Maximum", "Sum"] = "Sum"


@dataclass(frozen=True)
class Figure:
    """A metric, and the alarm for it.

    Attributes:
        title: What the metric measures, with its unit.
        metric: The metric.
        description: What happened when the alarm is on, and what to do.
        threshold: The value that must be exceeded, unless the user gives another one.
        period: The length of a period in seconds.
        periods: The number of periods that are evaluated.
        breaches: The number of these periods in which the threshold must be exceeded; None for all.
        missing_data: The meaning of a period without data.
    """

    title: str
    metric: Metric
    description: str
    threshold: int = 0
    period: int = 5 * MINUTE
    periods: int = 1
    breaches: int | None = None
    # Lambda writes most metrics only if something happened.
    missing_data: MissingData = "notBreaching"


FIGURES: Mapping[AlarmName, Figure] = {
    # The dimension is `FunctionName` also for a version or an alias: it counts the invocations of all of them, so that
    # no metric is missing. Lambda also measures the age for invocations that fail. Retries can be more than a minute
    # apart, so that a period of one minute would often have no data. An hour leaves 23 hours to act.
    "iterator_age": Figure(
        "Age of the last record of a batch (milliseconds)",
        Metric("AWS/Lambda", "IteratorAge", "function", "Maximum"),
        "The function receives records late. The stream deletes records after 24 hours. Look for failing invocations; "
        "otherwise raise parallelization_factor or the batch size.",
        threshold=HOUR * MILLISECONDS,
    ),
    # The mapping's own metrics need `metrics_config`:
    # https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html#event-source-mapping-metrics.
    # The failures that a function reports for a part of a batch are in no metric of the function.
    "failed_events": Figure(
        "Events whose invocation failed",
        Metric("AWS/Lambda", "FailedInvokeEventCount", "mapping"),
        "For 15 minutes, the function has failed for some of the records, or for all. Lambda sends them again until "
        "its limits are reached. The function's logs have the reason.",
        periods=3,
    ),
    # Records that Lambda sent to a failure destination are not counted: `queue_messages` and `delivered_events` show
    # those. Records that the stream itself deleted are not counted: the age of the records shows that.
    "dropped_events": Figure(
        "Events that Lambda gave up",
        Metric("AWS/Lambda", "DroppedEventCount", "mapping"),
        "Lambda gave up records that are in no failure destination: none is set, or the delivery failed. Load the data "
        "again from the table.",
    ),
    "errors": Figure(
        "Invocations that ended with an error",
        Metric("AWS/Lambda", "Errors", "function"),
        "Invocations of the function have failed for 15 minutes. Lambda sends the records again until its limits are "
        "reached. The function's logs have the reason.",
        # Retries repair a short outage.
        periods=3,
    ),
    # A throttled invocation is no error, and without an invocation there may be no age of records.
    "throttles": Figure(
        "Throttled invocations",
        Metric("AWS/Lambda", "Throttles", "function"),
        "Lambda has throttled the function for 15 minutes. Raise the concurrency of the function or of the account.",
        periods=3,
    ),
    # Each failure is a loss. Lambda documents the metric for mappings of streams by function.
    "destination_failures": Figure(
        "Failures to write to the destination",
        Metric("AWS/Lambda", "DestinationDeliveryFailures", "function"),
        "Lambda could not write to the failure destination. Nothing else names these records: find their time in the "
        "function's logs, and repair the data from the table. Check the role's permissions, and the policy and the key "
        "of the destination.",
    ),
    # For a bucket, a topic, or a destination whose service is unknown. If a bucket notifies a queue, the number of
    # messages would be wrong: S3 sends `s3:TestEvent` whenever the notification is configured, and the message stays
    # visible until someone deletes it. This metric counts only what Lambda sent. It does not fall when the records are
    # sent again: the alarm stays on for an hour after the last failure, so that a burst notifies once.
    "delivered_events": Figure(
        "Events sent to the failure destination",
        Metric("AWS/Lambda", "OnFailureDestinationDeliveredEventCount", "mapping"),
        "In the last hour, Lambda sent failed records to the failure destination. Correct the cause, and send the "
        "records again. The alarm turns off an hour after the last failure, also if nobody did.",
        periods=12,
        breaches=1,
    ),
    # SQS stops reporting a queue six hours after the last action on it, so that missing data does not mean that the
    # queue is empty: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/monitoring-using-cloudwatch.html
    "queue_messages": Figure(
        "Messages in the dead-letter queue",
        Metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", "queue", "Maximum"),
        "The dead-letter queue has messages about records that Lambda gave up. The records behind them stay in the "
        "stream for 24 hours after they were written. Correct the cause, and send the records again.",
        period=MINUTE,
        missing_data="ignore",
    ),
    # Four hours: the records were retried before, and are older than the message.
    "queue_age": Figure(
        "Age of the oldest message (seconds)",
        Metric("AWS/SQS", "ApproximateAgeOfOldestMessage", "queue", "Maximum"),
        "Nobody has handled the oldest message of the dead-letter queue for hours. The stream deletes the records "
        "behind it 24 hours after they were written: send them again now.",
        threshold=4 * HOUR,
        missing_data="ignore",
    ),
}


@dataclass(frozen=True)
class NewAlarms:
    """The alarms to create.

    Attributes:
        base_name: The start of each name. It can be an expression.
        thresholds: The threshold of each alarm, in the order of the data flow.
        arguments: The arguments that all alarms have.
        region: The function's region, which can be an expression; None if the configuration does not have it.
        figures: The figures whose metrics the pattern has, also those without an alarm.
        counts_events: Whether the mapping has its own metrics.
    """

    base_name: str
    thresholds: Mapping[AlarmName, float]
    arguments: Arguments
    region: str | None
    figures: frozenset[AlarmName]
    counts_events: bool


@dataclass(frozen=True)
class Alarms:
    """The created alarms, and what their metrics belong to.

    Attributes:
        created: The alarm of each name, in the order of the data flow.
        thresholds: The threshold of each of them.
        dimensions: The dimension of the metrics of each source; without those that the pattern does not have.
    """

    created: Mapping[AlarmName, CloudwatchMetricAlarm]
    thresholds: Mapping[AlarmName, float]
    dimensions: Mapping[Source, Mapping[str, str]]


def defaults() -> dict[str, Any]:
    """Return the default thresholds."""
    return {name: figure.threshold for name, figure in FIGURES.items()}


def check_alarms(
    *,
    path: str,
    stack: TerraformStack,
    deploy: bool,
    props: object,
    function_input: NewFunction | GivenFunction,
    mapping_arguments: Arguments,
    has_queue: bool,
    user_destination: str | None,
    mistakes: Mistakes,
    has_bucket: bool = False,
) -> NewAlarms | None:
    """Return the alarms to create, or None; add a mistake for each wrong input.

    Args:
        path: The construct's path.
        stack: The pattern's stack.
        deploy: The user's ``deploy_alarms``.
        props: The user's ``alarm_props``.
        function_input: The function.
        mapping_arguments: The arguments of the event source mapping.
        has_queue: Whether Lambda sends failed batches to the pattern's dead-letter queue.
        user_destination: The ARN of any other failure destination, if there is one.
        mistakes: The collector of mistakes.
        has_bucket: Whether Lambda sends failed batches to the pattern's bucket.
    """
    if not isinstance(deploy, bool):
        mistakes.add(DEPLOY, deploy, "must be True or False, and known when the app is synthesized")
    if props is not None and deploy is False:
        mistakes.add(PROPS, props, f"configures the alarms, but {DEPLOY} is False; remove it, or set {DEPLOY}=True")
    arguments, given_thresholds = _conform(props, mistakes)
    counts_events = event_source.counts_events(mapping_arguments)
    sends_to_queue = has_queue or (user_destination is not None and service_of(user_destination, stack) == "sqs")
    obstacles = dict(
        _find_obstacles(
            counts_events=counts_events,
            has_destination=has_queue or has_bucket or user_destination is not None,
            sends_to_queue=sends_to_queue,
        )
    )
    thresholds = {} if given_thresholds is None else merge(defaults(), given_thresholds)
    property = f"{PROPS}.thresholds"
    check_ranges(ALARM_THRESHOLDS, arguments=thresholds, property=property, mistakes=mistakes)
    for name, threshold in ({} if given_thresholds is None else given_thresholds).items():
        if threshold is not None and name in obstacles and deploy is True:
            mistakes.add(f"{property}.{name}", threshold, f"there is no such alarm: {obstacles[name]}")
    region = region_of(function_input, stack)
    _check_actions(arguments, region, mistakes)
    if deploy is not True:
        return None
    return NewAlarms(
        base_name=_base_name(path, function_input),
        thresholds={name: thresholds[name] for name in FIGURES if name in thresholds and name not in obstacles},
        arguments=with_companion(arguments, function_input.companion()),
        region=region,
        figures=frozenset(FIGURES) - obstacles.keys(),
        counts_events=counts_events,
    )


def build_alarms(
    *,
    scope: Construct,
    alarms: NewAlarms,
    invoked: Function,
    mapping_names: str | None,
    mapping: LambdaEventSourceMapping,
    destination: Destination | None,
) -> Alarms:
    """Create the alarms.

    Args:
        scope: The pattern.
        alarms: The alarms to create.
        invoked: The pattern's function.
        mapping_names: The user's `function_name` of the event source mapping, if there is one.
        mapping: The event source mapping.
        destination: The failure destination, if there is one.
    """
    if invoked.created is not None and mapping_names is None:
        function_name = refer_to(invoked.created, "function_name")
    else:
        function_name = part_of_arn(mapping.function_arn, FUNCTION_NAME_PART)
    dimensions: dict[Source, Mapping[str, str]] = {"function": StringMap(FunctionName=function_name)}
    if alarms.counts_events:
        dimensions["mapping"] = StringMap(EventSourceMappingUUID=mapping.uuid)
    queue_name = _queue_name_of(destination)
    if queue_name is not None:
        dimensions["queue"] = StringMap(QueueName=queue_name)
    created = {
        name: _build_alarm(
            scope, name, threshold=threshold, dimensions=dimensions[FIGURES[name].metric.source], alarms=alarms
        )
        for name, threshold in alarms.thresholds.items()
    }
    return Alarms(created, alarms.thresholds, dimensions)


def warnings_of(alarms: NewAlarms | None) -> Iterator[OverrideWarning]:
    """Yield a warning if the mapping does not have the metrics that alarms watch."""
    if alarms is not None and not alarms.counts_events:
        yield _warning(
            "metrics_config",
            f"{event_source.PROPS}.metrics_config has no EventCount: no alarm shows failed parts of batches "
            "and records that Lambda gives up.",
        )


def part_of_arn(arn: str, part: int) -> str:
    """Return a part of an ARN, which can be an expression.

    Args:
        arn: The ARN.
        part: The number of the part, from 0.
    """
    return part_of(arn, ":", part)


def _warning(id: AlarmWarningId, consequence: str) -> OverrideWarning:
    return OverrideWarning(id, consequence)


def _find_obstacles(
    *, counts_events: bool, has_destination: bool, sends_to_queue: bool
) -> Iterator[tuple[AlarmName, str]]:
    """Yield each alarm whose metric the pattern does not have, with the reason and the fix."""
    no_metrics = f"{event_source.PROPS}.metrics_config has no EventCount; add it, or remove this"
    no_destination = "failed batches have no destination; remove this"
    no_queue = "Lambda sends failed batches to no queue; use delivered_events"
    for name, figure in FIGURES.items():
        if name in ("destination_failures", "delivered_events") and not has_destination:
            yield name, no_destination
        elif name == "delivered_events" and sends_to_queue:
            yield name, "Lambda sends failed batches to a queue; use queue_messages"
        elif figure.metric.source == "queue" and not sends_to_queue:
            yield name, no_queue if has_destination else no_destination
        elif figure.metric.source == "mapping" and not counts_events:
            yield name, no_metrics


def _base_name(path: str, function_input: NewFunction | GivenFunction) -> str:
    """Return the start of the names.

    It is the name of a new function: such a name is unique in its account and region, and a stack that is deployed
    several times with other variables has another one each time. An existing function can have several patterns:
    their names begin with the path. A digest separates them from a user's name of a function that reads like the path.
    """
    if isinstance(function_input, NewFunction):
        name = function_input.arguments.get("function_name")
        if isinstance(name, str):
            return name
    return unique_name(path, BASE_NAME, with_digest=True)


def _conform(props: object, mistakes: Mistakes) -> tuple[Arguments, Arguments | None]:
    """Return the arguments of all alarms, and the thresholds; None if the user removes all of them.

    The thresholds are converted apart from the rest, so that one unknown name does not hide the other mistakes.
    """
    if not isinstance(props, Mapping):
        return {} if props is None else conform(AlarmProps, props, property=PROPS, mistakes=mistakes), {}
    shared, thresholds = dict(props), props.get("thresholds", {})
    property = f"{PROPS}.thresholds"
    if isinstance(thresholds, Mapping) and not is_token(thresholds):
        shared.pop("thresholds", None)
        thresholds = conform(AlarmThresholds, thresholds, property=property, mistakes=mistakes)
    arguments = conform(AlarmProps, shared, property=PROPS, mistakes=mistakes)
    if thresholds is not None and "thresholds" in arguments:
        thresholds = {}
    arguments.pop("thresholds", None)
    return merge({}, arguments), thresholds


def _check_actions(arguments: Arguments, region: str | None, mistakes: Mistakes) -> None:
    """Add a mistake for each action that CloudWatch would refuse.

    Args:
        arguments: The arguments of all alarms.
        region: The region of the alarms, which can be an expression; None if it is unknown.
        mistakes: The collector of mistakes.
    """
    for name in ("alarm_actions", "ok_actions"):
        actions = arguments.get(name, [])
        if is_token(actions):
            continue
        if len(actions) > MAX_ALARM_ACTIONS:
            message = f"an alarm has at most {MAX_ALARM_ACTIONS}; let one SNS topic notify several receivers"
            mistakes.add(f"{PROPS}.{name}", f"{len(actions)} actions", message)
        for number, action in enumerate(actions):
            property = f"{PROPS}.{name}[{number}]"
            if action in actions[:number]:
                mistakes.add(property, action, "is given twice; remove one of the two")
            if not isinstance(action, str) or is_token(action):
                continue
            arn = ACTION_ARN.fullmatch(action)
            if arn is None:
                message = (
                    "must be an ARN: arn:aws:sns:<region>:<account>:<topic>, such as the attribute arn of an SNS topic"
                )
                mistakes.add(property, action, message)
            elif region is not None and not is_token(region) and arn["region"] not in ("", region):
                message = f"the alarms are in {region}, and notify only in their region; give a topic of {region}"
                mistakes.add(property, action, message)


def _queue_name_of(destination: Destination | None) -> str | None:
    """Return the name of the queue in which messages about failed batches arrive; None if no queue is known."""
    if destination is None:
        return None
    if destination.queue is not None:
        return refer_to(destination.queue, "name")
    return part_of_arn(destination.arn, QUEUE_NAME_PART) if destination.service == "sqs" else None


def _build_alarm(
    scope: Construct, name: AlarmName, *, threshold: float, dimensions: Mapping[str, str], alarms: NewAlarms
) -> CloudwatchMetricAlarm:
    figure, ending = FIGURES[name], name.replace("_", "-")
    breaches = {} if figure.breaches is None else {"datapoints_to_alarm": figure.breaches}
    arguments = {
        "alarm_name": f"{alarms.base_name}-{ending}",
        "alarm_description": figure.description,
        "namespace": figure.metric.namespace,
        "metric_name": figure.metric.name,
        "dimensions": dimensions,
        "statistic": figure.metric.statistic,
        "comparison_operator": "GreaterThanThreshold",
        "threshold": threshold,
        "period": figure.period,
        "evaluation_periods": figure.periods,
        "treat_missing_data": figure.missing_data,
        **breaches,
        **alarms.arguments,
    }
    # Imported here, because most patterns have no alarms.
    from cdktf_cdktf_provider_aws.cloudwatch_metric_alarm import CloudwatchMetricAlarm

    return create(CloudwatchMetricAlarm, scope=scope, id=f"alarm-{ending}", suffix=name, arguments=arguments)
