"""The checks of checkov that the pattern deliberately does not pass, each with the reason.

A check is suppressed only for the resources of a pattern that fail it. The reasons are about the pattern: nobody can
give them for the resources of someone else.
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
    encryption = table.get("server_side_encryption")
    if isinstance(encryption, list):
        encryption = encryption[0] if encryption else None
    return not isinstance(encryption, Mapping) or not encryption.get("kms_key_arn")


SUPPRESSED_CHECKS = (
    SuppressedCheck(
        check="CKV_AWS_119",
        type="aws_dynamodb_table",
        reason=(
            "The table is encrypted with the AWS managed key. A customer managed key costs per request, and losing the "
            "key makes the table unreadable."
        ),
        fails=_has_no_customer_managed_key,
    ),
    SuppressedCheck(
        check="CKV2_AWS_73",
        type="aws_sqs_queue",
        reason=(
            "The queue is encrypted with the AWS managed key alias/aws/sqs. Its messages identify records but do not "
            "contain them."
        ),
        fails=lambda queue: queue.get("kms_master_key_id") == "alias/aws/sqs",
    ),
    SuppressedCheck(
        check="CKV_AWS_158",
        type="aws_cloudwatch_log_group",
        reason=(
            "CloudWatch Logs encrypts the logs with its own key. A customer managed key needs a key policy that allows "
            "CloudWatch Logs to use it."
        ),
        fails=_without("kms_key_id"),
    ),
    SuppressedCheck(
        check="CKV_AWS_115",
        type="aws_lambda_function",
        reason=(
            "The number of the stream's shards limits the concurrency. Reserved concurrency would leave less for the "
            "account's other functions."
        ),
        fails=_without("reserved_concurrent_executions"),
    ),
    SuppressedCheck(
        check="CKV_AWS_116",
        type="aws_lambda_function",
        reason=(
            "The event source mapping sends failed batches to its failure destination. dead_letter_config applies only "
            "to asynchronous invocations."
        ),
        fails=_without("dead_letter_config"),
    ),
    SuppressedCheck(
        check="CKV_AWS_117",
        type="aws_lambda_function",
        reason=(
            "The function needs no VPC to read the stream and to write to the queue. It needs one only for what its "
            "own code calls in a VPC, which is the stack's decision."
        ),
        fails=_without("vpc_config"),
    ),
    SuppressedCheck(
        check="CKV_AWS_173",
        type="aws_lambda_function",
        reason="Lambda encrypts environment variables with its own key. Secrets belong in AWS Secrets Manager.",
        fails=lambda function: "environment" in function and "kms_key_arn" not in function,
    ),
    SuppressedCheck(
        check="CKV_AWS_272",
        type="aws_lambda_function",
        reason=(
            "source_code_hash finds an archive that is damaged or mixed up. It does not prove who made the archive: "
            "code signing does, and it needs a signing profile, which belongs to the account."
        ),
        fails=_without("code_signing_config_arn"),
    ),
)


def suppressed_checks_of(resource: Resource, *, is_of_pattern: bool) -> tuple[SuppressedCheck, ...]:
    """Return the checks that are suppressed for a resource; none if no pattern created it."""
    if not is_of_pattern:
        return ()
    return tuple(
        entry for entry in SUPPRESSED_CHECKS if entry.type == resource.type and entry.fails(resource.arguments)
    )
