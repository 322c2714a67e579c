"""The checks of checkov that the pattern and a backfill deliberately do not pass, each with the reason.

A check is suppressed only for the resources of a pattern or a backfill that fail it. The reasons are about these
constructs: nobody can give them for the resources of someone else.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..synthesized.configuration import Resource
from .bucket_settings import settings_of

Arguments = Mapping[str, Any]


@dataclass(frozen=True)
class SuppressedCheck:
    """A check that is suppressed.

    Attributes:
        check: checkov's id of the check.
        type: the type of resource that it checks.
        reason: the reason for the suppression.
        fails: whether a resource with the given arguments fails the check.
        fails_with: whether a bucket with the given settings fails the check: Terraform type to arguments.
        pattern_id: the only id in the construct for which the reason is right; None for any id.
    """

    check: str
    type: str
    reason: str
    fails: Callable[[Arguments], bool]
    fails_with: Callable[[Mapping[str, Arguments]], bool] = lambda _settings: True
    pattern_id: str | None = None


def _without(argument: str) -> Callable[[Arguments], bool]:
    return lambda arguments: argument not in arguments


def _has_no_customer_managed_key(table: Arguments) -> bool:
    encryption = table.get("server_side_encryption")
    if isinstance(encryption, list):
        encryption = encryption[0] if encryption else None
    return not isinstance(encryption, Mapping) or not encryption.get("kms_key_arn")


def _logs_no_execution_data(machine: Arguments) -> bool:
    logging = machine.get("logging_configuration")
    if isinstance(logging, list):
        logging = logging[0] if logging else None
    return not isinstance(logging, Mapping) or logging.get("include_execution_data") is not True


def _is_not_encrypted_with_kms(settings: Mapping[str, Arguments]) -> bool:
    encryption = settings.get("aws_s3_bucket_server_side_encryption_configuration", {})
    return "aws:kms" not in json.dumps(encryption, default=str)


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
        check="CKV_AWS_18",
        type="aws_s3_bucket",
        reason=(
            "Access logs need another bucket, which belongs to the account. CloudTrail can record the access to the "
            "objects without one."
        ),
        fails=_without("logging"),
    ),
    SuppressedCheck(
        check="CKV_AWS_144",
        type="aws_s3_bucket",
        reason=(
            "The bucket keeps failed batches until they are processed again. A copy in another region would be of no "
            "use to the function, and needs a bucket there."
        ),
        fails=_without("replication_configuration"),
    ),
    SuppressedCheck(
        check="CKV_AWS_145",
        type="aws_s3_bucket",
        reason=(
            "The bucket is encrypted with keys that S3 manages. A customer managed key costs per request, and losing "
            "the key makes the failed batches unreadable."
        ),
        fails=_without("server_side_encryption_configuration"),
        fails_with=_is_not_encrypted_with_kms,
    ),
    SuppressedCheck(
        check="CKV2_AWS_62",
        type="aws_s3_bucket",
        reason="The stack has no dead-letter queue that could receive notifications of the bucket.",
        fails=lambda _: True,
        fails_with=lambda settings: "aws_s3_bucket_notification" not in settings,
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
        pattern_id="function",
    ),
    SuppressedCheck(
        check="CKV_AWS_115",
        type="aws_lambda_function",
        reason=(
            "A state machine calls the worker. max_concurrency of the Backfill limits how many files it sends at once. "
            "Reserved concurrency would leave less for the account's other functions."
        ),
        fails=_without("reserved_concurrent_executions"),
        pattern_id="worker",
    ),
    SuppressedCheck(
        check="CKV_AWS_116",
        type="aws_lambda_function",
        reason=(
            "The event source mapping sends failed batches to its failure destination. dead_letter_config applies only "
            "to asynchronous invocations."
        ),
        fails=_without("dead_letter_config"),
        pattern_id="function",
    ),
    SuppressedCheck(
        check="CKV_AWS_116",
        type="aws_lambda_function",
        reason=(
            "A state machine calls the worker synchronously, repeats a failed call, and lists the files that failed. "
            "dead_letter_config applies only to asynchronous invocations."
        ),
        fails=_without("dead_letter_config"),
        pattern_id="worker",
    ),
    SuppressedCheck(
        check="CKV_AWS_117",
        type="aws_lambda_function",
        reason=(
            "The function needs no VPC to read the stream and to write to the queue. It needs one only for what its "
            "own code calls in a VPC, which is the stack's decision."
        ),
        fails=_without("vpc_config"),
        pattern_id="function",
    ),
    SuppressedCheck(
        check="CKV_AWS_117",
        type="aws_lambda_function",
        reason=("The worker calls only AWS services: DynamoDB, S3 and Lambda. It needs no VPC for that."),
        fails=_without("vpc_config"),
        pattern_id="worker",
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
    SuppressedCheck(
        check="CKV_AWS_285",
        type="aws_sfn_state_machine",
        reason=(
            "The log has the errors of executions without their data, which can contain items of the table. Step "
            "Functions keeps the data in the history of an execution for 90 days."
        ),
        fails=_logs_no_execution_data,
        pattern_id="state-machine",
    ),
)


def suppressed_checks_of(
    resource: Resource, *, pattern_id: str | None, resources: Iterable[Resource]
) -> tuple[SuppressedCheck, ...]:
    """Return the checks that are suppressed for a resource; none if no pattern created it.

    Args:
        resource: the resource.
        pattern_id: the id of the resource in the pattern or the backfill that created it; None if none did.
        resources: all resources of the stack.
    """
    if pattern_id is None:
        return ()
    settings = {setting.type: setting.arguments for setting in settings_of(resource, resources)}
    return tuple(
        entry
        for entry in SUPPRESSED_CHECKS
        if entry.type == resource.type
        and entry.pattern_id in (None, pattern_id)
        and entry.fails(resource.arguments)
        and entry.fails_with(settings)
    )
