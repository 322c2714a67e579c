"""Recognizes Terraform expressions, and converts a token to the type of its argument.

cdktf encodes a value that only Terraform knows as a marked string, list, map or number, or as an `IResolvable`. The
functions below read those marks in Python: a question to the engine would cost a round trip for each value.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

import cdktf
from constructs import Construct
from jsii.errors import JSIIError

from .failures import is_engine_error
from .structs import values_of

# The marks of cdktf (https://github.com/hashicorp/terraform-cdk/tree/main/packages/cdktf/lib/tokens/private). A string
# token is part of a text, a list token is the only element of a list, and a map token is the only key of a map.
STRING_MARK, LIST_MARK, MAP_MARK = "${TfToken[", "#{TfToken[", "&{TfToken["
MARK = re.compile(r"[$#&]\{TfToken\[[^\]]*\]\}")
# A number token is a double far beyond every number that an AWS argument takes. One that is the only element of a list
# of numbers is smaller than every other.
MIN_NUMBER_TOKEN = 1e200
MAX_NUMBER_LIST_TOKEN = 1e292

# The depth to which `describe` follows values; a list can contain itself.
MAX_DESCRIBED_DEPTH = 20


def is_token(value: object) -> bool:
    """Return whether only Terraform knows the value: it is a cdktf token or holds a ``${…}`` expression."""
    match value:
        case str():
            return any(mark in value for mark in ("${", LIST_MARK, MAP_MARK))
        case int() | None:
            return False
        case float():
            return MIN_NUMBER_TOKEN < abs(value) < math.inf
        case list() | tuple():
            return any(is_list_element(item) for item in value)
        case dict():
            return any(is_map_key(key) for key in value)
        case _:
            return is_resolvable(value)


def is_list_element(value: object) -> bool:
    """Return whether the value is the mark of a list, as its only element: a list that only Terraform knows."""
    match value:
        case str():
            return LIST_MARK in value
        case float():
            return MIN_NUMBER_TOKEN < abs(value) < MAX_NUMBER_LIST_TOKEN
        case _:
            return False


def is_single_token(value: object) -> bool:
    """Return whether the value is one token of cdktf, and not text with expressions."""
    return MARK.fullmatch(value) is not None if isinstance(value, str) else is_token(value)


def is_map_key(value: object) -> bool:
    """Return whether the value is the mark of a map, as its only key: a map that only Terraform knows."""
    return isinstance(value, str) and MAP_MARK in value


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
    if isinstance(token, list | tuple):
        items = list(token)
        return items if all(isinstance(item, str) for item in items) else cdktf.Token.as_list(_as_any(items))
    return cdktf.Token.as_list(token)


def as_map(token: Any) -> dict[str, str]:
    """Return the token for an argument that is a map of text."""
    if isinstance(token, dict) and all(isinstance(value, str) for value in token.values()):
        return dict(token)
    return dict(cdktf.Token.as_string_map(_as_any(token)))


def as_number_map(token: Any) -> dict[str, float]:
    """Return the token for an argument that is a map of numbers."""
    if isinstance(token, dict) and all(isinstance(value, int | float) for value in token.values()):
        return dict(token)
    return dict(cdktf.Token.as_number_map(_as_any(token)))


def _as_any(token: Any) -> Any:
    """Return the token in a form that can become a token of another type."""
    return cdktf.Token.as_any(token) if isinstance(token, list | dict) else token


def as_blocks(token: Any) -> Any:
    """Return the token for an argument that is a list of blocks."""
    return token if is_resolvable(token) else cdktf.Token.as_any(token)


def merge_maps(first: Mapping[str, str], second: Mapping[str, str]) -> dict[str, str]:
    """Return the token of two maps that Terraform merges; the second takes precedence."""
    return as_map(cdktf.Fn.merge([dict(first), dict(second)]))


def address_of(resource: Any) -> str:
    """Return a resource's address, such as ``aws_kms_key.orders``."""
    return f"{resource.terraform_resource_type}.{resource.friendly_unique_id}"


def expression_of(token: str, scope: Any) -> str:
    """Return the token in Terraform's language, such as ``${aws_kms_key.orders.arn}``."""
    return str(_resolve(token, scope))


class Described(str):
    """Text that its `repr` shows without quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def describe(value: object, scope: object) -> object:
    """Return the value for a message: every token is replaced by its expression, such as ``${var.stage}``.

    It never raises an error, since it describes any value that a user gives. A token that cannot be resolved becomes
    ``${…}``.

    Args:
        value: Any value.
        scope: A construct of the stack that the expression belongs to.
    """
    return _describe(value, scope, depth=0)


def _describe(value: object, scope: object, *, depth: int) -> object:
    if depth > MAX_DESCRIBED_DEPTH:
        return Described("…")
    value = values_of(value)
    if isinstance(value, str):
        return MARK.sub(lambda mark: _expression_of_mark(mark[0], scope), value)
    if is_token(value):
        return _try_to_resolve(value, scope)
    match value:
        case bool() | int() | float() | None:
            return value
        case list() | tuple():
            items = [_describe(item, scope, depth=depth + 1) for item in value]
            return items if isinstance(value, list) else tuple(items)
        case dict():
            return {
                _describe(key, scope, depth=depth + 1): _describe(item, scope, depth=depth + 1)
                for key, item in value.items()
            }
        case _:
            return _describe_object(value, scope)


def _describe_object(value: object, scope: object) -> object:
    """Return the object, or its `repr` with the expressions if that shows marks."""
    try:
        shown = repr(value)
    except Exception:  # the user's class may raise any error
        return Described(f"<{type(value).__name__}>")
    described = MARK.sub(lambda mark: _expression_of_mark(mark[0], scope), shown)
    return value if described == shown else Described(described)


def _expression_of_mark(mark: str, scope: object) -> str:
    # The engine takes the mark of a list or a map only within one.
    token: object = mark
    if mark.startswith(LIST_MARK):
        token = [mark]
    elif mark.startswith(MAP_MARK):
        token = {mark: ""}
    return str(_try_to_resolve(token, scope))


def _try_to_resolve(token: object, scope: object) -> object:
    """Return the token's expression; ``${…}`` if the engine cannot resolve it."""
    unknown = Described("${…}")
    if not isinstance(scope, Construct):
        return unknown
    try:
        # The engine takes no tuples.
        resolved = _resolve(list(token) if isinstance(token, tuple) else token, scope)
    except (RuntimeError, JSIIError) as error:
        if not is_engine_error(error):
            raise
        return unknown
    is_resolved = resolved is not None and not is_resolvable(resolved) and not MARK.search(repr(resolved))
    return resolved if is_resolved else unknown


def _resolve(token: Any, scope: Any) -> Any:
    resolver = cdktf.DefaultTokenResolver(cdktf.StringConcat())
    return cdktf.Tokenization.resolve(token, preparing=False, resolver=resolver, scope=scope)
