"""Constructs of other stacks in meta-arguments: Terraform does not see them, since each stack is a configuration.

cdktf turns an attribute of another stack into an output and a data source. It cannot do that for a provider or a
resource: https://developer.hashicorp.com/terraform/cdktf/concepts/stacks#cross-stack-references
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cdktf import TerraformElement, TerraformStack

from .._engine.scopes import locate
from .._engine.structs import values_of
from ..errors import Mistakes

PROVIDER_FIX = "Terraform would not find it in this stack; create the provider in this stack, and give that one"
RESOURCE_FIX = "Terraform does not see it in this stack; add the dependency between the stacks: stack.add_dependency(…)"


def check_stacks(props: Mapping[str, object], *, stack: TerraformStack, mistakes: Mistakes) -> None:
    """Add a mistake for each provider and each resource of another stack in the meta-arguments.

    Args:
        props: The user's props, by the name of the input.
        stack: The pattern's stack.
        mistakes: The collector of mistakes.
    """
    for name, given in props.items():
        arguments = _mapping(given)
        lifecycle = _mapping(arguments.get("lifecycle"))
        candidates = [
            (f"{name}.provider", arguments.get("provider"), PROVIDER_FIX),
            *_items(f"{name}.depends_on", arguments.get("depends_on")),
            *_items(f"{name}.lifecycle.replace_triggered_by", lifecycle.get("replace_triggered_by")),
        ]
        for property, value, fix in candidates:
            location = locate(value) if isinstance(value, TerraformElement) else None
            if location is not None and location.stack is not stack:
                mistakes.add(property, value, f"belongs to the stack {location.path.split('/')[0]}, and {fix}")


def _mapping(given: object) -> Mapping[str, Any]:
    """Return props or a block as a mapping; an empty one for any other value."""
    values = values_of(given)
    return values if isinstance(values, Mapping) else {}


def _items(property: str, given: object) -> Iterator[tuple[str, object, str]]:
    for number, item in enumerate(given if isinstance(given, list | tuple) else ()):
        yield f"{property}[{number}]", item, RESOURCE_FIX
