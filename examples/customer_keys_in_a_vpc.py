"""Encrypt the table, the queue and the function's environment with one key, and run the function in a VPC.

The subnets need a route to the services that the function calls: a NAT gateway or VPC endpoints.
"""

from pathlib import Path

from ddb_stream_lambda import Code, DynamoDBStreamsToLambda
from cdktf import App, TerraformStack, TerraformVariable
from cdktf_cdktf_provider_aws.kms_key import KmsKey
from cdktf_cdktf_provider_aws.provider import AwsProvider
from cdktf_cdktf_provider_aws.security_group import SecurityGroup, SecurityGroupEgress

app = App()
stack = TerraformStack(app, "orders")
AwsProvider(stack, "aws", region="eu-west-1")
vpc_id = TerraformVariable(stack, "vpc_id", type="string", description="The VPC.")
subnet_ids = TerraformVariable(stack, "subnet_ids", type="list(string)", description="Private subnets of the VPC.")

key = KmsKey(stack, "key", description="Orders and what is derived from them", enable_key_rotation=True)
security_group = SecurityGroup(
    stack,
    "function-access",
    name="orders-function",
    description="The function that processes changes of orders",
    vpc_id=vpc_id.string_value,
    egress=[SecurityGroupEgress(protocol="tcp", from_port=443, to_port=443, cidr_blocks=["0.0.0.0/0"])],
)
DynamoDBStreamsToLambda(
    stack,
    "pipeline",
    dynamo_table_props={"server_side_encryption": {"kms_key_arn": key.arn}},
    sqs_dlq_queue_props={"kms_master_key_id": key.arn},
    lambda_function_props={
        "code": Code.from_asset(Path(__file__).with_name("function")),
        "runtime": "python3.13",
        "handler": "index.handler",
        "kms_key_arn": key.arn,
        "vpc_config": {"subnet_ids": subnet_ids.list_value, "security_group_ids": [security_group.id]},
    },
    # Lambda decrypts the environment variables with the permissions of the function's role.
    lambda_role_statements=[{"Sid": "DecryptEnvironment", "Action": "kms:Decrypt", "Resource": key.arn}],
    dynamo_event_source_props={"function_response_types": ["ReportBatchItemFailures"]},
)
app.synth()
