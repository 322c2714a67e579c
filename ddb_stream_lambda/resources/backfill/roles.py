"""The roles of the worker and of the state machine, each with one inline policy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.iam_role_policy import IamRolePolicy
from constructs import Construct

from ..._engine.addresses import refer_to
from ..._engine.creation import create
from ...arguments.names import unique_name
from ...arguments.policies import Statement, policy_document
from ...limits import ROLE_NAME, ROLE_POLICY_NAME


@dataclass(frozen=True)
class Role:
    """A created role.

    Attributes:
        created: The role.
        policy: Its policy, which must exist before the resource that has the role.
    """

    created: IamRole
    policy: IamRolePolicy


def build_role(
    *,
    scope: Construct,
    path: str,
    id: str,
    service: str,
    account: str,
    statements: Sequence[Statement],
    common: Mapping[str, Any],
) -> Role:
    """Create a role that a service of this account can assume, and its policy.

    Args:
        scope: The construct.
        path: The construct's path.
        id: What has the role, ``worker`` or ``states``.
        service: The service, such as ``lambda.amazonaws.com``.
        account: The id of the account, so that the service cannot use the role for another one.
        statements: The statements of the policy.
        common: The tags and the `provider` of all resources.
    """
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"aws:SourceAccount": account}},
    }
    # The id of the resource follows a `_`, as a part of the path: so no other construct has the name.
    suffix = f"_{id}-role"
    name = unique_name(path, ROLE_NAME, suffix=suffix, case_sensitive=False)
    arguments = {"name": name, "assume_role_policy": policy_document([trust]), **common}
    role = create(IamRole, scope=scope, id=f"{id}-role", suffix=id, arguments=arguments)
    policy_arguments = {
        "name": unique_name(path, ROLE_POLICY_NAME, suffix=suffix),
        "role": refer_to(role, "name"),
        "policy": policy_document(statements),
        **{name: value for name, value in common.items() if name == "provider"},
    }
    policy = create(IamRolePolicy, scope=scope, id=f"{id}-role-policy", suffix=id, arguments=policy_arguments)
    return Role(role, policy)
