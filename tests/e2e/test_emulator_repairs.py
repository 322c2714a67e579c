"""The repairs of the emulator's DynamoDB streams and failure destinations, without Terraform."""

import gzip
import http.client
import io
import json
import random
import re
import threading
import time
import urllib.parse
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .emulator_process import Emulator

KEY = {"AttributeName": "id", "KeyType": "HASH"}
WRITERS = 3
WRITES_PER_WRITER = 150
FAILING_FUNCTION = "def handler(event, context):\n    raise ValueError('cannot handle this')\n"
TRUST_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ],
}


def create_function(emulator: Emulator, name: str, code: str) -> str:
    """Create a function and return its ARN."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as files:
        files.writestr("index.py", code)
    role = emulator.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST_POLICY))
    lambda_ = emulator.client("lambda")
    function = lambda_.create_function(
        FunctionName=name,
        Runtime="python3.13",
        Handler="index.handler",
        Role=role["Role"]["Arn"],
        Code={"ZipFile": archive.getvalue()},
    )
    lambda_.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
    return str(function["FunctionArn"])


class Table:
    """A table with a stream of new and old images."""

    def __init__(self, emulator: Emulator, name: str) -> None:
        self.name = name
        self.dynamodb = emulator.client("dynamodb")
        self.streams = emulator.client("dynamodbstreams")
        description = self.dynamodb.create_table(
            TableName=name,
            KeySchema=[KEY],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )["TableDescription"]
        self.stream_arn = description["LatestStreamArn"]

    def put(self, id: str, **attributes: dict[str, Any]) -> None:
        self.dynamodb.put_item(TableName=self.name, Item={"id": {"S": id}} | attributes)

    def batch_write(self, *requests: dict[str, Any]) -> None:
        self.dynamodb.batch_write_item(RequestItems={self.name: list(requests)})

    def shard(self) -> dict[str, Any]:
        """Return the description of the stream's only shard."""
        (shard,) = self.streams.describe_stream(StreamArn=self.stream_arn)["StreamDescription"]["Shards"]
        return dict(shard)

    def records(self, **position: str) -> list[dict[str, Any]]:
        """Read the stream, from its start or from the given position."""
        position = position or {"ShardIteratorType": "TRIM_HORIZON"}
        iterator = self.streams.get_shard_iterator(
            StreamArn=self.stream_arn, ShardId=self.shard()["ShardId"], **position
        )["ShardIterator"]
        records: list[dict[str, Any]] = []
        while page := (response := self.streams.get_records(ShardIterator=iterator))["Records"]:
            records += page
            iterator = response["NextShardIterator"]
        return records

    def numbers(self) -> list[str]:
        return [record["dynamodb"]["SequenceNumber"] for record in self.records()]


@pytest.fixture
def table(emulator: Emulator, request: pytest.FixtureRequest) -> Iterator[Table]:
    table = Table(emulator, request.node.name)
    yield table
    table.dynamodb.delete_table(TableName=table.name)


def changes(records: list[dict[str, Any]]) -> list[tuple[str, Any, Any]]:
    """Return each record's event name, old image and new image."""
    return [
        (record["eventName"], record["dynamodb"].get("OldImage"), record["dynamodb"].get("NewImage"))
        for record in records
    ]


def write_randomly(table: Table, writer: int) -> None:
    """Put, update and delete items that the other writers also change."""
    chance = random.Random(writer)
    for number in range(WRITES_PER_WRITER):
        key = {"id": {"S": f"item-{chance.randrange(5)}"}}
        match chance.randrange(4):
            case 0:
                table.dynamodb.delete_item(TableName=table.name, Key=key)
            case 1:
                table.dynamodb.update_item(
                    TableName=table.name,
                    Key=key,
                    UpdateExpression="SET written = :written",
                    ExpressionAttributeValues={":written": {"S": f"{writer}-{number}"}},
                )
            case 2:
                table.batch_write({"PutRequest": {"Item": key | {"batch": {"S": f"{writer}-{number}"}}}})
            case _:
                table.put(key["id"]["S"], put={"S": f"{writer}-{number}"})


