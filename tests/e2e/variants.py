"""Variants of the pattern: each argument of each input, and the inputs that change what others do.

`ARGUMENTS` has a variant for each argument of the props. `OTHER_INPUTS` has the inputs that are not props. A test fails
if one is missing. `PAIRS` has the inputs and arguments that interact.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, cast

from ddb_stream_lambda import DynamoDBStreamsToLambda, TableByArn, filter_pattern, is_equal
from cdktf import Fn, TerraformIterator, TerraformStack, TerraformVariable, Token
from cdktf_cdktf_provider_aws.data_aws_dynamodb_table import DataAwsDynamodbTable
from cdktf_cdktf_provider_aws.data_aws_lambda_alias import DataAwsLambdaAlias
from cdktf_cdktf_provider_aws.data_aws_lambda_function import DataAwsLambdaFunction
from cdktf_cdktf_provider_aws.dynamodb_table import DynamodbTable, DynamodbTableConfig
from cdktf_cdktf_provider_aws.iam_policy import IamPolicy
from cdktf_cdktf_provider_aws.kms_alias import KmsAlias
from cdktf_cdktf_provider_aws.kms_key import KmsKey
from cdktf_cdktf_provider_aws.lambda_alias import LambdaAlias
from cdktf_cdktf_provider_aws.lambda_event_source_mapping import (
    LambdaEventSourceMappingConfig,
    LambdaEventSourceMappingDestinationConfig,
    LambdaEventSourceMappingDestinationConfigOnFailure,
)
from cdktf_cdktf_provider_aws.lambda_function import LambdaFunction
from cdktf_cdktf_provider_aws.provider import AwsProvider
from cdktf_cdktf_provider_aws.s3_bucket import S3Bucket
from cdktf_cdktf_provider_aws.s3_bucket_server_side_encryption_configuration import (
    S3BucketServerSideEncryptionConfigurationA,
    S3BucketServerSideEncryptionConfigurationRuleA,
    S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA,
)
from cdktf_cdktf_provider_aws.sns_topic import SnsTopic
from cdktf_cdktf_provider_aws.sqs_queue import SqsQueue
from constructs import Construct

from tests.support.calls import HELLO, VPC, ZIP_FUNCTION

# The pattern's inputs.
Inputs = dict[str, Any]
# The inputs, or a function that creates in a scope what they refer to, and returns them.
Variant = Inputs | Callable[[Construct], Inputs]

# Resources that exist before the plan: see `test_plans.py`.
EXISTING = "orders"
EXISTING_ALIAS = "live"
KEY_ALIAS = "alias/orders"
CODE_IN_BUCKET: Inputs = {"s3_bucket": "orders-code", "s3_key": "orders.zip", "source_code_hash": "unknown"}
OTHER_REGION = "us-east-2"

ACCOUNT = "000000000000"
TABLE_ARN = f"arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/{EXISTING}"
STREAM_ARN = f"{TABLE_ARN}/stream/2026-01-31T12:00:00.000"
OTHER_STREAM_ARN = STREAM_ARN.replace("eu-west-1", OTHER_REGION)
KEY_ID = "11111111-2222-4333-8444-555555555555"
KEY_ARN = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/{KEY_ID}"
ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/service/worker"
QUEUE_ARN = f"arn:aws:sqs:eu-west-1:{ACCOUNT}:failed"
ACCESS_POINT_ARN = f"arn:aws:elasticfilesystem:eu-west-1:{ACCOUNT}:access-point/fsap-0123456789abcdef0"
CAPACITY_PROVIDER_ARN = f"arn:aws:lambda:eu-west-1:{ACCOUNT}:capacity-provider:orders"
BUCKET_POLICY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
IMAGE = f"{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/orders@sha256:{'0' * 64}"
FILTERS = {"filter": [{"pattern": json.dumps({"eventName": ["INSERT"]})}]}
PROVISIONED = {"billing_mode": "PROVISIONED", "read_capacity": 5, "write_capacity": 5}
GLOBAL_INDEX = {"name": "by-customer", "hash_key": "customer", "projection_type": "ALL"}
CUSTOMER = {"attribute": [{"name": "customer", "type": "S"}]}
QUEUE_POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "sqs:PurgeQueue", "Resource": "*"}],
    }
)
ROLE_POLICY = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
)
# A statement whose texts need care in both outputs of cdktf: quotes, a backslash and IAM's policy variable.
STATEMENT = {
    "Action": ["s3:GetObject"],
    "Resource": "arn:aws:s3:::orders/$${aws:username}/*",
    "Condition": {"StringLike": {"aws:UserAgent": 'back\\slash "quoted"'}},
}


def table(**arguments: Any) -> Inputs:
    return {"dynamo_table_props": arguments}


def mapping(**arguments: Any) -> Inputs:
    return {"dynamo_event_source_props": arguments}


def function(**arguments: Any) -> Inputs:
    """Return a zip function with the given arguments."""
    return {"lambda_function_props": ZIP_FUNCTION | arguments}


def queue(**arguments: Any) -> Inputs:
    return {"sqs_dlq_queue_props": arguments}


def bucket(**arguments: Any) -> Inputs:
    """Return the inputs for a failure bucket with the given props."""
    return {"deploy_failure_bucket": True, "failure_bucket_props": arguments}


def role(**arguments: Any) -> Inputs:
    return {"lambda_role_props": arguments}


def logs(**arguments: Any) -> Inputs:
    return {"log_group_props": arguments}


def alias(**arguments: Any) -> Inputs:
    return {"lambda_alias_props": arguments}


def alarms(**arguments: Any) -> Inputs:
    return {"deploy_alarms": True, "alarm_props": arguments}


def failures_to(arn: str) -> Inputs:
    """Return the inputs that name a failure destination."""
    return mapping(destination_config={"on_failure": {"destination_arn": arn}})


def other_provider(scope: Construct) -> AwsProvider:
    """Return the stack's provider of the other region."""
    stack = TerraformStack.of(scope)
    found = stack.node.try_find_child(OTHER_REGION)
    return cast("AwsProvider", found) or AwsProvider(stack, OTHER_REGION, alias="other", region=OTHER_REGION)


