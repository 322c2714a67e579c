"""`Code.from_asset`: equal content is equal bytes, wherever and whenever it is packed."""

import base64
import hashlib
import io
import os
import shutil
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from ddb_stream_lambda import Code, DynamoDBStreamsToLambda, PatternError
from cdktf import App, TerraformStack, Testing
from cdktf_cdktf_provider_aws.provider import AwsProvider
from ddb_stream_lambda.code import project
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.calls import HELLO, ROOT, ZIP_FUNCTION

NAMES = st.text("abcdefXYZ019-_. äß", min_size=1, max_size=12).filter(lambda name: name.strip(". ") == name)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "here" / "source"
    (folder / "inner").mkdir(parents=True)
    (folder / "index.py").write_text("def handler(event, context): ...\n")
    (folder / "inner" / "part.py").write_text("")
    (folder / "tool.sh").write_text("#!/bin/sh\n")
    (folder / "tool.sh").chmod(0o755)
    return folder


def packed(path: Path, **options: object) -> bytes:
    made = Code.from_asset(path, **options)  # type: ignore[arg-type]
    assert made.problem() is None
    return made.archive.path.read_bytes()


def names(path: Path, **options: object) -> list[str]:
    return zipfile.ZipFile(io.BytesIO(packed(path, **options))).namelist()


class TestSameContentGivesSameBytes:
    def test_from_another_directory(self, source: Path, tmp_path: Path) -> None:
        shutil.copytree(source, tmp_path / "elsewhere" / "other-name")
        assert packed(source) == packed(tmp_path / "elsewhere" / "other-name")

    def test_with_other_times(self, source: Path) -> None:
        before = packed(source)
        for path in [source, *source.rglob("*")]:
            os.utime(path, (1_000_000_000, 1_000_000_000))
        assert packed(source) == before

    def test_under_another_umask(self, source: Path, tmp_path: Path) -> None:
        before = os.umask(0o077)
        try:
            shutil.copytree(source, tmp_path / "strict", copy_function=lambda a, b: shutil.copyfile(a, b))
            (tmp_path / "strict" / "tool.sh").chmod(0o700)
            strict = packed(tmp_path / "strict")
        finally:
            os.umask(before)
        assert strict == packed(source)

    def test_whatever_the_order_of_creation(self, tmp_path: Path) -> None:
        for folder, order in (("one", "abc"), ("two", "cba")):
            (tmp_path / folder).mkdir()
            for name in order:
                (tmp_path / folder / name).write_text(name)
        assert packed(tmp_path / "one") == packed(tmp_path / "two")

    def test_in_another_process_from_another_working_directory(self, source: Path, tmp_path: Path) -> None:
        program = "from ddb_stream_lambda import Code; print(Code.from_asset('source').archive.sha256.hex())"
        root = str(ROOT)
        other = subprocess.run(
            [sys.executable, "-c", program],
            cwd=source.parent,
            env=os.environ | {"PYTHONPATH": root, "PYTHONHASHSEED": "7"},
            capture_output=True,
            text=True,
            check=True,
        )
        assert other.stdout.strip() == hashlib.sha256(packed(source)).hexdigest()

    def test_on_every_machine(self, source: Path) -> None:
        digest = "999c0d34a3ad1bd4771d5d5726a9fb6676e0ab29ab78d908f6d24ad0ac261c55"
        assert hashlib.sha256(packed(source)).hexdigest() == digest

    @settings(max_examples=30, deadline=None)
    @given(files=st.dictionaries(NAMES, st.binary(max_size=64), min_size=1, max_size=6))
    def test_whatever_the_files(self, files: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory) -> None:
        folders = [tmp_path_factory.mktemp("files") for _ in range(2)]
        for folder, order in zip(folders, (list(files), list(reversed(files))), strict=True):
            for name in order:
                (folder / name).write_bytes(files[name])
        kept = {name: content for name, content in files.items() if not name.endswith(".pyc")}
        if kept:
            assert packed(folders[0]) == packed(folders[1])
            archive = zipfile.ZipFile(io.BytesIO(packed(folders[0])))
            assert {name: archive.read(name) for name in archive.namelist()} == kept


class TestOtherContentGivesOtherBytes:
    def test_for_a_changed_file(self, source: Path) -> None:
        before = packed(source)
        (source / "index.py").write_text("def handler(event, context): pass\n")
        assert packed(source) != before

    def test_for_a_renamed_file(self, source: Path) -> None:
        before = packed(source)
        (source / "index.py").rename(source / "main.py")
        assert packed(source) != before

    def test_for_an_executable_that_was_none(self, source: Path) -> None:
        before = packed(source)
        (source / "index.py").chmod(0o755)
        assert packed(source) != before


