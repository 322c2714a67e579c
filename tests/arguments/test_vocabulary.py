"""The names that users know from elsewhere, and the messages about unknown names."""

import pytest
from ddb_stream_lambda.arguments import _generated
from ddb_stream_lambda.arguments.conforming import fields_of
from ddb_stream_lambda.arguments.vocabulary import CDK_WORDS, REFUSED, explain_unknown

MAPPING = ("DynamoEventSourceProps", "aws_lambda_event_source_mapping")
TABLE = ("DynamoTableProps", "aws_dynamodb_table")
FUNCTION = ("LambdaFunctionProps", "aws_lambda_function")
QUEUE = ("SqsQueueProps", "aws_sqs_queue")
ROLE = ("LambdaRoleProps", "")

# The props and their resource, an unknown key, and a part of the message.
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
    (MAPPING, 3, "the known names are batch_size"),
    (MAPPING, "queues", "does not apply to DynamoDB streams"),
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
    (QUEUE, "fifo_queue", "only to standard queues"),
    (ROLE, "role_name", "Terraform calls it name"),
    (ROLE, "count", "the known names are name, path"),
]


@pytest.mark.parametrize(("props", "key", "explanation"), UNKNOWN_KEYS)
def test_an_unknown_key_is_explained(props: tuple[str, str], key: object, explanation: str) -> None:
    shape, resource = props
    known = fields_of(getattr(_generated, shape))
    assert explanation in explain_unknown(key, known=known, words_of=shape, resource=resource)


@pytest.mark.parametrize("shape", [name for name in CDK_WORDS if name.endswith("Props")])
def test_no_word_of_cdk_is_an_argument_of_terraform(shape: str) -> None:
    assert not CDK_WORDS[shape].keys() & fields_of(getattr(_generated, shape)).keys()


@pytest.mark.parametrize(("shape", "resource"), [MAPPING, TABLE, FUNCTION, QUEUE])
def test_no_refused_argument_is_in_the_props(shape: str, resource: str) -> None:
    refused = REFUSED["*"].keys() | REFUSED.get(resource, {}).keys()
    assert not refused & fields_of(getattr(_generated, shape)).keys()