def text(scope: Construct, value: str, id: str = "text") -> str:
    """Return the value of a new variable that is a text."""
    return TerraformVariable(scope, id, type="string", default=value).string_value


def number(scope: Construct, value: float, id: str = "number") -> float:
    """Return the value of a new variable that is a number."""
    return TerraformVariable(scope, id, type="number", default=value).number_value


def boolean(scope: Construct, value: bool, id: str = "boolean") -> Any:
    """Return the value of a new variable that is a bool."""
    return TerraformVariable(scope, id, type="bool", default=value).boolean_value


def texts(scope: Construct, *values: str, id: str = "texts") -> list[str]:
    """Return the value of a new variable that is a list of texts."""
    return TerraformVariable(scope, id, type="list(string)", default=list(values)).list_value


def map_of_texts(scope: Construct, value: dict[str, str], id: str = "map") -> Any:
    """Return the value of a new variable that is a map of texts."""
    return TerraformVariable(scope, id, type="map(string)", default=value).value


def app_function(scope: Construct, **arguments: Any) -> LambdaFunction:
    """Return a function that is not part of a pattern."""
    return LambdaFunction(
        scope,
        "given",
        function_name=f"given-{scope.node.id}"[:64],
        role=f"arn:aws:iam::{ACCOUNT}:role/{EXISTING}",
        runtime="python3.13",
        handler="index.handler",
        **CODE_IN_BUCKET,
        **arguments,
    )


def app_table(scope: Construct, **arguments: Any) -> DynamodbTable:
    """Return a table that is not part of a pattern."""
    return DynamodbTable(
        scope,
        "given-table",
        name=f"given-{scope.node.id}",
        billing_mode="PAY_PER_REQUEST",
        hash_key="id",
        attribute=[{"name": "id", "type": "S"}],
        stream_enabled=True,
        stream_view_type="NEW_AND_OLD_IMAGES",
        **arguments,
    )


def encrypted_bucket(scope: Construct, key: str) -> S3Bucket:
    bucket = S3Bucket(scope, "failed", bucket_prefix="failed-")
    by_default = S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA(
        sse_algorithm="aws:kms", kms_master_key_id=key
    )
    rule = S3BucketServerSideEncryptionConfigurationRuleA(apply_server_side_encryption_by_default=by_default)
    S3BucketServerSideEncryptionConfigurationA(scope, "encryption", bucket=bucket.id, rule=[rule])
    return bucket


def with_app_alias(scope: Construct) -> Inputs:
    given = app_function(scope, publish=True)
    live = LambdaAlias(scope, "live", name="live", function_name=given.function_name, function_version=given.version)
    return {"existing_lambda_obj": live}


def with_key_alias(scope: Construct) -> Inputs:
    """Name a customer managed key by the alias of the app, which Terraform looks up after it is created."""
    created = KmsAlias(scope, "alias", name_prefix="alias/orders-", target_key_id=KmsKey(scope, "key").key_id)
    return queue(kms_master_key_id=created.name) | table(server_side_encryption={"kms_key_arn": created.target_key_arn})


def with_customer_managed_keys(scope: Construct) -> Inputs:
    key = KmsKey(scope, "key").arn
    return (
        function(kms_key_arn=key)
        | table(server_side_encryption={"kms_key_arn": key})
        | queue(kms_master_key_id=key)
        | logs(kms_key_id=key)
        | {"table_permissions": "ReadWrite"}
    )


def with_structs(scope: Construct) -> Inputs:
    """Give the provider's structs instead of mappings."""
    on_failure = LambdaEventSourceMappingDestinationConfigOnFailure(destination_arn=SnsTopic(scope, "failed").arn)
    destination = LambdaEventSourceMappingDestinationConfig(on_failure=on_failure)
    given = LambdaEventSourceMappingConfig(function_name="", batch_size=7, destination_config=destination)
    given._values.pop("function_name")  # required by the struct; the pattern has it
    return {
        "dynamo_table_props": DynamodbTableConfig(name="with-structs", range_key="at"),
        "dynamo_event_source_props": given,
    }


