"""A description of each resource for operators, derived from its arguments.

The role that a resource plays is known only for the resources of a pattern. For any other resource, the description has
only what the arguments say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..synthesized import templates
from ..synthesized.configuration import Resource

SECONDS_PER_DAY = 24 * 60 * 60
DESCRIPTIONS = ("description", "alarm_description", "comment")

Arguments = Mapping[str, Any]
# The purposes of a pattern's resources.
PURPOSES = {
    "aws_cloudwatch_dashboard": "Shows the figures of the alarms, from the table to the queue.",
    "aws_cloudwatch_log_group": "The logs of the function.",
    "aws_dynamodb_table": "The source table of the stream.",
    "aws_iam_role": "The function's execution role.",
    "aws_iam_role_policy": "The permissions of the function's execution role (see Permissions in README.md).",
    "aws_iam_role_policy_attachment": "Attaches a managed policy to the function's execution role.",
    "aws_lambda_alias": "The alias of the function that the event source mapping invokes.",
    "aws_lambda_event_source_mapping": (
        "Reads the stream and invokes the function. Records of the same shard are processed in order."
    ),
    "aws_lambda_function": "Processes the records of the stream.",
    "aws_s3_bucket": "Keeps the whole records of each batch that could not be processed.",
    "aws_s3_bucket_lifecycle_configuration": "Removes what the bucket no longer needs.",
    "aws_s3_bucket_notification": "Sends a message to the dead-letter queue for each new object in the bucket.",
    "aws_s3_bucket_ownership_controls": "Gives the account all objects of the bucket, and turns off access lists.",
    "aws_s3_bucket_policy": "Who may use the bucket (see Permissions in README.md).",
    "aws_s3_bucket_public_access_block": "Blocks all public access to the bucket.",
    "aws_s3_bucket_server_side_encryption_configuration": "Encrypts new objects of the bucket.",
    "aws_s3_bucket_versioning": "Keeps the versions of objects that are deleted or overwritten.",
    "aws_sqs_queue": "Receives a message for each batch that could not be processed.",
    "aws_sqs_queue_policy": "Who may use the queue (see Permissions in README.md).",
}
# The purposes of the resources that are not those of their type, by their ids in the construct `Backfill`.
PURPOSES_IN_BACKFILLS = {
    "state-machine": "Sends the files of an export of the table to the function. It runs only when someone starts it.",
    "state-machine-log-group": "The errors of the state machine.",
    "states-role": "The role of the state machine.",
    "states-role-policy": "The permissions of the state machine's role (see Permissions in README.md).",
    "worker": "Sends one file of an export to the function, for the state machine.",
    "worker-log-group": "The logs of the worker.",
    "worker-role": "The worker's execution role.",
    "worker-role-policy": "The permissions of the worker's execution role (see Permissions in README.md).",
}


def describe(resource: Resource, *, pattern_id: str | None) -> str:
    """Return sentences: the purpose of the resource, and the settings that matter to an operator.

    Args:
        resource: the resource.
        pattern_id: its id in the pattern or the backfill that created it; None if neither did.

    Returns:
        The sentences; empty if nothing is known.
    """
    if resource.is_data:
        return "Terraform only reads it."
    given = (resource.arguments.get(name) for name in DESCRIPTIONS)
    described = next((text for text in given if isinstance(text, str) and text), "")
    purpose = described
    if pattern_id is not None:
        purpose = PURPOSES_IN_BACKFILLS.get(pattern_id) or PURPOSES.get(resource.type, described)
    writer = SETTINGS.get(resource.type)
    sentences = [purpose, *(writer(resource.arguments) if writer else [])]
    return " ".join(filter(None, sentences))


def _describe_table(table: Arguments) -> list[str]:
    protections = []
    encryption = _block(table, "server_side_encryption")
    if encryption.get("enabled") is True:
        key = "a customer managed key" if encryption.get("kms_key_arn") else "the AWS managed key"
        protections.append(f"is encrypted with {key}")
    if _block(table, "point_in_time_recovery").get("enabled") is True:
        protections.append("has point-in-time recovery")
    if _block(table, "lifecycle").get("prevent_destroy") is True:
        protections.append("is protected against `terraform destroy`")
    return [f"It {_join(protections)}."] if protections else []


def _describe_bucket(bucket: Arguments) -> list[str]:
    is_retained = _block(bucket, "lifecycle").get("prevent_destroy") is True
    return ["It is protected against `terraform destroy`."] if is_retained else []


def _describe_expiration(configuration: Arguments) -> list[str]:
    rules = configuration.get("rule") or []
    sentences = []
    for rule in rules if isinstance(rules, list) else [rules]:
        days = _block(rule, "expiration").get("days")
        noncurrent = _block(rule, "noncurrent_version_expiration").get("noncurrent_days")
        if days is not None:
            sentences.append(f"Objects expire after {_show(days)} days.")
        if noncurrent is not None:
            sentences.append(f"Versions that were deleted or overwritten expire after {_show(noncurrent)} days.")
    return sentences


def _describe_encryption(configuration: Arguments) -> list[str]:
    default = _block(_block(configuration, "rule"), "apply_server_side_encryption_by_default")
    if default.get("kms_master_key_id"):
        return ["The key is a KMS key."]
    return ["S3 manages the key."] if default.get("sse_algorithm") == "AES256" else []


def _describe_queue(queue: Arguments) -> list[str]:
    seconds = queue.get("message_retention_seconds")
    if seconds is None:
        retention = "4 days (the SQS default)"
    elif isinstance(seconds, int) and seconds % SECONDS_PER_DAY == 0:
        retention = f"{seconds // SECONDS_PER_DAY} days"
    else:
        retention = f"{_show(seconds)} seconds"
    return [f"Messages are kept for {retention}."]


def _describe_log_group(log_group: Arguments) -> list[str]:
    days = log_group.get("retention_in_days")
    # 0 means that log events never expire.
    return ["Log events never expire." if days in (None, 0) else f"Log events are kept for {_show(days)} days."]


def _describe_function(function: Arguments) -> list[str]:
    if "handler" not in function:
        return ["It runs a container image."] if function.get("package_type") == "Image" else []
    runtime = f", runtime: {_show(function['runtime'])}" if "runtime" in function else ""
    tracing = ["X-Ray tracing is active."] if _block(function, "tracing_config").get("mode") == "Active" else []
    return [f"Handler: `{function['handler']}`{runtime}.", *tracing]


def _describe_mapping(mapping: Arguments) -> list[str]:
    retries = mapping.get("maximum_retry_attempts")
    if retries is None:
        return []
    # -1 means that the number of retries is not limited.
    limit = "until its records expire" if retries == -1 else f"up to {_show(retries)} times"
    split = "; it is split in two before a retry" if mapping.get("bisect_batch_on_function_error") is True else ""
    return [f"A failed batch is retried {limit}{split}."]


def _describe_alarm(alarm: Arguments) -> list[str]:
    metric = alarm.get("metric_name")
    return [f"Watches the metric {_show(metric)}."] if metric and not alarm.get("alarm_description") else []


SETTINGS: Mapping[str, Callable[[Arguments], list[str]]] = {
    "aws_cloudwatch_log_group": _describe_log_group,
    "aws_cloudwatch_metric_alarm": _describe_alarm,
    "aws_dynamodb_table": _describe_table,
    "aws_lambda_event_source_mapping": _describe_mapping,
    "aws_lambda_function": _describe_function,
    "aws_s3_bucket": _describe_bucket,
    "aws_s3_bucket_lifecycle_configuration": _describe_expiration,
    "aws_s3_bucket_server_side_encryption_configuration": _describe_encryption,
    "aws_sqs_queue": _describe_queue,
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
