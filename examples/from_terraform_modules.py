"""Take over a table, a function and a queue that modules of terraform-aws-modules manage in the same state."""

from pathlib import Path

from ddb_stream_lambda import Code, DynamoDBStreamsToLambda
from cdktf import App, S3Backend, TerraformResource, TerraformStack
from cdktf_cdktf_provider_aws.provider import AwsProvider

# Type of a resource -> its address in the modules.
FORMER_ADDRESSES = {
    "aws_cloudwatch_log_group": "module.lambda_function.aws_cloudwatch_log_group.lambda[0]",
    "aws_dynamodb_table": "module.dynamodb_table.aws_dynamodb_table.this[0]",
    "aws_iam_role": "module.lambda_function.aws_iam_role.lambda[0]",
    "aws_lambda_event_source_mapping": 'module.lambda_function.aws_lambda_event_source_mapping.this["orders"]',
    "aws_lambda_function": "module.lambda_function.aws_lambda_function.this[0]",
    "aws_sqs_queue": "module.sqs.aws_sqs_queue.this[0]",
}

app = App()
stack = TerraformStack(app, "orders")
AwsProvider(stack, "aws", region="eu-west-1")
# The backend and the key of the configuration that this stack replaces.
S3Backend(stack, bucket="my-terraform-state", key="orders.tfstate", region="eu-west-1")
pattern = DynamoDBStreamsToLambda(
    stack,
    "pipeline",
    # The names that the resources have. A new name would replace the resource.
    dynamo_table_props={"name": "orders"},
    lambda_function_props={
        "function_name": "orders-indexer",
        "code": Code.from_asset(Path(__file__).with_name("function")),
        "runtime": "python3.13",
        "handler": "index.handler",
    },
    lambda_role_props={"name": "orders-indexer"},
    sqs_dlq_queue_props={"name": "orders-failed"},
    # A new starting position would replace the mapping.
    dynamo_event_source_props={"starting_position": "LATEST", "function_response_types": ["ReportBatchItemFailures"]},
)
for resource in pattern.node.find_all():
    if isinstance(resource, TerraformResource) and resource.terraform_resource_type in FORMER_ADDRESSES:
        resource.move_from_id(FORMER_ADDRESSES[resource.terraform_resource_type])
app.synth()