def with_expressions(scope: Construct) -> Inputs:
    """Give an expression of each type wherever one is possible."""
    return (
        table(
            range_key=text(scope, "at", "range-key"),
            attribute=[{"name": text(scope, "id", "key"), "type": "S"}, {"name": text(scope, "at", "at"), "type": "N"}],
            hash_key=text(scope, "id", "hash-key"),
            ttl={"attribute_name": text(scope, "expires", "ttl"), "enabled": boolean(scope, True, "expiry")},
            point_in_time_recovery={"enabled": boolean(scope, True, "recovery")},
            deletion_protection_enabled=boolean(scope, True, "protection"),
            stream_enabled=boolean(scope, True, "stream"),
            stream_view_type=text(scope, "NEW_AND_OLD_IMAGES", "view"),
            tags=map_of_texts(scope, {"team": "orders"}, "tags"),
        )
        | mapping(
            batch_size=number(scope, 10, "batch"),
            enabled=boolean(scope, True, "enabled"),
            bisect_batch_on_function_error=boolean(scope, True, "bisect"),
            starting_position=text(scope, "LATEST", "position"),
            function_response_types=texts(scope, "ReportBatchItemFailures", id="responses"),
            filter_criteria={"filter": [{"pattern": Fn.jsonencode({"eventName": [text(scope, "INSERT", "event")]})}]},
        )
        | function(
            architectures=texts(scope, "arm64", id="architectures"),
            memory_size=number(scope, 256, "memory"),
            tracing_config={"mode": text(scope, "PassThrough", "tracing")},
            environment={"variables": map_of_texts(scope, {"INDEX": "orders"}, "variables")},
            description=Fn.join("-", ["orders", text(scope, "function", "description")]),
        )
        | queue(message_retention_seconds=number(scope, 86_400, "retention"), name=text(scope, "expressions", "queue"))
        | role(description=text(scope, "role", "role"), max_session_duration=number(scope, 3_600, "session"))
        | logs(retention_in_days=number(scope, 7, "days"))
        | {
            "table_permissions": "Read",
            "table_environment_variable_name": text(scope, "TABLE_NAME", "variable"),
            "lambda_role_statements": [
                {
                    "Action": texts(scope, "s3:GetObject", id="actions"),
                    "Resource": text(scope, "arn:aws:s3:::a/*", "arn"),
                },
                {"Action": "s3:ListBucket", "Resource": Fn.join("", ["arn:aws:s3:::", text(scope, "a", "bucket")])},
                STATEMENT,
            ],
        }
    )


def with_dynamic_indexes(scope: Construct) -> Inputs:
    """Give blocks that Terraform repeats for each element of a variable."""
    names = TerraformIterator.from_list(texts(scope, "customer", id="index-names"))
    name = Token.as_string(names.value)
    index = {"name": f"by-{name}", "hash_key": name, "projection_type": "KEYS_ONLY"}
    return table(global_secondary_index=names.dynamic(index), **CUSTOMER)


