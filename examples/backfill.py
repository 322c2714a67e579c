"""Load the items of a large table that were there before the stream, with many workers at once."""

from pathlib import Path

from ddb_stream_lambda import Backfill, Code, DynamoDBStreamsToLambda
from cdktf import App, TerraformOutput, TerraformStack
from cdktf_cdktf_provider_aws.provider import AwsProvider

app = App()
stack = TerraformStack(app, "orders")
AwsProvider(stack, "aws", region="eu-west-1")
pattern = DynamoDBStreamsToLambda(
    stack,
    "pipeline",
    lambda_function_props={
        "code": Code.from_asset(Path(__file__).with_name("function")),
        "runtime": "python3.13",
        "handler": "index.handler",
    },
    dynamo_event_source_props={"function_response_types": ["ReportBatchItemFailures"]},
)
backfill = Backfill(
    stack,
    "backfill",
    pattern=pattern,
    export_bucket="orders-exports",
    export_prefix="orders",
    max_concurrency=20,
)
TerraformOutput(stack, "state_machine", value=backfill.state_machine.arn)
app.synth()
