"""The dead-letter queue: its defaults, its policy, its key, and a pattern without it."""

import json
from typing import Any

import pytest
from ddb_stream_lambda import TableByArn
from cdktf import TerraformStack
from cdktf_cdktf_provider_aws.data_aws_lambda_function import DataAwsLambdaFunction
from cdktf_cdktf_provider_aws.provider import AwsProvider
from cdktf_cdktf_provider_aws.sqs_queue import SqsQueue, SqsQueueConfig

from tests.support.arns import KEY_ARN, STREAM_ARN, TABLE_ARN, TOPIC_ARN
from tests.support.calls import Emit, MistakesOf, send_failed_batches_to
from tests.support.emitted import Emitted

OHIO_STREAM = STREAM_ARN.replace("eu-west-1", "us-east-2")


def test_the_queue_has_the_defaults(emit: Emit) -> None:
    assert emit().queue == {
        "name": "orders_pipeline-dlq",
        "kms_master_key_id": "alias/aws/sqs",
        "message_retention_seconds": 14 * 24 * 60 * 60,
    }


def test_the_property_returns_the_queue(emit: Emit) -> None:
    assert isinstance(emit().pattern.dead_letter_queue, SqsQueue)


def test_the_role_may_send_messages_to_the_queue(emit: Emit) -> None:
    emitted = emit()
    actions = {"sqs:SendMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl"}
    assert emitted.permissions["SendFailedBatches"] == (actions, emitted.reference("aws_sqs_queue", "arn"))