# Input -> its arguments, each with the inputs that show it.
ARGUMENTS: dict[str, dict[str, Variant]] = {
    "dynamo_table_props": {
        "attribute": table(hash_key="order", attribute=[{"name": "order", "type": "N"}]),
        "billing_mode": table(billing_mode="PAY_PER_REQUEST"),
        "deletion_protection_enabled": table(deletion_protection_enabled=False, lifecycle={"prevent_destroy": False}),
        "depends_on": lambda scope: table(depends_on=[SnsTopic(scope, "first")]),
        "global_secondary_index": table(global_secondary_index=[GLOBAL_INDEX], **CUSTOMER),
        "global_table_witness": table(
            replica=[{"region_name": "us-east-1", "consistency_mode": "STRONG"}],
            global_table_witness={"region_name": "us-west-2"},
        ),
        "hash_key": table(hash_key="order"),
        "import_table": table(
            hash_key="order",
            import_table={
                "input_format": "CSV",
                "input_compression_type": "GZIP",
                "input_format_options": {"csv": {"delimiter": ";", "header_list": ["order", "at"]}},
                "s3_bucket_source": {"bucket": "imports", "key_prefix": "orders/", "bucket_owner": ACCOUNT},
            },
        ),
        "lifecycle": table(lifecycle={"ignore_changes": ["read_capacity", "write_capacity"]}),
        "local_secondary_index": table(
            range_key="at",
            local_secondary_index=[
                {
                    "name": "by-customer",
                    "range_key": "customer",
                    "projection_type": "INCLUDE",
                    "non_key_attributes": ["total"],
                }
            ],
            **CUSTOMER,
        ),
        "name": table(name="named.table"),
        "on_demand_throughput": table(
            on_demand_throughput={"max_read_request_units": 10, "max_write_request_units": -1}
        ),
        "point_in_time_recovery": table(point_in_time_recovery={"recovery_period_in_days": 7}),
        "provider": lambda scope: table(provider=other_provider(scope)) | function(provider=other_provider(scope)),
        "range_key": table(range_key="at"),
        "read_capacity": table(**PROVISIONED),
        "region": table(region=OTHER_REGION) | function(region=OTHER_REGION),
        "replica": table(
            replica=[
                {"region_name": "us-east-1"},
                {"region_name": "us-west-2", "point_in_time_recovery": True, "propagate_tags": True},
            ],
            tags={"team": "orders"},
        ),
        "restore_date_time": table(restore_source_name=EXISTING, restore_date_time="2026-01-31T12:00:00Z"),
        "restore_source_name": table(restore_source_name=EXISTING, restore_to_latest_time=True),
        "restore_source_table_arn": table(restore_source_table_arn=TABLE_ARN, restore_to_latest_time=True),
        "restore_to_latest_time": table(
            restore_source_name=EXISTING, restore_to_latest_time=True, hash_key="id", range_key="at"
        ),
        "server_side_encryption": table(server_side_encryption={"enabled": False}),
        "stream_enabled": table(stream_enabled=True),
        "stream_view_type": table(stream_view_type="KEYS_ONLY"),
        "table_class": table(table_class="STANDARD_INFREQUENT_ACCESS"),
        "tags": table(tags={"Team": "orders", "cost-center": "7"}),
        "timeouts": table(timeouts={"create": "30m", "update": "1h30m", "delete": "10m"}),
        "ttl": table(ttl={"attribute_name": "expires", "enabled": True}),
        "warm_throughput": table(
            warm_throughput={"read_units_per_second": 12_000, "write_units_per_second": 4_000},
            global_secondary_index=[
                GLOBAL_INDEX | {"warm_throughput": {"read_units_per_second": 12_000, "write_units_per_second": 4_000}}
            ],
            **CUSTOMER,
        ),
        "write_capacity": table(
            **PROVISIONED,
            global_secondary_index=[GLOBAL_INDEX | {"read_capacity": 5, "write_capacity": 5}],
            **CUSTOMER,
        ),
    },
    "dynamo_event_source_props": {
        "batch_size": mapping(batch_size=10_000, maximum_batching_window_in_seconds=5),
        "bisect_batch_on_function_error": mapping(bisect_batch_on_function_error=False),
        "depends_on": lambda scope: mapping(depends_on=[SnsTopic(scope, "first")]),
        "destination_config": failures_to(QUEUE_ARN),
        "enabled": mapping(enabled=False),
        "filter_criteria": mapping(
            filter_criteria={
                "filter": [
                    {"pattern": filter_pattern(event_name=["INSERT"], new_image={"status": is_equal('"open"\\')})},
                    {"pattern": {"eventName": ["REMOVE"]}},
                ]
            }
        ),
        "function_name": alias() | mapping(function_name="orders:live"),
        "function_response_types": mapping(function_response_types=["ReportBatchItemFailures"]),
        "kms_key_arn": mapping(kms_key_arn=KEY_ARN, filter_criteria=FILTERS),
        "lifecycle": mapping(lifecycle={"ignore_changes": ["enabled"], "prevent_destroy": False}),
        "maximum_batching_window_in_seconds": mapping(maximum_batching_window_in_seconds=300),
        "maximum_record_age_in_seconds": mapping(maximum_record_age_in_seconds=-1),
        "maximum_retry_attempts": mapping(maximum_retry_attempts=0),
        "metrics_config": mapping(metrics_config={"metrics": ["EventCount"]}),
        "parallelization_factor": mapping(parallelization_factor=10),
        "provider": lambda scope: (
            table(provider=other_provider(scope))
            | function(provider=other_provider(scope))
            | mapping(provider=other_provider(scope))
        ),
        "region": table(region=OTHER_REGION) | function(region=OTHER_REGION) | mapping(region=OTHER_REGION),
        "starting_position": mapping(starting_position="LATEST"),
        "tags": mapping(tags={"Team": "orders"}),
        "tumbling_window_in_seconds": mapping(tumbling_window_in_seconds=30),
    },
    "lambda_function_props": {
        "architectures": function(architectures=["arm64"]),
        "capacity_provider_config": alias()
        | function(
            memory_size=2048,
            capacity_provider_config={
                "lambda_managed_instances_capacity_provider_config": {
                    "capacity_provider_arn": CAPACITY_PROVIDER_ARN,
                    "execution_environment_memory_gib_per_vcpu": 2,
                    "per_execution_environment_max_concurrency": 10,
                }
            },
        ),
        "code": function(),
        "code_signing_config_arn": function(
            code_signing_config_arn=f"arn:aws:lambda:eu-west-1:{ACCOUNT}:code-signing-config:csc-0123456789abcdef0"
        ),
        "dead_letter_config": lambda scope: function(dead_letter_config={"target_arn": SqsQueue(scope, "events").arn}),
        "depends_on": lambda scope: function(depends_on=[SnsTopic(scope, "first")]),
        "description": function(description='the "orders" function: 100%'),
        "durable_config": alias() | function(durable_config={"execution_timeout": 900, "retention_period": 14}),
        "environment": function(environment={"variables": {"INDEX": "orders", "PATTERN": '\\d+ "quoted"'}}),
        "ephemeral_storage": function(ephemeral_storage={"size": 10_240}),
        "file_system_config": function(
            vpc_config=VPC, file_system_config={"arn": ACCESS_POINT_ARN, "local_mount_path": "/mnt/orders"}
        ),
        "filename": function(code=None, filename=str(HELLO / "index.py"), source_code_hash="unknown"),
        "function_name": function(function_name="named_function"),
        "handler": function(handler="other.handler"),
        "image_config": {
            "lambda_function_props": {
                "image_uri": IMAGE,
                "image_config": {"command": ["index.handler"], "entry_point": ["/run"], "working_directory": "/var"},
            }
        },
        "image_uri": {"lambda_function_props": {"image_uri": IMAGE}},
        "kms_key_arn": function(kms_key_arn=KEY_ARN),
        "layers": function(layers=[f"arn:aws:lambda:eu-west-1:{ACCOUNT}:layer:common:1"]),
        "lifecycle": function(lifecycle={"ignore_changes": ["source_code_hash"], "create_before_destroy": False}),
        "logging_config": function(
            logging_config={"log_format": "JSON", "application_log_level": "INFO", "system_log_level": "WARN"}
        ),
        "memory_size": function(memory_size=10_240),
        "package_type": function(package_type="Zip"),
        "provider": lambda scope: (
            function(provider=other_provider(scope)) | {"existing_table_interface": TableByArn(None, OTHER_STREAM_ARN)}
        ),
        "publish": function(publish=True),
        "publish_to": function(publish=True, publish_to="LATEST_PUBLISHED"),
        "region": function(region=OTHER_REGION) | {"existing_table_interface": TableByArn(None, OTHER_STREAM_ARN)},
        "replace_security_groups_on_destroy": function(vpc_config=VPC, replace_security_groups_on_destroy=True),
        "replacement_security_group_ids": function(
            vpc_config=VPC, replace_security_groups_on_destroy=True, replacement_security_group_ids=["sg-2"]
        ),
        "reserved_concurrent_executions": function(reserved_concurrent_executions=5),
        "role": function(role=ROLE_ARN),
        "runtime": function(runtime="nodejs22.x"),
        "s3_bucket": function(code=None, s3_bucket="code", s3_key="orders.zip", s3_object_version="1"),
        "s3_key": function(code=None, s3_bucket="code", s3_key="orders.zip", source_code_hash="hash"),
        "s3_object_version": function(code=None, s3_bucket="code", s3_key="orders.zip", s3_object_version="2"),
        "skip_destroy": function(skip_destroy=True),
        "snap_start": alias() | function(snap_start={"apply_on": "PublishedVersions"}),
        "source_code_hash": lambda scope: function(
            code=None, filename=str(HELLO / "index.py"), source_code_hash=Fn.filebase64sha256(str(HELLO / "index.py"))
        ),
        "source_kms_key_arn": function(source_kms_key_arn=KEY_ARN),
        "tags": function(tags={"Team": "orders"}),
        "timeout": function(timeout=900),
        "timeouts": function(timeouts={"create": "20m", "update": "20m", "delete": "20m"}),
        "tracing_config": function(tracing_config={"mode": "PassThrough"}),
        "vpc_config": function(vpc_config=VPC | {"ipv6_allowed_for_dual_stack": True}),
    },
    "lambda_role_props": {
        "description": role(description="The function's role"),
        "force_detach_policies": role(force_detach_policies=True),
        "max_session_duration": role(max_session_duration=43_200),
        "name": role(name="named.role"),
        "name_prefix": role(name_prefix="prefixed-"),
        "path": role(path="/service/"),
        "permissions_boundary": role(permissions_boundary="arn:aws:iam::aws:policy/PowerUserAccess"),
        "policy_arns": lambda scope: role(
            policy_arns=[
                BUCKET_POLICY,
                IamPolicy(scope, "extra", name=f"extra-{scope.node.id}", policy=ROLE_POLICY).arn,
            ]
        ),
        "tags": role(tags={"Team": "orders"}),
    },
    "lambda_alias_props": {
        "description": alias(description="what the stream invokes"),
        "name": alias(name="blue_green"),
        "routing_config": alias(routing_config={"additional_version_weights": {"2": 0.1}}),
    },
    "log_group_props": {
        "deletion_protection_enabled": logs(deletion_protection_enabled=True),
        "depends_on": lambda scope: logs(depends_on=[SnsTopic(scope, "first")]),
        "kms_key_id": logs(kms_key_id=KEY_ARN),
        "lifecycle": logs(lifecycle={"prevent_destroy": False}),
        "log_group_class": logs(log_group_class="INFREQUENT_ACCESS"),
        "name": logs(name="/orders#1"),
        "name_prefix": logs(name_prefix="/prefixed/"),
        "provider": lambda scope: (
            logs(provider=other_provider(scope))
            | function(provider=other_provider(scope))
            | {"existing_table_interface": TableByArn(None, OTHER_STREAM_ARN)}
        ),
        "region": logs(region="eu-west-1"),
        "retention_in_days": logs(retention_in_days=0),
        "skip_destroy": logs(skip_destroy=True),
        "tags": logs(tags={"Team": "orders"}),
    },
    "sqs_dlq_queue_props": {
        "delay_seconds": queue(delay_seconds=900),
        "depends_on": lambda scope: queue(depends_on=[SnsTopic(scope, "first")]),
        "kms_data_key_reuse_period_seconds": queue(kms_data_key_reuse_period_seconds=86_400),
        "kms_master_key_id": queue(kms_master_key_id=KEY_ALIAS),
        "lifecycle": queue(lifecycle={"prevent_destroy": False}),
        # Provider 5.100.0 refuses more; SQS and later versions accept 1 MiB.
        "max_message_size": queue(max_message_size=262_144),
        "message_retention_seconds": queue(message_retention_seconds=60),
        "name": queue(name="named_queue"),
        "name_prefix": queue(name_prefix="prefixed-"),
        "policy": queue(policy=QUEUE_POLICY),
        "provider": lambda scope: queue(provider=other_provider(scope), kms_master_key_id=KEY_ALIAS),
        "receive_wait_time_seconds": queue(receive_wait_time_seconds=20),
        "redrive_allow_policy": queue(redrive_allow_policy=json.dumps({"redrivePermission": "denyAll"})),
        "redrive_policy": lambda scope: queue(
            redrive_policy=Fn.jsonencode({"deadLetterTargetArn": SqsQueue(scope, "last").arn, "maxReceiveCount": 10})
        ),
        "region": queue(region=OTHER_REGION),
        "sqs_managed_sse_enabled": queue(sqs_managed_sse_enabled=True),
        "tags": queue(tags={"Team": "orders"}),
        "timeouts": queue(timeouts={"create": "10m", "update": "10m", "delete": "10m"}),
        "visibility_timeout_seconds": queue(visibility_timeout_seconds=43_200),
    },
    "failure_bucket_props": {
        "bucket": bucket(bucket="named-failures"),
        "bucket_prefix": bucket(bucket_prefix="prefixed-"),
        "depends_on": lambda scope: bucket(depends_on=[SnsTopic(scope, "first")]),
        "expiration_days": bucket(expiration_days=365),
        "force_destroy": bucket(force_destroy=True),
        "kms_master_key_id": bucket(kms_master_key_id=KEY_ALIAS),
        "lifecycle": bucket(lifecycle={"prevent_destroy": False}),
        "provider": lambda scope: bucket(provider=other_provider(scope)) | queue(provider=other_provider(scope)),
        "region": bucket(region=OTHER_REGION) | queue(region=OTHER_REGION),
        "tags": bucket(tags={"Team": "orders"}),
        "timeouts": bucket(timeouts={"create": "10m", "read": "5m", "update": "10m", "delete": "10m"}),
    },
}

