"""A stack's configuration as cdktf wrote it, without cdktf's metadata, and checked for paths of this machine."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import ConfigurationError
from . import templates
from .json_documents import with_documents
from .json_text import read_json

METADATA = "//"
KNOWN_BLOCKS = frozenset(
    {
        "terraform",
        "provider",
        "variable",
        "output",
        "resource",
        "data",
        "locals",
        "module",
        "moved",
        "removed",
        "import",
        "check",
        "ephemeral",
    }
)
# Blocks without a label.
LIST_BLOCKS = frozenset({"moved", "removed", "import"})
KNOWN_SETTINGS = frozenset({"backend", "required_providers", "required_version"})
# Arguments that name a file or a folder.
PATH_ARGUMENTS = frozenset({"filename", "source", "template_file", "content_path"})
# The folder of the module, as a prefix of a path.
MODULE_FOLDER = "${path.module}/"
ABSOLUTE_PATH = re.compile(r"/|\\\\|[A-Za-z]:[\\/]|~")
# Arguments whose value is a file that cdktf copied next to the configuration.
ASSET_ARGUMENTS = frozenset(
    {("aws_lambda_function", "filename"), ("aws_lambda_layer_version", "filename"), ("aws_s3_object", "source")}
)
# Resources are listed along the data flow: the table, the dead-letter queue, the permissions, the function, the event
# source mapping, and the alarms that watch them.
TYPE_ORDER = (
    "aws_kms_key",
    "aws_dynamodb_table",
    "aws_sqs_queue",
    "aws_sqs_queue_policy",
    "aws_iam_role",
    "aws_iam_role_policy",
    "aws_cloudwatch_log_group",
    "aws_lambda_function",
    "aws_lambda_event_source_mapping",
    "aws_cloudwatch_metric_alarm",
)


@dataclass(frozen=True)
class Resource:
    """A resource or a data source.

    Attributes:
        type: the type, such as ``aws_sqs_queue``.
        name: the name in Terraform.
        arguments: the arguments, in Terraform's JSON syntax.
        is_data: whether it is a data source.
    """

    type: str
    name: str
    arguments: Mapping[str, Any]
    is_data: bool = False

    @property
    def address(self) -> str:
        """The address in Terraform, such as ``data.aws_region.current``."""
        return f"{self.kind}.{self.name}"

    @property
    def kind(self) -> str:
        """The type, with the prefix ``data.`` for a data source."""
        return f"data.{self.type}" if self.is_data else self.type


@dataclass(frozen=True)
class Configuration:
    """A stack's Terraform configuration.

    Attributes:
        blocks: the blocks by their type, in Terraform's JSON syntax.
    """

    blocks: Mapping[str, Any]

    @property
    def settings(self) -> Mapping[str, Any]:
        """The ``terraform`` block."""
        return dict(self.blocks.get("terraform", {}))

    @property
    def variables(self) -> Mapping[str, Mapping[str, Any]]:
        """The variable blocks by their names, sorted."""
        return dict(sorted(self.blocks.get("variable", {}).items()))

    @property
    def outputs(self) -> Mapping[str, Mapping[str, Any]]:
        """The output blocks by their names, sorted."""
        return dict(sorted(self.blocks.get("output", {}).items()))

    @property
    def imports(self) -> Sequence[Mapping[str, str]]:
        """The import blocks."""
        return list(self.blocks.get("import", []))

    @property
    def resources(self) -> list[Resource]:
        """The resources in the order of `TYPE_ORDER`, then by their addresses."""
        return sorted(self._blocks_of("resource"), key=lambda resource: (_order_of(resource.type), resource.address))

    @property
    def data_sources(self) -> list[Resource]:
        """The data sources by their addresses."""
        return sorted(self._blocks_of("data"), key=lambda source: source.address)

    @property
    def assets(self) -> list[str]:
        """The files that the configuration refers to, relative to the stack's folder."""
        return sorted(
            {
                str(resource.arguments[argument]).removeprefix(MODULE_FOLDER)
                for resource in self._blocks_of("resource")
                for type, argument in ASSET_ARGUMENTS
                if resource.type == type and argument in resource.arguments
                if not templates.expressions_of(str(resource.arguments[argument]).removeprefix(MODULE_FOLDER))
            }
        )

    def with_imports(self, imports: Sequence[Mapping[str, str]]) -> Configuration:
        """Return the configuration with further import blocks."""
        return Configuration({**self.blocks, "import": [*self.imports, *imports]})

    def _blocks_of(self, block: str) -> Iterator[Resource]:
        for type, resources in self.blocks.get(block, {}).items():
            for name, arguments in resources.items():
                yield Resource(type, name, arguments, is_data=block == "data")


