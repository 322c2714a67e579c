"""Synthesizes patterns of this library: ``library.py COUNT OUTDIR``.

The last line of the output is a JSON object with the seconds of each phase.
"""

import itertools
import json
import sys
import time

# The program measures each import, so the imports are not all at the top (E402) and two are not used (F401).
marks = {"start": time.perf_counter()}

import jsii  # noqa: E402, F401

marks["import of jsii"] = time.perf_counter()

import cdktf  # noqa: E402, F401

marks["import of cdktf, start of the engine (node)"] = time.perf_counter()

from ddb_stream_lambda import Code, DynamoDBStreamsToLambda  # noqa: E402
from cdktf import App, TerraformStack  # noqa: E402
from cdktf_cdktf_provider_aws.provider import AwsProvider  # noqa: E402

marks["import of this library and the provider"] = time.perf_counter()

count, outdir = int(sys.argv[1]), sys.argv[2]
app = App(outdir=outdir)
stack = TerraformStack(app, "orders")
AwsProvider(stack, "aws", region="eu-west-1")
code = Code.from_asset("tests/assets/hello")
for number in range(count):
    DynamoDBStreamsToLambda(
        stack,
        f"pipeline{number}",
        lambda_function_props={
            "code": code,
            "runtime": "python3.13",
            "handler": "index.handler",
        },
    )
marks["construction"] = time.perf_counter()
app.synth()
marks["synthesis"] = time.perf_counter()

print(json.dumps({later: end - begin for (_, begin), (later, end) in itertools.pairwise(marks.items())}))
