"""Repairs of localemu's S3 notifications to queues, written after AWS's documentation.

* Keys: localemu encodes a space as `%20`. AWS encodes it as `+`.
* Policies: localemu sends to every queue. AWS evaluates the policy of the queue, and of its key, when a notification is
  configured and at each message. The policy of the key `alias/aws/sqs` does not allow S3.
"""

import copy
import json
from typing import Any
from urllib.parse import quote_plus, unquote

from localemu.aws.api.s3 import InvalidArgument
from localemu.aws.connect import connect_to
from localemu.services.iam_enforcement.action_matcher import matches_action
from localemu.services.iam_enforcement.condition_evaluator import matches_conditions
from localemu.services.iam_enforcement.resource_matcher import matches_resource
from localemu.services.s3.models import s3_stores
from localemu.services.s3.notifications import SqsNotifier
from localemu.utils.aws.arns import parse_arn
from localemu.utils.aws.policy import iter_policy_statements

S3 = "s3.amazonaws.com"
REFUSED = "Permissions on the destination queue do not allow S3 to publish notifications from this bucket"

verify_target = SqsNotifier._verify_target
notify = SqsNotifier.notify
event_payload = SqsNotifier._get_event_payload


def install() -> None:
    """Replace localemu's functions by the ones below."""
    SqsNotifier._verify_target = verify_target_and_policy
    SqsNotifier.notify = notify_if_allowed
    SqsNotifier._get_event_payload = staticmethod(event_payload_with_plus)


def verify_target_and_policy(notifier: Any, target_arn: str, verification: Any) -> None:
    """Refuse a queue that S3 may not send to.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/grant-destinations-permissions-to-s3.html
    """
    # A missing queue has its own error. AWS checks the policy before it sends the message `s3:TestEvent`.
    if queue_exists(target_arn) and not s3_may_send(target_arn, verification.bucket_name):
        raise InvalidArgument(
            "Unable to validate the following destination configurations",
            ArgumentName=target_arn,
            ArgumentValue=REFUSED,
        )
    verify_target(notifier, target_arn, verification)


def notify_if_allowed(notifier: Any, context: Any, configuration: Any) -> None:
    """Send a notification; lose it if the policy no longer allows it, as AWS does."""
    if s3_may_send(configuration["QueueArn"], context.bucket_name):
        notify(notifier, context, configuration)


def event_payload_with_plus(context: Any, configuration_id: str) -> Any:
    """Return the event, with the key encoded as in a query string.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
    """
    context = copy.copy(context)
    context.key_name = quote_plus(unquote(context.key_name), safe="/")
    return event_payload(context, configuration_id)


def queue_client(queue_arn: str) -> Any:
    """Return a client of SQS in the account and Region of a queue."""
    queue = parse_arn(queue_arn)
    return connect_to(aws_access_key_id=queue["account"], region_name=queue["region"]).sqs


def queue_exists(queue_arn: str) -> bool:
    """Return whether the queue exists."""
    client = queue_client(queue_arn)
    try:
        client.get_queue_url(QueueName=parse_arn(queue_arn)["resource"])
    except client.exceptions.QueueDoesNotExist:
        return False
    return True


def s3_may_send(queue_arn: str, bucket: str) -> bool:
    """Return whether the policies of a queue and its key allow messages of S3 about a bucket."""
    queue, client = parse_arn(queue_arn), queue_client(queue_arn)
    url = client.get_queue_url(QueueName=queue["resource"])["QueueUrl"]
    attributes = client.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    account = s3_stores[queue["account"]][queue["region"]].global_bucket_map[bucket]
    conditions = {
        "aws:SourceArn": f"arn:aws:s3:::{bucket}",
        "aws:SourceAccount": account,
        "aws:SecureTransport": "true",
        "aws:PrincipalIsAWSService": "true",
        "aws:PrincipalServiceName": S3,
    }
    if not allows_s3(attributes.get("Policy"), "sqs:SendMessage", queue_arn, conditions):
        return False
    key = attributes.get("KmsMasterKeyId")
    if not key:
        return True
    if key.endswith("alias/aws/sqs"):
        return False
    kms = connect_to(aws_access_key_id=queue["account"], region_name=queue["region"]).kms
    key_arn = kms.describe_key(KeyId=key)["KeyMetadata"]["Arn"]
    policy = kms.get_key_policy(KeyId=key_arn, PolicyName="default")["Policy"]
    return all(allows_s3(policy, action, key_arn, conditions) for action in ("kms:GenerateDataKey", "kms:Decrypt"))


def allows_s3(policy: str | None, action: str, resource: str, conditions: dict[str, str]) -> bool:
    """Return whether a policy of a resource allows an action to the service S3."""
    effects = {
        statement["Effect"]
        for statement in iter_policy_statements(json.loads(policy or "{}"))
        if names_s3(statement)
        and matches_action(statement, action)
        and matches_resource(statement, resource, conditions)
        and matches_conditions(statement, conditions)
    }
    return effects == {"Allow"}


def names_s3(statement: dict[str, Any]) -> bool:
    """Return whether a statement applies to the service S3."""
    principal = statement.get("Principal")
    if not isinstance(principal, dict):
        return bool(principal == "*")
    services = principal.get("Service", [])
    return S3 in ([services] if isinstance(services, str) else services) or principal.get("AWS") == "*"