def read_configuration(path: Path, machine_folders: Sequence[Path] = ()) -> Configuration:
    """Read the configuration that cdktf wrote for a stack.

    Leaves out cdktf's metadata, and a ``local`` backend, whose path is on this machine.

    Args:
        path: the stack's ``cdk.tf.json``.
        machine_folders: folders of this machine. No value may contain one.

    Raises:
        ConfigurationError: if the file cannot be read, or holds an unknown block or a path of this machine.
    """
    try:
        content = read_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path.name} cannot be read: {error}; synthesize the stack again") from error
    if not _is_configuration(content):
        raise ConfigurationError(f"{path.name} does not have cdktf's format; synthesize the stack again")
    unknown_blocks = sorted(set(content) - KNOWN_BLOCKS - {METADATA})
    if unknown_blocks:
        raise ConfigurationError(
            f"{path.name} has blocks that cannot be handed over: {', '.join(unknown_blocks)}; "
            f"supported are: {', '.join(sorted(KNOWN_BLOCKS))}"
        )
    blocks = _without_metadata(content)
    unknown_settings = sorted(set(blocks.get("terraform", {})) - KNOWN_SETTINGS)
    if unknown_settings:
        raise ConfigurationError(
            f"terraform.{', terraform.'.join(unknown_settings)}: the operations team decides where Terraform runs; "
            "remove this setting from the stack"
        )
    blocks.get("terraform", {}).get("backend", {}).pop("local", None)
    paths = sorted(_machine_paths(blocks, machine_folders))
    if paths:
        raise ConfigurationError(
            "the configuration has absolute paths, which do not exist on other machines; use relative paths or "
            "variables:\n  " + "\n  ".join(paths)
        )
    return Configuration(with_documents(blocks))


def _order_of(type: str) -> int:
    return TYPE_ORDER.index(type) if type in TYPE_ORDER else len(TYPE_ORDER)


def _is_configuration(content: object) -> bool:
    """Return whether the content has the structure that cdktf writes.

    Most blocks are objects; those in `LIST_BLOCKS` are lists of objects. Resources and data sources are objects by
    their type and name.
    """
    if not isinstance(content, dict):
        return False
    for type, block in content.items():
        if not _are_objects(block) if type in LIST_BLOCKS else not isinstance(block, dict):
            return False
    types = [resources for block in ("resource", "data") for resources in content.get(block, {}).values()]
    return all(isinstance(resources, dict) and _are_objects(list(resources.values())) for resources in types)


def _are_objects(values: object) -> bool:
    return isinstance(values, list) and all(isinstance(value, dict) for value in values)


def _without_metadata(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_metadata(item) for key, item in value.items() if key != METADATA}
    if isinstance(value, list):
        return [_without_metadata(item) for item in value]
    return value


def _machine_paths(value: Any, machine_folders: Sequence[Path], *, property: str = "") -> Iterator[str]:
    """Yield each absolute path, and each text that contains a folder of this machine, as ``property = value``."""
    if isinstance(value, dict):
        for key, item in value.items():
            nested = f"{property}.{key}" if property else key
            if key in PATH_ARGUMENTS and isinstance(item, str) and ABSOLUTE_PATH.match(item):
                yield f"{nested} = {item}"
            else:
                yield from _machine_paths(item, machine_folders, property=nested)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _machine_paths(item, machine_folders, property=f"{property}[{index}]")
    elif isinstance(value, str):
        for folder in machine_folders:
            if folder != folder.parent and re.search(re.escape(str(folder)) + r"(?![\w.-])", value):
                yield f"{property} = {value}"
                break
