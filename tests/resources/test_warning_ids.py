"""The warnings about overridden protective defaults, and the ids that silence them."""

from typing import Any, get_args

import pytest
from ddb_stream_lambda import WarningId

from tests.support.arns import KEY_ARN, ROLE_ARN, TABLE_ARN, TOPIC_ARN
from tests.support.bindings import has_argument
from tests.support.calls import VPC, Emit, MistakesOf, send_failed_batches_to

UNKNOWN_ARN = "${var.failed}"
WITHOUT_ZIP = {"code": None, "runtime": None, "handler": None}
SIX_FILTERS = {"filter": [{"pattern": {"eventID": [str(n)]}} for n in range(6)]}
IMPORT = {"input_format": "CSV", "s3_bucket_source": {"bucket": "items"}}

# Id -> inputs that cause the warning. One for each id.
OVERRIDES: dict[str, dict[str, Any]] = {
    "region": {"log_group_props": {"region": "us-east-2"}},
    "bisect_batch_on_function_error": {"dynamo_event_source_props": {"bisect_batch_on_function_error": False}},
    "dead_letter_config": {"lambda_function_props": {"dead_letter_config": {"target_arn": "${var.target}"}}},
    "deletion_protection_enabled": {"dynamo_table_props": {"deletion_protection_enabled": False}},
    "deploy_sqs_dlq_queue": {"deploy_sqs_dlq_queue": False},
    "destination_config": {"dynamo_event_source_props": send_failed_batches_to(UNKNOWN_ARN)},
    "expiration_days": {"deploy_failure_bucket": True, "failure_bucket_props": {"expiration_days": 89}},
    "file_system_config": {
        "lambda_function_props": {
            "file_system_config": {"arn": "${var.access_point}", "local_mount_path": "/mnt/orders"},
            "vpc_config": VPC,
        }
    },
    "filter_criteria": {"dynamo_event_source_props": {"filter_criteria": SIX_FILTERS}},
    "force_destroy": {"deploy_failure_bucket": True, "failure_bucket_props": {"force_destroy": True}},
    "image_uri": {"lambda_function_props": {"image_uri": "orders:latest", **WITHOUT_ZIP}},
    "kms_key_arn": {"dynamo_event_source_props": {"kms_key_arn": KEY_ARN}},
    "destination_key": {"dynamo_event_source_props": send_failed_batches_to(TOPIC_ARN)},
    "grant_permissions": {"lambda_function_props": {"role": ROLE_ARN}, "grant_permissions": False},
    "import_table": {"dynamo_table_props": {"hash_key": "id", "import_table": IMPORT}},
    "kms_master_key_id": {"sqs_dlq_queue_props": {"kms_master_key_id": None}},
    "maximum_record_age_in_seconds": {"dynamo_event_source_props": {"maximum_record_age_in_seconds": 60}},
    "maximum_retry_attempts": {"dynamo_event_source_props": {"maximum_retry_attempts": 3}},
    "message_retention_seconds": {"sqs_dlq_queue_props": {"message_retention_seconds": 60}},
    "metrics_config": {"deploy_alarms": True, "dynamo_event_source_props": {"metrics_config": None}},
    "parallelization_factor": {
        "dynamo_event_source_props": {"parallelization_factor": 2, "tumbling_window_in_seconds": 30}
    },
    "point_in_time_recovery": {"dynamo_table_props": {"point_in_time_recovery": {"enabled": False}}},
    "policy": {"sqs_dlq_queue_props": {"policy": "{}"}},
    "policy_size": {"lambda_role_statements": [{"Action": "a:b", "Resource": "arn:" + "x" * 10_240}]},
    "prevent_destroy": {"dynamo_table_props": {"lifecycle": {"prevent_destroy": False}}},
    "queue_key": {"deploy_failure_bucket": True, "sqs_dlq_queue_props": {"kms_master_key_id": KEY_ARN}},
    "redrive_policy": {"sqs_dlq_queue_props": {"redrive_policy": "${var.redrive_policy}"}},
    "restore_source_name": {"dynamo_table_props": {"restore_source_name": "orders"}},
    "restore_source_table_arn": {"dynamo_table_props": {"restore_source_table_arn": TABLE_ARN}},
    "server_side_encryption": {"dynamo_table_props": {"server_side_encryption": {"enabled": False}}},
    "snap_start": {"lambda_function_props": {"snap_start": {"apply_on": "PublishedVersions"}}},
    "source_code_hash": {"lambda_function_props": {"code": None, "filename": "orders.zip"}},
    "starting_position": {"dynamo_event_source_props": {"starting_position": "LATEST"}},
    "tracing_config": {"lambda_function_props": {"tracing_config": {"mode": "PassThrough"}}},
    "ttl": {"dynamo_table_props": {"ttl": {"attribute_name": "expires"}}},
}
# The ids of arguments that the bindings lack.
MISSING: list[str] = []
if has_argument("DynamoTableProps", "restore_backup_arn"):
    OVERRIDES["restore_backup_arn"] = {
        "dynamo_table_props": {"restore_backup_arn": f"{TABLE_ARN}/backup/01489173575360"}
    }
