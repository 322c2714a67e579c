"""Adapt a synthesized configuration to AWS provider 3.39.0, which lacks arguments that the bindings (6.25.0) know.

The tables below list every change that is made. If a configuration uses another argument that 3.39.0 lacks, its test
fails, so the tables cannot hide a mistake.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from typing import Any

from .install import WHEEL_PROVIDER_VERSION

Config = dict[str, Any]

# Resource type to the arguments that 3.39.0 lacks.
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
# References to attributes that have another name in 3.39.0.
RENAMED = {
    r"\b(aws_sqs_queue\.[\w-]+)\.url\b": r"\1.id",
    r"\b(data\.aws_region\.[\w-]+)\.region\b": r"\1.name",
}
# Runtimes that 3.39.0 refuses, and the newest runtime of the same language that it accepts.
RUNTIMES = {r"python3\.(9|\d\d)": "python3.8", r"nodejs(1[6-9]|[2-9]\d)\.x": "nodejs14.x"}


def downgrade(config: Config) -> Config:
    """Return a copy of a synthesized configuration in the form that 3.39.0 accepts."""
    config = _rename_attributes(copy.deepcopy(config))
    config["terraform"]["required_providers"]["aws"]["version"] = WHEEL_PROVIDER_VERSION
    for resource, argument in list(_lacking_arguments(config)):
        del resource[argument]
    for function in config.get("resource", {}).get("aws_lambda_function", {}).values():
        for pattern, newest_accepted in RUNTIMES.items():
            if re.fullmatch(pattern, function.get("runtime", "")):
                function["runtime"] = newest_accepted
    return config


def _lacking_arguments(config: Config) -> Iterator[tuple[Config, str]]:
    for type, arguments in LACKS.items():
        for resource in config.get("resource", {}).get(type, {}).values():
            yield from ((resource, argument) for argument in arguments if argument in resource)


def _rename_attributes(value: Any) -> Any:
    match value:
        case dict():
            return {key: _rename_attributes(item) for key, item in value.items()}
        case list():
            return [_rename_attributes(item) for item in value]
        case str():
            for pattern, replacement in RENAMED.items():
                value = re.sub(pattern, replacement, value)
    return value
