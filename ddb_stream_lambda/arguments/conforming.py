"""Holds given props to their TypedDict, and lays them over the defaults.

The TypedDicts of `props` are the one description of the arguments: mypy reads them in the editor, and this module reads
them at synth. Props go through three steps: `conform` checks keys and types and turns the provider's structs into plain
data; `merge` lays the result over the defaults; `require` looks for what is still missing.
"""

from __future__ import annotations

import difflib
import math
import re
import types
import typing
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any, Required, Union, get_args, get_origin, get_type_hints

from cdktf import IResolvable, ITerraformDependable

from .._engine import tokens
from .._engine.creation import StringMap
from ..errors import Mistakes
from ..limits import NameRule, Range
from .names import breaks_rule
from .vocabulary import CDK_WORDS, REFUSED

Arguments = dict[str, Any]


def conform(shape: type, given: object, at: str, mistakes: Mistakes, resource: str = "") -> Arguments:
    """The given props as plain data; whatever is wrong with them is noted in `mistakes`.

    Args:
        shape: the TypedDict that describes them.
        given: a mapping, or a struct of the provider's bindings.
        at: the property's name in messages, such as ``dynamo_table_props``.
        mistakes: where mistakes are noted.
        resource: the Terraform type, such as ``aws_dynamodb_table``, if the props are a whole resource's.
    """
    given = _without_struct(given)
    if not isinstance(given, Mapping):
        mistakes.add(at, given, "must be a mapping of arguments, or the provider's struct of them")
        return {}
    fields = fields_of(shape)
    conformed: Arguments = {}
    for key, value in given.items():
        if key in fields:
            conformed[key] = None if value is None else _conform_value(fields[key], value, f"{at}.{key}", mistakes)
            if key == "replace_triggered_by" and isinstance(conformed[key], list):
                # Terraform takes plain addresses here, and the engine would write expressions.
                conformed[key] = [tokens.address_of(item) for item in conformed[key]]
        else:
            mistakes.add(_within(at, key), value, way_out(key, fields, shape.__name__, resource))
    return conformed


def merge(defaults: Mapping[str, Any], given: Mapping[str, Any]) -> Arguments:
    """`given` over `defaults`: deep for blocks and maps, whole for scalars and lists; None leaves an argument out."""
    merged = dict(defaults)
    for key, value in given.items():
        below = merged.get(key)
        if isinstance(value, dict) and isinstance(below, dict) and not tokens.is_token(value):
            merged[key] = type(value)(merge(below, value))
        else:
            merged[key] = value
    return {key: _without_none(value) for key, value in merged.items() if value is not None}


def require(shape: type, arguments: Mapping[str, Any], at: str, mistakes: Mistakes) -> None:
    """Note every required argument that the blocks in `arguments` still lack."""
    for key, block in _blocks_of(shape):
        for place, item in _places(arguments.get(key), f"{at}.{key}"):
            for name in sorted(_required_in(block) - item.keys()):
                mistakes.add(f"{place}.{name}", None, "is required in this block; give it")
            require(block, item, place, mistakes)


def way_out(key: object, known: Collection[str], words: str = "", resource: str = "") -> str:
    """Why a key is refused, or the right one for an unknown key."""
    for refused in (REFUSED.get(resource, {}), REFUSED["*"] if resource else {}):
        if key in refused:
            return str(refused[str(key)])
    snake = re.sub("(?<=[a-z0-9])([A-Z])", r"_\1", str(key)).lower().replace("-", "_")
    if snake in known:
        return f"unknown; Terraform calls it {snake}"
    if snake in CDK_WORDS.get(words, {}):
        return f"unknown; Terraform calls it {CDK_WORDS[words][snake]}"
    nearest = difflib.get_close_matches(snake, known, n=1)
    if nearest:
        return f"unknown; did you mean {nearest[0]}?"
    return f"unknown; known are {', '.join(sorted(known))}"


