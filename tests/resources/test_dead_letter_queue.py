"""The dead-letter queue: defaults, arguments over them, its policy, and how to do without one."""

import json

import pytest
from cdktf_cdktf_provider_aws.sqs_queue import SqsQueue, SqsQueueConfig

from tests.support.calls import Emit, MistakesOf

TOPIC = "arn:aws:sns:eu-west-1:123456789012:failed"


def test_the_queue_has_the_defaults_of_the_contract(emit: Emit) -> None:
    assert emit().queue == {
        "name": "orders_pipeline-dlq",
        "kms_master_key_id": "alias/aws/sqs",
        "message_retention_seconds": 14 * 24 * 60 * 60,
    }


def test_the_queue_is_a_property(emit: Emit) -> None:
    assert isinstance(emit().pattern.dead_letter_queue, SqsQueue)


def test_arguments_are_laid_over_the_defaults(emit: Emit) -> None:
    arguments = {"name": "failed", "visibility_timeout_seconds": 60, "tags": {"Team": "orders"}, "delay_seconds": 1}
    queue = emit(sqs_dlq_queue_props=arguments).queue
    assert arguments.items() <= queue.items()
    assert queue["kms_master_key_id"] == "alias/aws/sqs"


def test_the_providers_struct_does_as_well_as_a_mapping(emit: Emit) -> None:
    queue = emit(sqs_dlq_queue_props=SqsQueueConfig(max_message_size=2048)).queue
    assert queue["max_message_size"] == 2048
    assert queue["message_retention_seconds"] == 1209600


class TestPolicy:
    def statements(self, emit: Emit) -> dict[str, dict]:
        emitted = emit()
        policy = emitted.only("aws_sqs_queue_policy")
        assert policy["queue_url"] == emitted.reference("aws_sqs_queue", "url")
        arn = emitted.address("aws_sqs_queue") + ".arn"
        account = f'${{element(split(":", {arn}), 4)}}'
        statements = json.loads(policy["policy"].replace(account, "THIS ACCOUNT"))["Statement"]
        assert all(s["Resource"] == f"${{{arn}}}" for s in statements)
        return {statement["Sid"]: statement for statement in statements}

    def test_denies_what_does_not_come_over_tls(self, emit: Emit) -> None:
        statement = self.statements(emit)["HttpsOnly"]
        assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "sqs:*")
        assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}

    def test_denies_other_accounts_but_not_the_services_of_aws(self, emit: Emit) -> None:
        statement = self.statements(emit)["OwnAccountOnly"]
        assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "sqs:*")
        assert statement["Condition"]["StringNotEquals"] == {"aws:PrincipalAccount": "THIS ACCOUNT"}
        assert statement["Condition"]["BoolIfExists"] == {"aws:PrincipalIsAWSService": "false"}

    def test_allows_nothing_that_identities_are_not_allowed(self, emit: Emit) -> None:
        assert {statement["Effect"] for statement in self.statements(emit).values()} == {"Deny"}

    def test_of_the_users_own_replaces_it(self, emit: Emit) -> None:
        emitted = emit(sqs_dlq_queue_props={"policy": "{}"})
        assert emitted.all("aws_sqs_queue_policy") == {}
        assert emitted.queue["policy"] == "{}"


def test_no_queue_is_created_when_it_is_turned_off(emit: Emit) -> None:
    emitted = emit(deploy_sqs_dlq_queue=False)
    assert emitted.all("aws_sqs_queue") == emitted.all("aws_sqs_queue_policy") == {}
    assert "destination_config" not in emitted.mapping
    assert emitted.pattern.dead_letter_queue is None


def test_sqs_managed_keys_take_the_place_of_the_kms_key(emit: Emit) -> None:
    queue = emit(sqs_dlq_queue_props={"sqs_managed_sse_enabled": True}).queue
    assert queue["sqs_managed_sse_enabled"] is True
    assert "kms_master_key_id" not in queue


def test_a_name_prefix_takes_the_place_of_the_name(emit: Emit) -> None:
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
    ],
)
def test_arguments_that_sqs_or_lambda_would_refuse_are_refused(
    mistakes_of: MistakesOf, props: dict[str, object], wrong: str
) -> None:
    assert list(mistakes_of(sqs_dlq_queue_props=props)) == [f"sqs_dlq_queue_props.{wrong}"]


def test_queue_props_with_the_queue_off_are_refused(mistakes_of: MistakesOf) -> None:
    mistakes = mistakes_of(deploy_sqs_dlq_queue=False, sqs_dlq_queue_props={"name": "failed"})
    assert "deploy_sqs_dlq_queue" in mistakes["sqs_dlq_queue_props"]


def test_queue_props_beside_a_failure_destination_are_refused(mistakes_of: MistakesOf) -> None:
    destination = {"destination_config": {"on_failure": {"destination_arn": TOPIC}}}
    mistakes = mistakes_of(dynamo_event_source_props=destination, sqs_dlq_queue_props={"name": "failed"})
    assert "destination_config" in mistakes["sqs_dlq_queue_props"]


@pytest.mark.parametrize("value", [0, 1, "yes", None])
def test_the_switch_is_a_bool(mistakes_of: MistakesOf, value: object) -> None:
    assert repr(value) in mistakes_of(deploy_sqs_dlq_queue=value)["deploy_sqs_dlq_queue"]
