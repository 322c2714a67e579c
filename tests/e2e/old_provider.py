"""What the AWS provider 3.39.0 does not know, or calls otherwise: nothing else of a configuration is touched.

The bindings are of 6.25.0. Where only the old one can be had, an argument that it does not know and this table does not
name still fails the tests, so the table hides no mistake.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from typing import Any

from .install import PROVIDER_VERSION

Config = dict[str, Any]

# Arguments that 3.39.0 lacks, by their paths in the resource.
LACKS: dict[str, list[str]] = {
    "aws_dynamodb_table": ["deletion_protection_enabled"],
    "aws_lambda_function": ["architectures", "ephemeral_storage", "logging_config"],
    "aws_lambda_event_source_mapping": [
        "filter_criteria",
        "function_response_types",
        "tags",
        "tumbling_window_in_seconds",
    ],
    "aws_sqs_queue": ["sqs_managed_sse_enabled"],
}
# Attributes that 3.39.0 exports under another name.
RENAMED = {
    r"\b(aws_sqs_queue\.[\w-]+)\.url\b": r"\1.id",
    r"\b(data\.aws_region\.[\w-]+)\.region\b": r"\1.name",
}
# The newest runtime of each language that 3.39.0 accepts.
RUNTIMES = {r"python3\.(9|\d\d)": "python3.8", r"nodejs(1[6-9]|[2-9]\d)\.x": "nodejs14.x"}


def downgrade(config: Config) -> Config:
    """A copy of a synthesised configuration for 3.39.0."""
    config = _renamed(copy.deepcopy(config))
    config["terraform"]["required_providers"]["aws"]["version"] = PROVIDER_VERSION
    for resource, path in _lacking(config):
        del resource[path]
    for function in config.get("resource", {}).get("aws_lambda_function", {}).values():
        for newer, newest_known in RUNTIMES.items():
            if re.fullmatch(newer, function.get("runtime", "")):
                function["runtime"] = newest_known
    return config


def _lacking(config: Config) -> Iterator[tuple[Config, str]]:
    for kind, arguments in LACKS.items():
        for resource in config.get("resource", {}).get(kind, {}).values():
            yield from ((resource, argument) for argument in arguments if argument in resource)


def _renamed(value: Any) -> Any:
    match value:
        case dict():
            return {key: _renamed(item) for key, item in value.items()}
        case list():
            return [_renamed(item) for item in value]
        case str():
            for pattern, new in RENAMED.items():
                value = re.sub(pattern, new, value)
    return value