class TestArchive:
    def test_holds_the_files_by_their_relative_names(self, source: Path) -> None:
        assert names(source) == ["index.py", "inner/part.py", "tool.sh"]

    def test_can_be_read_by_every_user_of_the_function(self, source: Path) -> None:
        (source / "index.py").chmod(0o600)
        entries = zipfile.ZipFile(io.BytesIO(packed(source))).infolist()
        modes = {entry.filename: stat.S_IMODE(entry.external_attr >> 16) for entry in entries}
        assert modes == {"index.py": 0o644, "inner/part.py": 0o644, "tool.sh": 0o755}

    def test_leaves_caches_and_the_like_out(self, source: Path) -> None:
        for name in ("__pycache__", ".git", ".mypy_cache", ".pytest_cache", ".ruff_cache"):
            (source / name).mkdir()
            (source / name / "x").write_text("")
        for name in (".DS_Store", "old.pyc"):
            (source / name).write_text("")
        (source / "venv").mkdir()
        (source / "venv" / "pyvenv.cfg").write_text("")
        assert names(source) == ["index.py", "inner/part.py", "tool.sh"]

    def test_leaves_out_what_is_excluded(self, source: Path) -> None:
        assert names(source, exclude=["*.sh", "inner"]) == ["index.py"]
        assert names(source, exclude=["inner/part.py"]) == ["index.py", "tool.sh"]

    def test_follows_links(self, source: Path, tmp_path: Path) -> None:
        (tmp_path / "shared.py").write_text("")
        (source / "shared.py").symlink_to(tmp_path / "shared.py")
        assert "shared.py" in names(source)

    def test_holds_a_folder_as_often_as_links_lead_to_it(self, source: Path) -> None:
        (source / "again").symlink_to(source / "inner")
        assert names(source) == ["again/part.py", "index.py", "inner/part.py", "tool.sh"]

    def test_takes_a_pattern_that_is_text_as_one(self, source: Path) -> None:
        (source / "t").write_text("")
        assert names(source, exclude="*.sh") == ["index.py", "inner/part.py", "t"]

    def test_ends_where_links_lead_to_each_other(self, source: Path) -> None:
        (source / "one").mkdir()
        (source / "two").mkdir()
        (source / "one" / "two").symlink_to(source / "two")
        (source / "two" / "one").symlink_to(source / "one")
        assert names(source) == ["index.py", "inner/part.py", "tool.sh"]

    def test_ends_where_a_link_leads_back(self, source: Path) -> None:
        (source / "inner" / "up").symlink_to(source)
        assert names(source) == ["index.py", "inner/part.py", "tool.sh"]

    def test_given_as_a_zip_is_taken_as_it_is(self, tmp_path: Path) -> None:
        path = tmp_path / "orders.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("index.py", "")
        assert packed(path) == path.read_bytes()

    def test_has_the_hash_that_lambda_reports(self, source: Path) -> None:
        digest = hashlib.sha256(packed(source)).digest()
        assert Code.from_asset(source).archive.source_code_hash == base64.b64encode(digest).decode()


class TestProblem:
    def test_a_path_that_does_not_exist(self, tmp_path: Path) -> None:
        assert "no such file" in str(Code.from_asset(tmp_path / "nowhere").problem())

    def test_an_empty_directory(self, tmp_path: Path) -> None:
        assert "holds no file" in str(Code.from_asset(tmp_path).problem())

    def test_a_directory_of_which_everything_is_excluded(self, source: Path) -> None:
        assert "holds no file" in str(Code.from_asset(source, exclude=["*"]).problem())

    def test_a_file_that_is_no_archive(self, source: Path) -> None:
        assert "neither" in str(Code.from_asset(source / "index.py").problem())

    def test_a_link_to_nothing(self, source: Path) -> None:
        (source / "gone").symlink_to(source / "nowhere")
        assert "gone is no file" in str(Code.from_asset(source).problem())

    def test_a_pipe(self, source: Path) -> None:
        os.mkfifo(source / "pipe")
        assert "pipe is no file" in str(Code.from_asset(source).problem())

    def test_a_name_that_is_not_utf_8(self, source: Path) -> None:
        Path(os.fsdecode(os.fsencode(source) + b"/\xff.py")).write_text("")
        assert "not UTF-8" in str(Code.from_asset(source).problem())

    def test_a_path_that_is_too_long(self) -> None:
        assert "cannot be read" in str(Code.from_asset("x" * 5000).problem())

    @pytest.mark.parametrize("path", [None, 3, ["function"]])
    def test_what_is_no_path(self, path: object) -> None:
        with pytest.raises(PatternError, match="must be a path"):
            Code.from_asset(path)  # type: ignore[arg-type]

    def test_more_than_lambda_takes(self, source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(project, "MAX_UPLOAD_BYTES", 100)
        assert "s3_bucket and s3_key" in str(Code.from_asset(source).problem())


class TestInTheStack:
    def test_is_a_relative_path_to_a_copy_with_the_same_bytes(self, source: Path, tmp_path: Path) -> None:
        app = App(outdir=str(tmp_path / "out"))
        stack = TerraformStack(app, "orders")
        AwsProvider(stack, "aws", region="eu-west-1")
        made = Code.from_asset(source)
        pattern = DynamoDBStreamsToLambda(stack, "pipeline", lambda_function_props=ZIP_FUNCTION | {"code": made})
        filename = Path(pattern.lambda_function.filename_input)
        app.synth()
        assert not filename.is_absolute()
        assert (tmp_path / "out/stacks/orders" / filename).read_bytes() == made.archive.path.read_bytes()

    def test_is_there_once_for_many_patterns(self, stack: TerraformStack) -> None:
        made = [DynamoDBStreamsToLambda(stack, f"p{n}", lambda_function_props=ZIP_FUNCTION) for n in range(3)]
        assert len({pattern.lambda_function.filename_input for pattern in made}) == 1

    def test_is_beside_another_of_the_same_name(self, stack: TerraformStack, tmp_path: Path) -> None:
        (tmp_path / "hello").mkdir()
        (tmp_path / "hello" / "index.py").write_text("# another\n")
        files = [
            DynamoDBStreamsToLambda(stack, folder.parent.name, lambda_function_props=ZIP_FUNCTION | {"code": made})
            for folder in (HELLO, tmp_path / "hello")
            for made in [Code.from_asset(folder)]
        ]
        assert len({pattern.lambda_function.filename_input for pattern in files}) == 2
        assert Testing.synth(stack)
