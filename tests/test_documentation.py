"""The README: its example runs, and its tables leave nothing out."""

import inspect
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest
from ddb_stream_lambda import DynamoDBStreamsToLambda, PatternError, WarningId

from tests.support.calls import ZIP_FUNCTION, Emit

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def section(title: str) -> str:
    return README.split(f"\n## {title}", 1)[1].split("\n## ", 1)[0]


def block(language: str, title: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", section(title), re.DOTALL)
    assert found is not None
    return found[1]


def test_the_example_runs_as_it_stands(tmp_path: Path) -> None:
    (tmp_path / "function").mkdir()
    (tmp_path / "function" / "index.py").write_text("def handler(event, context): ...\n")
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", block("python", "Five lines")], cwd=tmp_path, env=environment, check=True)
    assert (tmp_path / "cdktf.out/stacks/orders/cdk.tf.json").is_file()


def test_the_inputs_are_all_told() -> None:
    parameters = inspect.signature(DynamoDBStreamsToLambda.__init__).parameters.values()
    keywords = {parameter.name for parameter in parameters if parameter.kind is parameter.KEYWORD_ONLY}
    assert set(re.findall(r"^\| `(\w+)` \|", section("Inputs"), re.MULTILINE)) == keywords


def test_the_properties_are_all_told() -> None:
    properties = {name for name, value in vars(DynamoDBStreamsToLambda).items() if isinstance(value, property)}
    assert set(re.findall(r"^\| `(\w+)` \|", section("Properties"), re.MULTILINE)) == properties


@pytest.mark.parametrize("word", get_args(WarningId))
def test_every_word_that_silences_a_warning_is_told(word: str) -> None:
    assert f"`{word}`" in section("Defaults, and how to override each")


def test_the_grants_are_all_told(emit: Emit) -> None:
    told = section("Grants")
    vpc = {"subnet_ids": ["subnet-1"], "security_group_ids": ["sg-1"]}
    for actions, _ in emit(lambda_function_props={"vpc_config": vpc}).grants.values():
        for action in actions:
            assert f"{action}`" in told or f"`{action.split(':')[1]}`" in told


def test_the_error_is_what_the_library_says(emit: Emit) -> None:
    with pytest.raises(PatternError) as caught:
        emit(
            dynamo_event_source_props={"retry_attempts": 3, "batch_size": 20_000},
            lambda_function_props=ZIP_FUNCTION | {"handler": None},
        )
    assert block("text", "Errors").strip() == str(caught.value)
