"""The files of a directory that are packed: exclusions, links, and things that are not files."""

import os
from pathlib import Path

import pytest
from ddb_stream_lambda.code import PackingError
from ddb_stream_lambda.code.directory import find_files


def names(directory: Path, *exclude: str) -> list[str]:
    return [file.name for file in find_files(directory, exclude)]


def error_of(directory: Path) -> str:
    with pytest.raises(PackingError) as caught:
        find_files(directory, ())
    return str(caught.value)


def test_files_are_named_relative_to_the_directory(source: Path) -> None:
    files = find_files(source, ())
    assert [(file.name, file.size, file.read_entry().executable) for file in files] == [
        ("index.py", 33, False),
        ("inner/part.py", 0, False),
        ("tool.sh", 10, True),
    ]
    assert files[0].read_entry().data == b"def handler(event, context): ...\n"


def test_caches_and_virtual_environments_are_left_out(source: Path) -> None:
    for name in ("__pycache__", ".git", ".mypy_cache", ".pytest_cache", ".ruff_cache"):
        (source / name).mkdir()
        (source / name / "x").write_text("")
    for name in (".DS_Store", "old.pyc"):
        (source / name).write_text("")
    (source / "venv" / "lib").mkdir(parents=True)
    (source / "venv" / "pyvenv.cfg").write_text("")
    (source / "venv" / "lib" / "big.py").write_text("")
    assert names(source) == ["index.py", "inner/part.py", "tool.sh"]


@pytest.mark.parametrize(
    ("exclude", "expected"),
    [
        (("*.sh", "inner"), ["index.py"]),
        (("inner/part.py",), ["index.py", "tool.sh"]),
        (("part.py",), ["index.py", "tool.sh"]),
        (("inner/*",), ["index.py", "tool.sh"]),
        (("*",), []),
        (("INDEX.PY",), ["index.py", "inner/part.py", "tool.sh"]),
    ],
)
def test_excluded_files_are_left_out(source: Path, exclude: tuple[str, ...], expected: list[str]) -> None:
    assert names(source, *exclude) == expected


def test_links_to_files_are_followed(source: Path, tmp_path: Path) -> None:
    (tmp_path / "shared.py").write_text("shared")
    (source / "shared.py").symlink_to(tmp_path / "shared.py")
    file = next(file for file in find_files(source, ()) if file.name == "shared.py")
    assert file.read_entry().data == b"shared"


def test_a_folder_is_packed_again_for_each_link_to_it(source: Path) -> None:
    (source / "again").symlink_to(source / "inner")
    assert names(source) == ["again/part.py", "index.py", "inner/part.py", "tool.sh"]


def test_a_link_to_a_parent_folder_is_not_followed(source: Path) -> None:
    (source / "inner" / "up").symlink_to(source)
    assert names(source) == ["index.py", "inner/part.py", "tool.sh"]


def test_links_to_each_other_are_not_followed_forever(source: Path) -> None:
    (source / "one").mkdir()
    (source / "two").mkdir()
    (source / "one" / "two").symlink_to(source / "two")
    (source / "two" / "one").symlink_to(source / "one")
    assert names(source) == ["index.py", "inner/part.py", "tool.sh"]


def test_a_link_to_a_missing_file(source: Path) -> None:
    (source / "inner" / "gone").symlink_to(source / "nowhere")
    message = "inner/gone is neither a file, a folder nor a link to one; leave it out with exclude"
    assert error_of(source) == message
    assert names(source, "gone") == ["index.py", "inner/part.py", "tool.sh"]


def test_a_pipe(source: Path) -> None:
    os.mkfifo(source / "pipe")
    assert error_of(source).startswith("pipe is neither a file, a folder nor a link to one; leave it out")


def test_a_name_that_is_not_utf_8(source: Path) -> None:
    Path(os.fsdecode(os.fsencode(source) + b"/\xff.py")).write_text("")
    message = r"the file name '\udcff.py' is not UTF-8; rename the file, or leave it out with exclude"
    assert error_of(source) == message
    assert names(source, "*ff.py", "\udcff.py") == ["index.py", "inner/part.py", "tool.sh"]
