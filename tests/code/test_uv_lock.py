"""`uv.lock` and `pyproject.toml`: the pins of a project, the same ones that uv itself exports."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ddb_stream_lambda.code import Code, PackingError, Target
from ddb_stream_lambda.code.pyproject import read_pyproject
from ddb_stream_lambda.code.requirements import Requirements, read_requirements
from ddb_stream_lambda.code.specifiers import Requirement
from ddb_stream_lambda.code.uv_lock import read_uv_lock

from tests.code.builders import build_wheel, packed_files, packing_error

UV = shutil.which("uv", path=Path(sys.executable).parent) or shutil.which("uv")
needs_uv = pytest.mark.skipif(UV is None, reason="uv is not installed")
PROJECT = """
[project]
name = "Orders"
version = "1.0"
requires-python = ">=3.11"
dependencies = ["alpha[fast]", "beta<2 ; python_version < '3.12'", "beta>=2 ; python_version >= '3.12'"]
[project.optional-dependencies]
old = ["delta==1.0"]
new = ["delta==2.0"]
all = ["orders[new]", "epsilon ; sys_platform == 'win32'"]
[dependency-groups]
dev = ["epsilon"]
[tool.uv]
conflicts = [[{ extra = "old" }, { extra = "new" }], [{ extra = "old" }, { extra = "all" }]]
"""
# A lock file with one dependency.
LOCK = """
version = 1
revision = 3
requires-python = ">=3.11"

[[package]]
name = "alpha"
version = "1.0"
source = {source}
wheels = [{{ url = "alpha-1.0-py3-none-any.whl", hash = "sha256:00" }}, {{ url = "alpha.whl", hash = "sha256:11" }}]

