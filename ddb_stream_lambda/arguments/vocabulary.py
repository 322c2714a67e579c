"""The names that users know from elsewhere: arguments that the pattern refuses, and CDK's names for Terraform's.

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

# Props class -> CDK's name in snake case -> Terraform's name.
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
        "contributor_insights_enabled": "a separate aws_dynamodb_contributor_insights resource",
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
        "fifo": "a standard queue: Lambda sends failed batches only to standard queues",
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


def explain_unknown(key: object, *, known: Collection[str], words_of: str, resource: str = "") -> str:
    """Return why a key is refused, and the right key.

    Args:
        key: The key that the user wrote.
        known: The keys that exist.
        words_of: The entry of `CDK_WORDS` that applies.
        resource: The Terraform type, if the keys are those of a whole resource.
    """
    for refused in (REFUSED.get(resource, {}), REFUSED["*"] if resource else {}):
        if key in refused:
            return str(refused[str(key)])
    snake = re.sub("(?<=[a-z0-9])([A-Z])", r"_\1", str(key)).lower().replace("-", "_")
    if snake in known:
        return f"unknown; Terraform calls it {snake}"
    if snake in CDK_WORDS.get(words_of, {}):
        return f"unknown; Terraform calls it {CDK_WORDS[words_of][snake]}"
    nearest = difflib.get_close_matches(snake, known, n=1)
    if nearest:
        return f"unknown; did you mean {nearest[0]}?"
    return f"unknown; the known names are {', '.join(sorted(known))}"
