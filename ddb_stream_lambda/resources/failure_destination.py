"""The failure destination: where Lambda sends the batches that the function could not process.

It is the pattern's dead-letter queue, or a queue, topic or bucket that the user names in `destination_config`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from cdktf_cdktf_provider_aws.sqs_queue import SqsQueue
from constructs import Construct

from .._engine.tokens import expression_of, is_token
from ..arguments.policies import Statement, allow
from ..arguments.warnings import OverrideWarning
from . import event_source

DestinationWarningId = Literal["deploy_sqs_dlq_queue", "destination_config"]

# Service -> the actions that Lambda needs there:
# https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
SEND_ACTIONS = {
    "sqs": ["sqs:SendMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl"],
    "sns": ["sns:Publish"],
    "s3": ["s3:PutObject", "s3:ListBucket"],
}


@dataclass(frozen=True)
class Destination:
    """The failure destination.

    Attributes:
        arn: Its ARN.
        queue: The pattern's dead-letter queue, if that is the destination.
        send_actions: The actions that Lambda needs there; None if its service is unknown.
        kms_key_arn: The customer managed key of the pattern's queue, if it has one.
    """

    arn: str
    queue: SqsQueue | None = None
    send_actions: Sequence[str] | None = None
    kms_key_arn: str | None = None

    def statements(self) -> Iterator[Statement]:
        """Yield the permissions to send failed batches there."""
        if self.send_actions is not None:
            # `s3:ListBucket` applies to the bucket, and `s3:PutObject` to its objects.
            resource = [self.arn, f"{self.arn}/*"] if "s3:PutObject" in self.send_actions else self.arn
            yield allow("SendFailedBatches", self.send_actions, resource)
        if self.kms_key_arn is not None:
            yield allow("EncryptFailedBatches", ["kms:Decrypt", "kms:GenerateDataKey*"], self.kms_key_arn)


def take_destination(*, scope: Construct, arn: str) -> Destination:
    """Return the destination that the user names, with the actions of its service."""
    text = expression_of(arn, scope) if is_token(arn) else arn
    service = re.match(r"arn:[\w-]+:(\w+):|\$\{(?:data\.)?aws_(sqs|sns|s3)_", text)
    return Destination(arn=arn, send_actions=SEND_ACTIONS.get(service[1] or service[2]) if service else None)


def warnings_of(destination: Destination | None) -> Iterator[OverrideWarning]:
    """Yield a warning if failed batches are lost, or if the role may lack the permission to send them."""
    if destination is None:
        yield _warning(
            "deploy_sqs_dlq_queue",
            "deploy_sqs_dlq_queue is False: records that the function cannot process are discarded.",
        )
    elif destination.send_actions is None:
        yield _warning(
            "destination_config",
            f"{event_source.PROPS}.destination_config names {destination.arn}, whose service could not be determined; "
            "grant the function's role permission to send to it.",
        )


def _warning(id: DestinationWarningId, consequence: str) -> OverrideWarning:
    return OverrideWarning(id, consequence)
