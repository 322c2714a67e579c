"""The failure destination: where Lambda sends the batches that the function could not process.

It is the pattern's dead-letter queue or failure bucket, or a queue, topic or bucket that the user names in
`destination_config`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from cdktf import TerraformResource, TerraformStack
from cdktf_cdktf_provider_aws.sqs_queue import SqsQueue
from cdktf_cdktf_provider_aws.sqs_queue_policy import SqsQueuePolicy
from constructs import Construct

from .._engine.tokens import expression_of, is_token
from .._engine.validation import check_at_synth
from ..arguments.companions import companion_arguments
from ..arguments.policies import Statement, allow
from ..arguments.warnings import OverrideWarning
from ..errors import Mistakes
from . import event_source
from .kms_keys import look_up_key

DestinationWarningId = Literal["deploy_sqs_dlq_queue", "destination_config", "destination_key"]

# Service -> the actions that Lambda needs there:
# https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
SEND_ACTIONS = {
    "sqs": ["sqs:SendMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl"],
    "sns": ["sns:Publish"],
    "s3": ["s3:PutObject", "s3:ListBucket"],
}
# Service -> the actions that Lambda needs on the customer managed key of the destination. The page about DynamoDB
# streams does not list them; this one does for the same destinations:
# https://docs.aws.amazon.com/lambda/latest/dg/with-msk-on-failure.html
KEY_ACTIONS = {
    "sqs": ["kms:Decrypt", "kms:GenerateDataKey*"],
    "sns": ["kms:Decrypt", "kms:GenerateDataKey*"],
    "s3": ["kms:GenerateDataKey"],
}

# The keys that AWS manages for SQS, SNS and S3. Their policies let every principal of the account use them through the
# service, so that no permission is needed: https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html
AWS_MANAGED_KEY = re.compile(r"(arn:[\w-]+:kms:[\w-]+:\d{12}:)?alias/aws/(sqs|sns|s3)")

# The expression of a resource of the app in an ARN, such as `${aws_sqs_queue.failed.arn}`.
RESOURCE = re.compile(r"\$\{aws_(?:sqs_queue|sns_topic|s3_bucket)\.(?P<name>[\w-]+)\.")
# The expression of a resource that is no destination. Other expressions, such as a variable's, can be one.
OTHER_RESOURCE = re.compile(
    r"\$\{(data\.)?aws_(cloudwatch_event_bus|kinesis_\w+|lambda_\w+|msk\w*_cluster|s3_access_point|s3_object|sfn_\w+)"
    r"\.[\w-]+\.(\w+_)?arn\}"
)
DESTINATION_ARN = re.compile(r"arn:[\w-]+:((sqs|sns):[\w-]+:\d{12}:[\w-]+(\.fifo)?|s3:::[\w.-]+)")
SERVICE_PART = 2
ALLOWED_DESTINATIONS = "give the ARN of a standard queue (SQS), a standard topic (SNS) or a bucket (S3)"
BUCKET_ENCRYPTION = "aws_s3_bucket_server_side_encryption_configuration"


@dataclass(frozen=True)
class Destination:
    """The failure destination.

    Attributes:
        arn: Its ARN.
        queue: The pattern's dead-letter queue, if that is the destination, or receives the notifications of the bucket.
        policy: The policy of that queue.
        service: ``sqs``, ``sns`` or ``s3``; None if it is unknown.
        kms_key_arn: Its customer managed key, if it is known to have one.
        is_key_known: Whether it is known which key encrypts it.
        settings: The resources that the event source mapping waits for, besides the destination.
    """

    arn: str
    queue: SqsQueue | None = None
    policy: SqsQueuePolicy | None = None
    service: str | None = None
    kms_key_arn: str | None = None
    is_key_known: bool = True
    settings: Sequence[TerraformResource] = ()

    def statements(self) -> Iterator[Statement]:
        """Yield the permissions to send failed batches there."""
        if self.service is None:
            return
        # `s3:ListBucket` applies to the bucket, and `s3:PutObject` to its objects.
        resource = [self.arn, f"{self.arn}/*"] if self.service == "s3" else self.arn
        yield allow("SendFailedBatches", SEND_ACTIONS[self.service], resource)
        if self.kms_key_arn is not None:
            yield allow("EncryptFailedBatches", KEY_ACTIONS[self.service], self.kms_key_arn)


def service_of(arn: str, scope: Construct) -> str | None:
    """Return ``sqs``, ``sns`` or ``s3``; None if the service of the destination is unknown."""
    return _service_in(expression_of(arn, scope) if is_token(arn) else arn)


def _service_in(text: str) -> str | None:
    match = re.match(r"arn:[^:]+:(sqs|sns|s3):|\$\{(?:data\.)?aws_(sqs|sns|s3)_", text)
    return None if match is None else match[1] or match[2]


def check_destination(*, arn: object, stack: TerraformStack, mistakes: Mistakes) -> None:
    """Add a mistake for a destination that Lambda does not take for a DynamoDB stream.

    https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html

    Args:
        arn: The ARN of the user's failure destination; None if there is none.
        stack: The pattern's stack.
        mistakes: The collector of mistakes.
    """
    if not isinstance(arn, str):
        return
    text = expression_of(arn, stack) if is_token(arn) else arn
    message = ""
    if OTHER_RESOURCE.fullmatch(text) or (text.startswith("arn:") and not _can_be_arn(text)):
        message = f"Lambda does not send failed batches of a DynamoDB stream there; {ALLOWED_DESTINATIONS}"
    resource = RESOURCE.search(text)
    found = None if resource is None else _find_resource(stack, resource[0], resource["name"])
    if found is not None and _is_fifo(_arguments_of(found)):
        message = f"Lambda sends failed batches only to standard queues and topics; {ALLOWED_DESTINATIONS}"
    if message:
        mistakes.add(f"{event_source.PROPS}.destination_config.on_failure.destination_arn", arn, message)


def _can_be_arn(text: str) -> bool:
    """Return whether an ARN, which can hold expressions, can be that of a queue, a topic or a bucket."""
    if not is_token(text):
        return DESTINATION_ARN.fullmatch(text) is not None
    # Only the literal parts before the first expression are known.
    parts = text.partition("${")[0].split(":")
    return len(parts) < SERVICE_PART + 2 or parts[SERVICE_PART] in SEND_ACTIONS


def _is_fifo(arguments: Mapping[str, Any]) -> bool:
    return any(arguments.get(name) is True for name in ("fifo_queue", "fifo_topic"))


def take_destination(
    *,
    scope: Construct,
    arn: str,
    id: str = "destination-key",
    suffix: str = "destination",
    property: str = f"{event_source.PROPS}.destination_config",
) -> Destination:
    """Return the destination that the user names, with its service and its key.

    The key is read from the resource, if the stack has it. A key that the resource gets after the pattern is an error
    when the app is synthesized.

    Args:
        scope: The pattern. It gets a data source, if the key is not given by its ARN.
        arn: The destination's ARN.
        id: The construct id of the data source.
        suffix: The end of its address.
        property: The input that names the destination, for messages.
    """
    text = expression_of(arn, scope) if is_token(arn) else arn
    service = _service_in(text)
    if service is None:
        return Destination(arn=arn)
    resource = RESOURCE.search(text)
    found = None if resource is None else _find_resource(scope, resource[0], resource["name"])
    if found is None:
        return Destination(arn=arn, service=service, is_key_known=False)
    key = _key_of(found, service, scope)
    check_at_synth(scope, lambda: _find_later_key(found, service, scope, known=key, property=property))
    if key is None or AWS_MANAGED_KEY.fullmatch(key):
        return Destination(arn=arn, service=service)
    companion = companion_arguments({"provider": found.provider, "region": _arguments_of(found).get("region")})
    return Destination(
        arn=arn,
        service=service,
        kms_key_arn=look_up_key(scope=scope, id=id, suffix=suffix, key=key, companion=companion),
    )


def warnings_of(destination: Destination | None) -> Iterator[OverrideWarning]:
    """Yield a warning if failed batches are lost, or if the role may lack the permission to send them."""
    property = f"{event_source.PROPS}.destination_config"
    if destination is None:
        yield _warning(
            "deploy_sqs_dlq_queue",
            "deploy_sqs_dlq_queue is False: records that the function cannot process are discarded.",
        )
    elif destination.service is None:
        yield _warning(
            "destination_config",
            f"{property} names {destination.arn}, whose service could not be determined; grant the function's role "
            "permission to send to it, and to use its key.",
        )
    elif not destination.is_key_known:
        yield _warning(
            "destination_key",
            f"{property} names {destination.arn}, which is no resource of this stack, so that its key is unknown: if a "
            "customer managed key encrypts it, failed batches are lost unless the function's role may use the key; "
            f"allow {' and '.join(KEY_ACTIONS[destination.service])} on the key with lambda_role_statements.",
        )


def _warning(id: DestinationWarningId, consequence: str) -> OverrideWarning:
    return OverrideWarning(id, consequence)


def _find_resource(scope: Construct, start: str, name: str) -> TerraformResource | None:
    """Return the resource of the scope's stack with this type and name."""
    for construct in TerraformStack.of(scope).node.find_all():
        if (
            isinstance(construct, TerraformResource)
            and start.startswith(f"${{{construct.terraform_resource_type}.")
            and construct.friendly_unique_id == name
        ):
            return construct
    return None


