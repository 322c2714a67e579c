"""The life of a deployed stack: created, written to, failing, changed, destroyed. The tests run in this order."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .emulator_process import Emulator
from .providers import Provider
from .recorder_stack import ARCHITECTURE, RECORDER, RecorderStack
from .terraform import Graph, Terraform, override_provider


@dataclass
class Deployment:
    """The deployed stack.

    Attributes:
        outputs: the outputs of the first apply.
        graph: the dependency graph of the first plan.
    """

    emulator: Emulator
    terraform: Terraform
    stack: RecorderStack
    outputs: dict[str, str]
    graph: Graph

    def put(self, id: str, **attributes: str) -> None:
        """Put an item whose attributes are strings."""
        item = {"id": {"S": id}} | {name: {"S": value} for name, value in attributes.items()}
        self.emulator.client("dynamodb").put_item(TableName=self.outputs["table"], Item=item)

    def put_batch(self, *items: dict[str, str]) -> None:
        """Put items, whose attributes are strings, with one BatchWriteItem call."""
        requests = [{"PutRequest": {"Item": {name: {"S": v} for name, v in item.items()}}} for item in items]
        self.emulator.client("dynamodb").batch_write_item(RequestItems={self.outputs["table"]: requests})

    def receive_failure(self) -> dict[str, Any]:
        """Wait for a message in the dead-letter queue, delete it from the queue and return its body."""
        sqs, queue = self.emulator.client("sqs"), self.outputs["queue"]
        (message,) = self.emulator.wait_for(
            lambda: sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1).get("Messages"),
            "a message in the dead-letter queue",
        )
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return dict(json.loads(message["Body"]))


@pytest.fixture(scope="module")
def deployment(emulator: Emulator, provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    folder = tmp_path_factory.mktemp("lifecycle")
    terraform = Terraform(folder / "stack", provider)
    stack = RecorderStack(effects=folder / "effects")
    terraform.synthesize(stack)
    override_provider(terraform.folder, emulator.url)
    terraform.init()
    terraform.run("plan", "-out=first.bin")
    graph = terraform.graph("-plan=first.bin")
    terraform.run("apply", "first.bin")
    return Deployment(emulator, terraform, stack, terraform.outputs(), graph)


def test_second_plan_is_empty(deployment: Deployment) -> None:
    deployment.terraform.run("plan", "-detailed-exitcode")


def test_mapping_and_function_are_created_after_the_role_policy(deployment: Deployment) -> None:
    assert deployment.graph.cycle() == []
    assert deployment.graph.depends_on("aws_lambda_event_source_mapping", "aws_iam_role_policy")
    assert deployment.graph.depends_on("aws_lambda_function", "aws_iam_role_policy")


def test_function_receives_every_kind_of_write_in_order(deployment: Deployment) -> None:
    table = deployment.outputs["table"]
    deployment.put("a", value="1")
    deployment.put("a", value="2")
    dynamodb = deployment.emulator.client("dynamodb")
    dynamodb.update_item(
        TableName=table,
        Key={"id": {"S": "a"}},
        UpdateExpression="SET v = :v",
        ExpressionAttributeValues={":v": {"S": "3"}},
    )
    dynamodb.delete_item(TableName=table, Key={"id": {"S": "a"}})

    def received_names() -> list[str]:
        return [name for event in deployment.stack.recorded_events() for name in event["names"]]

    deployment.emulator.wait_for(lambda: len(received_names()) == 4, "four records")
    assert received_names() == ["INSERT", "MODIFY", "MODIFY", "REMOVE"]


def test_record_that_always_fails_is_isolated_retried_and_sent_to_the_queue(deployment: Deployment) -> None:
    before = len(deployment.stack.recorded_events())
    deployment.put_batch(*({"id": f"c{n}"} | ({"poison": "1"} if n == 3 else {}) for n in range(1, 6)))
    failure = deployment.receive_failure()

    def events_once_c5_passed() -> list[dict[str, Any]]:
        events = deployment.stack.recorded_events()[before:]
        return events if any("c5" in event["ids"] and "c3" not in event["ids"] for event in events) else []

    events = deployment.emulator.wait_for(events_once_c5_passed, "the records after the failing one")
    isolated = [event for event in events if event["ids"] == ["c3"]]
    passed = {id for event in events if "c3" not in event["ids"] for id in event["ids"]}
    assert passed == {"c1", "c2", "c4", "c5"}
    assert len(isolated) == 3, "one call and two retries"
    batch = failure["DDBStreamBatchInfo"]
    assert batch["shardId"].startswith("shardId-")
    assert [batch["startSequenceNumber"], batch["endSequenceNumber"]] == isolated[0]["numbers"] * 2
    assert failure["requestContext"]["condition"] == "RetryAttemptsExhausted"


def test_records_before_a_reported_failure_are_not_retried(deployment: Deployment, provider: Provider) -> None:
    provider.skip_if_lacking("aws_lambda_event_source_mapping", "function_response_types")
    before = len(deployment.stack.recorded_events())
    deployment.put_batch({"id": "p1"}, {"id": "p2"}, {"id": "p3", "bad": "1"})
    failure = deployment.receive_failure()
    ids = [id for event in deployment.stack.recorded_events()[before:] for id in event["ids"]]
    assert ids == ["p1", "p2", "p3", "p3", "p3"]
    assert failure["DDBStreamBatchInfo"]["batchSize"] == 1


def test_filtered_records_do_not_reach_the_function(deployment: Deployment, provider: Provider) -> None:
    provider.skip_if_lacking("aws_lambda_event_source_mapping", "filter_criteria")
    before = len(deployment.stack.recorded_events())
    deployment.put("f1", ignored="1")
    deployment.put("f2")
    deployment.emulator.wait_for(lambda: deployment.stack.recorded_events()[before:], "the event")
    (event,) = deployment.stack.recorded_events()[before:]
    assert event["ids"] == ["f2"]


def test_function_has_the_architecture_and_the_logging_configuration(
    deployment: Deployment, provider: Provider
) -> None:
    provider.skip_if_lacking("aws_lambda_function", "architectures")
    function = deployment.emulator.client("lambda").get_function_configuration(
        FunctionName=deployment.outputs["function"]
    )
    assert function["Architectures"] == [ARCHITECTURE]
    assert function["LoggingConfig"] == {
        "LogFormat": "JSON",
        "ApplicationLogLevel": "INFO",
        "SystemLogLevel": "WARN",
        "LogGroup": f"/aws/lambda/{deployment.outputs['function']}",
    }


def test_function_is_denied_actions_that_its_role_policy_does_not_allow(deployment: Deployment) -> None:
    before = len(deployment.stack.recorded_events())
    deployment.put("o", overreaches="1")
    (event,) = deployment.emulator.wait_for(lambda: deployment.stack.recorded_events()[before:], "the event")
    assert event["refused"].startswith("AccessDenied")


def test_new_batch_size_changes_only_the_mapping(deployment: Deployment) -> None:
    deployment.terraform.synthesize(deployment.stack.with_changes(batch_size=20))
    assert deployment.terraform.planned_actions() == {"aws_lambda_event_source_mapping": "update"}


def test_new_code_changes_only_the_function(deployment: Deployment, tmp_path: Path) -> None:
    code = shutil.copytree(RECORDER, tmp_path / "recorder")
    (code / "extra.py").write_text("")
    deployment.terraform.synthesize(deployment.stack.with_changes(code=code))
    assert deployment.terraform.planned_actions() == {"aws_lambda_function": "update"}


def test_same_code_in_another_folder_changes_nothing(deployment: Deployment, tmp_path: Path) -> None:
    code = shutil.copytree(RECORDER, tmp_path / "recorder")
    deployment.terraform.synthesize(deployment.stack.with_changes(code=code))
    assert deployment.terraform.planned_actions() == {}


def test_new_tags_replace_no_resource(deployment: Deployment) -> None:
    deployment.terraform.synthesize(deployment.stack.with_changes(tags={"Team": "orders"}))
    actions = deployment.terraform.planned_actions()
    assert {"aws_dynamodb_table", "aws_lambda_function", "aws_sqs_queue"} <= actions.keys()
    assert set(actions.values()) == {"update"}


def test_deployed_new_code_continues_where_the_old_code_stopped(deployment: Deployment, tmp_path: Path) -> None:
    code = shutil.copytree(RECORDER, tmp_path / "recorder")
    index = code / "index.py"
    index.write_text(index.read_text().replace('os.environ.get("VERSION")', '"new"'))
    deployment.terraform.synthesize(deployment.stack.with_changes(code=code, batch_size=20))
    deployment.terraform.apply()
    function = deployment.outputs["function"]
    deployment.emulator.client("lambda").get_waiter("function_updated_v2").wait(
        FunctionName=function, WaiterConfig={"Delay": 1}
    )
    before = len(deployment.stack.recorded_events())
    deployment.put("z")
    deployment.emulator.wait_for(lambda: deployment.stack.recorded_events()[before:], "an event of the new code")
    (event,) = deployment.stack.recorded_events()[before:]
    assert (event["version"], event["ids"]) == ("new", ["z"])


def test_terraform_refuses_to_destroy_the_retained_table(deployment: Deployment) -> None:
    output = deployment.terraform.run("destroy", "-auto-approve", exit_code=1)
    assert "Instance cannot be destroyed" in output
    assert "lifecycle.prevent_destroy" in output


def test_aws_refuses_to_delete_the_protected_table(deployment: Deployment, provider: Provider) -> None:
    provider.skip_if_lacking("aws_dynamodb_table", "deletion_protection_enabled")
    dynamodb, table = deployment.emulator.client("dynamodb"), deployment.outputs["table"]
    with pytest.raises(ClientError) as refused:
        dynamodb.delete_table(TableName=table)
    assert refused.value.response["Error"]["Code"] == "ValidationException"
    assert dynamodb.describe_table(TableName=table)["Table"]["TableStatus"] == "ACTIVE"


def test_stack_is_destroyed_once_the_table_is_not_retained(deployment: Deployment) -> None:
    """The two steps are those of the README: apply without the protections, then destroy."""
    deployment.terraform.synthesize(deployment.stack.with_changes(retained=False))
    deployment.terraform.apply()
    deployment.terraform.run("destroy", "-auto-approve")
    assert deployment.emulator.client("dynamodb").list_tables()["TableNames"] == []
    assert deployment.emulator.client("lambda").list_functions()["Functions"] == []
