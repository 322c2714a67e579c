"""Create a table whose stream invokes a new function, with every default."""

from pathlib import Path

from ddb_stream_lambda import Code, DynamoDBStreamsToLambda
from cdktf import App, TerraformStack
from cdktf_cdktf_provider_aws.provider import AwsProvider

app = App()
stack = TerraformStack(app, "orders")
AwsProvider(stack, "aws", region="eu-west-1")
DynamoDBStreamsToLambda(
    stack,
    "pipeline",
    lambda_function_props={
        "code": Code.from_asset(Path(__file__).with_name("function")),
        "runtime": "python3.13",
        "handler": "index.handler",
    },
    dynamo_event_source_props={"function_response_types": ["ReportBatchItemFailures"]},
)
app.synth()
