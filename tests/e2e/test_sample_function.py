"""The deployed sample function: the search index holds the table's items, and refused records are stored."""

import json
import platform
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ddb_stream_lambda import Code, DynamoDBStreamsToLambda
from cdktf import TerraformOutput, TerraformStack

from tests.engines.engine import Engine
from tests.engines.plugin import is_available
from tests.function.search_server import SearchServer

from .emulator_process import Emulator
from .install import EMULATOR_PYTHON, ROOT
from .providers import Provider
from .terraform import Terraform, override_provider
from .test_redrive import run as run_redrive


@dataclass
class Deployment:
    """The deployed stack, and the search engine and index that its function writes to."""

    emulator: Emulator
    engine: Engine
    index: str
    outputs: dict[str, str]

    def configure(self, *, endpoint: str, timeout: int) -> None:
        """Give the function an endpoint and a timeout in seconds."""
        client, function = self.emulator.client("lambda"), self.outputs["function"]
        variables = client.get_function_configuration(FunctionName=function)["Environment"]["Variables"]
        client.update_function_configuration(
            FunctionName=function,
            Timeout=timeout,
            Environment={"Variables": variables | {"SEARCH_ENDPOINT": endpoint}},
        )
        client.get_waiter("function_updated_v2").wait(FunctionName=function, WaiterConfig={"Delay": 1})

    def failed_records(self) -> int:
        """Return the number of records of the batches in the dead-letter queue."""
        answer = self.emulator.client("sqs").receive_message(
            QueueUrl=self.outputs["queue"], MaxNumberOfMessages=10, VisibilityTimeout=0
        )
        bodies = [json.loads(message["Body"]) for message in answer.get("Messages", [])]
        return sum(body["DDBStreamBatchInfo"]["batchSize"] for body in bodies)

    def documents(self, suffix: str = "") -> dict[str, dict[str, Any]]:
        """Return the documents of the index by id, without their metadata fields."""
        return {
            id: {name: value for name, value in document.items() if not name.startswith("_")}
            for id, document in self.engine.documents(self.index + suffix).items()
        }


@pytest.fixture(scope="module")
def search_engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """A real engine, or the search server of the tests where no engine is installed."""
    if is_available():
        yield request.getfixturevalue("engine")
    else:
        with SearchServer(time.time) as server:
            yield Engine(server.url)


@pytest.fixture(scope="module")
def deployment(
    emulator: Emulator, provider: Provider, search_engine: Engine, tmp_path_factory: pytest.TempPathFactory
) -> Deployment:
    # The emulator runs functions with its own Python, on this machine.
    command = [str(EMULATOR_PYTHON), "-c", "import sys; print('python%d.%d' % sys.version_info[:2])"]
    runtime = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    architecture = "arm64" if platform.machine() == "aarch64" else "x86_64"
    code = Code.from_python_project(ROOT / "function", runtime=runtime, architecture=architecture)

    index = search_engine.new_index()

    def build(stack: TerraformStack) -> None:
        variables = {"SEARCH_ENDPOINT": search_engine.url, "SEARCH_SERVICE": "none", "INDEX": index}
        pattern = DynamoDBStreamsToLambda(
            stack,
            "pipeline",
            lambda_function_props={
                "code": code,
                "handler": "index.handler",
                "timeout": 20,
                "environment": {"variables": variables},
            },
            dynamo_event_source_props={
                "maximum_retry_attempts": 1,
                "function_response_types": ["ReportBatchItemFailures"],
            },
        )
        assert pattern.dynamo_table is not None
        TerraformOutput(stack, "table", value=pattern.dynamo_table.name)
        assert pattern.dead_letter_queue is not None
        TerraformOutput(stack, "mapping", value=pattern.event_source_mapping.uuid)
        TerraformOutput(stack, "function", value=pattern.lambda_function.function_name)
        TerraformOutput(stack, "queue", value=pattern.dead_letter_queue.url)

    terraform = Terraform(tmp_path_factory.mktemp("sample") / "stack", provider)
    terraform.synthesize(build)
    override_provider(terraform.folder, emulator.url)
    terraform.init()
    terraform.apply()
    outputs = terraform.outputs()
    if provider.lacks("aws_lambda_event_source_mapping", "function_response_types"):
        client, mapping = emulator.client("lambda"), outputs["mapping"]
        client.update_event_source_mapping(UUID=mapping, FunctionResponseTypes=["ReportBatchItemFailures"])
        emulator.wait_for(
            lambda: client.get_event_source_mapping(UUID=mapping)["State"] == "Enabled", "the update of the mapping"
        )
    return Deployment(emulator, search_engine, index, outputs)