def test_stream_of_concurrent_writers_has_every_change_in_order(table: Table) -> None:
    """Replaying the stream gives the table, and each old image is the previous new image of its item."""
    writers = [threading.Thread(target=write_randomly, args=(table, number)) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    items: dict[str, Any] = {}
    for record in table.records():
        id = record["dynamodb"]["Keys"]["id"]["S"]
        assert record["dynamodb"].get("OldImage") == items.pop(id, None)
        if record["eventName"] != "REMOVE":
            items[id] = record["dynamodb"]["NewImage"]
    assert items == {item["id"]["S"]: item for item in table.dynamodb.scan(TableName=table.name)["Items"]}


def test_batch_write_records_deletions_and_replacements(table: Table) -> None:
    one, two = {"id": {"S": "a"}, "v": {"N": "1"}}, {"id": {"S": "a"}, "v": {"N": "2"}}
    table.batch_write({"PutRequest": {"Item": one}})
    table.batch_write({"PutRequest": {"Item": two}})
    table.batch_write({"DeleteRequest": {"Key": {"id": {"S": "a"}}}})
    table.batch_write({"DeleteRequest": {"Key": {"id": {"S": "missing"}}}})
    assert changes(table.records()) == [("INSERT", None, one), ("MODIFY", one, two), ("REMOVE", two, None)]


def test_transaction_records_every_kind_of_change(table: Table) -> None:
    table.put("a", v={"N": "1"})
    table.put("b", v={"N": "1"})
    a, b = {"id": {"S": "a"}}, {"id": {"S": "b"}}
    update = {"UpdateExpression": "SET v = :v", "ExpressionAttributeValues": {":v": {"N": "2"}}}
    table.dynamodb.transact_write_items(
        TransactItems=[
            {"Update": {"TableName": table.name, "Key": a} | update},
            {"Delete": {"TableName": table.name, "Key": b}},
        ]
    )
    assert changes(table.records())[2:] == [
        ("MODIFY", a | {"v": {"N": "1"}}, a | {"v": {"N": "2"}}),
        ("REMOVE", b | {"v": {"N": "1"}}, None),
    ]


def test_images_keep_binary_values(table: Table) -> None:
    binary = {"bytes": {"B": b"\x00\xff"}, "set": {"BS": [b"\x01", b"\xfe"]}}
    nested = {"list": {"L": [binary["bytes"], {"M": binary}]}, "map": {"M": binary | {"list": {"L": [binary["set"]]}}}}
    item = {"id": {"S": "a"}} | binary | nested
    table.dynamodb.put_item(TableName=table.name, Item=item)
    table.dynamodb.update_item(
        TableName=table.name,
        Key={"id": {"S": "a"}},
        UpdateExpression="SET v = :v",
        ExpressionAttributeValues={":v": {"N": "1"}},
    )
    table.batch_write({"DeleteRequest": {"Key": {"id": {"S": "a"}}}})
    updated = item | {"v": {"N": "1"}}
    assert changes(table.records()) == [
        ("INSERT", None, item),
        ("MODIFY", item, updated),
        ("REMOVE", updated, None),
    ]


def test_sequence_numbers_are_rising_integers_of_two_lengths_and_positions_in_the_stream(table: Table) -> None:
    assert len(table.shard()["SequenceNumberRange"]["StartingSequenceNumber"]) == 21
    for id in ("a", "b", "c"):
        table.put(id)
    numbers = [record["dynamodb"]["SequenceNumber"] for record in table.records()]
    assert [len(number) for number in numbers] == [21, 21, 22]
    assert sorted(numbers, key=int) == numbers

    def numbers_from(type: str) -> list[str]:
        records = table.records(ShardIteratorType=type, SequenceNumber=numbers[1])
        return [record["dynamodb"]["SequenceNumber"] for record in records]

    assert numbers_from("AT_SEQUENCE_NUMBER") == numbers[1:]
    assert numbers_from("AFTER_SEQUENCE_NUMBER") == numbers[2:]


def test_failed_batch_with_a_binary_value_reaches_the_bucket(emulator: Emulator, table: Table) -> None:
    """Its payload is a string of JSON, in which the value is encoded with Base64."""
    create_function(emulator, "failing", FAILING_FUNCTION)
    lambda_ = emulator.client("lambda")
    s3, bucket = emulator.client("s3"), "failed-batches"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    mapping = lambda_.create_event_source_mapping(
        FunctionName="failing",
        EventSourceArn=table.stream_arn,
        StartingPosition="TRIM_HORIZON",
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": f"arn:aws:s3:::{bucket}"}},
    )
    table.put("a", bytes={"B": b"\x00\xff"})
    (object,) = emulator.wait_for(
        lambda: s3.list_objects_v2(Bucket=bucket).get("Contents"), "the failed batch in the bucket"
    )
    lambda_.delete_event_source_mapping(UUID=mapping["UUID"])
    body = json.loads(s3.get_object(Bucket=bucket, Key=object["Key"])["Body"].read())
    (record,) = json.loads(body["payload"])["Records"]
    assert record["dynamodb"]["NewImage"]["bytes"] == {"B": "AP8="}
    assert body["DDBStreamBatchInfo"]["startSequenceNumber"] == record["dynamodb"]["SequenceNumber"]


class NotifiedQueue:
    """A bucket and a queue; the bucket's notifications go to the queue."""

    def __init__(self, emulator: Emulator, name: str) -> None:
        self.s3, self.sqs, self.kms = emulator.client("s3"), emulator.client("sqs"), emulator.client("kms")
        self.bucket = name.replace("_", "-")[-63:].strip("-")
        self.s3.create_bucket(Bucket=self.bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        self.url = self.sqs.create_queue(QueueName=name[-80:])["QueueUrl"]
        attributes = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["QueueArn"])["Attributes"]
        self.arn = attributes["QueueArn"]

    def allow(self, *, principal: str = "s3.amazonaws.com", bucket: str = "", account: str = "000000000000") -> None:
        condition = {
            "ArnLike": {"aws:SourceArn": f"arn:aws:s3:::{bucket or self.bucket}"},
            "StringEquals": {"aws:SourceAccount": account},
        }
        allowed = {"Effect": "Allow", "Principal": {"Service": principal}, "Action": "sqs:SendMessage"}
        insecure = {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "sqs:*",
            "Resource": self.arn,
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
        statements = [allowed | {"Resource": self.arn, "Condition": condition}, insecure]
        self.set_attribute("Policy", json.dumps({"Version": "2012-10-17", "Statement": statements}))

    def set_attribute(self, name: str, value: str) -> None:
        self.sqs.set_queue_attributes(QueueUrl=self.url, Attributes={name: value})

    def configure(self) -> None:
        queue = {"QueueArn": self.arn, "Events": ["s3:ObjectCreated:*"]}
        self.s3.put_bucket_notification_configuration(
            Bucket=self.bucket, NotificationConfiguration={"QueueConfigurations": [queue]}
        )

    def messages(self, wait_seconds: int = 5) -> list[Any]:
        received = self.sqs.receive_message(QueueUrl=self.url, WaitTimeSeconds=wait_seconds, MaxNumberOfMessages=10)
        return [json.loads(message["Body"]) for message in received.get("Messages", [])]


@pytest.fixture
def notified(emulator: Emulator, request: pytest.FixtureRequest) -> NotifiedQueue:
    return NotifiedQueue(emulator, request.node.originalname)


def test_notification_encodes_the_key_as_a_query_string(notified: NotifiedQueue) -> None:
    notified.allow()
    notified.configure()
    (test_event,) = notified.messages()
    assert test_event["Event"] == "s3:TestEvent"
    notified.s3.put_object(Bucket=notified.bucket, Key="folder/a b+c.json", Body=b"")
    (message,) = notified.messages()
    assert message["Records"][0]["s3"]["object"]["key"] == "folder/a+b%2Bc.json"


def test_bucket_refuses_a_queue_whose_policy_does_not_allow_it(notified: NotifiedQueue) -> None:
    wrong: list[dict[str, str]] = [
        {"principal": "sns.amazonaws.com"},
        {"bucket": "another-bucket"},
        {"account": "111122223333"},
    ]
    with pytest.raises(ClientError, match="Unable to validate the following destination"):
        notified.configure()
    for statement in wrong:
        notified.allow(**statement)
        with pytest.raises(ClientError, match="Unable to validate the following destination"):
            notified.configure()
    assert notified.messages(wait_seconds=0) == []


def test_bucket_refuses_a_queue_whose_key_does_not_allow_s3(notified: NotifiedQueue) -> None:
    notified.allow()
    notified.set_attribute("KmsMasterKeyId", "alias/aws/sqs")
    with pytest.raises(ClientError, match="Unable to validate the following destination"):
        notified.configure()
    key = notified.kms.create_key()["KeyMetadata"]["KeyId"]
    notified.set_attribute("KmsMasterKeyId", key)
    with pytest.raises(ClientError, match="Unable to validate the following destination"):
        notified.configure()
    allowed = {
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": ["kms:GenerateDataKey", "kms:Decrypt"],
        "Resource": "*",
    }
    policy = {"Version": "2012-10-17", "Statement": [allowed]}
    notified.kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(policy))
    notified.configure()
    assert [message["Event"] for message in notified.messages()] == ["s3:TestEvent"]


def test_notification_is_lost_after_the_policy_is_removed(notified: NotifiedQueue) -> None:
    notified.allow()
    notified.configure()
    notified.messages()
    notified.allow(bucket="another-bucket")
    notified.s3.put_object(Bucket=notified.bucket, Key="lost", Body=b"")
    assert notified.messages(wait_seconds=1) == []
    notified.allow()
    notified.s3.put_object(Bucket=notified.bucket, Key="kept", Body=b"")
    assert [message["Records"][0]["s3"]["object"]["key"] for message in notified.messages()] == ["kept"]


def next_second() -> datetime:
    """Wait for the next whole second and return it. The times of an export have whole seconds."""
    now = datetime.now(UTC)
    second = now.replace(microsecond=0) + timedelta(seconds=1)
    time.sleep((second - now).total_seconds() + 0.01)
    return second


class Exports:
    """A table with point-in-time recovery and a bucket for its exports."""

    def __init__(self, emulator: Emulator, table: Table) -> None:
        self.table, self.s3 = table, emulator.client("s3")
        self.table_arn = table.stream_arn.partition("/stream/")[0]
        self.bucket = table.name.replace("_", "-")[-63:].strip("-")
        self.s3.create_bucket(Bucket=self.bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})

    def turn_on_recovery(self) -> None:
        specification = {"PointInTimeRecoveryEnabled": True}
        self.table.dynamodb.update_continuous_backups(
            TableName=self.table.name, PointInTimeRecoverySpecification=specification
        )

    def start(self, **arguments: Any) -> dict[str, Any]:
        description = self.table.dynamodb.export_table_to_point_in_time(
            TableArn=self.table_arn, S3Bucket=self.bucket, S3Prefix="exports", **arguments
        )["ExportDescription"]
        assert description["ExportStatus"] == "IN_PROGRESS"
        finished = self.table.dynamodb.describe_export(ExportArn=description["ExportArn"])["ExportDescription"]
        assert finished["ExportStatus"] == "COMPLETED"
        return dict(finished)

    def start_incremental(self) -> dict[str, Any]:
        now = next_second()
        window = {"ExportFromTime": now - timedelta(minutes=15), "ExportToTime": now}
        return self.start(ExportType="INCREMENTAL_EXPORT", IncrementalExportSpecification=window)

    def list_keys(self) -> list[str]:
        return [object["Key"] for object in self.s3.list_objects_v2(Bucket=self.bucket)["Contents"]]

    def get(self, key: str) -> bytes:
        return bytes(self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read())

    def summary(self, export: dict[str, Any]) -> dict[str, Any]:
        return dict(json.loads(self.get(export["ExportManifest"])))

    def files(self, export: dict[str, Any]) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.get(self.summary(export)["manifestFilesS3Key"]).splitlines()]

    def lines(self, export: dict[str, Any]) -> list[dict[str, Any]]:
        texts = [gzip.decompress(self.get(file["dataFileS3Key"])) for file in self.files(export)]
        return [json.loads(line) for text in texts for line in text.splitlines()]


