"""The two distributions: content, metadata, and use in an environment where nothing else is installed."""

import ast
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import venv
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser
from pathlib import Path

import pytest

from rename_to_cdktn import rename
from tests.support.both_tools import CDKTN_PYTHON

ROOT = Path(__file__).parent.parent
PACKAGE = "ddb_stream_lambda"
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
# The files that differ in more than the tool's name: the props are generated for each binding.
GENERATED = {"ddb_stream_lambda/arguments/_generated.py"}
# An app of five lines, besides its imports.
PROGRAM = """\
from ddb_stream_lambda import Code, DynamoDBStreamsToLambda
from cdktf import App, TerraformStack
from cdktf_cdktf_provider_aws.provider import AwsProvider

app, function = App(), {"runtime": "python3.13", "handler": "index.handler"}
stack = TerraformStack(app, "orders")
AwsProvider(stack, "aws", region="eu-west-1")
DynamoDBStreamsToLambda(stack, "pipeline", lambda_function_props={"code": Code.from_asset("function"), **function})
app.synth()
"""
SUMS = "SHA256SUMS"
# The files at the top of the bundle of that app.
BUNDLE = {
    ".checkov.yaml",
    ".gitignore",
    ".terraform-docs.yml",
    ".tflint.hcl",
    "MANIFEST.json",
    "README.md",
    "RUNBOOK.md",
    SUMS,
    "main.tf.json",
    "moved.tf.json",
    "providers.tf.json",
    "terraform.tf.json",
    "terraform.tfvars.example",
}
# The messages of pip when it cannot reach the package index.
UNREACHABLE = re.compile(r".*(?:Failed to establish a new connection|Name or service not known|timed out).*")


@dataclass(frozen=True)
class Distribution:
    """A distribution and its files.

    Attributes:
        name: the name with underscores, as it is in the names of files.
        folder: the folder with the wheel and the source distribution.
        program: an app that uses the tool of the distribution.
        pins: the file that pins the dependencies.
    """

    name: str
    folder: Path
    program: str
    pins: Path

    @property
    def wheel(self) -> Path:
        (path,) = self.folder.glob(f"{self.name}-*.whl")
        return path

    @property
    def archive(self) -> Path:
        (path,) = self.folder.glob(f"{self.name}-*.tar.gz")
        return path

    @property
    def version(self) -> str:
        return self.wheel.name.split("-")[1]

    @property
    def info(self) -> str:
        """The folder of the metadata in the wheel."""
        return f"{self.name}-{self.version}.dist-info"

    def files(self) -> dict[str, str]:
        """Return the package's files in the wheel, with their content."""
        with zipfile.ZipFile(self.wheel) as wheel:
            names = [name for name in wheel.namelist() if name.startswith(f"{PACKAGE}/")]
            return {name: wheel.read(name).decode() for name in names}

    def metadata(self) -> Message:
        return HeaderParser().parsestr(zipfile.ZipFile(self.wheel).read(f"{self.info}/METADATA").decode())


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `make wheels` builds, with this interpreter's environment."""
    return build_wheels(tmp_path_factory.mktemp("dist"), tmp_path_factory.mktemp("build"))


