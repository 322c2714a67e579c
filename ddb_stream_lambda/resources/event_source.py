"""The event source mapping: Lambda reads the table's stream and invokes the function with batches of its records."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from cdktf import ITerraformDependable
from cdktf_cdktf_provider_aws.lambda_event_source_mapping import LambdaEventSourceMapping
from constructs import Construct

from .._engine.creation import create
from .._engine.tokens import is_token
from ..arguments._generated import DynamoEventSourceProps
from ..arguments.checks import check_choice, check_present, check_ranges
from ..arguments.companions import with_companion
from ..arguments.completing import complete, merge
from ..arguments.conforming import Arguments
from ..arguments.warnings import OverrideWarning
from ..errors import Mistakes
from ..limits import (
    EVENT_SOURCE_RANGES,
    FUNCTION_RESPONSE_TYPES,
    MAX_FILTERS,
    MAX_FILTERS_WITH_RAISED_QUOTA,
    STARTING_POSITIONS,
)

PROPS = "dynamo_event_source_props"

RETRY_ATTEMPTS = 500
RECORD_AGE_IN_SECONDS = 24 * 60 * 60

EventSourceWarningId = Literal[
    "bisect_batch_on_function_error",
    "filter_criteria",
    "maximum_record_age_in_seconds",
    "maximum_retry_attempts",
]


def defaults() -> dict[str, Any]:
    """Return the default arguments of `aws_lambda_event_source_mapping`."""
    return {
        "starting_position": "TRIM_HORIZON",
        "batch_size": 100,
        "bisect_batch_on_function_error": True,
        "maximum_record_age_in_seconds": RECORD_AGE_IN_SECONDS,
        "maximum_retry_attempts": RETRY_ATTEMPTS,
    }


def check_mapping(*, props: object, mistakes: Mistakes) -> Arguments:
    """Return the mapping's arguments without its stream, function and queue; add a mistake for each wrong input."""
    arguments = complete(
        DynamoEventSourceProps,
        props,
        defaults=defaults(),
        property=PROPS,
        mistakes=mistakes,
        resource="aws_lambda_event_source_mapping",
    )
    check_present(("starting_position",), arguments=arguments, property=PROPS, mistakes=mistakes)
    check_ranges(EVENT_SOURCE_RANGES, arguments=arguments, property=PROPS, mistakes=mistakes)
    position = arguments.get("starting_position")
    if position == "AT_TIMESTAMP":
        message = "does not apply to DynamoDB streams; use TRIM_HORIZON (the oldest record) or LATEST"
        mistakes.add(f"{PROPS}.starting_position", position, message)
    else:
        check_choice(STARTING_POSITIONS, value=position, property=f"{PROPS}.starting_position", mistakes=mistakes)
    for number, response in enumerate(arguments.get("function_response_types", ())):
        property = f"{PROPS}.function_response_types[{number}]"
        check_choice(FUNCTION_RESPONSE_TYPES, value=response, property=property, mistakes=mistakes)
    _check_filters(arguments, mistakes)
    return arguments


def build_mapping(
    *,
    scope: Construct,
    arguments: Arguments,
    companion: Mapping[str, Any],
    stream_arn: str,
    function_arn: str,
    destination_arn: str | None,
    depends_on: Sequence[ITerraformDependable],
    preconditions: Sequence[Mapping[str, Any]] = (),
) -> LambdaEventSourceMapping:
    """Create the mapping.

    Args:
        scope: The pattern.
        arguments: The mapping's arguments, as `check_mapping` returns them.
        companion: The `provider` and `region` of the function, which the mapping's own arguments override.
        stream_arn: The stream to read.
        function_arn: The function to invoke.
        destination_arn: The failure destination, if there is one.
        depends_on: The function, also where the user's `function_name` is text that does not refer to it; and the
            policy of its role, since Lambda checks the role's permissions when the mapping is created.
        preconditions: `precondition` blocks that are added to the user's.
    """
    connections: Arguments = {"event_source_arn": stream_arn, "function_name": function_arn}
    if destination_arn is not None:
        connections["destination_config"] = {"on_failure": {"destination_arn": destination_arn}}
    complete_arguments = merge(connections, with_companion(arguments, companion))
    complete_arguments["depends_on"] = [*arguments.get("depends_on", ()), *depends_on]
    if preconditions:
        lifecycle = dict(complete_arguments.get("lifecycle", {}))
        complete_arguments["lifecycle"] = lifecycle | {
            "precondition": [*lifecycle.get("precondition", ()), *preconditions]
        }
    return create(LambdaEventSourceMapping, scope=scope, id="event-source-mapping", arguments=complete_arguments)


def warnings_of(arguments: Arguments) -> Iterator[OverrideWarning]:
    """Yield a warning for each protective default that the props weaken."""
    if arguments.get("bisect_batch_on_function_error", False) is False:
        yield _warning(
            "bisect_batch_on_function_error",
            f"{PROPS}.bisect_batch_on_function_error is off: one bad record makes its whole batch fail.",
        )
    limits: tuple[tuple[EventSourceWarningId, int, str], ...] = (
        ("maximum_retry_attempts", RETRY_ATTEMPTS, "retries"),
        ("maximum_record_age_in_seconds", RECORD_AGE_IN_SECONDS, "seconds"),
    )
    for name, default, unit in limits:
        value = arguments.get(name, -1)
        if not is_token(value) and value < default:
            consequence = (
                "a record that fails blocks its shard until the stream drops it after 24 hours"
                if value < 0
                else f"Lambda gives up a record that fails after {value} {unit}, not {default}"
            )
            yield _warning(name, f"{PROPS}.{name} is overridden: {consequence}.")
    count = len(filters_of(arguments))
    if count > MAX_FILTERS:
        yield _warning(
            "filter_criteria",
            f"{PROPS}.filter_criteria has {count} filters: Lambda accepts at most {MAX_FILTERS} unless the quota of "
            "the account is raised.",
        )


def filters_of(arguments: Mapping[str, Any]) -> list[Arguments]:
    """Return the filter blocks that are known."""
    filters = arguments.get("filter_criteria", {}).get("filter")
    return [block for block in filters if isinstance(block, dict)] if isinstance(filters, list) else []


def failure_destination_of(arguments: Arguments) -> str | None:
    """Return the ARN of the user's failure destination, if there is one."""
    destination: str | None = arguments.get("destination_config", {}).get("on_failure", {}).get("destination_arn")
    return destination


def _warning(id: EventSourceWarningId, consequence: str) -> OverrideWarning:
    return OverrideWarning(id, consequence)


def _check_filters(arguments: Arguments, mistakes: Mistakes) -> None:
    property = f"{PROPS}.filter_criteria.filter"
    filters = filters_of(arguments)
    if len(filters) > MAX_FILTERS_WITH_RAISED_QUOTA:
        message = f"Lambda accepts at most {MAX_FILTERS_WITH_RAISED_QUOTA}, even with a raised quota; combine some"
        mistakes.add(property, f"{len(filters)} filters", message)
    for number, block in enumerate(filters):
        pattern = block.get("pattern")
        if pattern is None or is_token(pattern):
            continue
        try:
            is_object = isinstance(json.loads(pattern), dict)
        except ValueError:
            is_object = False
        if not is_object:
            message = 'must be a JSON object, such as json.dumps({"eventName": ["INSERT"]})'
            mistakes.add(f"{property}[{number}].pattern", pattern, message)
