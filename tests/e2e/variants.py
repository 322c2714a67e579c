"""Variants of the pattern that differ in their resources or in the dependencies between them."""

import json
from collections.abc import Callable
from typing import Any

from ddb_stream_lambda import DynamoDBStreamsToLambda, TableByArn
from cdktf import TerraformStack
from cdktf_cdktf_provider_aws.data_aws_dynamodb_table import DataAwsDynamodbTable
from cdktf_cdktf_provider_aws.data_aws_lambda_function import DataAwsLambdaFunction
from cdktf_cdktf_provider_aws.kms_key import KmsKey
from cdktf_cdktf_provider_aws.sns_topic import SnsTopic

from tests.support.calls import ZIP_FUNCTION

ARN = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders"
IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/orders:1"
FILTERS = {"filter": [{"pattern": json.dumps({"eventName": ["INSERT"]})}]}
PROVISIONED = {
    "billing_mode": "PROVISIONED",
    "read_capacity": 5,
    "write_capacity": 5,
    "range_key": "at",
    "attribute": [{"name": "at", "type": "N"}, {"name": "customer", "type": "S"}],
    "global_secondary_index": [
        {
            "name": "by-customer",
            "hash_key": "customer",
            "projection_type": "ALL",
            "read_capacity": 5,
            "write_capacity": 5,
        }
    ],
    "local_secondary_index": [{"name": "by-customer-too", "range_key": "customer", "projection_type": "KEYS_ONLY"}],
}

# The pattern's inputs.
Inputs = dict[str, Any]


def with_function(**arguments: Any) -> Inputs:
    """Return inputs with a zip function and the given arguments of it."""
    return {"lambda_function_props": ZIP_FUNCTION | arguments}


def with_customer_managed_keys(stack: TerraformStack) -> Inputs:
    key = KmsKey(stack, "key").arn
    return with_function(kms_key_arn=key) | {
        "dynamo_table_props": {"server_side_encryption": {"kms_key_arn": key}},
        "sqs_dlq_queue_props": {"kms_master_key_id": key},
    }


def with_topic_as_failure_destination(stack: TerraformStack) -> Inputs:
    destination = {"on_failure": {"destination_arn": SnsTopic(stack, "failed").arn}}
    return with_function() | {"dynamo_event_source_props": {"destination_config": destination}}


VARIANTS: dict[str, Callable[[TerraformStack], Inputs]] = {
    "defaults": lambda stack: with_function(),
    "table of a data source": lambda stack: (
        with_function() | {"existing_table_interface": DataAwsDynamodbTable(stack, "given", name="orders")}
    ),
    "table by ARN": lambda stack: with_function() | {"existing_table_interface": TableByArn(ARN, f"{ARN}/stream/2026")},
    "function of a data source": lambda stack: {
        "existing_lambda_obj": DataAwsLambdaFunction(stack, "given", function_name="orders")
    },
    "provisioned table with indexes": lambda stack: with_function() | {"dynamo_table_props": PROVISIONED},
    "customer managed keys": with_customer_managed_keys,
    "queue with a key alias": lambda stack: (
        with_function() | {"sqs_dlq_queue_props": {"kms_master_key_id": "alias/orders"}}
    ),
    "queue with SSE-SQS": lambda stack: with_function() | {"sqs_dlq_queue_props": {"sqs_managed_sse_enabled": True}},
    "VPC": lambda stack: with_function(vpc_config={"subnet_ids": ["subnet-1"], "security_group_ids": ["sg-1"]}),
    "no queue": lambda stack: with_function() | {"deploy_sqs_dlq_queue": False},
    "topic as failure destination": with_topic_as_failure_destination,
    "code in S3": lambda stack: with_function(code=None, s3_bucket="code", s3_key="orders.zip"),
    "code in an image": lambda stack: {"lambda_function_props": {"image_uri": IMAGE}},
    "Node.js": lambda stack: with_function(runtime="nodejs22.x"),
    "filters and windows": lambda stack: (
        with_function()
        | {
            "dynamo_event_source_props": {
                "filter_criteria": FILTERS,
                "function_response_types": ["ReportBatchItemFailures"],
                "parallelization_factor": 2,
                "maximum_batching_window_in_seconds": 5,
                "tumbling_window_in_seconds": 30,
            }
        }
    ),
    "given role": lambda stack: with_function(role="arn:aws:iam::123456789012:role/service/worker"),
    "role with a path": lambda stack: (
        with_function(architectures=["arm64"]) | {"lambda_role_props": {"path": "/service/"}}
    ),
    "given log group": lambda stack: with_function(logging_config={"log_format": "Text", "log_group": "/orders"}),
}


def builder(variant: str) -> Callable[[TerraformStack], object]:
    """Return a function that adds a variant of the pattern to a stack."""
    return lambda stack: DynamoDBStreamsToLambda(stack, "pipeline", **VARIANTS[variant](stack))
