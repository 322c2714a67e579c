"""The same patterns by AWS Solutions Constructs: ``cdk.py COUNT OUTDIR``, in stacks that CloudFormation accepts."""

import sys

from aws_cdk import App, Stack
from aws_cdk import aws_lambda as lambda_
from aws_solutions_constructs.aws_dynamodbstreams_lambda import DynamoDBStreamsToLambda

# CloudFormation takes 500 resources a stack; a pattern is 8.
PATTERNS_A_STACK = 50

count, outdir = int(sys.argv[1]), sys.argv[2]
app = App(outdir=outdir)
for first in range(0, count, PATTERNS_A_STACK):
    stack = Stack(app, f"orders{first}")
    code = lambda_.Code.from_asset("tests/assets/hello")
    for number in range(first, min(count, first + PATTERNS_A_STACK)):
        DynamoDBStreamsToLambda(
            stack,
            f"pipeline{number}",
            lambda_function_props=lambda_.FunctionProps(
                code=code,
                runtime=lambda_.Runtime.PYTHON_3_13,
                handler="index.handler",
            ),
        )
app.synth()
