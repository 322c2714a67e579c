"""The table whose items are sent, and the function that gets them: those of a pattern, or given ones."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cdktf import TerraformStack
from cdktf_cdktf_provider_aws.lambda_event_source_mapping import LambdaEventSourceMapping
from constructs import Construct

from ..._engine.scopes import locate
from ..._engine.tokens import expression_of, is_token
from ...arguments.policies import Statement
from ...errors import Mistakes
from .. import function, regions, table
from ..arns import look_up_arn
from ..function import ExistingFunction, Function, GivenFunction, NewFunction
from ..kms_keys import look_up_key
from ..table import ExistingTable, GivenTable
from .statements import allow

PATTERN = "pattern"


@dataclass(frozen=True)
class Target:
    """The table, its event source mapping, and the function.

    Attributes:
        table_arn: The ARN of the table.
        function_arn: The ARN of the function, or of its alias.
        mapping_uuid: The UUID of the event source mapping; None if the worker finds it by the table's stream.
        filter_key_arn: The key of the mapping's filters, if they have one.
        companion: The `provider` and `region` of the function.
    """

    table_arn: str
    function_arn: str
    mapping_uuid: str | None
    filter_key_arn: str | None
    companion: Mapping[str, Any]

    def statements(self, *, scope: Construct) -> Iterator[Statement]:
        """Yield the worker's permissions to find the stream and its mapping, and to invoke the function.

        Args:
            scope: The construct, which gets the data sources of the mapping's ARN.
        """
        yield allow("DescribeTable", ["dynamodb:DescribeTable"], self.table_arn)
        # The action has no resource type:
        # https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html
        yield allow("FindMapping", ["lambda:ListEventSourceMappings"], "*")
        mapping = f"event-source-mapping:{self.mapping_uuid or '*'}"
        arn = look_up_arn(scope=scope, service="lambda", name=mapping, companion=self.companion)
        yield allow("ReadMapping", ["lambda:GetEventSourceMapping"], arn)
        if self.filter_key_arn is not None:
            key = look_up_key(
                scope=scope, id="filters-key", suffix="filters", key=self.filter_key_arn, companion=self.companion
            )
            yield allow("DecryptFilters", ["kms:Decrypt"], key)
        yield allow("InvokeFunction", ["lambda:InvokeFunction"], self.function_arn)


@dataclass(frozen=True)
class Given:
    """The user's inputs for the target, as constructs.

    Attributes:
        table: The table.
        function: The function or its alias.
        mapping_uuid: The UUID of the event source mapping, if a pattern created it.
        filter_key_arn: The key of the mapping's filters, if a pattern created it with one.
        named_function_arn: The ARN of another function than the pattern's that the mapping names.
        is_of_pattern: Whether the table and the function are those of a pattern.
    """

    table: ExistingTable | None
    function: ExistingFunction | None
    mapping_uuid: str | None = None
    filter_key_arn: str | None = None
    named_function_arn: str | None = None
    is_of_pattern: bool = False


# The ARN of a function, or of one of its versions or aliases.
FUNCTION_ARN = re.compile(r"arn:[\w-]+:lambda:[\w-]+:\d{12}:function:[\w-]+(:[\w$-]+)?")
# Expressions that are always such an ARN.
FUNCTION_ARN_EXPRESSION = re.compile(r"\$\{(data\.)?aws_lambda_(function|alias)\.[\w-]+\.(arn|qualified_arn)\}")


def take_pattern(
    *,
    used_table: ExistingTable,
    invoked: ExistingFunction,
    mapping: LambdaEventSourceMapping,
    stack: TerraformStack,
    stack_of_pattern: TerraformStack,
) -> Given:
    """Return the table and the function of a pattern.

    Args:
        used_table: The pattern's table.
        invoked: The pattern's function, or its alias.
        mapping: The pattern's event source mapping, which can name another function, or a version or an alias.
        stack: The construct's stack.
        stack_of_pattern: The pattern's stack.
    """
    is_in_stack = stack is stack_of_pattern
    # The argument of a mapping of another stack can be a reference that only that stack has.
    key = mapping.kms_key_arn_input if mapping.kms_key_arn_input is None or is_in_stack else mapping.kms_key_arn
    name = str(mapping.function_name_input)
    expression = expression_of(name, stack_of_pattern) if is_token(name) else name
    named: str | None = mapping.function_arn
    if expression == expression_of(Function(invoked, None).arn_to_invoke, stack_of_pattern):
        named = None
    elif FUNCTION_ARN.fullmatch(expression) or (is_in_stack and FUNCTION_ARN_EXPRESSION.fullmatch(expression)):
        named = name
    return Given(used_table, invoked, mapping.uuid, key, named, is_of_pattern=True)


def check_target(*, path: str, stack: TerraformStack, given: Given, mistakes: Mistakes) -> Target | None:
    """Return the target; None, with a mistake for each wrong input, if there is none.

    Args:
        path: The construct's path.
        stack: The construct's stack.
        given: The table and the function.
        mistakes: The collector of mistakes.
    """
    for name, value in ((table.EXISTING, given.table), (function.EXISTING, given.function)):
        if value is None:
            mistakes.add(
                name, None, f"the backfill needs it; give {PATTERN}, or {table.EXISTING} and {function.EXISTING}"
            )
    if given.table is None or given.function is None:
        return None
    table_input = table.check_table(path=path, existing=given.table, props=None, mistakes=mistakes)
    function_input = function.check_function(
        path=path, stack=stack, existing=given.function, props=None, mistakes=mistakes
    )
    if not isinstance(table_input, GivenTable) or not isinstance(function_input, GivenFunction):
        return None
    if not given.is_of_pattern:  # a pattern has checked it
        regions.check_regions(table_input=table_input, function_input=function_input, stack=stack, mistakes=mistakes)
    property = PATTERN if given.is_of_pattern else function.EXISTING
    _check_place(function_input, property=property, stack=stack, mistakes=mistakes)
    return Target(
        table_arn=table.arn_of(table_input.interface),
        function_arn=given.named_function_arn or Function(function_input.interface, None).arn_to_invoke,
        mapping_uuid=given.mapping_uuid,
        filter_key_arn=given.filter_key_arn,
        companion=function_input.companion(),
    )


def _check_place(function_input: GivenFunction, *, property: str, stack: TerraformStack, mistakes: Mistakes) -> None:
    """Add a mistake if the resources cannot be created where the function is: with its provider, in its region.

    Args:
        function_input: The function.
        property: The input that gave it.
        stack: The construct's stack.
        mistakes: The collector of mistakes.
    """
    companion = function_input.companion()
    fix = "create the Backfill in the stack of the function"
    provider = locate(companion.get("provider"))
    if provider is not None and provider.stack is not stack:
        message = f"the function has this provider of another stack, and Terraform would not find it in this one; {fix}"
        mistakes.add(f"{property}.provider", provider.path, message)
        return
    here = regions.region_of(NewFunction(companion, None), stack)
    region = regions.region_of(function_input, stack)
    if here is None or region is None or is_token(here) or is_token(region) or here == region:
        return
    message = (
        f"the function is in {region}, and the resources of the Backfill would be in {here}, from where they do not "
        f"find it; {fix}, or give the function with a provider of its region"
    )
    mistakes.add(property, region, message)