@pytest.fixture
def exports(emulator: Emulator, table: Table) -> Exports:
    return Exports(emulator, table)


def test_export_needs_point_in_time_recovery(exports: Exports) -> None:
    with pytest.raises(ClientError, match="PointInTimeRecoveryUnavailableException"):
        exports.start()


def test_full_export_has_the_layout_of_aws(exports: Exports) -> None:
    exports.turn_on_recovery()
    items = [{"id": {"S": str(number)}, "bytes": {"B": b"\x00\xff"}} for number in range(1500)]
    for start in range(0, len(items), 25):
        exports.table.batch_write(*({"PutRequest": {"Item": item}} for item in items[start : start + 25]))
    export = exports.start()
    folder = export["ExportManifest"].removesuffix("manifest-summary.json")
    assert re.fullmatch(r"exports/AWSDynamoDB/\d{14}-[0-9a-f]{8}/", folder)
    names = {key.removeprefix(folder) for key in exports.list_keys()}
    manifests = {f"manifest-{name}.{type}" for name in ("files", "summary") for type in ("json", "checksum")}
    assert {name for name in names if not name.startswith("data/")} == {"_started"} | manifests
    summary = exports.summary(export)
    assert (summary["exportType"], summary["itemCount"], summary["outputFormat"]) == (
        "FULL_EXPORT",
        1500,
        "DYNAMODB_JSON",
    )
    files = exports.files(export)
    assert {file["dataFileS3Key"].removeprefix(folder) for file in files} == {
        name for name in names if name.startswith("data/")
    }
    counts = [file["itemCount"] for file in files]
    assert len(counts) == 3, "two partitions with items and an empty one"
    assert (sum(counts), counts[-1]) == (1500, 0)
    lines = sorted(exports.lines(export), key=lambda line: int(line["Item"]["id"]["S"]))
    assert lines == [{"Item": item | {"bytes": {"B": "AP8="}}} for item in items]


