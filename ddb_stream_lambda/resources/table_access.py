"""The function's permissions on the table itself, and the environment variable that names the table."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from cdktf import TerraformStack, TerraformVariable
from cdktf_cdktf_provider_aws.lambda_function import LambdaFunction

from .._engine.creation import StringMap
from .._engine.templates import part_of
from .._engine.tokens import as_string, is_token
from ..arguments.policies import Statement, allow
from ..errors import Mistakes
from ..limits import ENVIRONMENT_VARIABLE_NAME, RESERVED_ENVIRONMENT_VARIABLES
from . import function
from .function import ExistingFunction, GivenFunction, NewFunction, with_variables
from .table import GivenTable, NewTable, Table, TableByArn
from .table_keys import known_block

PERMISSIONS = "table_permissions"
VARIABLE = "table_environment_variable_name"

TablePermissions = Literal["Read", "Write", "ReadWrite", "All"]

# The actions of AWS CDK's grantReadData, grantWriteData, grantReadWriteData and grantFullAccess. Those of the stream
# (GetRecords, GetShardIterator), which CDK's grantReadData has too, are on the stream already:
# https://github.com/aws/aws-cdk/blob/main/packages/aws-cdk-lib/aws-dynamodb/lib/perms.ts
READ_ACTIONS = (
    "dynamodb:BatchGetItem",
    "dynamodb:ConditionCheckItem",
    "dynamodb:DescribeTable",
    "dynamodb:GetItem",
    "dynamodb:Query",
    "dynamodb:Scan",
)
WRITE_ACTIONS = (
    "dynamodb:BatchWriteItem",
    "dynamodb:DeleteItem",
    "dynamodb:DescribeTable",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
)
ACTIONS: dict[str, tuple[str, ...]] = {
    "Read": READ_ACTIONS,
    "Write": WRITE_ACTIONS,
    "ReadWrite": tuple(sorted({*READ_ACTIONS, *WRITE_ACTIONS})),
    "All": ("dynamodb:*",),
}
# The actions on the table's customer managed key: KEY_READ_ACTIONS and KEY_WRITE_ACTIONS of the same file.
KEY_ACTIONS = ("kms:Decrypt", "kms:DescribeKey")
WRITE_KEY_ACTIONS = ("kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*")


@dataclass(frozen=True)
class TableAccess:
    """The function's access to the table.

    Attributes:
        permissions: What the function may do with the table; None for nothing.
        variable: The environment variable that holds the table's name; None for no variable.
    """

    permissions: TablePermissions | None
    variable: str | None

    def statements(self, table: Table) -> Iterator[Statement]:
        """Yield the permissions on the table, its indexes and its key."""
        if self.permissions is None:
            return
        yield allow("AccessTable", ACTIONS[self.permissions], [table.arn, f"{table.arn}/index/*"])
        if table.kms_key_arn is not None:
            key_actions = KEY_ACTIONS if self.permissions == "Read" else WRITE_KEY_ACTIONS
            yield allow("UseTableKey", key_actions, table.kms_key_arn)

    def variables(self, table: Table) -> StringMap:
        """Return the environment variables that the function gets."""
        return StringMap() if self.variable is None else StringMap({as_string(self.variable): name_of(table)})


def check_table_access(
    *,
    permissions: object,
    variable: object,
    table_input: NewTable | GivenTable,
    used_by: NewFunction | GivenFunction,
    stack: TerraformStack,
    mistakes: Mistakes,
) -> TableAccess:
    """Return the function's access to the table; add a mistake for each wrong input.

    Args:
        permissions: The user's ``table_permissions``.
        variable: The user's ``table_environment_variable_name``.
        table_input: The table.
        used_by: The function.
        stack: The pattern's stack.
        mistakes: The collector of mistakes.
    """
    allowed = get_args(TablePermissions)
    if permissions is not None and (not isinstance(permissions, str) or permissions not in allowed):
        expression = ", and known when the app is synthesized" if is_token(permissions) else ""
        mistakes.add(PERMISSIONS, permissions, f"must be one of {', '.join(allowed)}{expression}")
        permissions = None
    if variable is not None:
        _check_variable(variable, used_by, mistakes)
        _check_stacks(variable, table_input, used_by, stack, mistakes)
    return TableAccess(permissions, variable)  # type: ignore[arg-type]  # both are checked above


def set_variables(existing: ExistingFunction, variables: StringMap) -> None:
    """Add environment variables to a function of the app."""
    if variables and isinstance(existing, LambdaFunction):
        existing.put_environment(variables=with_variables(_variables_of(existing), variables))


def _variables_of(existing: LambdaFunction) -> Mapping[str, Any]:
    return getattr(existing.environment_input, "variables", None) or {}


def _check_variable(variable: object, used_by: NewFunction | GivenFunction, mistakes: Mistakes) -> None:
    if not is_token(variable) and (
        not isinstance(variable, str) or not re.fullmatch(ENVIRONMENT_VARIABLE_NAME, variable)
    ):
        # https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
        message = (
            "must be a name of two or more letters, digits and underscores that starts with a letter, such as "
            "TABLE_NAME"
        )
        if isinstance(variable, TerraformVariable):
            message = "is a Terraform variable; give its value: variable.string_value"
        mistakes.add(VARIABLE, variable, message)
        return
    if variable in RESERVED_ENVIRONMENT_VARIABLES:
        mistakes.add(VARIABLE, variable, "Lambda reserves this name; choose another one, such as TABLE_NAME")
    match used_by:
        case NewFunction(arguments=arguments):
            taken = known_block(arguments, "environment").get("variables", {})
        case GivenFunction(interface=LambdaFunction() as existing):
            taken = _variables_of(existing)
        case _:
            message = (
                f"{function.EXISTING} is not a LambdaFunction of the app, so that its environment cannot be set; "
                "set the variable where the function is defined"
            )
            mistakes.add(VARIABLE, variable, message)
            return
    if isinstance(taken, Mapping) and variable in taken:
        mistakes.add(VARIABLE, variable, "the function's environment has this variable; remove one of the two")


def _check_stacks(
    variable: object,
    table_input: NewTable | GivenTable,
    used_by: NewFunction | GivenFunction,
    stack: TerraformStack,
    mistakes: Mistakes,
) -> None:
    """Add a mistake if the function's stack would depend on the pattern's, which depends on the function's."""
    if not isinstance(used_by, GivenFunction) or TerraformStack.of(used_by.interface) is stack:
        return
    is_table_here = isinstance(table_input, NewTable) or (
        not isinstance(table_input.interface, TableByArn) and TerraformStack.of(table_input.interface) is stack
    )
    if is_table_here:
        message = (
            "the function is in another stack, and that stack would need the name of a table of this one: the two "
            "stacks would depend on each other; create the table or the pattern in the function's stack, or remove it"
        )
        mistakes.add(VARIABLE, variable, message)


def name_of(table: Table) -> str:
    """Return the table's name; for a table that is given by its ARN, the name in the ARN."""
    if not isinstance(table.interface, TableByArn):
        return table.interface.name
    return part_of(table.arn, "/", 1)
