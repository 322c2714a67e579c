"""The policy of the function's role: the permissions that the pattern's resources need, and the user's statements."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from cdktf_cdktf_provider_aws.iam_role_policy import IamRolePolicy
from constructs import Construct

from .._engine.creation import create
from ..arguments.names import unique_name
from ..arguments.policies import Statement, policy_document, to_json
from ..arguments.warnings import OverrideWarning
from ..errors import Mistakes
from ..limits import ROLE_POLICY_NAME
from . import function
from .role import AnyRole, NewRole, Role

PROPERTY = "grant_permissions"

PermissionsWarningId = Literal["grant_permissions"]


def defaults(path: str) -> dict[str, Any]:
    """Return the default arguments of `aws_iam_role_policy`. Its name is unique: patterns can share a role."""
    return {"name": unique_name(path, ROLE_POLICY_NAME)}


def check_grant(*, grant: bool, role_input: AnyRole, mistakes: Mistakes) -> None:
    """Add a mistake unless the pattern may leave the permissions to someone else."""
    if not isinstance(grant, bool):
        mistakes.add(PROPERTY, grant, "must be True or False, and known when the app is synthesized")
    elif not grant and isinstance(role_input, NewRole):
        message = (
            f"a new role would have no permissions; give the role with {function.PROPS}.role or the function with "
            f"{function.EXISTING}, or remove {PROPERTY}"
        )
        mistakes.add(PROPERTY, grant, message)


def build_policy(
    *,
    scope: Construct,
    path: str,
    execution_role: Role,
    statements: Sequence[Statement],
    grant: bool,
    companion: Mapping[str, Any],
) -> IamRolePolicy | None:
    """Create the inline policy on the role, unless the permissions are left to someone else.

    Args:
        scope: The pattern.
        path: The construct's path.
        execution_role: The function's role.
        statements: The statements, in the order of the data flow.
        grant: Whether to create the policy.
        companion: The `provider` of the function.
    """
    if not grant:
        return None
    arguments = {**defaults(path), "role": execution_role.name, "policy": policy_document(statements), **companion}
    return create(IamRolePolicy, scope=scope, id="role-policy", arguments=arguments)


def warnings_of(*, grant: bool, execution_role: Role, statements: Sequence[Statement]) -> Iterator[OverrideWarning]:
    """Yield a warning with the statements that the role needs, if the pattern does not grant them."""
    if not grant:
        yield _warning(
            "grant_permissions",
            f"{PROPERTY} is False: the role {execution_role.name} needs these statements, or batches are not read or "
            f"are lost: {to_json(statements)}.",
        )


def _warning(id: PermissionsWarningId, consequence: str) -> OverrideWarning:
    return OverrideWarning(id, consequence)
