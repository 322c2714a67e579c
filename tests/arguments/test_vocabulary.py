"""The names that users know from elsewhere, and the messages about unknown names."""

import inspect
import re
from collections.abc import Mapping

import pytest
from ddb_stream_lambda import DynamoDBStreamsToLambda
from ddb_stream_lambda.arguments import _generated, alarm_props
from ddb_stream_lambda.arguments.conforming import fields_of
from ddb_stream_lambda.arguments.vocabulary import (
    OTHER_WAYS,
    OTHER_WORDS,
    REFUSED,
    explain_unknown,
    to_snake_case,
)

MAPPING = ("DynamoEventSourceProps", "aws_lambda_event_source_mapping")
TABLE = ("DynamoTableProps", "aws_dynamodb_table")
FUNCTION = ("LambdaFunctionProps", "aws_lambda_function")
QUEUE = ("SqsQueueProps", "aws_sqs_queue")
ROLE = ("LambdaRoleProps", "")
LOGS = ("LogGroupProps", "aws_cloudwatch_log_group")
ALIAS = ("LambdaAliasProps", "")
ALARMS = ("AlarmProps", "")
THRESHOLDS = ("AlarmThresholds", "")
INPUTS = [
    name
    for name, parameter in inspect.signature(DynamoDBStreamsToLambda.__init__).parameters.items()
    if parameter.kind is parameter.KEYWORD_ONLY
]