else:
    MISSING.append("restore_backup_arn")
# Other inputs that weaken the same defaults, mostly by leaving an argument out.
OTHER_OVERRIDES: list[tuple[str, dict[str, Any]]] = [
    ("bisect_batch_on_function_error", {"dynamo_event_source_props": {"bisect_batch_on_function_error": None}}),
    ("deletion_protection_enabled", {"dynamo_table_props": {"deletion_protection_enabled": None}}),
    ("maximum_record_age_in_seconds", {"dynamo_event_source_props": {"maximum_record_age_in_seconds": -1}}),
    ("maximum_record_age_in_seconds", {"dynamo_event_source_props": {"maximum_record_age_in_seconds": 604800}}),
    ("maximum_retry_attempts", {"dynamo_event_source_props": {"maximum_retry_attempts": -1}}),
    ("maximum_retry_attempts", {"dynamo_event_source_props": {"maximum_retry_attempts": None}}),
    ("message_retention_seconds", {"sqs_dlq_queue_props": {"message_retention_seconds": None}}),
    ("point_in_time_recovery", {"dynamo_table_props": {"point_in_time_recovery": None}}),
    ("prevent_destroy", {"dynamo_table_props": {"lifecycle": None}}),
    ("prevent_destroy", {"deploy_failure_bucket": True, "failure_bucket_props": {"lifecycle": None}}),
    ("server_side_encryption", {"dynamo_table_props": {"server_side_encryption": None}}),
    ("kms_master_key_id", {"sqs_dlq_queue_props": {"sqs_managed_sse_enabled": False}}),
    ("metrics_config", {"deploy_alarms": True, "dynamo_event_source_props": {"metrics_config": {"metrics": []}}}),
    ("tracing_config", {"lambda_function_props": {"tracing_config": None}}),
]


def test_the_defaults_cause_no_warning(emit: Emit) -> None:
    assert emit().warnings == []


def test_every_id_is_tested() -> None:
    assert sorted([*OVERRIDES, *MISSING]) == sorted(get_args(WarningId))


@pytest.mark.parametrize(("id", "inputs"), [*OVERRIDES.items(), *OTHER_OVERRIDES])
def test_a_weaker_setting_causes_one_warning(emit: Emit, id: str, inputs: dict[str, Any]) -> None:
    (warning,) = emit(**inputs).warnings
    assert warning.endswith(f'Silence this with silence_warnings=["{id}"].')
    assert warning.endswith(f'Silence this with silence_warnings=["{id}"].')


@pytest.mark.parametrize(
    "inputs",
    [
        {"dynamo_event_source_props": {"maximum_retry_attempts": 501}},
        {"dynamo_event_source_props": {"maximum_record_age_in_seconds": 86400}},
        {"sqs_dlq_queue_props": {"sqs_managed_sse_enabled": True}},
        {"lambda_function_props": {"tracing_config": {"mode": "Active"}}},
        {"deploy_failure_bucket": True, "failure_bucket_props": {"expiration_days": 91}},
        {"deploy_failure_bucket": True, "sqs_dlq_queue_props": {"sqs_managed_sse_enabled": True}},
    ],
)
def test_a_setting_that_protects_as_well_causes_no_warning(emit: Emit, inputs: dict[str, Any]) -> None:
    assert emit(**inputs).warnings == []


@pytest.mark.parametrize(("id", "inputs"), OVERRIDES.items())
def test_a_warning_can_be_silenced(emit: Emit, id: str, inputs: dict[str, Any]) -> None:
    assert emit(**inputs, silence_warnings=[id]).warnings == []


def test_a_silenced_warning_does_not_silence_others(emit: Emit) -> None:
    props = {"point_in_time_recovery": None, "deletion_protection_enabled": False}
    (warning,) = emit(dynamo_table_props=props, silence_warnings=["point_in_time_recovery"]).warnings
    assert "deletion_protection_enabled" in warning


@pytest.mark.parametrize("silenced", [["tracing"], "tracing_config", 3])
def test_an_unknown_id_is_refused(mistakes_of: MistakesOf, silenced: object) -> None:
    assert "tracing_config" in mistakes_of(silence_warnings=silenced)["silence_warnings"]


def test_a_warning_has_no_stack_trace(emit: Emit) -> None:
    """A stack trace would hold paths of this machine."""
    emitted = emit(deploy_sqs_dlq_queue=False)
    (entry,) = [entry for entry in emitted.pattern.node.metadata if entry.type == "@cdktf/warn"]
    assert not entry.trace
