"""Recognizes Terraform expressions, and converts a token to the type of its argument.

cdktf encodes a value that only Terraform knows as a marked string, list, map or number, or as an `IResolvable`. The
functions below read those marks in Python: a question to the engine would cost a round trip for each value.
"""

from __future__ import annotations

import math
from typing import Any

import cdktf

from .failures import is_engine_error

# cdktf encodes a number token as a double far beyond every number that an AWS argument takes.
MIN_NUMBER_TOKEN = 1e200

# cdktf's mark in a string, as the resolver finds it.
MARK = "TfToken["
# The depth to which `with_expressions` reads a value. Messages shorten long values, and a list can contain itself.
MAX_DEPTH = 10


def is_token(value: object) -> bool:
    """Return whether only Terraform knows the value: it is a cdktf token or holds a ``${…}`` expression."""
    match value:
        case str():
            return "${" in value
        case bool() | None:
            return False
        case int() | float():
            return MIN_NUMBER_TOKEN < abs(value) < math.inf
        case list() | tuple():
            return any(isinstance(item, str) and "#{TfToken[" in item for item in value)
        case dict():
            return any(isinstance(key, str) and "&{TfToken[" in key for key in value)
        case _:
            return is_resolvable(value)


def is_resolvable(value: object) -> bool:
    """Return whether the value is an `IResolvable`, or the value of a `TerraformVariable` or similar.

    The engine's proxies for the two have no common class. jsii gives both as objects that it knows by an interface
    only.
    """
    resolves = hasattr(value, "creation_stack") and hasattr(value, "resolve")
    return resolves or type(value).__name__ == "InterfaceDynamicProxy"


def as_string(token: Any) -> str:
    """Return the token for a string argument."""
    return token if isinstance(token, str) else cdktf.Token.as_string(token)


def as_number(token: Any) -> float:
    """Return the token for a number argument."""
    return token if isinstance(token, int | float) else cdktf.Token.as_number(token)


def as_bool(token: Any) -> cdktf.IResolvable:
    """Return the token for a boolean argument."""
    return token if is_resolvable(token) else cdktf.Token.as_any(token)


def as_list(token: Any) -> list[str]:
    """Return the token for a list argument."""
    return list(token) if isinstance(token, list | tuple) else cdktf.Token.as_list(token)


def as_map(token: Any) -> dict[str, str]:
    """Return the token for a map argument."""
    return dict(token if isinstance(token, dict) else cdktf.Token.as_string_map(token))


def address_of(resource: Any) -> str:
    """Return a resource's address, such as ``aws_kms_key.orders``; a string is taken for an address."""
    if isinstance(resource, str):
        return resource
    return f"{resource.terraform_resource_type}.{resource.friendly_unique_id}"


def expression_of(token: str, scope: Any) -> str:
    """Return the token in Terraform's language, such as ``${aws_kms_key.orders.arn}``."""
    resolver = cdktf.DefaultTokenResolver(cdktf.StringConcat())
    return str(cdktf.Tokenization.resolve(token, preparing=False, resolver=resolver, scope=scope))


def with_expressions(value: object, scope: Any, *, depth: int = MAX_DEPTH) -> Any:
    """Return a value for a message: Terraform's expressions replace the marks of cdktf.

    Args:
        value: Any value, such as a wrong argument or a message.
        scope: A construct of the stack in which the expressions are valid.
        depth: The depth to which lists and mappings are read.
    """
    if depth == 0:
        return value
    match value:
        case str() if MARK in value:
            pass
        case str():
            return value
        case list() | tuple() if not is_token(value):
            return (
                type(value)(with_expressions(item, scope, depth=depth - 1) for item in value)
                if type(value) in (list, tuple)
                else value
            )
        case dict() if not is_token(value):
            return {
                with_expressions(key, scope): with_expressions(item, scope, depth=depth - 1)
                for key, item in value.items()
            }
        case _ if not is_token(value):
            return value
    resolver = cdktf.DefaultTokenResolver(cdktf.StringConcat())
    try:
        return cdktf.Tokenization.resolve(value, preparing=False, resolver=resolver, scope=scope)
    except RuntimeError as error:
        if not is_engine_error(error):
            raise
        # For example the value of an iterator, which has no expression outside of its resource.
        return value
