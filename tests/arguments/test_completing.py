"""The merge of the user's props over the defaults, and the check of required arguments in blocks."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import pytest
from ddb_stream_lambda import DynamoEventSourceProps, DynamoTableProps, LambdaFunctionProps
from cdktf import Token
from ddb_stream_lambda._engine.creation import StringMap
from ddb_stream_lambda.arguments.completing import complete, merge
from ddb_stream_lambda.errors import Mistakes
from hypothesis import given
from hypothesis import strategies as st

from tests.support.mistakes import messages_of

SCALARS = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["a", "b"])
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("xyz"), inner, max_size=3),
    max_leaves=8,
)
ARGUMENTS = st.dictionaries(st.sampled_from("xyz"), VALUES, max_size=3)


def arguments_of(shape: type, props: object, defaults: Any = None) -> dict[str, Any]:
    """Return the complete arguments of props without mistakes."""
    mistakes = Mistakes("orders/pipeline")
    arguments = complete(shape, props, defaults=defaults or {}, property="props", mistakes=mistakes)
    assert mistakes.found == []
    return arguments


def holds_none(value: object) -> bool:
    """Return whether a block in the value holds None. A list may hold None, since it is replaced as a whole."""
    match value:
        case dict():
            return any(item is None or holds_none(item) for item in value.values())
        case list():
            return any(map(holds_none, value))
        case _:
            return False


class TestMerge:
    @pytest.mark.parametrize(
        ("defaults", "given", "merged"),
        [
            ({"a": 1}, {}, {"a": 1}),
            ({}, {"a": 1}, {"a": 1}),
            ({"a": 1, "b": 2}, {"a": 3}, {"a": 3, "b": 2}),
            ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
            ({"a": {"b": 1, "c": 2}}, {"a": {"c": 3}}, {"a": {"b": 1, "c": 3}}),
            ({"a": {"b": {"c": 1, "d": 2}}}, {"a": {"b": {"d": 3}}}, {"a": {"b": {"c": 1, "d": 3}}}),
            ({"a": {"b": 1}}, {"a": "x"}, {"a": "x"}),
            ({"a": "x"}, {"a": {"b": 1}}, {"a": {"b": 1}}),
            ({"a": 1, "b": 2}, {"a": None}, {"b": 2}),
            ({"a": {"b": 1, "c": 2}}, {"a": {"b": None}}, {"a": {"c": 2}}),
            ({"a": {"b": 1}}, {"a": None}, {}),
            ({}, {"a": {"b": None}}, {"a": {}}),
            ({}, {"a": [{"b": None, "c": 1}]}, {"a": [{"c": 1}]}),
        ],
    )
    def test_examples(self, defaults: dict[str, Any], given: dict[str, Any], merged: dict[str, Any]) -> None:
        assert merge(defaults, given) == merged

    def test_keeps_the_type_of_a_map(self) -> None:
        defaults = {"variables": StringMap(A="1", B="2")}
        merged = merge(defaults, {"variables": StringMap(B="3")})
        assert merged == {"variables": {"A": "1", "B": "3"}}
        assert isinstance(merged["variables"], StringMap)

    def test_replaces_a_map_by_a_terraform_expression(self) -> None:
        expression = Token.as_string_map({"a": 1})
        assert merge({"tags": {"A": "1"}}, {"tags": expression}) == {"tags": expression}

    @given(defaults=ARGUMENTS, given=ARGUMENTS)
    def test_is_deep_for_blocks_and_replaces_other_values(
        self, defaults: dict[str, Any], given: dict[str, Any]
    ) -> None:
        merged = merge(defaults, given)
        for key in defaults.keys() | given.keys():
            value = given.get(key, defaults.get(key))
            if value is None:
                assert key not in merged
            elif isinstance(value, dict) and isinstance(defaults.get(key), dict):
                assert merged[key] == merge(defaults[key], given.get(key, {}))
            else:
                assert merged[key] == merge({}, {key: value})[key]
        assert merged.keys() <= defaults.keys() | given.keys()

    @given(defaults=ARGUMENTS, given=ARGUMENTS)
    def test_leaves_no_none_in_a_block(self, defaults: dict[str, Any], given: dict[str, Any]) -> None:
        assert not holds_none(merge(defaults, given))

    @given(defaults=ARGUMENTS, given=ARGUMENTS)
    def test_gives_the_same_result_a_second_time(self, defaults: dict[str, Any], given: dict[str, Any]) -> None:
        merged = merge(defaults, given)
        assert merge(merged, given) == merged

    @given(defaults=ARGUMENTS, given=ARGUMENTS)
    def test_does_not_change_its_arguments(self, defaults: dict[str, Any], given: dict[str, Any]) -> None:
        before = deepcopy((defaults, given))
        merge(defaults, given)
        assert (defaults, given) == before


class TestComplete:
    def test_returns_the_props_over_the_defaults(self) -> None:
        defaults = {"batch_size": 100, "enabled": True}
        arguments = arguments_of(DynamoEventSourceProps, {"batch_size": 7}, defaults)
        assert arguments == {"batch_size": 7, "enabled": True}

    def test_returns_the_defaults_without_props(self) -> None:
        assert arguments_of(DynamoEventSourceProps, None, {"batch_size": 100}) == {"batch_size": 100}

    def test_gives_the_props_to_a_function_that_returns_the_defaults(self) -> None:
        def defaults(given: Mapping[str, Any]) -> dict[str, Any]:
            return {"handler": f"{given['runtime']}.handler"}

        arguments = arguments_of(LambdaFunctionProps, {"runtime": "python3.13"}, defaults)
        assert arguments == {"handler": "python3.13.handler", "runtime": "python3.13"}

    @pytest.mark.parametrize(
        ("shape", "props", "wrong"),
        [
            (DynamoEventSourceProps, {"destination_config": {"on_failure": {}}}, "on_failure.destination_arn"),
            (DynamoTableProps, {"attribute": [{"name": "id"}]}, "attribute[0].type"),
            (DynamoTableProps, {"attribute": [{"name": "id", "type": None}]}, "attribute[0].type"),
            (DynamoTableProps, {"global_secondary_index": [{}]}, "global_secondary_index[0].name"),
            (LambdaFunctionProps, {"vpc_config": {"subnet_ids": ["s"]}}, "vpc_config.security_group_ids"),
            (LambdaFunctionProps, {"vpc_config": {"subnet_ids": None}}, "vpc_config.subnet_ids"),
        ],
    )
    def test_requires_the_arguments_of_a_block(self, shape: type, props: object, wrong: str) -> None:
        messages = messages_of(
            lambda mistakes: complete(shape, props, defaults={}, property="props", mistakes=mistakes)
        )
        (message,) = [message for property, message in messages.items() if property.endswith(wrong)]
        assert message == "is required in this block; add it"

    def test_accepts_a_block_whose_required_argument_is_a_default(self) -> None:
        defaults = {"attribute": [{"name": "id", "type": "S"}], "ttl": {"attribute_name": "expires"}}
        assert arguments_of(DynamoTableProps, {"ttl": {"enabled": True}}, defaults) == {
            "attribute": [{"name": "id", "type": "S"}],
            "ttl": {"attribute_name": "expires", "enabled": True},
        }