class TestProps:
    def test_override_the_defaults(self, emit: Emit) -> None:
        arguments = {"name": "failed", "visibility_timeout_seconds": 60, "tags": {"Team": "orders"}, "delay_seconds": 1}
        queue = emit(sqs_dlq_queue_props=arguments).queue
        assert arguments.items() <= queue.items()
        assert queue["kms_master_key_id"] == "alias/aws/sqs"

    def test_can_be_a_struct_of_the_provider(self, emit: Emit) -> None:
        queue = emit(sqs_dlq_queue_props=SqsQueueConfig(max_message_size=2048)).queue
        assert queue["max_message_size"] == 2048
        assert queue["message_retention_seconds"] == 1209600

    def test_can_replace_the_kms_key_by_keys_of_sqs(self, emit: Emit) -> None:
        queue = emit(sqs_dlq_queue_props={"sqs_managed_sse_enabled": True}).queue
        assert queue["sqs_managed_sse_enabled"] is True
        assert "kms_master_key_id" not in queue

    def test_can_replace_the_name_by_a_prefix(self, emit: Emit) -> None:
        queue = emit(sqs_dlq_queue_props={"name_prefix": "failed-"}).queue
        assert queue["name_prefix"] == "failed-"
        assert "name" not in queue

    @pytest.mark.parametrize(
        ("props", "wrong"),
        [
            ({"sqs_managed_sse_enabled": True, "kms_master_key_id": "alias/x"}, "sqs_managed_sse_enabled"),
            ({"name": "a", "name_prefix": "b"}, "name_prefix"),
            ({"message_retention_seconds": 59}, "message_retention_seconds"),
            ({"message_retention_seconds": 1_209_601}, "message_retention_seconds"),
            ({"visibility_timeout_seconds": 43_201}, "visibility_timeout_seconds"),
            ({"delay_seconds": 901}, "delay_seconds"),
            ({"receive_wait_time_seconds": 21}, "receive_wait_time_seconds"),
            ({"name": "n" * 81}, "name"),
            ({"name": "failed.fifo"}, "name"),
            ({"fifo_queue": True}, "fifo_queue"),
            ({"content_based_deduplication": True}, "content_based_deduplication"),
            ({"name_prefix": "n" * 55}, "name_prefix"),
            ({"max_message_size": 1_023}, "max_message_size"),
            ({"max_message_size": 1_048_577}, "max_message_size"),
            ({"kms_data_key_reuse_period_seconds": 59}, "kms_data_key_reuse_period_seconds"),
            ({"kms_data_key_reuse_period_seconds": 86_401}, "kms_data_key_reuse_period_seconds"),
            (
                {"kms_master_key_id": None, "kms_data_key_reuse_period_seconds": 300},
                "kms_data_key_reuse_period_seconds",
            ),
            (
                {"sqs_managed_sse_enabled": True, "kms_data_key_reuse_period_seconds": 300},
                "kms_data_key_reuse_period_seconds",
            ),
            ({"policy": "deny"}, "policy"),
            ({"policy": "[]"}, "policy"),
            ({"redrive_policy": '{"deadLetterTargetArn": "arn:aws:sqs:::x"}'}, "redrive_policy"),
            ({"redrive_policy": '{"maxReceiveCount": 3}'}, "redrive_policy"),
            ({"redrive_policy": '{"deadLetterTargetArn": "x", "maxReceiveCount": 1001}'}, "redrive_policy"),
            ({"redrive_allow_policy": '{"redrivePermission": "none"}'}, "redrive_allow_policy"),
            ({"redrive_allow_policy": "{}"}, "redrive_allow_policy"),
        ],
    )
    def test_that_sqs_or_lambda_would_refuse_are_refused(
        self, mistakes_of: MistakesOf, props: dict[str, object], wrong: str
    ) -> None:
        assert list(mistakes_of(sqs_dlq_queue_props=props)) == [f"sqs_dlq_queue_props.{wrong}"]

    @pytest.mark.parametrize(
        "props",
        [
            {"max_message_size": 1_048_576},
            {"kms_data_key_reuse_period_seconds": 86_400},
            {"redrive_policy": '{"deadLetterTargetArn": "arn:aws:sqs:::x", "maxReceiveCount": "3"}'},
            {"redrive_allow_policy": '{"redrivePermission": "denyAll"}'},
            {"redrive_policy": "${var.redrive}"},
            {"name_prefix": "n" * 54},
        ],
    )
    def test_that_sqs_accepts_are_accepted(self, emit: Emit, props: dict[str, object]) -> None:
        assert props.items() <= emit(sqs_dlq_queue_props=props).queue.items()

    def test_a_redrive_policy_warns(self, emit: Emit) -> None:
        (warning,) = emit(sqs_dlq_queue_props={"redrive_policy": "${var.redrive}"}).warnings
        assert "leave the dead-letter queue" in warning

    def test_without_a_queue_are_refused(self, mistakes_of: MistakesOf) -> None:
        mistakes = mistakes_of(deploy_sqs_dlq_queue=False, sqs_dlq_queue_props={"name": "failed"})
        assert "deploy_sqs_dlq_queue" in mistakes["sqs_dlq_queue_props"]

    def test_together_with_another_failure_destination_are_refused(self, mistakes_of: MistakesOf) -> None:
        destination = send_failed_batches_to(TOPIC_ARN)
        mistakes = mistakes_of(dynamo_event_source_props=destination, sqs_dlq_queue_props={"name": "failed"})
        assert "destination_config" in mistakes["sqs_dlq_queue_props"]


class TestKey:
    def test_of_a_customer_can_be_used_by_the_role(self, emit: Emit) -> None:
        emitted = emit(sqs_dlq_queue_props={"kms_master_key_id": KEY_ARN})
        assert emitted.permissions["EncryptFailedBatches"] == ({"kms:Decrypt", "kms:GenerateDataKey*"}, KEY_ARN)

    @pytest.mark.parametrize("encryption", [{}, {"kms_master_key_id": None}, {"sqs_managed_sse_enabled": True}])
    def test_of_aws_needs_no_permission(self, emit: Emit, encryption: dict[str, object]) -> None:
        assert "EncryptFailedBatches" not in emit(sqs_dlq_queue_props=encryption).permissions


