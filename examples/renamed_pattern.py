"""Rename the pattern of five_lines.py from "pipeline" to "changes". No resource is replaced."""

from pathlib import Path

from ddb_stream_lambda import Code, DynamoDBStreamsToLambda
from cdktf import App, TerraformResource, TerraformStack
from cdktf_cdktf_provider_aws.iam_role_policy import IamRolePolicy
from cdktf_cdktf_provider_aws.provider import AwsProvider

OLD_ID = "pipeline"
# The names that the old id gave. A new name would replace the resource.
OLD_NAME = "orders_pipeline"

app = App()
stack = TerraformStack(app, "orders")
AwsProvider(stack, "aws", region="eu-west-1")
pattern = DynamoDBStreamsToLambda(
    stack,
    "changes",
    dynamo_table_props={"name": OLD_NAME},
    lambda_function_props={
        "function_name": OLD_NAME,
        "code": Code.from_asset(Path(__file__).with_name("function")),
        "runtime": "python3.13",
        "handler": "index.handler",
    },
    lambda_role_props={"name": OLD_NAME},
    sqs_dlq_queue_props={"name": f"{OLD_NAME}-dlq"},
    dynamo_event_source_props={"function_response_types": ["ReportBatchItemFailures"]},
)

# Each address begins with the ids of the constructs that lead to the pattern, here with "changes".
for resource in pattern.node.find_all():
    if isinstance(resource, IamRolePolicy):
        resource.name = OLD_NAME  # no input sets it
    if isinstance(resource, TerraformResource):
        end = resource.friendly_unique_id.removeprefix("changes")
        resource.move_from_id(f"{resource.terraform_resource_type}.{OLD_ID}{end}")
app.synth()
