"""The policy of the function's role: every statement of it, and nothing wider."""

from typing import get_args

from cdktf import TerraformStack
from cdktf_cdktf_provider_aws.data_aws_lambda_function import DataAwsLambdaFunction
from ddb_stream_lambda.arguments.policies import PatternSid

from tests.support.arns import ACCESS_POINT_ARN, KEY_ARN, TOPIC_ARN
from tests.support.calls import VPC, Emit


def test_the_default_policy_has_these_statements_and_nothing_wider(emit: Emit) -> None:
    emitted = emit()
    log_group = emitted.reference("aws_cloudwatch_log_group", "arn")
    assert emitted.permissions == {
        "ListStreams": ({"dynamodb:ListStreams"}, "*"),
        "ReadStream": (
            {"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"},
            emitted.reference("aws_dynamodb_table", "stream_arn"),
        ),
        "SendFailedBatches": (
            {"sqs:SendMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl"},
            emitted.reference("aws_sqs_queue", "arn"),
        ),
        "WriteLogs": ({"logs:CreateLogStream", "logs:PutLogEvents"}, f"{log_group}:*"),
        "SendTraces": ({"xray:PutTraceSegments", "xray:PutTelemetryRecords"}, "*"),
    }


def test_an_existing_function_gets_only_the_stream_and_the_queue(emit: Emit, stack: TerraformStack) -> None:
    emitted = emit(existing_lambda_obj=DataAwsLambdaFunction(stack, "given", function_name="given"))
    assert set(emitted.permissions) == {"ListStreams", "ReadStream", "SendFailedBatches"}


def test_the_policy_is_inline_on_the_role(emit: Emit) -> None:
    emitted = emit()
    policy = emitted.only("aws_iam_role_policy")
    assert policy["role"] == emitted.reference("aws_iam_role", "name")
    assert policy["name"] == "orders_pipeline"


def test_the_sids_are_those_that_users_cannot_use(emit: Emit) -> None:
    emitted = emit(
        dynamo_table_props={"server_side_encryption": {"kms_key_arn": KEY_ARN}},
        sqs_dlq_queue_props={"kms_master_key_id": KEY_ARN},
        lambda_function_props={
            "vpc_config": VPC,
            "dead_letter_config": {"target_arn": TOPIC_ARN},
            "file_system_config": {"arn": ACCESS_POINT_ARN, "local_mount_path": "/mnt/orders"},
            "durable_config": {"execution_timeout": 60},
        },
        lambda_alias_props={},
        table_permissions="Read",
    )
    assert tuple(emitted.permissions) == get_args(PatternSid)
