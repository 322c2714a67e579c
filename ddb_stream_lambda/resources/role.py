"""The function's execution role: a new one, or the one of a given function."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cdktf import Fn
from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.iam_role_policy_attachment import IamRolePolicyAttachment
from constructs import Construct

from .._engine.creation import create
from .._engine.tokens import is_token
from ..arguments._generated import LambdaRoleProps
from ..arguments.checks import check_name
from ..arguments.companions import companion_arguments
from ..arguments.completing import complete
from ..arguments.conforming import Arguments
from ..arguments.names import unique_name
from ..arguments.policies import policy_document
from ..errors import Mistakes
from ..limits import ROLE_NAME
from . import function
from .function import GivenFunction, NewFunction

PROPS = "lambda_role_props"

TRUST_POLICY = policy_document(
    [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]
)


@dataclass(frozen=True)
class NewRole:
    """A role to create, with its complete arguments."""

    arguments: Arguments


@dataclass(frozen=True)
class GivenRole:
    """A role that exists or belongs to the app."""

    arn: str


@dataclass(frozen=True)
class Role:
    """The function's execution role.

    Attributes:
        created: The role, if it was created.
        arn: Its ARN.
        name: Its name.
        attachments: The attachments of managed policies to a created role.
    """

    created: IamRole | None
    arn: str
    name: str
    attachments: tuple[IamRolePolicyAttachment, ...] = ()


def defaults(path: str, given: Arguments) -> dict[str, Any]:
    """Return the default arguments of `aws_iam_role`. IAM names are case-insensitive.

    Args:
        path: The construct's path.
        given: The user's arguments. The provider takes one of `name` and `name_prefix`.
    """
    return {} if given.get("name_prefix") else {"name": unique_name(path, ROLE_NAME, case_sensitive=False)}


def check_role(
    *, path: str, used_by: NewFunction | GivenFunction, props: object, mistakes: Mistakes
) -> NewRole | GivenRole:
    """Return the role to use; add a mistake for each wrong input.

    Args:
        path: The construct's path.
        used_by: The function that has the role.
        props: The user's ``lambda_role_props``.
        mistakes: The collector of mistakes.
    """
    arguments = complete(
        LambdaRoleProps, props, defaults=lambda given: defaults(path, given), property=PROPS, mistakes=mistakes
    )
    check_name(ROLE_NAME, value=arguments.get("name"), property=f"{PROPS}.name", mistakes=mistakes)
    match used_by:
        case GivenFunction():
            if props is not None:
                mistakes.add(PROPS, props, f"{function.EXISTING} has a role; remove {PROPS}")
            return GivenRole(used_by.role_arn)
        case NewFunction():
            given: str | None = used_by.arguments.get("role")
            if given is None:
                companion = used_by.companion(regional=False)
                return NewRole(arguments | {"assume_role_policy": TRUST_POLICY} | companion)
            if props is not None:
                message = f"configures a new role, but {function.PROPS}.role gives one; remove one of the two"
                mistakes.add(PROPS, props, message)
            return GivenRole(given)


def build_role(*, scope: Construct, role: NewRole | GivenRole) -> Role:
    """Create the role, or take the given one."""
    match role:
        case GivenRole(arn):
            return Role(None, arn, name_of(arn))
        case NewRole(arguments):
            policy_arns = arguments.get("policy_arns", ())
            own = {name: value for name, value in arguments.items() if name != "policy_arns"}
            created = create(IamRole, scope=scope, id="role", arguments=own)
            companion = companion_arguments(arguments, regional=False)
            attachments = tuple(
                create(
                    IamRolePolicyAttachment,
                    scope=scope,
                    id=f"role-policy-{number}",
                    arguments={"role": created.name, "policy_arn": arn, **companion},
                )
                for number, arn in enumerate(policy_arns)
            )
            return Role(created, created.arn, created.name, attachments)


def name_of(role_arn: str) -> str:
    """Return the name in a role's ARN: the part after the last slash, also for a role with a path."""
    return Fn.basename(role_arn) if is_token(role_arn) else role_arn.rsplit("/", 1)[-1]
