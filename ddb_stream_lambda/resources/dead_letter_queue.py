"""The dead-letter queue: it gets a message for each batch that the function could not process.

Lambda sends the message, or S3 as a notification of the failure bucket.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from cdktf_cdktf_provider_aws.sqs_queue import SqsQueue
from cdktf_cdktf_provider_aws.sqs_queue_policy import SqsQueuePolicy
from constructs import Construct

from .._engine.addresses import refer_to
from .._engine.creation import create
from .._engine.tokens import is_token
from ..arguments._generated import SqsQueueProps
from ..arguments.checks import check_choice, check_name, check_ranges, check_timeouts
from ..arguments.companions import companion_arguments, with_companion
from ..arguments.completing import complete
from ..arguments.conforming import Arguments
from ..arguments.names import unique_name
from ..arguments.policies import Statement, policy_document, to_json
from ..arguments.warnings import OverrideWarning
from ..errors import Mistakes
from ..limits import QUEUE_NAME, QUEUE_NAME_PREFIX, QUEUE_RANGES, RECEIVE_COUNT, REDRIVE_PERMISSIONS
from . import event_source
from .failure_destination import AWS_MANAGED_KEY, Destination
from .kms_keys import KEY_OF_AWS, check_key, look_up_key

PROPS = "sqs_dlq_queue_props"
DEPLOY = "deploy_sqs_dlq_queue"

# The key that AWS manages for SQS in each account.
DEFAULT_KEY = "alias/aws/sqs"
RETENTION_IN_SECONDS = 14 * 24 * 60 * 60

QueueWarningId = Literal["kms_master_key_id", "message_retention_seconds", "policy", "queue_key", "redrive_policy"]

# The statement for S3 in the policy of a customer managed key:
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/grant-destinations-permissions-to-s3.html
KEY_STATEMENT = {
    "Sid": "NotifyOfFailedBatches",
    "Effect": "Allow",
    "Principal": {"Service": "s3.amazonaws.com"},
    "Action": ["kms:GenerateDataKey*", "kms:Decrypt"],
    "Resource": "*",
}


@dataclass(frozen=True)
class NewQueue:
    """A queue to create.

    Attributes:
        arguments: Its complete arguments.
        has_bucket: Whether S3 sends to it, and not Lambda.
    """

    arguments: Arguments
    has_bucket: bool = False


def defaults(path: str, given: Arguments, *, has_bucket: bool = False) -> dict[str, Any]:
    """Return the default arguments of `aws_sqs_queue`.

    Args:
        path: The construct's path.
        given: The user's arguments. The provider takes one of `kms_master_key_id` and `sqs_managed_sse_enabled`, and
            one of `name` and `name_prefix`.
        has_bucket: Whether S3 sends to the queue. It cannot use the key that AWS manages for SQS.
    """
    arguments: dict[str, Any] = {"message_retention_seconds": RETENTION_IN_SECONDS}
    if given.get("name_prefix") is None:
        arguments["name"] = unique_name(path, QUEUE_NAME, suffix="-dlq")
    if has_bucket:
        if given.get("kms_master_key_id") is None:
            arguments["sqs_managed_sse_enabled"] = True
    elif given.get("sqs_managed_sse_enabled") is None:
        arguments["kms_master_key_id"] = DEFAULT_KEY
    return arguments


def check_queue(
    *,
    path: str,
    deploy: bool,
    props: object,
    user_destination: str | None,
    has_bucket: bool,
    companion: Mapping[str, Any],
    mistakes: Mistakes,
) -> NewQueue | None:
    """Return the queue to create, or None; add a mistake for each wrong input.

    Args:
        path: The construct's path.
        deploy: The user's ``deploy_sqs_dlq_queue``.
        props: The user's ``sqs_dlq_queue_props``.
        user_destination: The ARN of the user's failure destination, if there is one.
        has_bucket: Whether a failure bucket sends its notifications to the queue.
        companion: The `provider` and `region` of the function, which the queue's own arguments override.
        mistakes: The collector of mistakes.
    """
    if not isinstance(deploy, bool):
        mistakes.add(DEPLOY, deploy, "must be True or False, and known when the app is synthesized")
    if props is not None and deploy is False:
        mistakes.add(PROPS, props, f"configures the queue, but {DEPLOY} is False; remove one of the two")
    if props is not None and user_destination is not None:
        message = (
            f"configures the queue, but {event_source.PROPS}.destination_config names another failure destination; "
            "remove one of the two"
        )
        mistakes.add(PROPS, props, message)
    arguments = _check_new(path, props, mistakes, has_bucket=has_bucket)
    arguments = with_companion(arguments, companion)
    return NewQueue(arguments, has_bucket) if deploy and user_destination is None else None


def build_queue(*, scope: Construct, queue: NewQueue, bucket_arn: str | None = None) -> Destination:
    """Create the queue and its policy: the pattern's, unless the props have one.

    The policy is a separate resource. The provider recommends it, since a `policy` argument of the queue and a policy
    resource would replace each other at every apply:
    https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/sqs_queue

    Args:
        scope: The pattern.
        queue: The queue.
        bucket_arn: The ARN of the failure bucket whose notifications it receives, if there is one.
    """
    arguments = {name: value for name, value in queue.arguments.items() if name != "policy"}
    created = create(SqsQueue, scope=scope, id="dead-letter-queue", suffix="dead_letter", arguments=arguments)
    arn = created.arn
    companion = companion_arguments(arguments)
    text = queue.arguments.get("policy") or _policy(created, bucket_arn)
    arguments_of_policy = {"queue_url": refer_to(created, "url"), "policy": text, **companion}
    policy = create(
        SqsQueuePolicy,
        scope=scope,
        id="dead-letter-queue-policy",
        suffix="dead_letter",
        arguments=arguments_of_policy,
    )
    key = arguments.get("kms_master_key_id", DEFAULT_KEY)
    customer_key = None
    # The role sends to the queue, and uses its key, only if there is no bucket.
    if bucket_arn is None and not AWS_MANAGED_KEY.fullmatch(key):
        customer_key = look_up_key(scope=scope, id="queue-key", suffix="dead_letter", key=key, companion=companion)
    return Destination(arn=arn, queue=created, policy=policy, service="sqs", kms_key_arn=customer_key)


def warnings_of(queue: NewQueue | None) -> Iterator[OverrideWarning]:
    """Yield a warning for each protective default that the props weaken."""
    if queue is None:
        return
    arguments = queue.arguments
    if "kms_master_key_id" not in arguments and arguments.get("sqs_managed_sse_enabled", False) is False:
        yield _warning(
            "kms_master_key_id",
            f"{PROPS}.kms_master_key_id is removed: failed batches are not encrypted with a KMS key.",
        )
    retention = arguments.get("message_retention_seconds", 0)
    if not is_token(retention) and retention < RETENTION_IN_SECONDS:
        yield _warning(
            "message_retention_seconds",
            f"{PROPS}.message_retention_seconds is overridden: SQS deletes failed batches earlier than after "
            f"{RETENTION_IN_SECONDS} seconds.",
        )
    if "policy" in arguments:
        yield _warning(
            "policy",
            f"{PROPS}.policy replaces the pattern's policy: it no longer enforces TLS or restricts access to this "
            "account."
            + (
                " Add a statement that allows s3.amazonaws.com to send the bucket's messages."
                if queue.has_bucket
                else ""
            ),
        )
    if queue.has_bucket and "kms_master_key_id" in arguments:
        yield _warning(
            "queue_key",
            f"{PROPS}.kms_master_key_id encrypts the queue with a key of yours: S3 refuses the bucket's notification "
            f"unless the key's policy has this statement: {to_json(KEY_STATEMENT)}.",
        )
    if "redrive_policy" in arguments:
        yield _warning(
            "redrive_policy",
            f"{PROPS}.redrive_policy moves failed batches to another queue when they are received too often: they "
            "leave the dead-letter queue and its retention.",
        )


def _warning(id: QueueWarningId, consequence: str) -> OverrideWarning:
    return OverrideWarning(id, consequence)


def _check_new(path: str, props: object, mistakes: Mistakes, *, has_bucket: bool) -> Arguments:
    arguments = complete(
        SqsQueueProps,
        props,
        defaults=lambda given: defaults(path, given, has_bucket=has_bucket),
        property=PROPS,
        mistakes=mistakes,
        resource="aws_sqs_queue",
    )
    if {"sqs_managed_sse_enabled", "kms_master_key_id"} <= arguments.keys():
        message = "SQS encrypts with a KMS key or with its own keys; remove this or kms_master_key_id"
        mistakes.add(f"{PROPS}.sqs_managed_sse_enabled", arguments["sqs_managed_sse_enabled"], message)
    key = arguments.get("kms_master_key_id")
    if has_bucket and isinstance(key, str) and KEY_OF_AWS.fullmatch(key):
        message = (
            "S3 cannot send the notifications of the failure bucket to a queue with this key: AWS manages the key's "
            "policy, and it does not allow S3. Remove this to encrypt with keys that SQS manages, or give a customer "
            "managed key"
        )
        mistakes.add(f"{PROPS}.kms_master_key_id", key, message)
    check_key(key, service="sqs", property=f"{PROPS}.kms_master_key_id", mistakes=mistakes)
    reuse_period = arguments.get("kms_data_key_reuse_period_seconds")
    if reuse_period is not None and "kms_master_key_id" not in arguments:
        message = "applies to a KMS key, and the queue has none; remove this, or give kms_master_key_id"
        mistakes.add(f"{PROPS}.kms_data_key_reuse_period_seconds", reuse_period, message)
    if {"name", "name_prefix"} <= arguments.keys():
        message = "a queue has a name, or a prefix that Terraform completes; remove one of the two"
        mistakes.add(f"{PROPS}.name_prefix", arguments["name_prefix"], message)
    check_name(QUEUE_NAME, value=arguments.get("name"), property=f"{PROPS}.name", mistakes=mistakes)
    prefix = arguments.get("name_prefix")
    check_name(QUEUE_NAME_PREFIX, value=prefix, property=f"{PROPS}.name_prefix", mistakes=mistakes)
    check_ranges(QUEUE_RANGES, arguments=arguments, property=PROPS, mistakes=mistakes)
    check_timeouts(arguments, property=PROPS, mistakes=mistakes)
    for name in ("policy", "redrive_policy", "redrive_allow_policy"):
        _check_document(name, arguments.get(name), mistakes)
    return arguments


def _check_document(name: str, text: object, mistakes: Mistakes) -> None:
    """Add a mistake for an argument that is not the JSON that SQS takes for it."""
    if not isinstance(text, str) or is_token(text):
        return
    try:
        document = json.loads(text)
    except ValueError:
        document = None
    property = f"{PROPS}.{name}"
    if not isinstance(document, dict):
        mistakes.add(property, text, "must be the JSON text of an object; use json.dumps")
    elif name == "redrive_policy":
        count = str(document.get("maxReceiveCount"))
        if "deadLetterTargetArn" not in document or not count.isdecimal() or int(count) not in RECEIVE_COUNT:
            message = f"must have deadLetterTargetArn, and maxReceiveCount of {RECEIVE_COUNT}"
            mistakes.add(property, text, message)
    elif name == "redrive_allow_policy":
        check_choice(
            REDRIVE_PERMISSIONS, value=document.get("redrivePermission", ""), property=property, mistakes=mistakes
        )


def _policy(queue: SqsQueue, bucket_arn: str | None) -> str:
    """Return a policy that denies access without TLS and from other accounts, and allows the bucket to send.

    A service of AWS has no account: the second denial leaves it out, so that a statement must allow it. S3 sends with
    the ARN and the account of the bucket.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/grant-destinations-permissions-to-s3.html
    """
    arn = refer_to(queue, "arn")
    # `Fn` would cost two round trips.
    account = f'${{element(split(":", {arn[2:-1]}), 4)}}'
    deny = {"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": arn}
    only_own_account = {
        "StringNotEquals": {"aws:PrincipalAccount": account},
        "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
    }
    statements: list[Statement] = [
        {"Sid": "HttpsOnly", **deny, "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
        {"Sid": "OwnAccountOnly", **deny, "Condition": only_own_account},
    ]
    if bucket_arn is not None:
        only_bucket = {"ArnEquals": {"aws:SourceArn": bucket_arn}, "StringEquals": {"aws:SourceAccount": account}}
        statements.append(
            {
                "Sid": "NotifyOfFailedBatches",
                "Effect": "Allow",
                "Principal": {"Service": "s3.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": arn,
                "Condition": only_bucket,
            }
        )
    return policy_document(statements)
