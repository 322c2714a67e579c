"""Which arguments of a resource are nested blocks: the provider's bindings say it, argument by argument.

A JSON configuration writes ``environment {}`` and ``tags = {}`` alike; HCL does not. The bindings carry, for their own
HCL, whether each argument is a block; that is read here, and what they do not know is an error, never a guess.
"""

from __future__ import annotations

import importlib.util
import re
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .errors import ConfigurationError

# An argument in the bindings' JavaScript. `[^,]*?` would not do: a value may hold commas.
ARGUMENT = re.compile(
    r"^ +(?P<name>\w+): \{\n +value: (?P<value>.*),\n +isBlock: (?P<block>true|false),\n", re.MULTILINE
)
STRUCT = re.compile(r"^function (?P<name>\w+)ToHclTerraform\(struct\) \{\n(?P<body>.*?)^\}", re.MULTILINE | re.DOTALL)
ROOT = re.compile(r"^ +synthesizeHclAttributes\(\) \{\n(?P<body>.*)", re.MULTILINE | re.DOTALL)
NESTED = re.compile(r"(?<!cdktf\.)\b(\w+)ToHclTerraform\b")


@dataclass
class Body:
    """The arguments of a block.

    Attributes:
        arguments: the names of those that take a value.
        blocks: the names of those that are blocks, each with its own body.
    """

    arguments: set[str] = field(default_factory=set)
    blocks: dict[str, Body] = field(default_factory=dict)


def bodies_of(kinds: Iterable[str]) -> Mapping[str, Body]:
    """What the bindings say of each kind.

    Args:
        kinds: ``aws_dynamodb_table`` for a resource, ``data.aws_region`` for a data source, ``provider.aws`` for a
            provider.

    Raises:
        ConfigurationError: naming the kinds that no installed bindings know.
    """
    wanted: dict[Path, dict[str, str]] = {}
    unknown = []
    for kind in sorted(set(kinds)):
        archive = _bindings_of(_provider_of(kind))
        if archive is None:
            unknown.append(kind)
        else:
            wanted.setdefault(archive, {})[f"package/lib/{_folder_of(kind)}/index.js"] = kind
    bodies = {}
    for archive, members in wanted.items():
        for member, source in _read(archive, set(members)).items():
            bodies[members[member]] = _parse(source)
        unknown += [kind for kind in members.values() if kind not in bodies]
    if unknown:
        raise ConfigurationError(
            f"no installed provider bindings tell the blocks of {', '.join(unknown)} from its arguments, so that it "
            "cannot be written as HCL; install the bindings, or hand it over with --format json"
        )
    return bodies


def _provider_of(kind: str) -> str:
    return kind.removeprefix("provider.").removeprefix("data.").split("_")[0]


def _folder_of(kind: str) -> str:
    if kind.startswith("provider."):
        return "provider"
    if kind.startswith("data."):
        return "data-" + kind.removeprefix("data.").replace("_", "-")
    return kind.split("_", 1)[1].replace("_", "-") if "_" in kind else kind


def _bindings_of(provider: str) -> Path | None:
    # Found, not imported: the import of a provider's package takes seconds.
    spec = importlib.util.find_spec(f"cdktf_cdktf_provider_{provider}")
    for location in (spec and spec.submodule_search_locations) or ():
        for archive in sorted(Path(location, "_jsii").glob("*.jsii.tgz")):
            return archive
    return None


def _read(archive: Path, members: set[str]) -> dict[str, str]:
    found = {}
    with tarfile.open(archive, "r|gz") as files:
        for member in files:
            if member.name in members:
                content = files.extractfile(member)
                assert content is not None  # noqa: S101 - a regular file
                found[member.name] = content.read().decode()
                if len(found) == len(members):
                    break
    return found


def _parse(source: str) -> Body:
    structs = {match["name"]: match["body"] for match in STRUCT.finditer(source)}
    root = ROOT.search(source)
    return _body(root["body"] if root else "", structs)


def _body(source: str, structs: Mapping[str, str]) -> Body:
    body = Body()
    for match in ARGUMENT.finditer(source):
        nested = NESTED.search(match["value"])
        if match["block"] == "false":
            body.arguments.add(match["name"])
        elif nested and nested[1] in structs:
            body.blocks[match["name"]] = _body(structs[nested[1]], structs)
        else:
            body.blocks[match["name"]] = Body()
    return body