def test_full_export_has_the_items_of_its_time(exports: Exports) -> None:
    exports.table.put("before recovery")
    exports.turn_on_recovery()
    exports.table.put("changed", v={"N": "1"})
    exports.table.put("deleted")
    past = next_second()
    exports.table.put("changed", v={"N": "2"})
    exports.table.put("new")
    exports.table.batch_write({"DeleteRequest": {"Key": {"id": {"S": "deleted"}}}})
    items = [line["Item"] for line in exports.lines(exports.start(ExportTime=past))]
    assert sorted(items, key=str) == [
        {"id": {"S": "before recovery"}},
        {"id": {"S": "changed"}, "v": {"N": "1"}},
        {"id": {"S": "deleted"}},
    ]


def test_export_with_a_used_client_token_is_the_first_one(exports: Exports) -> None:
    exports.turn_on_recovery()
    assert exports.start(ClientToken="a-token") == exports.start(ClientToken="a-token")


def test_incremental_export_has_one_line_for_each_changed_item(exports: Exports) -> None:
    exports.table.put("changed", v={"N": "1"})
    exports.table.put("deleted")
    exports.table.put("unchanged")
    exports.turn_on_recovery()
    exports.table.put("changed", v={"N": "2"})
    exports.table.put("changed", v={"N": "3"})
    exports.table.put("new")
    exports.table.batch_write({"DeleteRequest": {"Key": {"id": {"S": "deleted"}}}})
    exports.table.put("created and deleted")
    exports.table.batch_write({"DeleteRequest": {"Key": {"id": {"S": "created and deleted"}}}})
    export = exports.start_incremental()
    lines = {line["Keys"]["id"]["S"]: line for line in exports.lines(export)}
    assert all(len(line.pop("Metadata")["WriteTimestampMicros"]["N"]) == 16 for line in lines.values())
    key = {name: {"id": {"S": name}} for name in lines}
    assert lines == {
        "changed": {
            "Keys": key["changed"],
            "OldImage": key["changed"] | {"v": {"N": "1"}},
            "NewImage": key["changed"] | {"v": {"N": "3"}},
        },
        "deleted": {"Keys": key["deleted"], "OldImage": key["deleted"]},
        "new": {"Keys": key["new"], "NewImage": key["new"]},
    }
    assert all(file["dataFileS3Key"].startswith("exports/AWSDynamoDB/data/") for file in exports.files(export))


def test_scan_returns_the_capacity_that_its_page_consumed(table: Table) -> None:
    for number in range(5):
        table.put(str(number), text={"S": "x" * 4000})

    def units(**arguments: Any) -> float:
        page = table.dynamodb.scan(TableName=table.name, ReturnConsumedCapacity="TOTAL", **arguments)
        return float(page["ConsumedCapacity"]["CapacityUnits"])

    assert units() == 2.5
    assert units(ConsistentRead=True) == 5
    assert units(Limit=1, ConsistentRead=True) == 1


