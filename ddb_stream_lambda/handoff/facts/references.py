"""The references between the resources, data sources and modules of a configuration."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..synthesized import templates
from ..synthesized.configuration import Configuration
from ..synthesized.strings import strings_of

WORD = r"[A-Za-z_][\w-]*"
REFERENCE = re.compile(rf"(?<![\w.-])(?:data\.)?{WORD}\.{WORD}")
# Arguments with addresses instead of templates.
ADDRESS_ARGUMENTS = frozenset({"depends_on", "replace_triggered_by"})


def read_references(configuration: Configuration) -> Mapping[str, tuple[str, ...]]:
    """Return the addresses that each resource, data source and module refers to, sorted.

    A reference to a local value is a reference to everything that the local value refers to.
    """
    blocks = {resource.address: resource.arguments for resource in configuration.resources}
    blocks |= {source.address: source.arguments for source in configuration.data_sources}
    blocks |= {f"module.{name}": block for name, block in configuration.blocks.get("module", {}).items()}
    local_values = {f"local.{name}": value for name, value in configuration.blocks.get("locals", {}).items()}
    return {
        address: tuple(sorted(_targets(block, blocks, local_values) - {address})) for address, block in blocks.items()
    }


def _targets(block: Any, blocks: Mapping[str, Any], local_values: Mapping[str, Any]) -> set[str]:
    targets: set[str] = set()
    seen: set[str] = set()
    pending = list(_references_in(block))
    while pending:
        reference = pending.pop()
        if reference in blocks:
            targets.add(reference)
        elif reference in local_values and reference not in seen:
            seen.add(reference)
            pending += _references_in(local_values[reference])
    return targets


def _references_in(value: Any) -> Iterator[str]:
    for string in strings_of(value):
        is_address = string.argument in ADDRESS_ARGUMENTS
        for expression in [string.text] if is_address else templates.expressions_of(string.text):
            yield from REFERENCE.findall(expression)
