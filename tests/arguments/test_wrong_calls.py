"""Whole calls with wrong inputs: each ends in `PatternError`, which names the property, the value and the fix."""

import math
from pathlib import Path
from typing import Any

import pytest
from ddb_stream_lambda import (
    DynamoDBStreamsToLambda,
    DynamoEventSourceProps,
    DynamoTableProps,
    FailureBucketProps,
    LambdaFunctionProps,
    LambdaRoleProps,
    PatternError,
    SqsQueueProps,
)
from cdktf import TerraformVariable
from ddb_stream_lambda.arguments.conforming import fields_of
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.calls import ZIP_FUNCTION, MistakesOf, new_stack
from tests.support.emitted import Emitted

SHAPES: dict[str, type] = {
    "dynamo_table_props": DynamoTableProps,
    "dynamo_event_source_props": DynamoEventSourceProps,
    "lambda_function_props": LambdaFunctionProps,
    "sqs_dlq_queue_props": SqsQueueProps,
    "failure_bucket_props": FailureBucketProps,
    "lambda_role_props": LambdaRoleProps,
}


@pytest.mark.parametrize(
    ("input", "key", "value", "message"),
    [
        ("dynamo_table_props", "hash_key", 1, "must be text (str), not int"),
        ("dynamo_table_props", "sort_key", "at", "unknown; Terraform calls it range_key"),
        ("dynamo_table_props", "count", 2, "a pattern has one of each resource"),
        ("dynamo_event_source_props", "batch_size", "100", "must be a number, not str"),
        ("dynamo_event_source_props", "retry_attempts", 3, "unknown; Terraform calls it maximum_retry_attempts"),
        ("dynamo_event_source_props", "queues", ["q"], "does not apply to DynamoDB streams"),
        ("lambda_function_props", "memory_size", "512", "must be a number, not str"),
        ("lambda_function_props", "memorySize", 512, "unknown; Terraform calls it memory_size"),
        ("lambda_function_props", "tags_all", {}, "the provider computes it"),
        ("sqs_dlq_queue_props", "policy", {}, "must be text (str), not dict"),
        ("sqs_dlq_queue_props", "queue_name", "failed", "unknown; Terraform calls it name"),
        ("sqs_dlq_queue_props", "fifo_queue", True, "only to standard queues"),
        ("failure_bucket_props", "expiration_days", "90", "must be a number, not str"),
        ("failure_bucket_props", "bucket_name", "failed", "unknown; Terraform calls it bucket"),
        ("lambda_role_props", "name", b"worker", "must be text (str), not bytes"),
        ("lambda_role_props", "role_name", "worker", "unknown; Terraform calls it name"),
    ],
)
def test_the_mistake_names_the_property_and_the_value(
    mistakes_of: MistakesOf, input: str, key: str, value: object, message: str
) -> None:
    mistake = mistakes_of(**{input: {key: value}})[f"{input}.{key}"]
    assert mistake.startswith(f"{input}.{key} = {value!r}: ")
    assert message in mistake


@pytest.mark.parametrize("input", SHAPES)
def test_props_that_are_no_mapping_are_refused(input: str) -> None:
    deploy = input == "failure_bucket_props"
    error = error_of({"lambda_function_props": ZIP_FUNCTION, "deploy_failure_bucket": deploy, input: "text"})
    assert error is not None
    assert f"{input} = 'text': must be a mapping of arguments" in str(error)


def test_a_long_value_is_shortened(mistakes_of: MistakesOf) -> None:
    message = mistakes_of(dynamo_table_props={"billing_mode": "x" * 5000})["dynamo_table_props.billing_mode"]
    assert len(message) < 300
    assert "…" in message


JUNK: st.SearchStrategy[Any] = st.recursive(
    st.sampled_from([None, True, False, 0, -1, 3, 10**12, 1.5, math.nan, math.inf, "", "text", "arn:aws:x", b"bytes"])
    | st.text(max_size=5)
    | st.sampled_from([object(), Path("x"), {1, 2}, range(3), print, int, new_stack, 3j, "${var.x}", {"a": "b"}]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5) | st.integers(), inner, max_size=3),
    max_leaves=6,
)
ARGUMENTS = st.sampled_from([(input, key) for input, shape in SHAPES.items() for key in fields_of(shape)])


@settings(max_examples=400)
@given(argument=ARGUMENTS, value=JUNK)
def test_any_value_of_an_argument_is_accepted_or_refused_by_its_name(argument: tuple[str, str], value: object) -> None:
    input, key = argument
    props = (ZIP_FUNCTION if input == "lambda_function_props" else {}) | {key: value}
    deploy = input == "failure_bucket_props"
    error = error_of({"lambda_function_props": ZIP_FUNCTION, "deploy_failure_bucket": deploy, input: props})
    assert error is None or all(mistake.property.startswith(f"{input}.") for mistake in error.mistakes)


@settings(max_examples=150)
@given(inputs=st.dictionaries(st.sampled_from([*SHAPES, "existing_lambda_obj", "existing_table_interface"]), JUNK))
def test_any_inputs_are_accepted_or_refused(inputs: dict[str, Any]) -> None:
    error = error_of(inputs)
    assert error is None or len(str(error).splitlines()) <= 1 + len(error.mistakes)


def error_of(inputs: dict[str, Any]) -> PatternError | None:
    """Return the error of a call; None if the call is accepted and its stack can be synthesized."""
    stack = new_stack()
    TerraformVariable(stack, "x")
    try:
        pattern = DynamoDBStreamsToLambda(stack, "pipeline", **inputs)
    except PatternError as error:
        return error
    assert Emitted(stack, pattern).config
    return None
