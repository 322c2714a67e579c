"""The command line of redrive: how it finds the source, what it prints, and its exit codes."""

from __future__ import annotations

import json
import os
import signal
import threading
from pathlib import Path
from typing import Any

import pytest
from ddb_stream_lambda import cli
from ddb_stream_lambda.operations.redriving import running
from ddb_stream_lambda.operations.redriving.sinks import CountingSink, FileSink

from .fakes import (
    FIRST,
    FUNCTION,
    FakeBucket,
    FakeConnection,
    FakeQueue,
    FakeStreams,
    client_error,
    mapping,
    stream_record,
)
from .messages import SHARD, message_about
from .test_sending import KEY, Lambda, about, numbers, object_about

QUEUE = "arn:aws:sqs:eu-west-1:111122223333:dlq"


class Queue(FakeQueue):
    """The queue "dlq"."""

    def get_queue_url(self, *, QueueName: str, **_: str) -> dict[str, str]:  # noqa: N803  # the API's names
        if QueueName != "dlq":
            raise client_error("AWS.SimpleQueueService.NonExistentQueue")
        return {"QueueUrl": f"https://sqs.eu-west-1.amazonaws.com/111122223333/{QueueName}"}


class Bucket(FakeBucket):
    """A bucket with the queues that get its notifications."""

    queues: tuple[str, ...] = ()

    def get_bucket_notification_configuration(self, *, Bucket: str) -> dict[str, Any]:  # noqa: N803
        return {"QueueConfigurations": [{"QueueArn": queue} for queue in self.queues]}


class Topic:
    """A topic with the queues that subscribe to it."""

    def __init__(self, *queues: str) -> None:
        self.queues = queues

    def get_paginator(self, _: str) -> Topic:
        return self

    def paginate(self, **_: str) -> list[dict[str, Any]]:
        mail = {"Protocol": "email", "Endpoint": "a@example.org"}
        return [{"Subscriptions": [mail, *({"Protocol": "sqs", "Endpoint": queue} for queue in self.queues)]}]


class Account:
    """The AWS of a test.

    Attributes:
        clients: the doubles of the clients.
    """

    def __init__(self, patches: pytest.MonkeyPatch, folder: Path, bodies: list[str]) -> None:
        records = [stream_record(FIRST + index) for index in range(5)]
        self.clients: dict[str, Any] = {
            "sqs": Queue(bodies),
            "s3": Bucket({KEY.format(SHARD, "52"): object_about(0, 2)}),
            "sns": Topic(QUEUE),
            "lambda": Lambda(settings={"DestinationConfig": {"OnFailure": {"Destination": QUEUE}}}),
            "dynamodbstreams": FakeStreams({SHARD: records}),
        }
        patches.setattr(running, "Connection", lambda *_: FakeConnection(**self.clients))
        patches.setenv("XDG_STATE_HOME", str(folder))

    def set_destination(self, arn: str | None) -> None:
        destination = {"OnFailure": {"Destination": arn}} if arn else {}
        self.clients["lambda"].mappings = (mapping(DestinationConfig=destination),)

    @property
    def sent(self) -> list[int]:
        return [number for batch in self.clients["lambda"].batches for number in batch]


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Account:
    return Account(monkeypatch, tmp_path, [about(0, 2)])


def redrive(*arguments: str) -> int:
    return cli.main(["redrive", *arguments])


@pytest.mark.parametrize("queue", ["dlq", QUEUE, "https://sqs.eu-west-1.amazonaws.com/111122223333/dlq"])
def test_queue_is_given_by_name_arn_or_url(account: Account, queue: str) -> None:
    assert redrive("--queue", queue) == 0
    assert account.sent == numbers(0, 1)


