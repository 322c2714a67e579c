"""What the tests of the construct call it with: a stack, a function of a few bytes, and the fixtures' types."""

from collections.abc import Callable
from pathlib import Path

from ddb_stream_lambda import Code
from cdktf import TerraformStack, Testing
from cdktf_cdktf_provider_aws.provider import AwsProvider

from tests.support.emitted import Emitted

ROOT = Path(__file__).parents[2]
HELLO = ROOT / "tests" / "assets" / "hello"
ZIP_FUNCTION = {"code": Code.from_asset(HELLO), "runtime": "python3.13", "handler": "index.handler"}

# Synthesizes a pattern with the inputs given.
Emit = Callable[..., Emitted]
# Returns the mistakes of a call with the inputs given: property to message.
MistakesOf = Callable[..., dict[str, str]]


def new_stack(name: str = "orders") -> TerraformStack:
    """A stack with the provider."""
    stack = TerraformStack(Testing.app(), name)
    AwsProvider(stack, "aws", region="eu-west-1")
    return stack
