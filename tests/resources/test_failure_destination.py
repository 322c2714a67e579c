"""The failure destination that the user names: the permissions for its service and its key, and the warnings."""

from typing import Any

import jsii
import pytest
from ddb_stream_lambda import DynamoDBStreamsToLambda
from cdktf import App, TerraformStack, TerraformVariable
from cdktf_cdktf_provider_aws.data_aws_sqs_queue import DataAwsSqsQueue
from cdktf_cdktf_provider_aws.kms_key import KmsKey
from cdktf_cdktf_provider_aws.provider import AwsProvider
from cdktf_cdktf_provider_aws.s3_bucket import (
    S3Bucket,
    S3BucketServerSideEncryptionConfiguration,
    S3BucketServerSideEncryptionConfigurationRule,
    S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefault,
)
from cdktf_cdktf_provider_aws.s3_bucket_server_side_encryption_configuration import (
    S3BucketServerSideEncryptionConfigurationA,
    S3BucketServerSideEncryptionConfigurationRuleA,
    S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA,
)
from cdktf_cdktf_provider_aws.sns_topic import SnsTopic
from cdktf_cdktf_provider_aws.sqs_queue import SqsQueue

from tests.support.arns import KEY_ARN
from tests.support.calls import ZIP_FUNCTION, Emit, MistakesOf, send_failed_batches_to

SQS = {"sqs:SendMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl"}
SNS = {"sns:Publish"}
S3 = {"s3:PutObject", "s3:ListBucket"}
KEY_OF_MESSAGES = {"kms:Decrypt", "kms:GenerateDataKey*"}
KEY_OF_OBJECTS = {"kms:GenerateDataKey"}


def encrypt(bucket: str, key: str | None) -> dict[str, Any]:
    """Return the arguments of an encryption of a bucket."""
    default = S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA(
        sse_algorithm="aws:kms", kms_master_key_id=key
    )
    rule = S3BucketServerSideEncryptionConfigurationRuleA(apply_server_side_encryption_by_default=default)
    return {"bucket": bucket, "rule": [rule]}


@pytest.mark.parametrize(
    ("arn", "actions", "resource"),
    [
        ("arn:aws:sqs:eu-west-1:123456789012:failed", SQS, "arn:aws:sqs:eu-west-1:123456789012:failed"),
        ("arn:aws-cn:sns:cn-north-1:123456789012:failed", SNS, "arn:aws-cn:sns:cn-north-1:123456789012:failed"),
        ("arn:aws:s3:::failed", S3, ["arn:aws:s3:::failed", "arn:aws:s3:::failed/*"]),
    ],
)
def test_the_role_may_send_to_a_destination_by_arn_and_its_unknown_key_warns(
    emit: Emit, arn: str, actions: set[str], resource: str | list[str]
) -> None:
    emitted = emit(dynamo_event_source_props=send_failed_batches_to(arn))
    assert emitted.permissions["SendFailedBatches"] == (actions, resource)
    (warning,) = emitted.warnings
    assert f"names {arn}, which is no resource of this stack" in warning
    assert 'silence_warnings=["destination_key"]' in warning


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
    assert "EncryptFailedBatches" not in emitted.permissions
    assert emitted.warnings == []


def test_a_destination_of_an_unknown_service_warns_with_its_expression(emit: Emit, stack: TerraformStack) -> None:
    arn = TerraformVariable(stack, "failed", type="string").string_value
    emitted = emit(dynamo_event_source_props=send_failed_batches_to(arn))
    assert "SendFailedBatches" not in emitted.permissions
    (warning,) = emitted.warnings
    assert "names ${var.failed}, whose service could not be determined" in warning