def _key_of(resource: TerraformResource, service: str, scope: Construct) -> str | None:
    """Return the key that encrypts a queue, topic or bucket, as the user gave it."""
    arguments = _arguments_of(resource)
    if service != "s3":
        return arguments.get("kms_master_key_id")
    encryptions = [arguments.get("server_side_encryption_configuration")]
    names = {str(arguments.get("bucket")), *(f"${{{_address(resource)}.{name}}}" for name in ("id", "bucket"))}
    for construct in TerraformStack.of(scope).node.find_all():
        if isinstance(construct, TerraformResource) and construct.terraform_resource_type == BUCKET_ENCRYPTION:
            encryption = _arguments_of(construct)
            if expression_of(str(encryption.get("bucket")), scope) in names:
                encryptions.append(encryption)
    for rule in (rule for encryption in encryptions for rule in _blocks(encryption, "rule")):
        for default in _blocks(rule, "apply_server_side_encryption_by_default"):
            key = default.get("kms_master_key_id")
            if key:
                return str(key)
    return None


def _find_later_key(
    resource: TerraformResource, service: str, scope: Construct, *, known: str | None, property: str
) -> list[str]:
    """Return an error if the resource got another key after the pattern was created."""
    key = _key_of(resource, service, scope)
    if key == known:
        return []
    return [
        f"{property} names {_address(resource)}, which got the key "
        f"{expression_of(str(key), scope)} after the pattern was created, so that the role may not use that key; "
        "define the encryption before the pattern"
    ]


def _arguments_of(resource: TerraformResource) -> Mapping[str, Any]:
    """Return a resource's arguments as it is synthesized, with its overrides."""
    blocks = resource.to_terraform()["resource"][resource.terraform_resource_type]
    (arguments,) = blocks.values()
    return dict(arguments)


def _address(resource: TerraformResource) -> str:
    return f"{resource.terraform_resource_type}.{resource.friendly_unique_id}"


def _blocks(parent: object, name: str) -> list[Mapping[str, Any]]:
    """Return the blocks of a name, of which there is one or a list."""
    value = parent.get(name) if isinstance(parent, Mapping) else None
    blocks = value if isinstance(value, list) else [value]
    return [block for block in blocks if isinstance(block, Mapping)]
