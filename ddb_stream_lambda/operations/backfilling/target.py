"""Finds the stream, the event source mapping and the function of a table, and checks that no change can be missed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from ..aws import calling
from ..errors import AwsError, UsageError
from ..redriving.filters import Filters
from .records import StreamedTable

PROVISIONED = "PROVISIONED"
# A mapping in another state than these does not read the stream, or may not.
READING = frozenset({"Enabled", "Updating"})


@dataclass(frozen=True)
class Target:
    """A table, and the mapping of its stream to a function.

    Attributes:
        table: the table with its present stream.
        items: the number of items, which DynamoDB counts every six hours.
        bytes: the size of the items, which DynamoDB counts every six hours.
        read_capacity: the provisioned read units per second, or the maximum of an on-demand table; None if it has none.
        mapping: the mapping, as Lambda describes it.
        function: the function to invoke.
        filters: the filters of the mapping.
        now: the time of AWS's clock at the look-up.
    """

    table: StreamedTable
    items: int
    bytes: int
    read_capacity: int | None
    mapping: dict[str, Any]
    function: str
    filters: Filters
    now: datetime

    @property
    def stream_created(self) -> datetime:
        """The time at which the stream was created, from its label."""
        return datetime.fromisoformat(self.table.stream_arn.rpartition("/")[2]).replace(tzinfo=UTC)

    @property
    def batch_size(self) -> int:
        """The batch size of the mapping."""
        return int(self.mapping.get("BatchSize") or 100)


def find_target(
    dynamodb: Any,
    lambda_client: Any,
    table: str,
    *,
    mapping: str | None = None,
    function: str | None = None,
    allow_disabled: bool = False,
    use_filters: bool = True,
) -> Target:
    """Look up a table and the function of its stream.

    Args:
        dynamodb: a client of DynamoDB.
        lambda_client: a client of Lambda.
        table: the table's name or ARN.
        mapping: the UUID of the mapping, if the stream has several.
        function: a function to invoke instead of the mapping's.
        allow_disabled: whether the mapping may be disabled.
        use_filters: whether to apply the filters of the mapping.

    Raises:
        AwsError: if AWS refuses a request.
        UsageError: if the table has no stream, or if no enabled mapping reads it.
    """
    with calling(f"describe the table {table}"):
        answer = dynamodb.describe_table(TableName=table)
    description = answer["Table"]
    name = description["TableName"]
    specification = description.get("StreamSpecification") or {}
    if not (specification.get("StreamEnabled") and description.get("LatestStreamArn")):
        raise UsageError(
            f"the table {name} has no stream, so a change during the backfill would be lost",
            "set stream_enabled and stream_view_type on the table, map the stream to the function, and run it again",
        )
    keys = sorted(description["KeySchema"], key=lambda key: str(key["KeyType"]) != "HASH")
    streamed = StreamedTable(
        name=name,
        arn=description["TableArn"],
        stream_arn=description["LatestStreamArn"],
        view_type=specification["StreamViewType"],
        key_names=tuple(key["AttributeName"] for key in keys),
    )
    chosen = _choose_mapping(lambda_client, streamed, mapping)
    if chosen["State"] not in READING and not allow_disabled:
        raise UsageError(
            f"the event source mapping {chosen['UUID']} is in the state {chosen['State']}, so nobody reads the stream",
            f"run `aws lambda update-event-source-mapping --uuid {chosen['UUID']} --enabled` and wait for the state "
            "Enabled, or give --allow-disabled-mapping if you enable it within 24 hours",
        )
    return Target(
        table=streamed,
        items=int(description.get("ItemCount", 0)),
        bytes=int(description.get("TableSizeBytes", 0)),
        read_capacity=_read_capacity(description),
        mapping=chosen,
        function=function or chosen["FunctionArn"],
        filters=_read_filters(lambda_client, chosen["UUID"]) if use_filters else Filters([]),
        now=_time_of(answer),
    )


def _choose_mapping(lambda_client: Any, table: StreamedTable, uuid: str | None) -> dict[str, Any]:
    mappings: list[dict[str, Any]] = []
    with calling(f"list the event source mappings of {table.stream_arn}"):
        request = {"EventSourceArn": table.stream_arn}
        while True:
            page = lambda_client.list_event_source_mappings(**request)
            mappings += page["EventSourceMappings"]
            if not page.get("NextMarker"):
                break
            request["Marker"] = page["NextMarker"]
    if not mappings:
        raise UsageError(
            f"no event source mapping reads the present stream of the table {table.name}, {table.stream_arn}",
            "map the stream to the function first, because a change during the backfill would be lost otherwise",
        )
    found = [mapping for mapping in mappings if uuid in (None, mapping["UUID"])]
    if len(found) == 1:
        return found[0]
    listed = ", ".join(f"{mapping['UUID']} ({mapping['FunctionArn']})" for mapping in mappings)
    problem = f"--mapping {uuid}: the stream has no such mapping" if uuid else "the stream has several mappings"
    raise UsageError(f"{problem}: {listed}", "give --mapping one of these")


def _read_filters(lambda_client: Any, uuid: str) -> Filters:
    with calling(f"look up the event source mapping {uuid}"):
        mapping = lambda_client.get_event_source_mapping(UUID=uuid)
    unreadable = mapping.get("FilterCriteriaError") or {}
    if unreadable:
        raise AwsError(
            f"cannot read the filters of the event source mapping {uuid}: {unreadable.get('Message')}",
            "grant kms:Decrypt on their key, or give --no-filter to send all items",
        )
    return Filters([entry["Pattern"] for entry in (mapping.get("FilterCriteria") or {}).get("Filters", [])])


def _read_capacity(description: dict[str, Any]) -> int | None:
    provisioned = int((description.get("ProvisionedThroughput") or {}).get("ReadCapacityUnits") or 0)
    on_demand = int((description.get("OnDemandThroughput") or {}).get("MaxReadRequestUnits") or 0)
    mode = (description.get("BillingModeSummary") or {}).get("BillingMode", PROVISIONED)
    capacity = provisioned if mode == PROVISIONED else on_demand
    return capacity if capacity > 0 else None


def _time_of(answer: dict[str, Any]) -> datetime:
    """Return the time of an answer by AWS's clock, because two machines may start runs one after the other."""
    header = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
    return parsedate_to_datetime(header) if header else datetime.now(UTC)
