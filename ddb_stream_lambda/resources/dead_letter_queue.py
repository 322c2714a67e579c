"""The dead-letter queue: where Lambda sends the batches that the function could not process."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from cdktf import Fn
from cdktf_cdktf_provider_aws.sqs_queue import SqsQueue
from cdktf_cdktf_provider_aws.sqs_queue_policy import SqsQueuePolicy
from constructs import Construct

from .._engine.creation import beside, create
from ..arguments._generated import SqsQueueProps
from ..arguments.conforming import Arguments, check_name, check_ranges, conform, merge, require
from ..errors import Mistakes
from ..limits import QUEUE_NAME, QUEUE_RANGES
from . import defaults
from .permissions import SEND_ACTIONS, kms_key_arn_of, send_actions_for

PROPS = "sqs_dlq_queue_props"
DEPLOY = "deploy_sqs_dlq_queue"


@dataclass(frozen=True)
class Destination:
    """Where Lambda sends the batches that the function could not process.

    Attributes:
        queue: the dead-letter queue, if the pattern has one.
        arn: its ARN, or that of the user's own destination, or None.
        send_actions: what the role needs to be allowed there; None where its service cannot be told.
        kms_key_arn: the customer managed key of the queue, if it has one.
    """

    queue: SqsQueue | None
    arn: str | None
    send_actions: Sequence[str] | None
    kms_key_arn: str | None


def check_queue(
    path: str, deploy: object, props: object, own_destination: str | None, mistakes: Mistakes
) -> Arguments | None:
    """The queue's arguments, or None where there is none; what is wrong is noted."""
    if not isinstance(deploy, bool):
        mistakes.add(DEPLOY, deploy, "must be True or False")
    if props is not None and deploy is False:
        remedy = f"shapes the queue, and {DEPLOY} is False; leave one of the two out"
        mistakes.add(PROPS, props, remedy)
    if props is not None and own_destination is not None:
        remedy = (
            "shapes the queue, and dynamo_event_source_props.destination_config sends failed "
            "batches elsewhere; give one of the two"
        )
        mistakes.add(PROPS, props, remedy)
    arguments = _check_new(path, {} if props is None else props, mistakes)
    return arguments if deploy and own_destination is None else None


def build_destination(scope: Construct, arguments: Arguments | None, own_destination: str | None) -> Destination:
    """The queue with a policy of its own unless the props hold one, the user's own destination, or none."""
    if own_destination is not None:
        actions = send_actions_for(own_destination, scope)
        return Destination(None, own_destination, actions, None)
    if arguments is None:
        return Destination(None, None, None, None)
    queue = create(SqsQueue, scope, "dead-letter-queue", arguments)
    arn = queue.arn
    if "policy" not in arguments:
        policy = {"queue_url": queue.url, "policy": _policy(arn), **beside(arguments)}
        create(SqsQueuePolicy, scope, "dead-letter-queue-policy", policy)
    key = arguments.get("kms_master_key_id", defaults.QUEUE_KEY)
    customer_key = None
    if key != defaults.QUEUE_KEY:
        customer_key = kms_key_arn_of(scope, "queue-key", key, beside(arguments))
    return Destination(queue, arn, SEND_ACTIONS["sqs"], customer_key)


def _check_new(path: str, props: object, mistakes: Mistakes) -> Arguments:
    given = conform(SqsQueueProps, props, PROPS, mistakes, "aws_sqs_queue")
    default = defaults.queue(path)
    # The provider takes one of each pair.
    if given.get("sqs_managed_sse_enabled") is not None:
        del default["kms_master_key_id"]
        if given.get("kms_master_key_id") is not None:
            remedy = "SQS encrypts with a KMS key or with keys of its own; give one of kms_master_key_id and this"
            at = f"{PROPS}.sqs_managed_sse_enabled"
            mistakes.add(at, given["sqs_managed_sse_enabled"], remedy)
    if given.get("name_prefix") is not None:
        del default["name"]
        if given.get("name") is not None:
            remedy = "a queue has a name or a prefix that Terraform completes; give one of the two"
            mistakes.add(f"{PROPS}.name_prefix", given["name_prefix"], remedy)
    arguments = merge(default, given)
    require(SqsQueueProps, arguments, PROPS, mistakes)
    check_name(QUEUE_NAME, arguments.get("name"), f"{PROPS}.name", mistakes)
    check_ranges(QUEUE_RANGES, arguments, PROPS, mistakes)
    return arguments


def _policy(queue_arn: str) -> str:
    """Only over TLS, and only for the queue's own account, whose number is the fifth part of its ARN."""
    account = Fn.element(Fn.split(":", queue_arn), 4)
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "HttpsOnly",
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": "sqs:*",
                    "Resource": queue_arn,
                    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                },
                {
                    "Sid": "OwnAccountOnly",
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": "sqs:*",
                    "Resource": queue_arn,
                    "Condition": {
                        "StringNotEquals": {"aws:PrincipalAccount": account},
                        "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
                    },
                },
            ],
        }
    )
