"""The configuration of a bundle in HCL: which blocks are in which file, with comments for operators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import ConfigurationError
from ..facts.constraints import Requirements
from ..facts.stack import DescribedResource
from ..synthesized.configuration import Configuration, Resource
from . import hcl
from .provider_schema import BlockSchema, read_schemas

CONDITION = BlockSchema({"condition", "error_message"})
LIFECYCLE = BlockSchema(
    {"create_before_destroy", "prevent_destroy", "ignore_changes", "replace_triggered_by"},
    {"precondition": CONDITION, "postcondition": CONDITION},
)
VARIABLE_ARGUMENTS = ("description", "type", "default", "nullable", "sensitive", "ephemeral")
VARIABLE = BlockSchema(set(VARIABLE_ARGUMENTS), {"validation": CONDITION})
OUTPUT = BlockSchema(
    {"description", "value", "sensitive", "ephemeral", "depends_on"},
    {"precondition": CONDITION},
)
IMPORT_ARGUMENTS = ("to", "id", "provider")
# Meta-arguments of every resource, in addition to the arguments of its type.
META_ARGUMENTS = {"count", "for_each", "provider"}
LAST_META_ARGUMENTS = ("lifecycle", "depends_on")
# Files that every module has, also without blocks:
# https://developer.hashicorp.com/terraform/language/modules/develop/structure
STANDARD_FILES = ("main.tf", "variables.tf", "outputs.tf")
NO_BLOCKS = "# This configuration has no blocks of this kind.\n"
NAME_ARGUMENTS = ("name", "function_name", "alarm_name")
# Blocks that are written only in JSON.
JSON_ONLY_BLOCKS = ("moved", "removed")
MODULE_ARGUMENTS = ("source", "version", "providers")


def hcl_files(
    *, configuration: Configuration, requirements: Requirements, resources: Sequence[DescribedResource]
) -> dict[str, str]:
    """Return the text of each file by its name.

    Args:
        configuration: the configuration.
        requirements: the constraints on Terraform and the providers.
        resources: the data sources and resources, in the order of the file.

    Raises:
        ConfigurationError: if a block cannot be written as HCL.
    """
    for type in JSON_ONLY_BLOCKS:
        if type in configuration.blocks:
            raise ConfigurationError(f"{type} blocks cannot be written as HCL; use --format json")
    providers = _providers(configuration)
    schemas = read_schemas(
        [*(described.resource.kind for described in resources), *(f"provider.{name}" for name, _ in providers)]
    )
    files = {
        "main.tf": _main_blocks(configuration, resources, schemas),
        "providers.tf": [_provider_block(name, arguments, schemas) for name, arguments in providers],
        "terraform.tf": [_terraform_block(requirements)],
        "variables.tf": [variable_block(name, block) for name, block in configuration.variables.items()],
        "outputs.tf": [_output_block(name, block) for name, block in configuration.outputs.items()],
        "imports.tf": [_import_block(block) for block in configuration.imports],
    }
    written = {name: hcl.write_blocks(blocks) for name, blocks in files.items() if blocks}
    return dict.fromkeys(STANDARD_FILES, NO_BLOCKS) | written


def resource_block(described: DescribedResource, schema: BlockSchema) -> hcl.Block:
    """Return the block of a resource or data source, with its description and suppressed checks as comments."""
    resource = described.resource
    arguments = {name: value for name, value in resource.arguments.items() if name not in LAST_META_ARGUMENTS}
    block = hcl.build_block(
        _header(resource),
        arguments,
        BlockSchema(schema.arguments | META_ARGUMENTS, schema.blocks),
        address=resource.address,
        first=NAME_ARGUMENTS,
    )
    if lifecycle := resource.arguments.get("lifecycle"):
        block.blocks.append(hcl.build_block("lifecycle", lifecycle, LIFECYCLE, address=f"{resource.address}.lifecycle"))
    if depends_on := resource.arguments.get("depends_on"):
        block.last_arguments.append(("depends_on", hcl.write_expression(depends_on, "depends_on")))
    if not resource.is_data:
        block.comments = hcl.write_comment(described.description)
    block.inner_comments = [f"checkov:skip={entry.check}:{entry.reason}" for entry in described.suppressed_checks]
    return block


def variable_block(name: str, arguments: Mapping[str, Any]) -> hcl.Block:
    """Return the block of a variable."""
    if "type" in arguments:
        arguments = {**arguments, "type": hcl.RawHcl(arguments["type"])}
    return hcl.build_block(f'variable "{name}"', arguments, VARIABLE, address=f"var.{name}", first=VARIABLE_ARGUMENTS)


def _main_blocks(
    configuration: Configuration, resources: Sequence[DescribedResource], schemas: Mapping[str, BlockSchema]
) -> list[hcl.Block]:
    blocks = []
    if values := configuration.blocks.get("locals"):
        blocks.append(hcl.build_block("locals", values, BlockSchema(set(values)), address="locals"))
    blocks += [_module_block(name, arguments) for name, arguments in configuration.blocks.get("module", {}).items()]
    blocks += [resource_block(described, schemas[described.resource.kind]) for described in resources]
    return blocks


def _providers(configuration: Configuration) -> list[tuple[str, Mapping[str, Any]]]:
    """Return the name and arguments of each provider block."""
    return [
        (name, arguments)
        for name, blocks in sorted(configuration.blocks.get("provider", {}).items())
        for arguments in (blocks if isinstance(blocks, list) else [blocks])
    ]


def _provider_block(name: str, arguments: Mapping[str, Any], schemas: Mapping[str, BlockSchema]) -> hcl.Block:
    kind = f"provider.{name}"
    return hcl.build_block(f'provider "{name}"', arguments, schemas[kind], address=kind)


def _module_block(name: str, arguments: Mapping[str, Any]) -> hcl.Block:
    if providers := arguments.get("providers"):
        width = max(map(len, providers))
        lines = [f"{hcl.INDENT}{local:{width}} = {passed}" for local, passed in providers.items()]
        arguments = {**arguments, "providers": hcl.RawHcl("\n".join(["{", *lines, "}"]))}
    schema = BlockSchema(set(arguments) - {"depends_on"} | set(MODULE_ARGUMENTS))
    block = hcl.build_block(
        f'module "{name}"',
        {argument: value for argument, value in arguments.items() if argument != "depends_on"},
        schema,
        address=f"module.{name}",
        first=MODULE_ARGUMENTS,
    )
    if depends_on := arguments.get("depends_on"):
        block.last_arguments.append(("depends_on", hcl.write_expression(depends_on, "depends_on")))
    return block


def _header(resource: Resource) -> str:
    return f'{"data" if resource.is_data else "resource"} "{resource.type}" "{resource.name}"'


def _terraform_block(requirements: Requirements) -> hcl.Block:
    settings = requirements.block
    providers = [
        (name, hcl.write_expression(_with_references(block))) for name, block in settings["required_providers"].items()
    ]
    return hcl.Block(
        "terraform",
        [("required_version", hcl.write_expression(settings["required_version"]))],
        [hcl.Block("required_providers", providers)] if providers else [],
    )


def _with_references(provider: Mapping[str, Any]) -> dict[str, Any]:
    aliases = [hcl.RawHcl(alias) for alias in provider.get("configuration_aliases", ())]
    return {**provider, "configuration_aliases": aliases} if aliases else dict(provider)


def _output_block(name: str, arguments: Mapping[str, Any]) -> hcl.Block:
    return hcl.build_block(
        f'output "{name}"', arguments, OUTPUT, address=f"output.{name}", first=("description", "value")
    )


def _import_block(arguments: Mapping[str, Any]) -> hcl.Block:
    given = [name for name in IMPORT_ARGUMENTS if name in arguments]
    return hcl.Block("import", [(name, hcl.write_expression(arguments[name], name)) for name in given])
