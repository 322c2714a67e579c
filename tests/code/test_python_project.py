"""`Code.from_python_project`: the files of a directory and its dependencies in one archive.

All tests but one replace pip (see the fixture `downloads`).
"""

import hashlib
import os
import shutil
import zipfile
from pathlib import Path

import pytest
from ddb_stream_lambda import PatternError
from ddb_stream_lambda.code import Code, PackingError, Target, asset

from tests.code.builders import build_wheel, packed_bytes, packed_files, packing_error

# The SHA-256 of the archive of a project with one dependency, whose wheel is not compressed.
ARCHIVE_SHA256 = "4d28ef956115f8c7246d3ecbf724165ea450212ae24ee3a86614159156e2b18d"


def code(
    project: Path,
    *lines: str,
    runtime: str = "python3.13",
    architecture: str = "arm64",
    requirements: str = "requirements.txt",
    exclude: tuple[str, ...] = (),
) -> Code:
    """Return the code of the project; its requirements file contains the given lines, if any."""
    if lines:
        (project / "requirements.txt").write_text("\n".join(lines))
    return Code.from_python_project(
        project, runtime=runtime, architecture=architecture, requirements=requirements, exclude=exclude
    )


def test_files_and_the_dependencies_that_pip_downloads_are_at_the_root_of_the_archive(
    project: Path, index: Path
) -> None:
    build_wheel(index)
    (project / "inner").mkdir()
    (project / "inner" / "part.py").write_text("")
    names = packed_files(code(project, "alpha==1.0")).keys()
    assert {"index.py", "inner/part.py", "alpha.py", "alpha-1.0.dist-info/METADATA"} < names


@pytest.mark.usefixtures("downloads")
class TestArchive:
    def test_a_project_without_dependencies_needs_no_pip(self, project: Path, downloads: list[Target]) -> None:
        assert list(packed_files(code(project, "# nothing"))) == ["index.py", "requirements.txt"]
        assert downloads == []

    def test_dependencies_keep_the_compression_of_their_wheels(self, project: Path, index: Path) -> None:
        build_wheel(index, files={"alpha.py": "x = 1\n" * 10_000})
        with zipfile.ZipFile(code(project, "alpha==1.0").pack().path) as archive:
            info = archive.getinfo("alpha.py")
        assert info.compress_size < info.file_size / 10

    def test_a_file_of_the_project_replaces_one_of_a_dependency(self, project: Path, index: Path) -> None:
        build_wheel(index, files={"alpha.py": "theirs"})
        (project / "alpha.py").write_text("ours")
        assert packed_files(code(project, "alpha==1.0"))["alpha.py"] == b"ours"

    def test_exclude_applies_only_to_the_files_of_the_project(self, project: Path, index: Path) -> None:
        build_wheel(index, files={"alpha/tests/data.md": ""})
        (project / "tests").mkdir()
        (project / "tests" / "test_index.py").write_text("")
        names = packed_files(code(project, "alpha==1.0", exclude=("tests", "requirements.txt"))).keys()
        assert "alpha/tests/data.md" in names
        assert not {"tests/test_index.py", "requirements.txt"} & names

    def test_a_virtual_environment_in_the_project_is_left_out(self, project: Path) -> None:
        (project / "env" / "lib").mkdir(parents=True)
        (project / "env" / "pyvenv.cfg").write_text("")
        (project / "env" / "lib" / "big.py").write_text("")
        assert list(packed_files(code(project))) == ["index.py", "requirements.txt"]

    def test_the_requirements_file_can_be_elsewhere(self, project: Path, index: Path) -> None:
        build_wheel(index)
        (project.parent / "lambda.txt").write_text("alpha==1.0")
        assert "alpha.py" in packed_files(code(project, requirements="../lambda.txt"))

    def test_its_bytes_are_the_same_on_every_machine(self, project: Path, index: Path) -> None:
        build_wheel(index, method=zipfile.ZIP_STORED)
        assert hashlib.sha256(packed_bytes(code(project, "alpha==1.0"))).hexdigest() == ARCHIVE_SHA256

    def test_its_bytes_do_not_depend_on_folder_times_umask_and_cache(
        self, project: Path, index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        build_wheel(index)
        first = packed_bytes(code(project, "alpha==1.0"))
        before = os.umask(0o077)
        try:
            elsewhere = tmp_path / "another folder" / "copy"
            shutil.copytree(project, elsewhere, copy_function=shutil.copyfile)
            for file in elsewhere.iterdir():
                os.utime(file, (1_000_000_000, 1_000_000_000))
            monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "another cache"))
            assert packed_bytes(code(elsewhere)) == first
        finally:
            os.umask(before)

    def test_a_changed_file_is_packed_without_pip(self, project: Path, index: Path, downloads: list[Target]) -> None:
        build_wheel(index)
        first = packed_bytes(code(project, "alpha==1.0"))
        assert packed_bytes(code(project, "alpha==1.0")) == first
        (project / "index.py").write_text("changed")
        assert packed_bytes(code(project, "alpha==1.0")) != first
        assert len(downloads) == 1


