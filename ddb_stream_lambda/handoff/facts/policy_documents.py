"""The policies that a text holds: JSON documents, and the data sources ``aws_iam_policy_document``.

A policy is read without Terraform. Its expressions stay expressions; everything else must be literal, or the policy is
not read and the reason is given.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..synthesized import templates
from ..synthesized.configuration import Resource
from ..synthesized.json_documents import read_document
from ..synthesized.terraform_json import as_list

DOCUMENT_TYPE = "aws_iam_policy_document"
DOCUMENT_ATTRIBUTES = ("json", "minified_json")
AFTER_APPLY = "its value is known only to Terraform"


class UnreadablePolicyError(Exception):
    """A policy cannot be read without Terraform. The message is the reason, as the end of a sentence."""


@dataclass(frozen=True)
class Clause:
    """The actions, resources or principals of a statement.

    Attributes:
        values: the values, as templates.
        is_negated: whether the statement is about everything except for the values (``NotAction`` and the like).
    """

    values: tuple[str, ...] = ()
    is_negated: bool = False


@dataclass(frozen=True)
class Rule:
    """A statement of a policy.

    Attributes:
        sid: the statement's id; empty if it has none.
        effect: ``Allow`` or ``Deny``.
        principals: who may, in a resource's policy; without values in a role's policy.
        actions: the actions.
        resources: the resources.
        condition: the condition as JSON; empty if it has none.
    """

    sid: str
    effect: str
    principals: Clause
    actions: Clause
    resources: Clause
    condition: str


def read_policy(value: object, documents: Mapping[str, Resource]) -> tuple[Rule, ...]:
    """Read the policy in the value of an argument.

    Args:
        value: the argument's value: a JSON document, or an expression that refers to a policy document.
        documents: the stack's data sources ``aws_iam_policy_document`` by their addresses.

    Raises:
        UnreadablePolicyError: if the policy cannot be read without Terraform.
    """
    if not isinstance(value, str):
        raise UnreadablePolicyError("it is not text")
    expression = templates.sole_expression(value)
    if expression is not None:
        address, _, attribute = expression.rpartition(".")
        if attribute in DOCUMENT_ATTRIBUTES and address in documents:
            return _read_data_source(documents[address], documents, seen=())
        raise UnreadablePolicyError(AFTER_APPLY)
    document = read_document("policy", value)
    if document is None:
        raise UnreadablePolicyError(AFTER_APPLY if templates.expressions_of(value) else "it is not a JSON document")
    return _read_document(document)


def is_policy(value: object) -> bool:
    """Return whether the value is text with a JSON document that has statements of a policy."""
    # Most texts are no documents; the first look is cheap.
    if not isinstance(value, str) or '"Statement"' not in value:
        return False
    document = read_document("policy", value)
    return isinstance(document, Mapping) and "Statement" in document


def _read_document(document: Any) -> tuple[Rule, ...]:
    statements = document.get("Statement") if isinstance(document, Mapping) else None
    if not isinstance(statements, (list, Mapping)):
        raise UnreadablePolicyError("it has no statements in the form of a policy")
    return tuple(map(_read_statement, as_list(statements)))


def _read_statement(statement: Any) -> Rule:
    if not isinstance(statement, Mapping):
        raise UnreadablePolicyError("a statement is not an object")
    return Rule(
        sid=str(statement.get("Sid", "")),
        effect=str(statement.get("Effect", "")),
        principals=_clause(statement, "Principal", _principals),
        actions=_clause(statement, "Action", _texts),
        resources=_clause(statement, "Resource", _texts),
        condition=_as_text(statement.get("Condition") or ""),
    )


def _clause(statement: Mapping[str, Any], name: str, read: Callable[[Any], tuple[str, ...]]) -> Clause:
    is_negated = f"Not{name}" in statement
    if is_negated and name in statement:
        raise UnreadablePolicyError(f"a statement has both {name} and Not{name}")
    return Clause(read(statement.get(f"Not{name}" if is_negated else name, [])), is_negated)


def _principals(value: Any) -> tuple[str, ...]:
    if isinstance(value, Mapping):
        return tuple(f"{type}: {item}" for type, items in sorted(value.items()) for item in _texts(items))
    return _texts(value)


def _read_data_source(
    source: Resource, documents: Mapping[str, Resource], *, seen: tuple[str, ...]
) -> tuple[Rule, ...]:
    """Read a data source, with the documents that it starts from and those that override its statements."""
    arguments = source.arguments
    unreadable = sorted(arguments.keys() & {"count", "for_each", "dynamic", "source_json", "override_json"})
    if unreadable or source.address in seen:
        raise UnreadablePolicyError(f"{source.address} has {', '.join(unreadable) or 'itself as its source'}")

    def merge(rules: list[Rule], others: Iterable[Any]) -> list[Rule]:
        for other in others:
            expression = templates.sole_expression(other) if isinstance(other, str) else None
            address = (expression or "").rpartition(".")[0]
            if address in documents:
                read = _read_data_source(documents[address], documents, seen=(*seen, source.address))
            else:
                read = read_policy(other, documents)
            # A statement replaces the earlier ones with its id.
            sids = {rule.sid for rule in read if rule.sid}
            rules = [*(rule for rule in rules if rule.sid not in sids), *read]
        return rules

    rules = merge([], _literal_list(arguments, "source_policy_documents"))
    statements = tuple(map(_read_block, _blocks(arguments.get("statement"))))
    sids = {rule.sid for rule in statements if rule.sid}
    rules = [*(rule for rule in rules if rule.sid not in sids), *statements]
    return tuple(merge(rules, _literal_list(arguments, "override_policy_documents")))


def _literal_list(arguments: Mapping[str, Any], name: str) -> list[Any]:
    value = arguments.get(name) or []
    if not isinstance(value, list):
        raise UnreadablePolicyError(AFTER_APPLY)
    return value


def _read_block(block: Mapping[str, Any]) -> Rule:
    if "dynamic" in block:
        raise UnreadablePolicyError("it has dynamic blocks")
    grouped: dict[str, dict[str, Any]] = {}
    for condition in _blocks(block.get("condition")):
        values = _texts(condition.get("values", []))
        test = grouped.setdefault(str(condition.get("test", "")), {})
        test[str(condition.get("variable", ""))] = values[0] if len(values) == 1 else list(values)
    return Rule(
        sid=str(block.get("sid") or ""),
        effect=str(block.get("effect") or "Allow"),
        principals=_block_clause(block, "principals", _block_principals),
        actions=_block_clause(block, "actions", _texts),
        resources=_block_clause(block, "resources", _texts),
        condition=json.dumps(grouped, ensure_ascii=False) if grouped else "",
    )


def _block_clause(block: Mapping[str, Any], name: str, read: Callable[[Any], tuple[str, ...]]) -> Clause:
    is_negated = bool(block.get(f"not_{name}"))
    return Clause(read(block.get(f"not_{name}" if is_negated else name) or []), is_negated)


def _block_principals(value: Any) -> tuple[str, ...]:
    principals: list[str] = []
    for entry in _blocks(value):
        type, identifiers = str(entry.get("type", "")), _texts(entry.get("identifiers", []))
        principals += identifiers if type == "*" else (f"{type}: {identifier}" for identifier in identifiers)
    return tuple(principals)


def _blocks(value: Any) -> list[Mapping[str, Any]]:
    blocks = as_list(value or [])
    if not all(isinstance(block, Mapping) for block in blocks):
        raise UnreadablePolicyError("it has an expression for a whole block")
    return blocks


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(map(_as_text, as_list(value)))


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
