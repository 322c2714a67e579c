"""Adapt a synthesized configuration to a version of the AWS provider that is older than the bindings.

`DIFFERENCES` lists everything that is changed. If a configuration uses another argument that the version lacks, its
test fails, so the table cannot hide a mistake.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Config = dict[str, Any]
# For example (5, 100, 0).
Version = tuple[int, int, int]

# The provider version that the bindings were generated from.
BINDINGS_VERSION: Version = (6, 25, 0)


@dataclass(frozen=True)
class Differences:
    """The differences of a version of the provider from the bindings.

    Attributes:
        arguments: resource type to the arguments that the version lacks, each with the names of the blocks that it is
            in, such as ``replica.consistency_mode``. They are removed.
        everywhere: arguments that the version lacks in every type of resource and data source.
        attributes: pattern of a reference to its replacement, for attributes that have another name in the version.
        runtimes: pattern of Lambda runtimes that the version refuses, to the newest one that it accepts.
    """

    arguments: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    everywhere: tuple[str, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)
    runtimes: Mapping[str, str] = field(default_factory=dict)


REGION_NAME = {r"\b(data\.aws_region\.[\w-]+)\.region\b": r"\1.name"}

# A version that is not listed has the differences of the newest listed version before it. It may lack less than that.
DIFFERENCES: dict[Version, Differences] = {
    (3, 39, 0): Differences(
        arguments={
            "aws_cloudwatch_log_group": ("deletion_protection_enabled", "log_group_class", "skip_destroy"),
            "aws_dynamodb_table": (
                "deletion_protection_enabled",
                "global_secondary_index.on_demand_throughput",
                "global_secondary_index.warm_throughput",
                "global_table_witness",
                "import_table",
                "on_demand_throughput",
                "point_in_time_recovery.recovery_period_in_days",
                "replica.consistency_mode",
                "replica.deletion_protection_enabled",
                "replica.point_in_time_recovery",
                "replica.propagate_tags",
                "restore_date_time",
                "restore_source_name",
                "restore_source_table_arn",
                "restore_to_latest_time",
                "table_class",
                "warm_throughput",
            ),
            "aws_lambda_event_source_mapping": (
                "filter_criteria",
                "function_response_types",
                "kms_key_arn",
                "metrics_config",
                "tags",
                "tumbling_window_in_seconds",
            ),
            "aws_lambda_function": (
                "architectures",
                "capacity_provider_config",
                "durable_config",
                "ephemeral_storage",
                "logging_config",
                "publish_to",
                "replace_security_groups_on_destroy",
                "replacement_security_group_ids",
                "skip_destroy",
                "snap_start",
                "source_kms_key_arn",
                "tenancy_config",
                "timeouts.delete",
                "timeouts.update",
                "vpc_config.ipv6_allowed_for_dual_stack",
            ),
            "aws_sqs_queue": ("redrive_allow_policy", "sqs_managed_sse_enabled", "timeouts"),
        },
        everywhere=("region",),
        attributes={r"\b(aws_sqs_queue\.[\w-]+)\.url\b": r"\1.id"} | REGION_NAME,
        runtimes={r"python3\.(9|\d\d)": "python3.8", r"nodejs(1[6-9]|[2-9]\d)\.x": "nodejs14.x"},
    ),
    (5, 100, 0): Differences(
        arguments={
            "aws_cloudwatch_log_group": ("deletion_protection_enabled",),
            "aws_dynamodb_table": (
                "global_secondary_index.warm_throughput",
                "global_table_witness",
                "replica.consistency_mode",
                # It came with 6.9.0:
                # https://github.com/hashicorp/terraform-provider-aws/blob/main/CHANGELOG.md
                "replica.deletion_protection_enabled",
                "warm_throughput",
            ),
            "aws_lambda_function": (
                "capacity_provider_config",
                "durable_config",
                "publish_to",
                "source_kms_key_arn",
                "tenancy_config",
            ),
        },
        everywhere=("region",),
        attributes=REGION_NAME,
    ),
    BINDINGS_VERSION: Differences(),
}
# The version that `install.py` installs.
MIN_VERSION = min(DIFFERENCES)


def parse_version(text: str) -> Version | None:
    """Return a version such as "5.100.0", or None for a text that is not a released version."""
    match = re.fullmatch(r"(\d+)\.(\d+)\.(\d+)", text)
    return (int(match[1]), int(match[2]), int(match[3])) if match else None


def format_version(version: Version) -> str:
    return ".".join(map(str, version))


def is_usable(version: Version) -> bool:
    """Return whether configurations of the bindings can be adapted to a version.

    It must not be older than the table, and of no later major version than the bindings.
    """
    return MIN_VERSION <= version < (BINDINGS_VERSION[0] + 1, 0, 0)


def differences(version: Version) -> Differences:
    """Return the differences of a usable version from the bindings."""
    return DIFFERENCES[max(listed for listed in DIFFERENCES if listed <= version)]


def lacking(type: str, version: Version) -> tuple[str, ...]:
    """Return the arguments of a resource that a version lacks, each with the names of the blocks that it is in."""
    row = differences(version)
    return (*row.arguments.get(type, ()), *row.everywhere)


def adapt(config: Config, version: Version) -> Config:
    """Return a copy of a synthesized configuration in the form that a version accepts."""
    row = differences(version)
    config = _replace_references(copy.deepcopy(config), row.attributes)
    config["terraform"]["required_providers"]["aws"]["version"] = format_version(version)
    for kind in ("resource", "data"):
        for type, resources in config.get(kind, {}).items():
            for resource in resources.values():
                for argument in lacking(type, version):
                    _remove(resource, argument.split("."))
    for function in config.get("resource", {}).get("aws_lambda_function", {}).values():
        for pattern, newest_accepted in row.runtimes.items():
            if re.fullmatch(pattern, function.get("runtime", "")):
                function["runtime"] = newest_accepted
    return config


def adapt_hcl(text: str, version: Version) -> str:
    """Return a configuration that cdktf wrote as HCL in the form that a version accepts, except for its runtimes.

    cdktf writes each argument, and the end of each block, map and list on a separate line.
    """
    text = str(_replace_references(text, differences(version).attributes))
    text = text.replace(f'version = "{format_version(BINDINGS_VERSION)}"', f'version = "{format_version(version)}"')
    kept: list[str] = []
    type, path, removed_below, in_heredoc = "", list[str](), None, False
    for line in text.splitlines():
        depth = len(path)
        if in_heredoc:
            in_heredoc = line != "EOF"
        elif not path and line.endswith("{"):
            resource = re.match(r'(?:resource|data) "(\w+)"', line)
            type, path = resource[1] if resource else "", [""]
        elif re.fullmatch(r"\s*[}\]],?", line):
            path = path[:-1]
        else:
            path = [*path, line.split()[0]] if line.strip() else path
            in_heredoc = line.endswith("<<EOF")
            if removed_below is None and type and ".".join(path[1:]) in lacking(type, version):
                removed_below = depth
            if not line.endswith(("{", "[")):
                path = path[:depth]
        if removed_below is None:
            kept.append(line)
        elif len(path) == removed_below and not in_heredoc:
            removed_below = None
    return "\n".join(kept) + "\n"


def _remove(block: Any, path: Sequence[str]) -> None:
    """Remove an argument from a block, or from each block of a list."""
    match block:
        case list():
            for item in block:
                _remove(item, path)
        case dict() if len(path) == 1:
            block.pop(path[0], None)
        case dict():
            _remove(block.get(path[0]), path[1:])


def _replace_references(value: Any, replacements: Mapping[str, str]) -> Any:
    match value:
        case dict():
            return {key: _replace_references(item, replacements) for key, item in value.items()}
        case list():
            return [_replace_references(item, replacements) for item in value]
        case str():
            for pattern, replacement in replacements.items():
                value = re.sub(pattern, replacement, value)
    return value
