"""The table whose items are sent, and the function that gets them: those of a pattern, or given ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cdktf import TerraformStack
from constructs import Construct

from ...arguments.policies import Statement
from ...errors import Mistakes
from .. import function, table
from ..arns import look_up_arn
from ..function import ExistingFunction, Function, GivenFunction
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
            yield allow("DecryptFilters", ["kms:Decrypt"], self.filter_key_arn)
        yield allow("InvokeFunction", ["lambda:InvokeFunction"], self.function_arn)


@dataclass(frozen=True)
class Given:
    """The user's inputs for the target, as constructs.

    Attributes:
        table: The table.
        function: The function or its alias.
        mapping_uuid: The UUID of the event source mapping, if a pattern created it.
        filter_key_arn: The key of the mapping's filters, if a pattern created it with one.
    """

    table: ExistingTable | None
    function: ExistingFunction | None
    mapping_uuid: str | None = None
    filter_key_arn: str | None = None


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
    return Target(
        table_arn=table.arn_of(table_input.interface),
        function_arn=Function(function_input.interface, None).arn_to_invoke,
        mapping_uuid=given.mapping_uuid,
        filter_key_arn=given.filter_key_arn,
        companion=function_input.companion(),
    )
