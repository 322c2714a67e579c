"""Send the changes of a new table to an alias that another tool points to a version of the function."""

from ddb_stream_lambda import DynamoDBStreamsToLambda
from cdktf import App, TerraformStack
from cdktf_cdktf_provider_aws.data_aws_lambda_alias import DataAwsLambdaAlias
from cdktf_cdktf_provider_aws.data_aws_lambda_function import DataAwsLambdaFunction
from cdktf_cdktf_provider_aws.provider import AwsProvider

app = App()
stack = TerraformStack(app, "orders")
AwsProvider(stack, "aws", region="eu-west-1")
function = DataAwsLambdaFunction(stack, "indexer", function_name="orders-indexer")
DynamoDBStreamsToLambda(
    stack,
    "pipeline",
    # The permissions go to the role of the function that the alias refers to.
    existing_lambda_obj=DataAwsLambdaAlias(stack, "live", name="live", function_name=function.function_name),
    dynamo_table_props={"name": "orders", "hash_key": "order_id"},
)
app.synth()
