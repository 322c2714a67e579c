"""`Code.from_asset`: equal content gives equal bytes, and each mistake has a message."""

import base64
import errno
import hashlib
import os
import shutil
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from ddb_stream_lambda import PatternError
from cdktf import App, TerraformStack, Testing
from ddb_stream_lambda.code import Code, PackingError, asset
from ddb_stream_lambda.code.archives import Entry
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.code.builders import packed_bytes, packed_files, packing_error
from tests.support.calls import ROOT

NAMES = st.text("abcdefXYZ019-_. äß", min_size=1, max_size=12).filter(lambda name: name.strip(". ") == name)


def packed(path: Path, *exclude: str) -> bytes:
    return packed_bytes(Code.from_asset(path, exclude=exclude))


def names(path: Path, *exclude: str) -> list[str]:
    return list(packed_files(Code.from_asset(path, exclude=exclude)))


def modes(path: Path) -> dict[str, int]:
    """Return the permissions of each file of the packed archive."""
    with zipfile.ZipFile(Code.from_asset(path).pack().path) as archive:
        return {entry.filename: stat.S_IMODE(entry.external_attr >> 16) for entry in archive.infolist()}


class TestEqualContentGivesEqualBytes:
    def test_in_another_directory(self, source: Path, tmp_path: Path) -> None:
        shutil.copytree(source, tmp_path / "elsewhere" / "other-name")
        assert packed(source) == packed(tmp_path / "elsewhere" / "other-name")

    def test_with_other_modification_times(self, source: Path) -> None:
        before = packed(source)
        for path in [source, *source.rglob("*")]:
            os.utime(path, (1_000_000_000, 1_000_000_000))
        assert packed(source) == before

    def test_under_another_umask(self, source: Path, tmp_path: Path) -> None:
        before = os.umask(0o077)
        try:
            shutil.copytree(source, tmp_path / "strict", copy_function=shutil.copyfile)
            (tmp_path / "strict" / "tool.sh").chmod(0o700)
            strict = packed(tmp_path / "strict")
        finally:
            os.umask(before)
        assert strict == packed(source)

    @pytest.mark.parametrize("mode", [0o644, 0o755, 0o777])
    def test_with_the_permissions_of_another_file_system(self, source: Path, mode: int) -> None:
        before = packed(source)
        for path in source.rglob("*.*"):
            path.chmod(mode)
        assert packed(source) == before

    def test_with_another_order_of_creation(self, tmp_path: Path) -> None:
        for folder, order in (("one", "abc"), ("two", "cba")):
            (tmp_path / folder).mkdir()
            for name in order:
                (tmp_path / folder / name).write_text(name)
        assert packed(tmp_path / "one") == packed(tmp_path / "two")

    def test_in_another_process_with_another_working_directory(self, source: Path) -> None:
        program = "from ddb_stream_lambda import Code; print(Code.from_asset('source').pack().sha256.hex())"
        other = subprocess.run(
            [sys.executable, "-c", program],
            cwd=source.parent,
            env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "7"},
            capture_output=True,
            text=True,
            check=True,
        )
        assert other.stdout.strip() == hashlib.sha256(packed(source)).hexdigest()

    def test_on_every_machine(self, source: Path) -> None:
        digest = "999c0d34a3ad1bd4771d5d5726a9fb6676e0ab29ab78d908f6d24ad0ac261c55"
        assert hashlib.sha256(packed(source)).hexdigest() == digest

    @settings(max_examples=30)
    @given(files=st.dictionaries(NAMES, st.binary(max_size=64), min_size=1, max_size=6))
    def test_for_any_files(self, files: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory) -> None:
        folders = [tmp_path_factory.mktemp("files") for _ in range(2)]
        for folder, order in zip(folders, (list(files), list(reversed(files))), strict=True):
            for name in order:
                (folder / name).write_bytes(files[name])
        kept = {name: content for name, content in files.items() if not name.endswith(".pyc")}
        if kept:
            assert packed(folders[0]) == packed(folders[1])
            assert packed_files(Code.from_asset(folders[0])) == kept


class TestOtherContentGivesOtherBytes:
    def test_for_a_changed_file(self, source: Path) -> None:
        before = packed(source)
        (source / "index.py").write_text("def handler(event, context): pass\n")
        assert packed(source) != before

    def test_for_a_renamed_file(self, source: Path) -> None:
        before = packed(source)
        (source / "index.py").rename(source / "main.py")
        assert packed(source) != before

    def test_for_other_line_ends(self, source: Path) -> None:
        before = packed(source)
        (source / "index.py").write_bytes((source / "index.py").read_bytes().replace(b"\n", b"\r\n"))
        assert packed(source) != before