@pytest.mark.parametrize("segments", [1, 3])
def test_pages_of_a_parallel_scan_have_each_item_once(table: Table, segments: int) -> None:
    ids = sorted(f"item-{number}" for number in range(100))
    for start in range(0, len(ids), 25):
        table.batch_write(*({"PutRequest": {"Item": {"id": {"S": id}}}} for id in ids[start : start + 25]))
    pages = [
        page["Items"]
        for segment in range(segments)
        for page in table.dynamodb.get_paginator("scan").paginate(
            TableName=table.name, Segment=segment, TotalSegments=segments, PaginationConfig={"PageSize": 7}
        )
    ]
    assert max(len(page) for page in pages) == 7
    assert sorted(item["id"]["S"] for page in pages for item in page) == ids


FAIL_BAD_ITEMS: dict[str, Any] = {
    "StartAt": "Check",
    "States": {
        "Check": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.bad", "BooleanEquals": True, "Next": "Bad"}],
            "Default": "Good",
        },
        "Bad": {"Type": "Fail", "Error": "BadItem", "Cause": "the item is bad"},
        "Good": {"Type": "Pass", "End": True},
    },
}
PASS_ITEMS: dict[str, Any] = {"StartAt": "Good", "States": {"Good": {"Type": "Pass", "End": True}}}


class Map:
    """Runs state machines that are one Distributed Map, and has a bucket with their items."""

    def __init__(self, emulator: Emulator, name: str) -> None:
        self.emulator, self.name, self.bucket = emulator, name, name
        self.states, self.iam, self.s3 = emulator.client("stepfunctions"), emulator.client("iam"), emulator.client("s3")
        self.s3.create_bucket(Bucket=self.bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        trust = json.loads(json.dumps(TRUST_POLICY).replace("lambda.", "states."))
        role = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
        self.role_arn = role["Role"]["Arn"]
        self.allow("s3:GetObject", "s3:ListBucket", "s3:PutObject")

    def allow(self, *actions: str) -> None:
        statement = {"Effect": "Allow", "Action": actions or "iam:GetUser", "Resource": "*"}
        policy = {"Version": "2012-10-17", "Statement": [statement]}
        self.iam.put_role_policy(RoleName=self.name, PolicyName="map", PolicyDocument=json.dumps(policy))

    def put(self, key: str, body: bytes) -> None:
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body)

    def read(self, resource: str, config: dict[str, Any] | None = None, **parameters: Any) -> dict[str, Any]:
        reader = {
            "Resource": f"arn:aws:states:::s3:{resource}",
            "Parameters": {"Bucket": self.bucket} | parameters,
        }
        return {"ItemReader": reader | ({"ReaderConfig": config} if config else {})}

    def run(
        self, child: dict[str, Any] = PASS_ITEMS, input: Any = None, *, seconds: float = 30, **fields: Any
    ) -> dict[str, Any]:
        """Run the map over the input or an item reader, and return the execution's description."""
        processor = child | {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}}
        state = {"Type": "Map", "End": True, "ItemProcessor": processor} | fields
        definition = {"StartAt": "Map", "States": {"Map": state}}
        machine = self.states.create_state_machine(
            name=f"machine-{time.time_ns()}", definition=json.dumps(definition), roleArn=self.role_arn
        )
        execution = self.states.start_execution(
            stateMachineArn=machine["stateMachineArn"], input=json.dumps([] if input is None else input)
        )["executionArn"]

        def finished() -> Any:
            description = self.states.describe_execution(executionArn=execution)
            return description["status"] != "RUNNING" and description

        return dict(self.emulator.wait_for(finished, "the end of the execution", seconds=seconds))

    def output(self, *arguments: Any, **fields: Any) -> Any:
        execution = self.run(*arguments, **fields)
        assert execution["status"] == "SUCCEEDED", execution
        return json.loads(execution["output"])

    def result_files(self) -> dict[str, Any]:
        """Return the files of the written results by name."""
        keys = [object["Key"] for object in self.s3.list_objects_v2(Bucket=self.bucket, Prefix="results/")["Contents"]]
        bodies = {key: self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read() for key in keys}
        return {key.rpartition("/")[-1]: json.loads(body) for key, body in bodies.items()}


@pytest.fixture
def map(emulator: Emulator) -> Map:
    return Map(emulator, f"map-{time.time_ns()}")


def items_with_failures(good: int, bad: int) -> list[dict[str, bool]]:
    return [{"bad": False}] * good + [{"bad": True}] * bad


@pytest.mark.parametrize(
    ("tolerance", "status"),
    [
        ({}, "FAILED"),
        ({"ToleratedFailurePercentage": 20}, "SUCCEEDED"),
        ({"ToleratedFailurePercentage": 19}, "FAILED"),
        ({"ToleratedFailureCount": 2}, "SUCCEEDED"),
        ({"ToleratedFailureCount": 1}, "FAILED"),
    ],
)
def test_map_fails_when_more_children_fail_than_it_tolerates(map: Map, tolerance: Any, status: str) -> None:
    execution = map.run(FAIL_BAD_ITEMS, items_with_failures(8, 2), **tolerance)
    assert execution["status"] == status
    assert execution.get("error") == (None if status == "SUCCEEDED" else "States.ExceedToleratedFailureThreshold")


def test_map_run_counts_failed_children_and_items(map: Map) -> None:
    batched: dict[str, Any] = {"ItemBatcher": {"MaxItemsPerBatch": 5}, "ToleratedFailurePercentage": 100}
    child = json.loads(json.dumps(FAIL_BAD_ITEMS).replace("$.bad", "$.Items[0].bad"))
    execution = map.run(child, items_with_failures(10, 5), **batched)
    (run,) = map.states.list_map_runs(executionArn=execution["executionArn"])["mapRuns"]
    description = map.states.describe_map_run(mapRunArn=run["mapRunArn"])
    names = ("total", "succeeded", "failed", "running", "pending")
    assert [description["executionCounts"][name] for name in names] == [3, 2, 1, 0, 0]
    assert [description["itemCounts"][name] for name in names] == [15, 10, 5, 0, 0]


