"""The words that users bring: arguments the pattern refuses, and CDK's names for Terraform's.

`REFUSED` is also what the generator of `props` leaves out, so the editor and the error message agree.
"""

from __future__ import annotations

from collections.abc import Mapping

_ONE_OF_EACH = "a pattern is one of each resource; write a Python loop that makes several patterns"
_NO_PROVISIONERS = "use a provisioner on a terraform_data resource of your own that depends on this one"
_COMPUTED = "the provider computes it; leave it out"
_NOT_A_STREAM = "does not apply to DynamoDB streams; leave it out"

# Resource type -> argument -> why, and the way out. "*" holds for every resource.
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
        "content_based_deduplication": "Lambda sends failed batches to standard queues alone; leave it out",
        "deduplication_scope": "Lambda sends failed batches to standard queues alone; leave it out",
        "fifo_queue": "Lambda sends failed batches to standard queues alone; leave it out",
        "fifo_throughput_limit": "Lambda sends failed batches to standard queues alone; leave it out",
    },
}

# Props class -> CDK's word, in snake case -> what Terraform calls it.
CDK_WORDS: Mapping[str, Mapping[str, str]] = {
    "DynamoEventSourceProps": {
        "bisect_batch_on_error": "bisect_batch_on_function_error",
        "event_source": "existing_table_interface of the pattern",
        "filter_encryption": "kms_key_arn",
        "filters": "filter_criteria",
        "max_batching_window": "maximum_batching_window_in_seconds",
        "max_record_age": "maximum_record_age_in_seconds",
        "on_failure": "destination_config",
        "report_batch_item_failures": 'function_response_types=["ReportBatchItemFailures"]',
        "retry_attempts": "maximum_retry_attempts",
        "tumbling_window": "tumbling_window_in_seconds",
    },
    "DynamoTableProps": {
        "billing": "billing_mode",
        "contributor_insights_enabled": "a resource aws_dynamodb_contributor_insights of your own",
        "deletion_protection": "deletion_protection_enabled",
        "encryption": "server_side_encryption",
        "encryption_key": "server_side_encryption.kms_key_arn",
        "global_secondary_indexes": "global_secondary_index",
        "local_secondary_indexes": "local_secondary_index",
        "partition_key": "hash_key",
        "point_in_time_recovery_specification": "point_in_time_recovery",
        "removal_policy": "lifecycle.prevent_destroy and deletion_protection_enabled",
        "replication_regions": "replica",
        "sort_key": "range_key",
        "stream": "stream_view_type",
        "table_name": "name",
        "time_to_live_attribute": "ttl",
    },
    "LambdaFunctionProps": {
        "architecture": "architectures",
        "code_uri": "code",
        "dead_letter_queue": "dead_letter_config",
        "environment_encryption": "kms_key_arn",
        "environment_variables": "environment.variables",
        "ephemeral_storage_size": "ephemeral_storage",
        "filesystem": "file_system_config",
        "log_format": "logging_config.log_format",
        "log_group": "logging_config.log_group",
        "log_retention": "the pattern's log_group property",
        "name": "function_name",
        "security_groups": "vpc_config.security_group_ids",
        "tracing": "tracing_config",
        "vpc": "vpc_config",
        "vpc_subnets": "vpc_config.subnet_ids",
    },
    "SqsQueueProps": {
        "delivery_delay": "delay_seconds",
        "encryption": "kms_master_key_id or sqs_managed_sse_enabled",
        "encryption_master_key": "kms_master_key_id",
        "fifo": "a standard queue: Lambda sends failed batches to no other",
        "max_message_size_bytes": "max_message_size",
        "queue_name": "name",
        "receive_message_wait_time": "receive_wait_time_seconds",
        "retention_period": "message_retention_seconds",
        "visibility_timeout": "visibility_timeout_seconds",
    },
    "LambdaRoleProps": {
        "role_name": "name",
    },
    "inputs": {
        "dynamo_props": "dynamo_table_props",
        "dynamodb_table_props": "dynamo_table_props",
        "event_source_props": "dynamo_event_source_props",
        "existing_function": "existing_lambda_obj",
        "existing_table_obj": "existing_table_interface",
        "lambda_props": "lambda_function_props",
        "table_props": "dynamo_table_props",
    },
}
