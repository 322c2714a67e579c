"""The conversion of props to plain data: the types of values, structs and Terraform expressions."""

import math
from pathlib import Path
from typing import Any

import pytest
from ddb_stream_lambda import (
    Code,
    DynamoEventSourceProps,
    DynamoTableProps,
    LambdaFunctionProps,
    LambdaRoleProps,
    SqsQueueProps,
)
from cdktf import TerraformStack, TerraformVariable
from cdktf_cdktf_provider_aws.dynamodb_table import DynamodbTableAttribute, DynamodbTableConfig
from cdktf_cdktf_provider_aws.kms_key import KmsKey
from cdktf_cdktf_provider_aws.sqs_queue import SqsQueueConfig
from ddb_stream_lambda._engine.creation import StringMap
from ddb_stream_lambda.arguments.conforming import conform
from ddb_stream_lambda.errors import Mistakes

from tests.support.calls import Emit, MistakesOf
from tests.support.mistakes import messages_of

# The shape, the props, the property with the wrong value, and the beginning of the message.
WRONG_VALUES: list[tuple[type, dict[str, Any], str, str]] = [
    (DynamoEventSourceProps, {"batch_size": True}, "batch_size", "must be a number, not bool"),
    (DynamoEventSourceProps, {"batch_size": "100"}, "batch_size", "must be a number, not str"),
    (DynamoEventSourceProps, {"batch_size": 1.5}, "batch_size", "must be a whole number"),
    (DynamoEventSourceProps, {"batch_size": math.nan}, "batch_size", "must be a whole number"),
    (DynamoEventSourceProps, {"batch_size": math.inf}, "batch_size", "must be a whole number"),
    (DynamoEventSourceProps, {"batch_size": [100]}, "batch_size", "must be a number, not list"),
    (
        DynamoEventSourceProps,
        {"bisect_batch_on_function_error": 1},
        "bisect_batch_on_function_error",
        "must be True or False",
    ),
    (
        DynamoEventSourceProps,
        {"bisect_batch_on_function_error": "true"},
        "bisect_batch_on_function_error",
        "must be True or False",
    ),
    (DynamoEventSourceProps, {"enabled": 0}, "enabled", "must be True or False"),
    (DynamoEventSourceProps, {"starting_position": 1}, "starting_position", "must be text (str), not int"),
    (DynamoEventSourceProps, {"filter_criteria": []}, "filter_criteria", "must be a block: a mapping of filter"),
    (
        DynamoEventSourceProps,
        {"filter_criteria": {"filter": {"pattern": "{}"}}},
        "filter_criteria.filter",
        "must be a list, not dict; for a single element write [{'pattern': '{}'}]",
    ),
    (DynamoEventSourceProps, {"filter_criteria": {"filter": ["{}"]}}, "filter_criteria.filter[0]", "must be a block"),
    (
        DynamoEventSourceProps,
        {"filter_criteria": {"filter": [{"pattern": 3}]}},
        "filter_criteria.filter[0].pattern",
        "must be text",
    ),
    (
        DynamoEventSourceProps,
        {"function_response_types": "ReportBatchItemFailures"},
        "function_response_types",
        "must be a list",
    ),
    (DynamoEventSourceProps, {"tags": ["a"]}, "tags", "must be a mapping of text"),
    (DynamoEventSourceProps, {"tags": {"a": 1}}, "tags.a", "must be text"),
    (DynamoEventSourceProps, {"tags": {1: "a"}}, "tags key", "must be text"),
    (DynamoEventSourceProps, {"depends_on": ["policy"]}, "depends_on[0]", "must be a resource or module of the app"),
    (
        DynamoEventSourceProps,
        {"destination_config": {"on_failure": "arn"}},
        "destination_config.on_failure",
        "must be a block",
    ),
    (DynamoTableProps, {"attribute": {"name": "id", "type": "S"}}, "attribute", "must be a list"),
    (DynamoTableProps, {"hash_key": 1}, "hash_key", "must be text"),
    (DynamoTableProps, {"ttl": "expires"}, "ttl", "must be a block: a mapping of"),
    (DynamoTableProps, {"lifecycle": {"prevent_destroy": "no"}}, "lifecycle.prevent_destroy", "must be True or False"),
    (DynamoTableProps, {"provider": "aws"}, "provider", "must be a TerraformProvider"),
    (DynamoTableProps, {"server_side_encryption": True}, "server_side_encryption", "must be a block"),
    (LambdaFunctionProps, {"environment": {"variables": {"A": None}}}, "environment.variables.A", "must be text"),
    (LambdaFunctionProps, {"environment": {"variables": {"A": 1}}}, "environment.variables.A", "must be text"),
    (LambdaFunctionProps, {"environment": {"A": "1"}}, "environment.A", "unknown"),
    (LambdaFunctionProps, {"layers": "arn"}, "layers", "must be a list"),
    (LambdaFunctionProps, {"memory_size": "512"}, "memory_size", "must be a number"),
    (LambdaFunctionProps, {"runtime": 3.13}, "runtime", "must be text"),
    (LambdaFunctionProps, {"vpc_config": {"subnet_ids": "subnet-1"}}, "vpc_config.subnet_ids", "must be a list"),
    (SqsQueueProps, {"message_retention_seconds": "14d"}, "message_retention_seconds", "must be a number"),
    (SqsQueueProps, {"kms_master_key_id": 5}, "kms_master_key_id", "must be text"),
    (SqsQueueProps, {"policy": {"Version": "2012-10-17"}}, "policy", "must be text"),
    (LambdaRoleProps, {"name": b"worker"}, "name", "must be text"),
    (LambdaRoleProps, {"tags": "a=b"}, "tags", "must be a mapping"),
]