class TestKey:
    @pytest.mark.parametrize("kind", [SqsQueue, SnsTopic])
    def test_of_a_queue_or_topic_can_be_used_by_the_role(
        self, emit: Emit, stack: TerraformStack, kind: type[SqsQueue | SnsTopic]
    ) -> None:
        destination = kind(stack, "failed", kms_master_key_id=KmsKey(stack, "key").arn)
        emitted = emit(dynamo_event_source_props=send_failed_batches_to(destination.arn))
        assert emitted.permissions["EncryptFailedBatches"] == (KEY_OF_MESSAGES, "${aws_kms_key.key.arn}")
        assert emitted.warnings == []

    @pytest.mark.parametrize("named_by", ["id", "bucket", "name"])
    def test_of_a_bucket_is_read_from_its_encryption(self, emit: Emit, stack: TerraformStack, named_by: str) -> None:
        bucket = S3Bucket(stack, "failed", bucket="orders-failed")
        other = S3Bucket(stack, "other")
        names = {"id": bucket.id, "bucket": bucket.bucket, "name": "orders-failed"}
        key = KmsKey(stack, "key").arn
        S3BucketServerSideEncryptionConfigurationA(stack, "of-other", **encrypt(other.id, KEY_ARN))
        S3BucketServerSideEncryptionConfigurationA(stack, "encryption", **encrypt(names[named_by], key))
        emitted = emit(dynamo_event_source_props=send_failed_batches_to(bucket.arn))
        assert emitted.permissions["EncryptFailedBatches"] == (KEY_OF_OBJECTS, "${aws_kms_key.key.arn}")

    def test_of_a_bucket_is_read_from_its_own_block(self, emit: Emit, stack: TerraformStack) -> None:
        default = S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefault(
            sse_algorithm="aws:kms", kms_master_key_id=KEY_ARN
        )
        rule = S3BucketServerSideEncryptionConfigurationRule(apply_server_side_encryption_by_default=default)
        encryption = S3BucketServerSideEncryptionConfiguration(rule=rule)
        bucket = S3Bucket(stack, "failed", server_side_encryption_configuration=encryption)
        emitted = emit(dynamo_event_source_props=send_failed_batches_to(f"arn:aws:s3:::{bucket.bucket}"))
        assert emitted.permissions["EncryptFailedBatches"] == (KEY_OF_OBJECTS, KEY_ARN)

    def test_of_an_override_is_read(self, emit: Emit, stack: TerraformStack) -> None:
        queue = SqsQueue(stack, "failed")
        queue.add_override("kms_master_key_id", KEY_ARN)
        emitted = emit(dynamo_event_source_props=send_failed_batches_to(queue.arn))
        assert emitted.permissions["EncryptFailedBatches"] == (KEY_OF_MESSAGES, KEY_ARN)

    def test_is_looked_up_with_the_provider_and_region_of_the_destination(
        self, emit: Emit, stack: TerraformStack
    ) -> None:
        ohio = AwsProvider(stack, "ohio", region="us-east-2", alias="ohio")
        queue = SqsQueue(stack, "failed", kms_master_key_id="alias/orders", provider=ohio, region="us-west-2")
        emitted = emit(dynamo_event_source_props=send_failed_batches_to(queue.arn))
        assert emitted.only("aws_kms_key", kind="data") == {
            "key_id": "alias/orders",
            "provider": "aws.ohio",
            "region": "us-west-2",
        }
        (name,) = emitted.all("aws_kms_key", kind="data")
        assert emitted.permissions["EncryptFailedBatches"] == (KEY_OF_MESSAGES, f"${{data.aws_kms_key.{name}.arn}}")

    @pytest.mark.parametrize(
        ("kind", "key"),
        [
            (SqsQueue, "alias/aws/sqs"),
            (SnsTopic, "alias/aws/sns"),
            (SnsTopic, "arn:aws:kms:eu-west-1:123456789012:alias/aws/sns"),
        ],
    )
    def test_of_aws_needs_no_permission(
        self, emit: Emit, stack: TerraformStack, kind: type[SqsQueue | SnsTopic], key: str
    ) -> None:
        destination = kind(stack, "failed", kms_master_key_id=key)
        emitted = emit(dynamo_event_source_props=send_failed_batches_to(destination.arn))
        assert "EncryptFailedBatches" not in emitted.permissions
        assert emitted.all("aws_kms_key", kind="data") == {}
        assert emitted.warnings == []

    def test_of_a_data_source_is_unknown_and_warns(self, emit: Emit, stack: TerraformStack) -> None:
        arn = DataAwsSqsQueue(stack, "failed", name="failed").arn
        (warning,) = emit(dynamo_event_source_props=send_failed_batches_to(arn)).warnings
        assert "names ${data.aws_sqs_queue.failed.arn}" in warning
        assert "allow kms:Decrypt and kms:GenerateDataKey* on the key" in warning

    def test_that_is_set_after_the_pattern_fails_the_synthesis(self) -> None:
        app = App()
        stack = TerraformStack(app, "orders")
        AwsProvider(stack, "aws", region="eu-west-1")
        bucket = S3Bucket(stack, "failed")
        DynamoDBStreamsToLambda(
            stack,
            "pipeline",
            lambda_function_props=ZIP_FUNCTION,
            dynamo_event_source_props=send_failed_batches_to(bucket.arn),
        )
        S3BucketServerSideEncryptionConfigurationA(stack, "encryption", **encrypt(bucket.id, KEY_ARN))
        with pytest.raises((RuntimeError, jsii.errors.JSIIError), match="define the encryption before the pattern"):
            app.synth()


