"""Wrong calls of every kind end in the package's own error, which names the property, the value and the way out."""

import math
from pathlib import Path
from typing import Any

import pytest
from ddb_stream_lambda import (
    Code,
    DynamoDBStreamsToLambda,
    DynamoEventSourceProps,
    DynamoTableProps,
    LambdaFunctionProps,
    LambdaRoleProps,
    PatternError,
    SqsQueueProps,
)
from cdktf import TerraformVariable
from cdktf_cdktf_provider_aws.sqs_queue import SqsQueueConfig
from ddb_stream_lambda.arguments.conforming import fields_of
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.calls import ZIP_FUNCTION, MistakesOf, new_stack
from tests.support.emitted import Emitted

TABLE, MAPPING = "dynamo_table_props", "dynamo_event_source_props"
FUNCTION, QUEUE, ROLE = "lambda_function_props", "sqs_dlq_queue_props", "lambda_role_props"
SHAPES = {
    TABLE: DynamoTableProps,
    MAPPING: DynamoEventSourceProps,
    FUNCTION: LambdaFunctionProps,
    QUEUE: SqsQueueProps,
    ROLE: LambdaRoleProps,
}

# The input, what is given, the property that is named, and a part of the way out.
WRONG_TYPES = [
    (MAPPING, {"batch_size": True}, "batch_size", "must be a number, not bool"),
    (MAPPING, {"batch_size": "100"}, "batch_size", "must be a number, not str"),
    (MAPPING, {"batch_size": 1.5}, "batch_size", "must be a whole number"),
    (MAPPING, {"batch_size": math.nan}, "batch_size", "must be a whole number"),
    (MAPPING, {"batch_size": math.inf}, "batch_size", "must be a whole number"),
    (MAPPING, {"batch_size": [100]}, "batch_size", "must be a number, not list"),
    (MAPPING, {"bisect_batch_on_function_error": 1}, "bisect_batch_on_function_error", "must be True or False"),
    (MAPPING, {"bisect_batch_on_function_error": "true"}, "bisect_batch_on_function_error", "must be True or False"),
    (MAPPING, {"enabled": 0}, "enabled", "must be True or False"),
    (MAPPING, {"starting_position": 1}, "starting_position", "must be text (str), not int"),
    (MAPPING, {"filter_criteria": []}, "filter_criteria", "must be a block: a mapping of filter"),
    (MAPPING, {"filter_criteria": {"filter": {"pattern": "{}"}}}, "filter_criteria.filter", "must be a list"),
    (MAPPING, {"filter_criteria": {"filter": ["{}"]}}, "filter_criteria.filter[0]", "must be a block"),
    (MAPPING, {"filter_criteria": {"filter": [{"pattern": {}}]}}, "filter_criteria.filter[0].pattern", "must be text"),
    (MAPPING, {"function_response_types": "ReportBatchItemFailures"}, "function_response_types", "must be a list"),
    (MAPPING, {"tags": ["a"]}, "tags", "must be a mapping of text"),
    (MAPPING, {"tags": {"a": 1}}, "tags.a", "must be text"),
    (MAPPING, {"tags": {1: "a"}}, "tags key", "must be text"),
    (MAPPING, {"depends_on": ["policy"]}, "depends_on[0]", "must be a resource or module of the app"),
    (MAPPING, {"destination_config": {"on_failure": "arn"}}, "destination_config.on_failure", "must be a block"),
    (MAPPING, {"destination_config": {"on_failure": {}}}, "destination_config.on_failure.destination_arn", "required"),
    (TABLE, {"attribute": [{"name": "id", "type": None}]}, "attribute[0].type", "is required in this block"),
    (FUNCTION, {"vpc_config": {"subnet_ids": None}}, "vpc_config.subnet_ids", "is required in this block"),
    (TABLE, {"attribute": {"name": "id", "type": "S"}}, "attribute", "must be a list"),
    (TABLE, {"attribute": [{"name": "id"}]}, "attribute[0].type", "is required in this block"),
    (TABLE, {"attribute": [{"name": "id", "type": "String"}]}, "attribute[0].type", "must be S or N or B"),
    (TABLE, {"hash_key": None}, "hash_key", "AWS requires it"),
    (TABLE, {"name": None}, "name", "AWS requires it"),
    (FUNCTION, {"function_name": None}, "function_name", "AWS requires it"),
    (MAPPING, {"starting_position": None}, "starting_position", "AWS requires it"),
    (TABLE, {"hash_key": 1}, "hash_key", "must be text"),
    (TABLE, {"ttl": "expires"}, "ttl", "must be a block: a mapping of"),
    (TABLE, {"lifecycle": {"prevent_destroy": "no"}}, "lifecycle.prevent_destroy", "must be True or False"),
    (TABLE, {"provider": "aws"}, "provider", "must be a TerraformProvider"),
    (TABLE, {"global_secondary_index": [{}]}, "global_secondary_index[0].name", "is required in this block"),
    (TABLE, {"server_side_encryption": True}, "server_side_encryption", "must be a block"),
    (FUNCTION, {"environment": {"variables": {"A": None}}}, "environment.variables.A", "must be text"),
    (FUNCTION, {"environment": {"variables": {"A": 1}}}, "environment.variables.A", "must be text"),
    (FUNCTION, {"environment": {"A": "1"}}, "environment.A", "unknown"),
    (FUNCTION, {"layers": "arn"}, "layers", "must be a list"),
    (FUNCTION, {"memory_size": "512"}, "memory_size", "must be a number"),
    (FUNCTION, {"runtime": 3.13}, "runtime", "must be text"),
    (FUNCTION, {"handler": None}, "handler", "a zip archive needs it"),
    (FUNCTION, {"vpc_config": {"subnet_ids": "subnet-1"}}, "vpc_config.subnet_ids", "must be a list"),
    (FUNCTION, {"vpc_config": {"subnet_ids": ["s"]}}, "vpc_config.security_group_ids", "is required"),
    (QUEUE, {"message_retention_seconds": "14d"}, "message_retention_seconds", "must be a number"),
    (QUEUE, {"kms_master_key_id": 5}, "kms_master_key_id", "must be text"),
    (QUEUE, {"policy": {"Version": "2012-10-17"}}, "policy", "must be text"),
    (ROLE, {"name": b"worker"}, "name", "must be text"),
    (ROLE, {"tags": "a=b"}, "tags", "must be a mapping"),
]
# The input, the unknown key, and what the message says of it.
UNKNOWN_KEYS = [
    (MAPPING, "retry_attempts", "Terraform calls it maximum_retry_attempts"),
    (MAPPING, "retryAttempts", "Terraform calls it maximum_retry_attempts"),
    (MAPPING, "max_record_age", "Terraform calls it maximum_record_age_in_seconds"),
    (MAPPING, "bisect_batch_on_error", "Terraform calls it bisect_batch_on_function_error"),
    (MAPPING, "on_failure", "Terraform calls it destination_config"),
    (MAPPING, "report_batch_item_failures", "function_response_types"),
    (MAPPING, "filters", "Terraform calls it filter_criteria"),
    (MAPPING, "batchSize", "Terraform calls it batch_size"),
    (MAPPING, "batch_sise", "did you mean batch_size?"),
    (MAPPING, "xyzzy", "the known names are batch_size"),
    (TABLE, "partition_key", "Terraform calls it hash_key"),
    (TABLE, "sort_key", "Terraform calls it range_key"),
    (TABLE, "removal_policy", "lifecycle.prevent_destroy"),
    (TABLE, "tableName", "Terraform calls it name"),
    (TABLE, "stream", "Terraform calls it stream_view_type"),
    (TABLE, "encryption", "server_side_encryption"),
    (TABLE, "point_in_time_recovry", "did you mean point_in_time_recovery?"),
    (TABLE, "count", "a pattern has one of each resource"),
    (TABLE, "for_each", "a pattern has one of each resource"),
    (TABLE, "id", "the provider computes it"),
    (FUNCTION, "environment_variables", "environment.variables"),
    (FUNCTION, "tracing", "tracing_config"),
    (FUNCTION, "log_retention", "the pattern's log_group property"),
    (FUNCTION, "name", "Terraform calls it function_name"),
    (FUNCTION, "memorySize", "Terraform calls it memory_size"),
    (FUNCTION, "tags_all", "the provider computes it"),
    (QUEUE, "retention_period", "Terraform calls it message_retention_seconds"),
    (QUEUE, "queue_name", "Terraform calls it name"),
    (QUEUE, "visibility_timeout", "Terraform calls it visibility_timeout_seconds"),
    (ROLE, "role_name", "Terraform calls it name"),
]


