"""Create a table that serves a known peak at once, such as the load of a migration."""

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
    dynamo_table_props={
        "warm_throughput": {"read_units_per_second": 20_000, "write_units_per_second": 10_000},
        # DynamoDB raises the values with the traffic. The provider would replace the table to lower them again.
        "lifecycle": {"ignore_changes": ["warm_throughput"]},
    },
    lambda_function_props={
        "code": Code.from_asset(Path(__file__).with_name("function")),
        "runtime": "python3.13",
        "handler": "index.handler",
    },
    dynamo_event_source_props={"function_response_types": ["ReportBatchItemFailures"]},
)
app.synth()
