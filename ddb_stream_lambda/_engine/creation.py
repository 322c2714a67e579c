"""Creates the provider's resources from arguments that were checked already.

The bindings' constructors check every argument again, against type hints that they evaluate anew at each call. With a
pattern's eight resources that is two thirds of its cost, so the checked arguments go to the engine directly.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeVar

import jsii
from cdktf import TerraformElement
from constructs import Construct

ElementT = TypeVar("ElementT", bound=TerraformElement)


class StringMap(dict[str, Any]):
    """A map whose keys are the user's own words (tags, environment variables), not argument names."""


def create(kind: type[ElementT], scope: Construct, id: str, arguments: Mapping[str, object]) -> ElementT:
    """A new resource or data source of the provider.

    Args:
        kind: the provider's class, such as `SqsQueue`.
        scope: the construct it belongs to.
        id: its id in that scope.
        arguments: Terraform attribute names and checked values; blocks are dicts, string maps are `StringMap`.
    """
    element = kind.__new__(kind)
    jsii.create(kind, element, [scope, id, _for_engine(arguments)])
    return element


def beside(arguments: Mapping[str, Any] | None, *, region: bool = True) -> dict[str, Any]:
    """The `provider` and, for a service with regions, the `region` of a resource, for those that belong to it."""
    keys = ("provider", "region") if region else ("provider",)
    return {key: arguments[key] for key in keys if key in arguments} if arguments else {}


def _for_engine(value: object) -> object:
    match value:
        case StringMap():
            return dict(value)
        case Mapping():
            return {_camel_case(key): _for_engine(item) for key, item in value.items()}
        case list() | tuple():
            return [_for_engine(item) for item in value]
        case _:
            return value


def _camel_case(attribute: str) -> str:
    return re.sub("_([a-z0-9])", lambda match: match[1].upper(), attribute)
