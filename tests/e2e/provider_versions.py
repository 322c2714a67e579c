"""Adapt a synthesized configuration to a version of the AWS provider that is older than the bindings.

`DIFFERENCES` lists everything that is changed. If a configuration uses another argument that the version lacks, its
test fails, so the table cannot hide a mistake.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
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
        arguments: resource type to the arguments that the version lacks. They are removed.
        attributes: pattern of a reference to its replacement, for attributes that have another name in the version.
        runtimes: pattern of Lambda runtimes that the version refuses, to the newest one that it accepts.
    """

    arguments: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    attributes: Mapping[str, str] = field(default_factory=dict)
    runtimes: Mapping[str, str] = field(default_factory=dict)


REGION_NAME = {r"\b(data\.aws_region\.[\w-]+)\.region\b": r"\1.name"}

# A version that is not listed has the differences of the newest listed version before it. It may lack less than that.
DIFFERENCES: dict[Version, Differences] = {
    (3, 39, 0): Differences(
        arguments={
            "aws_dynamodb_table": ("deletion_protection_enabled", "warm_throughput"),
            "aws_lambda_function": ("architectures", "ephemeral_storage", "logging_config", "snap_start"),
            "aws_lambda_event_source_mapping": (
                "filter_criteria",
                "function_response_types",
                "tags",
                "tumbling_window_in_seconds",
            ),
            "aws_sqs_queue": ("sqs_managed_sse_enabled",),
        },
        attributes={r"\b(aws_sqs_queue\.[\w-]+)\.url\b": r"\1.id"} | REGION_NAME,
        runtimes={r"python3\.(9|\d\d)": "python3.8", r"nodejs(1[6-9]|[2-9]\d)\.x": "nodejs14.x"},
    ),
    (5, 100, 0): Differences(arguments={"aws_dynamodb_table": ("warm_throughput",)}, attributes=REGION_NAME),
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


def adapt(config: Config, version: Version) -> Config:
    """Return a copy of a synthesized configuration in the form that a version accepts."""
    row = differences(version)
    config = _replace_references(copy.deepcopy(config), row.attributes)
    config["terraform"]["required_providers"]["aws"]["version"] = format_version(version)
    resources = config.get("resource", {})
    for type, arguments in row.arguments.items():
        for resource in resources.get(type, {}).values():
            for argument in arguments:
                resource.pop(argument, None)
    for function in resources.get("aws_lambda_function", {}).values():
        for pattern, newest_accepted in row.runtimes.items():
            if re.fullmatch(pattern, function.get("runtime", "")):
                function["runtime"] = newest_accepted
    return config


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
