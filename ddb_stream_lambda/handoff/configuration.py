"""The stack's configuration: read from what cdktf wrote, without its metadata, checked that it can move."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import documents, templates
from .errors import ConfigurationError

METADATA = "//"
KNOWN = frozenset(
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
    }
)
SETTINGS = frozenset({"backend", "required_providers", "required_version"})
# Arguments that name a file or a folder.
PATHS = frozenset({"filename", "source", "template_file", "content_path"})
ABSOLUTE = re.compile(r"/|\\\\|[A-Za-z]:[\\/]|~")
# Sources that Terraform fetches are no paths, nor are expressions.
ASSET_ARGUMENTS = frozenset(
    {("aws_lambda_function", "filename"), ("aws_lambda_layer_version", "filename"), ("aws_s3_object", "source")}
)


@dataclass(frozen=True)
class Resource:
    """One resource or data source.

    Attributes:
        type: such as ``aws_sqs_queue``.
        name: its name in Terraform.
        arguments: what is given.
        data: whether it is a data source.
    """

    type: str
    name: str
    arguments: Mapping[str, Any]
    data: bool = False

    @property
    def address(self) -> str:
        """How Terraform names it."""
        return f"{'data.' if self.data else ''}{self.type}.{self.name}"

    @property
    def kind(self) -> str:
        """How `schema` names what it is."""
        return f"{'data.' if self.data else ''}{self.type}"


@dataclass(frozen=True)
class Configuration:
    """A stack's Terraform, as a mapping of its blocks.

    Attributes:
        blocks: the configuration, in Terraform's JSON syntax.
    """

    blocks: Mapping[str, Any]

    @property
    def variables(self) -> Mapping[str, Mapping[str, Any]]:
        """Each variable by its name."""
        return dict(self.blocks.get("variable", {}))

    @property
    def outputs(self) -> Mapping[str, Mapping[str, Any]]:
        """Each output by its name."""
        return dict(self.blocks.get("output", {}))

    @property
    def terraform(self) -> Mapping[str, Any]:
        """The settings block."""
        return dict(self.blocks.get("terraform", {}))

    @property
    def resources(self) -> list[Resource]:
        """Every resource, in the order of the data flow where that is known, and of their addresses."""
        return sorted(self._all("resource"), key=lambda resource: (_place(resource.type), resource.address))

    @property
    def data_sources(self) -> list[Resource]:
        """Every data source, in the order of their addresses."""
        return sorted(self._all("data"), key=lambda source: source.address)

    def of(self, type: str) -> list[Resource]:
        """Every resource of a type."""
        return [resource for resource in self.resources if resource.type == type]

    def output_of(self, resource: Resource, attribute: str) -> str | None:
        """The name of the output that tells an attribute of a resource; None without one."""
        sought = f"${{{resource.address}.{attribute}}}"
        return next((name for name, output in self.outputs.items() if output.get("value") == sought), None)

    @property
    def assets(self) -> list[str]:
        """The files that the configuration refers to, relative to its folder."""
        return sorted(
            {
                resource.arguments[argument]
                for resource in self._all("resource")
                for type, argument in ASSET_ARGUMENTS
                if resource.type == type and argument in resource.arguments
                if not templates.expressions_of(str(resource.arguments[argument]))
            }
        )

    def _all(self, block: str) -> Iterator[Resource]:
        for type, resources in self.blocks.get(block, {}).items():
            for name, arguments in resources.items():
                yield Resource(type, name, arguments, data=block == "data")


# Along the data: where it is kept, where what fails goes, who may do what, what runs, what joins them, what watches.
ORDER = (
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


def _place(type: str) -> int:
    return ORDER.index(type) if type in ORDER else len(ORDER)


def read(path: Path, traces: tuple[Path, ...] = ()) -> Configuration:
    """The configuration that cdktf wrote, without its metadata and its backend's machine.

    Args:
        path: the ``cdk.tf.json``.
        traces: folders of this machine that no value may hold.

    Raises:
        ConfigurationError: where it cannot be read, holds blocks that are not known here, or an absolute path.
    """
    try:
        written = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path.name} cannot be read: {error}; synthesise the stack again") from error
    if not _is_configuration(written):
        raise ConfigurationError(f"{path.name} is not as cdktf writes a stack; synthesise the stack again")
    unknown = sorted(set(written) - KNOWN - {METADATA})
    if unknown:
        raise ConfigurationError(f"{path.name} holds blocks that a hand-off does not know: {', '.join(unknown)}")
    blocks = _without_metadata(written)
    unknown = sorted(set(blocks.get("terraform", {})) - SETTINGS)
    if unknown:
        raise ConfigurationError(
            f"terraform.{', terraform.'.join(unknown)}: a hand-off leaves where and how it runs to the operations "
            "team; take it out of the stack"
        )
    backend = blocks.get("terraform", {}).get("backend", {})
    backend.pop("local", None)  # its path is where the state lies on the machine that synthesised
    machine_bound = sorted(_absolute(blocks, "", traces))
    if machine_bound:
        raise ConfigurationError(
            "absolute paths would not exist where the bundle goes; make them relative or a variable:\n  "
            + "\n  ".join(machine_bound)
        )
    return Configuration(_with_documents(blocks))


def _is_configuration(written: object) -> bool:
    """Whether it is blocks by name and, for resources and data sources, arguments by type and name."""
    if not isinstance(written, dict) or not all(isinstance(block, dict) for block in written.values()):
        return False
    types = [named for kind in ("resource", "data") for named in written.get(kind, {}).values()]
    return all(isinstance(named, dict) and all(isinstance(one, dict) for one in named.values()) for named in types)


def _without_metadata(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_metadata(item) for key, item in value.items() if key != METADATA}
    if isinstance(value, list):
        return [_without_metadata(item) for item in value]
    return value


def _absolute(value: Any, where: str, traces: tuple[Path, ...]) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            at = f"{where}.{key}" if where else key
            if key in PATHS and isinstance(item, str) and ABSOLUTE.match(item):
                yield f"{at} = {item}"
            else:
                yield from _absolute(item, at, traces)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _absolute(item, f"{where}[{index}]", traces)
    elif isinstance(value, str):
        for trace in traces:
            if trace != trace.parent and re.search(re.escape(str(trace)) + r"(?![\w.-])", value):
                yield f"{where} = {value}"
                break


def _with_documents(value: Any, argument: str = "") -> Any:
    document = documents.read(argument, value)
    if document is not None:
        return documents.write(document)
    if isinstance(value, dict):
        return {key: _with_documents(item, key) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_documents(item, argument) for item in value]
    return value
