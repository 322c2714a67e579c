"""What the configuration needs of Terraform and of its providers: derived from what it uses."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from . import templates
from .configuration import Configuration

# The first version with each function, of those that came after 1.0.
FUNCTIONS = {
    "startswith": (1, 3),
    "endswith": (1, 3),
    "timecmp": (1, 3),
    "strcontains": (1, 5),
    "plantimestamp": (1, 5),
    "issensitive": (1, 8),
    "templatestring": (1, 9),
    "ephemeralasnull": (1, 10),
}
CALL = re.compile(r"\b([a-z_0-9]+)\s*\(")
PROVIDER_FUNCTION = re.compile(r"\bprovider::")
OPTIONAL = re.compile(r"\boptional\s*\(")
# Below this the pattern's own syntax is unknown: the AWS provider since 5.0 asks for no less.
FLOOR = (1, 0)


def required_version(configuration: Configuration) -> str:
    """The constraint on Terraform: the least version that knows what the configuration uses, and what the stack asks.

    Args:
        configuration: with the imports, if any.
    """
    needed = f">= {'.'.join(map(str, max(needs(configuration).values())))}.0"
    asked = configuration.terraform.get("required_version")
    return f"{asked}, {needed}" if asked else needed


def needs(configuration: Configuration) -> Mapping[str, tuple[int, int]]:
    """What the configuration uses that not every version has, each with the first that has it."""
    found: dict[str, tuple[int, int]] = {"providers with a source": FLOOR}
    text = list(_strings(configuration.blocks))
    for expression in (expression for string in text for expression in templates.expressions_of(string)):
        for name in CALL.findall(expression):
            if name in FUNCTIONS:
                found[f"function {name}"] = FUNCTIONS[name]
        if PROVIDER_FUNCTION.search(expression):
            found["functions of providers"] = (1, 8)
    for variable in configuration.variables.values():
        if "nullable" in variable:
            found["nullable variables"] = (1, 1)
        if OPTIONAL.search(str(variable.get("type", ""))):
            found["optional object attributes"] = (1, 3)
        if "ephemeral" in variable:
            found["ephemeral variables"] = (1, 10)
        for validation in _listed(variable.get("validation", [])):
            if re.search(r"\b(local|data|module|aws_\w+)\.", json.dumps(validation.get("condition", ""))):
                found["validation that refers to more than its variable"] = (1, 9)
    for resource in [*configuration.resources, *configuration.data_sources]:
        lifecycle = resource.arguments.get("lifecycle", {})
        if lifecycle.keys() & {"precondition", "postcondition", "replace_triggered_by"}:
            found["conditions and replace_triggered_by"] = (1, 2)
        if resource.type == "terraform_data":
            found["terraform_data"] = (1, 4)
    if "moved" in configuration.blocks:
        found["moved blocks"] = (1, 1)
    if "removed" in configuration.blocks:
        found["removed blocks"] = (1, 7)
    for taken_over in _listed(configuration.blocks.get("import", [])):
        found["import blocks"] = (1, 5)
        if templates.expressions_of(str(taken_over.get("id", ""))):
            found["import ids with expressions"] = (1, 6)
    return found


def required_providers(configuration: Configuration) -> dict[str, dict[str, str]]:
    """Each provider with its full source, and a constraint that lets in what its next major version does not break."""
    return {
        name: {"source": _source(name, given), "version": _constraint(given.get("version", ">= 0.0.0"))}
        for name, given in sorted(configuration.terraform.get("required_providers", {}).items())
    }


def _source(name: str, given: Mapping[str, str]) -> str:
    source = given.get("source", name)
    return source if "/" in source else f"hashicorp/{source}"


def _constraint(version: str) -> str:
    exact = re.fullmatch(r"=?\s*(\d+)\.(\d+)\.\d+", version)
    return f"~> {exact[1]}.{exact[2]}" if exact else version


def _listed(value: Any) -> list[Mapping[str, Any]]:
    return value if isinstance(value, list) else [value]


def _strings(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        return [string for item in value.values() for string in _strings(item)]
    if isinstance(value, list):
        return [string for item in value for string in _strings(item)]
    return [value] if isinstance(value, str) else []