ARGUMENTS["alarm_props"] = {
    "alarm_actions": lambda scope: alarms(alarm_actions=[SnsTopic(scope, "on-call").arn]),
    "ok_actions": alarms(ok_actions=[f"arn:aws:sns:eu-west-1:{ACCOUNT}:on-call"]),
    "tags": alarms(tags={"Team": "orders"}),
    "thresholds": lambda scope: alarms(
        thresholds={"queue_messages": number(scope, 5), "errors": None, "iterator_age": 600_000}
    ),
}

# The inputs that are not props.
OTHER_INPUTS: dict[str, Variant] = {
    "existing_lambda_obj: function of the app": lambda scope: {"existing_lambda_obj": app_function(scope)},
    "existing_lambda_obj: data source": lambda scope: {
        "existing_lambda_obj": DataAwsLambdaFunction(scope, "given", function_name=EXISTING)
    },
    "existing_lambda_obj: data source with a qualifier": lambda scope: {
        "existing_lambda_obj": DataAwsLambdaFunction(scope, "given", function_name=EXISTING, qualifier=EXISTING_ALIAS)
    },
    "existing_lambda_obj: alias of the app": with_app_alias,
    "existing_lambda_obj: alias of a function by name": lambda scope: {
        "existing_lambda_obj": LambdaAlias(scope, "given", name="green", function_name=EXISTING, function_version="1")
    },
    "existing_lambda_obj: data source of an alias": lambda scope: {
        "existing_lambda_obj": DataAwsLambdaAlias(scope, "given", name=EXISTING_ALIAS, function_name=EXISTING)
    },
    "existing_table_interface: table of the app": lambda scope: {"existing_table_interface": app_table(scope)},
    "existing_table_interface: data source": lambda scope: {
        "existing_table_interface": DataAwsDynamodbTable(scope, "given", name=EXISTING)
    },
    "existing_table_interface: ARNs": {"existing_table_interface": TableByArn(TABLE_ARN, STREAM_ARN, KEY_ARN)},
    "deploy_sqs_dlq_queue": {"deploy_sqs_dlq_queue": False},
    "deploy_failure_bucket": {"deploy_failure_bucket": True},
    "table_permissions: Read": {"table_permissions": "Read"},
    "table_permissions: Write": {"table_permissions": "Write"},
    "table_permissions: ReadWrite": {"table_permissions": "ReadWrite"},
    "table_permissions: All": {"table_permissions": "All"},
    "table_environment_variable_name": {"table_environment_variable_name": "TABLE_NAME"},
    "lambda_role_statements": {"lambda_role_statements": [STATEMENT]},
    "grant_permissions": function(role=ROLE_ARN) | {"grant_permissions": False},
    "deploy_alarms": {"deploy_alarms": True},
    "silence_warnings": {"silence_warnings": ["prevent_destroy"]} | table(lifecycle={"prevent_destroy": False}),
}

