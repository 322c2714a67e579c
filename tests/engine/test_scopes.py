"""The location of a construct in the tree."""

import pytest
from cdktf import App, TerraformStack
from constructs import Construct
from ddb_stream_lambda._engine.scopes import locate


def test_a_stack_is_located(stack: TerraformStack) -> None:
    location = locate(stack)
    assert location is not None
    assert (location.path, location.stack) == ("orders", stack)


def test_a_construct_in_a_stack_is_located(stack: TerraformStack) -> None:
    location = locate(Construct(stack, "billing"))
    assert location is not None
    assert (location.path, location.stack) == ("orders/billing", stack)


def test_a_construct_outside_every_stack_has_no_location() -> None:
    assert locate(Construct(App(), "loose")) is None


@pytest.mark.parametrize("value", [None, "stack", TerraformStack])
def test_a_value_that_is_no_construct_has_no_location(value: object) -> None:
    assert locate(value) is None
