"""The arguments of a resource that are nested blocks, read from the provider's schema or its bindings.

Terraform's JSON syntax writes a nested block ``environment {}`` and a map ``tags = {}`` in the same way; HCL does not.
Where the stack is initialized, ``terraform providers schema`` is the source. Otherwise, it is read from the
JavaScript of the provider's CDKTF bindings. An unknown argument is an error, never a guess.

Tested with cdktf-cdktf-provider-aws 21.22.1 and the AWS provider 5.100.0.
"""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..errors import ConfigurationError
from .language import known_schema
from .schema import BlockSchema, Kind

# An argument in the bindings' JavaScript. Its value may contain commas.
ARGUMENT = re.compile(
    r"^ +(?P<name>\w+): \{\n +value: (?P<value>.*),\n +isBlock: (?P<block>true|false),\n +type: \"(?P<type>\w+)\",\n",
    re.MULTILINE,
)
STRUCT = re.compile(r"^function (?P<name>\w+)ToHclTerraform\(struct\) \{\n(?P<body>.*?)^\}", re.MULTILINE | re.DOTALL)
RESOURCE = re.compile(r"^ +synthesizeHclAttributes\(\) \{\n(?P<body>.*)", re.MULTILINE | re.DOTALL)
NESTED_STRUCT = re.compile(r"(?<!cdktf\.)\b(\w+)ToHclTerraform\b")
# `isBlock` is true as well for an attribute that is a list, a set or a map of objects.
ATTRIBUTE_OF_OBJECTS = re.compile(r"\blistMapperHcl\(\w+, false\)|\bhashMapperHcl\(")
# A comment in the bindings. Blocks are never computed, so a computed one is an attribute that is an object.
COMPUTED = re.compile(r"^ +// (?P<name>\w+) - computed: (?P<computed>true|false)", re.MULTILINE)
# A block of the type `struct` that every provider has. Other structs are blocks or attributes.
TIMEOUTS = "timeouts"
ANY_TYPE = "cdktf.anyToHclTerraform("
# The parts of the output of `terraform providers schema -json`, by the prefix of a kind.
SCHEMA_PARTS = {
    "": "resource_schemas",
    "data.": "data_source_schemas",
    "ephemeral.": "ephemeral_resource_schemas",
}
SCHEMA_TIMEOUT = 300
# The schemas that were read from bindings. To read them takes seconds, since the bindings are one large archive.
_read_from_bindings: dict[str, BlockSchema] = {}


def read_schemas(kinds: Iterable[str], stack_folder: Path | None = None) -> Mapping[str, BlockSchema]:
    """Read the schemas of resources, data sources and providers.

    Args:
        kinds: ``aws_dynamodb_table`` for a resource, ``data.aws_region`` for a data source, ``provider.aws`` for a
            provider, ``ephemeral.random_password`` for an ephemeral resource.
        stack_folder: the stack's folder. If Terraform is initialized there, the schemas come from it.

    Raises:
        ConfigurationError: naming the kinds that neither Terraform nor the installed bindings know.
    """
    wanted = set(kinds)
    schemas = {kind: schema for kind in wanted if (schema := known_schema(kind))}
    if wanted - schemas.keys():
        schemas |= _from_terraform(wanted - schemas.keys(), stack_folder)
    if wanted - schemas.keys():
        schemas |= _from_bindings(wanted - schemas.keys())
    if unknown := sorted(wanted - schemas.keys()):
        raise ConfigurationError(
            f"{', '.join(unknown)}: not in the installed provider bindings, so it cannot be written as HCL; install "
            "the provider's bindings, run `terraform init` in the stack's folder in cdktf.out, or use --format json"
        )
    return schemas


def _from_terraform(kinds: set[str], stack_folder: Path | None) -> dict[str, BlockSchema]:
    """Read the schemas from Terraform. There are none if Terraform is not installed or the stack not initialized."""
    terraform = shutil.which("terraform")
    if stack_folder is None or terraform is None or not (stack_folder / ".terraform" / "providers").is_dir():
        return {}
    try:
        run = subprocess.run(  # noqa: S603 - the user's Terraform
            [terraform, "providers", "schema", "-json"],
            cwd=stack_folder,
            capture_output=True,
            timeout=SCHEMA_TIMEOUT,
            check=False,
        )
        providers = json.loads(run.stdout)["provider_schemas"] if run.returncode == 0 else {}
    except (OSError, subprocess.TimeoutExpired, ValueError, KeyError):
        # The bindings know the same.
        return {}
    schemas: dict[str, BlockSchema] = {}
    for source, provider in providers.items():
        name = source.rsplit("/", 1)[-1]
        if f"provider.{name}" in kinds:
            schemas[f"provider.{name}"] = _parse_schema(provider.get("provider", {}).get("block", {}))
        for prefix, part in SCHEMA_PARTS.items():
            for type, schema in provider.get(part, {}).items():
                if prefix + type in kinds:
                    schemas[prefix + type] = _parse_schema(schema["block"])
    return schemas


