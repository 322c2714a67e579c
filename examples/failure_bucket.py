"""Keep the whole records of failed batches in a bucket, whose notifications go to the dead-letter queue."""

from pathlib import Path

from ddb_stream_lambda import Code, DynamoDBStreamsToLambda
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
    deploy_failure_bucket=True,
    failure_bucket_props={"expiration_days": 365, "tags": {"Team": "orders"}},
)
if pattern.failure_bucket is not None:
    TerraformOutput(stack, "failure_bucket", value=pattern.failure_bucket.id)
app.synth()
