"""Event source mappings: their destination, and the settings that the sending has to honor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..aws import Connection, calling, region_of
from ..errors import AwsError, UsageError
from .filters import Filters

# The default of a mapping of a DynamoDB stream.
# https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-params.html
DEFAULT_BATCH_SIZE = 100
DENIED_OR_ABSENT = frozenset(
    {"AccessDenied", "AccessDeniedException", "ResourceNotFoundException", "ValidationException"}
)


@dataclass(frozen=True)
class EventSourceMapping:
    """The settings of a mapping.

    Attributes:
        uuid: the UUID; empty if the mapping was not found.
        function: the ARN of the function.
        stream_arn: the ARN of the stream.
        destination: the ARN of the failure destination; None if it has none.
        batch_size: the maximum number of records in a batch.
        filters: the filters.
    """

    uuid: str = ""
    function: str = ""
    stream_arn: str = ""
    destination: str | None = None
    batch_size: int = DEFAULT_BATCH_SIZE
    filters: Filters = field(default_factory=lambda: Filters([]))


class Mappings:
    """Looks up mappings. Each is looked up once.

    Args:
        connection: the account and Region.
        use_filters: whether to read the filters.
    """

    def __init__(self, connection: Connection, *, use_filters: bool = True) -> None:
        self._connection = connection
        self._use_filters = use_filters
        self._found: dict[tuple[str, str], EventSourceMapping] = {}

    def by_uuid(self, uuid: str) -> EventSourceMapping:
        """Return the mapping with a UUID.

        Raises:
            AwsError: if it does not exist, or AWS refuses the request.
        """
        with calling(f"look up the event source mapping {uuid}"):
            answer = self._connection.client("lambda").get_event_source_mapping(UUID=uuid)
        return self._remember(self._read(answer))

    def by_function(self, function: str) -> EventSourceMapping:
        """Return the only mapping from a DynamoDB stream to a function that has a failure destination.

        Raises:
            UsageError: if there is none, or more than one.
            AwsError: if AWS refuses the request.
        """
        listed = [answer for answer in self._list(FunctionName=function) if _is_stream(answer.get("EventSourceArn"))]
        found = [answer for answer in listed if _destination(answer)]
        if len(found) != 1:
            uuids = ", ".join(str(answer.get("UUID")) for answer in found)
            problem = f"has several: {uuids}" if found else "has none"
            fix = "give --mapping UUID" if found else "check the name, or give --queue or --bucket"
            raise UsageError(
                f"--function {function}: needs one mapping of a DynamoDB stream with a destination, but {problem}", fix
            )
        return self.by_uuid(str(found[0]["UUID"]))

    def for_batch(self, stream_arn: str, function: str) -> EventSourceMapping | None:
        """Return the mapping from a stream to a function; None if it is gone or may not be looked up.

        A message about records that aged out can lack the function. Then the stream must have one mapping.

        Raises:
            AwsError: if AWS refuses the request for another reason.
        """
        key = (stream_arn, function)
        if key not in self._found:
            try:
                parameters = {"FunctionName": function} if function else {}
                listed = self._list(EventSourceArn=stream_arn, **parameters)
                self._found[key] = self.by_uuid(str(listed[0]["UUID"])) if len(listed) == 1 else EventSourceMapping()
            except AwsError as error:
                if error.code not in DENIED_OR_ABSENT:
                    raise
                self._found[key] = EventSourceMapping()
        mapping = self._found[key]
        return mapping if mapping.uuid else None

    def _remember(self, mapping: EventSourceMapping) -> EventSourceMapping:
        self._found[(mapping.stream_arn, mapping.function)] = mapping
        return mapping

    def _list(self, **parameters: str) -> list[Mapping[str, Any]]:
        name = parameters.get("FunctionName") or parameters["EventSourceArn"]
        with calling(f"list the event source mappings of {name}"):
            client = self._connection.client("lambda", region=region_of(name))
            pages = client.get_paginator("list_event_source_mappings").paginate(**parameters)
            return [answer for page in pages for answer in page["EventSourceMappings"]]

    def _read(self, answer: Mapping[str, Any]) -> EventSourceMapping:
        patterns = [entry["Pattern"] for entry in (answer.get("FilterCriteria") or {}).get("Filters", [])]
        unreadable = answer.get("FilterCriteriaError") or {}
        if self._use_filters and unreadable:
            reason = unreadable.get("Message") or unreadable.get("ErrorCode")
            raise AwsError(
                f"cannot read the filters of the event source mapping {answer.get('UUID')}: {reason}",
                "grant kms:Decrypt on their key, or give --no-filter to send all records of each batch's range",
            )
        return EventSourceMapping(
            uuid=str(answer.get("UUID", "")),
            function=str(answer.get("FunctionArn", "")),
            stream_arn=str(answer.get("EventSourceArn", "")),
            destination=_destination(answer),
            batch_size=int(answer.get("BatchSize") or DEFAULT_BATCH_SIZE),
            filters=Filters(patterns if self._use_filters else []),
        )


def _destination(answer: Mapping[str, Any]) -> str | None:
    return ((answer.get("DestinationConfig") or {}).get("OnFailure") or {}).get("Destination")


def _is_stream(arn: str | None) -> bool:
    return bool(arn) and str(arn).split(":")[2:3] == ["dynamodb"]
