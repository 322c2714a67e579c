"""Scale the provisioned capacity of the table and of its index with their use."""

from pathlib import Path
from typing import cast

from ddb_stream_lambda import Code, DynamoDBStreamsToLambda
from cdktf import App, TerraformStack
from cdktf_cdktf_provider_aws.appautoscaling_policy import (
    AppautoscalingPolicy,
    AppautoscalingPolicyTargetTrackingScalingPolicyConfiguration,
    AppautoscalingPolicyTargetTrackingScalingPolicyConfigurationPredefinedMetricSpecification,
)
from cdktf_cdktf_provider_aws.appautoscaling_target import AppautoscalingTarget
from cdktf_cdktf_provider_aws.dynamodb_table import DynamodbTable
from cdktf_cdktf_provider_aws.provider import AwsProvider

INDEX = "by-customer"
MIN_CAPACITY, MAX_CAPACITY = 5, 100
TARGET_UTILIZATION = 70

app = App()
stack = TerraformStack(app, "orders")
AwsProvider(stack, "aws", region="eu-west-1")
pattern = DynamoDBStreamsToLambda(
    stack,
    "pipeline",
    dynamo_table_props={
        "billing_mode": "PROVISIONED",
        # Only the first apply uses these values. Application Auto Scaling sets the capacity from then on.
        "read_capacity": MIN_CAPACITY,
        "write_capacity": MIN_CAPACITY,
        "attribute": [{"name": "id", "type": "S"}, {"name": "customer", "type": "S"}],
        "global_secondary_index": [
            {
                "name": INDEX,
                "hash_key": "customer",
                "projection_type": "KEYS_ONLY",
                "read_capacity": MIN_CAPACITY,
                "write_capacity": MIN_CAPACITY,
            }
        ],
        "lifecycle": {"ignore_changes": ["read_capacity", "write_capacity", "global_secondary_index"]},
    },
    lambda_function_props={
        "code": Code.from_asset(Path(__file__).with_name("function")),
        "runtime": "python3.13",
        "handler": "index.handler",
    },
    dynamo_event_source_props={"function_response_types": ["ReportBatchItemFailures"]},
)
# The property is None only if a table was given.
table = cast("DynamodbTable", pattern.dynamo_table)
for kind, resource in {"table": f"table/{table.name}", "index": f"table/{table.name}/index/{INDEX}"}.items():
    for direction in ("Read", "Write"):
        target = AppautoscalingTarget(
            stack,
            f"{kind}-{direction.lower()}-target",
            service_namespace="dynamodb",
            resource_id=resource,
            scalable_dimension=f"dynamodb:{kind}:{direction}CapacityUnits",
            min_capacity=MIN_CAPACITY,
            max_capacity=MAX_CAPACITY,
        )
        AppautoscalingPolicy(
            stack,
            f"{kind}-{direction.lower()}-policy",
            name=f"orders-{kind}-{direction.lower()}",
            policy_type="TargetTrackingScaling",
            service_namespace=target.service_namespace,
            resource_id=target.resource_id,
            scalable_dimension=target.scalable_dimension,
            target_tracking_scaling_policy_configuration=AppautoscalingPolicyTargetTrackingScalingPolicyConfiguration(
                target_value=TARGET_UTILIZATION,
                predefined_metric_specification=(
                    AppautoscalingPolicyTargetTrackingScalingPolicyConfigurationPredefinedMetricSpecification(
                        predefined_metric_type=f"DynamoDB{direction}CapacityUtilization"
                    )
                ),
            ),
        )
app.synth()
