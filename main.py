"""The example app: one stack with the pattern and the sample function."""

import cdktf

from stacks.sample import SampleStack

app = cdktf.App()
SampleStack(app, "ddb-stream-lambda")
app.synth()
