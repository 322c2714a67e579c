"""The TypedDicts: every argument of the provider with its type, in step with the bindings and with what is refused."""

import importlib
import inspect
import subprocess
import sys
from pathlib import Path
from typing import is_typeddict

import cdktf
import pytest
from ddb_stream_lambda._engine.creation import camel_case
from ddb_stream_lambda.arguments import _generated as props
from ddb_stream_lambda.arguments.conforming import fields_of
from ddb_stream_lambda.arguments.vocabulary import CDK_WORDS, REFUSED

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from generate_props import MAPPINGS, TARGET, generate  # noqa: E402

WHOLE = {name: source for name, source in MAPPINGS.items() if not source[2]}
MODULES = [cdktf, *(importlib.import_module(f"cdktf_cdktf_provider_aws.{source[0]}") for source in MAPPINGS.values())]
PARTS = ("function", "mapping", "table", "keyword")
CALL = """
from ddb_stream_lambda import Code, DynamoDBStreamsToLambda
from cdktf import App, TerraformStack

DynamoDBStreamsToLambda(
    TerraformStack(App(), "orders"),
    "pipeline",
    lambda_function_props={{"code": Code.from_asset("."), "runtime": "python3.13", "handler": "a.b"{function}}},
    dynamo_event_source_props={{"batch_size": 10{mapping}}},
    dynamo_table_props={{"hash_key": "id"{table}}},{keyword}
)
"""


def struct_of(name: str) -> type:
    """The bindings' class that a TypedDict is made from."""
    struct = MAPPINGS[name][1] if name in MAPPINGS else name.removesuffix("Props")
    return next(getattr(module, struct) for module in MODULES if hasattr(module, struct))


def mypy_says(tmp_path: Path, program: str) -> str:
    (tmp_path / "program.py").write_text(program)
    command = [sys.executable, "-m", "mypy", "--config-file", "pyproject.toml", str(tmp_path / "program.py")]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout


def test_the_file_is_what_the_generator_writes_for_the_bindings_installed() -> None:
    assert TARGET.read_text() == generate(), "run `make props`"


@pytest.mark.parametrize("name", WHOLE)
def test_every_argument_of_the_resource_is_either_listed_or_refused_with_a_reason(name: str) -> None:
    arguments = set(inspect.signature(struct_of(name)).parameters)
    refused = set(REFUSED["*"]) | set(REFUSED.get(f"aws_{WHOLE[name][0]}", {}))
    listed = set(fields_of(getattr(props, name))) - {"code"}
    assert listed == arguments - refused
    assert refused <= arguments


@pytest.mark.parametrize("name", [name for name, value in vars(props).items() if is_typeddict(value)])
def test_every_argument_is_called_in_the_engine_as_the_bindings_call_it(name: str) -> None:
    source = inspect.getsource(struct_of(name))
    for argument in fields_of(getattr(props, name)).keys() - {"code"}:
        assert f'"{argument}": "{camel_case(argument)}"' in source


@pytest.mark.parametrize("shape", [name for name in CDK_WORDS if name.endswith("Props")])
def test_no_word_of_cdk_is_an_argument_of_terraform(shape: str) -> None:
    assert not set(CDK_WORDS[shape]) & set(fields_of(getattr(props, shape)))


class TestMypy:
    def test_takes_a_right_call(self, tmp_path: Path) -> None:
        program = CALL.format(**dict.fromkeys(PARTS, ""))
        assert mypy_says(tmp_path, program) == "Success: no issues found in 1 source file\n"

    @pytest.mark.parametrize(
        ("part", "text", "named"),
        [
            ("mapping", ', "retry_attempts": 3', "dynamo_event_source_props"),
            ("mapping", ', "parallelization_factor": "3"', "dynamo_event_source_props"),
            ("table", ', "ttl": {"attribute_name": 5}', "dynamo_table_props"),
            ("table", ', "attribute": [{"name": "id"}]', "dynamo_table_props"),
            ("function", ', "memory": 3', "lambda_function_props"),
            ("function", ', "timeout": "3"', "lambda_function_props"),
            ("keyword", "\n    deploy_dlq=False,", "deploy_dlq"),
            ("keyword", '\n    silence_warnings=["tracing"],', "tracing"),
        ],
    )
    def test_catches_a_wrong_call_before_synth_does(self, tmp_path: Path, part: str, text: str, named: str) -> None:
        said = mypy_says(tmp_path, CALL.format(**dict.fromkeys(PARTS, "") | {part: text}))
        assert "error:" in said
        assert named in said

    def test_names_the_wrong_key_of_props_that_stand_alone(self, tmp_path: Path) -> None:
        said = mypy_says(
            tmp_path,
            "from ddb_stream_lambda import DynamoEventSourceProps\n"
            "props: DynamoEventSourceProps = {'retry_attempts': 3}\n",
        )
        assert 'Extra key "retry_attempts"' in said