class TestTarget:
    def test_it_is_the_given_runtime_and_architecture(self, project: Path) -> None:
        assert code(project).parse_target() == Target("python3.13", "arm64")

    def test_code_without_dependencies_has_none(self, project: Path) -> None:
        assert Code.from_asset(project).parse_target() is None

    @pytest.mark.parametrize(("runtime", "architecture"), [("python3.7", "arm64"), ("python3.13", "aarch64")])
    def test_an_unsupported_one(self, project: Path, runtime: str, architecture: str) -> None:
        unsupported = code(project, runtime=runtime, architecture=architecture)
        with pytest.raises(PackingError) as caught:
            unsupported.parse_target()
        assert "is not supported" in str(caught.value)
        assert packing_error(unsupported) == str(caught.value)


@pytest.mark.usefixtures("downloads")
class TestErrors:
    def test_a_missing_directory(self, tmp_path: Path) -> None:
        assert "no such file or directory" in packing_error(code(tmp_path / "nowhere"))

    def test_a_file_instead_of_a_directory(self, project: Path) -> None:
        message = "not a directory; give the directory that contains the handler"
        assert packing_error(code(project / "index.py")) == message

    def test_a_missing_requirements_file(self, project: Path) -> None:
        message = packing_error(code(project, requirements="lambda.txt"))
        assert f"the requirements file {project / 'lambda.txt'} does not exist" in message

    def test_a_line_that_is_not_pinned(self, project: Path) -> None:
        assert "requirements.txt line 1 (alpha): not pinned" in packing_error(code(project, "alpha"))

    def test_files_too_large_for_an_upload_need_no_pip(self, project: Path, downloads: list[Target]) -> None:
        with (project / "large").open("wb") as file:
            file.truncate(51 * 1024 * 1024)
        assert "packs to 51 MiB" in packing_error(code(project, "alpha==1.0"))
        assert downloads == []

    def test_files_and_dependencies_that_are_too_large_together(
        self, project: Path, index: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(asset, "MAX_UNZIPPED_BYTES", 3 * 1024 * 1024)
        build_wheel(index, files={"alpha.py": " " * 2 * 1024 * 1024})
        (project / "large").write_bytes(b" " * 2 * 1024 * 1024)
        message = packing_error(code(project, "alpha==1.0"))
        assert message.startswith("unzips to 4 MiB; Lambda accepts at most 3 MiB")

    @pytest.mark.parametrize("parameter", ["directory", "requirements"])
    def test_a_value_that_is_not_a_path(self, project: Path, parameter: str) -> None:
        paths: dict[str, object] = {"directory": project, "requirements": "requirements.txt", parameter: 3}
        with pytest.raises(PatternError) as caught:
            Code.from_python_project(
                paths["directory"],  # type: ignore[arg-type]
                requirements=paths["requirements"],  # type: ignore[arg-type]
                runtime="python3.13",
                architecture="arm64",
            )
        message = f"Code.from_python_project: {parameter} = 3: must be a str or a pathlib.Path"
        assert str(caught.value) == message
