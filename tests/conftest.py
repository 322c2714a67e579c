"""What the tests share: one call of the pattern in a fresh stack, and the Terraform that comes of it."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ddb_stream_lambda import Code, DynamoDBStreamsToLambda, PatternError
from cdktf import TerraformStack, Testing
from cdktf_cdktf_provider_aws.provider import AwsProvider

from .emitted import Emitted

# jsii announces at every start that Node.js 20, which cdktf still supports, is past its end of life.
os.environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "20")

HELLO = Path(__file__).parent / "assets" / "hello"
ZIP_FUNCTION = {"code": Code.from_asset(HELLO), "runtime": "python3.13", "handler": "index.handler"}

Draw = Callable[..., Emitted]
Refused = Callable[..., dict[str, str]]


def new_stack(name: str = "orders") -> TerraformStack:
    stack = TerraformStack(Testing.app(), name)
    AwsProvider(stack, "aws", region="eu-west-1")
    return stack


@pytest.fixture
def stack() -> TerraformStack:
    """A stack with the provider, its id "orders"."""
    return new_stack()


@pytest.fixture
def draw(stack: TerraformStack) -> Draw:
    """Makes a pattern "pipeline" of the inputs given, its function a small zip unless they say otherwise."""

    def draw(**inputs: Any) -> Emitted:
        if "existing_lambda_obj" not in inputs:
            inputs["lambda_function_props"] = ZIP_FUNCTION | inputs.get("lambda_function_props", {})
        return Emitted(stack, DynamoDBStreamsToLambda(stack, "pipeline", **inputs))

    return draw


@pytest.fixture
def refused(draw: Draw) -> Refused:
    """The mistakes that inputs are refused for: property to message."""

    def refused(**inputs: Any) -> dict[str, str]:
        with pytest.raises(PatternError) as caught:
            draw(**inputs)
        assert str(caught.value).startswith("orders/pipeline: ")
        return {mistake.property: str(mistake) for mistake in caught.value.mistakes}

    return refused
