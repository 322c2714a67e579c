"""Fixtures: one call of the pattern in a new stack, and the Terraform or the mistakes that it gives."""

import os
from typing import Any

import pytest
from ddb_stream_lambda import DynamoDBStreamsToLambda, PatternError
from cdktf import TerraformStack

from tests.support.calls import ZIP_FUNCTION, Emit, MistakesOf, new_stack
from tests.support.emitted import Emitted

# jsii warns at every start that Node.js 20, which cdktf still supports, is past its end of life.
os.environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "20")


@pytest.fixture
def stack() -> TerraformStack:
    """A stack with the provider; its id is "orders"."""
    return new_stack()


@pytest.fixture
def emit(stack: TerraformStack) -> Emit:
    """Synthesize a pattern "pipeline" with the inputs given; its function is a small zip archive by default."""

    def emit(**inputs: Any) -> Emitted:
        if "existing_lambda_obj" not in inputs:
            inputs["lambda_function_props"] = ZIP_FUNCTION | inputs.get("lambda_function_props", {})
        return Emitted(stack, DynamoDBStreamsToLambda(stack, "pipeline", **inputs))

    return emit


@pytest.fixture
def mistakes_of(emit: Emit) -> MistakesOf:
    """Return the mistakes that the call is refused for: property to message."""

    def mistakes_of(**inputs: Any) -> dict[str, str]:
        with pytest.raises(PatternError) as caught:
            emit(**inputs)
        assert str(caught.value).startswith("orders/pipeline: ")
        return {mistake.property: str(mistake) for mistake in caught.value.mistakes}

    return mistakes_of
