"""The arguments of a resource that are nested blocks, read from the provider's bindings.

Terraform's JSON syntax writes a nested block ``environment {}`` and a map ``tags = {}`` in the same way; HCL does not.
The JavaScript of the provider's CDKTF bindings has a flag ``isBlock`` for each argument. That flag is read here. An
unknown argument is an error, never a guess.

Tested with cdktf-cdktf-provider-aws 21.22.1.
"""

from __future__ import annotations

import importlib.util
import re
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import ConfigurationError

# An argument in the bindings' JavaScript. Its value may contain commas.
ARGUMENT = re.compile(
    r"^ +(?P<name>\w+): \{\n +value: (?P<value>.*),\n +isBlock: (?P<block>true|false),\n", re.MULTILINE
)
STRUCT = re.compile(r"^function (?P<name>\w+)ToHclTerraform\(struct\) \{\n(?P<body>.*?)^\}", re.MULTILINE | re.DOTALL)
RESOURCE = re.compile(r"^ +synthesizeHclAttributes\(\) \{\n(?P<body>.*)", re.MULTILINE | re.DOTALL)
NESTED_STRUCT = re.compile(r"(?<!cdktf\.)\b(\w+)ToHclTerraform\b")


@dataclass
class BlockSchema:
    """The schema of a block.

    Attributes:
        arguments: the names of the arguments that take a value.
        blocks: the schemas of the nested blocks by their names.
    """

    arguments: set[str] = field(default_factory=set)
    blocks: dict[str, BlockSchema] = field(default_factory=dict)


def read_schemas(kinds: Iterable[str]) -> Mapping[str, BlockSchema]:
    """Read the schemas of resources, data sources and providers.

    Args:
        kinds: ``aws_dynamodb_table`` for a resource, ``data.aws_region`` for a data source, ``provider.aws`` for a
            provider.

    Raises:
        ConfigurationError: naming the kinds that no installed bindings have.
    """
    kinds_by_file: dict[Path, dict[str, str]] = {}
    unknown = []
    for kind in sorted(set(kinds)):
        archive = _find_bindings(_provider_of(kind))
        if archive is None:
            unknown.append(kind)
        else:
            kinds_by_file.setdefault(archive, {})[f"package/lib/{_folder_of(kind)}/index.js"] = kind
    schemas = {}
    for archive, kind_by_file in kinds_by_file.items():
        for file, source in _read_files(archive, set(kind_by_file)).items():
            schemas[kind_by_file[file]] = _parse_resource(source)
        unknown += [kind for kind in kind_by_file.values() if kind not in schemas]
    if unknown:
        raise ConfigurationError(
            f"{', '.join(unknown)}: not in the installed provider bindings, so it cannot be written as HCL; "
            "install the provider's bindings, or use --format json"
        )
    return schemas


def _provider_of(kind: str) -> str:
    return kind.removeprefix("provider.").removeprefix("data.").split("_")[0]


def _folder_of(kind: str) -> str:
    """Return the kind's folder in the bindings."""
    if kind.startswith("provider."):
        return "provider"
    if kind.startswith("data."):
        return "data-" + kind.removeprefix("data.").replace("_", "-")
    return kind.split("_", 1)[1].replace("_", "-") if "_" in kind else kind


def _find_bindings(provider: str) -> Path | None:
    # The package is found but not imported: its import takes seconds.
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
    resource = RESOURCE.search(source)
    return _parse_struct(resource["body"] if resource else "", structs)


def _parse_struct(source: str, structs: Mapping[str, str]) -> BlockSchema:
    schema = BlockSchema()
    for match in ARGUMENT.finditer(source):
        nested = NESTED_STRUCT.search(match["value"])
        if match["block"] == "false":
            schema.arguments.add(match["name"])
        elif nested and nested[1] in structs:
            schema.blocks[match["name"]] = _parse_struct(structs[nested[1]], structs)
        else:
            schema.blocks[match["name"]] = BlockSchema()
    return schema
