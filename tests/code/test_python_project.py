"""`Code.from_python_project`: sources and pinned dependencies in one archive, for where the function runs."""

from __future__ import annotations

import hashlib
import importlib.util
import io
import os
import shutil
import sys
import sysconfig
import zipfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from ddb_stream_lambda import Code, DynamoDBStreamsToLambda, PatternError
from cdktf import App, TerraformStack, Testing, Token
from ddb_stream_lambda.code import archives, dependencies, requirements
from hypothesis import given
from hypothesis import strategies as st
from packaging.markers import Marker

ARM_313 = "cp313-cp313-manylinux2014_aarch64"
# Of the archive that a project with one dependency, whose wheel is not compressed, packs to.
GOLDEN = "4d28ef956115f8c7246d3ecbf724165ea450212ae24ee3a86614159156e2b18d"


class Index:
    """A folder of wheels that pip looks into, and into nothing else."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()

    def add(
        self,
        name: str,
        version: str = "1.0",
        *,
        tag: str = "py3-none-any",
        files: Mapping[str, str] | None = None,
        requires: tuple[str, ...] = (),
        method: int = zipfile.ZIP_DEFLATED,
    ) -> Path:
        info = f"{name}-{version}.dist-info"
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        metadata += "".join(f"Requires-Dist: {text}\n" for text in requires)
        wheel = f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n"
        content = {f"{name}.py": f"name = {name!r}\n"} if files is None else dict(files)
        content |= {f"{info}/METADATA": metadata, f"{info}/WHEEL": wheel}
        content[f"{info}/RECORD"] = "".join(f"{file},,\n" for file in content)
        path = self.folder / f"{name}-{version}-{tag}.whl"
        with zipfile.ZipFile(path, "w", method) as archive:
            for file, text in content.items():
                archive.writestr(zipfile.ZipInfo(file, (2020, 2, 2, 0, 0, 0)), text, method)
        return path

    def vanish(self) -> None:
        shutil.rmtree(self.folder)


@pytest.fixture(autouse=True)
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Index:
    for name in [name for name in os.environ if name.upper().startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "index"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return Index(tmp_path / "index")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "index.py").write_text("def handler(event, context): ...\n")
    (folder / "requirements.txt").write_text("")
    return folder


def code(
    project: Path, *pins: str, runtime: str = "python3.13", architecture: str = "arm64", **options: object
) -> Code:
    """The code of the project, once its requirements are the given lines."""
    if pins:
        (project / "requirements.txt").write_text("\n".join(pins))
    return Code.from_python_project(project, runtime=runtime, architecture=architecture, **options)  # type: ignore[arg-type]


def packed(made: Code) -> bytes:
    assert made.problem() is None
    return made.archive.path.read_bytes()


def names(made: Code) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(packed(made))) as archive:
        assert archive.testzip() is None
        return archive.namelist()


def problem(made: Code) -> str:
    found = made.problem()
    assert found is not None
    return found


def cache_entries(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "cache" / "ddb-stream-lambda").iterdir())


class TestContent:
    def test_sources_and_dependencies_lie_at_the_root(self, project: Path, index: Index) -> None:
        index.add("alpha")
        (project / "inner").mkdir()
        (project / "inner" / "part.py").write_text("")
        found = names(code(project, "alpha==1.0"))
        assert {"index.py", "inner/part.py", "alpha.py", "alpha-1.0.dist-info/METADATA"} <= set(found)

    def test_a_project_without_dependencies_needs_no_pip(self, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "executable", "/does/not/exist")
        assert names(code(project, "# nothing")) == ["index.py", "requirements.txt"]

    @pytest.mark.parametrize(
        ("runtime", "architecture", "expected"),
        [
            ("python3.13", "arm64", "arm-313"),
            ("python3.13", "x86_64", "intel-313"),
            ("python3.12", "arm64", "arm-312"),
        ],
    )
    def test_wheels_are_those_of_the_function_not_of_this_machine(
        self, project: Path, index: Index, runtime: str, architecture: str, expected: str
    ) -> None:
        for tag, text in (
            (ARM_313, "arm-313"),
            ("cp313-cp313-manylinux2014_x86_64", "intel-313"),
            ("cp312-cp312-manylinux2014_aarch64", "arm-312"),
            ("cp313-cp313-win_amd64", "windows"),
        ):
            index.add("native", tag=tag, files={"native.so": text})
        made = code(project, "native==1.0", runtime=runtime, architecture=architecture)
        with zipfile.ZipFile(io.BytesIO(packed(made))) as archive:
            assert archive.read("native.so").decode() == expected

    def test_a_wheel_of_the_stable_abi_serves_later_pythons(self, project: Path, index: Index) -> None:
        index.add("stable", tag="cp39-abi3-manylinux_2_28_aarch64", files={"stable.so": ""})
        assert "stable.so" in names(code(project, "stable==1.0"))

    def test_a_wheel_for_the_newest_glibc_of_the_runtime_is_preferred(self, project: Path, index: Index) -> None:
        for glibc in (17, 34, 35):
            index.add("native", tag=f"cp313-cp313-manylinux_2_{glibc}_aarch64", files={"native.so": str(glibc)})
        with zipfile.ZipFile(io.BytesIO(packed(code(project, "native==1.0")))) as archive:
            assert archive.read("native.so") == b"34"

    def test_amazon_linux_2_gets_no_wheel_for_a_later_glibc(self, project: Path, index: Index) -> None:
        index.add("native", tag="cp311-cp311-manylinux_2_28_x86_64", files={"native.so": ""})
        assert "glibc 2.26" in problem(code(project, "native==1.0", runtime="python3.11", architecture="x86_64"))

    def test_scripts_headers_and_caches_stay_out_and_data_is_put_where_pip_puts_it(
        self, project: Path, index: Index
    ) -> None:
        files = {
            "alpha.py": "",
            "__pycache__/alpha.pyc": "",
            "alpha-1.0.data/scripts/tool": "#!python",
            "alpha-1.0.data/headers/alpha.h": "",
            "alpha-1.0.data/purelib/pure.py": "",
            "alpha-1.0.data/platlib/plat.so": "",
            "alpha-1.0.data/data/share/table.txt": "",
        }
        index.add("alpha", files=files)
        found = [name for name in names(code(project, "alpha==1.0")) if ".dist-info" not in name]
        assert found == ["alpha.py", "index.py", "plat.so", "pure.py", "requirements.txt", "share/table.txt"]

    def test_dependencies_stay_compressed_as_their_wheels_have_them(self, project: Path, index: Index) -> None:
        index.add("alpha", files={"alpha.py": "x = 1\n" * 10_000})
        with zipfile.ZipFile(io.BytesIO(packed(code(project, "alpha==1.0")))) as archive:
            info = archive.getinfo("alpha.py")
            assert info.compress_size < info.file_size / 10

    def test_the_projects_own_file_wins_over_a_dependencys(self, project: Path, index: Index) -> None:
        index.add("alpha", files={"alpha.py": "theirs"})
        (project / "alpha.py").write_text("ours")
        made = code(project, "alpha==1.0")
        with zipfile.ZipFile(io.BytesIO(packed(made))) as archive:
            assert archive.read("alpha.py") == b"ours"
        assert names(made).count("alpha.py") == 1

    def test_exclude_concerns_the_sources_alone(self, project: Path, index: Index) -> None:
        index.add("alpha", files={"alpha/tests/data.md": ""})
        (project / "tests").mkdir()
        (project / "tests" / "test_index.py").write_text("")
        found = names(code(project, "alpha==1.0", exclude=("tests", "requirements.txt")))
        assert "alpha/tests/data.md" in found
        assert not {"tests/test_index.py", "requirements.txt"} & set(found)

    def test_a_virtual_environment_in_the_project_stays_out(self, project: Path) -> None:
        (project / "env" / "lib").mkdir(parents=True)
        (project / "env" / "pyvenv.cfg").write_text("")
        (project / "env" / "lib" / "big.py").write_text("")
        assert names(code(project)) == ["index.py", "requirements.txt"]


class TestDeterminism:
    def test_the_bytes_are_these_on_any_machine(self, project: Path, index: Index) -> None:
        index.add("alpha", method=zipfile.ZIP_STORED)
        assert hashlib.sha256(packed(code(project, "alpha==1.0"))).hexdigest() == GOLDEN

    def test_place_times_and_umask_leave_no_trace(
        self, project: Path, index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        index.add("alpha")
        first = packed(code(project, "alpha==1.0"))
        before = os.umask(0o077)
        try:
            elsewhere = tmp_path / "another place" / "copy"
            shutil.copytree(project, elsewhere, copy_function=shutil.copyfile)
            for file in elsewhere.iterdir():
                os.utime(file, (1_000_000_000, 1_000_000_000))
            monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "another cache"))
            assert packed(code(elsewhere)) == first
        finally:
            os.umask(before)

    def test_the_order_and_comments_of_the_requirements_change_no_dependency(
        self, project: Path, index: Index, tmp_path: Path
    ) -> None:
        index.add("alpha")
        index.add("beta")
        made = code(project, "alpha==1.0", "beta==1.0", exclude=("requirements.txt",))
        first = packed(made)
        made = code(project, "# first", "Beta == 1.0  # second", "alpha==1.0", exclude=("requirements.txt",))
        assert packed(made) == first
        assert len(cache_entries(tmp_path)) == 1

    def test_pips_own_settings_for_other_targets_do_not_interfere(
        self, project: Path, index: Index, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        index.add("native", tag=ARM_313, files={"native.so": ""})
        for setting, value in (("PLATFORM", "win_amd64"), ("PYTHON_VERSION", "3.8"), ("NO_BINARY", ":all:")):
            monkeypatch.setenv(f"PIP_{setting}", value)
        assert "native.so" in names(code(project, "native==1.0"))

    def test_a_module_of_the_current_directory_does_not_replace_one_of_pips(
        self, project: Path, index: Index, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        index.add("alpha")
        (project / "logging.py").write_text("raise SystemExit('shadowed')")
        monkeypatch.chdir(project)
        assert "alpha.py" in names(code(project, "alpha==1.0"))


class TestCache:
    def test_a_second_build_does_not_ask_pip(self, project: Path, index: Index) -> None:
        index.add("alpha")
        first = packed(code(project, "alpha==1.0"))
        index.vanish()
        assert packed(code(project, "alpha==1.0")) == first

    def test_a_changed_source_is_packed_without_asking_pip(self, project: Path, index: Index) -> None:
        index.add("alpha")
        first = packed(code(project, "alpha==1.0"))
        index.vanish()
        (project / "index.py").write_text("changed")
        assert packed(code(project, "alpha==1.0")) != first

    @pytest.mark.parametrize(
        "changed",
        [
            {"runtime": "python3.12"},
            {"architecture": "x86_64"},
            {"pins": ("alpha==2.0",)},
            {"pins": ("alpha==1.0 --hash=sha256:" + "0" * 64,)},
        ],
    )
    def test_another_pin_hash_runtime_or_architecture_asks_pip(
        self, project: Path, index: Index, changed: dict[str, object]
    ) -> None:
        index.add("alpha")
        packed(code(project, "alpha==1.0"))
        index.vanish()
        pins = changed.pop("pins", ("alpha==1.0",))
        assert code(project, *pins, **changed).problem() is not None  # type: ignore[misc, arg-type]

    @pytest.mark.parametrize("left", [0, 20, 200])
    def test_a_half_written_entry_is_written_again(
        self, project: Path, index: Index, tmp_path: Path, left: int
    ) -> None:
        index.add("alpha")
        first = packed(code(project, "alpha==1.0"))
        (entry,) = cache_entries(tmp_path)
        whole = entry.read_bytes()
        entry.write_bytes(whole[:left])
        assert packed(code(project, "alpha==1.0")) == first
        assert entry.read_bytes() == whole

    def test_builds_at_the_same_time_agree_and_leave_one_entry(
        self, project: Path, index: Index, tmp_path: Path
    ) -> None:
        index.add("alpha")
        made = [code(project, "alpha==1.0") for _ in range(4)]
        with ThreadPoolExecutor(len(made)) as pool:
            assert len(set(pool.map(packed, made))) == 1
        assert len(cache_entries(tmp_path)) == 1

    def test_a_cache_that_cannot_be_written_is_done_without(self, project: Path, index: Index, tmp_path: Path) -> None:
        index.add("alpha")
        (tmp_path / "cache").write_text("a file where the folder should be")
        assert "alpha.py" in names(code(project, "alpha==1.0"))

    def test_what_is_long_unused_is_removed(self, project: Path, index: Index, tmp_path: Path) -> None:
        index.add("alpha")
        index.add("beta")
        packed(code(project, "alpha==1.0"))
        (old,) = cache_entries(tmp_path)
        os.utime(old, (1_000_000_000, 1_000_000_000))
        packed(code(project, "beta==1.0"))
        assert not old.exists()

    def test_a_failed_build_leaves_no_entry(self, project: Path, tmp_path: Path) -> None:
        problem(code(project, "alpha==1.0"))
        assert not (tmp_path / "cache").exists()


class TestRequirements:
    def test_markers_are_evaluated_for_the_function(self, project: Path, index: Index) -> None:
        index.add("alpha")
        lines = (
            "alpha==1.0 ; platform_machine == 'aarch64' and sys_platform == 'linux' and python_version >= '3.13'",
            "beta==1.0 ; python_full_version < '3.13' or platform_machine == 'x86_64'",
        )
        assert "alpha.py" in names(code(project, *lines))

    def test_hashes_and_continued_lines_are_understood(self, project: Path, index: Index) -> None:
        digest = hashlib.sha256(index.add("alpha").read_bytes()).hexdigest()
        lines = ("alpha==1.0 \\", "    --hash=sha256:" + "0" * 64 + " \\", f"    --hash=sha256:{digest}", "    # via x")
        assert "alpha.py" in names(code(project, *lines))

    def test_included_files_count(self, project: Path, index: Index) -> None:
        index.add("alpha")
        (project / "base.txt").write_text("alpha==1.0\n-r requirements.txt")
        assert "alpha.py" in names(code(project, "-r base.txt"))

    def test_a_folder_of_wheels_in_the_file_is_relative_to_the_file(
        self, project: Path, index: Index, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        index.add("alpha")
        monkeypatch.delenv("PIP_FIND_LINKS")
        assert "alpha.py" in names(code(project, "--find-links ../index", "alpha==1.0"))

    def test_the_file_may_have_another_name_and_place(self, project: Path, index: Index) -> None:
        index.add("alpha")
        (project.parent / "lambda.txt").write_text("alpha==1.0")
        assert "alpha.py" in names(code(project, requirements="../lambda.txt"))

    def test_extras_bring_what_they_require(self, project: Path, index: Index) -> None:
        index.add("alpha", requires=("beta[More_Speed]", "unused; extra == 'other'"))
        index.add("beta", requires=("gamma; extra == 'more-speed'",))
        assert "gamma (required by beta)" in problem(code(project, "alpha==1.0", "beta==1.0"))

    def test_a_dependency_that_is_for_another_machine_need_not_be_pinned(self, project: Path, index: Index) -> None:
        index.add("alpha", requires=("colorama; sys_platform == 'win32'", "tomli; python_version < '3.11'"))
        assert "alpha.py" in names(code(project, "alpha==1.0"))

    @pytest.mark.parametrize(
        "marker",
        [
            "python_version >= '3.9' and python_version < '4'",
            "python_version == '3.*'",
            "python_full_version ~= '3.12.1'",
            "python_version ~= '3.11'",
            "python_version not in '3.8 3.9'",
            "'linux' in sys_platform",
            "sys_platform != 'win32' and (platform_machine == 'aarch64' or platform_machine == 'arm64')",
            "os_name == 'nt' or os_name == 'posix' and platform_system == 'Darwin'",
            "(os_name == 'nt' or os_name == 'posix') and platform_python_implementation == \"PyPy\"",
            "implementation_name == 'cpython' and '3.10' <= python_version",
            "extra == 'Fast_Path'",
            "python_version > '3.9' and extra == 'fast-path'",
        ],
    )
    @pytest.mark.parametrize("runtime", ["python3.8", "python3.10", "python3.12", "python3.13"])
    @pytest.mark.parametrize("architecture", ["x86_64", "arm64"])
    def test_markers_mean_what_packaging_takes_them_for(self, marker: str, runtime: str, architecture: str) -> None:
        environment = dict(dependencies.Target(runtime, architecture).environment)
        for extra in ("", "fast-path"):
            expected = Marker(marker).evaluate({**environment, "extra": extra})
            assert requirements.applies(marker, environment, extra) == expected


class TestProblems:
    def test_all_is_told_at_the_construct(self, project: Path) -> None:
        with pytest.raises(PatternError, match=r"app/pipeline: lambda_function_props\.code = .*project.*not pinned"):
            pattern({"code": code(project, "alpha>=1"), "handler": "index.handler"})

    def test_a_missing_directory(self, tmp_path: Path) -> None:
        assert "no such file or directory" in problem(code(tmp_path / "nowhere"))

    def test_a_file_instead_of_a_directory(self, project: Path) -> None:
        assert "not a directory" in problem(code(project / "index.py"))

    def test_a_missing_requirements_file(self, project: Path) -> None:
        assert "has no lambda.txt" in problem(code(project, requirements="lambda.txt"))

    def test_a_requirements_file_that_cannot_be_read(self, project: Path) -> None:
        assert "cannot be read" in problem(code(project, requirements="."))

    def test_a_requirements_file_in_another_encoding(self, project: Path) -> None:
        (project / "requirements.txt").write_text("alpha==1.0", encoding="utf-16")
        assert "not UTF-8" in problem(code(project))

    @pytest.mark.parametrize(
        "line",
        [
            "alpha",
            "alpha>=1",
            "alpha==1.*",
            "alpha==1,<2",
            "alpha @ https://host/alpha.whl",
            "./alpha",
            "-e .",
            "-c c.txt",
        ],
    )
    def test_a_line_that_is_not_pinned_is_named(self, project: Path, line: str) -> None:
        found = problem(code(project, "# comment", line))
        assert f"requirements.txt line 2 ({line})" in found
        assert "pinned" in found

    def test_several_such_lines_are_told_together(self, project: Path) -> None:
        found = problem(code(project, "alpha", "beta==1.0", "gamma"))
        assert "line 1 (alpha)" in found
        assert "line 3 (gamma)" in found

    def test_two_pins_of_one_distribution(self, project: Path) -> None:
        assert "my-alpha has a line already" in problem(code(project, "my_alpha==1.0", "My.Alpha==2.0"))

    def test_a_marker_that_is_none(self, project: Path) -> None:
        assert "is not understood" in problem(code(project, "alpha==1.0 ; weather == 'fine'"))

    def test_a_dependency_without_a_wheel_for_the_platform(self, project: Path, index: Index) -> None:
        index.add("native", tag="cp313-cp313-manylinux2014_x86_64")
        found = problem(code(project, "native==1.0"))
        assert "no wheel of native==1.0 for python3.13 on arm64" in found
        assert "another architecture" in found

    def test_the_versions_that_have_a_wheel_are_named(self, project: Path, index: Index) -> None:
        index.add("native", "1.1", tag=ARM_313)
        assert "it finds 1.1" in problem(code(project, "native==1.0"))

    def test_a_requirement_of_a_dependency_that_is_left_out(self, project: Path, index: Index) -> None:
        index.add("alpha", requires=("beta>=1",))
        assert "leave out beta (required by alpha)" in problem(code(project, "alpha==1.0"))

    def test_an_index_that_cannot_be_reached(self, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("PIP_NO_INDEX")
        monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
        monkeypatch.setenv("PIP_RETRIES", "1")
        found = problem(code(project, "alpha==1.0"))
        assert "cannot reach a package index for alpha==1.0" in found
        assert "Connection refused" in found
        assert "\n" not in found

    def test_a_hash_that_does_not_match(self, project: Path, index: Index) -> None:
        index.add("alpha")
        found = problem(code(project, "alpha==1.0 --hash=sha256:" + "0" * 64))
        assert "DO NOT MATCH THE HASHES" in found
        assert "alpha==1.0" in found

    def test_a_damaged_wheel(self, project: Path, index: Index) -> None:
        wheel = index.add("alpha", files={"alpha.py": "x" * 1000}, method=zipfile.ZIP_STORED)
        wheel.write_bytes(wheel.read_bytes().replace(b"xxx", b"xyx", 1))
        assert "is damaged" in problem(code(project, "alpha==1.0"))

    def test_a_wheel_that_reaches_outside(self, project: Path, index: Index) -> None:
        index.add("alpha", files={"alpha/../../evil.py": ""})
        assert "lies outside" in problem(code(project, "alpha==1.0"))

    @pytest.mark.parametrize("runtime", ["python3.7", "python3", "python2.7", "nodejs22.x", "3.13", None])
    def test_an_unsupported_runtime(self, project: Path, runtime: str) -> None:
        assert f"runtime {runtime!r}" in problem(code(project, "alpha==1.0", runtime=runtime))

    @pytest.mark.parametrize("architecture", ["aarch64", "amd64", "", None, ["arm64"]])
    def test_an_unsupported_architecture(self, project: Path, architecture: str) -> None:
        assert "x86_64, arm64" in problem(code(project, "alpha==1.0", architecture=architecture))

    def test_sources_too_large_for_an_upload(self, project: Path) -> None:
        with (project / "large").open("wb") as file:
            file.truncate(51 * 1024 * 1024)
        assert "packs to 51 MiB" in problem(code(project))

    def test_dependencies_too_large_for_lambda(
        self, project: Path, index: Index, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(dependencies, "MAX_UNZIPPED_BYTES", 3 * 1024 * 1024)
        index.add("alpha", files={"alpha.py": " " * 4 * 1024 * 1024})
        assert "4 MiB unzipped" in problem(code(project, "alpha==1.0"))


class TestPip:
    @pytest.fixture
    def no_pip(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[set[str]]:
        hidden = {"pip"}
        find = importlib.util.find_spec
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name in hidden else find(name))
        return hidden  # type: ignore[return-value]

    def test_the_one_that_python_ships_serves_where_none_is_installed(
        self, project: Path, index: Index, no_pip: set[str]
    ) -> None:
        index.add("alpha")
        assert "alpha.py" in names(code(project, "alpha==1.0"))

    def test_without_either_the_ways_out_are_named(
        self, project: Path, no_pip: set[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        no_pip.add("ensurepip")
        monkeypatch.setattr(sysconfig, "get_config_var", lambda name: None)
        assert "uv pip install pip" in problem(code(project, "alpha==1.0"))


class TestFunction:
    def test_runtime_and_architectures_come_from_the_code(self, project: Path) -> None:
        function = pattern({"code": code(project), "handler": "index.handler"})
        assert function.runtime_input == "python3.13"  # type: ignore[attr-defined]
        assert function.architectures_input == ["arm64"]  # type: ignore[attr-defined]

    def test_the_same_given_again_is_no_mistake(self, project: Path) -> None:
        given = {"runtime": "python3.13", "architectures": ("arm64",)}
        pattern({"code": code(project), "handler": "index.handler", **given})

    def test_a_token_is_left_alone(self, project: Path) -> None:
        runtime = Token.as_string("${var.runtime}")
        pattern({"code": code(project), "handler": "index.handler", "runtime": runtime})

    @pytest.mark.parametrize("given", [{"runtime": "python3.12"}, {"architectures": ["x86_64"]}])
    def test_another_runtime_or_architecture_is_a_mistake(self, project: Path, given: dict[str, object]) -> None:
        (key,) = given
        with pytest.raises(PatternError, match=rf"lambda_function_props\.{key} = .*python3\.13 on arm64"):
            pattern({"code": code(project), "handler": "index.handler", **given})


class TestArchives:
    @given(st.dictionaries(st.text("aé/ü.", min_size=1).filter(lambda name: name[-1] != "/"), st.binary(max_size=64)))
    def test_any_content_is_read_back(self, content: dict[str, bytes]) -> None:
        file = io.BytesIO()
        archives.write(file, [archives.Entry.stored(name, data, executable=False) for name, data in content.items()])
        with zipfile.ZipFile(file) as archive:
            assert archive.namelist() == sorted(content)
            assert {name: archive.read(name) for name in content} == content


def pattern(props: dict[str, object]) -> object:
    app: App = Testing.app()
    stack = TerraformStack(app, "app")
    return DynamoDBStreamsToLambda(stack, "pipeline", lambda_function_props=props).lambda_function  # type: ignore[arg-type]
