"""The schemas of the blocks of Terraform's language, and of what is built into Terraform.

See https://developer.hashicorp.com/terraform/language and
https://developer.hashicorp.com/terraform/language/syntax/json#block-type-specific-exceptions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from .schema import BlockSchema, Kind

CODE, TEMPLATE, TEXT = Kind.CODE, Kind.TEMPLATE, Kind.TEXT

CONDITION = BlockSchema({"condition": TEMPLATE, "error_message": TEMPLATE})
CONDITIONS = {"precondition": CONDITION, "postcondition": CONDITION}
LIFECYCLE = BlockSchema(
    {
        "create_before_destroy": TEXT,
        "prevent_destroy": TEXT,
        "destroy": TEXT,
        "ignore_changes": CODE,
        "replace_triggered_by": CODE,
    },
    CONDITIONS,
)
CONNECTION = BlockSchema(others=TEMPLATE)
PROVISIONER = BlockSchema({"when": CODE, "on_failure": CODE}, {"connection": CONNECTION}, labels=1, others=TEMPLATE)
META_ARGUMENTS = {"count": TEMPLATE, "for_each": TEMPLATE, "provider": CODE, "depends_on": CODE}
META_BLOCKS = {"lifecycle": LIFECYCLE, "connection": CONNECTION, "provisioner": PROVISIONER}
VARIABLE = BlockSchema(
    {
        "type": CODE,
        "default": TEXT,
        "description": TEXT,
        "nullable": TEXT,
        "sensitive": TEXT,
        "ephemeral": TEXT,
        "deprecated": TEXT,
    },
    {"validation": CONDITION},
    labels=1,
)
OUTPUT = BlockSchema(
    {
        "value": TEMPLATE,
        "description": TEXT,
        "sensitive": TEXT,
        "ephemeral": TEXT,
        "deprecated": TEXT,
        "depends_on": CODE,
    },
    {"precondition": CONDITION},
    labels=1,
)
MODULE = BlockSchema(
    {**META_ARGUMENTS, "source": TEXT, "version": TEXT, "providers": CODE}, {}, labels=1, others=TEMPLATE
)
MOVED = BlockSchema({"from": CODE, "to": CODE})
REMOVED = BlockSchema({"from": CODE}, {"lifecycle": LIFECYCLE, "connection": CONNECTION, "provisioner": PROVISIONER})
IMPORT = BlockSchema({"to": CODE, "id": TEMPLATE, "identity": TEMPLATE, "provider": CODE, "for_each": TEMPLATE})
TERRAFORM = BlockSchema({"required_version": TEXT}, {"required_providers": BlockSchema(others=Kind.PROVIDER)})
LOCALS = BlockSchema(others=TEMPLATE)
# These types are built into Terraform, so no provider has their schemas:
# https://developer.hashicorp.com/terraform/language/resources/terraform-data and
# https://developer.hashicorp.com/terraform/language/state/remote-state-data.
BUILT_IN = {
    "terraform_data": BlockSchema({"input": TEMPLATE, "triggers_replace": TEMPLATE, "store": TEMPLATE}),
    "data.terraform_remote_state": BlockSchema(
        {"backend": TEMPLATE, "config": TEMPLATE, "defaults": TEMPLATE, "workspace": TEMPLATE}
    ),
    "provider.terraform": BlockSchema(),
}

# HashiCorp's small providers have no nested blocks, except for one. So any argument is an argument, and Terraform
# reports unknown ones. See the schemas of null 3.2, random 3.7, local 2.5, time 0.13 and archive 2.7.
WITHOUT_BLOCKS = ("null", "random", "local", "time", "archive")
BLOCKS_OF_SMALL_PROVIDERS = {
    type: {"source": BlockSchema({"content": TEMPLATE, "filename": TEMPLATE})}
    for type in ("archive_file", "data.archive_file")
}


def known_schema(kind: str) -> BlockSchema | None:
    """Return the schema of what is built into Terraform or belongs to a small provider of HashiCorp."""
    if kind in BUILT_IN:
        return BUILT_IN[kind]
    if kind.rpartition(".")[2].split("_")[0] in WITHOUT_BLOCKS:
        return BlockSchema(blocks=dict(BLOCKS_OF_SMALL_PROVIDERS.get(kind, {})), others=TEMPLATE)
    return None


def root_schema(schemas: Mapping[str, BlockSchema]) -> BlockSchema:
    """Return the schema of a whole configuration.

    Args:
        schemas: the schemas of its resources, data sources and providers by their kinds; see
            `provider_schema.read_schemas`.
    """
    providers: dict[str, BlockSchema] = {}
    resources: dict[str, BlockSchema] = {}
    data_sources: dict[str, BlockSchema] = {}
    ephemeral_resources: dict[str, BlockSchema] = {}
    for kind, schema in schemas.items():
        prefix, _, type = kind.rpartition(".")
        if prefix == "provider":
            providers[type] = replace(schema, arguments={**schema.arguments, "alias": TEXT, "version": TEXT})
        else:
            full = replace(
                schema,
                arguments={**schema.arguments, **META_ARGUMENTS},
                blocks={**schema.blocks, **META_BLOCKS},
                labels=0,
            )
            {"": resources, "data": data_sources, "ephemeral": ephemeral_resources}[prefix][type] = full
    data = BlockSchema(labels=2, types=data_sources)
    return BlockSchema(
        blocks={
            "terraform": TERRAFORM,
            "provider": BlockSchema(labels=1, types=providers),
            "resource": BlockSchema(labels=2, types=resources),
            "data": data,
            "ephemeral": BlockSchema(labels=2, types=ephemeral_resources),
            "variable": VARIABLE,
            "output": OUTPUT,
            "locals": LOCALS,
            "module": MODULE,
            "moved": MOVED,
            "removed": REMOVED,
            "import": IMPORT,
            "check": BlockSchema({}, {"data": data, "assert": CONDITION}, labels=1),
        }
    )
