"""Send the changes of a new table to a function that is deployed already.

The pattern writes one inline policy on the function's role: it allows the role to read the stream and to send failed
batches to the queue. The function, its role and its log group stay as they are.
"""

from ddb_stream_lambda import DynamoDBStreamsToLambda
from cdktf import App, TerraformOutput, TerraformStack
from cdktf_cdktf_provider_aws.data_aws_lambda_function import DataAwsLambdaFunction
from cdktf_cdktf_provider_aws.provider import AwsProvider

app = App()
stack = TerraformStack(app, "orders")
AwsProvider(stack, "aws", region="eu-west-1")
pattern = DynamoDBStreamsToLambda(
    stack,
    "pipeline",
    existing_lambda_obj=DataAwsLambdaFunction(stack, "indexer", function_name="orders-indexer"),
    dynamo_table_props={"name": "orders", "hash_key": "order_id"},
)
TerraformOutput(stack, "stream_arn", value=pattern.dynamo_table_interface.stream_arn)
app.synth()
