"""Let the function write to the table whose changes it processes, without invoking itself for its own writes."""

from pathlib import Path

from ddb_stream_lambda import Code, DynamoDBStreamsToLambda, filter_pattern, not_exists
from cdktf import App, TerraformStack
from cdktf_cdktf_provider_aws.provider import AwsProvider

# The function sets this attribute when it writes to an item.
NOT_WRITTEN_BY_THE_FUNCTION = filter_pattern(new_image={"processed_at": not_exists()})

app = App()
stack = TerraformStack(app, "orders")
AwsProvider(stack, "aws", region="eu-west-1")
DynamoDBStreamsToLambda(
    stack,
    "pipeline",
    table_permissions="ReadWrite",
    table_environment_variable_name="TABLE_NAME",
    lambda_function_props={
        "code": Code.from_asset(Path(__file__).with_name("function")),
        "runtime": "python3.13",
        "handler": "index.handler",
    },
    dynamo_event_source_props={
        "filter_criteria": {"filter": [{"pattern": NOT_WRITTEN_BY_THE_FUNCTION}]},
        "function_response_types": ["ReportBatchItemFailures"],
    },
)
app.synth()
