"""The cache: content is returned until it is damaged or unused for long, and a broken cache is not an error."""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from ddb_stream_lambda.code.cache import find_cache_folder, read_cached, write_cached

LONG_AGO = (1_000_000_000, 1_000_000_000)


def test_written_content_is_read() -> None:
    write_cached("one", b"first")
    write_cached("two", b"")
    assert read_cached("one") == b"first"
    assert read_cached("two") == b""


def test_nothing_is_read_under_another_key() -> None:
    assert read_cached("one") is None
    write_cached("one", b"first")
    assert read_cached("two") is None


def test_content_is_replaced() -> None:
    write_cached("one", b"first")
    write_cached("one", b"second")
    assert read_cached("one") == b"second"


@pytest.mark.parametrize("kept", [0, 20, 32, 35])
def test_a_part_of_the_content_is_not_read(cache_folder: Path, kept: int) -> None:
    write_cached("one", b"first")
    file = cache_folder / "one"
    file.write_bytes(file.read_bytes()[:kept])
    assert read_cached("one") is None


def test_writers_at_the_same_time_leave_one_file(cache_folder: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: write_cached("one", b"content" * 1000), range(20)))
    assert [file.name for file in cache_folder.iterdir()] == ["one"]
    assert read_cached("one") == b"content" * 1000


def test_only_the_user_can_read_the_folder(cache_folder: Path) -> None:
    write_cached("one", b"first")
    assert cache_folder.stat().st_mode & 0o777 == 0o700


def test_content_unused_for_90_days_is_deleted(cache_folder: Path) -> None:
    for key in ("old", "used"):
        write_cached(key, b"first")
        os.utime(cache_folder / key, LONG_AGO)
    read_cached("used")
    write_cached("new", b"second")
    assert {file.name for file in cache_folder.iterdir()} == {"used", "new"}


def test_a_cache_that_cannot_be_written_is_not_an_error(cache_folder: Path) -> None:
    cache_folder.parent.write_text("a file instead of the folder")
    write_cached("one", b"first")
    assert read_cached("one") is None


def test_a_user_without_a_home_has_no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "")
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    assert find_cache_folder() is None
    write_cached("one", b"first")
    assert read_cached("one") is None


@pytest.mark.parametrize(
    ("platform", "expected"), [("linux", ".cache"), ("darwin", "Library/Caches"), ("win32", "AppData/Local")]
)
@pytest.mark.parametrize("configured", ["", "relative"])
def test_the_folder_follows_the_platform(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, platform: str, expected: str, configured: str
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", configured)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "AppData" / "Local"))
    monkeypatch.setattr(sys, "platform", platform)
    assert find_cache_folder() == tmp_path / expected / "ddb-stream-lambda"
