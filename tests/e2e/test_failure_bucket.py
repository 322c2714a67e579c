"""A deployed failure bucket: a batch that fails is whole in the bucket, and announced in the dead-letter queue."""

from __future__ import annotations

import json
import urllib.parse
from dataclasses import dataclass
from typing import Any

import pytest

from .emulator_process import Emulator
from .provider_versions import MIN_VERSION
from .providers import Provider
from .recorder_stack import TABLE, RecorderStack
from .terraform import Terraform, override_provider


@dataclass
class Deployment:
    """The deployed stack, with the messages that were in its queue before a batch failed."""

    emulator: Emulator
    terraform: Terraform
    outputs: dict[str, str]

    def receive(self) -> dict[str, Any]:
        """Wait for a message in the dead-letter queue, delete it, and return its body."""
        sqs, queue = self.emulator.client("sqs"), self.outputs["queue"]
        (message,) = self.emulator.wait_for(
            lambda: sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1).get("Messages"),
            "a message in the dead-letter queue",
        )
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return dict(json.loads(message["Body"]))


@pytest.fixture(scope="module")
def deployment(emulator: Emulator, provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    if provider.version == MIN_VERSION:
        pytest.skip(f"{provider} has no separate resources for the settings of a bucket")
    folder = tmp_path_factory.mktemp("failure-bucket")
    terraform = Terraform(folder / "stack", provider)
    terraform.synthesize(RecorderStack(effects=folder / "effects", bucket=True))
    override_provider(terraform.folder, emulator.url)
    terraform.init()
    terraform.apply()
    return Deployment(emulator, terraform, terraform.outputs())


def test_failed_batch_is_whole_in_the_bucket_and_announced_in_the_queue(deployment: Deployment) -> None:
    """Creating the stack takes a minute, so that one test has everything about it, in the order of the events."""
    bucket, s3 = deployment.outputs["bucket"], deployment.emulator.client("s3")
    assert bucket.startswith("orders-pipeline-failures-")
    deployment.terraform.run("plan", "-detailed-exitcode")

    # The message that S3 sends when the notification is created is no failed batch.
    assert deployment.receive()["Event"] == "s3:TestEvent"

    item = {"id": {"S": "a b"}, "poison": {"S": "1"}, "total": {"N": "7"}, "seal": {"B": b"\x00\xff"}}
    deployment.emulator.client("dynamodb").put_item(TableName=TABLE, Item=item)
    (record,) = deployment.receive()["Records"]
    assert record["eventName"].startswith("ObjectCreated:")
    assert record["s3"]["bucket"]["name"] == bucket
    key = urllib.parse.unquote_plus(record["s3"]["object"]["key"])
    assert key.startswith(f"aws/lambda/{deployment.outputs['mapping']}/shardId-")

    failure = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    assert failure["requestContext"]["condition"] == "RetryAttemptsExhausted"
    (failed,) = json.loads(failure["payload"])["Records"]
    assert failed["eventName"] == "INSERT"
    assert failed["dynamodb"]["NewImage"] == item | {"seal": {"B": "AP8="}}
    assert failed["dynamodb"]["SequenceNumber"] == failure["DDBStreamBatchInfo"]["startSequenceNumber"]

    assert "Instance cannot be destroyed" in deployment.terraform.run("destroy", "-auto-approve", exit_code=1)
