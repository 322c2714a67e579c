"""The grants: one inline policy, each statement there only for what is there, and nothing wider."""

import json
from typing import get_args

import pytest
from cdktf import TerraformStack, TerraformVariable, Token
from cdktf_cdktf_provider_aws.data_aws_lambda_function import DataAwsLambdaFunction
from cdktf_cdktf_provider_aws.kms_alias import KmsAlias
from cdktf_cdktf_provider_aws.kms_key import KmsKey
from cdktf_cdktf_provider_aws.sns_topic import SnsTopic
from cdktf_cdktf_provider_aws.sqs_queue import SqsQueue
from ddb_stream_lambda.arguments.policies import PatternSid
from ddb_stream_lambda.resources.role import name_of
from hypothesis import given
from hypothesis import strategies as st

from tests.support.calls import Emit, MistakesOf

KEY_ARN = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
SEND = {"sqs:SendMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl"}


def on_failure(arn: str) -> dict[str, object]:
    return {"destination_config": {"on_failure": {"destination_arn": arn}}}


def test_the_default_pattern_grants_what_the_contract_lists_and_nothing_wider(emit: Emit) -> None:
    emitted = emit()
    log_group = emitted.reference("aws_cloudwatch_log_group", "arn")
    assert emitted.grants == {
        "ListStreams": ({"dynamodb:ListStreams"}, "*"),
        "ReadStream": (
            {"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"},
            emitted.reference("aws_dynamodb_table", "stream_arn"),
        ),
        "SendFailedBatches": (SEND, emitted.reference("aws_sqs_queue", "arn")),
        "WriteLogs": ({"logs:CreateLogStream", "logs:PutLogEvents"}, f"{log_group}:*"),
        "SendTraces": ({"xray:PutTraceSegments", "xray:PutTelemetryRecords"}, "*"),
    }


def test_the_policy_is_inline_on_the_functions_role(emit: Emit) -> None:
    emitted = emit()
    policy = emitted.only("aws_iam_role_policy")
    assert policy["role"] == emitted.reference("aws_iam_role", "name")
    assert policy["name"] == "orders_pipeline"


def test_without_a_queue_nothing_may_be_sent(emit: Emit) -> None:
    assert "SendFailedBatches" not in emit(deploy_sqs_dlq_queue=False).grants


@pytest.mark.parametrize("tracing", [None, {"mode": "PassThrough"}])
def test_without_active_tracing_no_traces_may_be_sent(emit: Emit, tracing: object) -> None:
    assert "SendTraces" not in emit(lambda_function_props={"tracing_config": tracing}).grants


def test_a_tracing_mode_that_only_terraform_knows_may_be_active(emit: Emit, stack: TerraformStack) -> None:
    mode = TerraformVariable(stack, "mode", type="string").string_value
    assert "SendTraces" in emit(lambda_function_props={"tracing_config": {"mode": mode}}).grants


def test_a_table_with_a_customer_managed_key_lets_the_role_decrypt_with_it(emit: Emit, stack: TerraformStack) -> None:
    key = KmsKey(stack, "key")
    emitted = emit(dynamo_table_props={"server_side_encryption": {"kms_key_arn": key.arn}})
    assert emitted.grants["DecryptStream"] == ({"kms:Decrypt", "kms:DescribeKey"}, "${aws_kms_key.key.arn}")


def test_a_table_with_encryption_off_asks_for_no_key(emit: Emit) -> None:
    emitted = emit(dynamo_table_props={"server_side_encryption": {"enabled": False, "kms_key_arn": KEY_ARN}})
    assert "DecryptStream" not in emitted.grants


def test_a_queue_with_a_customer_managed_key_lets_the_role_encrypt_with_it(emit: Emit) -> None:
    emitted = emit(sqs_dlq_queue_props={"kms_master_key_id": KEY_ARN})
    assert emitted.grants["EncryptFailedBatches"] == ({"kms:Decrypt", "kms:GenerateDataKey*"}, KEY_ARN)


@pytest.mark.parametrize("key", ["alias/orders", "1234abcd-12ab-34cd-56ef-1234567890ab"])
def test_a_queues_key_given_by_another_name_is_looked_up(emit: Emit, key: str) -> None:
    emitted = emit(sqs_dlq_queue_props={"kms_master_key_id": key})
    assert emitted.only("aws_kms_key", kind="data") == {"key_id": key}
    assert emitted.grants["EncryptFailedBatches"][1].startswith("${data.aws_kms_key.")


def test_a_queues_key_of_the_app_is_known_by_its_arn(emit: Emit, stack: TerraformStack) -> None:
    emitted = emit(sqs_dlq_queue_props={"kms_master_key_id": KmsKey(stack, "key").arn})
    assert emitted.grants["EncryptFailedBatches"][1] == "${aws_kms_key.key.arn}"
    assert emitted.all("aws_kms_key", kind="data") == {}


@pytest.mark.parametrize("encryption", [{}, {"kms_master_key_id": None}, {"sqs_managed_sse_enabled": True}])
def test_a_queue_without_a_customer_managed_key_asks_for_none(emit: Emit, encryption: dict[str, object]) -> None:
    assert "EncryptFailedBatches" not in emit(sqs_dlq_queue_props=encryption).grants


