"""The checks of single values: each adds one mistake for a wrong value, and none for a Terraform expression."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from cdktf import Token
from ddb_stream_lambda.arguments.checks import check_choice, check_name, check_present, check_ranges, check_timeouts
from ddb_stream_lambda.errors import Mistakes
from ddb_stream_lambda.limits import NameRule, Range

from tests.support.mistakes import messages_of

RANGES = {"size": Range(1, 10, "records", also=(-1,))}
NAME = NameRule(2, 4, "a-z")


def present(arguments: Mapping[str, Any]) -> Callable[[Mistakes], None]:
    return lambda mistakes: check_present(("name", "key"), arguments=arguments, property="props", mistakes=mistakes)


def ranges(value: object) -> Callable[[Mistakes], None]:
    arguments = {"size": value, "other": 99}
    return lambda mistakes: check_ranges(RANGES, arguments=arguments, property="props", mistakes=mistakes)


def choice(value: object) -> Callable[[Mistakes], None]:
    return lambda mistakes: check_choice(("Active", "PassThrough"), value=value, property="mode", mistakes=mistakes)


def name(value: object) -> Callable[[Mistakes], None]:
    return lambda mistakes: check_name(NAME, value=value, property="name", mistakes=mistakes)


def test_a_missing_argument_is_a_mistake() -> None:
    assert messages_of(present({"key": "id"})) == {"props.name": "AWS requires it; add it"}


def test_an_argument_that_is_there_is_none() -> None:
    assert messages_of(present({"key": "id", "name": "orders"})) == {}


@pytest.mark.parametrize("value", [0, 11, -2, 1.5])
def test_a_number_outside_the_range_is_a_mistake(value: float) -> None:
    assert messages_of(ranges(value)) == {"props.size": "must be -1 or 1 to 10 records"}


@pytest.mark.parametrize("value", [1, 10, 5.0, -1])
def test_a_number_in_the_range_is_none(value: float) -> None:
    assert messages_of(ranges(value)) == {}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("active", "must be Active or PassThrough; did you mean Active?"),
        ("Passthru", "must be Active or PassThrough; did you mean PassThrough?"),
        ("", "must be Active or PassThrough"),
    ],
)
def test_a_string_that_is_no_choice_is_a_mistake(value: str, message: str) -> None:
    assert messages_of(choice(value)) == {"mode": message}


def test_a_choice_is_none() -> None:
    assert messages_of(choice("Active")) == {}


@pytest.mark.parametrize("value", ["a", "abcde", "A1", ""])
def test_a_name_that_breaks_the_rule_is_a_mistake(value: str) -> None:
    message = "must be 2 to 4 characters of a-z; leave it out to use a name from the construct's path"
    assert messages_of(name(value)) == {"name": message}


def test_a_name_that_keeps_the_rule_is_none() -> None:
    assert messages_of(name("abc")) == {}


@pytest.mark.parametrize("check", [ranges, choice, name])
def test_a_terraform_expression_is_not_checked(check: Callable[[object], Callable[[Mistakes], None]]) -> None:
    for expression in (Token.as_number({"a": 1}), Token.as_string({"a": 1}), Token.as_any({"a": 1}), "${var.a}"):
        assert messages_of(check(expression)) == {}


def timeouts(value: object) -> Callable[[Mistakes], None]:
    return lambda mistakes: check_timeouts({"timeouts": value}, property="props", mistakes=mistakes)


@pytest.mark.parametrize("value", ["30m", "1h30m", "1.5h", "${var.timeout}"])
def test_a_duration_and_an_expression_are_no_mistake(value: str) -> None:
    assert messages_of(timeouts({"create": value})) == {}


@pytest.mark.parametrize("value", ["", "30", "30 m", "half an hour"])
def test_another_duration_is_a_mistake(value: str) -> None:
    mistakes = messages_of(timeouts({"create": value, "delete": "5m"}))
    assert mistakes == {"props.timeouts.create": "must be a duration, such as 30m or 1h30m"}


def test_timeouts_that_are_missing_or_an_expression_are_no_mistake() -> None:
    assert messages_of(timeouts(None)) == {}
    assert messages_of(timeouts("${var.timeouts}")) == {}
