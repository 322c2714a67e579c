"""The meta-arguments that a resource's companions share with it."""

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
    return {key: arguments[key] for key in keys if key in arguments}