DESTINATION = "dynamo_event_source_props.destination_config.on_failure.destination_arn"


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:lambda:eu-west-1:123456789012:function:orders",
        "arn:aws:lambda:eu-west-1:${var.account}:function:orders",
        "arn:aws:kafka:eu-west-1:123456789012:cluster/orders/1",
        "kafka://orders",
        "arn:aws:s3:::failed/orders",
        "arn:aws:s3:eu-west-1:123456789012:accesspoint/failed",
        "arn:aws:sqs:eu-west-1:123456789012:",
        "arn:aws:sns:eu-west-1:123456789012",
        "arn:aws:sqs",
        "${aws_lambda_function.orders.arn}",
        "${aws_lambda_function.orders.qualified_arn}",
        "${data.aws_msk_cluster.orders.arn}",
    ],
)
def test_a_destination_that_lambda_refuses_for_a_stream_is_refused(mistakes_of: MistakesOf, arn: str) -> None:
    mistakes = mistakes_of(dynamo_event_source_props=send_failed_batches_to(arn), deploy_alarms=True)
    assert list(mistakes) == [DESTINATION]
    assert "standard queue" in mistakes[DESTINATION]


@pytest.mark.parametrize(("kind", "flag"), [(SqsQueue, "fifo_queue"), (SnsTopic, "fifo_topic")])
def test_a_fifo_destination_of_the_app_is_refused(
    mistakes_of: MistakesOf, stack: TerraformStack, kind: Any, flag: str
) -> None:
    arn = kind(stack, "failed", **{flag: True}).arn
    mistakes = mistakes_of(dynamo_event_source_props=send_failed_batches_to(arn))
    assert "only to standard queues and topics" in mistakes[DESTINATION]


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws-cn:sqs:cn-north-1:123456789012:failed_orders-1",
        "arn:aws:s3:::failed.orders",
        "arn:${data.aws_partition.x.partition}:lambda:eu-west-1:123456789012:x",
        "arn:aws:sqs:${var.region}:123456789012:failed",
        "arn:aws:${var.service}:eu-west-1:123456789012:failed",
        "${aws_ssm_parameter.failed.value}",
    ],
)
def test_a_destination_that_can_be_right_is_accepted(emit: Emit, arn: str) -> None:
    mapping = emit(dynamo_event_source_props=send_failed_batches_to(arn)).mapping
    assert mapping["destination_config"]["on_failure"]["destination_arn"] == arn
