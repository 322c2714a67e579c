"""The descriptions of resources, which depend on their arguments."""

from typing import Any

import pytest
from ddb_stream_lambda.handoff.facts.descriptions import describe
from ddb_stream_lambda.handoff.synthesized.configuration import Resource


@pytest.mark.parametrize(
    ("type", "arguments", "expected"),
    [
        ("aws_dynamodb_table", {}, "The source table of the stream."),
        (
            "aws_dynamodb_table",
            {"server_side_encryption": {"enabled": True, "kms_key_arn": "arn"}, "lifecycle": {"prevent_destroy": True}},
            "The source table of the stream. It is encrypted with a customer managed key and is protected against "
            "`terraform destroy`.",
        ),
        (
            "aws_sqs_queue",
            {},
            "Receives a message for each batch that could not be processed. Messages are kept for 4 days (the SQS "
            "default).",
        ),
        (
            "aws_sqs_queue",
            {"message_retention_seconds": "${var.retention}"},
            "Receives a message for each batch that could not be processed. Messages are kept for `var.retention` "
            "seconds.",
        ),
        (
            "aws_s3_bucket",
            {"lifecycle": {"prevent_destroy": True}},
            "Keeps the whole records of each batch that could not be processed. It is protected against `terraform "
            "destroy`.",
        ),
        (
            "aws_s3_bucket_lifecycle_configuration",
            {
                "rule": [
                    {
                        "expiration": [{"days": 90}],
                        "noncurrent_version_expiration": [{"noncurrent_days": "${var.days}"}],
                    },
                    {"expiration": [{"expired_object_delete_marker": True}]},
                ]
            },
            "Removes what the bucket no longer needs. Objects expire after 90 days. Versions that were deleted or "
            "overwritten expire after `var.days` days.",
        ),
        (
            "aws_s3_bucket_server_side_encryption_configuration",
            {"rule": [{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}]},
            "Encrypts new objects of the bucket. S3 manages the key.",
        ),
        (
            "aws_s3_bucket_server_side_encryption_configuration",
            {"rule": [{"apply_server_side_encryption_by_default": {"kms_master_key_id": "k"}}]},
            "Encrypts new objects of the bucket. The key is a KMS key.",
        ),
        ("aws_cloudwatch_log_group", {"retention_in_days": 0}, "The logs of the function. Log events never expire."),
        (
            "aws_cloudwatch_log_group",
            {"retention_in_days": 30},
            "The logs of the function. Log events are kept for 30 days.",
        ),
        (
            "aws_lambda_function",
            {"package_type": "Image"},
            "Processes the records of the stream. It runs a container image.",
        ),
        (
            "aws_lambda_event_source_mapping",
            {"maximum_retry_attempts": -1},
            "Reads the stream and invokes the function. Records of the same shard are processed in order. A failed "
            "batch is retried until its records expire.",
        ),
        ("aws_kms_key", {"description": "Encrypts orders."}, "Encrypts orders."),
        ("aws_cloudwatch_metric_alarm", {"metric_name": "Errors"}, "Watches the metric Errors."),
        ("aws_sns_topic", {}, ""),
    ],
)
def test_description(type: str, arguments: dict[str, Any], expected: str) -> None:
    assert describe(Resource(type, "it", arguments), pattern_id="it") == expected


@pytest.mark.parametrize(
    ("type", "arguments", "expected"),
    [
        ("aws_dynamodb_table", {}, ""),
        ("aws_iam_role", {}, ""),
        ("aws_iam_role", {"description": "Reads the archive."}, "Reads the archive."),
        ("aws_iam_role_policy", {}, ""),
        ("aws_lambda_function", {"handler": "a.b"}, "Handler: `a.b`."),
        ("aws_lambda_event_source_mapping", {}, ""),
        ("aws_cloudwatch_log_group", {"retention_in_days": 30}, "Log events are kept for 30 days."),
    ],
)
def test_description_of_a_resource_of_someone_else_has_only_what_its_arguments_state(
    type: str, arguments: dict[str, Any], expected: str
) -> None:
    assert describe(Resource(type, "it", arguments), pattern_id=None) == expected


def test_description_of_a_data_source() -> None:
    assert describe(Resource("aws_region", "it", {}, is_data=True), pattern_id=None) == "Terraform only reads it."
