"""Run the function from a container image in Amazon ECR, named by its digest.

A digest names one image for good, so a plan shows each new image. A tag can be moved without Terraform noticing it.
"""

from ddb_stream_lambda import DynamoDBStreamsToLambda
from cdktf import App, TerraformStack, TerraformVariable
from cdktf_cdktf_provider_aws.data_aws_ecr_repository import DataAwsEcrRepository
from cdktf_cdktf_provider_aws.provider import AwsProvider

app = App()
stack = TerraformStack(app, "orders")
AwsProvider(stack, "aws", region="eu-west-1")
digest = TerraformVariable(
    stack, "image_digest", type="string", description="The image's digest, sha256: and 64 hexadecimal digits."
)
repository = DataAwsEcrRepository(stack, "images", name="orders-function")
DynamoDBStreamsToLambda(
    stack,
    "pipeline",
    # An image brings its own runtime and handler.
    lambda_function_props={
        "image_uri": f"{repository.repository_url}@{digest.string_value}",
        "architectures": ["arm64"],
        "memory_size": 512,
    },
)
app.synth()
