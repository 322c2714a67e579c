"""The stack's variables and outputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..synthesized.configuration import Configuration
from ..synthesized.terraform_json import as_list


@dataclass(frozen=True)
class Variable:
    """A variable.

    Attributes:
        name: the name.
        description: the description; empty if it has none.
        type: the type; None if it has none.
        is_required: whether it has no default.
        default: the default; None if it has none.
        error_messages: the error messages of its validations.
    """

    name: str
    description: str
    type: str | None
    is_required: bool
    default: Any
    error_messages: tuple[str, ...]


@dataclass(frozen=True)
class Output:
    """An output.

    Attributes:
        name: the name.
        description: the description; empty if it has none.
        value: the value, in Terraform's JSON syntax.
    """

    name: str
    description: str
    value: Any


def read_variables(configuration: Configuration) -> tuple[Variable, ...]:
    """Return the variables, sorted by their names."""
    return tuple(
        Variable(
            name=name,
            description=str(block.get("description", "")),
            type=str(block["type"]) if "type" in block else None,
            is_required="default" not in block,
            default=block.get("default"),
            error_messages=tuple(
                str(check["error_message"])
                for check in as_list(block.get("validation", []))
                if isinstance(check, Mapping) and "error_message" in check
            ),
        )
        for name, block in configuration.variables.items()
    )


def read_outputs(configuration: Configuration) -> tuple[Output, ...]:
    """Return the outputs, sorted by their names."""
    return tuple(
        Output(name=name, description=str(block.get("description", "")), value=block.get("value"))
        for name, block in configuration.outputs.items()
    )