def test_in_a_vpc_the_role_may_manage_its_network_interfaces(emit: Emit) -> None:
    vpc = {"subnet_ids": ["subnet-1"], "security_group_ids": ["sg-1"]}
    assert emit(lambda_function_props={"vpc_config": vpc}).grants["JoinVpc"] == (
        {
            "ec2:CreateNetworkInterface",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DeleteNetworkInterface",
            "ec2:AssignPrivateIpAddresses",
            "ec2:UnassignPrivateIpAddresses",
        },
        "*",
    )


@pytest.mark.parametrize(
    ("arn", "actions"),
    [
        ("arn:aws:sqs:eu-west-1:123456789012:failed", SEND),
        ("arn:aws-cn:sns:cn-north-1:123456789012:failed", {"sns:Publish"}),
    ],
)
def test_a_failure_destination_of_the_users_own_may_be_reached(emit: Emit, arn: str, actions: set[str]) -> None:
    statements = emit(dynamo_event_source_props=on_failure(arn)).grants.values()
    granted = {action for actions_at, resource in statements if resource.startswith(arn) for action in actions_at}
    assert granted == actions


@pytest.mark.parametrize(("kind", "name"), [(SqsQueue, "aws_sqs_queue"), (SnsTopic, "aws_sns_topic")])
def test_a_failure_destination_of_the_app_may_be_reached(
    emit: Emit, stack: TerraformStack, kind: type, name: str
) -> None:
    destination = kind(stack, "failed")
    emitted = emit(dynamo_event_source_props=on_failure(destination.arn))
    assert emitted.grants["SendFailedBatches"][1] == f"${{{name}.failed.arn}}"
    assert emitted.warnings == []


def test_a_failure_destination_whose_service_cannot_be_told_is_announced(emit: Emit, stack: TerraformStack) -> None:
    arn = TerraformVariable(stack, "failed", type="string").string_value
    emitted = emit(dynamo_event_source_props=on_failure(arn))
    assert "SendFailedBatches" not in emitted.grants
    assert "grant the function's role" in emitted.warnings[0]


@given(
    path=st.lists(st.text("abcXYZ019-_+=,.@", min_size=1, max_size=8), max_size=4),
    name=st.text("abcXYZ019-_+=,.@", min_size=1, max_size=64),
)
def test_a_roles_name_is_what_follows_its_path(path: list[str], name: str) -> None:
    assert name_of("/".join(["arn:aws:iam::123456789012:role", *path, name])) == name


class TestStatementsOfTheUsersOwn:
    DOMAIN = "arn:aws:es:eu-west-1:123456789012:domain/orders"

    def test_stand_beside_the_grants_in_the_one_policy(self, emit: Emit) -> None:
        statements = [{"Sid": "Index", "Action": "es:ESHttpPost", "Resource": [f"{self.DOMAIN}/*"]}]
        policy = json.loads(emit(lambda_role_statements=statements).only("aws_iam_role_policy")["policy"])
        assert policy["Statement"][0]["Sid"] == "ListStreams"
        assert policy["Statement"][-1] == {
            "Effect": "Allow",
            "Sid": "Index",
            "Action": "es:ESHttpPost",
            "Resource": [f"{self.DOMAIN}/*"],
        }

    def test_may_deny_under_a_condition(self, emit: Emit) -> None:
        statement = {
            "Effect": "Deny",
            "Action": ["es:*"],
            "Resource": "*",
            "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1", "eu-west-2"]}},
        }
        policy = json.loads(emit(lambda_role_statements=[statement]).only("aws_iam_role_policy")["policy"])
        assert policy["Statement"][-1] == statement

    def test_may_name_what_terraform_knows_later(self, emit: Emit, stack: TerraformStack) -> None:
        domain = TerraformVariable(stack, "domain", type="string").string_value
        emitted = emit(lambda_role_statements=[{"Action": "es:ESHttpPost", "Resource": f"{domain}/*"}])
        assert "${var.domain}/*" in emitted.only("aws_iam_role_policy")["policy"]

    def test_go_to_a_role_that_is_given_too(self, emit: Emit) -> None:
        role = "arn:aws:iam::123456789012:role/worker"
        statement = {"Sid": "Index", "Action": "es:ESHttpPost", "Resource": "*"}
        emitted = emit(lambda_function_props={"role": role}, lambda_role_statements=[statement])
        assert "es:ESHttpPost" in emitted.only("aws_iam_role_policy")["policy"]

    @pytest.mark.parametrize(
        ("statement", "wrong"),
        [
            ({"Action": "a:b"}, ".Resource"),
            ({"Resource": "*"}, ".Action"),
            ({"Action": 3, "Resource": "*"}, ".Action"),
            ({"Action": "a:b", "Resource": "*", "Effect": "allow"}, ".Effect"),
            ({"Action": "a:b", "Resource": "*", "Sid": "a b"}, ".Sid"),
            ({"Action": "a:b", "Resource": "*", "Sid": "ReadStream"}, ".Sid"),
            ({"action": "a:b", "Action": "a:b", "Resource": "*"}, ".action"),
            ({"Action": "a:b", "Resource": "*", "Condition": {"Bool": "x"}}, ".Condition.Bool"),
            ("a:b", ""),
        ],
    )
    def test_are_held_to_iams_language(self, mistakes_of: MistakesOf, statement: object, wrong: str) -> None:
        mistakes = mistakes_of(lambda_role_statements=[statement])
        assert f"lambda_role_statements[0]{wrong}" in mistakes

    def test_must_be_a_list(self, mistakes_of: MistakesOf) -> None:
        statement = {"Action": "a:b", "Resource": "*"}
        assert "must be a list" in mistakes_of(lambda_role_statements=statement)["lambda_role_statements"]

    def test_are_refused_for_a_given_function(self, mistakes_of: MistakesOf, stack: TerraformStack) -> None:
        function = DataAwsLambdaFunction(stack, "given", function_name="given")
        mistakes = mistakes_of(
            existing_lambda_obj=function, lambda_role_statements=[{"Action": "a:b", "Resource": "*"}]
        )
        assert "existing_lambda_obj" in mistakes["lambda_role_statements"]

    def test_have_names_that_the_pattern_does_not_use(self, emit: Emit) -> None:
        vpc = {"subnet_ids": ["subnet-1"], "security_group_ids": ["sg-1"]}
        emitted = emit(
            dynamo_table_props={"server_side_encryption": {"kms_key_arn": KEY_ARN}},
            sqs_dlq_queue_props={"kms_master_key_id": KEY_ARN},
            lambda_function_props={"vpc_config": vpc},
        )
        assert tuple(emitted.grants) == get_args(PatternSid)