class TestProviderAndRegion:
    """The queue, its policy and the look-up of its key go with the function."""

    def companions(self, emitted: Emitted) -> list[tuple[object, object]]:
        resources = [
            emitted.queue,
            emitted.only("aws_sqs_queue_policy"),
            emitted.only("aws_kms_key", kind="data"),
        ]
        return [(resource.get("provider"), resource.get("region")) for resource in resources]

    def test_are_those_of_a_new_function(self, emit: Emit, stack: TerraformStack) -> None:
        ohio = AwsProvider(stack, "ohio", region="us-east-2", alias="ohio")
        emitted = emit(
            existing_table_interface=TableByArn(
                arn=TABLE_ARN.replace("eu-west-1", "us-east-2"), stream_arn=OHIO_STREAM
            ),
            lambda_function_props={"provider": ohio},
            sqs_dlq_queue_props={"kms_master_key_id": "alias/orders"},
        )
        assert self.companions(emitted) == [("aws.ohio", None)] * 3

    def test_are_those_of_a_given_function(self, emit: Emit, stack: TerraformStack) -> None:
        given = DataAwsLambdaFunction(stack, "given", function_name="orders", region="us-east-2")
        emitted = emit(
            existing_table_interface=TableByArn(
                arn=TABLE_ARN.replace("eu-west-1", "us-east-2"), stream_arn=OHIO_STREAM
            ),
            existing_lambda_obj=given,
            sqs_dlq_queue_props={"kms_master_key_id": "alias/orders"},
        )
        assert self.companions(emitted) == [(None, "us-east-2")] * 3

    def test_can_be_those_of_the_props(self, emit: Emit, stack: TerraformStack) -> None:
        ohio = AwsProvider(stack, "ohio", region="us-east-2", alias="ohio")
        emitted = emit(
            lambda_function_props={"region": "eu-west-1"},
            dynamo_table_props={"region": "eu-west-1"},
            sqs_dlq_queue_props={"kms_master_key_id": "alias/orders", "provider": ohio},
        )
        assert self.companions(emitted) == [("aws.ohio", None)] * 3


class TestPolicy:
    def statements(self, emit: Emit) -> dict[str, dict[str, Any]]:
        """Return the statements of the queue's policy, by Sid; the account's expression is replaced."""
        emitted = emit()
        policy = emitted.only("aws_sqs_queue_policy")
        assert policy["queue_url"] == emitted.reference("aws_sqs_queue", "url")
        arn = emitted.address("aws_sqs_queue") + ".arn"
        account = f'${{element(split(":", {arn}), 4)}}'
        statements = json.loads(policy["policy"].replace(account, "THIS ACCOUNT"))["Statement"]
        assert all(statement["Resource"] == f"${{{arn}}}" for statement in statements)
        return {statement["Sid"]: statement for statement in statements}

    def test_denies_requests_without_tls(self, emit: Emit) -> None:
        statement = self.statements(emit)["HttpsOnly"]
        assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "sqs:*")
        assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}

    def test_denies_other_accounts_except_services_of_aws(self, emit: Emit) -> None:
        statement = self.statements(emit)["OwnAccountOnly"]
        assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "sqs:*")
        assert statement["Condition"]["StringNotEquals"] == {"aws:PrincipalAccount": "THIS ACCOUNT"}
        assert statement["Condition"]["BoolIfExists"] == {"aws:PrincipalIsAWSService": "false"}

    def test_allows_nothing(self, emit: Emit) -> None:
        assert {statement["Effect"] for statement in self.statements(emit).values()} == {"Deny"}

    def test_is_replaced_by_a_policy_of_the_props_in_its_own_resource(self, emit: Emit) -> None:
        emitted = emit(sqs_dlq_queue_props={"policy": '{"Statement": []}'})
        assert emitted.only("aws_sqs_queue_policy") == {
            "queue_url": emitted.reference("aws_sqs_queue", "url"),
            "policy": '{"Statement": []}',
        }
        assert "policy" not in emitted.queue


class TestDeploySqsDlqQueue:
    def test_set_to_false_creates_no_queue(self, emit: Emit) -> None:
        emitted = emit(deploy_sqs_dlq_queue=False)
        assert emitted.all("aws_sqs_queue") == emitted.all("aws_sqs_queue_policy") == {}
        assert "destination_config" not in emitted.mapping
        assert "SendFailedBatches" not in emitted.permissions
        assert emitted.pattern.dead_letter_queue is None

    @pytest.mark.parametrize("value", [0, 1, "yes", None])
    def test_must_be_a_bool(self, mistakes_of: MistakesOf, value: object) -> None:
        assert repr(value) in mistakes_of(deploy_sqs_dlq_queue=value)["deploy_sqs_dlq_queue"]
