"""The regions of the table, its replicas and the function: Lambda reads a stream only in its own region.

https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from cdktf import TerraformStack
from cdktf_cdktf_provider_aws.provider import AwsProvider

from .._engine.tokens import is_token
from ..arguments.companions import companion_arguments, with_companion
from ..arguments.warnings import OverrideWarning
from ..errors import Mistakes
from . import dead_letter_queue, event_source, failure_bucket, function, log_group, table
from .dead_letter_queue import NewQueue
from .failure_bucket import NewBucket
from .function import FUNCTION_REFERENCE, GivenFunction, NewFunction
from .log_group import GivenLogGroup, NewLogGroup
from .table import GivenTable, NewTable, TableByArn
from .table_replicas import replica_regions

# The region in a key's ARN. The rest of the ARN can be an expression.
KMS_REGION = re.compile(r"arn:[\w-]+:kms:(?P<region>[a-z0-9-]+):")

RegionWarningId = Literal["region"]


def check_regions(
    *,
    table_input: NewTable | GivenTable,
    function_input: NewFunction | GivenFunction,
    stack: TerraformStack,
    mistakes: Mistakes,
) -> None:
    """Add a mistake if the table and the function are known to be in different regions.

    A region is known if it is a literal: the `region` argument, the `region` of the provider, or part of an ARN.
    """
    of_table, of_function = table_input.companion(), function_input.companion()
    table_stack, function_stack = _stack_of(table_input, stack), _stack_of(function_input, stack)
    replicas = replica_regions(table_input.arguments, property=table.PROPS) if isinstance(table_input, NewTable) else {}
    table_arn_region, function_arn_region = table_input.region_in_arn(), function_input.region_in_arn()
    is_same = of_table == of_function and table_arn_region == function_arn_region and table_stack == function_stack
    if is_same and not replicas:
        return
    table_region = table_arn_region
    if table_region is None and not _is_known_by_arn(table_input):
        table_region = _literal_region(of_table, table_stack)
    for name, region in replicas.items():
        if region == table_region:
            mistakes.add(name, region, "the table itself is in this region; remove it")
    if is_same:
        return
    function_region = function_arn_region or _literal_region(of_function, function_stack)
    if table_region is None or function_region is None or table_region == function_region:
        return
    rule = "Lambda reads a stream only in its own region; use the same region or provider for both"
    if of_function or function_arn_region is not None:
        property = _property_of(function.PROPS, of_function, is_new=isinstance(function_input, NewFunction))
        mistakes.add(property or function.EXISTING, function_region, f"the table is in {table_region}, and {rule}")
    else:
        property = _property_of(table.PROPS, of_table, is_new=isinstance(table_input, NewTable))
        mistakes.add(property or table.EXISTING, table_region, f"the function is in {function_region}, and {rule}")


def check_destination_regions(
    *,
    bucket_input: NewBucket | None,
    queue_input: NewQueue | None,
    companion: Mapping[str, Any],
    stack: TerraformStack,
    mistakes: Mistakes,
) -> None:
    """Add a mistake for a queue in another region than the failure bucket, and for a key in another region than either.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html

    Args:
        bucket_input: The failure bucket, if there is one.
        queue_input: The dead-letter queue, if there is one.
        companion: The `provider` and `region` of the function, which the two inherit.
        stack: The pattern's stack.
        mistakes: The collector of mistakes.
    """
    inputs = {failure_bucket.PROPS: bucket_input, dead_letter_queue.PROPS: queue_input}
    given = {props: new.arguments for props, new in inputs.items() if new is not None}
    regions = {props: _literal_region(companion_arguments(arguments), stack) for props, arguments in given.items()}
    for props, arguments in given.items():
        key, region = KMS_REGION.match(str(arguments.get("kms_master_key_id"))), regions[props]
        if key is not None and region is not None and key["region"] != region:
            message = f"the resource is in {region}, and a key encrypts only in its own region; give a key of {region}"
            mistakes.add(f"{props}.kms_master_key_id", arguments["kms_master_key_id"], message)
    bucket_region, queue_region = regions.get(failure_bucket.PROPS), regions.get(dead_letter_queue.PROPS)
    if bucket_region is None or queue_region is None or bucket_region == queue_region:
        return
    rule = "S3 sends notifications only to a queue in the bucket's region; use the same region or provider for both"
    property = _given_property(failure_bucket.PROPS, given[failure_bucket.PROPS], companion)
    if property is not None:
        mistakes.add(property, bucket_region, f"the dead-letter queue is in {queue_region}, and {rule}")
        return
    # The bucket has the function's region, so that the queue's props have another one.
    property = _given_property(dead_letter_queue.PROPS, given[dead_letter_queue.PROPS], companion)
    mistakes.add(
        property or dead_letter_queue.PROPS, queue_region, f"the failure bucket is in {bucket_region}, and {rule}"
    )


def _given_property(props: str, arguments: Mapping[str, Any], companion: Mapping[str, Any]) -> str | None:
    """Return the argument with which the user changed the inherited region; None if it is inherited."""
    changed = {name for name, value in companion_arguments(arguments).items() if companion.get(name) != value}
    name = next((name for name in ("region", "provider") if name in changed), None)
    return None if name is None else f"{props}.{name}"


def warnings_of(
    *,
    function_input: NewFunction | GivenFunction,
    mapping_arguments: Mapping[str, Any],
    log_group_input: NewLogGroup | GivenLogGroup | None,
    stack: TerraformStack,
) -> Iterator[OverrideWarning]:
    """Yield a warning if the mapping or the log group is known to be in another region than the function.

    Args:
        function_input: The function.
        mapping_arguments: The arguments of the event source mapping.
        log_group_input: The log group of a new function.
        stack: The pattern's stack.
    """
    companion = function_input.companion()
    given = {event_source.PROPS: with_companion(mapping_arguments, companion)}
    if isinstance(log_group_input, NewLogGroup):
        given[log_group.PROPS] = log_group_input.arguments
    regions = {
        f"{props}.{'region' if 'region' in arguments else 'provider'}": _literal_region(arguments, stack)
        for props, arguments in given.items()
        if companion_arguments(arguments) != companion
    }
    named = FUNCTION_REFERENCE.fullmatch(str(mapping_arguments.get("function_name")))
    if named is not None and named["region"] is not None:
        regions[f"{event_source.PROPS}.function_name"] = named["region"]
    if not regions:
        return
    function_region = function_input.region_in_arn() or _literal_region(companion, _stack_of(function_input, stack))
    for property, region in regions.items():
        if region is not None and function_region is not None and region != function_region:
            yield _warning(
                "region",
                f"{property} is in {region}, and the function is in {function_region}: Lambda uses event source "
                "mappings and log groups only in the function's region; use the same region or provider, or remove it.",
            )


def region_of(function_input: NewFunction | GivenFunction, stack: TerraformStack) -> str | None:
    """Return the function's region, which can be an expression; None if the configuration does not have it.

    Args:
        function_input: The function.
        stack: The pattern's stack. An expression of another stack is not returned.
    """
    companion, stack_of_function = function_input.companion(), _stack_of(function_input, stack)
    region = function_input.region_in_arn() or companion.get("region")
    if region is None:
        provider = companion.get("provider") or _default_provider(stack_of_function)
        region = provider.region if isinstance(provider, AwsProvider) else None
    return None if region is None or (is_token(region) and stack_of_function is not stack) else str(region)


def _warning(id: RegionWarningId, consequence: str) -> OverrideWarning:
    return OverrideWarning(id, consequence)


def _is_known_by_arn(table_input: NewTable | GivenTable) -> bool:
    """Return whether the table has no provider, so that only its ARN gives its region."""
    return isinstance(table_input, GivenTable) and isinstance(table_input.interface, TableByArn)


def _stack_of(
    given: NewTable | GivenTable | NewFunction | GivenFunction, stack_of_pattern: TerraformStack
) -> TerraformStack:
    """Return the stack whose providers a table or function uses; that of the pattern for a new one."""
    if isinstance(given, NewTable | NewFunction) or isinstance(given.interface, TableByArn):
        return stack_of_pattern
    return TerraformStack.of(given.interface)


def _property_of(props: str, companion: Mapping[str, Any], *, is_new: bool) -> str | None:
    """Return the argument that sets the region of a new resource; None for an existing one."""
    if not is_new:
        return None
    return f"{props}.region" if "region" in companion else f"{props}.provider"


def _literal_region(companion: Mapping[str, Any], stack: TerraformStack) -> str | None:
    region = companion.get("region")
    if region is None:
        provider = companion.get("provider") or _default_provider(stack)
        region = provider.region if isinstance(provider, AwsProvider) else None
    return None if region is None or is_token(region) else str(region)


def _default_provider(stack: TerraformStack) -> AwsProvider | None:
    """Return the stack's AWS provider without an alias, which resources without a `provider` use."""
    providers = (provider for provider in stack.all_providers() if isinstance(provider, AwsProvider))
    return next((provider for provider in providers if provider.alias is None), None)