@pytest.mark.parametrize("bucket", ["failed", "s3://failed", "failed/aws/lambda/u1/"])
def test_bucket_is_given_by_name_with_or_without_prefix(account: Account, bucket: str) -> None:
    assert redrive("--bucket", bucket) == 0
    assert account.clients["s3"].prefixes == ["aws/lambda/u1/" if bucket.endswith("u1/") else "aws/lambda/"]
    assert account.clients["s3"].objects == {}


@pytest.mark.parametrize("option", [("--function", "orders"), ("--mapping", "u1")])
@pytest.mark.parametrize("destination", [QUEUE, "arn:aws:sns:eu-west-1:111122223333:failed"])
def test_queue_is_found_from_the_mapping(account: Account, option: tuple[str, str], destination: str) -> None:
    account.set_destination(destination)
    assert redrive(*option) == 0
    assert account.clients["sqs"].messages == {}


def test_bucket_is_found_from_the_mapping(account: Account) -> None:
    account.set_destination("arn:aws:s3:::failed")
    assert redrive("--mapping", "u1") == 0
    assert account.clients["s3"].prefixes == ["aws/lambda/u1/"]
    assert len(account.clients["sqs"].messages) == 1


def test_queue_of_the_buckets_notifications_comes_before_the_bucket(account: Account) -> None:
    account.set_destination("arn:aws:s3:::failed")
    account.clients["s3"].queues = (QUEUE,)
    assert redrive("--mapping", "u1") == 0
    assert account.clients["s3"].prefixes == []
    assert account.clients["sqs"].messages == {}


@pytest.mark.parametrize(
    ("destination", "topics", "text"),
    [
        (None, (), "has no failure destination; give --queue or --bucket"),
        ("arn:aws:sns:eu-west-1:1:t", (), "no queue subscribes to it; give --queue"),
        ("arn:aws:sns:eu-west-1:1:t", ("arn:a", "arn:b"), "these queues subscribe to it: arn:a, arn:b; give --queue"),
        ("arn:aws:kafka:eu-west-1:1:t", (), "is not supported"),
    ],
)
def test_destination_without_one_queue_is_an_error_of_usage(
    account: Account, capsys: pytest.CaptureFixture[str], destination: str | None, topics: tuple[str, ...], text: str
) -> None:
    account.set_destination(destination)
    account.clients["sns"].queues = topics
    assert redrive("--mapping", "u1") == 2
    assert text in capsys.readouterr().err