@pytest.mark.parametrize(("input", "props", "wrong", "way_out"), WRONG_TYPES)
def test_a_value_of_another_type_is_refused(
    mistakes_of: MistakesOf, input: str, props: dict[str, Any], wrong: str, way_out: str
) -> None:
    message = mistakes_of(**{input: props})[f"{input}.{wrong}"]
    assert way_out in message


@pytest.mark.parametrize(("input", "key", "way_out"), UNKNOWN_KEYS)
def test_an_unknown_key_is_refused(mistakes_of: MistakesOf, input: str, key: str, way_out: str) -> None:
    message = mistakes_of(**{input: {key: "given"}})[f"{input}.{key}"]
    assert message.startswith(f"{input}.{key} = 'given': ")
    assert way_out in message


@pytest.mark.parametrize("input", SHAPES)
@pytest.mark.parametrize("props", ["text", 3, [("batch_size", 1)], Path(), Code.from_asset(".")])
def test_props_that_are_no_mapping_are_refused(input: str, props: object) -> None:
    with pytest.raises(PatternError, match="must be a mapping of arguments") as caught:
        DynamoDBStreamsToLambda(new_stack(), "pipeline", **({FUNCTION: ZIP_FUNCTION} | {input: props}))
    assert input in [mistake.property for mistake in caught.value.mistakes]


