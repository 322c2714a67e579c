"""The versions of Terraform and of the providers that the configuration requires, derived from what it uses."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..synthesized import templates
from ..synthesized.configuration import Configuration

Version = tuple[int, int]

# The first version of Terraform with each function, for the functions that came after 1.0:
# https://developer.hashicorp.com/terraform/language/functions
FUNCTIONS: Mapping[str, Version] = {
    "startswith": (1, 3),
    "endswith": (1, 3),
    "timecmp": (1, 3),
    "strcontains": (1, 5),
    "plantimestamp": (1, 5),
    "issensitive": (1, 8),
    "templatestring": (1, 9),
    "ephemeralasnull": (1, 10),
}
FUNCTION_CALL = re.compile(r"\b([a-z_0-9]+)\s*\(")
PROVIDER_FUNCTION = re.compile(r"\bprovider::")
OPTIONAL_ATTRIBUTE = re.compile(r"\boptional\s*\(")
OTHER_REFERENCE = re.compile(r"\b(local|data|module|aws_\w+)\.")
# The AWS provider 5.0 and later needs at least this version.
MIN_VERSION: Version = (1, 0)


@dataclass(frozen=True)
class RequiredProvider:
    """A provider that the configuration requires.

    Attributes:
        name: the local name, such as ``aws``.
        source: the full source, such as ``hashicorp/aws``.
        version: the constraint, such as ``~> 6.25``.
        synthesized_for: the version that the provider's bindings were generated from.
        aliases: the aliases that the caller of a reusable module passes, such as ``aws.east``.
    """

    name: str
    source: str
    version: str
    synthesized_for: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Requirements:
    """The versions that the configuration requires.

    Attributes:
        terraform: the constraint on Terraform.
        providers: the providers by their names.
    """

    terraform: str
    providers: tuple[RequiredProvider, ...]

    @property
    def block(self) -> dict[str, Any]:
        """The ``terraform`` block in Terraform's JSON syntax."""
        providers = {
            entry.name: {"source": entry.source, "version": entry.version}
            | ({"configuration_aliases": list(entry.aliases)} if entry.aliases else {})
            for entry in self.providers
        }
        return {"required_version": self.terraform, "required_providers": providers}


def read_requirements(configuration: Configuration) -> Requirements:
    """Derive the constraints on Terraform and on the providers.

    Terraform's constraint is the first version that supports everything in the configuration, in addition to the
    stack's own constraint. A provider's constraint allows every version up to its next major version.
    """
    first = f">= {'.'.join(map(str, max(_used_features(configuration).values())))}.0"
    constraint = configuration.settings.get("required_version")
    providers = tuple(
        RequiredProvider(
            name=name,
            source=_full_source(provider.get("source", name)),
            version=_up_to_next_major(provider.get("version", ">= 0.0.0")),
            synthesized_for=provider.get("version", ""),
            aliases=tuple(provider.get("configuration_aliases", ())),
        )
        for name, provider in sorted(configuration.settings.get("required_providers", {}).items())
    )
    return Requirements(f"{constraint}, {first}" if constraint else first, providers)


def _used_features(configuration: Configuration) -> Mapping[str, Version]:
    """Return the features that the configuration uses and not every version has, each with its first version."""
    used: dict[str, Version] = {"providers with a source": MIN_VERSION}
    for text in _strings(configuration.blocks):
        for expression in templates.expressions_of(text):
            for name in FUNCTION_CALL.findall(expression):
                if name in FUNCTIONS:
                    used[f"the function {name}"] = FUNCTIONS[name]
            if PROVIDER_FUNCTION.search(expression):
                used["functions of providers"] = (1, 8)
    for variable in configuration.variables.values():
        if "nullable" in variable:
            used["nullable variables"] = (1, 1)
        if OPTIONAL_ATTRIBUTE.search(str(variable.get("type", ""))):
            used["optional object attributes"] = (1, 3)
        if "ephemeral" in variable:
            used["ephemeral variables"] = (1, 10)
        for validation in _as_list(variable.get("validation", [])):
            if OTHER_REFERENCE.search(json.dumps(validation.get("condition", ""))):
                used["validations that refer to other objects"] = (1, 9)
    for resource in [*configuration.resources, *configuration.data_sources]:
        lifecycle = resource.arguments.get("lifecycle", {})
        if lifecycle.keys() & {"precondition", "postcondition", "replace_triggered_by"}:
            used["custom conditions and replace_triggered_by"] = (1, 2)
        if resource.type == "terraform_data":
            used["terraform_data"] = (1, 4)
    if "moved" in configuration.blocks:
        used["moved blocks"] = (1, 1)
    if "removed" in configuration.blocks:
        used["removed blocks"] = (1, 7)
    for block in configuration.imports:
        used["import blocks"] = (1, 5)
        if templates.expressions_of(str(block.get("id", ""))):
            used["import ids with expressions"] = (1, 6)
    return used


def _full_source(source: str) -> str:
    return source if "/" in source else f"hashicorp/{source}"


def _up_to_next_major(version: str) -> str:
    """Return a constraint for an exact version that also allows later ones; any other constraint as it is."""
    exact = re.fullmatch(r"=?\s*(\d+)\.(\d+)\.\d+", version)
    return f"~> {exact[1]}.{exact[2]}" if exact else version


def _as_list(value: Any) -> list[Mapping[str, Any]]:
    return value if isinstance(value, list) else [value]


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)
    elif isinstance(value, str):
        yield value