def shape_of(name: str) -> type:
    """Return a TypedDict of the props."""
    shape: type = getattr(_generated if hasattr(_generated, name) else alarm_props, name)
    return shape


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
    (TABLE, "kms_key_arn", "Terraform calls it server_side_encryption.kms_key_arn"),
    (TABLE, "ttl_enabled", "Terraform calls it ttl.enabled"),
    (TABLE, "autoscaling_enabled", "aws_appautoscaling_target"),
    (FUNCTION, "vpc_security_group_ids", "Terraform calls it vpc_config.security_group_ids"),
    (FUNCTION, "lambda_role", "Terraform calls it role"),
    (FUNCTION, "event_source_mapping", "use dynamo_event_source_props of the pattern"),
    (FUNCTION, "allowed_triggers", "add other event sources as resources"),
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
    (FUNCTION, "log_retention", "use log_group_props of the pattern, with retention_in_days"),
    (FUNCTION, "name", "Terraform calls it function_name"),
    (FUNCTION, "memorySize", "Terraform calls it memory_size"),
    (FUNCTION, "tags_all", "the provider computes it"),
    (QUEUE, "retention_period", "Terraform calls it message_retention_seconds"),
    (QUEUE, "queue_name", "Terraform calls it name"),
    (QUEUE, "visibility_timeout", "Terraform calls it visibility_timeout_seconds"),
    (QUEUE, "fifo_queue", "only to standard queues"),
    (ROLE, "role_name", "Terraform calls it name"),
    (ROLE, "count", "the known names are description, force_detach_policies"),
    # SAM and CloudFormation
    (FUNCTION, "Policies", "add the statements to lambda_role_statements"),
    (FUNCTION, "AutoPublishAlias", "use lambda_alias_props of the pattern"),
    (FUNCTION, "Timeout", "Terraform calls it timeout"),
    (FUNCTION, "MemorySize", "Terraform calls it memory_size"),
    (FUNCTION, "CodeUri", "Terraform calls it code"),
    (FUNCTION, "InlineCode", "use code=Code.from_asset"),
    (FUNCTION, "Events", "add other event sources as resources"),
    (FUNCTION, "DeadLetterQueue", "Terraform calls it dead_letter_config"),
    (FUNCTION, "EventInvokeConfig", "use destination_config of dynamo_event_source_props"),
    (FUNCTION, "ProvisionedConcurrencyConfig", "aws_lambda_provisioned_concurrency_config"),
    (FUNCTION, "PermissionsBoundary", "lambda_role_props of the pattern, with permissions_boundary"),
    (FUNCTION, "FileSystemConfigs", "Terraform calls it file_system_config"),
    (FUNCTION, "DeploymentPreference", "lambda_alias_props"),
    (FUNCTION, "FunctionUrlConfig", "aws_lambda_function_url"),
    (MAPPING, "StartingPosition", "Terraform calls it starting_position"),
    (MAPPING, "FunctionResponseTypes", "Terraform calls it function_response_types"),
    (MAPPING, "Stream", "existing_table_interface"),
    (TABLE, "AttributeDefinitions", "Terraform calls it attribute"),
    (TABLE, "KeySchema", "Terraform calls it hash_key and range_key"),
    (TABLE, "ProvisionedThroughput", "Terraform calls it read_capacity and write_capacity"),
    (TABLE, "SSESpecification", "Terraform calls it server_side_encryption"),
    (TABLE, "StreamSpecification", "Terraform calls it stream_view_type"),
    (TABLE, "TimeToLiveSpecification", "Terraform calls it ttl"),
    (TABLE, "ResourcePolicy", "aws_dynamodb_resource_policy"),
    (QUEUE, "MessageRetentionPeriod", "Terraform calls it message_retention_seconds"),
    (QUEUE, "ReceiveMessageWaitTimeSeconds", "Terraform calls it receive_wait_time_seconds"),
    (QUEUE, "MaximumMessageSize", "Terraform calls it max_message_size"),
    (QUEUE, "ContentBasedDeduplication", "only to standard queues"),
    (ROLE, "ManagedPolicyArns", "Terraform calls it policy_arns"),
    # serverless.yml
    (FUNCTION, "iamRoleStatements", "lambda_role_statements"),
    (FUNCTION, "logRetentionInDays", "log_group_props of the pattern"),
    (FUNCTION, "provisionedConcurrency", "aws_lambda_provisioned_concurrency_config"),
    (FUNCTION, "reservedConcurrency", "Terraform calls it reserved_concurrent_executions"),
    (FUNCTION, "maximumEventAge", "use destination_config of dynamo_event_source_props"),
    (FUNCTION, "versionFunctions", "Terraform calls it publish"),
    (FUNCTION, "awsKmsKeyArn", "Terraform calls it kms_key_arn"),
    (MAPPING, "batchWindow", "Terraform calls it maximum_batching_window_in_seconds"),
    (MAPPING, "filterPatterns", "Terraform calls it filter_criteria"),
    (MAPPING, "functionResponseType", "Terraform calls it function_response_types"),
    (MAPPING, "destinations", "Terraform calls it destination_config"),
    # CDK and TerraConstructs
    (FUNCTION, "managed_policy_arns", "lambda_role_props of the pattern, with policy_arns"),
    (FUNCTION, "initialPolicy", "lambda_role_statements"),
    (FUNCTION, "loggingFormat", "Terraform calls it logging_config.log_format"),
    (FUNCTION, "currentVersionOptions", "lambda_alias_props"),
    (FUNCTION, "onFailure", "destination_config of dynamo_event_source_props"),
    (TABLE, "removalPolicy", "lifecycle.prevent_destroy"),
    (TABLE, "timeToLiveAttribute", "Terraform calls it ttl.attribute_name"),
    (TABLE, "replicationRegions", "Terraform calls it replica"),
    (TABLE, "contributorInsights", "add an aws_dynamodb_contributor_insights resource"),
    (TABLE, "autoScaling", "aws_appautoscaling_target"),
    (QUEUE, "dataKeyReuse", "Terraform calls it kms_data_key_reuse_period_seconds"),
    (QUEUE, "enforceSSL", "denies requests without TLS"),
    (QUEUE, "removalPolicy", "lifecycle.prevent_destroy"),
    (LOGS, "retention", "Terraform calls it retention_in_days"),
    (LOGS, "logGroupName", "Terraform calls it name"),
    (ALIAS, "aliasName", "Terraform calls it name"),
    (ALIAS, "version", "the pattern sets it to the published version"),
    (ROLE, "assumedBy", "Lambda assumes the role"),
    (ROLE, "inlinePolicies", "lambda_role_statements"),
    # CloudWatch and other tools' words for alarms
    (ALARMS, "okActions", "the pattern calls it ok_actions"),
    (ALARMS, "alarm_sns_topic_arns", "the pattern calls it alarm_actions"),
    (ALARMS, "period", "change an alarm of the property alarms"),
    (THRESHOLDS, "ApproximateAgeOfOldestMessage", "the pattern calls it queue_age"),
    (THRESHOLDS, "IteratorAge", "the pattern calls it iterator_age"),
    (FUNCTION, "alarm_actions", "alarm_actions is an argument of alarm_props"),
    # An argument of other props
    (FUNCTION, "batch_size", "batch_size is an argument of dynamo_event_source_props"),
    (MAPPING, "memory_size", "memory_size is an argument of lambda_function_props"),
    (FUNCTION, "retention_in_days", "retention_in_days is an argument of log_group_props"),
]


