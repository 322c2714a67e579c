"""Merges the user's props over the defaults, and checks that nothing required is missing."""

from __future__ import annotations

import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Required, get_args, get_origin, get_type_hints

from .._engine.creation import StringMap
from .._engine.tokens import is_token, merge_maps
from ..errors import Mistakes
from .conforming import Arguments, conform, fields_of, types_of


def complete(
    shape: type,
    props: object,
    *,
    defaults: Mapping[str, Any] | Callable[[Arguments], Mapping[str, Any]],
    property: str,
    mistakes: Mistakes,
    resource: str = "",
) -> Arguments:
    """Return a resource's arguments: the user's props over the defaults; add a mistake for each wrong input.

    Args:
        shape: The TypedDict that describes the props.
        props: The user's mapping or struct; None for no props.
        defaults: The resource's defaults, or a function that returns them for the user's props as plain data.
        property: The name of the props in messages, such as ``dynamo_table_props``.
        mistakes: The collector of mistakes.
        resource: The Terraform type, such as ``aws_dynamodb_table``, if the props are those of a whole resource.
    """
    given = conform(shape, {} if props is None else props, property=property, mistakes=mistakes, resource=resource)
    arguments = merge(defaults(given) if callable(defaults) else defaults, given)
    _check_required(shape, arguments, property=property, mistakes=mistakes)
    return arguments


def merge(defaults: Mapping[str, Any], given: Mapping[str, Any]) -> Arguments:
    """Return `given` over `defaults`.

    Blocks and maps are merged, scalars and lists are replaced, and None leaves an argument out. Terraform merges a map
    over one that only Terraform knows.
    """
    merged = dict(defaults)
    for key, value in given.items():
        default = merged.get(key)
        if isinstance(value, dict) and isinstance(default, dict) and not is_token(value):
            merged[key] = (
                _merge_over_expression(default, value) if is_token(default) else type(value)(merge(default, value))
            )
        else:
            merged[key] = value
    return {key: _without_none(value) for key, value in merged.items() if value is not None}


def _merge_over_expression(default: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a map over one that only Terraform knows."""
    return StringMap(merge_maps(default, given)) if given else default


def _without_none(value: Any) -> Any:
    """Return the value without the arguments that its blocks leave out."""
    if isinstance(value, dict) and not isinstance(value, StringMap):
        return {key: _without_none(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_none(item) for item in value]
    return value


def _check_required(shape: type, arguments: Mapping[str, Any], *, property: str, mistakes: Mistakes) -> None:
    """Add a mistake for each required argument that a block lacks."""
    for key, block_shape in _blocks_of(shape):
        for path, block in _each_block(arguments.get(key), f"{property}.{key}"):
            for name in sorted(_required_keys(block_shape) - block.keys()):
                mistakes.add(f"{path}.{name}", None, "is required in this block; add it")
            _check_required(block_shape, block, property=path, mistakes=mistakes)


@cache
def _required_keys(shape: type) -> frozenset[str]:
    # `__required_keys__` misses `Required[...]` when annotations are postponed (PEP 563).
    hints = get_type_hints(shape, include_extras=True)
    return frozenset(key for key, annotation in hints.items() if get_origin(annotation) is Required)


@cache
def _blocks_of(shape: type) -> tuple[tuple[str, Any], ...]:
    """Return the keys of a TypedDict that hold a block or a list of blocks, each with the block's TypedDict."""
    blocks = []
    for key, annotation in fields_of(shape).items():
        for member in types_of(annotation):
            if get_origin(member) is Sequence:
                member = next(iter(types_of(get_args(member)[0])), None)
            if typing.is_typeddict(member):
                blocks.append((key, member))
    return tuple(blocks)


def _each_block(value: object, property: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the blocks in a value, each with its name in messages."""
    match value:
        case dict():
            yield property, value
        case list():
            for index, item in enumerate(value):
                if isinstance(item, dict):
                    yield f"{property}[{index}]", item
