"""Fixtures: a stack, and calls of the pattern in it."""

from typing import Any

import pytest
from ddb_stream_lambda import DynamoDBStreamsToLambda, PatternError
from cdktf import TerraformStack

from tests.support.calls import ZIP_FUNCTION, Emit, MistakesOf, new_stack
from tests.support.emitted import Emitted

# A real search engine for the tests that need one.
pytest_plugins = ["tests.engines.plugin"]


@pytest.fixture
def stack() -> TerraformStack:
    """A stack with the provider; its id is "orders"."""
    return new_stack()


@pytest.fixture
def emit(stack: TerraformStack) -> Emit:
    """Create a pattern "pipeline" with the given inputs. The default of its function is `ZIP_FUNCTION`."""

    def emit(**inputs: Any) -> Emitted:
        if "existing_lambda_obj" not in inputs:
            inputs["lambda_function_props"] = {**ZIP_FUNCTION, **inputs.get("lambda_function_props", {})}
        return Emitted(stack, DynamoDBStreamsToLambda(stack, "pipeline", **inputs))

    return emit


@pytest.fixture
def mistakes_of(emit: Emit) -> MistakesOf:
    """Create a pattern with wrong inputs. Return the mistakes: property to message."""

    def mistakes_of(**inputs: Any) -> dict[str, str]:
        with pytest.raises(PatternError) as caught:
            emit(**inputs)
        assert str(caught.value).startswith("orders/pipeline: ")
        return {mistake.property: str(mistake) for mistake in caught.value.mistakes}

    return mistakes_of
