"""The configuration of a bundle in HCL: which blocks are in which file, with comments for operators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..facts.constraints import Requirements
from ..facts.stack import DescribedResource
from ..synthesized.configuration import Configuration
from . import hcl
from .schema import METADATA, BlockSchema, bodies_of

# The arguments that come first in a block, by its type.
FIRST_ARGUMENTS: Mapping[str, Sequence[str]] = {
    "resource": ("name", "function_name", "alarm_name"),
    "data": ("name", "function_name", "alarm_name"),
    "variable": ("description", "type", "default", "nullable", "sensitive", "ephemeral"),
    "output": ("description", "value"),
    "module": ("source", "version", "providers"),
    "moved": ("from", "to"),
    "removed": ("from",),
    "import": ("to", "id", "provider"),
}
# The first part of a block's address in Terraform, where it is not its type.
ADDRESSES = {"resource": "", "variable": "var"}
# The blocks of main.tf, in their order.
MAIN_BLOCKS = ("locals", "data", "ephemeral", "resource", "module", "check")
# The blocks with a separate file.
SEPARATE_FILES = {
    "providers.tf": "provider",
    "variables.tf": "variable",
    "outputs.tf": "output",
    "imports.tf": "import",
    "moved.tf": "moved",
    "removed.tf": "removed",
}
# The files that every module has: https://developer.hashicorp.com/terraform/language/modules/develop/structure
STANDARD_FILES = ("main.tf", "variables.tf", "outputs.tf")
NO_BLOCKS = "# This configuration has no blocks of this kind.\n"


def hcl_files(
    *,
    configuration: Configuration,
    requirements: Requirements,
    resources: Sequence[DescribedResource],
    schema: BlockSchema,
) -> dict[str, str]:
    """Return the text of each file by its name, without layout.

    Args:
        configuration: the configuration.
        requirements: the constraints on Terraform and the providers.
        resources: the data sources and resources, in the order of the file.
        schema: the schema of the configuration.

    Raises:
        ConfigurationError: if a block cannot be written as HCL.
    """
    files = {
        "main.tf": [block for type in MAIN_BLOCKS for block in _blocks(type, configuration, schema, resources)],
        "terraform.tf": [hcl.build_block("terraform", requirements.block, schema.blocks["terraform"], "terraform")],
        **{file: _blocks(type, configuration, schema) for file, type in SEPARATE_FILES.items()},
    }
    return {name: hcl.write_blocks(blocks) for name, blocks in files.items() if blocks}


def kinds_of(configuration: Configuration) -> set[str]:
    """Return the kinds of the providers, resources and data sources, for `provider_schema.read_schemas`."""
    blocks = configuration.blocks
    kinds = {f"provider.{body.labels[0]}" for body in bodies_of(blocks.get("provider"), 1, "provider")}
    kinds |= {body.labels[0] for body in bodies_of(blocks.get("resource"), 2, "resource")}
    kinds |= {f"ephemeral.{body.labels[0]}" for body in bodies_of(blocks.get("ephemeral"), 2, "ephemeral")}
    data = [blocks.get("data")]
    data += [body.arguments.get("data") for body in bodies_of(blocks.get("check"), 1, "check")]
    return kinds | {f"data.{body.labels[0]}" for value in data for body in bodies_of(value, 2, "data")}


def _blocks(
    type: str, configuration: Configuration, schema: BlockSchema, resources: Sequence[DescribedResource] = ()
) -> list[hcl.Block]:
    """Return the blocks of a type: resources in the given order, the others sorted by their labels."""
    described = {entry.resource.address: entry for entry in resources}
    order = {address: index for index, address in enumerate(described)}
    found = []
    value = _without_metadata(configuration.blocks.get(type))
    address = ADDRESSES.get(type, type)
    for body, block in hcl.build_blocks(type, value, schema.blocks[type], address, FIRST_ARGUMENTS.get(type, ())):
        if entry := described.get(body.address):
            if not entry.resource.is_data:
                block.comments = hcl.write_comment(entry.description)
            block.inner_comments = [f"checkov:skip={check.check}:{check.reason}" for check in entry.suppressed_checks]
        found.append((order.get(body.address, len(order)), body.labels, block))
    return [block for *_, block in sorted(found, key=lambda entry: entry[:2])]


def _without_metadata(value: Any) -> Any:
    return {key: item for key, item in value.items() if key != METADATA} if isinstance(value, Mapping) else value
