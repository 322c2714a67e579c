"""Filter patterns are evaluated as Lambda evaluates them."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from ddb_stream_lambda import begins_with, ends_with, exists, filter_pattern, is_equal, not_equals, not_exists, or_
from ddb_stream_lambda.operations.errors import OperationError
from ddb_stream_lambda.operations.redriving.filters import Filters
from hypothesis import given
from hypothesis import strategies as st

from .fakes import FIRST, lambda_record

RECORD = lambda_record(
    FIRST,
    status={"S": "Open"},
    total={"N": "5"},
    gone={"NULL": True},
    tags={"SS": ["a", "b"]},
    list={"L": [{"S": "x"}, {"M": {"city": {"S": "Rome"}}}]},
    address={"M": {"city": {"S": "Oslo"}}},
)


def matches(pattern: dict[str, Any], record: dict[str, Any] = RECORD) -> bool:
    return Filters([json.dumps(pattern)]).match(record)


def image(**conditions: Any) -> dict[str, Any]:
    return {"dynamodb": {"NewImage": conditions}}


def test_record_passes_if_there_are_no_filters_or_one_matches() -> None:
    insert, modify = ({"eventName": [name]} for name in ("INSERT", "MODIFY"))
    assert Filters([]).match(RECORD)
    assert not Filters([json.dumps(insert)]).match(RECORD)
    assert Filters([json.dumps(insert), json.dumps(modify)]).match(RECORD)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ({}, True),
        ({"eventName": ["INSERT", "MODIFY"]}, True),
        ({"eventName": ["MODIFY"], "eventSource": ["aws:other"]}, False),
        (image(status={"S": ["open"]}), False),
        (image(status={"S": [{"equals-ignore-case": "open"}]}), True),
        (image(status={"S": [{"prefix": "Op"}]}), True),
        (image(status={"S": [{"prefix": {"equals-ignore-case": "oP"}}]}), True),
        (image(status={"S": [{"suffix": "en"}]}), True),
        (image(status={"S": [{"suffix": "Op"}]}), False),
        (image(status={"S": [{"anything-but": ["Closed"]}]}), True),
        (image(status={"S": [{"anything-but": "Open"}]}), False),
        (image(status={"S": [{"anything-but": {"prefix": "O"}}]}), False),
        (image(missing={"S": [{"anything-but": ["x"]}]}), False),
        (image(missing={"S": [{"exists": False}]}), True),
        (image(status={"S": [{"exists": False}]}), False),
        (image(status={"S": [{"exists": True}]}), True),
        (image(status=[{"exists": True}]), False),  # an object is not a value
        (image(gone={"NULL": [True]}), True),
        (image(gone={"NULL": [1]}), False),
        (image(total={"N": ["5"]}), True),
        (image(total={"N": [5]}), False),
        (image(tags={"SS": ["b"]}), True),
        (image(tags={"SS": ["c"]}), False),
        (image(list={"L": {"S": ["x"]}}), True),
        (image(list={"L": {"M": {"city": {"S": ["Rome"]}}}}), True),
        (image(address={"M": {"city": {"S": ["Oslo"]}}}), True),
        ({"dynamodb": {"OldImage": {"id": {"S": [{"exists": False}]}}}}, True),
        ({"dynamodb": {"SizeBytes": [{"numeric": [">", 10, "<=", 20]}]}}, True),
        ({"dynamodb": {"SizeBytes": [{"numeric": ["<", 20]}]}}, False),
        ({"dynamodb": {"SizeBytes": [20.0]}}, True),
        ({"$or": [{"eventName": ["INSERT"]}, {"eventVersion": ["1.1"]}]}, True),
        ({"$or": [{"eventName": ["INSERT"]}, {"eventVersion": ["2"]}], "eventName": ["MODIFY"]}, False),
    ],
)
def test_pattern(pattern: dict[str, Any], expected: bool) -> None:
    assert matches(pattern) is expected


@pytest.mark.parametrize(
    "condition", [{"wildcard": "a*"}, {"cidr": "10.0.0.0/8"}, {"prefix": 5}, {"prefix": "a", "suffix": "b"}, {}]
)
def test_operator_that_is_not_supported_is_an_error_that_names_the_option(condition: dict[str, Any]) -> None:
    with pytest.raises(OperationError, match="--no-filter"):
        Filters([json.dumps({"eventName": ["INSERT", condition], "dynamodb": {"Keys": {"id": {"S": ["a"]}}}})])


texts = st.text(alphabet="abA", max_size=3)


def has(test: Callable[[str, str], bool]) -> Callable[[str | None, str], bool]:
    return lambda value, operand: value is not None and test(value, operand)


rules: dict[str, tuple[Callable[[str], Any], Callable[[str | None, str], bool]]] = {
    "equal": (is_equal, lambda value, operand: value == operand),
    "not_equal": (not_equals, has(str.__ne__)),
    "prefix": (begins_with, has(str.startswith)),
    "suffix": (ends_with, has(str.endswith)),
    "exists": (lambda operand: exists("S"), lambda value, operand: value is not None),
    "not_exists": (lambda operand: not_exists("S"), lambda value, operand: value is None),
}
conditions = st.tuples(st.sampled_from(sorted(rules)), texts)


@given(value=st.none() | texts, first=conditions, second=conditions)
def test_rules_of_the_library_match_what_their_documentation_says(  # prose: allow says
    value: str | None, first: tuple[str, str], second: tuple[str, str]
) -> None:
    image: dict[str, Any] = {} if value is None else {"attribute": {"S": value}}
    record = lambda_record(FIRST, **image)
    built: list[Any] = []
    expected: list[bool] = []
    for name, operand in (first, second):
        build, holds = rules[name]
        built.append(build(operand))
        expected.append(holds(value, operand))
    for rule, result in zip(built, expected, strict=True):
        assert matches(filter_pattern(new_image={"attribute": rule}), record) is result
    assert matches(filter_pattern(new_image={"attribute": or_(*built)}), record) is any(expected)