def test_the_struct_of_another_resource_is_refused(mistakes_of: MistakesOf) -> None:
    mistakes = mistakes_of(dynamo_table_props=SqsQueueConfig(kms_master_key_id="alias/x", delay_seconds=3))
    assert set(mistakes) == {"dynamo_table_props.kms_master_key_id", "dynamo_table_props.delay_seconds"}


def test_a_long_value_is_shown_in_part(mistakes_of: MistakesOf) -> None:
    message = mistakes_of(dynamo_table_props={"billing_mode": "x" * 5000})["dynamo_table_props.billing_mode"]
    assert len(message) < 300
    assert "…" in message


JUNK = st.recursive(
    st.sampled_from([None, True, False, 0, -1, 3, 10**12, 1.5, math.nan, math.inf, "", "text", "arn:aws:x", b"bytes"])
    | st.text(max_size=5)
    | st.sampled_from([object(), Path("x"), {1, 2}, range(3), print, int, new_stack, 3j, "${var.x}", {"a": "b"}]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5) | st.integers(), inner, max_size=3),
    max_leaves=6,
)
ARGUMENTS = st.sampled_from([(input, key) for input, shape in SHAPES.items() for key in fields_of(shape)])


@settings(max_examples=400, deadline=None)
@given(argument=ARGUMENTS, value=JUNK)
def test_whatever_is_given_for_an_argument_is_taken_or_refused_by_its_name(
    argument: tuple[str, str], value: object
) -> None:
    input, key = argument
    props = (ZIP_FUNCTION if input == FUNCTION else {}) | {key: value}
    error = outcome({FUNCTION: ZIP_FUNCTION} | {input: props})
    assert error is None or all(mistake.property.startswith(f"{input}.") for mistake in error.mistakes)


@settings(max_examples=150, deadline=None)
@given(inputs=st.dictionaries(st.sampled_from([*SHAPES, "existing_lambda_obj", "existing_table_interface"]), JUNK))
def test_whatever_is_given_for_the_inputs_is_taken_or_refused(inputs: dict[str, Any]) -> None:
    error = outcome(inputs)
    assert error is None or len(str(error).splitlines()) <= 1 + len(error.mistakes)


def outcome(inputs: dict[str, Any]) -> PatternError | None:
    """The error of a call; None where it is taken and its Terraform can be written."""
    stack = new_stack()
    TerraformVariable(stack, "x")
    try:
        pattern = DynamoDBStreamsToLambda(stack, "pipeline", **inputs)
    except PatternError as error:
        return error
    assert Emitted(stack, pattern).config
    return None
