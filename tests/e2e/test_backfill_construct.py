"""The construct `Backfill`, deployed: a state machine sends every file of an export, and goes on after failures."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ddb_stream_lambda import Backfill, Code, DynamoDBStreamsToLambda
from cdktf import TerraformOutput, TerraformStack

from .emulator_process import Emulator
from .install import ROOT
from .providers import Provider
from .terraform import Terraform, override_provider

BUCKET, PREFIX = "orders-exports", "orders"
# The emulator divides more than 1,000 items among two files, and adds an empty file.
ITEMS = 1100
BATCH_SIZE = 50
BACKFILLED_DIGITS = 20


@dataclass
class Deployment:
    """The deployed stack, and the folder of its function."""

    emulator: Emulator
    folder: Path
    outputs: dict[str, str]

    def __post_init__(self) -> None:
        self.s3, self.states = self.emulator.client("s3"), self.emulator.client("stepfunctions")
        self.dynamodb = self.emulator.client("dynamodb")

    @property
    def records(self) -> list[dict[str, Any]]:
        """The records that the function wrote, in their order."""
        file = self.folder / "records"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    @property
    def backfilled(self) -> list[dict[str, Any]]:
        """The records of backfills, in their order."""
        return [record for record in self.records if len(record["number"]) == BACKFILLED_DIGITS]

    @property
    def index(self) -> dict[str, Any]:
        """The items as a function keeps them that orders records by their sequence numbers."""
        newest: dict[str, tuple[int, Any]] = {}
        for record in self.records:
            number = int(record["number"])
            if number >= newest.get(record["id"], (0, None))[0]:
                newest[record["id"]] = (number, record["image"])
        return {id: image for id, (_, image) in newest.items() if image is not None}

    @property
    def table(self) -> dict[str, Any]:
        """The items of the table."""
        pages = self.dynamodb.get_paginator("scan").paginate(TableName=self.outputs["table"])
        return {item["id"]["S"]: item for page in pages for item in page["Items"]}

    def write(self, items: list[dict[str, Any]]) -> None:
        for start in range(0, len(items), 25):
            requests = [{"PutRequest": {"Item": item}} for item in items[start : start + 25]]
            self.dynamodb.batch_write_item(RequestItems={self.outputs["table"]: requests})

    def forget(self) -> None:
        """Delete what the function wrote, as an index that is lost."""
        (self.folder / "records").unlink(missing_ok=True)

    def export(self) -> str:
        """Export the table and return the location of the export."""
        arn = self.dynamodb.describe_table(TableName=self.outputs["table"])["Table"]["TableArn"]
        started = self.dynamodb.export_table_to_point_in_time(TableArn=arn, S3Bucket=BUCKET, S3Prefix=PREFIX)
        export = self.dynamodb.describe_export(ExportArn=started["ExportDescription"]["ExportArn"])["ExportDescription"]
        return f"s3://{BUCKET}/{export['ExportManifest'].rpartition('/')[0]}"

    def files(self, export: str) -> list[dict[str, Any]]:
        """Return the lines of the export's list of files."""
        key = f"{export.removeprefix(f's3://{BUCKET}/')}/manifest-files.json"
        return [json.loads(line) for line in self.get(key).splitlines()]

    def get(self, key: str) -> bytes:
        return bytes(self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())

    def configure(self, name: str, **settings: Any) -> None:
        """Change the settings of a function."""
        lambda_ = self.emulator.client("lambda")
        lambda_.update_function_configuration(FunctionName=self.outputs[name], **settings)
        lambda_.get_waiter("function_updated_v2").wait(FunctionName=self.outputs[name])

    def results(self, output: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the results of the files that were sent by an execution."""
        manifest = json.loads(self.get(output["map"]["ResultWriterDetails"]["Key"]))
        files = [json.loads(self.get(file["Key"])) for file in manifest["ResultFiles"]["SUCCEEDED"]]
        return [json.loads(result["Output"]) for results in files for result in results]

    def run(self, **given: Any) -> dict[str, Any]:
        """Run an execution to its end and return its description."""
        arn = self.states.start_execution(stateMachineArn=self.outputs["machine"], input=json.dumps(given))[
            "executionArn"
        ]

        def ended() -> dict[str, Any]:
            description: dict[str, Any] = self.states.describe_execution(executionArn=arn)
            return {} if description["status"] == "RUNNING" else description

        return self.emulator.wait_for(ended, "the end of the execution", seconds=120)


@pytest.fixture(scope="module")
def terraform(provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Terraform:
    return Terraform(tmp_path_factory.mktemp("backfill") / "stack", provider)


@pytest.fixture(scope="module")
def deployment(
    emulator: Emulator, provider: Provider, terraform: Terraform, tmp_path_factory: pytest.TempPathFactory
) -> Deployment:
    provider.skip_if_lacking("aws_sfn_state_machine", "type")
    emulator.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    folder = tmp_path_factory.mktemp("sink")

    def build(stack: TerraformStack) -> None:
        pattern = DynamoDBStreamsToLambda(
            stack,
            "pipeline",
            lambda_function_props={
                "code": Code.from_asset(ROOT / "tests" / "assets" / "sink"),
                "runtime": "python3.13",
                "handler": "index.handler",
                "timeout": 20,
                "environment": {"variables": {"FOLDER": str(folder)}},
            },
            dynamo_event_source_props={
                "batch_size": BATCH_SIZE,
                "function_response_types": ["ReportBatchItemFailures"],
                "maximum_retry_attempts": 1,
            },
            deploy_sqs_dlq_queue=False,
        )
        backfill = Backfill(
            stack,
            "backfill",
            pattern=pattern,
            export_bucket=BUCKET,
            export_prefix=PREFIX,
            max_concurrency=2,
            tolerated_failure_percentage=50,
            max_retries=1,
        )
        assert pattern.dynamo_table is not None
        TerraformOutput(stack, "table", value=pattern.dynamo_table.name)
        TerraformOutput(stack, "function", value=pattern.lambda_function.function_name)
        TerraformOutput(stack, "machine", value=backfill.state_machine.arn)
        TerraformOutput(stack, "worker", value=backfill.worker.function_name)

    terraform.synthesize(build)
    override_provider(terraform.folder, emulator.url)
    terraform.init()
    terraform.apply()
    deployed = Deployment(emulator, folder, terraform.outputs())
    deployed.write([{"id": {"S": f"item-{number}"}, "number": {"N": str(number)}} for number in range(ITEMS)])
    emulator.wait_for(lambda: len(deployed.index) == ITEMS, "the records of the writes", seconds=60)
    return deployed


def test_plan_after_the_deployment_is_empty(deployment: Deployment, terraform: Terraform) -> None:
    for change in terraform.show_plan()["resource_changes"]:
        before, after = change["change"]["before"], change["change"]["after"]
        # The emulator does not store the tracing of a state machine.
        changed = [name for name, value in after.items() if value != before[name] and name != "tracing_configuration"]
        assert changed == [], change["address"]


def test_definition_is_valid(deployment: Deployment) -> None:
    definition = deployment.states.describe_state_machine(stateMachineArn=deployment.outputs["machine"])["definition"]
    assert deployment.states.validate_state_machine_definition(definition=definition)["result"] == "OK"


def test_every_item_is_sent_by_workers_that_run_out_of_time_and_later_changes_win(deployment: Deployment) -> None:
    export = deployment.export()
    deployment.forget()
    changed = [{"id": {"S": f"item-{number}"}, "changed": {"BOOL": True}} for number in range(50)]
    deployment.write(changed)
    deployment.emulator.wait_for(lambda: len(deployment.records) >= len(changed), "the records of the changes")
    # Eleven batches take more than a second each, and a worker hands back its checkpoint before its time ends.
    deployment.configure("function", Environment={"Variables": {"FOLDER": str(deployment.folder), "PAUSE": "1.3"}})
    deployment.configure("worker", Timeout=15)
    execution = deployment.run(export=export)
    deployment.configure("function", Environment={"Variables": {"FOLDER": str(deployment.folder)}})
    deployment.configure("worker", Timeout=60)
    assert execution["status"] == "SUCCEEDED", execution["cause"]
    files = deployment.files(export)
    assert sorted(file["itemCount"] == 0 for file in files) == [False, False, True]
    assert Counter(record["id"] for record in deployment.backfilled) == Counter(f"item-{n}" for n in range(ITEMS))
    assert deployment.index == deployment.table
    output = json.loads(execution["output"])
    assert output["items"] == ITEMS
    results = deployment.results(output)
    assert sum(result["done"] for result in results) == ITEMS
    assert max(result["calls"] for result in results) > 1


def test_files_that_failed_are_listed_and_sent_again_without_the_others(deployment: Deployment) -> None:
    export = deployment.export()
    deployment.forget()
    damaged = max(deployment.files(export), key=lambda file: file["itemCount"])
    content = deployment.get(damaged["dataFileS3Key"])
    deployment.s3.put_object(Bucket=BUCKET, Key=damaged["dataFileS3Key"], Body=content[:-20])

    execution = deployment.run(export=export)
    assert (execution["status"], execution["error"]) == ("FAILED", "FilesFailed")
    name = execution["executionArn"].rpartition(":")[2]
    keys = [
        file["Key"]
        for file in deployment.s3.list_objects_v2(Bucket=BUCKET, Prefix=f"backfill-results/{name}/")["Contents"]
    ]
    (list_key,) = (key for key in keys if key.endswith("failed-files.jsonl"))
    (line,) = map(json.loads, deployment.get(list_key).splitlines())
    assert {name: line[name] for name in damaged} == damaged
    assert "checksum" in line["error"]
    sent = len(deployment.backfilled)
    assert sent == ITEMS - damaged["itemCount"]

    deployment.s3.put_object(Bucket=BUCKET, Key=damaged["dataFileS3Key"], Body=content)
    execution = deployment.run(export=export, failed_files=f"s3://{BUCKET}/{list_key}")
    assert execution["status"] == "SUCCEEDED", execution["cause"]
    assert len(deployment.backfilled) == sent + damaged["itemCount"]
    assert deployment.index == deployment.table


def test_records_that_the_function_refuses_are_kept_whole(deployment: Deployment) -> None:
    deployment.write([{"id": {"S": "poison"}, "poison": {"BOOL": True}}])
    deployment.emulator.wait_for(lambda: "poison" in deployment.index, "the record of the write")
    export = deployment.export()
    deployment.forget()
    (deployment.folder / "broken").touch()
    execution = deployment.run(export=export)
    assert (execution["status"], execution["error"]) == ("FAILED", "RecordsRefused")
    assert deployment.table.keys() - deployment.index.keys() == {"poison"}
    name = execution["executionArn"].rpartition(":")[2]
    (kept,) = deployment.s3.list_objects_v2(Bucket=BUCKET, Prefix=f"backfill-results/{name}/refused/")["Contents"]
    batch = json.loads(deployment.get(kept["Key"]))
    (record,) = json.loads(batch["payload"])["Records"]
    assert record["dynamodb"]["NewImage"] == deployment.table["poison"]
    assert batch["DDBStreamBatchInfo"]["batchSize"] == 1
