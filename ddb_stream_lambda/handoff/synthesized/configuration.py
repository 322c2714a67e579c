"""A stack's configuration as cdktf wrote it, without cdktf's metadata, and checked for paths of this machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..errors import ConfigurationError
from .json_documents import with_documents
from .machine_paths import MachineFolders, machine_paths
from .patterns import Pattern, read_patterns
from .terraform_json import LABELS, LIST_BLOCKS, canonical_blocks, read_json

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
# Arguments that blocks without a label need.
REQUIRED_ARGUMENTS = {"moved": {"from", "to"}, "removed": {"from"}, "import": {"to"}}
KNOWN_SETTINGS = frozenset({"backend", "required_providers", "required_version"})
# Resources are listed along the data flow: the table, the failure bucket and its settings, the dead-letter queue, the
# notification that connects the two, the permissions, the function, the event source mapping, the alarms that watch
# them, and the dashboard.
TYPE_ORDER = (
    "aws_kms_key",
    "aws_dynamodb_table",
    "aws_s3_bucket",
    "aws_s3_bucket_ownership_controls",
    "aws_s3_bucket_public_access_block",
    "aws_s3_bucket_policy",
    "aws_s3_bucket_server_side_encryption_configuration",
    "aws_s3_bucket_versioning",
    "aws_s3_bucket_lifecycle_configuration",
    "aws_sqs_queue",
    "aws_sqs_queue_policy",
    "aws_s3_bucket_notification",
    "aws_iam_role",
    "aws_iam_role_policy",
    "aws_cloudwatch_log_group",
    "aws_lambda_function",
    "aws_lambda_event_source_mapping",
    "aws_sfn_state_machine",
    "aws_cloudwatch_metric_alarm",
    "aws_cloudwatch_dashboard",
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
class Module:
    """A module that the configuration calls.

    Attributes:
        name: the name in Terraform.
        source: where its code is. A path that starts with ``./`` is in the bundle.
        version: the constraint on its version; empty if it has none.
    """

    name: str
    source: str
    version: str = ""

    @property
    def address(self) -> str:
        """The address in Terraform."""
        return f"module.{self.name}"

    @property
    def is_local(self) -> bool:
        """Return whether its code is in the bundle."""
        return self.source.startswith(("./", "../"))


@dataclass(frozen=True)
class Configuration:
    """A stack's Terraform configuration.

    Attributes:
        blocks: the blocks by their type, in Terraform's JSON syntax.
        patterns: the patterns that this package's construct created.
    """

    blocks: Mapping[str, Any]
    patterns: tuple[Pattern, ...] = ()

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
    def modules(self) -> list[Module]:
        """The modules by their names, sorted."""
        return [
            Module(name, str(block.get("source", "")), str(block.get("version") or ""))
            for name, block in sorted(self.blocks.get("module", {}).items())
        ]

    def with_imports(self, imports: Sequence[Mapping[str, str]]) -> Configuration:
        """Return the configuration with further import blocks."""
        return replace(self, blocks={**self.blocks, "import": [*self.imports, *imports]})

    def _blocks_of(self, block: str) -> Iterator[Resource]:
        for type, resources in self.blocks.get(block, {}).items():
            for name, arguments in resources.items():
                yield Resource(type, name, arguments, is_data=block == "data")


def read_configuration(path: Path, folders: MachineFolders | None = None) -> Configuration:
    """Read the configuration that cdktf wrote for a stack.

    Leaves out cdktf's metadata, and a ``local`` backend, whose path is on this machine.

    Args:
        path: the stack's ``cdk.tf.json``.
        folders: the folders of this machine. No value may have a path in one.

    Raises:
        ConfigurationError: if the file cannot be read, or holds an unknown block or a path of this machine.
    """
    content = canonical_blocks(read_json(path))
    if content is None or not _has_required_arguments(content):
        raise ConfigurationError(f"{path.name} does not have cdktf's format; synthesize the stack again")
    unknown_blocks = sorted(set(content) - KNOWN_BLOCKS - {METADATA})
    if unknown_blocks:
        raise ConfigurationError(
            f"{path.name} has blocks that cannot be handed over: {', '.join(unknown_blocks)}; "
            f"supported are: {', '.join(sorted(KNOWN_BLOCKS))}"
        )
    blocks = {
        type: _without_metadata(block, LABELS.get(type, 0)) for type, block in content.items() if type != METADATA
    }
    unknown_settings = sorted(set(blocks.get("terraform", {})) - KNOWN_SETTINGS)
    if unknown_settings:
        raise ConfigurationError(
            f"terraform.{', terraform.'.join(unknown_settings)}: the operations team decides where Terraform runs; "
            "remove this setting from the stack"
        )
    (blocks.get("terraform", {}).get("backend") or {}).pop("local", None)
    paths = sorted(machine_paths(blocks, folders or MachineFolders()))
    if paths:
        raise ConfigurationError(
            "the configuration has absolute paths, which do not exist on other machines; use relative paths or "
            "variables, or allow a path with --allow-path:\n  " + "\n  ".join(paths)
        )
    return Configuration(with_documents(blocks), read_patterns(content))


def _order_of(type: str) -> int:
    return TYPE_ORDER.index(type) if type in TYPE_ORDER else len(TYPE_ORDER)


def _has_required_arguments(content: Mapping[str, Any]) -> bool:
    """Return whether blocks without a label have what they need, and all other blocks are objects."""
    for type, block in content.items():
        if type in LIST_BLOCKS:
            if not all(argument in item for item in block for argument in REQUIRED_ARGUMENTS[type]):
                return False
        elif not isinstance(block, dict) and type != METADATA:
            return False
    return True


def _without_metadata(value: Any, labels: int) -> Any:
    """Return blocks without the comment property of each block. Below the blocks, the property is a key of a map.

    Args:
        value: the blocks.
        labels: the number of labels between the value and a block.
    """
    if isinstance(value, list):
        return [_without_metadata(item, labels) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: _without_metadata(item, labels - 1) if labels else item for key, item in value.items() if key != METADATA
    }
