"""pip: it downloads the wheels of the target, whatever this machine is, and each failure is explained.

The tests run pip, without a network: it looks only in a folder of wheels.
"""

import hashlib
import importlib.util
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
from ddb_stream_lambda.code import PackingError, Target
from ddb_stream_lambda.code import pip as pip_module
from ddb_stream_lambda.code.pip import download_wheels, run_pip
from ddb_stream_lambda.code.requirements import read_requirements

from tests.code.builders import ARM_313_TAG, build_wheel

pytestmark = pytest.mark.slow

ARM = Target("python3.13", "arm64")


@pytest.fixture
def download(tmp_path: Path) -> Callable[..., set[str]]:
    """Download the wheels of the given lines of a requirements file; return the names of the wheels."""

    def download(*lines: str, target: Target = ARM) -> set[str]:
        file = tmp_path / "requirements.txt"
        file.write_text("\n".join(lines))
        folder = tmp_path / "downloaded"
        folder.mkdir()
        download_wheels(read_requirements(file, target.marker_environment), target=target, folder=folder)
        return {path.name for path in folder.glob("*.whl")}

    return download


@pytest.fixture
def failure(download: Callable[..., set[str]]) -> Callable[..., str]:
    """Return the message of the error that downloading raises."""

    def failure(*lines: str, target: Target = ARM) -> str:
        with pytest.raises(PackingError) as caught:
            download(*lines, target=target)
        return str(caught.value)

    return failure


class TestTarget:
    @pytest.mark.parametrize(
        ("target", "expected"),
        [
            (ARM, ARM_313_TAG),
            (Target("python3.13", "x86_64"), "cp313-cp313-manylinux2014_x86_64"),
            (Target("python3.12", "arm64"), "cp312-cp312-manylinux2014_aarch64"),
        ],
    )
    def test_wheels_are_those_of_the_target(
        self, index: Path, download: Callable[..., set[str]], target: Target, expected: str
    ) -> None:
        tags = (ARM_313_TAG, "cp313-cp313-manylinux2014_x86_64", "cp312-cp312-manylinux2014_aarch64")
        for tag in (*tags, "cp313-cp313-win_amd64"):
            build_wheel(index, "native", tag=tag)
        assert download("native==1.0", target=target) == {f"native-1.0-{expected}.whl"}

    def test_pure_wheels_stable_abi_wheels_and_the_newest_supported_glibc(
        self, index: Path, download: Callable[..., set[str]]
    ) -> None:
        build_wheel(index, "pure")
        build_wheel(index, "stable", tag="cp39-abi3-manylinux_2_28_aarch64")
        for glibc in (17, 34, 35):
            build_wheel(index, "native", tag=f"cp313-cp313-manylinux_2_{glibc}_aarch64")
        assert download("pure==1.0", "stable==1.0", "native==1.0") == {
            "pure-1.0-py3-none-any.whl",
            "stable-1.0-cp39-abi3-manylinux_2_28_aarch64.whl",
            "native-1.0-cp313-cp313-manylinux_2_34_aarch64.whl",
        }

    def test_a_wheel_for_a_later_glibc_is_not_downloaded(self, index: Path, failure: Callable[..., str]) -> None:
        build_wheel(index, "native", tag="cp311-cp311-manylinux_2_28_x86_64")
        message = failure("native==1.0", target=Target("python3.11", "x86_64"))
        assert "no wheel of native==1.0 for python3.11 on x86_64 with glibc 2.26 or older" in message