def test_failed_map_is_caught(map: Map) -> None:
    catch = [{"ErrorEquals": ["States.ExceedToleratedFailureThreshold"], "Next": "Caught"}]
    definition = {"Catch": catch, "Next": "Caught"}
    processor = FAIL_BAD_ITEMS | {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}
    states = {
        "Map": {"Type": "Map", "ItemProcessor": processor} | definition,
        "Caught": {"Type": "Pass", "Parameters": {"error.$": "$.Error"}, "End": True},
    }
    machine = map.states.create_state_machine(
        name="caught", definition=json.dumps({"StartAt": "Map", "States": states}), roleArn=map.role_arn
    )
    execution = map.states.start_execution(
        stateMachineArn=machine["stateMachineArn"], input=json.dumps(items_with_failures(0, 1))
    )["executionArn"]
    output = map.emulator.wait_for(
        lambda: map.states.describe_execution(executionArn=execution).get("output"), "the caught error"
    )
    assert json.loads(output) == {"error": "States.ExceedToleratedFailureThreshold"}


def test_batches_have_the_selected_items_and_the_batch_input(map: Map) -> None:
    output = map.output(
        input={"run": "a", "items": [1, 2, 3, 4, 5]},
        ItemsPath="$.items",
        ItemSelector={"value.$": "$$.Map.Item.Value"},
        ItemBatcher={"MaxItemsPerBatch": 2, "BatchInput": {"run.$": "$.run", "fixed": 1}},
    )
    shared = {"BatchInput": {"run": "a", "fixed": 1}}
    batches = [[1, 2], [3, 4], [5]]
    assert output == [shared | {"Items": [{"value": value} for value in batch]} for batch in batches]


def test_batches_are_bounded_in_size(map: Map) -> None:
    output = map.output(input=["x" * 100] * 5, ItemBatcher={"MaxInputBytesPerBatch": 250})
    assert [len(batch["Items"]) for batch in output] == [2, 2, 1]


@pytest.mark.parametrize("compress", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_item_reader_reads_json_lines(map: Map, compress: Callable[[bytes], bytes]) -> None:
    map.put("items", compress(b'{"n": 1}\n{"n": 2}\n'))
    assert map.output(**map.read("getObject", {"InputType": "JSONL"}, Key="items")) == [{"n": 1}, {"n": 2}]


def test_item_reader_lists_all_pages(map: Map) -> None:
    for key in ("p/1", "p/2", "p/3", "q/1"):
        map.put(key, b"")
    objects = map.output(**map.read("listObjectsV2", Prefix="p/", MaxKeys=1))
    assert [object["Key"] for object in objects] == ["p/1", "p/2", "p/3"]


def test_item_reader_loads_and_flattens_all_files(map: Map) -> None:
    map.put("data/1.json.gz", gzip.compress(b'{"n": 1}\n{"n": 2}\n'))
    map.put("data/2.json.gz", gzip.compress(b""))
    map.put("data/3.json.gz", gzip.compress(b'{"n": 3}\n'))
    config = {"InputType": "JSONL", "Transformation": "LOAD_AND_FLATTEN"}
    assert map.output(**map.read("listObjectsV2", config, Prefix="data/")) == [{"n": 1}, {"n": 2}, {"n": 3}]


def test_map_runs_more_children_than_a_stack_is_deep(map: Map) -> None:
    items = [{"n": number} for number in range(1000)]
    map.put("items", "\n".join(json.dumps(item) for item in items).encode())
    reader = map.read("getObject", {"InputType": "JSONL"}, Key="items")
    assert map.output(MaxConcurrency=1, seconds=180, **reader) == items


@pytest.mark.parametrize(("tolerated", "status"), [(100, "SUCCEEDED"), (0, "FAILED")])
def test_result_writer_lists_the_failed_children(map: Map, tolerated: int, status: str) -> None:
    writer = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": map.bucket, "Prefix": "results"}}
    items = [{"bad": False, "n": 1}, {"bad": True, "n": 2}, {"bad": False, "n": 3}]
    execution = map.run(
        FAIL_BAD_ITEMS, items, ResultWriter=writer, ToleratedFailurePercentage=tolerated, MaxConcurrency=1
    )
    assert execution["status"] == status
    files = map.result_files()
    (failed,) = files["FAILED_0.json"]
    assert (json.loads(failed["Input"]), failed["Error"], failed["Status"]) == (items[1], "BadItem", "FAILED")
    assert [json.loads(result["Output"]) for result in files["SUCCEEDED_0.json"]] == [
        item for item in items if not item["bad"] and (tolerated or item["n"] == 1)
    ]
    pending = [json.loads(result["Input"]) for result in files.get("PENDING_0.json", [])]
    assert pending == ([] if tolerated else [items[2]])
    assert {status for status, names in files["manifest.json"]["ResultFiles"].items() if names} == {
        name.removesuffix("_0.json") for name in files if name != "manifest.json"
    }


def test_definition_with_an_unknown_field_is_refused(map: Map) -> None:
    with pytest.raises(ClientError, match="InvalidDefinition"):
        map.run(ItemBatcher={"MaxItems": 1})


def test_state_machine_needs_the_permissions_of_its_role(map: Map) -> None:
    map.put("items", b"{}")
    reader = map.read("getObject", {"InputType": "JSONL"}, Key="items")
    assert map.run(**reader)["status"] == "SUCCEEDED"
    map.allow()
    assert map.run(**reader)["status"] == "FAILED"


def test_child_invokes_a_function_with_the_permissions_of_the_role(map: Map) -> None:
    function = create_function(map.emulator, "child", "def handler(event, context):\n    return {'got': event}\n")
    invoke = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": function, "Payload.$": "$"},
        "OutputPath": "$.Payload",
        "End": True,
    }
    child = {"StartAt": "Invoke", "States": {"Invoke": invoke}}
    assert map.run(child, [{"n": 1}])["status"] == "FAILED"
    map.allow("lambda:InvokeFunction")
    assert map.output(child, [{"n": 1}], ItemBatcher={"MaxItemsPerBatch": 10}) == [{"got": {"Items": [{"n": 1}]}}]


