"""The sample app's stack: the pattern with the function in function/."""

from pathlib import Path

from ddb_stream_lambda import Code, DynamoDBStreamsToLambda
from cdktf import LocalBackend, TerraformOutput, TerraformStack
from cdktf_cdktf_provider_aws.provider import AwsProvider
from constructs import Construct

FUNCTION = Path(__file__).parent.parent / "function"


class SampleStack(TerraformStack):
    """A table whose changes reach the sample function."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        AwsProvider(self, "aws", region="eu-west-1")
        # Relative, so that the output folder works wherever it is copied. Choose a remote backend for a stack that
        # matters: cdktf removes the folder of a stack that main.py no longer names, and the state in it.
        LocalBackend(self, path=f"terraform.{id}.tfstate")
        pattern = DynamoDBStreamsToLambda(
            self,
            "pipeline",
            lambda_function_props={
                "code": Code.from_asset(FUNCTION),
                "runtime": "python3.13",
                "handler": "index.handler",
                "architectures": ["arm64"],
            },
        )
        TerraformOutput(self, "stream_arn", value=pattern.event_source_mapping.event_source_arn)
        TerraformOutput(self, "function_arn", value=pattern.lambda_function.arn)
