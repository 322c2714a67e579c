"""A description of each resource for operators, derived from its arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..synthesized import templates
from ..synthesized.configuration import Resource

SECONDS_PER_DAY = 24 * 60 * 60

Arguments = Mapping[str, Any]


def describe(resource: Resource) -> str:
    """Return one or more sentences: the purpose of the resource, and the settings that matter to an operator."""
    if resource.is_data:
        return "Terraform only reads it."
    writer = WRITERS.get(resource.type)
    if writer is None:
        return str(resource.arguments.get("description") or "A resource of the stack.")
    return writer(resource.arguments)


def _describe_table(table: Arguments) -> str:
    protections = []
    encryption = _block(table, "server_side_encryption")
    if encryption.get("enabled") is True:
        key = "a customer managed key" if encryption.get("kms_key_arn") else "the AWS managed key"
        protections.append(f"is encrypted with {key}")
    if _block(table, "point_in_time_recovery").get("enabled") is True:
        protections.append("has point-in-time recovery")
    if table.get("lifecycle", {}).get("prevent_destroy"):
        protections.append("is protected against `terraform destroy`")
    return " ".join(["The source table of the stream.", *([f"It {_join(protections)}."] if protections else [])])


def _describe_queue(queue: Arguments) -> str:
    seconds = queue.get("message_retention_seconds")
    if seconds is None:
        retention = "4 days (the SQS default)"
    elif isinstance(seconds, int) and seconds % SECONDS_PER_DAY == 0:
        retention = f"{seconds // SECONDS_PER_DAY} days"
    else:
        retention = f"{_show(seconds)} seconds"
    return f"Receives a message for each batch that could not be processed. Messages are kept for {retention}."


def _describe_log_group(log_group: Arguments) -> str:
    days = log_group.get("retention_in_days")
    # 0 means that log events never expire.
    retention = "They never expire." if days in (None, 0) else f"They are kept for {_show(days)} days."
    return f"The logs of the function. {retention}"


def _describe_function(function: Arguments) -> str:
    handler = f"Handler: `{function['handler']}`" if "handler" in function else "It runs a container image"
    runtime = f", runtime: {function['runtime']}" if "runtime" in function else ""
    tracing = " X-Ray tracing is active." if _block(function, "tracing_config").get("mode") == "Active" else ""
    return f"Processes the records of the stream. {handler}{runtime}.{tracing}"


def _describe_mapping(mapping: Arguments) -> str:
    sentences = ["Reads the stream and invokes the function. Records of the same shard are processed in order."]
    retries = mapping.get("maximum_retry_attempts")
    if retries is not None:
        # -1 means that the number of retries is not limited.
        limit = "until its records expire" if retries == -1 else f"up to {_show(retries)} times"
        split = "; it is split in two before a retry" if mapping.get("bisect_batch_on_function_error") is True else ""
        sentences.append(f"A failed batch is retried {limit}{split}.")
    return " ".join(sentences)


def _describe_alarm(alarm: Arguments) -> str:
    return str(alarm.get("alarm_description") or f"Watches the metric {alarm.get('metric_name', '')}.")


WRITERS: Mapping[str, Callable[[Arguments], str]] = {
    "aws_cloudwatch_log_group": _describe_log_group,
    "aws_cloudwatch_metric_alarm": _describe_alarm,
    "aws_dynamodb_table": _describe_table,
    "aws_iam_role": lambda _: "The function's execution role.",
    "aws_iam_role_policy": lambda _: "The permissions of the function's execution role (see Permissions in README.md).",
    "aws_kms_key": lambda key: str(key.get("description") or "Encrypts the resources that name it."),
    "aws_lambda_event_source_mapping": _describe_mapping,
    "aws_lambda_function": _describe_function,
    "aws_sqs_queue": _describe_queue,
    "aws_sqs_queue_policy": lambda _: "Who may use the queue (see Permissions in README.md).",
}


def _block(arguments: Arguments, name: str) -> Arguments:
    """Return a nested block, which may be written as a block or as a list with one block; empty if there is none."""
    block = arguments.get(name) or {}
    if isinstance(block, list):
        block = block[0] if block else {}
    return block if isinstance(block, Mapping) else {}


def _show(value: Any) -> str:
    """Return the value for a sentence. An expression is shown as code."""
    expression = templates.sole_expression(value) if isinstance(value, str) else None
    return f"`{expression}`" if expression else str(value)


def _join(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