@pytest.mark.parametrize(
    ("action", "allowed"), [("states:*", True), ("states:DescribeExecution", True), ("stepfunctions:*", False)]
)
def test_permissions_of_step_functions_have_the_prefix_of_aws(map: Map, action: str, allowed: bool) -> None:
    execution = map.run(input=[])["executionArn"]
    user = map.iam.create_user(UserName=f"user-{time.time_ns()}")["User"]["UserName"]
    key = map.iam.create_access_key(UserName=user)["AccessKey"]
    statement = {"Effect": "Allow", "Action": action, "Resource": execution}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    map.iam.put_user_policy(UserName=user, PolicyName="states", PolicyDocument=policy)
    states = map.emulator.client("stepfunctions", keys=(key["AccessKeyId"], key["SecretAccessKey"]))
    if allowed:
        assert states.describe_execution(executionArn=execution)["status"] == "SUCCEEDED"
    else:
        with pytest.raises(ClientError, match="not authorized"):
            states.describe_execution(executionArn=execution)


def test_reading_removed_records_fails(emulator: Emulator, table: Table) -> None:
    for id in ("a", "b", "c"):
        table.put(id)
    numbers = table.numbers()
    position = {"StreamArn": table.stream_arn, "ShardId": table.shard()["ShardId"]}
    at_first = {"ShardIteratorType": "AT_SEQUENCE_NUMBER", "SequenceNumber": numbers[0]}
    after_first = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": numbers[0]}
    iterator = table.streams.get_shard_iterator(**position, **after_first)["ShardIterator"]
    emulator.trim_stream(table.name, before=numbers[2])
    for start in (at_first, after_first):
        with pytest.raises(ClientError, match="TrimmedDataAccessException"):
            table.streams.get_shard_iterator(**position, **start)
    with pytest.raises(ClientError, match="TrimmedDataAccessException"):
        table.streams.get_records(ShardIterator=iterator)
    assert table.numbers() == numbers[2:]
    emulator.trim_stream(table.name, before=str(int(numbers[2]) + 1))
    assert table.numbers() == []
    table.put("d")
    assert [int(number) for number in table.numbers()] == [int(numbers[2]) + 1]


