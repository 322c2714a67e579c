"""The repairs of the emulator's DynamoDB streams and failure destinations, without Terraform."""

import io
import json
import random
import threading
import zipfile
from collections.abc import Iterator
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