def check_present(keys: Collection[str], arguments: Mapping[str, Any], at: str, mistakes: Mistakes) -> None:
    """Note each argument that AWS requires and that is not there."""
    for key in keys:
        if key not in arguments:
            mistakes.add(f"{at}.{key}", None, "AWS requires it; give it")


def check_ranges(ranges: Mapping[str, Range], arguments: Mapping[str, Any], at: str, mistakes: Mistakes) -> None:
    """Note each number outside its range; tokens are left alone."""
    for key, allowed in ranges.items():
        value = arguments.get(key)
        if isinstance(value, int | float) and not tokens.is_token(value) and value not in allowed:
            mistakes.add(f"{at}.{key}", value, f"must be {allowed}")


def check_choice(choices: Sequence[str], value: object, at: str, mistakes: Mistakes) -> None:
    """Note a text that is none of the choices; tokens are left alone."""
    if isinstance(value, str) and not tokens.is_token(value) and value not in choices:
        nearest = difflib.get_close_matches(value.upper(), [c.upper() for c in choices], n=1)
        hint = "".join(f"; did you mean {c}?" for c in choices if c.upper() in nearest)
        mistakes.add(at, value, f"must be {' or '.join(choices)}{hint}")


def check_name(rule: NameRule, value: object, at: str, mistakes: Mistakes) -> None:
    """Note a name that the service would refuse; tokens are left alone."""
    if isinstance(value, str) and not tokens.is_token(value) and breaks_rule(value, rule):
        length = f"{rule.shortest} to {rule.longest} characters of {rule.characters}"
        mistakes.add(at, value, f"must be {length}; leave it out for a name from the construct's path")


@cache
def fields_of(shape: type) -> Mapping[str, Any]:
    """The TypedDict's keys with their types."""
    return get_type_hints(shape)


