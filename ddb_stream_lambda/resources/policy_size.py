"""The characters of the inline policies of one role, which IAM limits for all of them together."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal
from weakref import WeakKeyDictionary

from cdktf import TerraformStack
from cdktf_cdktf_provider_aws.iam_role_policy import IamRolePolicy
from constructs import IConstruct

from .._engine.templates import split_template
from .._engine.tokens import expression_of, is_token
from ..arguments.policies import Statement, policy_document
from ..arguments.warnings import OverrideWarning
from ..limits import MAX_INLINE_POLICY_CHARACTERS
from .role import Role

PolicySizeWarningId = Literal["policy_size"]

# The length that an expression in a policy is expected to have: most are ARNs of tables, streams, queues and keys.
EXPECTED_EXPRESSION_LENGTH = 80
# The share of the limit from which the other inline policies of the app on the same role are counted too. Finding them
# takes time, and a role of one pattern is far below.
COUNT_OTHERS_FROM = 0.25

# App -> role -> the characters of the policies that the patterns of the app put on it.
_characters: WeakKeyDictionary[IConstruct, Counter[str]] = WeakKeyDictionary()
_roots: WeakKeyDictionary[TerraformStack, IConstruct] = WeakKeyDictionary()


def warnings_of(
    *, stack: TerraformStack, execution_role: Role, statements: Sequence[Statement], companion: Mapping[str, Any]
) -> Iterator[OverrideWarning]:
    """Count the policy of a pattern, and yield a warning if the role's inline policies exceed IAM's limit.

    Only a given role is looked up among the other policies of the app: a created one has only this policy yet.

    Args:
        stack: The pattern's stack.
        execution_role: The role that gets the policy.
        statements: The statements of the policy.
        companion: The `provider` of the policy.
    """
    policy = policy_document(statements)
    at_most = len(policy) + EXPECTED_EXPRESSION_LENGTH * policy.count("${")
    if execution_role.created is not None and at_most <= MAX_INLINE_POLICY_CHARACTERS:
        return
    characters = characters_of(policy)
    if execution_role.created is None:
        if stack not in _roots:
            _roots[stack] = stack.node.root
        root = _roots[stack]
        role = _identity(execution_role.name, companion.get("provider"), stack)
        counts = _characters.setdefault(root, Counter())
        counts[role] += characters
        characters = counts[role]
        if characters > COUNT_OTHERS_FROM * MAX_INLINE_POLICY_CHARACTERS:
            characters = _count_policies(root, role, stack)
    if characters > MAX_INLINE_POLICY_CHARACTERS:
        yield _warning(
            "policy_size",
            f"the inline policies of the role {execution_role.name} have about {characters} characters in this app, "
            f"and IAM allows {MAX_INLINE_POLICY_CHARACTERS} for one role: give each function its own role, or set "
            "grant_permissions=False and attach the statements as customer managed policies.",
        )


def characters_of(policy: str) -> int:
    """Return about how many characters of a policy IAM counts. It does not count white space."""
    return sum(
        EXPECTED_EXPRESSION_LENGTH if is_expression else len(re.sub(r"\s", "", part))
        for part, is_expression in split_template(policy)
    )


def _warning(id: PolicySizeWarningId, consequence: str) -> OverrideWarning:
    return OverrideWarning(id, consequence)


def _count_policies(root: IConstruct, role: str, stack: TerraformStack) -> int:
    """Return the characters of all inline policies that the app puts on a role."""
    characters = 0
    for construct in root.node.find_all():
        if (
            isinstance(construct, IamRolePolicy)
            and _identity(str(construct.role_input), construct.provider, stack) == role
        ):
            characters += characters_of(construct.policy_input or "")
    return characters


def _identity(role_name: str, provider: Any, stack: TerraformStack) -> str:
    """Return a text that is the same for all expressions of a role of the app, and for a role's name in one account."""
    text = expression_of(role_name, stack) if is_token(role_name) else role_name
    resource = re.search(r"(?<!data\.)\baws_iam_role\.[\w-]+", text)
    if resource is not None:
        return resource[0]
    return text if provider is None else f"{text} of {provider.fqn}"