def test_function_with_several_mappings_names_them(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    config = {"DestinationConfig": {"OnFailure": {"Destination": QUEUE}}}
    account.clients["lambda"].mappings = (mapping(**config), mapping(**config, UUID="u2"))
    assert redrive("--function", "orders") == 2
    assert "has several: u1, u2; give --mapping UUID" in capsys.readouterr().err


def test_result_is_text(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    assert redrive("--queue", "dlq", "--keys") == 0
    printed = capsys.readouterr()
    assert printed.out.splitlines() == [
        f'{FIRST}  MODIFY  {{"id": {{"S": "a"}}}}',
        f'{FIRST + 1}  MODIFY  {{"id": {{"S": "a"}}}}',
        "https://sqs.eu-west-1.amazonaws.com/111122223333/dlq: 2 records of 1 batch sent, "
        "the oldest of 2026-09-17T13:05:34Z",
        f"  2 to {FUNCTION}",
        "  1 batch with the condition RetryAttemptsExhausted",
        "  1 messages and objects of finished batches removed",
    ]
    assert "about 1 messages" in printed.err
    assert "2 records" in printed.err


def test_result_is_one_json_document(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    account.clients["sqs"].messages["9"] = "hello"
    assert redrive("--queue", "dlq", "--json", "--dry-run") == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["action"], document["records"], document["oldest"]) == ("would be sent", 2, "2026-09-17T13:05:34Z")
    assert document["foreign"] == [{"message": "9", "reason": "it is not JSON"}]
    assert account.sent == []


def test_expired_records_have_their_exit_code_and_the_repair(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    account.clients["dynamodbstreams"].trimmed = {SHARD: 5}
    assert redrive("--queue", "dlq") == 4
    out = capsys.readouterr().out
    assert f"2 records of the shard {SHARD}, {FIRST} to {FIRST + 1}, written from 2026-09-17T13:05:34Z to" in out
    assert "  ddb-stream-lambda backfill orders --start-export s3://BUCKET/PREFIX --since" in out


def test_failed_batches_have_their_exit_code_and_reason(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    def handler(records: list[Any]) -> None:
        raise ValueError("poison \x1b[31m")

    account.clients["lambda"].handler = handler
    with pytest.MonkeyPatch.context() as patches:
        patches.setattr(running, "FunctionSink", lambda connection, sleep: command_sink(connection))
        assert redrive("--queue", "dlq") == 1
    out = capsys.readouterr().out
    assert "1 failed, kept:" in out
    assert "the function failed: ValueError: poison" in out
    assert "\x1b" not in out


def command_sink(connection: Any) -> Any:
    """Return a sink that does not wait."""
    from ddb_stream_lambda.operations.redriving.sinks import FunctionSink

    return FunctionSink(connection, sleep=lambda seconds: None)


@pytest.mark.parametrize("as_json", [False, True])
def test_error_of_aws_is_one_line_and_code_3(
    account: Account, capsys: pytest.CaptureFixture[str], as_json: bool
) -> None:
    assert redrive("--queue", "absent", *(["--json"] if as_json else [])) == 3
    printed = capsys.readouterr()
    assert printed.err.startswith("redrive: cannot find the queue absent: ")
    assert printed.err.count("\n") == 1
    assert (json.loads(printed.out)["exit_code"] == 3) if as_json else (printed.out == "")


def test_export_writes_a_new_file_and_replaces_none(
    account: Account, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "records.jsonl"
    assert redrive("--queue", "dlq", "--export", str(file)) == 0
    assert [json.loads(line)["dynamodb"]["SequenceNumber"] for line in file.read_text().splitlines()] == [
        str(number) for number in numbers(0, 1)
    ]
    assert redrive("--queue", "dlq", "--export", str(file)) == 2
    assert "the file exists; remove it" in capsys.readouterr().err
    assert redrive("--queue", "dlq", "--export", str(tmp_path / "absent" / "file")) == 2
    assert account.sent == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (".", "is a folder; give the name of a new file"),
        ("/", "is a folder; give the name of a new file"),
        ("file/x", "cannot be written: Not a directory"),
        ("x" * 300, "cannot be written: File name too long"),
        ("link", "the file exists"),
    ],
)
def test_export_to_a_name_that_no_file_can_get_is_an_error_of_usage(
    account: Account, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, text: str
) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "link").symlink_to("nothing")
    assert redrive("--queue", "dlq", "--export", str(tmp_path / name)) == 2
    assert text in capsys.readouterr().err
    assert (tmp_path / "file").read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "link"]


def test_export_changes_no_file_of_a_similar_name(account: Account, tmp_path: Path) -> None:
    partial = tmp_path / "records.jsonl.partial"
    partial.write_text("mine")
    file = tmp_path / "records.jsonl"
    assert redrive("--queue", "dlq", "--export", str(file)) == 0
    assert partial.read_text() == "mine"
    assert file.stat().st_mode & 0o777 == 0o600
    assert sorted(tmp_path.iterdir()) == [file, partial]


def test_file_that_another_export_wrote_meanwhile_is_not_replaced(
    account: Account, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "records.jsonl"
    monkeypatch.setattr(running, "FileSink", lambda _: file.write_text("mine") and CountingSink())
    assert redrive("--queue", "dlq", "--export", str(file)) == 2
    assert "the file exists" in capsys.readouterr().err
    assert file.read_text() == "mine"
    assert list(tmp_path.iterdir()) == [file]


def test_export_without_hard_links(account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", fail)
    file = tmp_path / "records.jsonl"
    assert redrive("--queue", "dlq", "--export", str(file)) == 0
    assert len(file.read_text().splitlines()) == 2
    assert list(tmp_path.iterdir()) == [file]


def test_interrupted_export_leaves_no_file_and_the_same_command_runs_again(
    account: Account, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    account.clients["sqs"].messages["1"] = about(2, 2)
    file = tmp_path / "records.jsonl"

    class InterruptedSink(FileSink):
        def send(self, *arguments: Any) -> Any:
            outcome = super().send(*arguments)
            signal.raise_signal(signal.SIGINT)
            return outcome

    with monkeypatch.context() as patches:
        patches.setattr(running, "FileSink", InterruptedSink)
        assert redrive("--queue", "dlq", "--export", str(file)) == 130
    assert f"--export {file}: not written, because the run was interrupted" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []
    assert redrive("--queue", "dlq", "--export", str(file)) == 0
    assert len(file.read_text().splitlines()) == 4


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_ends_the_run_after_the_batch(account: Account, number: int, capsys: pytest.CaptureFixture[str]) -> None:
    body = json.dumps(message_about(FIRST, FIRST + 4, size=5))
    account.clients["sqs"].messages = {"0": body}

    def handler(records: list[Any]) -> None:
        if len(records) == 3:
            os.kill(os.getpid(), number)
            while not stop_is_set():
                pass

    before = signal.getsignal(number)
    seen: list[Any] = []
    original = threading.Event

    def event() -> Any:
        seen.append(original())
        return seen[-1]

    def stop_is_set() -> bool:
        return bool(seen[0].is_set())

    with pytest.MonkeyPatch.context() as patches:
        patches.setattr(threading, "Event", event)
        account.clients["lambda"].handler = handler
        assert redrive("--queue", "dlq") == 130
    assert account.sent == numbers(0, 1, 2)
    assert signal.getsignal(number) == before
    assert "run the same command again" in capsys.readouterr().out
    assert redrive("--queue", "dlq") == 0
    assert account.sent == numbers(0, 1, 2, 3, 4)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ([], "one of the arguments --queue --bucket --records --mapping --function is required"),
        (["--queue", "a", "--bucket", "b"], "not allowed with argument"),
        (["--queue", "a", "--limit", "0"], "'0' must be a whole number of at least 1"),
        (["--queue", "a", "--since", "yesterday"], "'yesterday' must be a time such as"),
        (["--queue", "a", "--since", f"{9**30}d"], "must be a time such as"),
        (["--queue", "a", "--since", "9" * 5000 + "d"], "must be a time such as"),
        (["--queue", "a", "--since", "9999999999m"], "must be a time such as"),
        (["--queue", ""], "argument --queue: '' must not be empty"),
        (["--queue", " "], "argument --queue: ' ' must not be empty"),
        *(
            (["--queue", "a", option, ""], f"argument {option}: '' must not be empty")
            for option in ("--to", "--export", "--journal", "--region", "--profile", "--endpoint-url")
        ),
        *(([option, ""], "must not be empty") for option in ("--bucket", "--records", "--mapping", "--function")),
        (["--queue", "a", "--dry-run", "--export", "f"], "not allowed with argument"),
    ],
)
def test_wrong_options_are_errors_of_usage(arguments: list[str], text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        redrive(*arguments)
    assert ended.value.code == 2
    assert text in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [("--queue", "arn:aws:s3:::b"), ("--bucket", "s3://")])
def test_value_of_another_kind_is_an_error_of_usage(
    account: Account, arguments: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert redrive(*arguments) == 2
    assert f"{arguments[0]} {arguments[1]}: " in capsys.readouterr().err


def test_help_explains_the_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        redrive("--help")
    out = capsys.readouterr().out
    assert "exit codes:" in out
    assert "4  some records have expired from the stream" in out
