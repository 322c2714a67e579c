"""`ddb-stream-lambda redrive` on the emulator: real queues, buckets, streams and functions, and faults of AWS."""

from __future__ import annotations

import http.client
import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from ddb_stream_lambda import cli

from .emulator_process import Emulator
from .install import ROOT

# Notes each record in a file. While the file FAILING exists, a batch with a record of its pattern fails.
FUNCTION = """\
import json, os, time
from pathlib import Path

folder = Path(os.environ["FOLDER"])


def handler(event, context):
    with (folder / "records.jsonl").open("a") as file:
        file.write(json.dumps({"size": len(json.dumps(event)), "records": event["Records"]}) + "\\n")
    time.sleep(float((folder / "seconds").read_text()) if (folder / "seconds").exists() else 0)
    if (folder / "FAILING").exists():
        raise ValueError("the index is down")
"""
TRUST = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
BATCH_SIZE = 4


class Pipeline:
    """A table whose stream invokes a function, and a failure destination.

    Attributes:
        folder: the folder of the function's records.
        queue: the URL of the queue.
    """

    def __init__(
        self, emulator: Emulator, name: str, folder: Path, *, has_bucket: bool = False, batch_size: int
    ) -> None:
        self.emulator = emulator
        self.name = name.replace("_", "-")[-50:].strip("-")
        self.folder = folder
        self.queue = emulator.client("sqs").create_queue(QueueName=self.name)["QueueUrl"]
        attributes = emulator.client("sqs").get_queue_attributes(QueueUrl=self.queue, AttributeNames=["QueueArn"])
        destination = queue_arn = attributes["Attributes"]["QueueArn"]
        if has_bucket:
            destination = self._create_bucket(queue_arn)
        self.fail()
        self._create_function()
        description = emulator.client("dynamodb").create_table(
            TableName=self.name,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )["TableDescription"]
        self.mapping = emulator.client("lambda").create_event_source_mapping(
            FunctionName=self.name,
            EventSourceArn=description["LatestStreamArn"],
            StartingPosition="TRIM_HORIZON",
            BatchSize=batch_size,
            MaximumRetryAttempts=0,
            DestinationConfig={"OnFailure": {"Destination": destination}},
        )["UUID"]

    def _create_bucket(self, queue_arn: str) -> str:
        s3 = self.emulator.client("s3")
        allowed = {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sqs:SendMessage"}
        policy = {"Version": "2012-10-17", "Statement": [allowed | {"Resource": queue_arn}]}
        self.emulator.client("sqs").set_queue_attributes(QueueUrl=self.queue, Attributes={"Policy": json.dumps(policy)})
        s3.create_bucket(Bucket=self.name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        s3.put_bucket_versioning(Bucket=self.name, VersioningConfiguration={"Status": "Enabled"})
        queue = {"QueueArn": queue_arn, "Events": ["s3:ObjectCreated:*"]}
        s3.put_bucket_notification_configuration(
            Bucket=self.name, NotificationConfiguration={"QueueConfigurations": [queue]}
        )
        return f"arn:aws:s3:::{self.name}"

    def _create_function(self) -> None:
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("index.py", FUNCTION)
        role = self.emulator.client("iam").create_role(
            RoleName=self.name, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [TRUST]})
        )
        functions = self.emulator.client("lambda")
        functions.create_function(
            FunctionName=self.name,
            Role=role["Role"]["Arn"],
            Runtime="python3.13",
            Handler="index.handler",
            Timeout=30,
            Code={"ZipFile": archive.getvalue()},
            Environment={"Variables": {"FOLDER": str(self.folder)}},
        )
        self.emulator.wait_for(
            lambda: functions.get_function(FunctionName=self.name)["Configuration"]["State"] == "Active", "the function"
        )

    def fail(self) -> None:
        (self.folder / "FAILING").touch()

    def mend(self) -> None:
        """Let the function succeed, and forget the records that it got before."""
        (self.folder / "FAILING").unlink()
        (self.folder / "records.jsonl").write_text("")

    def write(self, *items: dict[str, Any]) -> None:
        for item in items:
            self.emulator.client("dynamodb").put_item(TableName=self.name, Item=item)

    def invocations(self) -> list[dict[str, Any]]:
        path = self.folder / "records.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def records(self) -> list[dict[str, Any]]:
        return [record for invocation in self.invocations() for record in invocation["records"]]

    def ids(self) -> list[str]:
        return [record["dynamodb"]["Keys"]["id"]["S"] for record in self.records()]

    def messages(self) -> int:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answer = self.emulator.client("sqs").get_queue_attributes(QueueUrl=self.queue, AttributeNames=names)
        return sum(int(answer["Attributes"][name]) for name in names)

    def wait_for_failures(self, count: int) -> None:
        """Wait until the destination has all records of the table in failed batches."""
        self.emulator.wait_for(lambda: len(set(self.ids())) == count, "the failed invocations")
        failed = len(self.invocations())
        self.emulator.wait_for(lambda: self.messages() >= failed, "the messages about failed batches")

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start the command as a process, which can be killed."""
        command = [sys.executable, "-m", "ddb_stream_lambda", "redrive", "--endpoint-url", self.emulator.url]
        return subprocess.Popen(
            [*command, *arguments],
            cwd=ROOT,
            env=environment(self.folder),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def redrive(self, *arguments: str, url: str = "", code: int = 0) -> dict[str, Any]:
        """Run the command to its end in this process, and return its result."""
        out, _ = run(self.folder, url or self.emulator.url, *arguments, "--json", code=code)
        return dict(json.loads(out))


def environment(folder: Path) -> dict[str, str]:
    """Return the environment variables of the command. Its journal is in the folder."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "eu-west-1"}
    return inherited | keys | {"XDG_STATE_HOME": str(folder / "state")}