# The inputs and arguments that interact.
PAIRS: dict[str, Variant] = {
    "defaults": {},
    "structs": with_structs,
    "expressions": with_expressions,
    "dynamic indexes": with_dynamic_indexes,
    "customer managed keys": with_customer_managed_keys,
    "key alias of the app": with_key_alias,
    "queue with a key id": queue(kms_master_key_id=KEY_ID),
    "queue with the ARN of a key": queue(kms_master_key_id=KEY_ARN),
    "queue without encryption": queue(kms_master_key_id=None),
    "queue in a policy with an expression": lambda scope: queue(
        policy=Fn.jsonencode({"Version": "2012-10-17", "Id": text(scope, "policy"), "Statement": []})
    ),
    "queue prefix and key alias": queue(name_prefix="prefixed-", kms_master_key_id=KEY_ALIAS),
    "code of a Python 3.9 function": function(runtime="python3.9"),
    "code in an image for arm64": {"lambda_function_props": {"image_uri": IMAGE, "architectures": ["arm64"]}},
    "Node.js with variables": function(runtime="nodejs22.x", environment={"variables": {"INDEX": "orders"}}),
    "Node.js and the table's name": function(runtime="nodejs20.x") | {"table_environment_variable_name": "TABLE_NAME"},
    "VPC and dead-letter topic": lambda scope: function(
        vpc_config=VPC, dead_letter_config={"target_arn": SnsTopic(scope, "events").arn}
    ),
    "layers and ephemeral storage": function(
        layers=[f"arn:aws:lambda:eu-west-1:{ACCOUNT}:layer:common:1"], ephemeral_storage={"size": 1024}
    ),
    "filters, windows and partial responses": mapping(
        filter_criteria=FILTERS,
        function_response_types=["ReportBatchItemFailures"],
        parallelization_factor=2,
        maximum_batching_window_in_seconds=5,
    ),
    "tumbling window and a batching window": mapping(
        tumbling_window_in_seconds=900, maximum_batching_window_in_seconds=10, parallelization_factor=1
    ),
    "filter of old images and their view": table(stream_view_type="OLD_IMAGE")
    | mapping(filter_criteria={"filter": [{"pattern": {"dynamodb": {"OldImage": {"a": {"S": ["b"]}}}}}]}),
    "provisioned table with indexes": table(
        **PROVISIONED,
        range_key="at",
        attribute=[{"name": "at", "type": "N"}, {"name": "customer", "type": "S"}],
        global_secondary_index=[GLOBAL_INDEX | {"range_key": "at", "read_capacity": 5, "write_capacity": 5}],
        local_secondary_index=[{"name": "by-customer-too", "range_key": "customer", "projection_type": "KEYS_ONLY"}],
    ),
    "on-demand throughput of table and index": table(
        on_demand_throughput={"max_read_request_units": 10},
        global_secondary_index=[GLOBAL_INDEX | {"on_demand_throughput": {"max_write_request_units": 5}}],
        **CUSTOMER,
    ),
    "replica and keys": table(
        server_side_encryption={"kms_key_arn": KEY_ARN},
        replica=[{"region_name": OTHER_REGION, "kms_key_arn": KEY_ARN.replace("eu-west-1", OTHER_REGION)}],
    ),
    "replicas with strong consistency": table(
        replica=[
            {"region_name": "us-east-1", "consistency_mode": "STRONG"},
            {"region_name": "us-west-2", "consistency_mode": "STRONG"},
        ]
    ),
    "replica and provisioned table": table(**PROVISIONED, replica=[{"region_name": OTHER_REGION}]),
    "restored table with indexes": table(
        restore_source_name=EXISTING,
        restore_to_latest_time=True,
        hash_key="id",
        global_secondary_index=[GLOBAL_INDEX],
        **CUSTOMER,
    ),
    "restored provisioned table": table(restore_source_name=EXISTING, restore_to_latest_time=True, **PROVISIONED),
    "imported table with an index": table(
        hash_key="order",
        import_table={"input_format": "DYNAMODB_JSON", "s3_bucket_source": {"bucket": "imports"}},
        global_secondary_index=[GLOBAL_INDEX],
        **CUSTOMER,
    ),
    "unprotected table": table(
        deletion_protection_enabled=None, lifecycle=None, point_in_time_recovery=None, server_side_encryption=None
    ),
    "table of the app with a key, read and written": lambda scope: {
        "existing_table_interface": app_table(
            scope, server_side_encryption={"enabled": True, "kms_key_arn": KmsKey(scope, "key").arn}
        ),
        "table_permissions": "ReadWrite",
        "table_environment_variable_name": "TABLE_NAME",
    },
    "table of a data source, read and named": lambda scope: {
        "existing_table_interface": DataAwsDynamodbTable(scope, "given", name=EXISTING),
        "table_permissions": "Read",
        "table_environment_variable_name": "TABLE_NAME",
    },
    "table by the ARN of its stream, written and named": {
        "existing_table_interface": TableByArn(stream_arn=STREAM_ARN, kms_key_arn=KEY_ARN),
        "table_permissions": "Write",
        "table_environment_variable_name": "TABLE_NAME",
    },
    "table by an expression for its stream, with everything allowed": lambda scope: {
        "existing_table_interface": TableByArn(stream_arn=text(scope, STREAM_ARN)),
        "table_permissions": "All",
        "table_environment_variable_name": "TABLE_NAME",
    },
    "table and function of data sources": lambda scope: {
        "existing_table_interface": DataAwsDynamodbTable(scope, "table", name=EXISTING),
        "existing_lambda_obj": DataAwsLambdaFunction(scope, "function", function_name=EXISTING),
        "table_permissions": "Read",
    },
    "table and function of the app": lambda scope: {
        "existing_table_interface": app_table(scope),
        "existing_lambda_obj": app_function(scope, environment={"variables": {"INDEX": "orders"}}),
        "table_permissions": "ReadWrite",
        "table_environment_variable_name": "TABLE_NAME",
    },
    "variables of an expression and the table's name": lambda scope: (
        function(environment={"variables": map_of_texts(scope, {"INDEX": "orders"})})
        | {"table_environment_variable_name": "TABLE_NAME"}
    ),
    "existing function and no permissions": lambda scope: {
        "existing_lambda_obj": app_function(scope),
        "grant_permissions": False,
    },
    "existing function and no queue": lambda scope: {
        "existing_lambda_obj": app_function(scope),
        "deploy_sqs_dlq_queue": False,
    },
    "existing function and a queue with a key": lambda scope: {
        "existing_lambda_obj": app_function(scope),
        "sqs_dlq_queue_props": {"kms_master_key_id": KEY_ALIAS},
    },
    "given role and the table's permissions": function(role=ROLE_ARN) | {"table_permissions": "ReadWrite"},
    "given role of the app and an alias": lambda scope: (
        function(role=app_function(scope).role) | alias(name="live") | {"lambda_role_statements": [STATEMENT]}
    ),
    "given log group": function(logging_config={"log_format": "Text", "log_group": "/orders"}),
    "log group with a name and JSON": logs(name="/named/orders", retention_in_days=7)
    | function(logging_config={"log_format": "JSON"}),
    "log group prefix and a key": lambda scope: logs(name_prefix="/prefixed/", kms_key_id=KmsKey(scope, "key").arn),
    "role with a path, a prefix and policies": role(
        path="/service/", name_prefix="prefixed-", policy_arns=[BUCKET_POLICY]
    ),
    "alias and durable function": alias() | function(durable_config={"execution_timeout": 60}),
    "alias and snapshots": alias(name="blue") | function(snap_start={"apply_on": "PublishedVersions"}),
    "alias, table's name and permissions": alias()
    | {"table_environment_variable_name": "TABLE_NAME", "table_permissions": "All"},
    "mapping to an alias by name": alias()
    | mapping(function_name="pair-mapping:live")
    | function(function_name="pair-mapping"),
    "queue of the app with a key as failure destination": lambda scope: failures_to(
        SqsQueue(scope, "failed", kms_master_key_id=KmsKey(scope, "key").arn).arn
    ),
    "topic with a key as failure destination": lambda scope: failures_to(
        SnsTopic(scope, "failed", kms_master_key_id=KmsKey(scope, "key").arn).arn
    ),
    "topic with a key alias as failure destination": lambda scope: failures_to(
        SnsTopic(scope, "failed", kms_master_key_id=KEY_ALIAS).arn
    ),
    "bucket with a key as failure destination": lambda scope: failures_to(
        encrypted_bucket(scope, KmsKey(scope, "key").arn).arn
    ),
    "bucket by its ARN as failure destination": failures_to("arn:aws:s3:::failed"),
    "failure bucket and no queue": bucket() | {"deploy_sqs_dlq_queue": False},
    "failure bucket and a queue with a key": lambda scope: (
        bucket(kms_master_key_id=KmsKey(scope, "key").arn, expiration_days=None) | queue(kms_master_key_id=KEY_ALIAS)
    ),
    "failure bucket of expressions": lambda scope: bucket(
        bucket_prefix=text(scope, "expressions-", "prefix"),
        expiration_days=number(scope, 30, "days"),
        kms_master_key_id=text(scope, KEY_ALIAS, "key"),
        tags=map_of_texts(scope, {"team": "orders"}, "tags"),
    ),
    "failure bucket of an existing function": lambda scope: bucket() | {"existing_lambda_obj": app_function(scope)},
    "failure destination of an expression": lambda scope: failures_to(text(scope, QUEUE_ARN)),
    "alarms and a bucket as failure destination": failures_to("arn:aws:s3:::failed") | alarms(),
    "alarms and a queue of the app as failure destination": lambda scope: (
        failures_to(SqsQueue(scope, "failed").arn) | alarms()
    ),
    "alarms of an existing alias without a queue": lambda scope: (
        with_app_alias(scope) | alarms() | {"deploy_sqs_dlq_queue": False}
    ),
    "alarms of another provider": lambda scope: (
        function(provider=other_provider(scope))
        | {"existing_table_interface": TableByArn(stream_arn=OTHER_STREAM_ARN)}
        | alarms(alarm_actions=texts(scope, f"arn:aws:sns:{OTHER_REGION}:{ACCOUNT}:on-call"))
    ),
    "alarms in another region": function(region=OTHER_REGION) | table(region=OTHER_REGION) | alarms(),
    "existing function of another provider": lambda scope: {
        "existing_lambda_obj": DataAwsLambdaFunction(
            scope, "given", function_name=EXISTING, provider=other_provider(scope)
        ),
        "dynamo_table_props": {"provider": other_provider(scope)},
        "sqs_dlq_queue_props": {"kms_master_key_id": KEY_ALIAS},
    },
    "function and queue with a key of another provider": lambda scope: (
        function(provider=other_provider(scope))
        | queue(kms_master_key_id=KEY_ALIAS)
        | {"existing_table_interface": TableByArn(stream_arn=OTHER_STREAM_ARN)}
    ),
    "alias, log group and role of another provider": lambda scope: (
        function(
            provider=other_provider(scope),
            logging_config={"log_format": "Text", "log_group": "/orders"},
            durable_config={"execution_timeout": 60},
        )
        | alias()
        | role(policy_arns=[BUCKET_POLICY])
        | {"existing_table_interface": TableByArn(stream_arn=OTHER_STREAM_ARN)}
    ),
    "given log group in another region": function(
        region=OTHER_REGION, logging_config={"log_format": "Text", "log_group": "/orders"}
    )
    | table(region=OTHER_REGION),
    "queue with a key in another region": function(region=OTHER_REGION)
    | table(region=OTHER_REGION)
    | queue(kms_master_key_id=KEY_ALIAS),
}

