"""Inputs for calls of the pattern, and the types of the fixtures that call it."""

from collections.abc import Callable
from pathlib import Path

from ddb_stream_lambda import Code, DynamoEventSourceProps, LambdaFunctionProps
from cdktf import TerraformStack, Testing
from cdktf_cdktf_provider_aws.provider import AwsProvider
from ddb_stream_lambda.arguments._generated import LambdaFunctionVpcConfigProps

from tests.support.emitted import Emitted

ROOT = Path(__file__).parents[2]
HELLO = ROOT / "tests" / "assets" / "hello"
ZIP_FUNCTION: LambdaFunctionProps = {
    "code": Code.from_asset(HELLO),
    "runtime": "python3.13",
    "handler": "index.handler",
}
VPC: LambdaFunctionVpcConfigProps = {"subnet_ids": ["subnet-1"], "security_group_ids": ["sg-1"]}

# Calls the pattern with the given inputs, and returns the Terraform that it emits.
Emit = Callable[..., Emitted]
# Calls the pattern with the given inputs, and returns the mistakes that it reports: property to message.
MistakesOf = Callable[..., dict[str, str]]


def new_stack(name: str = "orders") -> TerraformStack:
    """Return a new stack with the provider."""
    stack = TerraformStack(Testing.app(), name)
    AwsProvider(stack, "aws", region="eu-west-1")
    return stack


def send_failed_batches_to(arn: str) -> DynamoEventSourceProps:
    """Return the props that name a failure destination."""
    return {"destination_config": {"on_failure": {"destination_arn": arn}}}
