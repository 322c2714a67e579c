"""Run the function with a role that another team manages. The pattern creates no role and no policy."""

from pathlib import Path

from ddb_stream_lambda import Code, DynamoDBStreamsToLambda
from cdktf import App, TerraformStack, TerraformVariable
from cdktf_cdktf_provider_aws.provider import AwsProvider

app = App()
stack = TerraformStack(app, "orders")
AwsProvider(stack, "aws", region="eu-west-1")
role_arn = TerraformVariable(stack, "role_arn", type="string", description="The function's execution role.")
DynamoDBStreamsToLambda(
    stack,
    "pipeline",
    # The warning of this synth has the statements for the other team. Silence it when the role has them.
    grant_permissions=False,
    lambda_function_props={
        "role": role_arn.string_value,
        "code": Code.from_asset(Path(__file__).with_name("function")),
        "runtime": "python3.13",
        "handler": "index.handler",
    },
    dynamo_event_source_props={"function_response_types": ["ReportBatchItemFailures"]},
)
app.synth()
