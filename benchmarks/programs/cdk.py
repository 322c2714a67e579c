"""Synthesizes patterns of AWS Solutions Constructs: ``cdk.py COUNT OUTDIR``."""

import sys

from aws_cdk import App, Stack
from aws_cdk import aws_lambda as lambda_
from aws_solutions_constructs.aws_dynamodbstreams_lambda import DynamoDBStreamsToLambda

# CloudFormation accepts up to 500 resources in a stack, and a pattern has 8.
PATTERNS_PER_STACK = 50

count, outdir = int(sys.argv[1]), sys.argv[2]
app = App(outdir=outdir)
for first in range(0, count, PATTERNS_PER_STACK):
    stack = Stack(app, f"orders{first}")
    code = lambda_.Code.from_asset("tests/assets/hello")
    for number in range(first, min(count, first + PATTERNS_PER_STACK)):
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
