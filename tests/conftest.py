"""Fixtures: a stack, and calls of the pattern in it. Hooks: the number of processes, and the order of the files."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from ddb_stream_lambda import DynamoDBStreamsToLambda, PatternError
from cdktf import TerraformStack
from hypothesis import HealthCheck, settings

from tests.support.calls import ZIP_FUNCTION, Emit, MistakesOf, new_stack
from tests.support.emitted import Emitted

# A real search engine for the tests that need one.
pytest_plugins = ["tests.engines.plugin"]

# An example of a property takes as long as the machine's other work lets it.
settings.register_profile("any-speed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any-speed")

# A deployment waits for the emulator about half of its time, and other tests can use the core then.
MORE_WORKERS_THAN_CORES = 2
# The fixtures of the tests that take long: a deployment, and Terraform with its provider.
LONG_FIXTURES = ("emulator", "provider")


@pytest.hookimpl(wrapper=True, optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> Generator[None, int, int]:
    """Start more processes than cores, unless the deployments are deselected."""
    return (yield) + (0 if config.option.markexpr else MORE_WORKERS_THAN_CORES)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the files with the longest tests first in the processes of xdist, which get whole files in this order."""
    if not hasattr(config, "workerinput"):
        return
    ranks: dict[Path, int] = {}
    for item in items:
        names = getattr(item, "fixturenames", ())
        rank = next((rank for rank, name in enumerate(LONG_FIXTURES) if name in names), len(LONG_FIXTURES))
        ranks[item.path] = min(rank, ranks.get(item.path, rank))
    items.sort(key=lambda item: ranks[item.path])


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
