"""The story, end to end: deployed, written to, failing, changed, destroyed; in this order."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from .emulation import Emulator
from .story import RECORDER, Story
from .terraform import Graph, Provider, Terraform


@dataclass
class Deployed:
    emulator: Emulator
    terraform: Terraform
    story: Story
    outputs: dict[str, str]
    graph: Graph

    def put(self, id: str, **attributes: str) -> None:
        item = {"id": {"S": id}} | {name: {"S": value} for name, value in attributes.items()}
        self.emulator.client("dynamodb").put_item(TableName=self.outputs["table"], Item=item)

    def put_together(self, *items: dict[str, str]) -> None:
        requests = [{"PutRequest": {"Item": {name: {"S": v} for name, v in item.items()}}} for item in items]
        self.emulator.client("dynamodb").batch_write_item(RequestItems={self.outputs["table"]: requests})

    def message(self) -> dict[str, Any]:
        """The next message of the dead-letter queue, taken out of it."""
        sqs, queue = self.emulator.client("sqs"), self.outputs["queue"]
        (message,) = self.emulator.wait_for(
            lambda: sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1).get("Messages"), "a dead letter"
        )
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return dict(json.loads(message["Body"]))


@pytest.fixture(scope="module")
def deployed(emulator: Emulator, provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    folder = tmp_path_factory.mktemp("story")
    terraform = Terraform(folder / "stack", provider)
    story = Story(effects=folder / "effects")
    terraform.write(story)
    terraform.deploy_to(emulator.url)
    terraform.init()
    terraform.run("plan", "-out=first.bin")
    graph = terraform.graph("-plan=first.bin")
    terraform.run("apply", "first.bin")
    return Deployed(emulator, terraform, story, terraform.outputs(), graph)


def test_a_second_plan_shows_no_change(deployed: Deployed) -> None:
    deployed.terraform.run("plan", "-detailed-exitcode")


def test_in_the_real_plan_the_mapping_waits_for_the_role_policy(deployed: Deployed) -> None:
    assert deployed.graph.cycle() == []
    assert deployed.graph.waits("aws_lambda_event_source_mapping", "aws_iam_role_policy")
    assert deployed.graph.waits("aws_lambda_function", "aws_iam_role_policy")


def test_every_kind_of_write_reaches_the_function_in_order(deployed: Deployed) -> None:
    table = deployed.outputs["table"]
    deployed.put("a", value="1")
    deployed.put("a", value="2")
    dynamodb = deployed.emulator.client("dynamodb")
    dynamodb.update_item(
        TableName=table,
        Key={"id": {"S": "a"}},
        UpdateExpression="SET v = :v",
        ExpressionAttributeValues={":v": {"S": "3"}},
    )
    dynamodb.delete_item(TableName=table, Key={"id": {"S": "a"}})

    def seen() -> list[str]:
        return [name for note in deployed.story.notes() for name in note["names"]]

    deployed.emulator.wait_for(lambda: len(seen()) == 4, "four records")
    assert seen() == ["INSERT", "MODIFY", "MODIFY", "REMOVE"]


def test_a_record_that_always_fails_is_bisected_out_retried_and_sent_to_the_queue(deployed: Deployed) -> None:
    before = len(deployed.story.notes())
    deployed.put_together(*({"id": f"c{n}"} | ({"poison": "1"} if n == 3 else {}) for n in range(1, 6)))
    letter = deployed.message()
    notes = deployed.emulator.wait_for(
        lambda: (
            [n for n in deployed.story.notes()[before:] if "c3" not in n["ids"] and "c5" in n["ids"]]
            and deployed.story.notes()[before:]
        ),
        "the records after the poison",
    )
    alone = [note for note in notes if note["ids"] == ["c3"]]
    passed = {id for note in notes if "c3" not in note["ids"] for id in note["ids"]}
    assert passed == {"c1", "c2", "c4", "c5"}
    assert len(alone) == 3, "one call and two retries"
    told = letter["DDBStreamBatchInfo"]
    assert told["shardId"].startswith("shardId-")
    assert [told["startSequenceNumber"], told["endSequenceNumber"]] == alone[0]["numbers"] * 2
    assert letter["requestContext"]["condition"] == "RetryAttemptsExhausted"


def test_the_function_may_do_nothing_but_what_its_policy_says(deployed: Deployed) -> None:
    before = len(deployed.story.notes())
    deployed.put("o", overreaches="1")
    (note,) = deployed.emulator.wait_for(lambda: deployed.story.notes()[before:], "the function")
    assert note["refused"].startswith("AccessDenied")


def test_changing_the_batch_size_plans_the_mapping_alone(deployed: Deployed) -> None:
    deployed.terraform.write(deployed.story.but(batch_size=20))
    assert deployed.terraform.planned() == {"aws_lambda_event_source_mapping": ["update"]}


def test_changing_the_code_plans_the_function_alone(deployed: Deployed, tmp_path: Path) -> None:
    code = shutil.copytree(RECORDER, tmp_path / "recorder")
    (code / "extra.py").write_text("")
    deployed.terraform.write(deployed.story.but(code=code))
    assert deployed.terraform.planned() == {"aws_lambda_function": ["update"]}


def test_copying_the_code_elsewhere_plans_nothing(deployed: Deployed, tmp_path: Path) -> None:
    code = shutil.copytree(RECORDER, tmp_path / "recorder")
    deployed.terraform.write(deployed.story.but(code=code))
    assert deployed.terraform.planned() == {}


def test_changing_tags_alone_replaces_nothing(deployed: Deployed) -> None:
    deployed.terraform.write(deployed.story.but(tags={"Team": "orders"}))
    planned = deployed.terraform.planned()
    assert {"aws_dynamodb_table", "aws_lambda_function", "aws_sqs_queue"} <= planned.keys()
    assert all(actions == ["update"] for actions in planned.values())


def test_new_code_goes_on_from_where_the_old_stopped(deployed: Deployed, tmp_path: Path) -> None:
    code = shutil.copytree(RECORDER, tmp_path / "recorder")
    index = code / "index.py"
    index.write_text(index.read_text().replace('os.environ.get("VERSION")', '"new"'))
    deployed.terraform.write(deployed.story.but(code=code, batch_size=20))
    deployed.terraform.apply()
    function = deployed.outputs["function"]
    deployed.emulator.client("lambda").get_waiter("function_updated_v2").wait(
        FunctionName=function, WaiterConfig={"Delay": 1}
    )
    before = len(deployed.story.notes())
    deployed.put("z")
    deployed.emulator.wait_for(lambda: deployed.story.notes()[before:], "the new code")
    (note,) = deployed.story.notes()[before:]
    assert (note["version"], note["ids"]) == ("new", ["z"])


def test_destroying_the_retained_table_is_refused_by_terraform(deployed: Deployed) -> None:
    said = deployed.terraform.run("destroy", "-auto-approve", ends_with=1)
    assert "Instance cannot be destroyed" in said
    assert "lifecycle.prevent_destroy" in said


def test_once_retention_is_lifted_as_the_readme_says_everything_goes(deployed: Deployed) -> None:
    deployed.terraform.write(deployed.story.but(retained=False))
    deployed.terraform.apply()
    deployed.terraform.run("destroy", "-auto-approve")
    assert deployed.emulator.client("dynamodb").list_tables()["TableNames"] == []
    assert deployed.emulator.client("lambda").list_functions()["Functions"] == []