def test_a_bucket_that_takes_failures_is_listed_and_its_objects_are_put(emit: Emit) -> None:
    arn = "arn:aws:s3:::failed"
    policy = json.loads(emit(dynamo_event_source_props=on_failure(arn)).only("aws_iam_role_policy")["policy"])
    (statement,) = [s for s in policy["Statement"] if s["Sid"] == "SendFailedBatches"]
    assert statement["Resource"] == [arn, f"{arn}/*"]


@pytest.mark.parametrize("attribute", ["arn", "name"])
def test_a_queues_key_by_an_alias_of_the_app_is_looked_up(emit: Emit, stack: TerraformStack, attribute: str) -> None:
    alias = KmsAlias(stack, "alias", name="alias/orders", target_key_id="1234")
    emitted = emit(sqs_dlq_queue_props={"kms_master_key_id": getattr(alias, attribute)})
    assert emitted.only("aws_kms_key", kind="data") == {"key_id": f"${{aws_kms_alias.alias.{attribute}}}"}
    assert emitted.grants["EncryptFailedBatches"][1].startswith("${data.aws_kms_key.")


def test_a_tables_key_by_a_variable_is_looked_up(emit: Emit, stack: TerraformStack) -> None:
    key = TerraformVariable(stack, "key", type="string").string_value
    emitted = emit(dynamo_table_props={"server_side_encryption": {"kms_key_arn": key}})
    assert emitted.table["server_side_encryption"]["kms_key_arn"] == "${var.key}"
    assert emitted.grants["DecryptStream"][1].startswith("${data.aws_kms_key.")


class TestStatementsThatNoPolicyCanHold:
    @pytest.mark.parametrize(
        ("statement", "wrong"),
        [
            ({"Action": None, "Resource": "*"}, "Action"),
            ({"Action": [], "Resource": "*"}, "Action"),
            ({"Action": "a:b", "Resource": []}, "Resource"),
        ],
    )
    def test_name_nothing(self, mistakes_of: MistakesOf, statement: object, wrong: str) -> None:
        assert f"lambda_role_statements[0].{wrong}" in mistakes_of(lambda_role_statements=[statement])

    def test_share_a_name(self, mistakes_of: MistakesOf) -> None:
        statement = {"Sid": "A", "Action": "a:b", "Resource": "*"}
        assert list(mistakes_of(lambda_role_statements=[statement, statement])) == ["lambda_role_statements[1].Sid"]

    def test_hold_lists_and_maps_that_terraform_knows_later(
        self, mistakes_of: MistakesOf, stack: TerraformStack
    ) -> None:
        arns = TerraformVariable(stack, "arns", type="list(string)").list_value
        conditions = Token.as_string_map(TerraformVariable(stack, "conditions", type="map(string)").value)
        for part in ({"Resource": arns}, {"Condition": conditions}):
            mistakes = mistakes_of(lambda_role_statements=[{"Action": "a:b", "Resource": "*"} | part])
            assert list(mistakes) == [f"lambda_role_statements[0].{next(iter(part))}"]

    def test_leave_out_what_is_none(self, emit: Emit) -> None:
        statement = {"Sid": None, "Effect": None, "Action": "a:b", "Resource": "*", "Condition": None}
        policy = json.loads(emit(lambda_role_statements=[statement]).only("aws_iam_role_policy")["policy"])
        assert policy["Statement"][-1] == {"Action": "a:b", "Resource": "*"} | {"Effect": "Allow"}
