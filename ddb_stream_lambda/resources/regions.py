"""The regions of the table, its replicas and the function: Lambda reads a stream only in its own region.

https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cdktf import TerraformStack
from cdktf_cdktf_provider_aws.provider import AwsProvider

from .._engine.tokens import is_token
from ..errors import Mistakes
from . import function, table
from .function import GivenFunction, NewFunction
from .table import GivenTable, NewTable, TableByArn
from .table_replicas import replica_regions


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
