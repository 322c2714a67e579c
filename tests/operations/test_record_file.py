"""Redrive with a file of records, as `--export` and the backfill write it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ddb_stream_lambda.operations.errors import OperationError
from ddb_stream_lambda.operations.redriving.record_file import RecordFileSource

from .fakes import FIRST, FUNCTION, STREAM, lambda_record
from .test_redrive_command import Account, redrive
from .test_sending import numbers

DAMAGED = "line 2 is not a record of a DynamoDB stream; correct or remove the line; nothing was sent"


class Killed(BaseException):
    """The process ends while a batch is being sent."""


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Account:
    return Account(monkeypatch, tmp_path, [])


def write(path: Path, *records: Any) -> Path:
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records))
    return path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file of five records. The mapping's batches have three."""
    return write(tmp_path / "records.jsonl", *(lambda_record(number) for number in numbers(0, 1, 2, 3, 4)))


def failing(*failed: int) -> Callable[[list[Any]], None]:
    def handler(records: list[Any]) -> None:
        if any(int(record["dynamodb"]["SequenceNumber"]) in failed for record in records):
            raise ValueError("poison")

    return handler


def test_records_are_sent_in_batches_as_they_are(
    account: Account, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    received: list[Any] = []
    account.clients["lambda"].handler = received.extend
    before = file.read_bytes()

    assert redrive("--records", str(file)) == 0

    assert received == [json.loads(line) for line in before.splitlines()]
    assert account.clients["lambda"].batches == [numbers(0, 1, 2), numbers(3, 4)]
    assert account.clients["lambda"].functions == {FUNCTION}
    assert capsys.readouterr().out.splitlines() == [
        f"{file}: 5 records sent, the oldest of 2026-09-17T13:05:34Z",
        f"  5 to {FUNCTION}",
    ]
    assert file.read_bytes() == before


def test_records_of_a_backfill_are_next_to_their_error(account: Account, tmp_path: Path) -> None:
    file = write(tmp_path / "failed.jsonl", {"error": "poison", "record": lambda_record(FIRST)})
    assert redrive("--records", str(file)) == 0
    assert account.sent == [FIRST]


def test_exported_records_are_sent_from_their_file(account: Account, tmp_path: Path) -> None:
    assert redrive("--bucket", "failed", "--export", str(tmp_path / "records.jsonl")) == 0
    assert account.sent == []
    assert redrive("--records", str(tmp_path / "records.jsonl")) == 0
    assert account.sent == numbers(0, 1)


def test_blank_lines_and_an_empty_file_are_no_error(
    account: Account, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "blank").write_text(f"\n{json.dumps(lambda_record(FIRST))}\n\n")
    assert redrive("--records", str(tmp_path / "blank")) == 0
    (tmp_path / "empty").write_text("")
    assert redrive("--records", str(tmp_path / "empty")) == 0
    assert "0 records sent" in capsys.readouterr().out
    assert account.sent == [FIRST]


def test_records_with_equal_numbers_are_all_sent(account: Account, tmp_path: Path) -> None:
    """Two segments of a backfill number their records alike."""
    file = write(tmp_path / "failed.jsonl", *(lambda_record(FIRST, key) for key in "abc"))
    received: list[Any] = []
    account.clients["lambda"].handler = received.extend
    assert redrive("--records", str(file)) == 0
    assert sorted(record["dynamodb"]["Keys"]["id"]["S"] for record in received) == ["a", "b", "c"]


def test_next_run_sends_the_records_that_failed_and_the_one_after_it_sends_all(
    account: Account, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    account.clients["lambda"].handler = failing(FIRST + 1)
    assert redrive("--records", str(file)) == 1
    assert f"{file} line 2 ({FIRST + 1}): the function failed: ValueError: poison" in capsys.readouterr().out

    account.clients["lambda"].handler, account.clients["lambda"].batches = failing(), []
    assert redrive("--records", str(file)) == 0
    assert account.sent == numbers(1)

    account.clients["lambda"].batches = []
    assert redrive("--records", str(file)) == 0
    assert account.sent == numbers(0, 1, 2, 3, 4)


def test_corrected_record_is_sent(account: Account, file: Path) -> None:
    account.clients["lambda"].handler = failing(FIRST + 1)
    redrive("--records", str(file))
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    lines[1]["dynamodb"]["NewImage"]["state"] = {"S": "corrected"}
    write(file, *lines)
    received: list[Any] = []
    account.clients["lambda"].handler = received.extend
    assert redrive("--records", str(file)) == 0
    assert received == [lines[1]]


def test_records_are_known_by_their_content_when_lines_move(account: Account, tmp_path: Path) -> None:
    file = write(tmp_path / "failed.jsonl", lambda_record(FIRST, "a"), lambda_record(FIRST, "b"))

    def refuse_b(records: list[Any]) -> None:
        if any(record["dynamodb"]["Keys"]["id"]["S"] == "b" for record in records):
            raise ValueError("poison")

    account.clients["lambda"].handler = refuse_b
    assert redrive("--records", str(file)) == 1
    write(file, lambda_record(FIRST, "b"))
    received: list[Any] = []
    account.clients["lambda"].handler = received.extend
    assert redrive("--records", str(file)) == 0
    assert received == [lambda_record(FIRST, "b")]


def test_one_file_has_one_journal_whatever_its_path(
    account: Account, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    account.clients["lambda"].handler = failing(FIRST + 1)
    assert redrive("--records", str(file)) == 1
    account.clients["lambda"].handler, account.clients["lambda"].batches = failing(), []
    monkeypatch.chdir(tmp_path)
    assert redrive("--records", f"../{tmp_path.name}/{file.name}") == 0
    assert account.sent == numbers(1)
    account.clients["lambda"].batches = []
    assert redrive("--records", file.name) == 0
    assert account.sent == numbers(0, 1, 2, 3, 4)


def test_record_that_is_twice_in_the_file_is_sent_twice(account: Account, tmp_path: Path) -> None:
    file = write(tmp_path / "records.jsonl", lambda_record(FIRST), lambda_record(FIRST))
    assert redrive("--records", str(file)) == 0
    assert account.sent == [FIRST, FIRST]


def test_file_that_is_changed_during_the_run_is_an_error(file: Path) -> None:
    source = RecordFileSource(file, window=2)
    lines = file.read_text().splitlines()
    for text in ("\n".join(lines[:4]), "\n".join([*lines[:4], "{"])):
        file.write_text(text)
        with pytest.raises(OperationError, match=r"the file was changed during the run; run the command again"):
            list(source.windows())


@pytest.mark.skipif(sys.platform == "win32", reason="there are no named pipes in folders")
def test_pipe_is_an_error_of_usage(account: Account, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert redrive("--records", str(pipe)) == 2
    assert "is not a regular file; write the records to a file first" in capsys.readouterr().err


def test_records_of_two_streams_are_not_in_one_invocation(account: Account, tmp_path: Path) -> None:
    other = STREAM.replace("table/orders", "table/users")
    records = [lambda_record(FIRST + index) | ({"eventSourceARN": other} if index % 2 else {}) for index in range(4)]
    streams: list[set[str]] = []
    account.clients["lambda"].handler = lambda batch: streams.append({record["eventSourceARN"] for record in batch})
    assert redrive("--records", str(write(tmp_path / "file", *records)), "--to", "repair") == 0
    assert streams == [{STREAM}, {other}]


def test_byte_order_mark_is_no_part_of_the_first_record(account: Account, file: Path) -> None:
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    assert redrive("--records", str(file)) == 0
    assert account.sent == numbers(0, 1, 2, 3, 4)


@pytest.mark.parametrize("batch", [1, 2])
def test_run_that_is_killed_is_continued_and_repeats_one_batch(account: Account, file: Path, batch: int) -> None:
    def kill(records: list[Any]) -> None:
        if len(account.clients["lambda"].batches) == batch:
            raise Killed

    account.clients["lambda"].handler = kill
    with pytest.raises(Killed):
        redrive("--records", str(file))
    account.clients["lambda"].handler = failing()
    assert redrive("--records", str(file)) == 0
    repeated = account.clients["lambda"].batches[batch - 1]
    assert sorted(account.sent) == sorted(numbers(0, 1, 2, 3, 4) + repeated)


def test_limit_ends_the_run_and_the_next_one_continues(account: Account, file: Path) -> None:
    assert redrive("--records", str(file), "--limit", "2") == 0
    assert redrive("--records", str(file), "--limit", "3") == 0
    assert account.sent == numbers(0, 1, 2, 3, 4)


def test_greater_number_of_failures_reaches_the_records_behind_them(account: Account, file: Path) -> None:
    account.clients["lambda"].handler = failing(*numbers(0, 1, 2))
    assert redrive("--records", str(file), "--max-failures", "2") == 1
    assert FIRST + 4 not in account.sent
    assert redrive("--records", str(file), "--max-failures", "4") == 1
    assert FIRST + 4 in account.sent


def test_dry_run_sends_nothing(account: Account, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert redrive("--records", str(file), "--dry-run") == 0
    assert account.sent == []
    assert "5 records would be sent" in capsys.readouterr().out


def test_stream_without_one_mapping_needs_the_function(
    account: Account, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    account.clients["lambda"].mappings = ()
    assert redrive("--records", str(file)) == 1
    assert "its function is not known; give --to FUNCTION" in capsys.readouterr().out
    assert redrive("--records", str(file), "--to", "repair") == 0
    assert account.clients["lambda"].functions == {"repair"}
    assert account.sent == numbers(0, 1, 2, 3, 4)


def test_windows_bound_the_records_in_memory(file: Path) -> None:
    windows = list(RecordFileSource(file, window=2).windows())
    assert [len(window.entries) for window in windows] == [2, 2, 1]


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        "1",
        "null",
        "{}",
        '{"record": null}',
        '{"dynamodb": {"SequenceNumber": "1", "Keys": {}}}',
        json.dumps({"eventSourceARN": STREAM, "dynamodb": {"SequenceNumber": "one", "Keys": {}}}),
        json.dumps({"eventSourceARN": STREAM, "dynamodb": {"SequenceNumber": "-5", "Keys": {}}}),
        json.dumps({"eventSourceARN": STREAM, "dynamodb": {"SequenceNumber": "1"}}),
        json.dumps({"eventSourceARN": 1, "dynamodb": {"SequenceNumber": "1", "Keys": {}}}),
        json.dumps(lambda_record(FIRST))[:-20],
        "[" * 100_000,
    ],
)
def test_line_without_a_record_ends_the_run_before_it_begins(
    account: Account, file: Path, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = file.read_text().splitlines()
    file.write_text("\n".join([lines[0], line, *lines[1:]]))
    assert redrive("--records", str(file)) == 2
    assert DAMAGED in capsys.readouterr().err
    assert account.sent == []


@pytest.mark.parametrize(("content", "reason"), [(b"\xff\xfe{}", "is not text in UTF-8"), (None, "cannot be read")])
def test_file_that_cannot_be_read_is_an_error_of_usage(
    account: Account, tmp_path: Path, content: bytes | None, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "file"
    if content is not None:
        path.write_bytes(content)
    assert redrive("--records", str(path)) == 2
    error = capsys.readouterr().err
    assert f"--records {path}: {reason}" in error
    assert "give a file in JSON Lines" in error


def test_time_of_a_failure_is_not_in_a_file(account: Account, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert redrive("--records", str(file), "--since", "6h") == 2
    assert "--since: a file does not have the times of failures; leave it out with --records" in capsys.readouterr().err


@pytest.mark.parametrize("time", [1e300, "soon", None, True])
def test_time_of_a_record_that_is_none_is_left_out(
    account: Account, tmp_path: Path, time: object, capsys: pytest.CaptureFixture[str]
) -> None:
    record = lambda_record(FIRST)
    record["dynamodb"]["ApproximateCreationDateTime"] = time
    assert redrive("--records", str(write(tmp_path / "file", record))) == 0
    assert account.sent == [FIRST]
