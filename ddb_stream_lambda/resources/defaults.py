"""Every default of the pattern, as the arguments that the user's props are laid over."""

from __future__ import annotations

import re
from typing import Any

from .._engine import tokens
from .._engine.creation import StringMap
from ..arguments.names import unique_name
from ..limits import FUNCTION_NAME, QUEUE_NAME, ROLE_NAME, ROLE_POLICY_NAME, TABLE_NAME

DAYS = 24 * 60 * 60

KEY_ATTRIBUTE_TYPE = "S"
LOG_RETENTION_IN_DAYS = 365
# SQS's own key, which AWS manages in the account.
QUEUE_KEY = "alias/aws/sqs"
QUEUE_RETENTION_IN_SECONDS = 14 * DAYS


def table(path: str) -> dict[str, Any]:
    """Arguments of `aws_dynamodb_table`.

    The table is retained twice over: `prevent_destroy` makes Terraform refuse, but is gone with the block when the
    table leaves the configuration; then `deletion_protection_enabled` makes DynamoDB refuse.
    """
    return {
        "name": unique_name(path, TABLE_NAME),
        "billing_mode": "PAY_PER_REQUEST",
        "hash_key": "id",
        "stream_enabled": True,
        "stream_view_type": "NEW_AND_OLD_IMAGES",
        "server_side_encryption": {"enabled": True},
        "point_in_time_recovery": {"enabled": True},
        "deletion_protection_enabled": True,
        "lifecycle": {"prevent_destroy": True},
    }


def event_source_mapping() -> dict[str, Any]:
    """Arguments of `aws_lambda_event_source_mapping`; its failure destination is the queue."""
    return {
        "starting_position": "TRIM_HORIZON",
        "batch_size": 100,
        "bisect_batch_on_function_error": True,
        "maximum_record_age_in_seconds": 1 * DAYS,
        "maximum_retry_attempts": 500,
    }


def function(path: str, runtime: object) -> dict[str, Any]:
    """Arguments of `aws_lambda_function`, some of which depend on the runtime."""
    arguments: dict[str, Any] = {
        "function_name": unique_name(path, FUNCTION_NAME),
        "tracing_config": {"mode": "Active"},
    }
    if _reuses_connections_on_request(runtime):
        variables = StringMap(AWS_NODEJS_CONNECTION_REUSE_ENABLED="1")
        arguments["environment"] = {"variables": variables}
    return arguments


def role(path: str) -> dict[str, Any]:
    """Arguments of `aws_iam_role`; IAM tells no names apart by case."""
    return {"name": unique_name(path, ROLE_NAME, case_sensitive=False)}


def role_policy(path: str) -> dict[str, Any]:
    """Arguments of `aws_iam_role_policy`: a name of its own, since patterns can share a function's role."""
    return {"name": unique_name(path, ROLE_POLICY_NAME)}


def log_group(function_name: str) -> dict[str, Any]:
    """Arguments of `aws_cloudwatch_log_group`: where Lambda logs to unless it is told otherwise."""
    return {
        "name": f"/aws/lambda/{function_name}",
        "retention_in_days": LOG_RETENTION_IN_DAYS,
    }


def queue(path: str) -> dict[str, Any]:
    """Arguments of `aws_sqs_queue`."""
    return {
        "name": unique_name(path, QUEUE_NAME, suffix="-dlq"),
        "kms_master_key_id": QUEUE_KEY,
        "message_retention_seconds": QUEUE_RETENTION_IN_SECONDS,
    }


def _reuses_connections_on_request(runtime: object) -> bool:
    if not isinstance(runtime, str) or tokens.is_token(runtime):
        return False
    node = re.fullmatch(r"nodejs(\d+)\.x", runtime)
    return node is not None and int(node[1]) >= 10
