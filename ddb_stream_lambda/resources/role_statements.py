"""The statements that the user adds to the policy of the function's role."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Required, TypedDict, get_args

from .._engine.tokens import is_token
from ..arguments.checks import check_choice, check_present
from ..arguments.completing import complete
from ..arguments.policies import PatternSid, Statement
from ..errors import Mistakes
from ..limits import EFFECTS
from . import function
from .function import GivenFunction, NewFunction

PROPERTY = "lambda_role_statements"


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
        statement = {"Effect": "Allow"} | user_statement
        check_present(("Action", "Resource"), arguments=statement, property=property, mistakes=mistakes)
        _check_values(item, property, mistakes)
        check_choice(EFFECTS, value=statement["Effect"], property=f"{property}.Effect", mistakes=mistakes)
        taken = (*get_args(PatternSid), *(earlier.get("Sid") for earlier in statements))
        sid = statement.get("Sid")
        if sid is not None and (sid in taken or not re.fullmatch("[A-Za-z0-9]+", sid)):
            message = "must be letters and digits, and unique in the policy; choose another one, or remove it"
            mistakes.add(f"{property}.Sid", sid, message)
        statements.append(statement)
    return statements


def _check_values(item: object, property: str, mistakes: Mistakes) -> None:
    for key, value in item.items() if isinstance(item, Mapping) else ():
        if is_token(value) and not isinstance(value, str):
            message = "a policy's text cannot hold a list or map that only Terraform knows; name each value"
            mistakes.add(f"{property}.{key}", value, message)
        elif isinstance(value, list | tuple) and not value:
            mistakes.add(f"{property}.{key}", value, "is empty; name at least one")
