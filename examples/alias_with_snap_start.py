"""Publish each change of the function as a version with a snapshot, and invoke it by an alias."""

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
    lambda_alias_props={"name": "live", "description": "The version that processes the stream"},
    lambda_function_props={
        "code": Code.from_asset(Path(__file__).with_name("function")),
        "runtime": "python3.13",
        "handler": "index.handler",
        "snap_start": {"apply_on": "PublishedVersions"},
    },
    dynamo_event_source_props={"function_response_types": ["ReportBatchItemFailures"]},
)
app.synth()
