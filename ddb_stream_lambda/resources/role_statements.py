"""The statements that the user adds to the policy of the function's role."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Required, TypedDict, get_args

from .._engine.tokens import is_resolvable, is_token
from ..arguments.checks import check_choice, check_present
from ..arguments.completing import complete
from ..arguments.policies import PatternSid, Statement
from ..errors import Mistakes
from ..limits import CONDITION_OPERATORS, EFFECTS
from . import function
from .function import GivenFunction, NewFunction

PROPERTY = "lambda_role_statements"

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
FORMS = {
    "Action": (
        re.compile(r"\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+"),
        'must be a service and an action, such as es:ESHttpPost, or "*"',
    ),
    "Resource": (
        re.compile(r"\*|arn:.+", re.DOTALL),
        'must be an ARN, such as the attribute arn of a resource, or "*"',
    ),
}
# IAM ignores the case of operators.
CONDITION_OPERATOR = re.compile(
    f"(ForAllValues:|ForAnyValue:)?({'|'.join(sorted(CONDITION_OPERATORS))})(IfExists)?", re.IGNORECASE
)


class RoleStatement(TypedDict, total=False):
    """A statement for what the function itself does, in the words of IAM's policy language.

    Attributes:
        Sid: Its name: letters and digits, unique in the policy. Default: none.
        Effect: ``Allow`` or ``Deny``. Default: ``Allow``.
        Action: One action, such as ``es:ESHttpPost``, or several. Required.
        Resource: One ARN, or several. Required.
        Condition: Operator to condition key to value or values. Default: none.
    """

    Sid: str
    Effect: str
    Action: Required[str | Sequence[str]]
    Resource: Required[str | Sequence[str]]
    Condition: Mapping[str, Mapping[str, str | Sequence[str]]]


def check_statements(*, given: object, used_by: NewFunction | GivenFunction, mistakes: Mistakes) -> list[Statement]:
    """Return the user's statements; add a mistake for each wrong input."""
    if given is None:
        return []
    if isinstance(used_by, GivenFunction):
        mistakes.add(PROPERTY, given, f"{function.EXISTING} has a role; add the statements to that role")
    if not isinstance(given, list | tuple):
        message = "must be a list of statements, each a mapping with Action, Resource and the like"
        mistakes.add(PROPERTY, given, message)
        return []
    statements: list[Statement] = []
    for number, item in enumerate(given):
        property = f"{PROPERTY}[{number}]"
        user_statement = complete(RoleStatement, item, defaults={}, property=property, mistakes=mistakes)
        statement = {"Effect": "Allow"} | _keep_unknown_types(user_statement, item)
        check_present(("Action", "Resource"), arguments=statement, property=property, mistakes=mistakes)
        _check_values(statement, property, mistakes)
        check_choice(EFFECTS, value=statement["Effect"], property=f"{property}.Effect", mistakes=mistakes)
        taken = (*get_args(PatternSid), *(earlier.get("Sid") for earlier in statements))
        sid = statement.get("Sid")
        if sid is not None and (sid in taken or not re.fullmatch("[A-Za-z0-9]+", sid)):
            message = "must be letters and digits, and unique in the policy; choose another one, or remove it"
            mistakes.add(f"{property}.Sid", sid, message)
        statements.append(statement)
    return statements


def _keep_unknown_types(statement: Any, item: object) -> Any:
    """Return the statement with the user's values of which only Terraform knows whether they are text or a list."""
    if is_resolvable(item):
        return item
    if isinstance(statement, dict) and isinstance(item, Mapping):
        return {key: _keep_unknown_types(value, item.get(key)) for key, value in statement.items()}
    return statement


def _check_values(statement: Statement, property: str, mistakes: Mistakes) -> None:
    """Add a mistake for each action and resource that IAM would refuse."""
    for key, (form, message) in FORMS.items():
        value = statement.get(key)
        if is_token(value):
            continue
        items = value if isinstance(value, list) else [value]
        if not items:
            mistakes.add(f"{property}.{key}", value, "is empty; name at least one")
        for number, text in enumerate(items):
            if isinstance(text, str) and not is_token(text) and not form.fullmatch(text):
                name = f"{property}.{key}[{number}]" if isinstance(value, list) else f"{property}.{key}"
                mistakes.add(name, text, message)
    conditions = statement.get("Condition")
    for operator in conditions if isinstance(conditions, dict) and not is_token(conditions) else ():
        if not is_token(operator) and not CONDITION_OPERATOR.fullmatch(operator):
            message = "IAM has no such condition operator; use one such as StringEquals, ArnLike or Bool"
            mistakes.add(f"{property}.Condition.{operator}", operator, message)