def run(folder: Path, url: str, *arguments: str, code: int) -> tuple[str, str]:
    """Run the command to its end in this process, and return what it printed."""
    out, error = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patches:
        patches.setattr(os, "environ", environment(folder))
        patches.setattr(sys, "stdout", out)
        patches.setattr(sys, "stderr", error)
        exit_code = cli.main(["redrive", "--endpoint-url", url, *arguments])
    assert exit_code == code, error.getvalue()
    return out.getvalue(), error.getvalue()


@pytest.fixture
def pipeline(emulator: Emulator, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Pipeline]:
    options = {"batch_size": BATCH_SIZE} | getattr(request, "param", {})
    pipeline = Pipeline(emulator, request.function.__name__, tmp_path, **options)
    yield pipeline
    emulator.client("lambda").delete_event_source_mapping(UUID=pipeline.mapping)
    emulator.client("dynamodb").delete_table(TableName=pipeline.name)


def items(count: int, **attributes: Any) -> list[dict[str, Any]]:
    return [{"id": {"S": f"o{number:03}"}} | attributes for number in range(count)]


def test_failed_batches_are_sent_again_exactly_as_lambda_sent_them(pipeline: Pipeline) -> None:
    binary = {"bytes": {"B": b"\x00\xff"}, "set": {"BS": [b"\x01"]}}
    pipeline.write(*items(6, nested={"M": binary}, list={"L": [binary["bytes"]]}, number={"N": "1.50"}))
    pipeline.wait_for_failures(6)
    delivered = pipeline.records()
    batches = len(pipeline.invocations())

    shown = pipeline.redrive("--function", pipeline.name, "--dry-run", "--keys")
    assert (shown["records"], shown["batches"], shown["action"]) == (6, batches, "would be sent")
    assert [entry["keys"]["id"]["S"] for entry in shown["keys"]] == [f"o{number:03}" for number in range(6)]
    export = pipeline.folder / "records-exported.jsonl"
    pipeline.redrive("--mapping", pipeline.mapping, "--export", str(export))
    assert [json.loads(line) for line in export.read_text().splitlines()] == delivered

    pipeline.mend()
    result = pipeline.redrive("--queue", pipeline.name)
    assert pipeline.records() == delivered
    assert [len(invocation["records"]) for invocation in pipeline.invocations()] == [4, 2]
    assert (result["records"], result["failed"], result["expired"]) == (6, [], [])
    assert pipeline.messages() == 0

    (pipeline.folder / "records.jsonl").unlink()
    pipeline.redrive("--records", str(export))
    assert pipeline.records() == delivered


@pytest.mark.parametrize("pipeline", [{"has_bucket": True, "batch_size": 100}], indirect=True)
def test_failed_batches_of_more_than_6_mb_together_are_sent_in_parts(pipeline: Pipeline) -> None:
    pipeline.emulator.client("lambda").update_event_source_mapping(UUID=pipeline.mapping, Enabled=False)
    pipeline.emulator.wait_for(
        lambda: (
            pipeline.emulator.client("lambda").get_event_source_mapping(UUID=pipeline.mapping)["State"] == "Disabled"
        ),
        "the mapping to stop",
    )
    pipeline.write(*items(17, text={"S": "x" * 390_000}))
    pipeline.emulator.client("lambda").update_event_source_mapping(UUID=pipeline.mapping, Enabled=True)
    pipeline.emulator.wait_for(lambda: len(set(pipeline.ids())) == 17, "the failed invocation")
    # The command joins the failed batches of a shard up to the mapping's batch size, which is 100 records here.
    assert sum(invocation["size"] for invocation in pipeline.invocations()) > 6 * 1024**2
    pipeline.emulator.wait_for(lambda: pipeline.messages() == 1 + len(pipeline.invocations()), "the notification")
    delivered = pipeline.records()

    pipeline.mend()
    result = pipeline.redrive("--function", pipeline.name)
    assert pipeline.records() == delivered
    assert max(invocation["size"] for invocation in pipeline.invocations()) < 6 * 1024**2
    assert result["test_events_removed"] == 1
    assert pipeline.messages() == 0
    assert "Contents" not in pipeline.emulator.client("s3").list_objects_v2(Bucket=pipeline.name)


