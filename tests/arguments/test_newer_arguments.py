"""The arguments that only bindings for a newer version of the AWS provider have."""

import json
from typing import Any

import pytest
from ddb_stream_lambda.arguments.vocabulary import NEWER

from tests.support.bindings import has_argument, needs_argument
from tests.support.calls import Emit, MistakesOf

BACKUP_ARN = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/backup/01489173575360-b308cd7d"
INDEX = {"name": "by-id", "key_schema": [{"attribute_name": "id", "key_type": "HASH"}], "projection_type": "ALL"}
DIGEST = f"{'A' * 43}="
TIMEOUTS = {"update": "20m"}
FROM_S3 = {"code": None, "s3_bucket": "code", "s3_key": "orders.zip", "s3_object_version": "3"}

# The props and the argument, the inputs that use it, its name in messages, and the resource that it is written to.
ARGUMENTS: list[tuple[str, str, dict[str, Any], str, str]] = [
    (
        "DynamoTableProps",
        "restore_backup_arn",
        {"dynamo_table_props": {"restore_backup_arn": BACKUP_ARN}},
        "dynamo_table_props.restore_backup_arn",
        "aws_dynamodb_table",
    ),
    (
        "DynamodbTableGlobalSecondaryIndexProps",
        "key_schema",
        {"dynamo_table_props": {"global_secondary_index": [INDEX]}},
        "dynamo_table_props.global_secondary_index[0].key_schema",
        "aws_dynamodb_table",
    ),
    (
        "DynamoEventSourceProps",
        "timeouts",
        {"dynamo_event_source_props": {"timeouts": TIMEOUTS}},
        "dynamo_event_source_props.timeouts",
        "aws_lambda_event_source_mapping",
    ),
    (
        "DynamoEventSourceProps",
        "use_resource_timeout_for_propagation",
        {"dynamo_event_source_props": {"use_resource_timeout_for_propagation": True}},
        "dynamo_event_source_props.use_resource_timeout_for_propagation",
        "aws_lambda_event_source_mapping",
    ),
    (
        "LambdaFunctionProps",
        "code_sha256",
        {"lambda_function_props": FROM_S3 | {"code_sha256": DIGEST}},
        "lambda_function_props.code_sha256",
        "aws_lambda_function",
    ),
    (
        "LambdaFunctionProps",
        "use_resource_timeout_for_propagation",
        {"lambda_function_props": {"use_resource_timeout_for_propagation": True}},
        "lambda_function_props.use_resource_timeout_for_propagation",
        "aws_lambda_function",
    ),
    (
        "LambdaAliasProps",
        "timeouts",
        {"lambda_alias_props": {"timeouts": TIMEOUTS}},
        "lambda_alias_props.timeouts",
        "aws_lambda_alias",
    ),
]
PRESENT = [argument for argument in ARGUMENTS if has_argument(*argument[:2])]
MISSING = [argument for argument in ARGUMENTS if argument not in PRESENT]


def test_each_one_is_tested() -> None:
    listed = {(shape, argument) for shape, arguments in NEWER.items() for argument in arguments}
    assert {(shape, argument) for shape, argument, *_ in ARGUMENTS} == listed


def test_the_bindings_have_all_or_none() -> None:
    """The bindings of cdktf have none. Those of its fork have all, so that a difference is noticed."""
    assert PRESENT in ([], ARGUMENTS)


@pytest.mark.parametrize(("shape", "argument", "inputs", "property", "resource"), PRESENT)
def test_one_that_the_bindings_have_is_written(
    emit: Emit, shape: str, argument: str, inputs: dict[str, Any], property: str, resource: str
) -> None:
    assert f'"{argument}":' in json.dumps(emit(**inputs).only(resource))


@pytest.mark.parametrize("props", ["dynamo_event_source_props", "lambda_alias_props"])
@needs_argument("LambdaAliasProps", "timeouts")
def test_a_timeout_that_is_no_duration_is_refused(mistakes_of: MistakesOf, props: str) -> None:
    mistakes = mistakes_of(**{props: {"timeouts": {"update": "an hour"}}})
    assert "30m or 1h30m" in mistakes[f"{props}.timeouts.update"]


@pytest.mark.parametrize("props", ["lambda_function_props", "sqs_dlq_queue_props"])
def test_a_timeout_that_other_bindings_have_too_is_checked(mistakes_of: MistakesOf, props: str) -> None:
    mistakes = mistakes_of(**{props: {"timeouts": {"create": "an hour"}}})
    assert "30m or 1h30m" in mistakes[f"{props}.timeouts.create"]


@pytest.mark.parametrize(("shape", "argument", "inputs", "property", "resource"), MISSING)
def test_one_that_the_bindings_lack_is_refused_with_the_version_that_has_it(
    mistakes_of: MistakesOf, shape: str, argument: str, inputs: dict[str, Any], property: str, resource: str
) -> None:
    message = mistakes_of(**inputs)[property]
    assert f"needs version {NEWER[shape][argument]} of the AWS provider" in message
    assert "ddb-stream-lambda-cdktn" in message