class TestArchive:
    def test_files_have_their_relative_names(self, source: Path) -> None:
        assert names(source) == ["index.py", "inner/part.py", "tool.sh"]

    def test_every_user_of_the_runtime_can_read_the_files(self, source: Path) -> None:
        (source / "index.py").chmod(0o600)
        assert modes(source) == {"index.py": 0o644, "inner/part.py": 0o644, "tool.sh": 0o755}

    @pytest.mark.parametrize(
        ("content", "mode"),
        [
            (b"#!/bin/sh\n", 0o755),
            (b"#!/usr/bin/env python3\r\n", 0o755),
            (b"\x7fELF\x02\x01", 0o755),
            (b"", 0o644),
            (b"# comment\n", 0o644),
            (b"\xef\xbb\xbf#!/bin/sh\n", 0o644),
            (b"MZ\x90", 0o644),
            (b"\xcf\xfa\xed\xfe", 0o644),
        ],
    )
    def test_the_content_decides_whether_a_file_is_executable(self, source: Path, content: bytes, mode: int) -> None:
        (source / "tool.sh").write_bytes(content)
        assert modes(source)["tool.sh"] == mode

    def test_excluded_files_are_left_out(self, source: Path) -> None:
        assert names(source, "*.sh", "inner") == ["index.py"]

    def test_a_str_is_one_pattern(self, source: Path) -> None:
        (source / "t").write_text("")
        code = Code.from_asset(source, exclude="*.sh")
        assert list(packed_files(code)) == ["index.py", "inner/part.py", "t"]

    def test_a_zip_file_is_used_unchanged(self, tmp_path: Path) -> None:
        path = tmp_path / "orders.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("index.py", "")
        assert Code.from_asset(path).pack().path == path.resolve()

    def test_its_name_is_that_of_the_directory(self, source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(source)
        assert Code.from_asset(".").pack().path.name == "source.zip"

    def test_its_hash_is_the_one_that_lambda_returns(self, source: Path) -> None:
        digest = hashlib.sha256(packed(source)).digest()
        assert Code.from_asset(source).pack().source_code_hash == base64.b64encode(digest).decode()


class TestPackingTwice:
    def test_the_same_code_is_packed_once(self, source: Path) -> None:
        code = Code.from_asset(source)
        first = code.pack()
        (source / "index.py").write_text("changed")
        assert code.pack() is first

    def test_another_code_of_the_same_directory_is_packed_again(self, source: Path) -> None:
        first = Code.from_asset(source).pack()
        (source / "index.py").write_text("changed")
        assert Code.from_asset(source).pack() != first

    def test_code_that_could_not_be_packed_is_packed_after_the_correction(self, tmp_path: Path) -> None:
        code = Code.from_asset(tmp_path / "later")
        with pytest.raises(PackingError):
            code.pack()
        (tmp_path / "later").mkdir()
        (tmp_path / "later" / "index.py").write_text("")
        assert list(packed_files(code)) == ["index.py"]


class TestErrors:
    @pytest.mark.parametrize("name", ["nowhere", "source/index.py/nowhere", "null\0character"])
    def test_a_path_that_does_not_exist(self, source: Path, name: str) -> None:
        assert packing_error(Code.from_asset(source.parent / name)) == (
            "no such file or directory; correct the path (a relative path starts at the current directory)"
        )

    def test_an_empty_directory(self, tmp_path: Path) -> None:
        (tmp_path / "empty").mkdir()
        assert packing_error(Code.from_asset(tmp_path / "empty")) == (
            "contains no files to pack; give the directory that contains the handler"
        )

    def test_a_directory_in_which_everything_is_excluded(self, source: Path) -> None:
        assert "contains no files to pack" in packing_error(Code.from_asset(source, exclude=["*"]))

    def test_a_file_that_is_not_an_archive(self, source: Path) -> None:
        assert packing_error(Code.from_asset(source / "index.py")) == (
            "neither a directory nor a zip archive; give the directory that contains the handler"
        )

    def test_a_pipe(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        assert "neither a directory nor a zip archive" in packing_error(Code.from_asset(tmp_path / "pipe"))

    def test_a_link_to_a_missing_file_in_the_directory(self, source: Path) -> None:
        (source / "gone").symlink_to(source / "nowhere")
        assert "gone is neither a file" in packing_error(Code.from_asset(source))

    def test_a_path_that_is_too_long(self) -> None:
        path = "x" * 5000
        assert packing_error(Code.from_asset(path)) == (
            f"{path} cannot be read (File name too long); make it readable, or leave it out with exclude"
        )

    def test_a_file_that_cannot_be_read(self, source: Path) -> None:
        (source / "loop").symlink_to(source / "loop")
        assert packing_error(Code.from_asset(source)) == (
            f"{source / 'loop'} cannot be read (Too many levels of symbolic links);"
            " make it readable, or leave it out with exclude"
        )

    def test_no_space_left_for_the_archive(self, source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def write(file: object, entries: Iterable[Entry]) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(asset, "write_archive", write)
        message = packing_error(Code.from_asset(source))
        assert message.startswith("there is no space left in ")
        assert message.endswith("; free some, or set TMPDIR to another folder")

    @pytest.mark.parametrize("files", [1, 2])
    def test_more_than_lambda_accepts_as_a_direct_upload(self, source: Path, files: int) -> None:
        for number in range(files):
            with (source / f"large-{number}").open("wb") as file:
                file.truncate(52 * 1024 * 1024 // files)
        assert packing_error(Code.from_asset(source)) == (
            "packs to 52 MiB; Lambda accepts at most 50 MiB as a direct upload; leave files out with exclude, or upload"
            " the archive to S3 and use s3_bucket and s3_key"
        )

    def test_a_zip_file_larger_than_lambda_accepts(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(asset, "MAX_UPLOAD_BYTES", 10)
        with zipfile.ZipFile(tmp_path / "orders.zip", "w") as archive:
            archive.writestr("index.py", "")
        assert "s3_bucket and s3_key" in packing_error(Code.from_asset(tmp_path / "orders.zip"))

    def test_more_unzipped_than_lambda_accepts(self, source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(asset, "MAX_UNZIPPED_BYTES", 1024 * 1024)
        (source / "large").write_bytes(b" " * 2 * 1024 * 1024)
        assert packing_error(Code.from_asset(source)) == (
            "unzips to 2 MiB; Lambda accepts at most 1 MiB; leave files out with exclude, or use layers or image_uri"
        )

    def test_more_files_than_an_archive_can_hold(self, source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(asset, "MAX_ARCHIVE_ENTRIES", 2)
        assert packing_error(Code.from_asset(source)) == (
            "contains 3 files; an archive can hold at most 2; leave files out with exclude"
        )

    @pytest.mark.parametrize("path", [None, 3, ["function"], b"function"])
    def test_a_value_that_is_not_a_path(self, path: object) -> None:
        with pytest.raises(PatternError) as caught:
            Code.from_asset(path)  # type: ignore[arg-type]
        assert str(caught.value) == f"Code.from_asset: path = {path!r}: must be a str or a pathlib.Path"

    @pytest.mark.parametrize("error", [TypeError("a bug"), RecursionError("a bug"), UnicodeError("a bug")])
    def test_a_bug_of_the_library_is_raised_as_it_is(
        self, source: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
    ) -> None:
        def write(file: object, entries: Iterable[Entry]) -> None:
            raise error

        monkeypatch.setattr(asset, "write_archive", write)
        with pytest.raises(type(error), match="a bug"):
            Code.from_asset(source).pack()


class TestAsset:
    @pytest.fixture
    def make(self, tmp_path: Path) -> Callable[[str, str], Code]:
        """Return the code of a directory that contains one file."""

        def make(directory: str, content: str) -> Code:
            (tmp_path / directory).mkdir(parents=True)
            (tmp_path / directory / "index.py").write_text(content)
            return Code.from_asset(tmp_path / directory)

        return make

    def test_it_is_copied_into_the_output(self, make: Callable[[str, str], Code], tmp_path: Path) -> None:
        app = App(outdir=str(tmp_path / "out"))
        stack = TerraformStack(app, "orders")
        archive = make("my code", "").pack()
        path = Path(archive.add_asset_to(stack))
        app.synth()
        assert path == Path("assets/code-my-code", path.parts[2], "my code.zip")
        assert (tmp_path / "out/stacks/orders" / path).read_bytes() == archive.path.read_bytes()

    def test_equal_archives_share_one_asset_of_a_stack(self, make: Callable[[str, str], Code]) -> None:
        stack = TerraformStack(Testing.app(), "orders")
        archives = [make(name, "same").pack() for name in ("one", "two")]
        paths = {archive.add_asset_to(stack) for archive in [*archives, *archives]}
        assert len(paths) == 1
        assert [child.node.id for child in stack.node.children] == ["code-one"]

    def test_every_stack_has_its_asset(self, make: Callable[[str, str], Code]) -> None:
        app = Testing.app()
        stacks = [TerraformStack(app, name) for name in ("orders", "customers")]
        archive = make("one", "").pack()
        assert len({archive.add_asset_to(stack) for stack in stacks}) == 1
        assert [[child.node.id for child in stack.node.children] for stack in stacks] == [["code-one"]] * 2

    def test_other_archives_of_the_same_name_have_other_assets(self, make: Callable[[str, str], Code]) -> None:
        stack = TerraformStack(Testing.app(), "orders")
        paths = {make(f"{parent}/code", parent).pack().add_asset_to(stack) for parent in ("one", "two")}
        assert len(paths) == 2
        assert [child.node.id for child in stack.node.children] == ["code-code", "code-code-2"]
        assert Testing.synth(stack)