def _parse_schema(block: Mapping[str, Any]) -> BlockSchema:
    attributes = block.get("attributes", {})
    return BlockSchema(
        dict.fromkeys(attributes, Kind.TEMPLATE),
        {
            name: BlockSchema(
                **{**vars(_parse_schema(nested["block"])), "labels": int(nested["nesting_mode"] == "map")}
            )
            for name, nested in block.get("block_types", {}).items()
        },
        {
            name: BlockSchema(dict.fromkeys(fields, Kind.TEMPLATE))
            for name, attribute in attributes.items()
            if (fields := _fields_of(attribute.get("type")))
        },
    )


def _fields_of(type: Any) -> Mapping[str, Any]:
    """Return the fields of the type of an attribute that is a list or set of objects, which blocks can write."""
    if isinstance(type, list) and type[0] in ("list", "set") and isinstance(type[1], list) and type[1][0] == "object":
        return dict(type[1][1])
    return {}


def _from_bindings(kinds: set[str]) -> dict[str, BlockSchema]:
    kinds_by_file: dict[Path, dict[str, str]] = {}
    for kind in sorted(kinds - _read_from_bindings.keys()):
        if archive := _find_bindings(_provider_of(kind)):
            kinds_by_file.setdefault(archive, {})[f"package/lib/{_folder_of(kind)}/index.js"] = kind
    for archive, kind_by_file in kinds_by_file.items():
        for file, source in _read_files(archive, set(kind_by_file)).items():
            _read_from_bindings[kind_by_file[file]] = _parse_resource(source)
    return {kind: _read_from_bindings[kind] for kind in kinds if kind in _read_from_bindings}


def _provider_of(kind: str) -> str:
    return kind.rpartition(".")[2].split("_")[0]


def _folder_of(kind: str) -> str:
    """Return the kind's folder in the bindings."""
    prefix, _, type = kind.rpartition(".")
    if prefix == "provider":
        return "provider"
    if prefix:
        return f"{prefix}-{type.replace('_', '-')}"
    return type.split("_", 1)[1].replace("_", "-") if "_" in type else type


def _find_bindings(provider: str) -> Path | None:
    # The package is found but not imported: its import takes seconds.
    if not provider.isidentifier():
        return None
    spec = importlib.util.find_spec(f"cdktf_cdktf_provider_{provider}")
    for location in (spec and spec.submodule_search_locations) or ():
        for archive in sorted(Path(location, "_jsii").glob("*.jsii.tgz")):
            return archive
    return None


def _read_files(archive: Path, names: set[str]) -> dict[str, str]:
    contents: dict[str, str] = {}
    with tarfile.open(archive, "r|gz") as members:
        for member in members:
            if member.name in names and (file := members.extractfile(member)):
                contents[member.name] = file.read().decode()
                if len(contents) == len(names):
                    break
    return contents


def _parse_resource(source: str) -> BlockSchema:
    structs = {match["name"]: match["body"] for match in STRUCT.finditer(source)}
    comments = [(match["name"], match["computed"]) for match in COMPUTED.finditer(source)]
    computed = {name for name, flag in comments if flag == "true"} - {
        name for name, flag in comments if flag == "false"
    }
    resource = RESOURCE.search(source)
    return _parse_struct(resource["body"] if resource else "", structs, computed)


def _parse_struct(source: str, structs: Mapping[str, str], computed: set[str]) -> BlockSchema:
    arguments: dict[str, Kind] = {}
    schema = BlockSchema(arguments)
    for match in ARGUMENT.finditer(source):
        name, value = match["name"], match["value"]
        nested = NESTED_STRUCT.search(value)
        content = _parse_struct(structs[nested[1]], structs, computed) if nested and nested[1] in structs else None
        if match["block"] == "false":
            arguments[name] = Kind.TEMPLATE
            if ANY_TYPE in value:
                schema.uncertain.add(name)
        elif ATTRIBUTE_OF_OBJECTS.search(value):
            arguments[name] = Kind.TEMPLATE
            if content:
                schema.dynamic[name] = content
        elif match["type"] == "struct" and name != TIMEOUTS:
            arguments[name] = Kind.TEMPLATE
            if name not in computed:
                schema.uncertain.add(name)
        else:
            schema.blocks[name] = content or BlockSchema()
    return schema
