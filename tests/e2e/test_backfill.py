"""The command ``backfill`` with the sample function: in the end, the index equals the table.

The resources are created without Terraform. Two mappings read the stream, so the function receives every record twice.
"""

from __future__ import annotations

import http.client
import json
import os
import platform
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from ddb_stream_lambda import Code

from tests.function.search_server import SearchServer

from .emulator_process import Emulator
from .install import EMULATOR_PYTHON, ROOT

ITEMS = 10_000
WRITERS = 3
# The writers change these items, which are in all parts of the table, and create and delete others.
CHANGED = 300
BATCH_SIZE = 500
TRUST_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ],
}
THROTTLED = (
    b'{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException","message":"slow down"}'
)


@pytest.fixture(scope="module")
def search() -> Iterator[SearchServer]:
    with SearchServer(time.time) as server:
        yield server


@pytest.fixture(scope="module")
def functions(emulator: Emulator, search: SearchServer) -> list[str]:
    """The sample function, twice."""
    # The emulator runs functions with its own Python, on this machine.
    command = [str(EMULATOR_PYTHON), "-c", "import sys; print('python%d.%d' % sys.version_info[:2])"]
    runtime = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    architecture = "arm64" if platform.machine() == "aarch64" else "x86_64"
    archive = Code.from_python_project(ROOT / "function", runtime=runtime, architecture=architecture).pack()
    role = emulator.client("iam").create_role(RoleName="indexer", AssumeRolePolicyDocument=json.dumps(TRUST_POLICY))
    lambda_ = emulator.client("lambda")
    names = ["indexer", "indexer-again"]
    for name in names:
        lambda_.create_function(
            FunctionName=name,
            Runtime=runtime,
            Architectures=[architecture],
            Handler="index.handler",
            Role=role["Role"]["Arn"],
            Code={"ZipFile": archive.path.read_bytes()},
            Timeout=30,
            Environment={"Variables": {"SEARCH_ENDPOINT": search.url, "SEARCH_SERVICE": "none"}},
        )
        lambda_.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
    return names


@dataclass
class Table:
    """A table whose items were written before its stream, and the command.

    Attributes:
        folder: the folder in which the command runs.
        mappings: the UUIDs of the mappings.
    """

    emulator: Emulator
    search: SearchServer
    name: str
    folder: Path
    mappings: list[str] = field(default_factory=list)
    stream: str = ""

    @classmethod
    def create(cls, emulator: Emulator, search: SearchServer, name: str, folder: Path, *, items: int) -> Table:
        """Create a table with items and without a stream."""
        table = cls(emulator, search, name, folder)
        table.dynamodb.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(table.write_batch, range(0, items, 25)))
        return table

    @property
    def dynamodb(self) -> Any:
        return self.emulator.client("dynamodb")

    def write_batch(self, start: int) -> None:
        items = [{"id": {"S": f"i{number}"}, "n": {"N": str(number)}} for number in range(start, start + 25)]
        self.dynamodb.batch_write_item(RequestItems={self.name: [{"PutRequest": {"Item": item}} for item in items]})

    def enable_stream(self, functions: list[str], *, mapping_state: str = "Enabled") -> None:
        """Enable the stream, and map it to the functions."""
        specification = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
        answer = self.dynamodb.update_table(TableName=self.name, StreamSpecification=specification)
        self.stream = answer["TableDescription"]["LatestStreamArn"]
        lambda_ = self.emulator.client("lambda")
        for function in functions:
            mapping = lambda_.create_event_source_mapping(
                EventSourceArn=self.stream,
                FunctionName=function,
                StartingPosition="TRIM_HORIZON",
                BatchSize=BATCH_SIZE,
                FunctionResponseTypes=["ReportBatchItemFailures"],
                Enabled=mapping_state == "Enabled",
            )["UUID"]
            self.mappings.append(mapping)
        self.wait_for_mappings(mapping_state)

    def wait_for_mappings(self, state: str) -> None:
        lambda_ = self.emulator.client("lambda")
        for mapping in self.mappings:
            look_up = partial(lambda_.get_event_source_mapping, UUID=mapping)
            self.emulator.wait_for(partial(has_state, look_up, state), f"the mapping to be {state}")

    def items(self) -> dict[str, int]:
        pages = self.dynamodb.get_paginator("scan").paginate(TableName=self.name, ConsistentRead=True)
        return {item["id"]["S"]: int(item["n"]["N"]) for page in pages for item in page["Items"]}

    def documents(self) -> dict[str, int]:
        return {id: document["n"] for id, document in self.search.documents(self.name).items()}

    def start(self, *options: str, endpoint: str = "") -> subprocess.Popen[str]:
        """Start the command."""
        command = [sys.executable, "-m", "ddb_stream_lambda", "backfill", self.name, "--mapping", self.mappings[0]]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")} | {
            "PYTHONPATH": str(ROOT),
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "eu-west-1",
        }
        return subprocess.Popen(
            [*command, "--json", "--endpoint-url", endpoint or self.emulator.url, *options],
            cwd=self.folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *options: str, endpoint: str = "") -> dict[str, Any]:
        """Run the command to its end, and return its result."""
        out, err = self.start(*options, endpoint=endpoint).communicate(timeout=120)
        assert out, err
        result: dict[str, Any] = json.loads(out)
        return result

    def prepare_exports(self) -> None:
        """Enable point-in-time recovery, and create the bucket if it does not exist."""
        recovery = {"PointInTimeRecoveryEnabled": True}
        self.dynamodb.update_continuous_backups(TableName=self.name, PointInTimeRecoverySpecification=recovery)
        s3 = self.emulator.client("s3")
        if not any(bucket["Name"] == "exports" for bucket in s3.list_buckets()["Buckets"]):
            s3.create_bucket(Bucket="exports", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})

    def export(self, prefix: str) -> str:
        """Return the folder of the only export below a prefix."""
        objects = self.emulator.client("s3").list_objects_v2(Bucket="exports", Prefix=prefix)["Contents"]
        (manifest,) = [found["Key"] for found in objects if found["Key"].endswith("manifest-summary.json")]
        return f"s3://exports/{manifest.rpartition('/')[0]}"

    def wait_until_indexed(self) -> None:
        self.emulator.wait_for(lambda: self.documents() == self.items(), "the index to equal the table", seconds=90)


