"""Tag everything but the event source mapping, in a partition where Lambda does not tag mappings."""

from pathlib import Path

from ddb_stream_lambda import Code, DynamoDBStreamsToLambda
from cdktf import App, TerraformStack
from cdktf_cdktf_provider_aws.provider import AwsProvider, AwsProviderDefaultTags

REGION = "us-gov-west-1"

app = App()
stack = TerraformStack(app, "orders")
AwsProvider(stack, "aws", region=REGION, default_tags=[AwsProviderDefaultTags(tags={"team": "orders"})])
untagged = AwsProvider(stack, "untagged", alias="untagged", region=REGION)
DynamoDBStreamsToLambda(
    stack,
    "pipeline",
    lambda_function_props={
        "code": Code.from_asset(Path(__file__).with_name("function")),
        "runtime": "python3.13",
        "handler": "index.handler",
    },
    dynamo_event_source_props={
        "provider": untagged,
        "lifecycle": {"ignore_changes": ["tags", "tags_all"]},
        "function_response_types": ["ReportBatchItemFailures"],
    },
)
app.synth()