[[package]]
name = "orders"
version = "1.0"
source = {{ virtual = "." }}
dependencies = [{{ name = "alpha" }}]
"""
REGISTRY = '{ registry = "https://packages.example/simple" }'


def environment(runtime: str = "python3.13") -> dict[str, str]:
    return dict(Target(runtime, "arm64").marker_environment)


def read(folder: Path, *extras: str, runtime: str = "python3.13", directory: Path | None = None) -> Requirements:
    return read_uv_lock(
        folder / "uv.lock", directory=directory or folder, extras=extras, environment=environment(runtime)
    )


def error_of(folder: Path, *extras: str, runtime: str = "python3.13") -> str:
    with pytest.raises(PackingError) as caught:
        read(folder, *extras, runtime=runtime)
    return str(caught.value)


def write_lock(folder: Path, *, source: str = REGISTRY, more: str = "", **replaced: str) -> None:
    text = LOCK.format(source=source) + more
    for old, new in replaced.items():
        assert old in text
        text = text.replace(old, new)
    (folder / "uv.lock").write_text(text)


def uv(folder: Path, *arguments: str) -> str:
    """Run uv in a project, without a network, and return its output."""
    assert UV is not None
    command = [UV, *arguments, "--offline", "--project", str(folder)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def locked(tmp_path: Path, index: Path) -> Path:
    """A project that uv locked, with wheels in a folder as the package index."""
    build_wheel(index, "alpha", requires=("gamma ; extra == 'fast'",))
    build_wheel(index, "gamma", requires=("alpha[fast]",))
    for name in ("beta", "delta"):
        build_wheel(index, name, "1.0")
        build_wheel(index, name, "2.0")
    build_wheel(index, "epsilon")
    folder = tmp_path / "locked"
    folder.mkdir()
    (folder / "pyproject.toml").write_text(f'{PROJECT}no-index = true\nfind-links = ["{index}"]\n')
    (folder / "index.py").write_text("")
    uv(folder, "lock")
    return folder


@needs_uv
class TestLockedByUv:
    @pytest.mark.parametrize("runtime", ["python3.11", "python3.12", "python3.13"])
    @pytest.mark.parametrize("extras", [(), ("old",), ("new",), ("all",)], ids=str)
    def test_the_pins_are_those_that_uv_exports(self, locked: Path, runtime: str, extras: tuple[str, ...]) -> None:
        options = [f"--extra={extra}" for extra in extras]
        command = [*("export", "--frozen", "--no-dev", "--no-emit-project", "--no-header", "--no-annotate"), *options]
        exported = locked / "exported.txt"
        exported.write_text(uv(locked, *command))
        expected = read_requirements(exported, environment(runtime)).pins
        pins = read(locked, *extras, runtime=runtime).pins
        assert {name: pin.version for name, pin in pins.items()} == {
            name: pin.version for name, pin in expected.items()
        }
        assert {"alpha", "beta", "gamma"} <= pins.keys()

    def test_pip_downloads_the_wheels(self, locked: Path) -> None:
        code = Code.from_python_project(locked, runtime="python3.13", architecture="arm64", extras=["new"])
        names = packed_files(code).keys()
        assert {"index.py", "alpha.py", "beta-2.0.dist-info/METADATA", "delta-2.0.dist-info/METADATA"} < names
        assert "epsilon.py" not in names

    def test_pyproject_toml_takes_the_pins_of_the_lock_file(self, locked: Path) -> None:
        pins = read_pyproject(locked / "pyproject.toml", directory=locked, extras=("old",), environment=environment())
        assert pins == read(locked, "old")

    def test_extras_that_exclude_each_other(self, locked: Path) -> None:
        assert "delta is needed in the versions 2.0 and 1.0" in error_of(locked, "old", "new")

    def test_an_outdated_lock_file(self, locked: Path) -> None:
        file = locked / "pyproject.toml"
        file.write_text(file.read_text().replace('"alpha[fast]"', '"alpha[fast]", "epsilon"'))
        message = f'{locked / "uv.lock"} is out of date with {file} (differing: epsilon); run "uv lock"'
        assert error_of(locked) == message


class TestLockFile:
    def test_all_hashes_are_allowed(self, project: Path) -> None:
        write_lock(project)
        assert read(project) == Requirements(
            {"alpha": Requirement("alpha", "==1.0", hashes=("sha256:00", "sha256:11"))}, is_resolved=True
        )

    def test_the_project_is_the_one_that_contains_the_directory(self, project: Path) -> None:
        member = '[[package]]\nname = "mail"\nversion = "1"\nsource = { editable = "packages/mail" }\n'
        write_lock(project, more=member)
        mail = project / "packages" / "mail" / "src"
        mail.mkdir(parents=True)
        assert read(project, directory=mail).pins == {}
        assert read(project, directory=project / "packages").pins.keys() == {"alpha"}
        assert read(project, directory=project.parent).pins.keys() == {"alpha"}

    @pytest.mark.parametrize(
        "source",
        [
            '{ editable = "packages/alpha" }',
            '{ git = "https://packages.example/alpha?rev=1#2" }',
            '{ url = "https://packages.example/alpha.whl" }',
            '{ path = "alpha.whl" }',
            '{ directory = "alpha" }',
        ],
    )
    def test_a_dependency_that_is_not_from_an_index(self, project: Path, source: str) -> None:
        write_lock(project, source=source)
        kind = source.split()[1]
        message = error_of(project)
        assert message.startswith(f"alpha comes from {kind} ")
        assert "only distributions of a package index can be packed; build its wheel" in message

    @pytest.mark.parametrize(
        ("replaced", "message"),
        [
            ({"version = 1\n": "version = 2\n"}, "uv.lock has version 2, and only version 1 can be read"),
            ({">=3.11": ">=3.14,<4"}, "uv.lock is for Python >=3.14,<4, and the runtime has 3.13; choose another"),
            (
                {"wheels = [": "other = ["},
                "alpha 1.0 has no wheel, and nothing is built; choose a version that has one",
            ),
            ({'{ name = "alpha" }': '{ name = "beta" }'}, "uv.lock has 0 packages for beta; write it again"),
            ({'virtual = "."': 'virtual = "other"'}, "has no project that contains"),
            ({"revision = 3": "supported-markers = [\"sys_platform == 'win32'\"]"}, "only for the environments sys_"),
            ({'{ name = "alpha" }': "{ name = 'alpha', marker = \"weather == 'fine'\" }"}, "PEP 508"),
            ({"version = 1\n": "version 1\n"}, "is not valid TOML"),
        ],
    )
    def test_one_that_cannot_be_read(self, project: Path, replaced: dict[str, str], message: str) -> None:
        write_lock(project, **replaced)
        assert message in error_of(project)

    def test_an_unknown_extra(self, project: Path) -> None:
        write_lock(project, more='[package.metadata]\nprovides-extras = ["fast"]\n')
        assert error_of(project, "slow") == "uv.lock has no extra slow of orders; give some of fast"
        write_lock(project)
        assert error_of(project, "slow") == "uv.lock has no extra slow of orders; remove extras"

    def test_a_missing_one(self, project: Path) -> None:
        assert error_of(project) == f"{project / 'uv.lock'} does not exist; correct requirements, or create the file"


class TestPyproject:
    def read(self, project: Path, text: str, *extras: str) -> Requirements:
        file = project / "pyproject.toml"
        file.write_text(text)
        return read_pyproject(file, directory=project, extras=extras, environment=environment())

    def error_of(self, project: Path, text: str, *extras: str) -> str:
        with pytest.raises(PackingError) as caught:
            self.read(project, text, *extras)
        return str(caught.value)

    def test_pinned_dependencies(self, project: Path) -> None:
        text = """
            [project]
            name = "orders"
            dependencies = ["Alpha==1.0", "beta==2.0 ; sys_platform == 'win32'"]
            optional-dependencies = { fast = ["gamma==3"], all = ["orders[fast]", "delta==4"] }
        """
        assert self.read(project, text) == Requirements({"alpha": Requirement("alpha", "==1.0")})
        assert self.read(project, text, "all").pins.keys() == {"alpha", "gamma", "delta"}

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ('[project]\ndependencies = ["alpha>=1"]', "pyproject.toml (alpha>=1): not pinned to one version"),
            ('[project]\ndependencies = ["a @ https://packages.example/a"]', "not pinned to one version"),
            ('[project]\ndynamic = ["dependencies"]', "lists dependencies as dynamic; write a lock file"),
            ("[tool.poetry.dependencies]\nalpha = '1.0'", "has no table [project]"),
            (
                '[project]\ndependencies = ["alpha==1"]\n[tool.uv.sources]\nAlpha = { path = "../alpha" }',
                "tool.uv.sources takes Alpha from {'path': '../alpha'}, and only distributions of a package index",
            ),
        ],
    )
    def test_dependencies_that_are_not_pinned(self, project: Path, text: str, message: str) -> None:
        assert message in self.error_of(project, text)

    def test_an_unknown_extra(self, project: Path) -> None:
        assert self.error_of(project, "[project]", "fast") == "pyproject.toml has no extra fast; remove extras"


@pytest.mark.usefixtures("downloads")
class TestTheFileOfAProject:
    """The file that `Code.from_python_project` reads."""

    def code(self, project: Path, requirements: str | None = None, extras: tuple[str, ...] = ()) -> Code:
        return Code.from_python_project(
            project, runtime="python3.13", architecture="arm64", requirements=requirements, extras=extras
        )

    def test_requirements_txt_comes_first(self, project: Path, index: Path) -> None:
        build_wheel(index, "beta")
        write_lock(project)
        (project / "requirements.txt").write_text("beta==1.0")
        assert "beta.py" in packed_files(self.code(project))
        assert "alpha.py" not in packed_files(self.code(project))

    def test_uv_lock_comes_second(self, project: Path, index: Path) -> None:
        build_wheel(index)
        write_lock(project)
        (project / "requirements.txt").unlink()
        assert "alpha.py" in packed_files(self.code(project))

    def test_a_lock_file_above_the_packed_directory(self, project: Path, index: Path) -> None:
        build_wheel(index)
        write_lock(project)
        (project / "src").mkdir()
        (project / "src" / "index.py").write_text("")
        names = packed_files(self.code(project / "src", "../uv.lock")).keys()
        assert {"index.py", "alpha.py"} < names

    def test_the_lock_file_decides_and_not_the_metadata(self, project: Path, index: Path) -> None:
        build_wheel(index, requires=("beta",))  # an override of uv can remove it
        write_lock(project)
        assert "alpha.py" in packed_files(self.code(project, "uv.lock"))

    def test_a_project_without_any(self, project: Path) -> None:
        (project / "requirements.txt").unlink()
        assert packing_error(self.code(project)).startswith(
            f"{project} has neither requirements.txt nor uv.lock; give the file with requirements"
        )

    @pytest.mark.parametrize("name", ["poetry.lock", "pdm.lock", "pylock.toml", "Pipfile.lock", "Pipfile"])
    def test_files_of_other_tools(self, project: Path, name: str) -> None:
        message = packing_error(self.code(project, name))
        assert message.startswith(f"{name} is not supported; give uv.lock, pyproject.toml or a requirements file")

    def test_extras_of_a_requirements_file(self, project: Path) -> None:
        message = "extras (fast) apply only to uv.lock and pyproject.toml; remove extras, or give one of these files"
        assert packing_error(self.code(project, extras=("fast",))) == message
