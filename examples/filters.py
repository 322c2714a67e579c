"""Invoke the function only for some changes: orders that are new, or whose status became "paid"."""

from pathlib import Path

from ddb_stream_lambda import Code, DynamoDBStreamsToLambda, filter_pattern, is_equal, not_equals
from cdktf import App, TerraformStack
from cdktf_cdktf_provider_aws.provider import AwsProvider

NEW_ORDER = filter_pattern(event_name=["INSERT"])
BECAME_PAID = filter_pattern(
    event_name=["MODIFY"],
    old_image={"status": not_equals("paid")},
    new_image={"status": is_equal("paid")},
)

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
        "timeout": 60,
    },
    dynamo_event_source_props={
        # A record is processed if it matches any of the filters. Lambda allows five.
        "filter_criteria": {"filter": [{"pattern": pattern} for pattern in (NEW_ORDER, BECAME_PAID)]},
        "function_response_types": ["ReportBatchItemFailures"],
        # Wait up to 5 seconds for a fuller batch.
        "batch_size": 500,
        "maximum_batching_window_in_seconds": 5,
    },
)
app.synth()
