"""The names that users know from elsewhere: arguments that the pattern refuses, and other tools' names for Terraform's.

The words come from CDK (https://docs.aws.amazon.com/cdk/api/v2/), CloudFormation and SAM
(https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-function.html),
serverless.yml (https://www.serverless.com/framework/docs/providers/aws/guide/serverless.yml), TerraConstructs
(https://github.com/TerraConstructs/base) and the Terraform module for Lambda
(https://github.com/terraform-aws-modules/terraform-aws-lambda).

The generator of the props leaves out the arguments in `REFUSED`, so that the editor and the error message agree.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping

_ONE_OF_EACH = "a pattern has one of each resource; create several patterns in a Python loop"
_NO_PROVISIONERS = "not supported; add a terraform_data resource with the provisioner that depends on this resource"
_COMPUTED = "the provider computes it; remove it"
_NOT_A_STREAM = "does not apply to DynamoDB streams; remove it"

# Resource type -> argument -> the reason and the fix. "*" is every resource.
REFUSED: Mapping[str, Mapping[str, str]] = {
    "*": {
        "connection": _NO_PROVISIONERS,
        "count": _ONE_OF_EACH,
        "for_each": _ONE_OF_EACH,
        "id": _COMPUTED,
        "provisioners": _NO_PROVISIONERS,
        "tags_all": _COMPUTED,
    },
    "aws_lambda_event_source_mapping": {
        "event_source_arn": "the pattern sets it to the table's stream; choose the table with existing_table_interface",
        "amazon_managed_kafka_event_source_config": _NOT_A_STREAM,
        "document_db_event_source_config": _NOT_A_STREAM,
        "provisioned_poller_config": _NOT_A_STREAM,
        "queues": _NOT_A_STREAM,
        "scaling_config": f"{_NOT_A_STREAM}; parallelization_factor sets the concurrency of a stream",
        "self_managed_event_source": _NOT_A_STREAM,
        "self_managed_kafka_event_source_config": _NOT_A_STREAM,
        "source_access_configuration": _NOT_A_STREAM,
        "starting_position_timestamp": f"{_NOT_A_STREAM}; use starting_position TRIM_HORIZON or LATEST",
        "topics": _NOT_A_STREAM,
    },
    "aws_sqs_queue": {
        "content_based_deduplication": "Lambda sends failed batches only to standard queues; remove it",
        "deduplication_scope": "Lambda sends failed batches only to standard queues; remove it",
        "fifo_queue": "Lambda sends failed batches only to standard queues; remove it",
        "fifo_throughput_limit": "Lambda sends failed batches only to standard queues; remove it",
    },
}

# Props class -> argument -> the version of the AWS provider that it came with; older bindings have no such props. The
# arguments with 6.55 can have come earlier: that is the first version whose bindings were found to have them.
# https://github.com/hashicorp/terraform-provider-aws/blob/main/CHANGELOG.md
NEWER: Mapping[str, Mapping[str, str]] = {
    "DynamoTableProps": {"restore_backup_arn": "6.38"},
    "DynamodbTableGlobalSecondaryIndexProps": {"key_schema": "6.29"},
    "DynamoEventSourceProps": {"timeouts": "6.55", "use_resource_timeout_for_propagation": "6.55"},
    "LambdaFunctionProps": {"code_sha256": "6.27", "use_resource_timeout_for_propagation": "6.55"},
    "LambdaAliasProps": {"timeouts": "6.48"},
}

# Props class -> another tool's name in snake case -> Terraform's name.
OTHER_WORDS: Mapping[str, Mapping[str, str]] = {
    "DynamoEventSourceProps": {
        "batch_window": "maximum_batching_window_in_seconds",
        "bisect_batch": "bisect_batch_on_function_error",
        "bisect_batch_on_error": "bisect_batch_on_function_error",
        "dead_letter_config": "destination_config",
        "destination": "destination_config",
        "destinations": "destination_config",
        "filter_encryption": "kms_key_arn",
        "filter_patterns": "filter_criteria",
        "filters": "filter_criteria",
        "function_response_type": "function_response_types",
        "max_batching_window": "maximum_batching_window_in_seconds",
        "max_record_age": "maximum_record_age_in_seconds",
        "maximum_batching_window": "maximum_batching_window_in_seconds",
        "maximum_record_age": "maximum_record_age_in_seconds",
        "on_failure": "destination_config",
        "parallelization": "parallelization_factor",
        "report_batch_item_failures": 'function_response_types=["ReportBatchItemFailures"]',
        "retry_attempts": "maximum_retry_attempts",
        "tumbling_window": "tumbling_window_in_seconds",
    },
    "DynamoTableProps": {
        "kms_key_arn": "server_side_encryption.kms_key_arn",
        "replica_regions": "replica",
        "server_side_encryption_enabled": "server_side_encryption.enabled",
        "server_side_encryption_kms_key_arn": "server_side_encryption.kms_key_arn",
        "ttl_attribute_name": "ttl.attribute_name",
        "ttl_enabled": "ttl.enabled",
        "attribute_definitions": "attribute",
        "attributes": "attribute",
        "billing": "billing_mode",
        "capacity_mode": "billing_mode",
        "deletion_protection": "deletion_protection_enabled",
        "dynamo_stream": "stream_view_type",
        "encryption": "server_side_encryption",
        "encryption_key": "server_side_encryption.kms_key_arn",
        "global_secondary_indexes": "global_secondary_index",
        "import_source": "import_table",
        "import_source_specification": "import_table",
        "key_schema": "hash_key and range_key",
        "local_secondary_indexes": "local_secondary_index",
        "max_read_request_units": "on_demand_throughput.max_read_request_units",
        "max_write_request_units": "on_demand_throughput.max_write_request_units",
        "partition_key": "hash_key",
        "point_in_time_recovery_enabled": "point_in_time_recovery",
        "point_in_time_recovery_specification": "point_in_time_recovery",
        "primary_key": "hash_key",
        "provisioned_throughput": "read_capacity and write_capacity",
        "removal_policy": "lifecycle.prevent_destroy and deletion_protection_enabled",
        "replicas": "replica",
        "replication_regions": "replica",
        "sort_key": "range_key",
        "sse_specification": "server_side_encryption",
        "stream": "stream_view_type",
        "stream_specification": "stream_view_type",
        "table_name": "name",
        "time_to_live": "ttl",
        "time_to_live_attribute": "ttl.attribute_name",
        "time_to_live_specification": "ttl",
        "ttl_attribute": "ttl.attribute_name",
    },
    "LambdaFunctionProps": {
        "dead_letter_target_arn": "dead_letter_config.target_arn",
        "file_system_arn": "file_system_config.arn",
        "file_system_local_mount_path": "file_system_config.local_mount_path",
        "lambda_role": "role",
        "local_existing_package": "filename",
        "logging_log_format": "logging_config.log_format",
        "logging_log_group": "logging_config.log_group",
        "tracing_mode": "tracing_config.mode",
        "version_function": "publish",
        "vpc_security_group_ids": "vpc_config.security_group_ids",
        "vpc_subnet_ids": "vpc_config.subnet_ids",
        "architecture": "architectures",
        "aws_kms_key_arn": "kms_key_arn",
        "code_path": "code",
        "code_signing_config": "code_signing_config_arn",
        "code_uri": "code",
        "concurrency": "reserved_concurrent_executions",
        "dead_letter_queue": "dead_letter_config",
        "dead_letter_topic": "dead_letter_config",
        "entry": "code",
        "environment_encryption": "kms_key_arn",
        "environment_variables": "environment.variables",
        "ephemeral_storage_size": "ephemeral_storage",
        "file_system_configs": "file_system_config",
        "filesystem": "file_system_config",
        "image": "image_uri",
        "log_format": "logging_config.log_format",
        "log_group": "logging_config.log_group",
        "logging_format": "logging_config.log_format",
        "memory": "memory_size",
        "name": "function_name",
        "on_error": "dead_letter_config",
        "reserved_concurrency": "reserved_concurrent_executions",
        "security_groups": "vpc_config.security_group_ids",
        "source_path": "code",
        "subnets": "vpc_config.subnet_ids",
        "system_log_level": "logging_config.system_log_level",
        "application_log_level": "logging_config.application_log_level",
        "timeout_in_seconds": "timeout",
        "tracing": "tracing_config",
        "version_functions": "publish",
        "vpc": "vpc_config",
        "vpc_subnets": "vpc_config.subnet_ids",
    },
    "SqsQueueProps": {
        "data_key_reuse": "kms_data_key_reuse_period_seconds",
        "delivery_delay": "delay_seconds",
        "encryption": "kms_master_key_id or sqs_managed_sse_enabled",
        "encryption_master_key": "kms_master_key_id",
        "kms_key_arn": "kms_master_key_id",
        "kms_key_id": "kms_master_key_id",
        "max_message_size_bytes": "max_message_size",
        "maximum_message_size": "max_message_size",
        "message_retention_period": "message_retention_seconds",
        "queue_name": "name",
        "receive_message_wait_time": "receive_wait_time_seconds",
        "receive_message_wait_time_seconds": "receive_wait_time_seconds",
        "retention_period": "message_retention_seconds",
        "visibility_timeout": "visibility_timeout_seconds",
    },
    "FailureBucketProps": {
        "bucket_name": "bucket",
        "encryption_key": "kms_master_key_id",
        "expiration": "expiration_days",
        "kms_key_arn": "kms_master_key_id",
        "kms_key_id": "kms_master_key_id",
        "name": "bucket",
        "name_prefix": "bucket_prefix",
        "noncurrent_version_expiration": "expiration_days",
        "retention_days": "expiration_days",
        "retention_in_days": "expiration_days",
        "server_side_encryption_configuration": "kms_master_key_id",
        "auto_delete_objects": "force_destroy",
        "removal_policy": "lifecycle.prevent_destroy",
    },
    "LambdaRoleProps": {
        "managed_policies": "policy_arns",
        "managed_policy_arns": "policy_arns",
        "policies": "policy_arns",
        "role_description": "description",
        "role_name": "name",
        "role_path": "path",
    },
    "LogGroupProps": {
        "encryption_key": "kms_key_id",
        "kms_key": "kms_key_id",
        "kms_key_arn": "kms_key_id",
        "log_group_name": "name",
        "log_retention_in_days": "retention_in_days",
        "removal_policy": "skip_destroy",
        "retention": "retention_in_days",
        "retention_days": "retention_in_days",
    },
    "AlarmProps": {
        "actions": "alarm_actions",
        "alarm_action": "alarm_actions",
        "alarm_sns_topic_arns": "alarm_actions",
        "ok_action": "ok_actions",
        "threshold": "thresholds",
        "topic": "alarm_actions",
        "topic_arn": "alarm_actions",
    },
    "AlarmThresholds": {
        "age_of_oldest_message": "queue_age",
        "approximate_age_of_oldest_message": "queue_age",
        "approximate_number_of_messages_visible": "queue_messages",
        "destination_delivery_failures": "destination_failures",
        "dlq_messages": "queue_messages",
        "dropped_event_count": "dropped_events",
        "failed_invoke_event_count": "failed_events",
        "on_failure_destination_delivered_event_count": "delivered_events",
    },
    "LambdaAliasProps": {
        "additional_versions": "routing_config.additional_version_weights",
        "alias": "name",
        "alias_name": "name",
        "routing_configuration": "routing_config",
    },
}

_STATEMENTS = "add the statements to lambda_role_statements of the pattern"
_ALIAS = "use lambda_alias_props of the pattern"
_RETENTION = "use log_group_props of the pattern, with retention_in_days"
_ONE_STREAM = "the pattern connects the function to the stream of one table; add other event sources as resources"
_ASYNC = "a stream invokes no function asynchronously; use destination_config of dynamo_event_source_props"
_FIGURE = "it belongs to the figure; change an alarm of the property alarms, or add another alarm"
_CONCURRENCY = "add an aws_lambda_provisioned_concurrency_config resource for the alias (lambda_alias_props)"
_MANAGED = "use lambda_role_props of the pattern, with policy_arns"
_TABLE = "choose the table with existing_table_interface of the pattern"
_OWN_BUCKET = (
    "the pattern sets it up itself; for another bucket, name it in destination_config of dynamo_event_source_props"
)
_STANDARD = "use a standard queue: Lambda sends failed batches only to standard queues"

# Props class, or the pattern's inputs -> another tool's name in snake case -> what to do instead.
OTHER_WAYS: Mapping[str, Mapping[str, str]] = {
    "DynamoEventSourceProps": {
        "arn": _TABLE,
        "event_source": _TABLE,
        "max_concurrency": "use parallelization_factor, which sets the concurrency of a stream",
        "stream": _TABLE,
        "type": _TABLE,
    },
    "DynamoTableProps": {
        "autoscaling_enabled": "add aws_appautoscaling_target and aws_appautoscaling_policy resources",
        "autoscaling_indexes": "add aws_appautoscaling_target and aws_appautoscaling_policy resources",
        "autoscaling_read": "add aws_appautoscaling_target and aws_appautoscaling_policy resources",
        "autoscaling_write": "add aws_appautoscaling_target and aws_appautoscaling_policy resources",
        "auto_scaling": "add aws_appautoscaling_target and aws_appautoscaling_policy resources",
        "autoscaling": "add aws_appautoscaling_target and aws_appautoscaling_policy resources",
        "contributor_insights": "add an aws_dynamodb_contributor_insights resource",
        "contributor_insights_enabled": "add an aws_dynamodb_contributor_insights resource",
        "contributor_insights_specification": "add an aws_dynamodb_contributor_insights resource",
        "kinesis_stream": "add an aws_dynamodb_kinesis_streaming_destination resource",
        "kinesis_stream_specification": "add an aws_dynamodb_kinesis_streaming_destination resource",
        "policy": "add an aws_dynamodb_resource_policy resource",
        "resource_policy": "add an aws_dynamodb_resource_policy resource",
    },
    "LambdaFunctionProps": {
        "allowed_triggers": _ONE_STREAM,
        "attach_policies": _MANAGED,
        "create_lambda_function_url": "add an aws_lambda_function_url resource",
        "event_source_mapping": "use dynamo_event_source_props of the pattern",
        "role_permissions_boundary": "use lambda_role_props of the pattern, with permissions_boundary",
        "runtime_management": "add an aws_lambda_runtime_management_config resource",
        "assume_role_policy_document": "the pattern sets it: Lambda assumes the role",
        "attach_policy_statements": _STATEMENTS,
        "auto_publish_alias": _ALIAS,
        "bundling": "use code=Code.from_python_project(…), which packs the dependencies",
        "cloudwatch_logs_retention_in_days": _RETENTION,
        "current_version_options": _ALIAS,
        "deployment_preference": _ALIAS,
        "destinations": _ASYNC,
        "event_invoke_config": _ASYNC,
        "events": _ONE_STREAM,
        "function_url_config": "add an aws_lambda_function_url resource",
        "iam_managed_policies": _MANAGED,
        "iam_role_statements": _STATEMENTS,
        "initial_policy": _STATEMENTS,
        "inline_code": "write the code to a file, and use code=Code.from_asset(…)",
        "log_removal_policy": "use log_group_props of the pattern, with skip_destroy",
        "log_retention": _RETENTION,
        "log_retention_in_days": _RETENTION,
        "managed_policies": _MANAGED,
        "managed_policy_arns": _MANAGED,
        "max_event_age": _ASYNC,
        "maximum_event_age": _ASYNC,
        "on_failure": _ASYNC,
        "on_success": _ASYNC,
        "package": "use code=Code.from_asset(…), with exclude",
        "permissions_boundary": "use lambda_role_props of the pattern, with permissions_boundary",
        "policies": f"{_STATEMENTS}, or use lambda_role_props with policy_arns for managed policies",
        "policy_statements": _STATEMENTS,
        "provisioned_concurrency": _CONCURRENCY,
        "provisioned_concurrency_config": _CONCURRENCY,
        "provisioned_concurrent_executions": _CONCURRENCY,
        "retry_attempts": _ASYNC,
        "role_name": "use lambda_role_props of the pattern, with name",
        "role_path": "use lambda_role_props of the pattern, with path",
        "runtime_management_config": "add an aws_lambda_runtime_management_config resource",
        "runtime_management_mode": "add an aws_lambda_runtime_management_config resource",
        "url": "add an aws_lambda_function_url resource",
    },
    "SqsQueueProps": {
        "dead_letter_queue": "this queue is the dead-letter queue; redrive_policy moves its messages to another queue",
        "enforce_ssl": "the pattern's policy of the queue denies requests without TLS; remove it",
        "fifo": _STANDARD,
        "max_receive_count": "use dynamo_event_source_props of the pattern, with maximum_retry_attempts",
        "queue_arn": "name an existing queue in destination_config of dynamo_event_source_props",
        "removal_policy": "use lifecycle.prevent_destroy",
    },
    "FailureBucketProps": {
        "block_public_access": "the pattern blocks all public access; remove it",
        "enforce_ssl": "the pattern's policy of the bucket denies requests without TLS; remove it",
        "event_notifications": "the pattern sends a notification for each object to the dead-letter queue; remove it",
        "lifecycle_rule": "use expiration_days",
        "lifecycle_rules": "use expiration_days",
        "object_lock_enabled": _OWN_BUCKET,
        "policy": _OWN_BUCKET,
        "versioned": "the pattern enables versioning; remove it",
        "versioning": "the pattern enables versioning; remove it",
    },
    "LambdaRoleProps": {
        "assume_role_policy": "the pattern sets it: Lambda assumes the role; remove it",
        "assumed_by": "the pattern sets it: Lambda assumes the role; remove it",
        "inline_policies": _STATEMENTS,
        "inline_policy": _STATEMENTS,
        "statements": _STATEMENTS,
    },
    "LogGroupProps": {
        "data_protection_policy": "add an aws_cloudwatch_log_data_protection_policy resource",
    },
    "LambdaAliasProps": {
        "function_name": "the pattern sets it; remove it",
        "function_version": "the pattern sets it to the published version; remove it",
        "provisioned_concurrency": _CONCURRENCY,
        "provisioned_concurrency_config": _CONCURRENCY,
        "provisioned_concurrent_executions": _CONCURRENCY,
        "version": "the pattern sets it to the published version; remove it",
    },
    "AlarmProps": {
        "actions_enabled": "the alarms always run their actions; leave alarm_actions out for alarms without actions, "
        "or change an alarm of the property alarms",
        "evaluation_periods": _FIGURE,
        "insufficient_data_actions": "missing data never turns an alarm of the pattern to that state; remove it",
        "period": _FIGURE,
        "treat_missing_data": _FIGURE,
    },
    "inputs": {
        "alarm_actions": "use alarm_props with alarm_actions",
        "alarms": "use deploy_alarms and alarm_props",
        "create_cloud_watch_alarms": "use deploy_alarms",
        "create_dashboard": "use deploy_alarms, which creates the dashboard too",
        "deploy_cloud_watch_alarms": "use deploy_alarms",
        "alias": "use lambda_alias_props",
        "auto_publish_alias": "use lambda_alias_props",
        "bucket_props": "use failure_bucket_props",
        "dead_letter_queue": "use sqs_dlq_queue_props, or name a queue of yours in destination_config of "
        "dynamo_event_source_props",
        "deploy_bucket": "use deploy_failure_bucket",
        "deploy_dlq": "use deploy_sqs_dlq_queue",
        "deploy_vpc": "use lambda_function_props with vpc_config",
        "dlq": "use sqs_dlq_queue_props",
        "dlq_props": "use sqs_dlq_queue_props",
        "dynamo_props": "use dynamo_table_props",
        "dynamodb_table_props": "use dynamo_table_props",
        "event_source_props": "use dynamo_event_source_props",
        "existing_bucket": "name the bucket in destination_config of dynamo_event_source_props",
        "existing_bucket_obj": "name the bucket in destination_config of dynamo_event_source_props",
        "existing_dlq": "name the queue in destination_config of dynamo_event_source_props",
        "existing_dynamo_table": "use existing_table_interface",
        "existing_function": "use existing_lambda_obj",
        "existing_lambda": "use existing_lambda_obj",
        "existing_queue": "name the queue in destination_config of dynamo_event_source_props",
        "existing_queue_obj": "name the queue in destination_config of dynamo_event_source_props",
        "existing_role": "use lambda_function_props with role",
        "existing_table": "use existing_table_interface",
        "existing_table_obj": "use existing_table_interface",
        "existing_vpc": "use lambda_function_props with vpc_config",
        "failure_bucket": "use deploy_failure_bucket and failure_bucket_props",
        "filter_patterns": "use dynamo_event_source_props with filter_criteria",
        "filters": "use dynamo_event_source_props with filter_criteria",
        "function": "use existing_lambda_obj, or lambda_function_props for a new function",
        "function_props": "use lambda_function_props",
        "iam_role_statements": "use lambda_role_statements",
        "initial_policy": "use lambda_role_statements",
        "lambda_function": "use existing_lambda_obj, or lambda_function_props for a new function",
        "lambda_props": "use lambda_function_props",
        "log_retention": "use log_group_props with retention_in_days",
        "log_retention_in_days": "use log_group_props with retention_in_days",
        "managed_policies": "use lambda_role_props with policy_arns",
        "managed_policy_arns": "use lambda_role_props with policy_arns",
        "on_failure": "use dynamo_event_source_props with destination_config",
        "policies": "use lambda_role_statements, or lambda_role_props with policy_arns for managed policies",
        "policy_statements": "use lambda_role_statements",
        "queue_props": "use sqs_dlq_queue_props",
        "removal_policy": "use dynamo_table_props with lifecycle.prevent_destroy and deletion_protection_enabled",
        "role": "use lambda_function_props with role",
        "role_props": "use lambda_role_props",
        "sqs_queue_props": "use sqs_dlq_queue_props",
        "suppress_warnings": "use silence_warnings",
        "table": "use existing_table_interface, or dynamo_table_props for a new table",
        "table_environment_variable": "use table_environment_variable_name",
        "table_props": "use dynamo_table_props",
        "tags": "give tags in the props of each resource, or default_tags of the provider",
        "vpc": "use lambda_function_props with vpc_config",
        "vpc_config": "use lambda_function_props with vpc_config",
        "vpc_props": "use lambda_function_props with vpc_config",
    },
}

# The inputs whose words are the pattern's own.
OWN_WORDS = ("inputs", "AlarmProps", "AlarmThresholds")

NEWER_BINDINGS = "remove it, or use cdktn with ddb-stream-lambda-cdktn"

# The similarity from which a name is suggested, from 0 to 1. A typing error of one or two letters is above it. A word
# that only shares some letters is below it, and would mislead.
SIMILARITY = 0.8


def explain_unknown(
    key: object, *, known: Collection[str], words_of: str, resource: str = "", has_other_props: bool = True
) -> str:
    """Return why a key is refused, and the right key.

    Args:
        key: The key that the user wrote.
        known: The keys that exist.
        words_of: The entry of `OTHER_WORDS` and `OTHER_WAYS` that applies: a props class, or ``inputs``.
        resource: The Terraform type, if the keys are those of a whole resource.
        has_other_props: Whether the construct also has the other props of the pattern, so that they can be named.
    """
    snake = to_snake_case(str(key))
    author = "the pattern" if words_of in OWN_WORDS else "Terraform"
    for refused in (REFUSED.get(resource, {}), REFUSED["*"] if resource else {}):
        if snake in refused:
            return refused[snake]
    if snake in known:
        return f"unknown; {author} calls it {snake}"
    if snake in NEWER.get(words_of, {}):
        version = NEWER[words_of][snake]
        return (
            f"needs version {version} of the AWS provider, and these bindings are for an earlier one; {NEWER_BINDINGS}"
        )
    if snake in OTHER_WORDS.get(words_of, {}):
        return f"unknown; {author} calls it {OTHER_WORDS[words_of][snake]}"
    if snake in OTHER_WAYS.get(words_of, {}):
        return f"unknown; {OTHER_WAYS[words_of][snake]}"
    others = [input for input, shape in _props_classes().items() if snake in shape.__annotations__]
    if has_other_props and len(others) == 1:
        return f"unknown; {snake} is an argument of {others[0]}"
    nearest = difflib.get_close_matches(snake, known, n=1, cutoff=SIMILARITY)
    if nearest:
        return f"unknown; did you mean {nearest[0]}?"
    return f"unknown; the known names are {', '.join(sorted(known))}"


def _props_classes() -> Mapping[str, type]:
    """Return the inputs that are props, each with the class that describes it."""
    # The generator of these classes imports the vocabulary, so that the vocabulary cannot import them first.
    from . import _generated
    from .alarm_props import AlarmProps

    return {
        "dynamo_table_props": _generated.DynamoTableProps,
        "dynamo_event_source_props": _generated.DynamoEventSourceProps,
        "lambda_function_props": _generated.LambdaFunctionProps,
        "lambda_alias_props": _generated.LambdaAliasProps,
        "log_group_props": _generated.LogGroupProps,
        "lambda_role_props": _generated.LambdaRoleProps,
        "sqs_dlq_queue_props": _generated.SqsQueueProps,
        "failure_bucket_props": _generated.FailureBucketProps,
        "alarm_props": AlarmProps,
    }


def to_snake_case(word: str) -> str:
    """Return a name of another tool in snake case: ``kms_master_key_id`` for ``KMSMasterKeyId``."""
    spaced = re.sub("(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", word)
    return re.sub("[-_ ]+", "_", spaced).lower()
