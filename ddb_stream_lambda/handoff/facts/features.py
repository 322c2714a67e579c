"""The features of Terraform's language that not every version has, and which of them a configuration uses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..synthesized import templates
from ..synthesized.configuration import Configuration
from ..synthesized.strings import texts_of

Version = tuple[int, int]

TERRAFORM_CHANGES = "https://github.com/hashicorp/terraform/blob/v{}/CHANGELOG.md"
OPENTOFU_CHANGES = "https://github.com/opentofu/opentofu/blob/v{}/CHANGELOG.md"
# OpenTofu started from Terraform 1.5, and its first version is 1.6.
FIRST_OPENTOFU: Version = (1, 6)


@dataclass(frozen=True)
class Feature:
    """A feature of the language.

    Attributes:
        name: the name, in the plural, as the subject of a sentence.
        terraform: the first version of Terraform with it. The changes of that version are its source.
        opentofu: the first version of OpenTofu with it; None if OpenTofu does not have it.
        note: what OpenTofu does differently; empty if nothing.
    """

    name: str
    terraform: Version
    opentofu: Version | None = FIRST_OPENTOFU
    note: str = ""

    @property
    def sources(self) -> tuple[str, ...]:
        """The documents that list the feature as new in those versions."""
        terraform = TERRAFORM_CHANGES.format(format_version(self.terraform))
        if self.opentofu is None:
            return (terraform,)
        return terraform, OPENTOFU_CHANGES.format(format_version(self.opentofu))


PROVIDERS = Feature("providers with a source", (1, 0))
NULLABLE = Feature("nullable variables", (1, 1))
MOVED = Feature("moved blocks", (1, 1))
CONDITIONS = Feature("preconditions and postconditions", (1, 2))
REPLACE_TRIGGERED_BY = Feature("replace_triggered_by lists", (1, 2))
OPTIONAL_ATTRIBUTES = Feature("optional object attributes", (1, 3))
TERRAFORM_DATA = Feature("terraform_data resources", (1, 4))
CHECKS = Feature("check blocks", (1, 5))
IMPORTS = Feature("import blocks", (1, 5))
IMPORT_EXPRESSIONS = Feature("import ids with expressions", (1, 6))
IMPORT_FOR_EACH = Feature("import blocks with for_each", (1, 7), (1, 7))
# https://opentofu.org/docs/intro/migration/terraform-1.9/ (Removed block)
REMOVED = Feature("removed blocks", (1, 7), (1, 7))
REMOVED_WITH_LIFECYCLE = Feature(
    "removed blocks with a lifecycle",
    (1, 7),
    (1, 10),
    "Without `lifecycle`, OpenTofu forgets the resource, and Terraform destroys it.",
)
REMOVED_WITH_PROVISIONER = Feature("removed blocks with a provisioner", (1, 9), (1, 10))
PROVIDER_FUNCTIONS = Feature("functions of providers", (1, 8), (1, 7))
# https://opentofu.org/docs/intro/migration/terraform-1.9/ (Functions)
TERRAFORM_FUNCTIONS = Feature("functions of the provider terraform", (1, 8), None)
MOVED_BETWEEN_TYPES = Feature("moved blocks between resource types", (1, 8), (1, 10))
VALIDATION_REFERENCES = Feature("validations that refer to other objects", (1, 9), (1, 9))
EPHEMERAL_VARIABLES = Feature("ephemeral variables", (1, 10), (1, 11))
EPHEMERAL_OUTPUTS = Feature("ephemeral outputs", (1, 10), (1, 11))
EPHEMERAL_RESOURCES = Feature("ephemeral resources", (1, 10), (1, 11))
APPLYING = Feature("references to terraform.applying", (1, 10), (1, 11))
WRITE_ONLY = Feature("write-only arguments", (1, 11), (1, 11))
IMPORT_IDENTITY = Feature("import blocks with an identity", (1, 12), None)
ACTIONS = Feature("actions", (1, 14), None)
# The functions that came after 1.0: https://developer.hashicorp.com/terraform/language/functions and
# https://opentofu.org/docs/language/functions/
FUNCTIONS = {
    "startswith": Feature("calls of startswith", (1, 3)),
    "endswith": Feature("calls of endswith", (1, 3)),
    "timecmp": Feature("calls of timecmp", (1, 3)),
    "strcontains": Feature("calls of strcontains", (1, 5)),
    "plantimestamp": Feature("calls of plantimestamp", (1, 5)),
    "issensitive": Feature("calls of issensitive", (1, 8), (1, 7)),
    "templatestring": Feature(
        "calls of templatestring", (1, 9), (1, 7), "Terraform takes only a reference as the template."
    ),
    "ephemeralasnull": Feature("calls of ephemeralasnull", (1, 10), (1, 11)),
}

FUNCTION_CALL = re.compile(r"(?<![\w:.])([a-z_0-9]+)\s*\(")
PROVIDER_FUNCTION = re.compile(r"\bprovider::(\w+)::")
OPTIONAL_ATTRIBUTE = re.compile(r"\boptional\s*\(")
REFERENCE_TO_VARIABLE = re.compile(r"(?<![\w.])var\.([\w-]+)")
OTHER_REFERENCE = re.compile(r"(?<![\w.])((local|data|module|ephemeral)\.[A-Za-z_]|[a-z][a-z0-9]*_\w+\.[A-Za-z_])")
WRITE_ONLY_ARGUMENT = re.compile(r"\w+_wo")
# Arguments with names that users choose.
MAPS = frozenset({"tags", "tags_all", "labels", "annotations", "variables", "dimensions", "parameters"})
# These values of a variable are literal: an expression in them is only text.
LITERAL_ARGUMENTS = ("default", "description", "type")


def format_version(version: Version) -> str:
    """Return the version as text, such as ``1.10``."""
    return ".".join(map(str, version))


def features_of(configuration: Configuration) -> list[Feature]:
    """Return the features that the configuration uses, each once, those of the newest version first."""
    used = set(_features(configuration))
    return sorted(used, key=lambda feature: ((-feature.terraform[0], -feature.terraform[1]), feature.name))


def _features(configuration: Configuration) -> Iterator[Feature]:
    yield PROVIDERS
    for expression in _expressions(configuration):
        yield from _features_of_expression(expression)
    yield from _features_of_variables(configuration)
    for block in configuration.outputs.values():
        if "ephemeral" in block:
            yield EPHEMERAL_OUTPUTS
        if "precondition" in block:
            yield CONDITIONS
    for resource in [*configuration.resources, *configuration.data_sources]:
        yield from _features_of_resource(resource.type, resource.arguments)
    yield from _features_of_other_blocks(configuration)


def _features_of_expression(expression: str) -> Iterator[Feature]:
    for name in FUNCTION_CALL.findall(expression):
        if name in FUNCTIONS:
            yield FUNCTIONS[name]
    for provider in PROVIDER_FUNCTION.findall(expression):
        yield TERRAFORM_FUNCTIONS if provider == "terraform" else PROVIDER_FUNCTIONS
    if re.search(r"\bterraform\.applying\b", expression):
        yield APPLYING


def _features_of_variables(configuration: Configuration) -> Iterator[Feature]:
    for name, block in configuration.variables.items():
        if "nullable" in block:
            yield NULLABLE
        if OPTIONAL_ATTRIBUTE.search(str(block.get("type", ""))):
            yield OPTIONAL_ATTRIBUTES
        if "ephemeral" in block:
            yield EPHEMERAL_VARIABLES
        for text in texts_of(block.get("validation", [])):
            for expression in map(_without_texts, templates.expressions_of(text)):
                others = set(REFERENCE_TO_VARIABLE.findall(expression)) - {name}
                if others or OTHER_REFERENCE.search(expression):
                    yield VALIDATION_REFERENCES


def _features_of_resource(type: str, arguments: Mapping[str, Any]) -> Iterator[Feature]:
    for lifecycle in _blocks(arguments.get("lifecycle")):
        if lifecycle.keys() & {"precondition", "postcondition"}:
            yield CONDITIONS
        if "replace_triggered_by" in lifecycle:
            yield REPLACE_TRIGGERED_BY
        if "action_trigger" in lifecycle:
            yield ACTIONS
    if type == "terraform_data":
        yield TERRAFORM_DATA
    if _has_write_only_argument(arguments):
        yield WRITE_ONLY


def _features_of_other_blocks(configuration: Configuration) -> Iterator[Feature]:
    blocks = configuration.blocks
    by_type = {"check": CHECKS, "ephemeral": EPHEMERAL_RESOURCES, "action": ACTIONS}
    yield from (feature for type, feature in by_type.items() if blocks.get(type))
    for moved in _blocks(blocks.get("moved")):
        yield MOVED
        if _type_of(moved.get("from")) != _type_of(moved.get("to")):
            yield MOVED_BETWEEN_TYPES
    for removed in _blocks(blocks.get("removed")):
        yield REMOVED
        if "lifecycle" in removed:
            yield REMOVED_WITH_LIFECYCLE
        if "provisioner" in removed:
            yield REMOVED_WITH_PROVISIONER
    for block in _blocks(blocks.get("import")):
        yield IMPORTS
        if "for_each" in block:
            yield IMPORT_FOR_EACH
        if "identity" in block:
            yield IMPORT_IDENTITY
        if templates.expressions_of(str(block.get("id", ""))):
            yield IMPORT_EXPRESSIONS


def _type_of(address: object) -> str:
    """Return the type in the address of a resource; empty for the address of a module."""
    parts = str(address).split(".")
    while len(parts) > 2 and parts[0] == "module":
        parts = parts[2:]
    return "" if parts[0] == "module" else parts[0]


def _has_write_only_argument(arguments: Mapping[str, Any]) -> bool:
    for name, value in arguments.items():
        if value is None or name in MAPS:
            continue
        if WRITE_ONLY_ARGUMENT.fullmatch(name):
            return True
        if any(map(_has_write_only_argument, _blocks(value))):
            return True
    return False


def _expressions(configuration: Configuration) -> Iterator[str]:
    """Yield the expressions of the configuration, without the literal texts in them."""
    blocks = dict(configuration.blocks)
    variables = [
        {name: value for name, value in block.items() if name not in LITERAL_ARGUMENTS}
        for block in configuration.variables.values()
    ]
    for text in texts_of([{**blocks, "variable": None}, variables]):
        yield from map(_without_texts, templates.expressions_of(text))


def _without_texts(expression: str) -> str:
    """Return an expression without the literal texts between its quotes. The expressions in them stay."""
    kept: list[str] = []
    position = 0
    while position < len(expression):
        if expression[position] != '"':
            kept.append(expression[position])
            position += 1
            continue
        end = _end_of_text(expression, position + 1)
        nested = templates.expressions_of(expression[position + 1 : end])
        kept.append(f'"{" ".join(map(_without_texts, nested))}"')
        position = end + 1
    return "".join(kept)


def _end_of_text(expression: str, position: int) -> int:
    """Return the position of the quote that ends a text; quotes of nested expressions do not end it."""
    depth = 0
    while position < len(expression):
        if expression[position] == "\\":
            position += 1
        elif expression[position : position + 2] in ("${", "%{"):
            depth += 1
        elif expression[position] == "}" and depth:
            depth -= 1
        elif expression[position] == '"' and not depth:
            break
        position += 1
    return position


def _blocks(value: Any) -> list[Mapping[str, Any]]:
    """Return the blocks in a value: an object, or those of a list."""
    return [block for block in (value if isinstance(value, list) else [value]) if isinstance(block, Mapping)]
