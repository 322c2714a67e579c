"""The event source mapping: Lambda reads the table's stream and invokes the function with batches of its records."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from cdktf_cdktf_provider_aws.iam_role_policy import IamRolePolicy
from cdktf_cdktf_provider_aws.lambda_event_source_mapping import LambdaEventSourceMapping
from constructs import Construct

from .._engine import tokens
from .._engine.creation import create
from ..arguments._generated import DynamoEventSourceProps
from ..arguments.conforming import Arguments, check_choice, check_present, check_ranges, conform, merge, require
from ..errors import Mistakes
from ..limits import (
    EVENT_SOURCE_RANGES,
    FUNCTION_RESPONSE_TYPES,
    MOST_FILTERS_WITH_RAISED_QUOTA,
    STARTING_POSITIONS,
)
from . import defaults

PROPS = "dynamo_event_source_props"


def check_mapping(props: object, mistakes: Mistakes) -> Arguments:
    """The mapping's arguments, but for its stream, function and queue; what is wrong is noted."""
    props = {} if props is None else props
    given = conform(DynamoEventSourceProps, props, PROPS, mistakes, "aws_lambda_event_source_mapping")
    arguments = merge(defaults.event_source_mapping(), given)
    require(DynamoEventSourceProps, arguments, PROPS, mistakes)
    check_present(("starting_position",), arguments, PROPS, mistakes)
    check_ranges(EVENT_SOURCE_RANGES, arguments, PROPS, mistakes)
    position = arguments.get("starting_position")
    if position == "AT_TIMESTAMP":
        remedy = "does not apply to DynamoDB streams; use TRIM_HORIZON (the oldest record) or LATEST"
        mistakes.add(f"{PROPS}.starting_position", position, remedy)
    else:
        check_choice(STARTING_POSITIONS, position, f"{PROPS}.starting_position", mistakes)
    for place, response in enumerate(arguments.get("function_response_types", ())):
        at = f"{PROPS}.function_response_types[{place}]"
        check_choice(FUNCTION_RESPONSE_TYPES, response, at, mistakes)
    _check_filters(arguments, mistakes)
    return arguments


def build_mapping(
    scope: Construct,
    arguments: Arguments,
    *,
    stream_arn: str,
    function_arn: str,
    destination_arn: str | None,
    policy: IamRolePolicy,
) -> LambdaEventSourceMapping:
    """The mapping; it waits for the policy, or Lambda would find the role without it."""
    joins: Arguments = {"event_source_arn": stream_arn, "function_name": function_arn}
    if destination_arn is not None:
        joins["destination_config"] = {"on_failure": {"destination_arn": destination_arn}}
    depends_on = [*arguments.get("depends_on", ()), policy]
    complete = merge(joins, arguments) | {"depends_on": depends_on}
    return create(LambdaEventSourceMapping, scope, "event-source-mapping", complete)


def filters_of(arguments: Mapping[str, Any]) -> list[Arguments]:
    """The filter blocks, where they are known."""
    filters = arguments.get("filter_criteria", {}).get("filter")
    return [block for block in filters if isinstance(block, dict)] if isinstance(filters, list) else []


def failure_destination_of(arguments: Arguments) -> str | None:
    """The ARN of the user's own failure destination, if one is given."""
    destination: str | None = arguments.get("destination_config", {}).get("on_failure", {}).get("destination_arn")
    return destination


def _check_filters(arguments: Arguments, mistakes: Mistakes) -> None:
    at = f"{PROPS}.filter_criteria.filter"
    filters = filters_of(arguments)
    if len(filters) > MOST_FILTERS_WITH_RAISED_QUOTA:
        remedy = f"Lambda takes {MOST_FILTERS_WITH_RAISED_QUOTA} at the most, even with a raised quota; combine some"
        mistakes.add(at, f"{len(filters)} filters", remedy)
    for place, block in enumerate(filters):
        pattern = block.get("pattern")
        if pattern is None or tokens.is_token(pattern):
            continue
        try:
            readable = isinstance(json.loads(pattern), dict)
        except ValueError:
            readable = False
        if not readable:
            remedy = 'must be a JSON object, such as json.dumps({"eventName": ["INSERT"]})'
            mistakes.add(f"{at}[{place}].pattern", pattern, remedy)
