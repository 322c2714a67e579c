"""The library on its own: a wheel that is typed, requires three packages, and works where nothing else is."""

import subprocess
import sys
import zipfile
from email.parser import HeaderParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    (path,) = folder.glob("*.whl")
    return path


def test_the_wheel_holds_the_library_its_types_and_nothing_else(wheel: Path) -> None:
    names = [name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name]
    files = [path for path in (ROOT / "ddb_stream_lambda").rglob("*.*") if "__pycache__" not in path.parts]
    expected = {str(path.relative_to(ROOT)) for path in files}
    assert set(names) == expected
    assert {"ddb_stream_lambda/py.typed", "ddb_stream_lambda/_engine/hook.js"} <= expected


def test_the_wheel_requires_cdktf_the_provider_and_constructs_alone(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    (name,) = [name for name in archive.namelist() if name.endswith("METADATA")]
    metadata = HeaderParser().parsestr(archive.read(name).decode())
    required = [requirement.split(">=")[0].split("<")[0] for requirement in metadata.get_all("Requires-Dist", [])]
    assert sorted(required) == ["cdktf", "cdktf-cdktf-provider-aws", "constructs"]


def test_the_wheel_works_where_the_project_is_not(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    (tmp_path / "function").mkdir()
    (tmp_path / "function" / "index.py").write_text("def handler(event, context): ...\n")
    program = """
import sys
sys.path.insert(0, "site")
import ddb_stream_lambda
from cdktf import TerraformStack, Testing
stack = TerraformStack(Testing.app(), "orders")
code = ddb_stream_lambda.Code.from_asset("function")
props = {"code": code, "runtime": "python3.13", "handler": "index.handler"}
ddb_stream_lambda.DynamoDBStreamsToLambda(stack, "pipeline", lambda_function_props=props)
assert Testing.to_have_resource(Testing.synth(stack), "aws_lambda_event_source_mapping")
print(ddb_stream_lambda.__file__)
"""
    ran = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == str(tmp_path / "site/ddb_stream_lambda/__init__.py")
