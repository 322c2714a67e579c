"""The distribution: its content, its metadata, and its use in an environment where nothing else is installed."""

import hashlib
import json
import os
import re
import subprocess
import sys
import tarfile
import venv
import zipfile
from email.parser import HeaderParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = "ddb_stream_lambda"
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


@pytest.fixture(scope="session")
def distribution(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `make wheels` builds, with this interpreter's environment."""
    folder = tmp_path_factory.mktemp("dist")
    # The environment is installed already: `--old-file` keeps make from installing it again.
    make = ["make", f"--old-file={sys.prefix}/.dev", f"VENV={sys.prefix}", f"DIST={folder}", "wheels"]
    built = subprocess.run(make, cwd=ROOT, capture_output=True, text=True)
    assert built.returncode == 0, built.stdout + built.stderr
    return folder


@pytest.fixture(scope="session")
def wheel(distribution: Path) -> Path:
    (path,) = distribution.glob("*.whl")
    return path


@pytest.fixture(scope="session")
def version(wheel: Path) -> str:
    return wheel.name.split("-")[1]


@pytest.fixture(scope="session")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of a new environment that holds the wheel and its dependencies, at the locked versions."""
    folder = tmp_path_factory.mktemp("environment")
    constraints = folder / "constraints.txt"
    constraints.write_text("\n".join(re.findall(r"^\S+==[^ ]+", (ROOT / "requirements.txt").read_text(), re.MULTILINE)))
    venv.create(folder / "venv", with_pip=True)
    programs = folder / "venv" / ("Scripts" if os.name == "nt" else "bin")
    # Not compiled: the provider's 2,213 modules take longer to compile than the test takes to run.
    options = ["--no-compile", "--disable-pip-version-check", "--retries=1", f"--constraint={constraints}"]
    pip_install: list[str | Path] = [programs / "python", "-m", "pip", "install", *options, wheel]
    installed = subprocess.run(pip_install, capture_output=True, text=True)
    if installed.returncode != 0 and (unreachable := UNREACHABLE.search(installed.stderr)):
        pytest.skip(f"pip cannot reach the package index: {unreachable[0]}")
    assert installed.returncode == 0, installed.stderr
    return programs


def package_files() -> set[str]:
    files = (path for path in (ROOT / PACKAGE).rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(ROOT).as_posix() for path in files}


def test_the_wheel_holds_the_package_and_its_metadata_only(wheel: Path, version: str) -> None:
    info = f"{PACKAGE}-{version}.dist-info"
    described = {f"{info}/{name}" for name in ("METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE")}
    assert set(zipfile.ZipFile(wheel).namelist()) == package_files() | described
    assert {"ddb_stream_lambda/py.typed", "ddb_stream_lambda/_engine/hook.js"} <= package_files()


def test_the_source_distribution_holds_the_package_and_what_describes_it(distribution: Path, version: str) -> None:
    (path,) = distribution.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.removeprefix(f"{PACKAGE}-{version}/") for name in archive.getnames()}
    described = {".gitignore", "CHANGELOG.md", "LICENSE", "PKG-INFO", "README.md", "pyproject.toml"}
    assert names == package_files() | described


def test_the_wheel_requires_cdktf_the_provider_and_constructs_only(wheel: Path, version: str) -> None:
    text = zipfile.ZipFile(wheel).read(f"{PACKAGE}-{version}.dist-info/METADATA").decode()
    headers = HeaderParser().parsestr(text)
    required = [re.split("[<>=]", requirement)[0] for requirement in headers.get_all("Requires-Dist", [])]
    assert sorted(required) == ["cdktf", "cdktf-cdktf-provider-aws", "constructs"]


@pytest.mark.parametrize("minor", [11, 12, 13, 14])
def test_the_wheel_declares_each_supported_version_of_python(wheel: Path, version: str, minor: int) -> None:
    text = zipfile.ZipFile(wheel).read(f"{PACKAGE}-{version}.dist-info/METADATA").decode()
    classifiers = HeaderParser().parsestr(text).get_all("Classifier", [])
    assert f"Programming Language :: Python :: 3.{minor}" in classifiers


@pytest.mark.slow
def test_an_installed_wheel_synthesizes_a_stack_and_hands_it_over(
    environment: Path, version: str, tmp_path: Path
) -> None:
    (tmp_path / "function").mkdir()
    (tmp_path / "function" / "index.py").write_text("def handler(event, context): ...\n")
    (tmp_path / "main.py").write_text(PROGRAM)
    # Neither the repository nor the environment of the tests is on the new interpreter's path.
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "COV_"))}

    def run(*command: str | Path) -> str:
        ran = subprocess.run(command, cwd=tmp_path, env=clean, capture_output=True, text=True)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    location = run(environment / "python", "-c", "import ddb_stream_lambda; print(ddb_stream_lambda.__file__)")
    assert Path(location.strip()).is_relative_to(environment.parent)

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
    assert manifest["made_by"]["ddb_stream_lambda"] == version
