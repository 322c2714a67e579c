"""Paths of this machine in a configuration: which text counts as one, and what the user can allow."""

from pathlib import Path
from typing import Any

import pytest
from ddb_stream_lambda.handoff.synthesized.machine_paths import (
    MachineFolders,
    folders_of_this_machine,
    machine_paths,
    paths_in,
)

ALICE = MachineFolders(private=("/home/alice",))


@pytest.mark.parametrize(
    "text",
    [
        "/home/alice",
        "/home/alice/code.zip",
        "see /home/alice/notes.",
        'cat "/home/alice/a b.txt"',
        "DIR=/home/alice/x",
        "cp -I/home/alice/include",
        "curl -d @/home/alice/body.json https://example.com",
        "file:///home/alice/x",
        "fileb:///home/alice/x",
        "PATH=$PATH:/home/alice/bin",
        '{"command": ["/home/alice/run"]}',
        "first\\n/home/alice/second",
        '${file("/home/alice/x")}',
        "[/home/alice]",
    ],
)
def test_path_in_a_private_folder_is_found(text: str) -> None:
    assert paths_in(text, ALICE)


@pytest.mark.parametrize(
    "text",
    [
        "/home/alice2/x",
        "/home/alice-2",
        "/home/alice.old/x",
        "/backup/home/alice/x",
        "https://example.com/home/alice/x",
        "https://example.com?path=/home/alice",
        "arn:aws:logs:eu-west-1:123456789012:log-group:/home/alice/x",
        "s3://bucket/home/alice",
        "${aws_s3_bucket.b.id}/home/alice/x",
        "bucket/home/alice",
        "repository:/home/alice",
    ],
)
def test_other_text_with_the_name_of_a_private_folder_is_not_a_path(text: str) -> None:
    assert not paths_in(text, ALICE)


@pytest.mark.parametrize(
    "text",
    [
        "/ecs/app",
        "arn:aws:logs:eu-west-1:1:log-group:/app",
        "https://example.com/app",
        "/app",
        "cd /app",
        "/app/orders",
    ],
)
def test_project_in_a_short_folder_does_not_refuse_names(text: str) -> None:
    folders = folders_of_this_machine(project=Path("/app"), output=Path("/app/cdktf.out"))
    assert "/app" in folders.shared
    assert not paths_in(text, folders)


@pytest.mark.parametrize("text", ["cd /root", "/root/.ssh/authorized_keys", "HOME=/root", "/root/does-not-exist/x"])
def test_user_data_may_name_the_home_folder_of_root(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("HOME", "/root")
    folders = folders_of_this_machine(project=Path("/src/a/b/c"), output=Path("/src/a/b/c/cdktf.out"))
    assert not paths_in(text, folders)


def test_path_in_a_shared_folder_is_found_if_it_exists(tmp_path: Path) -> None:
    folders = MachineFolders(shared=(str(tmp_path),))
    (tmp_path / "a file.txt").touch()
    (tmp_path / "code.zip").touch()
    assert paths_in(f"unzip {tmp_path}/code.zip", folders) == [f"{tmp_path}/code.zip"]
    assert paths_in(f"{tmp_path}/a file.txt", folders) == [f"{tmp_path}/a file.txt"]
    assert not paths_in(f"unzip {tmp_path}/other.zip", folders)


def test_output_of_cdktf_is_found_even_in_a_short_folder() -> None:
    folders = folders_of_this_machine(project=Path("/app"), output=Path("/app/cdktf.out"))
    assert paths_in("/app/cdktf.out/stacks/orders/x", folders)


def test_allowed_path_is_not_found() -> None:
    folders = MachineFolders(private=("/home/alice",), allowed=("/home/alice/public/",))
    assert not paths_in("/home/alice/public/x", folders)
    assert paths_in("/home/alice/publication", folders)


def found(type: str, **arguments: Any) -> list[str]:
    return list(machine_paths({"resource": {type: {"it": arguments}}}, ALICE))


@pytest.mark.parametrize("argument", ["filename", "source", "working_dir", "config_path", "source_dir"])
def test_argument_that_names_a_file_has_no_absolute_path(argument: str) -> None:
    assert found("any_type", **{argument: "/opt/x"}) == [f"resource.any_type.it.{argument} = /opt/x"]
    assert found("any_type", nested=[{argument: "~/x"}]) == [f"resource.any_type.it.nested[0].{argument} = ~/x"]


def test_argument_with_another_meaning_may_start_with_a_slash() -> None:
    assert not found("aws_s3_object_copy", source="/bucket/key")
    assert not found("any_type", source="~> 5.0")
    assert not list(machine_paths({"locals": {"source": "/x"}, "variable": {"filename": {"default": "/x"}}}, ALICE))
    assert not list(machine_paths({"data": {"archive_file": {"a": {"source": [{"filename": "/x"}]}}}}, ALICE))


def test_long_text_with_many_paths_is_searched_in_linear_time() -> None:
    assert len(paths_in("x/home/alice " * 50_000 + " /home/alice/y", ALICE)) == 1
