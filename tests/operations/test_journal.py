"""The journal changes only files that are journals."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest
from ddb_stream_lambda.operations.errors import OperationError, UsageError
from ddb_stream_lambda.operations.redriving.journal import Journal

FOREIGN = [
    b"[1]\n",
    b"5\n",
    b"{}\n",
    b'{"eventID": "1", "dynamodb": {}}\n',
    b'{"error": "x", "record": {}}\n',
    b'{"done": {"a": 1}, "time": 1}\n{"eventID": "1"}\n',
    b'{"done": 5}\n',
    b'{"done": {"a": "b"}}\n',
    b'{"held": [1]}\n',
    b'{"time": 1}\n',
    b"some notes\n",
    b'{"eventID": "1", "dyn',
    b"\xff\xfe\x00",
    b"[" * 100_000,
]


@pytest.mark.parametrize("content", FOREIGN)
def test_file_that_is_not_a_journal_is_refused_and_not_changed(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    path.chmod(0o644)
    with pytest.raises(UsageError, match=r"^--journal .*/file: is not a journal; give another file$"):
        Journal(path)
    assert path.read_bytes() == content
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_pipe_is_refused_and_keeps_its_permissions(tmp_path: Path) -> None:
    """As a device is. A test of a device would destroy it if it failed."""
    path = tmp_path / "pipe"
    os.mkfifo(path, 0o644)
    before = path.stat().st_mode
    with pytest.raises(UsageError, match="it is not a regular file; give --journal FILE"):
        Journal(path)
    assert path.stat().st_mode == before


@pytest.mark.parametrize("cut", range(1, 30))
@pytest.mark.parametrize("before", ["", '{"complete": ["b"]}\n\n'])
def test_line_that_was_cut_off_is_no_error(tmp_path: Path, cut: int, before: str) -> None:
    path = tmp_path / "file"
    path.write_text(f"{before}\n" + json.dumps({"done": {"a": 1}, "time": 2_000_000_000})[:cut])
    journal = Journal(path)
    journal.record({"c": 3})
    assert (journal.through("a"), journal.is_complete("b")) == (-1, bool(before))
    journal.close()
    assert Journal(path).through("c") == 3


def test_journal_is_for_its_user_only(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text('{"complete": ["a"]}\n')
    path.chmod(0o644)
    Journal(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_full_disk_is_an_error_of_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    journal = Journal(path)
    journal.record({"a": 1})

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patches:
        patches.setattr(os, "fsync", fail)
        with pytest.raises(OperationError, match=r"cannot write the journal .*: No space left on device; make space"):
            journal.record({"a": 2})
    journal.close()
    assert Journal(path).through("a") in (1, 2)