def test_expired_iterators_are_refused_and_new_ones_are_not(emulator: Emulator, table: Table) -> None:
    table.put("a")
    iterator = table.streams.get_shard_iterator(
        StreamArn=table.stream_arn, ShardId=table.shard()["ShardId"], ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    following = table.streams.get_records(ShardIterator=iterator)["NextShardIterator"]
    emulator.expire_iterators()
    for expired in (iterator, following):
        with pytest.raises(ClientError, match="ExpiredIteratorException"):
            table.streams.get_records(ShardIterator=expired)
    assert len(table.records()) == 1


def test_closed_shard_ends_and_its_children_continue(emulator: Emulator, table: Table) -> None:
    table.put("a")
    parent = table.shard()["ShardId"]
    emulator.split_shards(table.name, children=2)
    for number in range(20):
        table.put(str(number))
    shards = table.streams.describe_stream(StreamArn=table.stream_arn)["StreamDescription"]["Shards"]
    assert [shard.get("ParentShardId") for shard in shards] == [None, parent, parent]
    assert ["EndingSequenceNumber" in shard["SequenceNumberRange"] for shard in shards] == [True, False, False]
    ids = []
    for shard in shards:
        iterator = table.streams.get_shard_iterator(
            StreamArn=table.stream_arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        page = table.streams.get_records(ShardIterator=iterator)
        assert ("NextShardIterator" in page) == (shard["ShardId"] != parent)
        ids.append([record["dynamodb"]["Keys"]["id"]["S"] for record in page["Records"]])
    assert ids[0] == ["a"]
    assert ids[1]
    assert ids[2]
    assert sorted(ids[1] + ids[2], key=int) == [str(number) for number in range(20)]


def test_page_of_a_stream_has_at_most_1000_records_and_1_mb(table: Table) -> None:
    for start in range(0, 1050, 25):
        table.batch_write(*({"PutRequest": {"Item": {"id": {"S": str(start + n)}}}} for n in range(25)))
    for number in range(5):
        table.put(f"large-{number}", text={"S": "x" * 300_000})
    sizes = []
    iterator = table.streams.get_shard_iterator(
        StreamArn=table.stream_arn, ShardId=table.shard()["ShardId"], ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    while (page := table.streams.get_records(ShardIterator=iterator))["Records"]:
        sizes.append(len(page["Records"]))
        iterator = page["NextShardIterator"]
    assert sum(sizes) == 1055
    assert sizes[0] == 1000
    assert len(sizes) == 3, "the large records do not fit into one page"


RECORDING_FUNCTION = """
import json

def handler(event, context):
    with open({path!r}, "a") as file:
        file.write(json.dumps(event["Records"]) + chr(10))
"""


class Mapping:
    """A mapping from a table's stream to a function that writes its events to a file."""

    def __init__(self, emulator: Emulator, table: Table, file: Path, **arguments: Any) -> None:
        self.emulator, self.file, self.lambda_ = emulator, file, emulator.client("lambda")
        name = f"recording-{time.time_ns()}"
        create_function(emulator, name, RECORDING_FUNCTION.format(path=str(file)))
        self.uuid = self.lambda_.create_event_source_mapping(
            FunctionName=name, EventSourceArn=table.stream_arn, StartingPosition="TRIM_HORIZON", **arguments
        )["UUID"]

    def batches(self, *, records: int) -> list[list[dict[str, Any]]]:
        """Return the batches when they have the given number of records."""

        def complete() -> Any:
            lines = self.file.read_text().splitlines() if self.file.exists() else []
            batches = [json.loads(line) for line in lines]
            return sum(len(batch) for batch in batches) >= records and batches

        return list(self.emulator.wait_for(complete, f"{records} records"))

    def delete(self) -> None:
        self.lambda_.delete_event_source_mapping(UUID=self.uuid)


def test_mapping_reads_children_after_their_parent(emulator: Emulator, table: Table, tmp_path: Path) -> None:
    for number in range(10):
        table.put(str(number))
    emulator.split_shards(table.name, children=2)
    for number in range(10, 20):
        table.put(str(number))
    mapping = Mapping(emulator, table, tmp_path / "events")
    ids = [record["dynamodb"]["Keys"]["id"]["S"] for batch in mapping.batches(records=20) for record in batch]
    assert ids[:10] == [str(number) for number in range(10)]
    emulator.split_shards(table.name, children=1)
    table.put("20")
    ids = [record["dynamodb"]["Keys"]["id"]["S"] for batch in mapping.batches(records=21) for record in batch]
    mapping.delete()
    assert sorted(ids, key=int) == [str(number) for number in range(21)]


def test_mapping_delivers_events_of_at_most_6_mb(emulator: Emulator, table: Table, tmp_path: Path) -> None:
    for number in range(20):
        table.put(str(number), text={"S": "x" * 390_000})
    mapping = Mapping(emulator, table, tmp_path / "events", BatchSize=20, MaximumBatchingWindowInSeconds=60)
    batches = mapping.batches(records=20)
    mapping.delete()
    assert len(batches) > 1
    assert max(len(json.dumps({"Records": batch})) for batch in batches) < 6 * 1024 * 1024


def test_deletion_by_time_to_live_has_the_identity_of_the_service(
    emulator: Emulator, table: Table, tmp_path: Path
) -> None:
    table.dynamodb.update_time_to_live(
        TableName=table.name, TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires"}
    )
    table.put("past", expires={"N": "1"})
    table.put("future", expires={"N": str(int(time.time()) + 3600)})
    emulator.delete_expired_items()
    (deletion,) = [record for record in table.records() if record["eventName"] == "REMOVE"]
    assert deletion["dynamodb"]["Keys"] == {"id": {"S": "past"}}
    assert deletion["userIdentity"] == {"PrincipalId": "dynamodb.amazonaws.com", "Type": "Service"}
    table.batch_write({"DeleteRequest": {"Key": {"id": {"S": "future"}}}})
    mapping = Mapping(emulator, table, tmp_path / "events")
    records = [record for batch in mapping.batches(records=4) for record in batch]
    mapping.delete()
    assert [record.get("userIdentity") for record in records if record["eventName"] == "REMOVE"] == [
        {"principalId": "dynamodb.amazonaws.com", "type": "Service"},
        None,
    ]


def test_invocation_with_more_than_6_mb_is_refused(emulator: Emulator) -> None:
    create_function(emulator, "sized", "def handler(event, context):\n    return len(event)\n")
    lambda_ = emulator.client("lambda")

    def invoke(size: int, type: str = "RequestResponse") -> Any:
        return lambda_.invoke(FunctionName="sized", InvocationType=type, Payload=json.dumps("x" * (size - 2)))

    limit = 6 * 1024 * 1024
    assert json.load(invoke(limit)["Payload"]) == limit - 2
    assert invoke(1024 * 1024, "Event")["StatusCode"] == 202
    for arguments in ((limit + 1,), (1024 * 1024 + 1, "Event")):
        with pytest.raises(ClientError) as error:
            invoke(*arguments)
        assert error.value.response["Error"]["Code"] == "RequestTooLargeException"
        assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 413


def test_idle_connection_stays_open(emulator: Emulator) -> None:
    """The provider waits for seconds between two calls. A call that meets the end of its connection is made twice."""
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(emulator.url).netloc)
    connection.request("GET", "/_localemu/health")
    connection.getresponse().read()
    connection.auto_open = 0  # a closed connection is an error
    time.sleep(6)
    connection.request("GET", "/_localemu/health")
    assert connection.getresponse().status == 200
