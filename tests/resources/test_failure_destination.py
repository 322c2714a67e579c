"""The failure destination that the user names: the permissions for its service, and the warning if it is unknown."""

import pytest
from cdktf import TerraformStack, TerraformVariable
from cdktf_cdktf_provider_aws.s3_bucket import S3Bucket
from cdktf_cdktf_provider_aws.sns_topic import SnsTopic
from cdktf_cdktf_provider_aws.sqs_queue import SqsQueue

from tests.support.calls import Emit, send_failed_batches_to

SQS = {"sqs:SendMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl"}
SNS = {"sns:Publish"}
S3 = {"s3:PutObject", "s3:ListBucket"}


@pytest.mark.parametrize(
    ("arn", "actions", "resource"),
    [
        ("arn:aws:sqs:eu-west-1:123456789012:failed", SQS, "arn:aws:sqs:eu-west-1:123456789012:failed"),
        ("arn:aws-cn:sns:cn-north-1:123456789012:failed", SNS, "arn:aws-cn:sns:cn-north-1:123456789012:failed"),
        ("arn:aws:s3:::failed", S3, ["arn:aws:s3:::failed", "arn:aws:s3:::failed/*"]),
    ],
)
def test_the_role_may_send_to_a_destination_by_arn(
    emit: Emit, arn: str, actions: set[str], resource: str | list[str]
) -> None:
    emitted = emit(dynamo_event_source_props=send_failed_batches_to(arn))
    assert emitted.permissions["SendFailedBatches"] == (actions, resource)
    assert emitted.warnings == []


@pytest.mark.parametrize(
    ("kind", "actions", "resource"),
    [
        (SqsQueue, SQS, "${aws_sqs_queue.failed.arn}"),
        (SnsTopic, SNS, "${aws_sns_topic.failed.arn}"),
        (S3Bucket, S3, ["${aws_s3_bucket.failed.arn}", "${aws_s3_bucket.failed.arn}/*"]),
    ],
)
def test_the_role_may_send_to_a_destination_of_the_app(
    emit: Emit,
    stack: TerraformStack,
    kind: type[SqsQueue | SnsTopic | S3Bucket],
    actions: set[str],
    resource: str | list[str],
) -> None:
    emitted = emit(dynamo_event_source_props=send_failed_batches_to(kind(stack, "failed").arn))
    assert emitted.permissions["SendFailedBatches"] == (actions, resource)
    assert emitted.warnings == []


def test_a_destination_of_an_unknown_service_warns(emit: Emit, stack: TerraformStack) -> None:
    arn = TerraformVariable(stack, "failed", type="string").string_value
    emitted = emit(dynamo_event_source_props=send_failed_batches_to(arn))
    assert "SendFailedBatches" not in emitted.permissions
    (warning,) = emitted.warnings
    assert "whose service could not be determined; grant the function's role permission to send to it" in warning
