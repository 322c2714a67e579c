"""The `provider` and the `region` that a resource shares with the resources that belong to it (its companions)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def companion_arguments(arguments: Mapping[str, Any], *, regional: bool = True) -> dict[str, Any]:
    """Return the `provider` and the `region` of a resource, for the resources that belong to it.

    Args:
        arguments: The resource's arguments.
        regional: Whether the companion's service has regions; IAM has none.
    """
    keys = ("provider", "region") if regional else ("provider",)
    return {key: arguments[key] for key in keys if arguments.get(key) is not None}


def companion_of(resource: Any, *, regional: bool = True) -> dict[str, Any]:
    """Return the `provider` and the `region` of a resource or data source of the app."""
    arguments = {"provider": resource.provider, "region": resource.region_input if regional else None}
    return companion_arguments(arguments, regional=regional)


def with_companion(arguments: Mapping[str, Any], companion: Mapping[str, Any]) -> dict[str, Any]:
    """Return a companion's arguments with the `provider` and `region` that it inherits.

    Its own `provider` and `region` take precedence. With its own `provider` it inherits no `region`, since the
    region belongs to the other provider.
    """
    if arguments.get("provider") is not None:
        return dict(arguments)
    return {**companion, **arguments}
