"""What the function may do with the table itself, and the environment variable that names the table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

from cdktf import Fn
from cdktf_cdktf_provider_aws.lambda_function import LambdaFunction

from .._engine.creation import StringMap
from .._engine.tokens import is_token
from ..arguments.policies import Statement, allow
from ..errors import Mistakes
from . import function
from .function import ExistingFunction, GivenFunction, NewFunction
from .table import Table, TableByArn

PERMISSIONS = "table_permissions"
VARIABLE = "table_environment_variable_name"

TablePermissions = Literal["Read", "Write", "ReadWrite", "All"]

# The actions of AWS CDK's grantReadData, grantWriteData, grantReadWriteData and grantFullAccess, without the stream's:
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
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
# What DynamoDB does with the table's customer managed key for each kind of access:
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
KEY_ACTIONS = ("kms:Decrypt", "kms:DescribeKey")
WRITE_KEY_ACTIONS = ("kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*")

VARIABLE_NAME = re.compile("[A-Za-z][A-Za-z0-9_]+")


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
        return StringMap() if self.variable is None else StringMap({self.variable: _name_of(table)})


def check_table_access(
    *,
    permissions: object,
    variable: object,
    used_by: NewFunction | GivenFunction,
    mistakes: Mistakes,
) -> TableAccess:
    """Return the function's access to the table; add a mistake for each wrong input."""
    allowed = get_args(TablePermissions)
    if permissions is not None and permissions not in allowed:
        expression = ", and known when the app is synthesized" if is_token(permissions) else ""
        mistakes.add(PERMISSIONS, permissions, f"must be one of {', '.join(allowed)}{expression}")
        permissions = None
    if variable is not None:
        _check_variable(variable, used_by, mistakes)
    return TableAccess(permissions, variable)  # type: ignore[arg-type]  # both are checked above


def set_variables(existing: ExistingFunction, variables: StringMap) -> None:
    """Add environment variables to a function of the app."""
    if variables and isinstance(existing, LambdaFunction):
        environment = existing.environment_input
        existing.put_environment(variables={**_variables_of(environment), **variables})


def _variables_of(environment: object) -> dict[str, str]:
    return dict(getattr(environment, "variables", None) or {})


def _check_variable(variable: object, used_by: NewFunction | GivenFunction, mistakes: Mistakes) -> None:
    if not isinstance(variable, str) or not VARIABLE_NAME.fullmatch(variable):
        # https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
        message = "must be a name of letters, digits and underscores that starts with a letter, such as TABLE_NAME"
        mistakes.add(VARIABLE, variable, message)
        return
    match used_by:
        case NewFunction(arguments=arguments):
            taken = arguments.get("environment", {}).get("variables", {})
        case GivenFunction(interface=LambdaFunction() as existing):
            taken = _variables_of(existing.environment_input)
        case _:
            message = (
                f"{function.EXISTING} is not a LambdaFunction of the app, so that its environment cannot be set; "
                "set the variable where the function is defined"
            )
            mistakes.add(VARIABLE, variable, message)
            return
    if variable in taken:
        mistakes.add(VARIABLE, variable, "the function's environment has this variable; remove one of the two")


def _name_of(table: Table) -> str:
    if not isinstance(table.interface, TableByArn):
        return table.interface.name
    if is_token(table.arn):
        return str(Fn.element(Fn.split("/", table.arn), 1))
    return table.arn.rsplit("/", 1)[-1]