def build_wheels(folder: Path, sources: Path) -> Path:
    # The environment is installed already: `--old-file` keeps make from installing it again.
    make = ["make", f"--old-file={sys.prefix}/.dev", f"VENV={sys.prefix}", f"DIST={folder}", f"BUILD={sources}"]
    run = subprocess.run([*make, "wheels"], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    return folder


@pytest.fixture(scope="session")
def first(built: Path) -> Distribution:
    """The distribution for cdktf."""
    return Distribution("ddb_stream_lambda", built, PROGRAM, ROOT / "requirements.txt")


@pytest.fixture(scope="session")
def second(built: Path) -> Distribution:
    """The distribution for cdktn."""
    return Distribution("ddb_stream_lambda_cdktn", built, rename(PROGRAM), ROOT / "requirements-cdktn.txt")


@pytest.fixture(scope="session", params=["first", "second"], ids=["cdktf", "cdktn"])
def distribution(request: pytest.FixtureRequest, first: Distribution, second: Distribution) -> Distribution:
    return first if request.param == "first" else second


@pytest.fixture(scope="session")
def environment(distribution: Distribution, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of a new environment that holds the wheel and its dependencies, at the locked versions."""
    folder = tmp_path_factory.mktemp("environment")
    constraints = folder / "constraints.txt"
    constraints.write_text("\n".join(re.findall(r"^\S+==[^ ]+", distribution.pins.read_text(), re.MULTILINE)))
    venv.create(folder / "venv", with_pip=True)
    programs = folder / "venv" / ("Scripts" if os.name == "nt" else "bin")
    # Not compiled: the provider's 2,213 modules take longer to compile than the test takes to run.
    options = ["--no-compile", "--disable-pip-version-check", "--retries=1", f"--constraint={constraints}"]
    pip_install: list[str | Path] = [programs / "python", "-m", "pip", "install", *options, distribution.wheel]
    installed = subprocess.run(pip_install, capture_output=True, text=True)
    if installed.returncode != 0 and (unreachable := UNREACHABLE.search(installed.stderr)):
        pytest.skip(f"pip cannot reach the package index: {unreachable[0]}")
    assert installed.returncode == 0, installed.stderr
    return programs


def package_files() -> set[str]:
    files = (path for path in (ROOT / PACKAGE).rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(ROOT).as_posix() for path in files}


def test_the_wheel_holds_the_package_and_its_metadata_only(distribution: Distribution) -> None:
    names = ("METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE")
    described = {f"{distribution.info}/{name}" for name in names}
    assert set(zipfile.ZipFile(distribution.wheel).namelist()) == package_files() | described
    assert {"ddb_stream_lambda/py.typed", "ddb_stream_lambda/_engine/hook.js"} <= package_files()


def test_the_source_distribution_holds_the_package_and_what_describes_it(distribution: Distribution) -> None:
    with tarfile.open(distribution.archive) as archive:
        top = f"{distribution.name}-{distribution.version}/"
        names = {name.removeprefix(top) for name in archive.getnames()}
    described = {".gitignore", "CHANGELOG.md", "LICENSE", "PKG-INFO", "README.md", "pyproject.toml"}
    assert names == package_files() | described


def test_the_source_distribution_builds_the_same_wheel(distribution: Distribution, tmp_path: Path) -> None:
    shutil.unpack_archive(distribution.archive, tmp_path, filter="data")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", f"--outdir={tmp_path}"]
    run = subprocess.run([*build, tmp_path / distribution.archive.name.removesuffix(".tar.gz")], capture_output=True)
    assert run.returncode == 0, run.stdout + run.stderr
    assert (tmp_path / distribution.wheel.name).read_bytes() == distribution.wheel.read_bytes()


@pytest.mark.slow
def test_a_second_build_is_equal_to_the_first(built: Path, tmp_path: Path) -> None:
    """The files have the same bytes, although the second build has other times and another folder."""
    again = build_wheels(tmp_path / "dist", tmp_path / "build")
    sums = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in built.iterdir()}
    assert len(sums) == 4
    assert {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in again.iterdir()} == sums


class TestMetadata:
    def test_has_the_extra_of_the_operations(self, distribution: Distribution) -> None:
        metadata = distribution.metadata()
        assert metadata.get_all("Provides-Extra") == ["operations"]
        extra = [text for text in metadata.get_all("Requires-Dist", []) if "extra ==" in text]
        assert [text.partition(";")[0] for text in extra] == ["boto3<2,>=1.34"]

    @pytest.mark.parametrize(
        ("name", "tool", "requirements"),
        [
            ("first", "cdktf", PYPROJECT["project"]["dependencies"]),
            ("second", "cdktn", PYPROJECT["tool"]["rename-to-cdktn"]["project"]["dependencies"]),
        ],
        ids=["cdktf", "cdktn"],
    )
    def test_requires_the_tool_the_provider_and_constructs_only(
        self, request: pytest.FixtureRequest, name: str, tool: str, requirements: list[str]
    ) -> None:
        metadata = request.getfixturevalue(name).metadata()
        required = {name_and_bounds(text) for text in metadata.get_all("Requires-Dist", []) if "extra ==" not in text}
        assert required == {name_and_bounds(text) for text in requirements}
        provider = {"cdktf": "cdktf-cdktf-provider-aws", "cdktn": "cdktn-provider-aws"}[tool]
        assert {name for name, _ in required} == {tool, provider, "constructs"}
        assert tool in metadata["Keywords"].split(",")
        assert tool in metadata["Summary"].lower()

    def test_of_both_differs_only_in_what_names_the_tool(self, first: Distribution, second: Distribution) -> None:
        fields = dict[str, set[str]](), dict[str, set[str]]()
        for sets, distribution in zip(fields, (first, second), strict=True):
            metadata = distribution.metadata()
            for field in metadata:
                sets[field] = set(metadata.get_all(field, []))
        assert fields[0].keys() == fields[1].keys()
        differing = {field for field in fields[0] if fields[0][field] != fields[1][field]}
        assert differing == {"Name", "Summary", "Keywords", "Requires-Dist"}
        assert [sets["Name"] for sets in fields] == [{"ddb-stream-lambda"}, {"ddb-stream-lambda-cdktn"}]
        assert first.metadata().get_payload() == second.metadata().get_payload() == (ROOT / "README.md").read_text()

    @pytest.mark.parametrize("minor", [11, 12, 13, 14])
    def test_declares_each_supported_version_of_python(self, distribution: Distribution, minor: int) -> None:
        assert f"Programming Language :: Python :: 3.{minor}" in distribution.metadata().get_all("Classifier", [])


def name_and_bounds(requirement: str) -> tuple[str, frozenset[str]]:
    """Return the name and the bounds of a requirement. The order of the bounds has no meaning."""
    match = re.fullmatch(r"([\w-]+)(.*)", requirement)
    assert match is not None
    return match[1], frozenset(match[2].split(","))


class TestSourceForCdktn:
    def test_differs_only_in_names_of_the_tool_and_versions(self, first: Distribution, second: Distribution) -> None:
        """The comparison does not use the program that renames: it replaces the names of both tools with one word."""
        versions = PYPROJECT["tool"]["rename-to-cdktn"]["versions"]

        def without_names(text: str) -> list[str]:
            text = re.sub(r"(?i)cdkt[fn]([_-])(?:cdktf\1)?provider", r"TOOL\1provider", text)
            text = re.sub(r"(?i)cdkt[fn]|CDK (?:for Terraform|Terrain)", "TOOL", text)
            for version, other in versions.items():
                text = text.replace(other, version)
            return text.replace('"ddb-stream-lambda-TOOL"', '"ddb-stream-lambda"').splitlines()

        files, renamed = first.files(), second.files()
        assert files.keys() == renamed.keys()
        differing = {name for name in files if without_names(files[name]) != without_names(renamed[name])}
        assert differing <= GENERATED

    def test_imports_nothing_of_cdktf(self, first: Distribution, second: Distribution) -> None:
        assert {"cdktf", "cdktf_cdktf_provider_aws"} <= imports_of(first)
        imported = imports_of(second)
        assert {"cdktn", "cdktn_provider_aws"} <= imported
        assert not {name for name in imported if name.startswith("cdktf")}


def imports_of(distribution: Distribution) -> set[str]:
    """Return the top packages that the modules of a wheel import, also in functions and for types."""
    imported = set[str]()
    for name, text in distribution.files().items():
        for node in ast.walk(ast.parse(text)) if name.endswith(".py") else ():
            match node:
                case ast.Import(names):
                    imported |= {alias.name.split(".")[0] for alias in names}
                case ast.ImportFrom(module=str(module), level=0):
                    imported.add(module.split(".")[0])
    return imported


class TestImportOfAWheelThatIsNotForTheApp:
    """The environment has one of the two tools. The wheels are installed into a folder before it on Python's path."""

    @pytest.fixture
    def import_installed(self, first: Distribution, second: Distribution, tmp_path: Path) -> Callable[..., str]:
        def import_installed(python: str | Path, *names: str) -> str:
            wheels = [{"first": first, "second": second}[name].wheel for name in names]
            install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-compile"]
            for wheel in wheels:
                # pip warns that the folder of the package exists.
                target = ["--upgrade", "--no-index", f"--target={tmp_path}", str(wheel)]
                subprocess.run([*install, *target], capture_output=True, check=True)
                assert (tmp_path / wheel.name.replace("-py3-none-any.whl", ".dist-info")).is_dir()
            program = [python, "-c", "import ddb_stream_lambda"]
            environment = os.environ | {"PYTHONPATH": str(tmp_path)}
            run = subprocess.run(program, cwd=tmp_path, env=environment, capture_output=True, text=True)
            return run.stderr.strip().splitlines()[-1] if run.returncode else "imported"

        return import_installed

    def test_is_refused_with_both_distributions(self, import_installed: Callable[..., str]) -> None:
        error = import_installed(sys.executable, "first", "second")
        assert error.startswith("ImportError: ddb-stream-lambda and ddb-stream-lambda-cdktn are both installed")
        assert "pip uninstall -y ddb-stream-lambda ddb-stream-lambda-cdktn" in error

    def test_is_refused_with_cdktn_only(self, import_installed: Callable[..., str]) -> None:
        if not CDKTN_PYTHON.exists():
            pytest.skip("the environment of cdktn is missing: run `make test`")
        error = import_installed(CDKTN_PYTHON, "first")
        assert error.startswith("ImportError: ddb-stream-lambda is for cdktf, which is not installed")
        assert "pip install ddb-stream-lambda-cdktn" in error

    def test_for_cdktn_is_refused_with_cdktf_only(self, import_installed: Callable[..., str]) -> None:
        error = import_installed(sys.executable, "second")
        assert error.startswith("ImportError: ddb-stream-lambda-cdktn is for cdktn, which is not installed")
        assert "pip install ddb-stream-lambda" in error


@pytest.mark.slow
def test_an_installed_wheel_synthesizes_a_stack_and_hands_it_over(
    environment: Path, distribution: Distribution, tmp_path: Path
) -> None:
    (tmp_path / "function").mkdir()
    (tmp_path / "function" / "index.py").write_text("def handler(event, context): ...\n")
    (tmp_path / "main.py").write_text(distribution.program)
    # Neither the repository nor the environment of the tests is on the new interpreter's path.
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "COV_"))}

    def run(*command: str | Path) -> str:
        ran = subprocess.run(command, cwd=tmp_path, env=clean, capture_output=True, text=True)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    location = run(environment / "python", "-c", "import ddb_stream_lambda; print(ddb_stream_lambda.__file__)")
    assert Path(location.strip()).is_relative_to(environment.parent)

    assert run(environment / "ddb-stream-lambda", "--version") == f"ddb-stream-lambda {distribution.version}\n"
    run(environment / "python", "main.py")
    synthesized = json.loads((tmp_path / "cdktf.out/stacks/orders/cdk.tf.json").read_text())
    assert "aws_lambda_event_source_mapping" in synthesized["resource"]

    run(environment / "ddb-stream-lambda", "handoff", "orders", "--out", "dist", "--from", "cdktf.out")
    bundle = tmp_path / "dist" / "orders"
    files = {path.relative_to(bundle).as_posix(): path for path in bundle.rglob("*") if path.is_file()}
    assert {name for name in files if "/" not in name} == BUNDLE
    assert {name.split("/")[0] for name in files if "/" in name} == {"assets", "backends"}
    sums = {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items() if path.name != SUMS}
    assert files[SUMS].read_text() == "".join(f"{sums[name]}  {name}\n" for name in sorted(sums))
    manifest = json.loads((bundle / "MANIFEST.json").read_text())
    assert manifest["made_by"]["ddb_stream_lambda"] == distribution.version