@pytest.mark.parametrize(("props", "key", "explanation"), UNKNOWN_KEYS)
def test_an_unknown_key_is_explained(props: tuple[str, str], key: object, explanation: str) -> None:
    shape, resource = props
    known = fields_of(shape_of(shape))
    assert explanation in explain_unknown(key, known=known, words_of=shape, resource=resource)


@pytest.mark.parametrize(
    ("key", "explanation"),
    [
        ("existingLambdaObj", "unknown; the pattern calls it existing_lambda_obj"),
        ("existing_queue", "destination_config of dynamo_event_source_props"),
        ("existing_function", "use existing_lambda_obj"),
        ("table_props", "use dynamo_table_props"),
        ("policies", "use lambda_role_statements"),
        ("iamRoleStatements", "use lambda_role_statements"),
        ("managed_policy_arns", "lambda_role_props with policy_arns"),
        ("logRetentionInDays", "log_group_props with retention_in_days"),
        ("removalPolicy", "dynamo_table_props with lifecycle.prevent_destroy"),
        ("vpc", "lambda_function_props with vpc_config"),
        ("tags", "default_tags of the provider"),
        ("batch_size", "batch_size is an argument of dynamo_event_source_props"),
        ("code", "code is an argument of lambda_function_props"),
        ("lambda_function_prop", "did you mean lambda_function_props?"),
        ("xyzzy", "the known names are"),
    ],
)
def test_an_unknown_input_is_explained(key: str, explanation: str) -> None:
    assert explanation in explain_unknown(key, known=INPUTS, words_of="inputs")


@pytest.mark.parametrize("key", ["foo", "options", "settings", "data", "stuff", "time", "region_name", "my_key"])
def test_a_word_without_a_counterpart_gets_no_suggestion(key: str) -> None:
    for shape, known in [("inputs", INPUTS), *((name, fields_of(shape_of(name))) for name in OTHER_WORDS)]:
        explanation = explain_unknown(key, known=known, words_of=shape)
        assert explanation.startswith("unknown; the known names are"), (shape, explanation)


@pytest.mark.parametrize("words", [OTHER_WORDS, OTHER_WAYS])
def test_no_word_of_another_tool_is_an_argument_of_terraform(words: Mapping[str, Mapping[str, str]]) -> None:
    for shape in words:
        known = INPUTS if shape == "inputs" else fields_of(shape_of(shape)).keys()
        assert not words[shape].keys() & set(known)
        assert not OTHER_WORDS.get(shape, {}).keys() & OTHER_WAYS.get(shape, {}).keys()


@pytest.mark.parametrize("shape", OTHER_WORDS)
def test_every_name_that_is_suggested_exists(shape: str) -> None:
    known = fields_of(shape_of(shape))
    for suggestion in OTHER_WORDS[shape].values():
        names = re.findall(r"(?:^|or |and )(\w+)", suggestion)
        assert names
        assert set(names) <= known.keys(), suggestion


@pytest.mark.parametrize(
    ("word", "snake"),
    [("KMSMasterKeyId", "kms_master_key_id"), ("batchSize", "batch_size"), ("log-group", "log_group"), ("TTL", "ttl")],
)
def test_a_name_in_another_case_is_converted(word: str, snake: str) -> None:
    assert to_snake_case(word) == snake


@pytest.mark.parametrize(("shape", "resource"), [MAPPING, TABLE, FUNCTION, QUEUE])
def test_no_refused_argument_is_in_the_props(shape: str, resource: str) -> None:
    refused = REFUSED["*"].keys() | REFUSED.get(resource, {}).keys()
    assert not refused & fields_of(shape_of(shape)).keys()