def test_run_that_is_killed_or_interrupted_is_continued(pipeline: Pipeline) -> None:
    pipeline.write(*items(24))
    pipeline.wait_for_failures(24)
    pipeline.mend()
    (pipeline.folder / "seconds").write_text("0.4")
    for batches, number, code in ((1, signal.SIGKILL, -9), (3, signal.SIGKILL, -9), (5, signal.SIGINT, 130)):
        process = pipeline.start("--queue", pipeline.queue)
        pipeline.emulator.wait_for(lambda: len(pipeline.invocations()) >= batches, "some batches")  # noqa: B023
        process.send_signal(number)
        process.communicate(timeout=60)
        assert process.returncode == code
    # The last batch of a run that was killed may still be in the function.
    time.sleep(0.5)
    pipeline.redrive("--queue", pipeline.queue)
    counts = Counter(pipeline.ids())
    assert len(counts) == 24
    assert sum(counts.values()) - 24 <= 2 * BATCH_SIZE
    assert pipeline.messages() == 0


class FaultProxy:
    """A proxy in front of the emulator that answers some requests with errors of AWS.

    Args:
        emulator_url: the emulator.
        fault: takes the action or path of a request, and the number of requests like it before. Returns the status and
            the error code, or None to forward the request.
    """

    def __init__(self, emulator_url: str, fault: Callable[[str, int], tuple[int, str] | None]) -> None:
        counts: Counter[str] = Counter()
        self.counts = counts
        address = emulator_url.removeprefix("http://")

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: Any) -> None:
                pass

            def forward(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                action = (self.headers.get("X-Amz-Target") or self.path).rpartition(".")[2]
                answer = fault(action, counts[action])
                counts[action] += 1
                if answer is not None:
                    status, code = answer
                    content = json.dumps({"__type": code, "message": "injected"}).encode()
                    headers = {"x-amzn-errortype": code, "content-type": "application/x-amz-json-1.0"}
                else:
                    connection = http.client.HTTPConnection(address, timeout=60)
                    connection.request(self.command, self.path, body, dict(self.headers))
                    forwarded = connection.getresponse()
                    status, content = forwarded.status, forwarded.read()
                    skipped = ("transfer-encoding", "content-length", "connection", "server", "date")
                    headers = {name: value for name, value in forwarded.getheaders() if name.lower() not in skipped}
                    connection.close()
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PUT = do_DELETE = forward  # noqa: N815  # the names of http.server

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> FaultProxy:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def test_throttles_internal_errors_and_an_expired_iterator_do_no_harm(pipeline: Pipeline) -> None:
    pipeline.write(*items(9))
    pipeline.wait_for_failures(9)
    pipeline.mend()

    def fault(action: str, count: int) -> tuple[int, str] | None:
        if action == "GetRecords" and count == 0:
            return 400, "ExpiredIteratorException"
        if action.endswith("/invocations") and count < 2:
            return (429, "TooManyRequestsException") if count else (500, "ServiceException")
        if action in ("GetRecords", "ReceiveMessage", "DeleteMessageBatch", "GetShardIterator") and count == 1:
            return 503, "ServiceUnavailable"
        return None

    with FaultProxy(pipeline.emulator.url, fault) as proxy:
        result = pipeline.redrive("--queue", pipeline.queue, url=proxy.url)
    assert proxy.counts["GetRecords"] >= 3
    assert result["records"] == 9
    assert Counter(pipeline.ids()) == Counter(f"o{number:03}" for number in range(9))
    assert pipeline.messages() == 0


def test_trimmed_records_end_in_their_own_exit_code_and_stay(pipeline: Pipeline) -> None:
    pipeline.write(*items(2))
    pipeline.wait_for_failures(2)
    pipeline.mend()
    before = pipeline.messages()

    def fault(action: str, count: int) -> tuple[int, str] | None:
        return (400, "TrimmedDataAccessException") if action == "GetShardIterator" else None

    with FaultProxy(pipeline.emulator.url, fault) as proxy:
        result = pipeline.redrive("--queue", pipeline.queue, url=proxy.url, code=4)
    assert sum(entry["missing"] for entry in result["expired"]) == 2
    assert result["repair"][0].startswith(f"ddb-stream-lambda backfill {pipeline.name} --start-export ")
    assert pipeline.messages() == before
    assert pipeline.ids() == []


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (["--queue", "absent"], 3, "cannot find the queue absent"),
        (["--mapping", "00000000-0000-0000-0000-000000000000"], 3, "cannot look up the event source mapping"),
        (["--function", "absent"], 2, "needs one mapping"),
        (["--bucket", "absent"], 3, "cannot list the objects of s3://absent/aws/lambda/"),
    ],
)
def test_error_of_aws_is_one_line(
    emulator: Emulator, tmp_path: Path, arguments: list[str], code: int, text: str
) -> None:
    out, error = run(tmp_path, emulator.url, *arguments, code=code)
    assert out == ""
    assert error.splitlines()[-1].startswith("redrive: ")
    assert text in error.splitlines()[-1]
