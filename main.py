"""The example app: one stack with the pattern and the sample function."""

import cdktf

from stacks.sample import SampleStack

app = cdktf.App()
# For a domain in a VPC, add in_vpc=True; for a user and a password instead of signed requests, authentication="basic".
SampleStack(app, "ddb-stream-lambda")
app.synth()