def conformed(shape: type, props: object) -> dict[str, Any]:
    """Return the plain data of props without mistakes."""
    mistakes = Mistakes("orders/pipeline")
    arguments = conform(shape, props, property="props", mistakes=mistakes)
    assert mistakes.found == []
    return arguments


def messages(shape: type, props: object) -> dict[str, str]:
    return messages_of(lambda mistakes: conform(shape, props, property="props", mistakes=mistakes))


@pytest.mark.parametrize(("shape", "props", "wrong", "message"), WRONG_VALUES)
def test_a_value_of_a_wrong_type_is_a_mistake(shape: type, props: dict[str, Any], wrong: str, message: str) -> None:
    found = messages(shape, props)
    assert list(found) == [f"props.{wrong}"]
    assert found[f"props.{wrong}"].startswith(message)


@pytest.mark.parametrize("props", ["text", 3, [("batch_size", 1)], Path(), Code.from_asset(".")])
def test_props_that_are_no_mapping_are_a_mistake(props: object) -> None:
    assert messages(DynamoEventSourceProps, props) == {
        "props": "must be a mapping of arguments, or the provider's struct of them"
    }


def test_the_struct_of_another_resource_is_a_mistake() -> None:
    struct = SqsQueueConfig(kms_master_key_id="alias/x", delay_seconds=3)
    assert set(messages(DynamoTableProps, struct)) == {"props.kms_master_key_id", "props.delay_seconds"}


def test_an_unknown_key_of_the_user_is_quoted_unless_it_is_an_identifier() -> None:
    assert set(messages(DynamoTableProps, {"a b": 1, "ab": 1})) == {"props['a b']", "props.ab"}


def test_a_tuple_becomes_a_list_and_a_whole_float_an_int() -> None:
    props = {"layers": ("a", "b"), "timeout": 5.0}
    arguments = conformed(LambdaFunctionProps, props)
    assert arguments == {"layers": ["a", "b"], "timeout": 5}
    assert isinstance(arguments["timeout"], int)


def test_the_keys_of_a_map_are_not_argument_names() -> None:
    arguments = conformed(LambdaFunctionProps, {"tags": {"Cost_center": "7"}})
    assert arguments == {"tags": {"Cost_center": "7"}}
    assert isinstance(arguments["tags"], StringMap)


def test_a_struct_becomes_a_mapping() -> None:
    struct = DynamodbTableConfig(name="orders", attribute=[DynamodbTableAttribute(name="id", type="N")])
    assert conformed(DynamoTableProps, struct) == {"name": "orders", "attribute": [{"name": "id", "type": "N"}]}


def test_none_is_kept() -> None:
    assert conformed(DynamoTableProps, {"ttl": None}) == {"ttl": None}


class TestTerraformExpressions:
    """An expression of each type, for an argument of each type."""

    def test_pass_through(self, emit: Emit, stack: TerraformStack) -> None:
        variables = {
            name: TerraformVariable(stack, name, type=type)
            for name, type in {"text": "string", "number": "number", "flag": "bool", "list": "list(string)"}.items()
        }
        function = emit(
            lambda_function_props={
                "description": variables["text"].value,
                "memory_size": variables["number"].value,
                "publish": variables["flag"].value,
                "layers": variables["list"].value,
                "tags": TerraformVariable(stack, "map", type="map(string)").value,
                "environment": {"variables": {"STAGE": variables["text"].string_value}},
            }
        ).function
        assert function["description"] == "${var.text}"
        assert function["memory_size"] == "${var.number}"
        assert function["publish"] == "${var.flag}"
        assert function["layers"] == "${var.list}"
        assert function["tags"] == "${var.map}"
        assert function["environment"] == {"variables": {"STAGE": "${var.text}"}}

    def test_can_be_written_as_text(self, emit: Emit) -> None:
        function = emit(lambda_function_props={"description": "${var.text}"}).function
        assert function["description"] == "${var.text}"


def test_replace_triggered_by_holds_addresses(emit: Emit, stack: TerraformStack) -> None:
    lifecycle = {"replace_triggered_by": [KmsKey(stack, "key"), "terraform_data.version"]}
    table = emit(dynamo_table_props={"lifecycle": lifecycle}).table
    assert table["lifecycle"]["replace_triggered_by"] == ["aws_kms_key.key", "terraform_data.version"]


@pytest.mark.parametrize("number", [10**300, 10**400, -(10**400)])
def test_a_number_beyond_every_double_is_out_of_range(mistakes_of: MistakesOf, number: int) -> None:
    mistakes = mistakes_of(dynamo_event_source_props={"batch_size": number})
    assert "must be 1 to 10000 records" in mistakes["dynamo_event_source_props.batch_size"]