class TestSettings:
    def test_settings_for_other_targets_are_ignored(
        self, index: Path, download: Callable[..., set[str]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        build_wheel(index, "native", tag=ARM_313_TAG)
        for setting, value in (("PLATFORM", "win_amd64"), ("PYTHON_VERSION", "3.8"), ("NO_BINARY", ":all:")):
            monkeypatch.setenv(f"PIP_{setting}", value)
        assert download("native==1.0") == {f"native-1.0-{ARM_313_TAG}.whl"}

    def test_a_module_of_the_current_directory_does_not_replace_one_that_pip_imports(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "logging.py").write_text("raise SystemExit('replaced')")
        monkeypatch.chdir(tmp_path)
        assert run_pip(["--version"]).stdout.startswith("pip ")

    def test_a_folder_of_wheels_in_the_requirements_file(
        self, index: Path, download: Callable[..., set[str]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("PIP_FIND_LINKS")
        digest = hashlib.sha256(build_wheel(index).read_bytes()).hexdigest()
        lines = ("--find-links index", f"alpha==1.0 --hash=sha256:{'0' * 64} --hash=sha256:{digest}")
        assert download(*lines) == {"alpha-1.0-py3-none-any.whl"}


class TestFailures:
    def test_no_wheel_for_the_target(self, index: Path, failure: Callable[..., str]) -> None:
        build_wheel(index, "native", tag="cp313-cp313-manylinux2014_x86_64")
        assert failure("native==1.0") == (
            "pip found no wheel of native==1.0 for python3.13 on arm64 with glibc 2.34 or older; pin a version that has"
            " one, choose another architecture or runtime, or build the wheel and give its folder with --find-links in"
            " the requirements file"
        )

    def test_versions_that_have_a_wheel_are_named(self, index: Path, failure: Callable[..., str]) -> None:
        for minor in range(1, 8):
            build_wheel(index, "native", f"1.{minor}", tag=ARM_313_TAG)
        message = failure("native==1.0")
        assert "no wheel of native==1.0 for python3.13 on arm64 with glibc 2.34 or older (it found " in message
        assert "(it found 1.3, 1.4, 1.5, 1.6, 1.7);" in message

    def test_an_unreachable_index(self, failure: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("PIP_NO_INDEX")
        monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
        monkeypatch.setenv("PIP_RETRIES", "1")
        message = failure("alpha==1.0")
        assert message.startswith("pip cannot reach a package index for alpha==1.0 (")
        assert "Connection refused" in message
        assert message.endswith("; check the network and pip's settings")
        assert "\n" not in message

    def test_a_hash_that_does_not_match(self, index: Path, failure: Callable[..., str]) -> None:
        build_wheel(index)
        message = failure("alpha==1.0 --hash=sha256:" + "0" * 64)
        expected = (
            "pip cannot download the dependencies; correct the requirements file or pip's settings. pip reported: "
        )
        assert message.startswith(f"{expected}THESE PACKAGES DO NOT MATCH THE HASHES")
        assert "alpha==1.0" in message
        assert "\n" not in message

    @pytest.mark.parametrize(
        ("output", "expected"),
        [
            ("", "pip reported: no reason"),
            ("killed", "pip reported: killed"),
            ("noise\nERROR: first\nsecond", "pip reported: first second"),
            ("x" * 1000, f"pip reported: {'x' * 399}…"),
        ],
    )
    def test_other_failures(
        self, failure: Callable[..., str], monkeypatch: pytest.MonkeyPatch, output: str, expected: str
    ) -> None:
        failed: subprocess.CompletedProcess[str] = subprocess.CompletedProcess([], 1, stdout="", stderr=output)
        monkeypatch.setattr(pip_module, "run_pip", lambda arguments: failed)
        assert failure("alpha==1.0").endswith(expected)


class TestFinding:
    @pytest.fixture
    def hide_modules(self, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
        """Make Python find no modules of the given names."""

        def hide(*names: str) -> None:
            find = importlib.util.find_spec
            monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name in names else find(name))

        return hide

    def test_the_wheel_bundled_with_ensurepip_is_used_if_pip_is_not_installed(
        self,
        index: Path,
        download: Callable[..., set[str]],
        hide_modules: Callable[..., None],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        hide_modules("pip")
        environments = []
        run = subprocess.run

        def record(command: list[str], env: dict[str, str], **options: Any) -> subprocess.CompletedProcess[str]:
            environments.append(env)
            return run(command, env=env, **options)

        monkeypatch.setattr(subprocess, "run", record)
        build_wheel(index)
        assert download("alpha==1.0") == {"alpha-1.0-py3-none-any.whl"}
        (environment,) = environments
        assert fnmatch(environment["PYTHONPATH"], "*/pip-*.whl")

    def test_the_wheel_of_a_linux_distribution_is_used(
        self, tmp_path: Path, hide_modules: Callable[..., None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hide_modules("pip", "ensurepip")
        wheel = tmp_path / "pip-24.0-py3-none-any.whl"
        wheel.write_text("")
        monkeypatch.setattr(sysconfig, "get_config_var", lambda name: str(tmp_path))
        environments = []
        monkeypatch.setattr(subprocess, "run", lambda command, env, **options: environments.append(env))
        run_pip(["--version"])
        assert [environment["PYTHONPATH"] for environment in environments] == [str(wheel)]

    def test_without_any_pip_the_ways_to_install_it_are_named(
        self, failure: Callable[..., str], hide_modules: Callable[..., None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hide_modules("pip", "ensurepip")
        monkeypatch.setattr(sysconfig, "get_config_var", lambda name: None)
        assert failure("alpha==1.0") == (
            "pip is needed to download the dependencies, and it is not installed in this Python; install it with"
            ' "uv pip install pip", "python -m ensurepip", or the package python3-venv of Debian'
        )

    def test_pip_runs_with_the_python_of_this_process(self, monkeypatch: pytest.MonkeyPatch) -> None:
        commands = []
        monkeypatch.setattr(subprocess, "run", lambda command, **options: commands.append(command))
        run_pip(["--version"])
        assert commands == [[sys.executable, "-P", "-m", "pip", "--version"]]
