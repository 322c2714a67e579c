"""The arguments of the installed bindings, which depend on the version of the AWS provider that they are for."""

import pytest
from ddb_stream_lambda.arguments import _generated
from ddb_stream_lambda.arguments.conforming import fields_of


def has_argument(shape: str, argument: str) -> bool:
    """Return whether the props of a name have an argument."""
    return argument in fields_of(getattr(_generated, shape))


def needs_argument(shape: str, argument: str) -> pytest.MarkDecorator:
    """Return the mark of a test that uses an argument; the test is skipped where the bindings lack it."""
    reason = f"the bindings are for a version of the AWS provider without {argument}"
    return pytest.mark.skipif(not has_argument(shape, argument), reason=reason)
