"""Converts the given props to plain data, and checks their keys and types.

The TypedDicts of `_generated` are the one description of the arguments: type checkers read them in the editor, and this
module reads them at synth. A Terraform expression is converted to the form that its argument takes, and is not checked.
A few arguments must be known at synth (see `_check_known`).
"""

from __future__ import annotations

import math
import re
import types
import typing
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from cdktf import (
    IResolvable,
    ITerraformDependable,
    TerraformDataSource,
    TerraformElement,
    TerraformIterator,
    TerraformLocal,
    TerraformModule,
    TerraformOutput,
    TerraformResource,
    TerraformVariable,
)

from .._engine import tokens
from .._engine.creation import StringMap
from .._engine.structs import ProviderStruct, values_of
from ..errors import Mistakes
from . import _generated
from ._generated import TerraformResourceLifecycleProps
from .vocabulary import explain_unknown

Arguments = dict[str, Any]
Number = int | float

# Terraform reads these before it evaluates an expression
# (https://developer.hashicorp.com/terraform/language/meta-arguments/lifecycle#literal-values-only).
LITERAL_FLAGS = ("create_before_destroy", "prevent_destroy")
LITERAL_LISTS = ("ignore_changes", "replace_triggered_by")
# cdktf creates a resource for each element of these.
RESOURCE_LISTS = ("policy_arns",)
KNOWN_AT_SYNTH = "must be known when the app is synthesized, since {reason}; write {fix}"
LIFECYCLE_REASON = "Terraform takes no expressions in lifecycle"
# Terraform takes references to managed resources, and not to data sources, variables, locals and modules
# (https://developer.hashicorp.com/terraform/language/meta-arguments/lifecycle#replace_triggered_by).
TRIGGER = re.compile(
    r"(?!(?:data|each|local|module|path|self|terraform|var)\.)[A-Za-z_][\w-]*\.[A-Za-z_][\w-]*(?:[.\[].*)?"
)
TRIGGER_MESSAGE = (
    "must be a resource, its address such as aws_kms_key.orders, or one of its attributes; for another value add a "
    "terraform_data resource with that value as its input, and give that resource"
)


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
        # The other shapes are the library's: the provider has no struct of them.
        struct = ", or the provider's struct of them" if shape.__module__ == _generated.__name__ else ""
        mistakes.add(property, given, f"must be a mapping of arguments{struct}")
        return {}
    fields = fields_of(shape)
    conformed: Arguments = {}
    for key, value in given.items():
        if key not in fields:
            message = explain_unknown(key, known=fields, words_of=shape.__name__, resource=resource)
            mistakes.add(_path_to(property, key), value, message)
            continue
        conformed[key] = None
        if value is None or not _check_known(shape, key, value, f"{property}.{key}", mistakes):
            continue
        if shape is TerraformResourceLifecycleProps and key == "replace_triggered_by":
            conformed[key] = _conform_triggers(value, f"{property}.{key}", mistakes)
        else:
            conformed[key] = _conform_value(fields[key], value, f"{property}.{key}", mistakes)
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


def _check_known(shape: type, key: str, value: object, property: str, mistakes: Mistakes) -> bool:
    """Return False, and add a mistake, for an expression in an argument that must be known at synth."""
    if key in RESOURCE_LISTS:
        is_known = not tokens.is_token(value)
        message = KNOWN_AT_SYNTH.format(
            reason="the pattern creates a resource for each element",
            fix="a Python list, whose elements can be expressions",
        )
    elif shape is not TerraformResourceLifecycleProps:
        return True
    elif key in LITERAL_FLAGS:
        is_known = not tokens.is_token(value)
        message = KNOWN_AT_SYNTH.format(reason=LIFECYCLE_REASON, fix="True or False")
    elif key in LITERAL_LISTS:
        items = value if isinstance(value, list | tuple) and key == "ignore_changes" else ()
        is_known = not tokens.is_token(value) and not any(tokens.is_token(item) for item in items)
        fix = "the names of arguments" if key == "ignore_changes" else "a Python list of resources"
        message = KNOWN_AT_SYNTH.format(reason=LIFECYCLE_REASON, fix=fix)
    else:
        return True
    if not is_known:
        mistakes.add(property, value, message)
    elif key == "ignore_changes" and isinstance(value, str) and value != "all":
        is_known = False
        mistakes.add(property, value, f'must be a list of arguments, or "all"; for a single argument write [{value!r}]')
    return is_known


def _conform_triggers(value: object, property: str, mistakes: Mistakes) -> list[str] | None:
    """Return the references in ``replace_triggered_by``: Terraform takes plain ones, without ``${…}``."""
    if not isinstance(value, list | tuple):
        message = f"must be a list, not {_type_name(value)}; for a single element write [{value!r}]"
        mistakes.add(property, value, message)
        return None
    references = []
    for index, item in enumerate(value):
        if isinstance(item, TerraformResource):
            references.append(tokens.address_of(item))
        elif tokens.is_single_token(item):
            references.append(tokens.as_string(item))  # `create` writes it as a reference
        elif isinstance(item, str) and TRIGGER.fullmatch(item.removeprefix("${").removesuffix("}")):
            references.append(item.removeprefix("${").removesuffix("}"))
        else:
            mistakes.add(f"{property}[{index}]", item, TRIGGER_MESSAGE)
    return references


