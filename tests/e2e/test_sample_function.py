"""The sample function, deployed: what is in the table is in the search index, and a poison record in the queue."""

import json
import platform
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from ddb_stream_lambda import Code, DynamoDBStreamsToLambda
from cdktf import TerraformOutput, TerraformStack

from tests.function.search_server import SearchServer

from .emulation import Emulator
from .install import EMULATOR_PYTHON, ROOT
from .terraform import Provider, Terraform


@dataclass
class Deployed:
    emulator: Emulator
    search: SearchServer
    outputs: dict[str, str]

    def documents(self) -> dict[str, dict[str, Any]]:
        found = {id: json.loads(source) for id, source in self.search.engine.sources("orders").items()}
        return {id: {k: v for k, v in document.items() if k[0] != "_"} for id, document in found.items()}


@pytest.fixture(scope="module")
def deployed(emulator: Emulator, provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    # The emulator runs functions by its own Python, on this machine.
    version = [EMULATOR_PYTHON, "-c", "import sys; print('python%d.%d' % sys.version_info[:2])"]
    runtime = subprocess.run(version, capture_output=True, text=True, check=True).stdout.strip()
    architecture = "arm64" if platform.machine() == "aarch64" else "x86_64"
    code = Code.from_python_project(ROOT / "function", runtime=runtime, architecture=architecture)

    with SearchServer(time.time) as search:

        def build(stack: TerraformStack) -> None:
            variables = {"SEARCH_ENDPOINT": search.url, "SEARCH_SERVICE": "none", "INDEX": "orders"}
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
            assert pattern.dead_letter_queue is not None
            TerraformOutput(stack, "table", value=pattern.dynamo_table.name)
            TerraformOutput(stack, "queue", value=pattern.dead_letter_queue.url)
            TerraformOutput(stack, "mapping", value=pattern.event_source_mapping.uuid)

        terraform = Terraform(tmp_path_factory.mktemp("sample") / "stack", provider)
        terraform.write(build)
        terraform.deploy_to(emulator.url)
        terraform.init()
        terraform.apply()
        outputs = terraform.outputs()
        # The old provider cannot say it.
        client, mapping = emulator.client("lambda"), outputs["mapping"]
        client.update_event_source_mapping(UUID=mapping, FunctionResponseTypes=["ReportBatchItemFailures"])
        emulator.wait_for(
            lambda: client.get_event_source_mapping(UUID=mapping)["State"] == "Enabled", "the mapping to be updated"
        )
        yield Deployed(emulator, search, outputs)


def test_the_index_holds_what_the_table_holds(deployed: Deployed) -> None:
    dynamodb, table = deployed.emulator.client("dynamodb"), deployed.outputs["table"]
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
    deployed.emulator.wait_for(lambda: deployed.documents() == expected, "the index to be equal to the table")


def test_a_record_that_the_index_refuses_reaches_the_queue_and_holds_nothing_up(deployed: Deployed) -> None:
    dynamodb, sqs = deployed.emulator.client("dynamodb"), deployed.emulator.client("sqs")
    table, queue = deployed.outputs["table"], deployed.outputs["queue"]
    dynamodb.put_item(TableName=table, Item={"id": {"S": "poison"}, "amount": {"S": "not a number"}})
    dynamodb.put_item(TableName=table, Item={"id": {"S": "after"}, "amount": {"N": "1"}})
    deployed.emulator.wait_for(lambda: "after" in deployed.documents(), "the record after the poison")
    (message,) = deployed.emulator.wait_for(
        lambda: sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1).get("Messages"), "the dead letter"
    )
    told = json.loads(message["Body"])["DDBStreamBatchInfo"]
    assert told["shardId"].startswith("shardId-")
    assert "poison" not in deployed.documents()
