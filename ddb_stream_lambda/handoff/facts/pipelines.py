"""The pipelines of a stack: the parts of each pattern, and the stream that each one reads.

Only the resources that the construct marked belong to a pipeline. So no document gives advice on a queue or a table
that only has the same type.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..synthesized.configuration import Configuration, Resource

# The ids of a pattern's alarms, in the order of the data flow.
ALARM_IDS = (
    "alarm-iterator-age",
    "alarm-failed-events",
    "alarm-dropped-events",
    "alarm-errors",
    "alarm-throttles",
    "alarm-destination-failures",
    "alarm-delivered-events",
    "alarm-queue-messages",
    "alarm-queue-age",
)
# The alarms that are off while the queue is empty.
QUEUE_ALARM_IDS = ("alarm-queue-messages", "alarm-queue-age")


@dataclass(frozen=True)
class Pipeline:
    """The parts of a pattern. A part that was given to the pattern, and not created by it, is None.

    Attributes:
        path: the construct's path.
        addresses: the addresses of all resources and data sources that the pattern created.
        mapping: the event source mapping.
        stream_arn: the ARN of the stream that the mapping reads, as a template; empty if there is no mapping.
        table: the table.
        function: the function.
        queue: the dead-letter queue.
        bucket: the failure bucket.
        alias: the alias of the function, which the mapping invokes.
        alarms: the alarms, in the order of the data flow.
        queue_alarms: those of the alarms that watch the queue's messages.
        dashboard: the dashboard.
        state_machine: the state machine, if the construct is a `Backfill`. Then it has none of the parts above.
        worker: the worker of the state machine.
    """

    path: str
    addresses: frozenset[str]
    mapping: Resource | None
    stream_arn: str
    table: Resource | None
    function: Resource | None
    queue: Resource | None
    bucket: Resource | None
    alias: Resource | None = None
    alarms: tuple[Resource, ...] = ()
    queue_alarms: tuple[Resource, ...] = ()
    dashboard: Resource | None = None
    state_machine: Resource | None = None
    worker: Resource | None = None


def read_pipelines(configuration: Configuration) -> tuple[Pipeline, ...]:
    """Return the pipelines of a stack, sorted by the paths of their patterns."""
    resources = {resource.address: resource for resource in configuration.resources}
    return tuple(_pipeline(pattern.path, pattern.addresses, resources=resources) for pattern in configuration.patterns)


def ids_in_patterns(configuration: Configuration) -> dict[str, str]:
    """Return the addresses of all resources and data sources that patterns and backfills created, each with its id."""
    return {address: id for pattern in configuration.patterns for id, address in pattern.addresses.items()}


def _pipeline(path: str, addresses: Mapping[str, str], *, resources: Mapping[str, Resource]) -> Pipeline:
    def part(id: str) -> Resource | None:
        return resources.get(addresses.get(id, ""))

    def parts(ids: tuple[str, ...]) -> tuple[Resource, ...]:
        return tuple(resource for id in ids if (resource := part(id)) is not None)

    mapping = part("event-source-mapping")
    return Pipeline(
        path=path,
        addresses=frozenset(addresses.values()),
        mapping=mapping,
        stream_arn=str(mapping.arguments.get("event_source_arn", "")) if mapping else "",
        table=part("table"),
        function=part("function"),
        queue=part("dead-letter-queue"),
        bucket=part("failure-bucket"),
        alias=part("alias"),
        alarms=parts(ALARM_IDS),
        queue_alarms=parts(QUEUE_ALARM_IDS),
        dashboard=part("dashboard"),
        state_machine=part("state-machine"),
        worker=part("worker"),
    )
