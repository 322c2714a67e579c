"""Errors inside the construct: those of the engine become `PatternError`, and bugs of the package stay themselves."""

import traceback
from typing import NoReturn

import pytest
from ddb_stream_lambda import PatternError
from cdktf import App, TerraformStack
from ddb_stream_lambda._engine.failures import is_engine_error, reason_of
from ddb_stream_lambda.resources import table
from jsii.errors import JSIIError

from tests.support.calls import Emit


@pytest.fixture
def engine_error() -> RuntimeError:
    """An error of JavaScript: a second stack with the same id."""
    app = App()
    TerraformStack(app, "orders")
    with pytest.raises(RuntimeError) as caught:
        TerraformStack(app, "orders")
    return caught.value


def break_the_table(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def build_table(**_: object) -> NoReturn:
        raise error

    monkeypatch.setattr(table, "build_table", build_table)


@pytest.mark.parametrize(
    "error",
    [RecursionError("maximum recursion depth exceeded"), RuntimeError("a bug"), JSIIError("no answer"), KeyError("a")],
    ids=lambda error: type(error).__name__,
)
def test_a_bug_of_the_package_reaches_the_user_with_its_traceback(
    emit: Emit, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    break_the_table(monkeypatch, error)
    with pytest.raises(type(error)) as caught:
        emit()
    assert caught.value is error
    assert "build_table" in {frame.name for frame in traceback.extract_tb(error.__traceback__)}


def test_a_real_recursion_reaches_the_user(emit: Emit, monkeypatch: pytest.MonkeyPatch) -> None:
    def build_table(**arguments: object) -> NoReturn:
        build_table(**arguments)

    monkeypatch.setattr(table, "build_table", build_table)
    with pytest.raises(RecursionError):
        emit()


def shows_only_itself(error: BaseException) -> bool:
    """Return whether a traceback of the error shows no other error."""
    return error.__cause__ is None and (error.__suppress_context__ or error.__context__ is None)


def test_a_scope_that_refuses_the_construct_is_reported_in_one_line(emit: Emit, stack: TerraformStack) -> None:
    stack.node.lock()
    with pytest.raises(PatternError) as caught:
        emit()
    assert 'the scope refuses it: Cannot add children to "orders" during synthesis' in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
    assert shows_only_itself(caught.value)


def test_an_engine_error_during_the_construction_is_reported_in_one_line(
    emit: Emit, monkeypatch: pytest.MonkeyPatch, engine_error: RuntimeError
) -> None:
    break_the_table(monkeypatch, engine_error)
    with pytest.raises(PatternError) as caught:
        emit()
    (mistake,) = caught.value.mistakes
    assert mistake.property == "construct"
    assert str(caught.value) == (
        "orders/pipeline: construct = 'orders/pipeline': cdktf refused it: There is already a Construct with name"
        " 'orders' in App; correct the construct, or the values that it was given"
    )
    assert shows_only_itself(caught.value)


class TestIsEngineError:
    def test_is_true_for_an_error_of_javascript(self, engine_error: RuntimeError) -> None:
        assert is_engine_error(engine_error)

    @pytest.mark.parametrize("error", [RuntimeError("a bug"), RecursionError(), JSIIError("no answer")])
    def test_is_false_for_an_error_of_python(self, error: Exception) -> None:
        assert not is_engine_error(error)


def test_the_reason_is_the_first_line_without_the_stack(engine_error: RuntimeError) -> None:
    assert reason_of(engine_error) == "There is already a Construct with name 'orders' in App"
