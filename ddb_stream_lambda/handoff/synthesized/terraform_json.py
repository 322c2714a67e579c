"""Terraform's JSON syntax: read strictly, and brought into the form that cdktf writes.

Terraform accepts several forms of the same blocks: a list of objects in the place of an object, and ``null`` in the
place of no blocks. See https://developer.hashicorp.com/terraform/language/syntax/json#block-type-content.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..errors import ConfigurationError
from . import json_text

# The number of labels of each type of block, except for those in `LIST_BLOCKS`.
LABELS = {
    "terraform": 0,
    "locals": 0,
    "provider": 1,
    "variable": 1,
    "output": 1,
    "module": 1,
    "check": 1,
    "resource": 2,
    "data": 2,
    "ephemeral": 2,
}
# Blocks without a label that may occur several times.
LIST_BLOCKS = frozenset({"moved", "removed", "import"})
# A provider has a block for each alias.
REPEATED_BLOCKS = frozenset({"provider"})


def read_json(path: Path) -> Any:
    """Read a JSON file in UTF-8.

    Raises:
        ConfigurationError: if it cannot be read, is not JSON, has a name twice, or is nested too deeply.
    """
    try:
        return json_text.read_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path.name} cannot be read: {error}; synthesize the stack again") from error


def canonical_blocks(content: object) -> dict[str, Any] | None:
    """Return the blocks of a file in the form that cdktf writes; None if the file does not hold blocks.

    Labels are keys of objects, down to one object for each block. Blocks in `LIST_BLOCKS` are lists of objects, and a
    provider with several blocks is a list.
    """
    if not isinstance(content, dict):
        return None
    try:
        blocks = _merged(content)
        canonical = {type: value for type, block in blocks.items() if (value := _canonical(type, block)) is not None}
        for kind in ("resource", "data"):
            for resources in canonical.get(kind, {}).values():
                for arguments in resources.values():
                    if "lifecycle" in arguments:
                        arguments["lifecycle"] = _merged(arguments["lifecycle"])
    except _FormError:
        return None
    return canonical


class _FormError(Exception):
    """A value is not in a form that Terraform reads as blocks."""


def _canonical(type: str, block: Any) -> Any:
    if block is None:
        return None
    if type in LIST_BLOCKS:
        return list(_objects(block))
    if type not in LABELS:
        return block
    if type == "terraform":
        return _canonical_settings(_merged(block))
    if LABELS[type] == 0:
        return _merged(block)
    return _labeled(block, LABELS[type], repeated=type in REPEATED_BLOCKS)


def _canonical_settings(settings: dict[str, Any]) -> dict[str, Any]:
    if "backend" in settings:
        settings["backend"] = _labeled(settings["backend"], 1, repeated=False)
    if "required_providers" in settings:
        # A text is the older form of an object with only a version.
        providers = _merged(settings["required_providers"])
        settings["required_providers"] = {
            name: {"version": provider} if isinstance(provider, str) else provider
            for name, provider in providers.items()
            if provider is not None
        }
        if not all(isinstance(provider, dict) for provider in settings["required_providers"].values()):
            raise _FormError
    return settings


def _labeled(block: Any, labels: int, *, repeated: bool) -> Any:
    if labels == 0:
        objects = list(_objects(block))
        if repeated:
            return objects if isinstance(block, list) or len(objects) != 1 else objects[0]
        if len(objects) > 1:
            raise _FormError
        return objects[0] if objects else None
    contents = ((name, _labeled(value, labels - 1, repeated=repeated)) for name, value in _merged(block).items())
    return {name: content for name, content in contents if content is not None}


def _merged(value: Any) -> dict[str, Any]:
    """Return the entries of an object, or of all objects in a list. A name that occurs twice gets a list of values."""
    merged: dict[str, Any] = {}
    for item in _objects(value):
        for name, content in item.items():
            earlier = merged.get(name)
            if earlier is None:
                merged[name] = content
            elif content is not None:
                merged[name] = [*as_list(earlier), *as_list(content)]
    return merged


def _objects(value: Any) -> Iterator[Mapping[str, Any]]:
    if value is None:
        return
    for item in as_list(value):
        if not isinstance(item, dict):
            raise _FormError
        yield item


def as_list(value: Any) -> list[Any]:
    """Return a list as it is, and any other value as a list of it: Terraform accepts both for blocks."""
    return value if isinstance(value, list) else [value]
