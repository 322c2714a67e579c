"""The event source mapping: Lambda reads the table's stream and invokes the function with batches of its records."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from cdktf import ITerraformDependable
from cdktf_cdktf_provider_aws.dynamodb_table import DynamodbTable
from cdktf_cdktf_provider_aws.lambda_event_source_mapping import LambdaEventSourceMapping
from constructs import Construct

from .._engine.creation import create
from .._engine.tokens import is_token
from ..arguments._generated import DynamoEventSourceProps
from ..arguments.checks import check_choice, check_present, check_ranges, check_timeouts
from ..arguments.companions import with_companion
from ..arguments.completing import complete, merge
from ..arguments.conforming import Arguments
from ..arguments.filters import check_filter_pattern
from ..arguments.warnings import OverrideWarning
from ..errors import Mistakes
from ..limits import (
    EVENT_SOURCE_METRICS,
    EVENT_SOURCE_RANGES,
    FUNCTION_REFERENCE,
    FUNCTION_RESPONSE_TYPES,
    MAX_FILTERS,
    MAX_FILTERS_WITH_RAISED_QUOTA,
    MAX_FUNCTION_REFERENCE_LENGTH,
    STARTING_POSITIONS,
    STREAM_RETENTION_IN_SECONDS,
)
from .kms_keys import KEY_ARN
from .table import GivenTable, NewTable

PROPS = "dynamo_event_source_props"

RETRY_ATTEMPTS = 500
RECORD_AGE_IN_SECONDS = STREAM_RETENTION_IN_SECONDS

EventSourceWarningId = Literal[
    "bisect_batch_on_function_error",
    "filter_criteria",
    "kms_key_arn",
    "maximum_record_age_in_seconds",
    "maximum_retry_attempts",
    "parallelization_factor",
    "starting_position",
]


def defaults(*, counts_events: bool = False) -> dict[str, Any]:
    """Return the default arguments of `aws_lambda_event_source_mapping`.

    Args:
        counts_events: Whether the mapping has its own metrics, which alarms watch.
    """
    metrics = {"metrics_config": {"metrics": list(EVENT_SOURCE_METRICS)}} if counts_events else {}
    return {
        "starting_position": "TRIM_HORIZON",
        "batch_size": 100,
        "bisect_batch_on_function_error": True,
        "maximum_record_age_in_seconds": RECORD_AGE_IN_SECONDS,
        "maximum_retry_attempts": RETRY_ATTEMPTS,
        **metrics,
    }


def stream_view_of(table: NewTable | GivenTable) -> str | None:
    """Return the view type of the table's stream; None if it is unknown before Terraform runs."""
    match table:
        case NewTable(arguments):
            view = arguments.get("stream_view_type")
        case GivenTable(DynamodbTable() as interface):
            view = interface.stream_view_type_input
        case _:
            view = None
    return view if isinstance(view, str) and not is_token(view) else None


