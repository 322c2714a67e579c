"""Who may do what, read from the policies of the configuration."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from . import documents
from .configuration import Configuration

# Types whose policy says what a role may do, and types whose policy says who may use them, each with the argument that
# names the owner of the policy.
OWNERS = {"aws_iam_role_policy": "role", "aws_sqs_queue_policy": "queue_url"}


@dataclass(frozen=True)
class Grant:
    """One statement of a policy.

    Attributes:
        policy: the address of the resource that holds it.
        owner: the role that may, or the resource that admits.
        sid: the statement's name; empty without one.
        effect: ``Allow`` or ``Deny``.
        principal: to whom, in a resource's policy; empty in a role's.
        actions: what.
        resources: on what.
        condition: when, as JSON; empty when always.
    """

    policy: str
    owner: str
    sid: str
    effect: str
    principal: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    condition: str


def grants_of(configuration: Configuration) -> tuple[list[Grant], list[str]]:
    """Every grant, and the addresses of the policies that cannot be read before they are applied."""
    grants: list[Grant] = []
    unread = []
    for type, owner in OWNERS.items():
        for resource in configuration.of(type):
            document = documents.read("policy", resource.arguments.get("policy"))
            if document is None:
                unread.append(resource.address)
                continue
            statements = document.get("Statement", [])
            for statement in statements if isinstance(statements, list) else [statements]:
                grants.append(
                    Grant(
                        resource.address,
                        str(resource.arguments.get(owner, "")),
                        statement.get("Sid", ""),
                        statement.get("Effect", ""),
                        _text(statement.get("Principal", "")),
                        tuple(_listed(statement.get("Action", []))),
                        tuple(_listed(statement.get("Resource", []))),
                        _text(statement.get("Condition", "")),
                    )
                )
    return grants, unread


def _listed(value: Any) -> Iterator[str]:
    yield from map(str, value if isinstance(value, list) else [value])


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