def _without_none(value: Any) -> Any:
    """The value without what its blocks leave out."""
    if isinstance(value, dict) and not isinstance(value, StringMap):
        return {key: _without_none(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_none(item) for item in value]
    return value


@cache
def _required_in(shape: type) -> frozenset[str]:
    """The TypedDict's required keys; its own account of them is blind to annotations that are kept as text."""
    hints = get_type_hints(shape, include_extras=True)
    return frozenset(key for key, annotation in hints.items() if get_origin(annotation) is Required)


def _without_struct(value: object) -> object:
    """A struct of the bindings as the mapping that made it."""
    if hasattr(value, "__jsii_name_mapping__") and not isinstance(value, type):
        return {key: item for key, item in vars(value)["_values"].items() if item is not None}
    return value


def _conform_value(annotation: Any, value: object, at: str, mistakes: Mistakes) -> Any:
    """The value as the engine takes it for the annotation, or a mistake noted."""
    members = _members(annotation)
    if tokens.is_token(value):
        fitted = _fit_token(members, value)
        if fitted is not None:
            return fitted
    value = _without_struct(value)
    attempts = []
    for member in members:
        attempt = Mistakes(mistakes.path)
        result = _conform_member(member, value, at, attempt)
        if not attempt.found:
            return result
        attempts.append(attempt)
    # The mistakes of the type that came nearest: the one that got furthest into the value.
    deepest = max(attempts, key=lambda attempt: max(len(m.property) for m in attempt.found))
    mistakes.found.extend(deepest.found)
    return None


def _conform_member(member: Any, value: Any, at: str, mistakes: Mistakes) -> Any:
    if typing.is_typeddict(member):
        if isinstance(value, Mapping):
            return conform(member, value, at, mistakes)
        mistakes.add(at, value, f"must be a block: a mapping of {', '.join(fields_of(member))}")
        return None
    origin = get_origin(member)
    if origin is Sequence:
        return _conform_list(get_args(member)[0], value, at, mistakes)
    if origin is Mapping:
        return _conform_map(get_args(member)[1], value, at, mistakes)
    match member:
        case _ if member is str:
            if isinstance(value, str):
                return value
            mistakes.add(at, value, f"must be text (str), not {_kind(value)}")
        case _ if member is bool:
            if isinstance(value, bool):
                return value
            mistakes.add(at, value, f"must be True or False, not {_kind(value)}")
        case _ if member is Number:
            if isinstance(value, int | float) and not isinstance(value, bool):
                if math.isfinite(value) and value == int(value):
                    return int(value)
                mistakes.add(at, value, "must be a whole number")
            else:
                mistakes.add(at, value, f"must be a number, not {_kind(value)}")
        case _ if member is ITerraformDependable:
            if hasattr(value, "fqn"):
                return value
            mistakes.add(at, value, f"must be a resource or module of the app, not {_kind(value)}")
        case _:
            if isinstance(value, member):
                return value
            mistakes.add(at, value, f"must be a {member.__name__}, not {_kind(value)}")
    return None


def _conform_list(annotation: Any, value: object, at: str, mistakes: Mistakes) -> list[Any] | None:
    if not isinstance(value, list | tuple):
        mistakes.add(at, value, f"must be a list, not {_kind(value)}; write [{value!r}] for one")
        return None
    return [_conform_value(annotation, item, f"{at}[{place}]", mistakes) for place, item in enumerate(value)]


def _conform_map(annotation: Any, value: object, at: str, mistakes: Mistakes) -> StringMap | None:
    if not isinstance(value, Mapping):
        mistakes.add(at, value, f"must be a mapping of text, not {_kind(value)}")
        return None
    return StringMap(
        {
            _conform_value(str, key, f"{at} key", mistakes): _conform_value(
                annotation, item, _within(at, key), mistakes
            )
            for key, item in value.items()
        }
    )


def _fit_token(members: Sequence[Any], token: object) -> object:
    """The token as one of the types takes it; None where none of them can be a token."""
    for member in members:
        origin = get_origin(member)
        if member is str and not isinstance(token, list | tuple | dict):
            return tokens.as_text(token)
        if member is Number:
            return tokens.as_number(token)
        if member is bool:
            return tokens.as_flag(token)
        if origin is Sequence and get_args(member)[0] is str:
            return tokens.as_list(token)
        if origin is Mapping:
            return StringMap(tokens.as_map(token))
        if origin is Sequence and tokens.is_resolvable(token):
            return token
    return None


Number = int | float


@cache
def _members(annotation: Any) -> tuple[Any, ...]:
    """The types that a value may have, less those that any value or a token may have besides."""
    union = get_origin(annotation) in (Union, types.UnionType)
    members = get_args(annotation) if union else (annotation,)
    plain = [m for m in members if m not in (type(None), IResolvable) and not _is_struct(m)]
    if int in plain and float in plain:
        plain = [Number, *(m for m in plain if m not in (int, float))]
    return tuple(plain)


def _is_struct(member: Any) -> bool:
    return getattr(member, "__name__", "") == "ProviderStruct"


@cache
def _blocks_of(shape: type) -> tuple[tuple[str, Any], ...]:
    """The TypedDict's keys that hold a block or a list of blocks, with the block's TypedDict."""
    blocks = []
    for key, annotation in fields_of(shape).items():
        for member in _members(annotation):
            if get_origin(member) is Sequence:
                member = next(iter(_members(get_args(member)[0])), None)
            if typing.is_typeddict(member):
                blocks.append((key, member))
    return tuple(blocks)


def _places(value: object, at: str) -> list[tuple[str, Mapping[str, Any]]]:
    """The blocks in a value, each with its place in messages."""
    if isinstance(value, dict):
        return [(at, value)]
    if isinstance(value, list):
        return [(f"{at}[{n}]", item) for n, item in enumerate(value) if isinstance(item, dict)]
    return []


def _within(at: str, key: object) -> str:
    """The place of a key of the user's own in messages."""
    return f"{at}.{key}" if isinstance(key, str) and key.isidentifier() else f"{at}[{key!r}]"


def _kind(value: object) -> str:
    return type(value).__name__