def check_mapping(
    *, props: object, stream_view: str | None = None, counts_events: bool = False, mistakes: Mistakes
) -> Arguments:
    """Return the mapping's arguments without its stream, function and queue; add a mistake for each wrong input.

    Args:
        props: The user's props.
        stream_view: The view type of the table's stream; None if it is unknown.
        counts_events: Whether the mapping has its own metrics, unless the props say otherwise.
        mistakes: The collector of mistakes.
    """
    arguments = complete(
        DynamoEventSourceProps,
        props,
        defaults=defaults(counts_events=counts_events),
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
    lists: tuple[tuple[str, object, Sequence[str]], ...] = (
        ("function_response_types", arguments.get("function_response_types"), FUNCTION_RESPONSE_TYPES),
        ("metrics_config.metrics", arguments.get("metrics_config", {}).get("metrics"), EVENT_SOURCE_METRICS),
    )
    for name, values, choices in lists:
        for number, value in enumerate(values if isinstance(values, list) and not is_token(values) else ()):
            check_choice(choices, value=value, property=f"{PROPS}.{name}[{number}]", mistakes=mistakes)
    check_timeouts(arguments, property=PROPS, mistakes=mistakes)
    _check_references(arguments, mistakes)
    _check_lifecycle(arguments, mistakes)
    _check_filters(arguments, stream_view, mistakes)
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
    if arguments.get("starting_position") == "LATEST":
        # https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html#dyanmo-db-stream-poll
        yield _warning(
            "starting_position",
            f"{PROPS}.starting_position is LATEST: the function does not get the changes that were made before Lambda "
            "begins to read the stream, which can take several minutes; TRIM_HORIZON misses none.",
        )
    limits: tuple[tuple[EventSourceWarningId, int, str], ...] = (
        ("maximum_retry_attempts", RETRY_ATTEMPTS, "retries"),
        ("maximum_record_age_in_seconds", RECORD_AGE_IN_SECONDS, "seconds"),
    )
    for name, default, unit in limits:
        value = arguments.get(name, -1)
        if is_token(value):
            continue
        consequence = ""
        if value < 0:
            consequence = "a record that fails blocks its shard until the stream drops it after 24 hours"
        elif value < default:
            consequence = f"Lambda gives up a record that fails after {value} {unit}, not {default}"
        elif name == "maximum_record_age_in_seconds" and value > STREAM_RETENTION_IN_SECONDS:
            consequence = "the stream drops a record that fails after 24 hours, before Lambda gives it up"
        if consequence:
            yield _warning(name, f"{PROPS}.{name} is overridden: {consequence}.")
    window, factor = arguments.get("tumbling_window_in_seconds", 0), arguments.get("parallelization_factor", 1)
    if not is_token(window) and not is_token(factor) and window > 0 and factor > 1:
        # https://github.com/terraform-aws-modules/terraform-aws-lambda/issues/619
        yield _warning(
            "parallelization_factor",
            f"{PROPS}.parallelization_factor is {factor}: Lambda keeps the state of a tumbling window only with a "
            "factor of 1; remove it, or tumbling_window_in_seconds.",
        )
    if "kms_key_arn" in arguments:
        # https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html#filter-criteria-encryption
        yield _warning(
            "kms_key_arn",
            f"{PROPS}.kms_key_arn is set: Lambda decrypts the filters as a service, not with the function's role; the "
            "policy of the key has to allow kms:Decrypt to lambda.<region>.amazonaws.com, otherwise the mapping stops.",
        )
    count = len(filters_of(arguments))
    if count > MAX_FILTERS:
        yield _warning(
            "filter_criteria",
            f"{PROPS}.filter_criteria has {count} filters: Lambda accepts at most {MAX_FILTERS} unless the quota of "
            "the account is raised.",
        )


def counts_events(arguments: Arguments) -> bool:
    """Return whether the mapping has its own metrics; also if only Terraform knows it."""
    metrics = arguments.get("metrics_config", {}).get("metrics", [])
    return is_token(metrics) or any(is_token(metric) or metric in EVENT_SOURCE_METRICS for metric in metrics)


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


def _check_references(arguments: Arguments, mistakes: Mistakes) -> None:
    """Add a mistake for a function or a key that Lambda refuses."""
    function = arguments.get("function_name")
    if isinstance(function, str) and not is_token(function):
        property = f"{PROPS}.function_name"
        if not re.fullmatch(FUNCTION_REFERENCE, function):
            message = (
                "must be the name or the ARN of a function, or the ARN of an alias or of a version; remove it to use "
                "the pattern's function"
            )
            mistakes.add(property, function, message)
        elif len(function) > MAX_FUNCTION_REFERENCE_LENGTH:
            mistakes.add(property, function, f"must be at most {MAX_FUNCTION_REFERENCE_LENGTH} characters")
    destination = failure_destination_of(arguments)
    if isinstance(destination, str) and not is_token(destination):
        property = f"{PROPS}.destination_config.on_failure.destination_arn"
        if not destination.startswith("arn:"):
            mistakes.add(property, destination, "must be the ARN of a standard queue, a standard topic or a bucket")
        elif destination.endswith(".fifo"):
            # https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
            message = "Lambda sends failed batches only to standard queues and topics; name one of those"
            mistakes.add(property, destination, message)
    key = arguments.get("kms_key_arn")
    if isinstance(key, str) and not is_token(key) and not KEY_ARN.fullmatch(key):
        mistakes.add(f"{PROPS}.kms_key_arn", key, "must be a key's ARN: arn:aws:kms:<region>:<account>:key/<id>")


def _check_lifecycle(arguments: Arguments, mistakes: Mistakes) -> None:
    """Add a mistake for `create_before_destroy`.

    Lambda refuses a second mapping of a stream and a function. And Terraform creates everything that the mapping
    depends on before it destroys it, too: the function, the role and the table, whose names are in use.
    https://developer.hashicorp.com/terraform/language/meta-arguments/lifecycle#create_before_destroy
    """
    if arguments.get("lifecycle", {}).get("create_before_destroy") is True:
        message = (
            "Lambda refuses a second mapping of the same stream and function (ResourceConflictException), and "
            "Terraform applies it to the function, the role and the table as well; remove it"
        )
        mistakes.add(f"{PROPS}.lifecycle.create_before_destroy", True, message)


def _check_filters(arguments: Arguments, stream_view: str | None, mistakes: Mistakes) -> None:
    """Check the filters, and write their patterns as text."""
    property = f"{PROPS}.filter_criteria.filter"
    filters = filters_of(arguments)
    if len(filters) > MAX_FILTERS_WITH_RAISED_QUOTA:
        message = f"Lambda accepts at most {MAX_FILTERS_WITH_RAISED_QUOTA}, even with a raised quota; combine some"
        mistakes.add(property, f"{len(filters)} filters", message)
    for number, block in enumerate(filters):
        pattern = block.get("pattern")
        if pattern is not None:
            path = f"{property}[{number}].pattern"
            block["pattern"] = check_filter_pattern(pattern, stream_view=stream_view, property=path, mistakes=mistakes)
        elif not any(mistake.property.startswith(f"{property}[{number}]") for mistake in mistakes.found):
            message = 'a filter needs a pattern, such as {"eventName": ["INSERT"]}; add it, or remove the filter'
            mistakes.add(f"{property}[{number}].pattern", None, message)
