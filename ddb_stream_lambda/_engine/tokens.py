"""Telling Terraform's values from plain ones, and fitting a token to the type an argument has.

cdktf encodes a value that Terraform will know later as a marked string, list, map or number, or as an `IResolvable`.
The tests below read those marks in Python: asking the engine would cost a round trip a value.
"""

from __future__ import annotations

import math
from typing import Any

import cdktf

# cdktf encodes a number token as a double far beyond every number that an AWS argument takes.
NUMBER_TOKENS_BEYOND = 1e200


def is_token(value: object) -> bool:
    """Whether Terraform, not Python, will know the value: a cdktf token or any ``${…}`` expression."""
    match value:
        case str():
            return "${" in value
        case bool() | None:
            return False
        case int() | float():
            return NUMBER_TOKENS_BEYOND < abs(value) < math.inf
        case list() | tuple():
            return any(isinstance(item, str) and "#{TfToken[" in item for item in value)
        case dict():
            return any(isinstance(key, str) and "&{TfToken[" in key for key in value)
        case _:
            return is_resolvable(value)


def is_resolvable(value: object) -> bool:
    """Whether the value is an `IResolvable`, or what a `TerraformVariable` and the like give as their value.

    The engine's stand-ins for them share no class to test for, and those of the second kind show nothing of what they
    are; both are what jsii makes where it knows an object by an interface alone.
    """
    resolves = hasattr(value, "creation_stack") and hasattr(value, "resolve")
    return resolves or type(value).__name__ == "InterfaceDynamicProxy"


def as_text(token: Any) -> str:
    """The token as a string argument takes it."""
    return token if isinstance(token, str) else cdktf.Token.as_string(token)


def as_number(token: Any) -> float:
    """The token as a number argument takes it."""
    return token if isinstance(token, int | float) else cdktf.Token.as_number(token)


def as_flag(token: Any) -> cdktf.IResolvable:
    """The token as a boolean argument takes it."""
    return token if is_resolvable(token) else cdktf.Token.as_any(token)


def as_list(token: Any) -> list[str]:
    """The token as a list argument takes it."""
    return list(token) if isinstance(token, list | tuple) else cdktf.Token.as_list(token)


def as_map(token: Any) -> dict[str, str]:
    """The token as a map argument takes it."""
    return dict(token if isinstance(token, dict) else cdktf.Token.as_string_map(token))


def address_of(resource: Any) -> str:
    """A resource's address in Terraform, such as ``aws_kms_key.orders``; text is one already."""
    if isinstance(resource, str):
        return resource
    return f"{resource.terraform_resource_type}.{resource.friendly_unique_id}"


def expression_of(token: str, scope: Any) -> str:
    """What the token says in Terraform's language, such as ``${aws_kms_key.orders.arn}``."""
    resolver = cdktf.DefaultTokenResolver(cdktf.StringConcat())
    return str(cdktf.Tokenization.resolve(token, preparing=False, resolver=resolver, scope=scope))