def _conform_value(annotation: Any, value: object, property: str, mistakes: Mistakes) -> Any:
    """Return the value as the engine takes it for the annotation, or add a mistake."""
    members = types_of(annotation)
    part = _explain_part(value)
    if part is not None:
        mistakes.add(property, value, part)
        return None
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
        message = f"must be a block: a mapping of {', '.join(fields_of(member))}"
        if tokens.is_token(value):
            message += "; Terraform takes no expression for a block: write the block, with expressions in its arguments"
        mistakes.add(property, value, message)
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
            mistakes.add(
                property, value, f"must be text (str), not {_type_name(value)}{_hint(value, member, property)}"
            )
        case _ if member is bool:
            if isinstance(value, bool):
                return value
            message = f"must be True or False, not {_type_name(value)}{_hint(value, member, property)}"
            mistakes.add(property, value, message)
        case _ if member is Number:
            if isinstance(value, int | float) and not isinstance(value, bool):
                if isinstance(value, int) or (math.isfinite(value) and value == int(value)):
                    return int(value)
                mistakes.add(property, value, "must be a whole number")
            else:
                message = f"must be a number, not {_type_name(value)}{_hint(value, member, property)}"
                mistakes.add(property, value, message)
        case _ if member is float:
            if isinstance(value, int | float) and not isinstance(value, bool) and -math.inf < value < math.inf:
                return value
            message = f"must be a number, not {_type_name(value)}{_hint(value, Number, property)}"
            mistakes.add(property, value, message)
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
        hint = _hint(value, Sequence, property) or f"; for a single element write [{value!r}]"
        mistakes.add(property, value, f"must be a list, not {_type_name(value)}{hint}")
        return None
    return [_conform_value(annotation, item, f"{property}[{index}]", mistakes) for index, item in enumerate(value)]


def _conform_map(annotation: Any, value: object, property: str, mistakes: Mistakes) -> StringMap | None:
    if not isinstance(value, Mapping):
        values = "numbers" if annotation is float else "text"
        message = f"must be a mapping of {values}, not {_type_name(value)}{_hint(value, Mapping, property)}"
        mistakes.add(property, value, message)
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
    is_list, is_map = isinstance(token, list | tuple), isinstance(token, dict)
    for member in members:
        origin = get_origin(member)
        if origin is Sequence and not is_map:
            items = types_of(get_args(member)[0])
            if any(typing.is_typeddict(item) for item in items):
                return tokens.as_blocks(token)
            return tokens.as_list(token) if str in items else None
        if origin is Mapping and not is_list:
            of_numbers = float in types_of(get_args(member)[1])
            return StringMap(tokens.as_number_map(token) if of_numbers else tokens.as_map(token))
        if is_list or is_map:
            continue
        if member is str:
            return tokens.as_string(token)
        if member is Number or member is float:
            return tokens.as_number(token)
        if member is bool:
            return tokens.as_bool(token)
    return None


def _explain_part(value: object) -> str | None:
    """Return the fix for a part or an extension of a list or map that only Terraform knows; None for other values."""
    is_extended = isinstance(value, list | tuple | dict) and len(value) > 1
    if tokens.is_list_element(value):
        problem = "is an element of a list"
    elif tokens.is_map_key(value):
        problem = "is a key of a map"
    elif is_extended and tokens.is_token(value):
        problem = "extends a map" if isinstance(value, dict) else "extends a list"
    else:
        return None
    fix = "Fn.element(list, index), and Fn.concat([…]) to extend it"
    if problem.endswith("map"):
        fix = "Fn.lookup(map, key), and Fn.merge([…]) to extend it"
    return f"{problem} that only Terraform knows; use {fix}"


# The properties with the value of a named value, by the type of the argument.
NAMED_VALUES: Sequence[tuple[type, Mapping[Any, str]]] = (
    (
        TerraformVariable,
        {
            str: ".string_value",
            Number: ".number_value",
            bool: ".boolean_value",
            Sequence: ".list_value",
            Mapping: ".value",
        },
    ),
    (
        TerraformLocal,
        {
            str: ".as_string",
            Number: ".as_number",
            bool: ".as_boolean",
            Sequence: ".as_list",
            Mapping: ".as_string_map",
        },
    ),
    (TerraformOutput, dict.fromkeys((str, Number, bool, Sequence, Mapping), ".value")),
    (TerraformIterator, dict.fromkeys((str, Number, bool, Sequence, Mapping), ".value")),
)


def _hint(value: object, wanted: Any, property: str) -> str:
    """Return the fix for a Terraform object that was given instead of one of its values; empty for other values."""
    for kind, attributes in NAMED_VALUES:
        if isinstance(value, kind):
            return f"; give its value: {attributes[wanted]}"
    if isinstance(value, TerraformResource | TerraformDataSource):
        likely = ".arn" if property.endswith(("arn", "arns", "layers]")) else ".arn, .id or .name"
        return f"; give one of its attributes, such as {likely}"
    if isinstance(value, TerraformModule):
        return '; give one of its outputs: .get_string("…")'
    if isinstance(value, TerraformElement):
        return "; give one of its attributes"
    return ""


def _path_to(property: str, key: object) -> str:
    """Return the name in messages of a key that the user chose."""
    return f"{property}.{key}" if isinstance(key, str) and key.isidentifier() else f"{property}[{key!r}]"


def _type_name(value: object) -> str:
    return type(value).__name__
