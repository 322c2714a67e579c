"""The checks of checkov that the pattern deliberately does not pass, each with the reason.

A check is suppressed only for the resources that fail it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..synthesized.configuration import Resource

Arguments = Mapping[str, Any]


@dataclass(frozen=True)
class SuppressedCheck:
    """A check that is suppressed.

    Attributes:
        check: checkov's id of the check.
        type: the type of resource that it checks.
        reason: the reason for the suppression.
        fails: whether a resource with the given arguments fails the check.
    """

    check: str
    type: str
    reason: str
    fails: Callable[[Arguments], bool]


def _without(argument: str) -> Callable[[Arguments], bool]:
    return lambda arguments: argument not in arguments


def _has_no_customer_managed_key(table: Arguments) -> bool:
    encryption = table.get("server_side_encryption", {})
    return "kms_key_arn" not in (encryption[0] if isinstance(encryption, list) else encryption)


SUPPRESSED_CHECKS = (
    SuppressedCheck(
        "CKV_AWS_119",
        "aws_dynamodb_table",
        "The table is encrypted with the AWS managed key. A customer managed key costs per request, and losing the key "
        "makes the table unreadable.",
        _has_no_customer_managed_key,
    ),
    SuppressedCheck(
        "CKV2_AWS_73",
        "aws_sqs_queue",
        "The queue is encrypted with the AWS managed key alias/aws/sqs. Its messages identify records but do not "
        "contain them.",
        lambda queue: queue.get("kms_master_key_id") == "alias/aws/sqs",
    ),
    SuppressedCheck(
        "CKV_AWS_158",
        "aws_cloudwatch_log_group",
        "CloudWatch Logs encrypts the logs with its own key. A customer managed key needs a key policy, which only the "
        "account's administrators can write.",
        _without("kms_key_id"),
    ),
    SuppressedCheck(
        "CKV_AWS_115",
        "aws_lambda_function",
        "The number of the stream's shards limits the concurrency. Reserved concurrency would leave less for the "
        "account's other functions.",
        _without("reserved_concurrent_executions"),
    ),
    SuppressedCheck(
        "CKV_AWS_116",
        "aws_lambda_function",
        "The event source mapping sends failed batches to its failure destination. dead_letter_config applies only to "
        "asynchronous invocations.",
        _without("dead_letter_config"),
    ),
    SuppressedCheck(
        "CKV_AWS_117",
        "aws_lambda_function",
        "The function calls endpoints that authenticate it with IAM. Whether it needs a VPC depends on the account's "
        "network.",
        _without("vpc_config"),
    ),
    SuppressedCheck(
        "CKV_AWS_173",
        "aws_lambda_function",
        "Lambda encrypts environment variables with its own key. Secrets belong in AWS Secrets Manager.",
        lambda function: "environment" in function and "kms_key_arn" not in function,
    ),
    SuppressedCheck(
        "CKV_AWS_272",
        "aws_lambda_function",
        "source_code_hash and SHA256SUMS pin the code. Code signing needs a signing profile, which belongs to the "
        "account.",
        _without("code_signing_config_arn"),
    ),
)


def suppressed_checks_of(resource: Resource) -> tuple[SuppressedCheck, ...]:
    """Return the checks that are suppressed for a resource."""
    return tuple(
        entry for entry in SUPPRESSED_CHECKS if entry.type == resource.type and entry.fails(resource.arguments)
    )
