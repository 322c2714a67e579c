"""The function's execution role: a new one, or the one of a given function."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cdktf import Fn
from cdktf_cdktf_provider_aws.data_aws_lambda_function import DataAwsLambdaFunction
from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.iam_role_policy_attachment import IamRolePolicyAttachment
from constructs import Construct

from .._engine.addresses import refer_to, snake_case
from .._engine.creation import create
from .._engine.templates import value_of
from .._engine.tokens import expression_of, is_token
from ..arguments._generated import LambdaRoleProps
from ..arguments.checks import check_name, check_ranges
from ..arguments.companions import companion_arguments
from ..arguments.completing import complete
from ..arguments.conforming import Arguments
from ..arguments.names import unique_name
from ..arguments.policies import policy_document
from ..errors import Mistakes
from ..limits import (
    MANAGED_POLICY_ARN,
    MAX_ROLE_DESCRIPTION_LENGTH,
    ROLE_NAME,
    ROLE_NAME_PREFIX,
    ROLE_PATH,
    ROLE_RANGES,
)
from . import function
from .function import GivenFunction, NewFunction

PROPS = "lambda_role_props"
POLICY_REFERENCE = re.compile(r"\$\{(?:data\.)?aws_iam_policy\.([\w-]+)\.arn\}")

TRUST_POLICY = policy_document(
    [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]
)


@dataclass(frozen=True)
class NewRole:
    """A role to create.

    Attributes:
        arguments: Its complete arguments.
        policy_arns: The managed policies to attach.
    """

    arguments: Arguments
    policy_arns: Sequence[str] = ()


@dataclass(frozen=True)
class GivenRole:
    """A role that exists or belongs to the app."""

    arn: str


@dataclass(frozen=True)
class RoleOfFunction:
    """The role of a function that is known by its name only, since an alias of it was given.

    Attributes:
        function_name: The name or ARN of the function.
        companion: The `provider` and `region` of the alias.
    """

    function_name: str
    companion: Mapping[str, Any]


AnyRole = NewRole | GivenRole | RoleOfFunction


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


def check_role(*, path: str, used_by: NewFunction | GivenFunction, props: object, mistakes: Mistakes) -> AnyRole:
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
    _check_values(arguments, mistakes)
    policy_arns = _check_policy_arns(arguments.pop("policy_arns", []), mistakes)
    match used_by:
        case GivenFunction():
            if props is not None:
                mistakes.add(PROPS, props, f"{function.EXISTING} has a role; remove {PROPS}")
            arn = used_by.role_arn
            return RoleOfFunction(used_by.name, used_by.companion()) if arn is None else GivenRole(arn)
        case NewFunction():
            given: str | None = used_by.arguments.get("role")
            if given is None:
                companion = used_by.companion(regional=False)
                return NewRole(arguments | {"assume_role_policy": TRUST_POLICY} | companion, policy_arns)
            if props is not None:
                message = f"configures a new role, but {function.PROPS}.role gives one; remove one of the two"
                mistakes.add(PROPS, props, message)
            return GivenRole(given)


def build_role(*, scope: Construct, role: AnyRole) -> Role:
    """Create the role with its attachments, take the given one, or look up the one of a function."""
    match role:
        case GivenRole(arn):
            return Role(None, arn, name_of(arn))
        case RoleOfFunction(function_name, companion):
            arguments = {"function_name": function_name, **companion}
            arn = create(DataAwsLambdaFunction, scope=scope, id="function-of-alias", arguments=arguments).role
            return Role(None, arn, name_of(arn))
        case NewRole(arguments, policy_arns):
            created = create(IamRole, scope=scope, id="role", arguments=arguments)
            created_arn, name = created.arn, refer_to(created, "name")
            companion = companion_arguments(arguments, regional=False)
            attachments = tuple(
                create(
                    IamRolePolicyAttachment,
                    scope=scope,
                    id=id,
                    suffix=_policy_suffix(arn, scope),
                    arguments={"role": name, "policy_arn": arn, **companion},
                )
                for id, arn in _with_attachment_ids(policy_arns, scope)
            )
            return Role(created, created_arn, name, attachments)


def name_of(role_arn: str) -> str:
    """Return the name in a role's ARN: the part after the last slash, also for a role with a path."""
    if not is_token(role_arn):
        return role_arn.rsplit("/", 1)[-1]
    if not re.search(r"\$\{(?!TfToken\[)", role_arn):
        return Fn.basename(role_arn)
    # `Fn` would escape an expression that the user wrote as text.
    return f"${{basename({value_of(role_arn)})}}"


def _check_values(arguments: Arguments, mistakes: Mistakes) -> None:
    if {"name", "name_prefix"} <= arguments.keys():
        message = "a role has a name, or a prefix that Terraform completes; remove one of the two"
        mistakes.add(f"{PROPS}.name_prefix", arguments["name_prefix"], message)
    for name, rule in (("name", ROLE_NAME), ("name_prefix", ROLE_NAME_PREFIX)):
        check_name(rule, value=arguments.get(name), property=f"{PROPS}.{name}", mistakes=mistakes)
    check_ranges(ROLE_RANGES, arguments=arguments, property=PROPS, mistakes=mistakes)
    description = arguments.get("description", "")
    if not is_token(description) and len(description) > MAX_ROLE_DESCRIPTION_LENGTH:
        mistakes.add(f"{PROPS}.description", description, f"must be 0 to {MAX_ROLE_DESCRIPTION_LENGTH} characters")
    path = arguments.get("path", "/")
    if not is_token(path) and not re.fullmatch(ROLE_PATH, path):
        mistakes.add(f"{PROPS}.path", path, "must begin and end with /, such as /service/")


def _check_policy_arns(policy_arns: list[str], mistakes: Mistakes) -> list[str]:
    """Return the managed policies; add a mistake for each wrong one."""
    property = f"{PROPS}.policy_arns"
    if is_token(policy_arns):
        # Each element becomes a resource.
        mistakes.add(
            property, policy_arns, "must be a list that is known when the app is synthesized; name each policy"
        )
        return []
    for number, arn in enumerate(policy_arns):
        if not is_token(arn) and not re.fullmatch(MANAGED_POLICY_ARN, str(arn)):
            message = (
                "must be the ARN of a managed policy, such as arn:aws:iam::aws:policy/ReadOnlyAccess, or an expression"
            )
            mistakes.add(f"{property}[{number}]", arn, message)
        elif arn in policy_arns[:number]:
            mistakes.add(f"{property}[{number}]", arn, "is attached twice; remove one of the two")
    return policy_arns


def _with_attachment_ids(policy_arns: Sequence[str], scope: Construct) -> Iterator[tuple[str, str]]:
    """Yield the construct id of each attachment, and the policy.

    The id comes from the policy, not from its position: if attachments exchanged their policies, Terraform could detach
    a policy after it attached it.
    """
    used: set[str] = set()
    for arn in policy_arns:
        text = expression_of(arn, scope) if is_token(arn) else arn.split(":policy/")[-1]
        id = "role-policy-" + re.sub("[^A-Za-z0-9]+", "-", text).strip("-")
        while id in used:
            id += "-2"
        used.add(id)
        yield id, arn


def _policy_suffix(arn: str, scope: Construct) -> str:
    """Return the end of an attachment's address: the policy's path and name, or the name of its resource."""
    text = expression_of(arn, scope) if is_token(arn) else arn.split(":policy/")[-1]
    resource = POLICY_REFERENCE.fullmatch(text)
    return snake_case(text if resource is None else resource[1]) or "policy"
