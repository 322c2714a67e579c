"""The repairs of the emulator's DynamoDB streams and failure destinations, without Terraform."""

import io
import json
import random
import threading
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest

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