def has_state(look_up: Callable[[], Any], state: str) -> bool:
    return bool(look_up()["State"] == state)


class Writers:
    """Threads that put, update and delete items until they are stopped."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._stop = threading.Event()
        self.writes = 0
        self._threads = [threading.Thread(target=self._write, args=(number,)) for number in range(WRITERS)]

    def __enter__(self) -> Writers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _write(self, writer: int) -> None:
        chance = random.Random(writer)
        dynamodb = self._table.dynamodb
        while not self._stop.wait(0.03):
            number = chance.randrange(CHANGED) * (ITEMS // CHANGED)
            key = {"id": {"S": f"i{number}" if chance.random() < 0.8 else f"new-{number}"}}
            value = {"N": str(-chance.randrange(1_000_000))}
            match chance.randrange(3):
                case 0:
                    dynamodb.delete_item(TableName=self._table.name, Key=key)
                case 1:
                    dynamodb.put_item(TableName=self._table.name, Item=key | {"n": value})
                case _:
                    dynamodb.update_item(
                        TableName=self._table.name,
                        Key=key,
                        UpdateExpression="SET n = :n",
                        ExpressionAttributeValues={":n": value},
                    )
            self.writes += 1


def kill_when(process: subprocess.Popen[str], table: Table, done: int) -> int:
    """Kill the command when it has sent some items, and return how many its checkpoint has."""

    def count() -> int:
        checkpoint = table.folder / f"backfill-{table.name}.json"
        return int(json.loads(checkpoint.read_text())["done"]) if checkpoint.exists() else 0

    table.emulator.wait_for(lambda: count() >= done or process.poll() is not None, "a checkpoint", seconds=90)
    process.kill()
    out, err = process.communicate()
    assert not out, (out, err)
    return count()


def test_index_equals_the_table_although_writers_work_and_the_run_is_killed(
    emulator: Emulator, search: SearchServer, functions: list[str], tmp_path: Path
) -> None:
    table = Table.create(emulator, search, "orders", tmp_path, items=ITEMS)
    table.enable_stream(functions)
    chance = random.Random(1)
    # The scan is paced, since the emulator writes and reads one after the other.
    options = ("--max-rcu", "60", "--workers", "3")
    done = 0
    with Writers(table) as writers:
        for _ in range(3):
            done = kill_when(table.start(*options), table, done + chance.randrange(1, 2000))
        result = table.run(*options)
    assert result["exit_code"] == 0, result
    assert result["complete"]
    assert result["failed"] == 0
    assert writers.writes > 100
    table.wait_until_indexed()
    # The writers create and delete some items.
    assert abs(result["done"] - ITEMS) < CHANGED * 2
    assert not list(tmp_path.iterdir())


class FaultyAws:
    """A proxy in front of the emulator that throttles every third request to a service, or answers it with an error.

    Attributes:
        url: the proxy's address.
        requests: the number of requests, by service.
    """

    def __init__(self, emulator_url: str) -> None:
        address = emulator_url.removeprefix("http://")
        self.requests = {"dynamodb": 0, "lambda": 0, "s3": 0}
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: Any) -> None:
                pass

            def handle_request(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                service = self.headers["Authorization"].split("/")[3]
                number = proxy.requests[service]
                proxy.requests[service] += 1
                if number % 3 == 0:
                    throttles = number % 2 == 0
                    if service == "dynamodb":
                        self.respond(400 if throttles else 500, THROTTLED if throttles else b"{}", {})
                    elif service == "lambda":
                        kind = "TooManyRequestsException" if throttles else "ServiceException"
                        self.respond(429 if throttles else 500, b"{}", {"x-amzn-errortype": kind})
                    else:
                        self.respond(503, b"", {})
                    return
                upstream = http.client.HTTPConnection(address)
                upstream.request(self.command, self.path, body, dict(self.headers))
                response = upstream.getresponse()
                self.respond(response.status, response.read(), dict(response.getheaders()))

            def respond(self, status: int, body: bytes, headers: dict[str, str]) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    if name.lower() not in {"transfer-encoding", "content-length", "connection"}:
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_PUT = handle_request  # noqa: N815  # http.server's names

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def faulty_aws(emulator: Emulator) -> Iterator[FaultyAws]:
    proxy = FaultyAws(emulator.url)
    yield proxy
    proxy.close()


@pytest.fixture(scope="module")
def small_table(
    emulator: Emulator, search: SearchServer, functions: list[str], tmp_path_factory: pytest.TempPathFactory
) -> Table:
    """A table with items that nobody writes."""
    table = Table.create(emulator, search, "small", tmp_path_factory.mktemp("small"), items=1000)
    table.prepare_exports()
    table.enable_stream(functions)
    return table


@pytest.fixture
def empty_index(search: SearchServer, small_table: Table) -> None:
    """The index of the small table has no documents, and remembers none."""
    search.engine.indexes.pop(small_table.name, None)


def test_throttles_and_internal_errors_of_every_service_lose_nothing(
    small_table: Table, empty_index: None, faulty_aws: FaultyAws
) -> None:
    for options in (["--max-rcu", "1000"], ["--start-export", "s3://exports/faulty"]):
        result = small_table.run(*options, endpoint=faulty_aws.url)
        assert (result["exit_code"], result["done"]) == (0, 1000), result
    assert small_table.documents() == small_table.items()
    assert all(faulty_aws.requests.values())


def test_export_fills_the_index_and_is_sent_again_without_an_effect(small_table: Table, empty_index: None) -> None:
    result = small_table.run("--start-export", "s3://exports/full")
    assert (result["exit_code"], result["done"], result["complete"]) == (0, 1000, True), result
    assert small_table.documents() == small_table.items()
    folder = small_table.export("full")
    again = small_table.run("--export", folder, "--workers", "1")
    assert (again["exit_code"], again["done"]) == (0, 1000), again
    assert small_table.documents() == small_table.items()


def test_incremental_export_brings_the_changes_that_nobody_delivered(
    emulator: Emulator, search: SearchServer, functions: list[str], tmp_path: Path
) -> None:
    table = Table.create(emulator, search, "incremental", tmp_path, items=100)
    table.prepare_exports()
    table.enable_stream(functions[:1], mapping_state="Disabled")
    allowed = "--allow-disabled-mapping"
    assert table.run("--start-export", "s3://exports/all")["exit_code"] == 2
    assert table.run("--start-export", "s3://exports/all", allowed)["exit_code"] == 0
    assert table.documents() == table.items()

    dynamodb = table.dynamodb
    for number in range(10):
        dynamodb.delete_item(TableName=table.name, Key={"id": {"S": f"i{number}"}})
        dynamodb.put_item(TableName=table.name, Item={"id": {"S": f"i{10 + number}"}, "n": {"N": "-1"}})
        dynamodb.put_item(TableName=table.name, Item={"id": {"S": f"new-{number}"}, "n": {"N": "-2"}})
    time.sleep(1)  # two runs must not start in the same second
    since = (datetime.now(UTC) - timedelta(minutes=20)).isoformat()
    result = table.run("--start-export", "s3://exports/changes", "--since", since, allowed)
    assert result["exit_code"] == 0, result
    assert table.documents() == table.items()

    # The records of the stream arrive late, and win.
    emulator.client("lambda").update_event_source_mapping(UUID=table.mappings[0], Enabled=True)
    table.wait_for_mappings("Enabled")
    dynamodb.put_item(TableName=table.name, Item={"id": {"S": "last"}, "n": {"N": "1"}})
    table.wait_until_indexed()