def test_index_holds_the_items_of_the_table(deployment: Deployment) -> None:
    dynamodb, table = deployment.emulator.client("dynamodb"), deployment.outputs["table"]
    for number in range(20):
        item = {"id": {"S": f"o{number}"}, "amount": {"N": str(number)}, "tags": {"SS": ["b", "a"]}}
        dynamodb.put_item(TableName=table, Item=item)
    for number in range(5):
        dynamodb.delete_item(TableName=table, Key={"id": {"S": f"o{number}"}})
    dynamodb.update_item(
        TableName=table,
        Key={"id": {"S": "o7"}},
        UpdateExpression="SET amount = :amount",
        ExpressionAttributeValues={":amount": {"N": "77"}},
    )
    expected = {f"o{n}": {"id": f"o{n}", "amount": 77 if n == 7 else n, "tags": ["a", "b"]} for n in range(5, 20)}
    deployment.emulator.wait_for(lambda: deployment.documents() == expected, "the index to equal the table")


def test_record_that_the_index_refuses_is_stored_and_blocks_no_other(deployment: Deployment) -> None:
    dynamodb, table = deployment.emulator.client("dynamodb"), deployment.outputs["table"]
    dynamodb.put_item(TableName=table, Item={"id": {"S": "poison"}, "amount": {"S": "not a number"}})
    dynamodb.put_item(TableName=table, Item={"id": {"S": "after"}, "amount": {"N": "1"}})
    deployment.emulator.wait_for(lambda: "after" in deployment.documents(), "the record after the refused one")
    (rejected,) = deployment.emulator.wait_for(
        lambda: list(deployment.documents("-rejected").values()), "the refused record"
    )
    assert json.loads(rejected["keys"]) == {"id": {"S": "poison"}}
    assert json.loads(rejected["record"])["dynamodb"]["NewImage"]["amount"] == {"S": "not a number"}
    assert "poison" not in deployment.documents()


def test_records_of_failed_batches_that_come_late_leave_the_index_equal_to_the_table(
    deployment: Deployment, tmp_path: Path
) -> None:
    dynamodb, table = deployment.emulator.client("dynamodb"), deployment.outputs["table"]

    def item(id: str, amount: int) -> dict[str, Any]:
        return {"id": {"S": id}, "amount": {"N": str(amount)}}

    before = deployment.documents()
    deployment.configure(endpoint="http://127.0.0.1:1", timeout=4)  # nothing listens there
    items = [item(id, 1) for id in ("changed-later", "deleted-later", "unchanged")]
    dynamodb.batch_write_item(RequestItems={table: [{"PutRequest": {"Item": item}} for item in items]})
    deployment.emulator.wait_for(lambda: deployment.failed_records() == 3, "the failed batches", seconds=60)
    deployment.configure(endpoint=deployment.engine.url, timeout=20)
    dynamodb.put_item(TableName=table, Item=item("changed-later", 2))
    dynamodb.delete_item(TableName=table, Key={"id": {"S": "deleted-later"}})
    changed = {"changed-later": {"id": "changed-later", "amount": 2}}
    deployment.emulator.wait_for(lambda: deployment.documents() == before | changed, "the later changes", seconds=60)

    out, _ = run_redrive(tmp_path, deployment.emulator.url, "--queue", deployment.outputs["queue"], "--json", code=0)

    assert json.loads(out)["records"] == 3
    assert deployment.failed_records() == 0
    unchanged = {"unchanged": {"id": "unchanged", "amount": 1}}
    deployment.emulator.wait_for(lambda: deployment.documents() == before | changed | unchanged, "the index")
