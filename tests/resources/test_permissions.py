"""The policy of the function's role: every statement of it, and nothing wider."""

import json
from typing import get_args

import pytest
from ddb_stream_lambda import RoleStatement
from cdktf import TerraformStack
from cdktf_cdktf_provider_aws.data_aws_lambda_function import DataAwsLambdaFunction
from cdktf_cdktf_provider_aws.sns_topic import SnsTopic
from ddb_stream_lambda.arguments.policies import PatternSid

from tests.support.arns import ACCESS_POINT_ARN, KEY_ARN, ROLE_ARN
from tests.support.calls import VPC, Emit, MistakesOf


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


def test_the_sids_are_those_that_users_cannot_use(emit: Emit, stack: TerraformStack) -> None:
    topic = SnsTopic(stack, "events", kms_master_key_id=KEY_ARN)
    emitted = emit(
        dynamo_table_props={"server_side_encryption": {"kms_key_arn": KEY_ARN}},
        sqs_dlq_queue_props={"kms_master_key_id": KEY_ARN},
        lambda_function_props={
            "vpc_config": VPC,
            "dead_letter_config": {"target_arn": topic.arn},
            "file_system_config": {"arn": ACCESS_POINT_ARN, "local_mount_path": "/mnt/orders"},
            "durable_config": {"execution_timeout": 60},
        },
        lambda_alias_props={},
        table_permissions="ReadWrite",
    )
    assert tuple(emitted.permissions) == get_args(PatternSid)


class TestGrantPermissions:
    """`grant_permissions=False`: the roles are managed elsewhere."""

    def test_writes_no_policy_and_the_mapping_depends_on_the_function_only(self, emit: Emit) -> None:
        emitted = emit(lambda_function_props={"role": ROLE_ARN}, grant_permissions=False)
        assert emitted.all("aws_iam_role_policy") == emitted.all("aws_iam_role") == {}
        assert emitted.mapping["depends_on"] == [emitted.address("aws_lambda_function")]

    def test_warns_with_the_statements_as_json_with_expressions(self, emit: Emit) -> None:
        statement: RoleStatement = {"Action": "es:ESHttpPost", "Resource": "*"}
        emitted = emit(
            lambda_function_props={"role": ROLE_ARN}, lambda_role_statements=[statement], grant_permissions=False
        )
        (warning,) = emitted.warnings
        assert "the role worker needs these statements" in warning
        assert "TfToken" not in warning
        text = warning[warning.index("[{") : warning.rindex("}]") + 2]
        statements = json.loads(text)
        assert statements[1]["Resource"] == emitted.reference("aws_dynamodb_table", "stream_arn")
        assert statements[-1] == {"Effect": "Allow", **statement}

    def test_can_be_silenced(self, emit: Emit) -> None:
        emitted = emit(
            lambda_function_props={"role": ROLE_ARN}, grant_permissions=False, silence_warnings=["grant_permissions"]
        )
        assert emitted.warnings == []

    def test_works_with_an_existing_function(self, emit: Emit, stack: TerraformStack) -> None:
        given = DataAwsLambdaFunction(stack, "given", function_name="given")
        emitted = emit(existing_lambda_obj=given, grant_permissions=False)
        assert emitted.all("aws_iam_role_policy") == {}
        assert emitted.mapping["depends_on"] == ["data.aws_lambda_function.given"]
        assert "needs these statements" in emitted.warnings[0]

    def test_needs_a_given_role(self, mistakes_of: MistakesOf) -> None:
        assert "lambda_function_props.role" in mistakes_of(grant_permissions=False)["grant_permissions"]

    @pytest.mark.parametrize("value", [0, "no", None, "${var.grant}"])
    def test_must_be_a_bool(self, mistakes_of: MistakesOf, value: object) -> None:
        assert "must be True or False" in mistakes_of(grant_permissions=value)["grant_permissions"]
