"""Converts the given props to plain data, and checks their keys and types.

The TypedDicts of `_generated` are the one description of the arguments: type checkers read them in the editor, and this
module reads them at synth.
"""

from __future__ import annotations

import math
import types
import typing
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from cdktf import IResolvable, ITerraformDependable

from .._engine import tokens
from .._engine.creation import StringMap
from .._engine.structs import ProviderStruct, values_of
from ..errors import Mistakes
from .vocabulary import explain_unknown

Arguments = dict[str, Any]
Number = int | float


def conform(shape: type, given: object, *, property: str, mistakes: Mistakes, resource: str = "") -> Arguments:
    """Return the given props as plain data; add a mistake for each wrong key and each value of a wrong type.

    Args:
        shape: The TypedDict that describes them.
        given: A mapping, or a struct of the provider's bindings.
        property: The name of the props in messages, such as ``dynamo_table_props``.
        mistakes: The collector of mistakes.
        resource: The Terraform type, such as ``aws_dynamodb_table``, if the props are those of a whole resource.
    """
    given = values_of(given)
    if not isinstance(given, Mapping):
        mistakes.add(property, given, "must be a mapping of arguments, or the provider's struct of them")
        return {}
    fields = fields_of(shape)
    conformed: Arguments = {}
    for key, value in given.items():
        if key not in fields:
            message = explain_unknown(key, known=fields, words_of=shape.__name__, resource=resource)
            mistakes.add(_path_to(property, key), value, message)
            continue
        conformed[key] = None
        if value is not None:
            conformed[key] = _conform_value(fields[key], value, f"{property}.{key}", mistakes)
        if key == "replace_triggered_by" and isinstance(conformed[key], list):
            # Terraform takes plain addresses here, and the engine would write expressions.
            conformed[key] = [tokens.address_of(item) for item in conformed[key]]
    return conformed


@cache
def fields_of(shape: type) -> Mapping[str, Any]:
    """Return the keys of a TypedDict with their types."""
    return get_type_hints(shape)


@cache
def types_of(annotation: Any) -> tuple[Any, ...]:
    """Return the types that a plain value may have: the members of a union without None, tokens and structs."""
    union = get_origin(annotation) in (Union, types.UnionType)
    members = get_args(annotation) if union else (annotation,)
    plain = [member for member in members if member not in (type(None), IResolvable, ProviderStruct)]
    if int in plain and float in plain:
        plain = [Number, *(member for member in plain if member not in (int, float))]
    return tuple(plain)


def _conform_value(annotation: Any, value: object, property: str, mistakes: Mistakes) -> Any:
    """Return the value as the engine takes it for the annotation, or add a mistake."""
    members = types_of(annotation)
    if tokens.is_token(value):
        converted = _convert_token(members, value)
        if converted is not None:
            return converted
    value = values_of(value)
    attempts = []
    for member in members:
        attempt = Mistakes(mistakes.path)
        result = _conform_to_type(member, value, property, attempt)
        if not attempt.found:
            return result
        attempts.append(attempt)
    # Report the mistakes of the type that fits best: the one whose mistake is deepest in the value.
    deepest = max(attempts, key=lambda attempt: max(len(mistake.property) for mistake in attempt.found))
    mistakes.found.extend(deepest.found)
    return None


def _conform_to_type(member: Any, value: Any, property: str, mistakes: Mistakes) -> Any:
    if typing.is_typeddict(member):
        if isinstance(value, Mapping):
            return conform(member, value, property=property, mistakes=mistakes)
        mistakes.add(property, value, f"must be a block: a mapping of {', '.join(fields_of(member))}")
        return None
    origin = get_origin(member)
    if origin is Sequence:
        return _conform_list(get_args(member)[0], value, property, mistakes)
    if origin is Mapping:
        return _conform_map(get_args(member)[1], value, property, mistakes)
    match member:
        case _ if member is str:
            if isinstance(value, str):
                return value
            mistakes.add(property, value, f"must be text (str), not {_type_name(value)}")
        case _ if member is bool:
            if isinstance(value, bool):
                return value
            mistakes.add(property, value, f"must be True or False, not {_type_name(value)}")
        case _ if member is Number:
            if isinstance(value, int | float) and not isinstance(value, bool):
                if math.isfinite(value) and value == int(value):
                    return int(value)
                mistakes.add(property, value, "must be a whole number")
            else:
                mistakes.add(property, value, f"must be a number, not {_type_name(value)}")
        case _ if member is float:
            if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
                return value
            mistakes.add(property, value, f"must be a number, not {_type_name(value)}")
        case _ if member is ITerraformDependable:
            if hasattr(value, "fqn"):
                return value
            mistakes.add(property, value, f"must be a resource or module of the app, not {_type_name(value)}")
        case _:
            if isinstance(value, member):
                return value
            mistakes.add(property, value, f"must be a {member.__name__}, not {_type_name(value)}")
    return None


def _conform_list(annotation: Any, value: object, property: str, mistakes: Mistakes) -> list[Any] | None:
    if not isinstance(value, list | tuple):
        message = f"must be a list, not {_type_name(value)}; for a single element write [{value!r}]"
        mistakes.add(property, value, message)
        return None
    return [_conform_value(annotation, item, f"{property}[{index}]", mistakes) for index, item in enumerate(value)]


def _conform_map(annotation: Any, value: object, property: str, mistakes: Mistakes) -> StringMap | None:
    if not isinstance(value, Mapping):
        values = "numbers" if annotation is float else "text"
        mistakes.add(property, value, f"must be a mapping of {values}, not {_type_name(value)}")
        return None
    return StringMap(
        {
            _conform_value(str, key, f"{property} key", mistakes): _conform_value(
                annotation, item, _path_to(property, key), mistakes
            )
            for key, item in value.items()
        }
    )


def _convert_token(members: Sequence[Any], token: object) -> object:
    """Return the token for one of the types; None if none of them can be a token."""
    for member in members:
        origin = get_origin(member)
        if member is str and not isinstance(token, list | tuple | dict):
            return tokens.as_string(token)
        if member is Number or member is float:
            return tokens.as_number(token)
        if member is bool:
            return tokens.as_bool(token)
        if origin is Sequence and get_args(member)[0] is str:
            return tokens.as_list(token)
        if origin is Mapping:
            return StringMap(tokens.as_map(token))
        if origin is Sequence and tokens.is_resolvable(token):
            return token
    return None


def _path_to(property: str, key: object) -> str:
    """Return the name in messages of a key that the user chose."""
    return f"{property}.{key}" if isinstance(key, str) and key.isidentifier() else f"{property}[{key!r}]"


def _type_name(value: object) -> str:
    return type(value).__name__