VARIANTS: dict[str, Variant] = {
    **{f"{input}.{name}": variant for input, variants in ARGUMENTS.items() for name, variant in variants.items()},
    **OTHER_INPUTS,
    **PAIRS,
}


def scope_id(variant: str) -> str:
    """Return the id of a variant's scope, which is the beginning of the names of its resources."""
    return re.sub("[^a-z0-9]+", "-", variant.lower()).strip("-")


def variant_of(address: str) -> str | None:
    """Return the variant that a resource or data source belongs to, by its address; None if it belongs to none."""
    name = address.removeprefix("data.").split(".")[1].replace("-", "_")
    variants = [variant for variant in VARIANTS if f"{name}_".startswith(f"{scope_id(variant).replace('-', '_')}_")]
    return max(variants, key=len, default=None)


def add_variant(
    stack: TerraformStack, variant: str, *, for_apply: bool = False, changes: Inputs | None = None
) -> DynamoDBStreamsToLambda:
    """Add a variant of the pattern to a stack, in a scope that it owns.

    Args:
        stack: the stack.
        variant: the name of the variant.
        for_apply: whether to add it in a form that is applied in a few seconds: its function has its code in a bucket,
            since the provider uploads one archive after the other, and its mapping does not poll the stream.
        changes: the inputs that replace those of the variant.
    """
    scope = Construct(stack, scope_id(variant))
    given = VARIANTS[variant]
    inputs = (given(scope) if callable(given) else given) | (changes or {})
    if "existing_lambda_obj" not in inputs:
        inputs = function() | inputs
        if for_apply:
            inputs["lambda_function_props"] = inputs["lambda_function_props"] | {"code": None} | CODE_IN_BUCKET
    if for_apply:
        inputs["dynamo_event_source_props"] = inputs.get("dynamo_event_source_props", {}) | {"enabled": False}
    return DynamoDBStreamsToLambda(scope, "pipeline", **inputs)


def builder(*variants: str) -> Callable[[TerraformStack], object]:
    """Return a function that adds variants of the pattern to a stack."""
    return lambda stack: [add_variant(stack, variant) for variant in variants]
