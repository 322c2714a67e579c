"""The policy of the function's role: the permissions that the pattern's resources need, and the user's statements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cdktf_cdktf_provider_aws.iam_role_policy import IamRolePolicy
from constructs import Construct

from .._engine.creation import create
from ..arguments.names import unique_name
from ..arguments.policies import Statement, policy_document
from ..limits import ROLE_POLICY_NAME


def defaults(path: str) -> dict[str, Any]:
    """Return the default arguments of `aws_iam_role_policy`. Its name is unique: patterns can share a role."""
    return {"name": unique_name(path, ROLE_POLICY_NAME)}


def build_policy(
    *, scope: Construct, path: str, role_name: str, statements: Iterable[Statement], companion: Mapping[str, Any]
) -> IamRolePolicy:
    """Create the inline policy on the role.

    Args:
        scope: The pattern.
        path: The construct's path.
        role_name: The name of the function's role.
        statements: The statements, in the order of the data flow.
        companion: The `provider` of the function.
    """
    arguments = {**defaults(path), "role": role_name, "policy": policy_document(statements), **companion}
    return create(IamRolePolicy, scope=scope, id="role-policy", arguments=arguments)
