"""The code of a pattern's function: its archive, its runtime and architecture, and where its errors are reported."""

from pathlib import Path

import pytest
from ddb_stream_lambda import DynamoDBStreamsToLambda, LambdaFunctionProps, PatternError
from cdktf import TerraformStack, Token
from cdktf_cdktf_provider_aws.lambda_function import LambdaFunction
from ddb_stream_lambda.code import Code


def python_code(project: Path) -> Code:
    return Code.from_python_project(project, runtime="python3.13", architecture="arm64")


def create_function(stack: TerraformStack, props: LambdaFunctionProps, id: str = "pipeline") -> LambdaFunction:
    """Create a pattern in the stack and return its function."""
    pattern = DynamoDBStreamsToLambda(stack, id, lambda_function_props=props)
    assert isinstance(pattern.lambda_function, LambdaFunction)
    return pattern.lambda_function


def test_patterns_with_the_same_code_share_its_archive(stack: TerraformStack, source: Path) -> None:
    props: LambdaFunctionProps = {
        "code": Code.from_asset(source),
        "runtime": "python3.13",
        "handler": "index.handler",
    }
    functions = [create_function(stack, props, f"pipeline-{number}") for number in range(3)]
    assert len({function.filename_input for function in functions}) == 1


def test_the_function_has_the_hash_of_the_archive(stack: TerraformStack, project: Path) -> None:
    code = python_code(project)
    function = create_function(stack, {"code": code, "handler": "index.handler"})
    assert function.source_code_hash_input == code.pack().source_code_hash


def test_the_runtime_and_architecture_of_the_code_are_used(stack: TerraformStack, project: Path) -> None:
    function = create_function(stack, {"code": python_code(project), "handler": "index.handler"})
    assert function.runtime_input == "python3.13"
    assert function.architectures_input == ["arm64"]


def test_the_same_runtime_and_architecture_can_be_given_again(stack: TerraformStack, project: Path) -> None:
    props: LambdaFunctionProps = {
        "code": python_code(project),
        "handler": "index.handler",
        "runtime": "python3.13",
        "architectures": ["arm64"],
    }
    assert create_function(stack, props).runtime_input == "python3.13"


def test_a_terraform_expression_as_the_runtime_is_not_compared(stack: TerraformStack, project: Path) -> None:
    runtime = Token.as_string("${var.runtime}")
    function = create_function(stack, {"code": python_code(project), "handler": "index.handler", "runtime": runtime})
    assert function.runtime_input == runtime


@pytest.mark.parametrize(
    ("key", "given"),
    [
        ("runtime", LambdaFunctionProps(runtime="python3.12")),
        ("architectures", LambdaFunctionProps(architectures=["x86_64"])),
    ],
)
def test_another_runtime_or_architecture_is_an_error(
    stack: TerraformStack, project: Path, key: str, given: LambdaFunctionProps
) -> None:
    props: LambdaFunctionProps = {"code": python_code(project), "handler": "index.handler", **given}
    with pytest.raises(PatternError, match=rf"lambda_function_props\.{key} = .*python3\.13 on arm64"):
        create_function(stack, props)


def test_a_packing_error_names_the_construct_the_property_and_the_path(stack: TerraformStack, project: Path) -> None:
    (project / "requirements.txt").write_text("alpha>=1")
    with pytest.raises(PatternError, match=r"orders/pipeline: lambda_function_props\.code = .*project.*not pinned"):
        create_function(stack, {"code": python_code(project), "handler": "index.handler"})
