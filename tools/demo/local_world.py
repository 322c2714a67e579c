"""The world of the demo on this machine: the emulator of AWS, the real Terraform and a search engine."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from tests.e2e.emulator_process import Emulator
from tests.e2e.install import ROOT
from tests.e2e.terraform import CREDENTIALS, Terraform, TerraformError, override_provider
from tests.engines.engine import Engine

from .stack import INDEX, RETRIES, Example
from .world import FailedBatch, Invocation, Item, Redriven, StreamRecord

REGION = "eu-west-1"
PREFIX = "sample"
POSITION = "_sequence_number"
REFUSAL = "Instance cannot be destroyed"


class LocalWorld:
    """The deployed example on this machine.

    Attributes:
        retries: how often the event source mapping retries a batch.
        urls: the emulator and the search engine.
    """

    retries = RETRIES

    def __init__(self, *, emulator: Emulator, terraform: Terraform, engine: Engine, folder: Path) -> None:
        """Connect to what is running.

        Args:
            emulator: the emulator of AWS.
            terraform: the folder of the example's configuration and state.
            engine: the search engine.
            folder: a folder for other files.
        """
        self.urls: Sequence[str] = (emulator.url, engine.url)
        self._emulator = emulator
        self._terraform = terraform
        self._engine = engine
        self._folder = folder
        self._example = Example(terraform, engine.url)
        self._clients: dict[str, Any] = {}
        self._outputs: dict[str, str] = {}

    def deploy(self) -> int:
        """Deploy the example with a mistake in its code, and return the number of resources."""
        override_provider(self._terraform.folder, self._emulator.url)
        self._example.write(mended=False, retained=True)
        self._terraform.init()
        added = _count(r"Resources: (\d+) added", self._apply())
        self._outputs = self._terraform.outputs()
        return added

    def deploy_mended(self) -> None:
        """Deploy the example again, with code that has no mistake."""
        self._example.write(mended=True, retained=True)
        self._apply("-refresh=false")

    def destroy_is_refused(self) -> bool:
        """Return whether `terraform destroy` refuses to destroy the table."""
        try:
            self._terraform.run("destroy", "-auto-approve", "-refresh=false")
        except TerraformError as error:
            return REFUSAL in str(error)
        return False

    def lift_protections(self) -> None:
        """Deploy the example without the protections of its table."""
        self._example.write(mended=True, retained=False)
        self._apply("-refresh=false")

    def destroy(self) -> int:
        """Destroy the example, and return the number of resources."""
        output = self._terraform.run("destroy", "-auto-approve", "-refresh=false")
        return _count(r"Resources: (\d+) destroyed", output)

    def put(self, *items: Item) -> None:
        """Put items into the table in one call."""
        serialize = TypeSerializer().serialize
        requests = [
            {"PutRequest": {"Item": {name: serialize(value) for name, value in item.items()}}} for item in items
        ]
        self._client("dynamodb").batch_write_item(RequestItems={self._table: requests})

    def set_amount(self, id: str, amount: int) -> None:
        """Change an item."""
        self._client("dynamodb").update_item(
            TableName=self._table,
            Key={"id": {"S": id}},
            UpdateExpression="SET amount = :amount",
            ExpressionAttributeValues={":amount": {"N": str(amount)}},
        )

    def delete(self, id: str) -> None:
        """Delete an item."""
        self._client("dynamodb").delete_item(TableName=self._table, Key={"id": {"S": id}})

    def items(self) -> Mapping[str, Item]:
        """Return the table's items by key."""
        deserialize = TypeDeserializer().deserialize
        found = self._client("dynamodb").scan(TableName=self._table, ConsistentRead=True)["Items"]
        return {item["id"]["S"]: {name: deserialize(value) for name, value in item.items()} for item in found}

    def stream(self) -> Sequence[StreamRecord]:
        """Return all records of the stream, which has one shard in the emulator."""
        client, arn = self._client("dynamodbstreams"), self._outputs["stream_arn"]
        records = []
        for shard in client.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
            start = client.get_shard_iterator(StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")
            records += client.get_records(ShardIterator=start["ShardIterator"])["Records"]
        return [
            StreamRecord(
                record["eventName"], record["dynamodb"]["Keys"]["id"]["S"], record["dynamodb"]["SequenceNumber"]
            )
            for record in records
        ]

    def invocations(self) -> Sequence[Invocation]:
        """Return all finished invocations, from the function's log."""
        return list(read_invocations(self._log_lines()))

    def documents(self) -> Mapping[str, Item]:
        """Return the documents of the index by id, without the fields that the function adds."""
        return {
            id: {name: value for name, value in document.items() if not name.startswith("_")}
            for id, document in self._engine.documents(INDEX).items()
        }

    def indexed_positions(self) -> Mapping[str, str]:
        """Return the sequence number of the record that last changed the index, for each id; also of deleted ones."""
        found = self._engine.documents(f"{INDEX}-tombstones") | self._engine.documents(INDEX)
        return {id: str(document[POSITION]) for id, document in found.items()}

    def failed_batches(self) -> Sequence[FailedBatch]:
        """Return the messages in the dead-letter queue. They stay there."""
        answer = self._client("sqs").receive_message(
            QueueUrl=self._outputs["queue_url"], MaxNumberOfMessages=10, VisibilityTimeout=0
        )
        return [read_message(message["Body"]) for message in answer.get("Messages", [])]

    def redrive(self) -> Redriven:
        """Run `ddb-stream-lambda redrive` for the queue."""
        options = ["--queue", self._outputs["queue_url"], "--journal", str(self._folder / "journal")]
        options += ["--endpoint-url", self._emulator.url, "--region", REGION]
        process = subprocess.run(
            [sys.executable, "-m", "ddb_stream_lambda", "redrive", *options, "--json", "--quiet"],
            cwd=ROOT,
            env=os.environ | CREDENTIALS,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        try:
            records = int(json.loads(process.stdout)["records"])
        except (ValueError, KeyError):
            records = 0
        return Redriven(process.returncode, records, process.stdout + process.stderr)

    def leftovers(self) -> Sequence[str]:
        """Return what is left of the example in the emulator: tables, functions, queues, roles and alarms."""
        roles = [role["RoleName"] for role in self._client("iam").list_roles()["Roles"]]
        return [
            *self._client("dynamodb").list_tables()["TableNames"],
            *(function["FunctionName"] for function in self._client("lambda").list_functions()["Functions"]),
            *self._client("sqs").list_queues().get("QueueUrls", []),
            *(role for role in roles if role.startswith(PREFIX)),
            *(alarm["AlarmName"] for alarm in self._client("cloudwatch").describe_alarms()["MetricAlarms"]),
        ]

    @property
    def _table(self) -> str:
        return self._outputs["table_name"]

    def _apply(self, *options: str) -> str:
        return self._terraform.run("apply", "-auto-approve", *options)

    def _client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = self._emulator.client(service, REGION)
        return self._clients[service]

    def _log_lines(self) -> Iterator[str]:
        pages = self._client("logs").get_paginator("filter_log_events")
        for page in pages.paginate(logGroupName=self._outputs["log_group_name"]):
            for event in page["events"]:
                yield event["message"]


def read_invocations(lines: Iterator[str]) -> Iterator[Invocation]:
    """Yield the finished invocations in the log lines of the demo's handler.

    Args:
        lines: the lines of the function's log. Those that others wrote are left out.
    """
    started: dict[str, list[str]] = {}
    for line in lines:
        if not line.startswith('{"demo"'):
            continue
        entry = json.loads(line)["demo"]
        match entry:
            case {"records": records}:
                started[entry["invocation"]] = records
            case {"error": error}:
                yield Invocation(started[entry["invocation"]], error)
            case {"failed": failed}:
                yield Invocation(started[entry["invocation"]], f"{len(failed)} records failed" if failed else None)


def read_message(body: str) -> FailedBatch:
    """Return the content of a message of the dead-letter queue."""
    message = json.loads(body)
    batch = message["DDBStreamBatchInfo"]
    return FailedBatch(
        condition=message["requestContext"]["condition"],
        size=batch["batchSize"],
        first=batch["startSequenceNumber"],
        last=batch["endSequenceNumber"],
    )


def _count(pattern: str, output: str) -> int:
    match = re.search(pattern, output)
    if match is None:
        raise TerraformError(f"terraform reported no resources:\n{output}")
    return int(match[1])
