"""Reads the configuration structs of the provider's bindings, such as `DynamodbTableAttribute`."""

from __future__ import annotations

from typing import Any, Protocol


class ProviderStruct(Protocol):
    """A configuration struct of the provider's bindings, such as `DynamodbTableAttribute`."""

    _values: dict[str, Any]


def values_of(given: object) -> object:
    """Return a struct as a mapping of the arguments that were given to it; return any other value as it is."""
    if hasattr(given, "__jsii_name_mapping__") and not isinstance(given, type):
        return {key: value for key, value in vars(given)["_values"].items() if value is not None}
    return given
