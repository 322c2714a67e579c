"""The statements of the policies in the configuration: who may do what, under which condition."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..synthesized.configuration import Configuration
from ..synthesized.json_documents import read_document

# Types with a policy, each with the argument that names what the policy belongs to.
POLICY_TYPES = {"aws_iam_role_policy": "role", "aws_sqs_queue_policy": "queue_url"}


@dataclass(frozen=True)
class Statement:
    """A statement of a policy.

    Attributes:
        owner: the role or the resource that the policy belongs to.
        sid: the statement's id; empty if it has none.
        effect: ``Allow`` or ``Deny``.
        principal: who may, in a resource's policy; empty in a role's policy.
        actions: the actions.
        resources: the resources.
        condition: the condition as JSON; empty if it has none.
    """

    owner: str
    sid: str
    effect: str
    principal: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    condition: str


@dataclass(frozen=True)
class Permissions:
    """The policies of a configuration.

    Attributes:
        statements: the statements of all policies.
        unreadable: the addresses of the policies that cannot be read before Terraform applies them.
    """

    statements: tuple[Statement, ...]
    unreadable: tuple[str, ...]


def read_permissions(configuration: Configuration) -> Permissions:
    """Read the policies of the roles and of the resources."""
    statements: list[Statement] = []
    unreadable = []
    for type, owner_argument in POLICY_TYPES.items():
        for resource in configuration.resources:
            if resource.type != type:
                continue
            document = read_document("policy", resource.arguments.get("policy"))
            if document is None:
                unreadable.append(resource.address)
            else:
                owner = str(resource.arguments.get(owner_argument, ""))
                statements += _read_statements(document, owner)
    return Permissions(tuple(statements), tuple(unreadable))


def _read_statements(document: Any, owner: str) -> Iterator[Statement]:
    for statement in _as_list(document.get("Statement", [])):
        yield Statement(
            owner=owner,
            sid=statement.get("Sid", ""),
            effect=statement.get("Effect", ""),
            principal=_as_text(statement.get("Principal", "")),
            actions=tuple(map(str, _as_list(statement.get("Action", [])))),
            resources=tuple(map(str, _as_list(statement.get("Resource", [])))),
            condition=_as_text(statement.get("Condition", "")),
        )


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
