"""Connect a new function to a table that another stack or team owns. The table's stream must be on."""

from pathlib import Path

from ddb_stream_lambda import Code, DynamoDBStreamsToLambda
from cdktf import App, TerraformStack, TerraformVariable
from cdktf_cdktf_provider_aws.data_aws_dynamodb_table import DataAwsDynamodbTable
from cdktf_cdktf_provider_aws.provider import AwsProvider

app = App()
stack = TerraformStack(app, "audit")
AwsProvider(stack, "aws", region="eu-west-1")
table_name = TerraformVariable(stack, "table_name", type="string", description="The existing table.", default="orders")
pattern = DynamoDBStreamsToLambda(
    stack,
    "pipeline",
    # A data source does not report the table's customer managed key. If the table has one, give the ARNs instead:
    # TableByArn(arn=..., stream_arn=..., kms_key_arn=...).
    existing_table_interface=DataAwsDynamodbTable(stack, "orders", name=table_name.string_value),
    lambda_function_props={
        "code": Code.from_asset(Path(__file__).with_name("function")),
        "runtime": "python3.13",
        "handler": "index.handler",
        "environment": {"variables": {"TABLE_NAME": table_name.string_value}},
    },
    dynamo_event_source_props={
        # Only changes from now on: the stream may hold a day of records that the function should not see.
        "starting_position": "LATEST",
        "function_response_types": ["ReportBatchItemFailures"],
    },
)
app.synth()
