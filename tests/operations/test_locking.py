"""A lock file is there as long as a run has the lock."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ddb_stream_lambda.operations import locking
from ddb_stream_lambda.operations.locking import LockFile


def test_lock_is_given_to_one_run_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    lock = LockFile(path)
    with pytest.raises(BlockingIOError):
        LockFile(path)
    lock.release()
    assert not path.exists()
    LockFile(path).release()


def test_file_that_another_run_removes_meanwhile_is_not_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise, a third run could lock a new file of the same name."""
    path = tmp_path / "lock"
    other = LockFile(path)
    released: list[bool] = []
    try_lock = locking.try_lock

    def try_lock_late(file: object) -> bool:
        if not released:
            released.append(True)
            other.release()
        return try_lock(file)  # type: ignore[arg-type]

    monkeypatch.setattr(locking, "try_lock", try_lock_late)
    lock = LockFile(path)
    assert os.path.samestat(path.stat(), os.fstat(lock._file.fileno()))
    with pytest.raises(BlockingIOError):
        LockFile(path)


def test_file_with_content_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    path.write_text("mine")
    LockFile(path).release()
    assert path.read_text() == "mine"
