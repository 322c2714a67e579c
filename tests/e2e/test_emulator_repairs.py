"""The repairs of the emulator's DynamoDB streams and failure destinations, without Terraform."""

import gzip
import io
import json
import random
import re
import threading
import time
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
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


def test_sequence_numbers_have_21_digits_and_are_positions_in_the_stream(table: Table) -> None:
    assert len(table.shard()["SequenceNumberRange"]["StartingSequenceNumber"]) == 21
    for id in ("a", "b", "c"):
        table.put(id)
    numbers = [record["dynamodb"]["SequenceNumber"] for record in table.records()]
    assert [len(number) for number in numbers] == [21, 21, 21]
    assert sorted(numbers, key=int) == numbers

    def numbers_from(type: str) -> list[str]:
        records = table.records(ShardIteratorType=type, SequenceNumber=numbers[1])
        return [record["dynamodb"]["SequenceNumber"] for record in records]

    assert numbers_from("AT_SEQUENCE_NUMBER") == numbers[1:]
    assert numbers_from("AFTER_SEQUENCE_NUMBER") == numbers[2:]


def test_failed_batch_with_a_binary_value_reaches_the_bucket(emulator: Emulator, table: Table) -> None:
    """Its payload is a string of JSON, in which the value is encoded with Base64."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as code:
        code.writestr("index.py", FAILING_FUNCTION)
    role = emulator.client("iam").create_role(RoleName="failing", AssumeRolePolicyDocument=json.dumps(TRUST_POLICY))
    lambda_ = emulator.client("lambda")
    lambda_.create_function(
        FunctionName="failing",
        Runtime="python3.13",
        Handler="index.handler",
        Role=role["Role"]["Arn"],
        Code={"ZipFile": archive.getvalue()},
    )
    lambda_.get_waiter("function_active_v2").wait(FunctionName="failing", WaiterConfig={"Delay": 1})
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
