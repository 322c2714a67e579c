"""The backends that a bundle offers, and the one that it names: the operations team decides where the state is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

NONE = "none"


@dataclass(frozen=True)
class Backend:
    """A type of backend.

    Attributes:
        type: the type in Terraform, such as ``s3``.
        settings: an example of the settings for ``-backend-config``.
        note: a comment for the example.
    """

    type: str
    settings: Mapping[str, Any]
    note: str = ""


@dataclass(frozen=True)
class Backends:
    """The backends of a bundle.

    Attributes:
        chosen: the backend that the bundle names; None if it names none.
        offered: the backends that the bundle has files for, the chosen one included.
    """

    chosen: Backend | None
    offered: tuple[Backend, ...]


def examples(stack: str) -> tuple[Backend, ...]:
    """Return the backends that every bundle offers.

    Args:
        stack: the stack's name, which names the state in the examples.
    """
    return (
        Backend(
            "azurerm",
            {
                "resource_group_name": "CHANGE-ME",
                "storage_account_name": "CHANGE-ME",
                "container_name": "CHANGE-ME",
                "key": f"{stack}/prod.tfstate",
            },
        ),
        Backend("gcs", {"bucket": "CHANGE-ME", "prefix": f"{stack}/prod"}),
        Backend(
            "http",
            {
                "address": "https://CHANGE-ME",
                "lock_address": "https://CHANGE-ME",
                "unlock_address": "https://CHANGE-ME",
            },
        ),
        Backend(
            "local",
            {"path": f"../{stack}.prod.tfstate"},
            "The file is outside of the bundle's folder, since each bundle has its own.",
        ),
        Backend(
            "s3",
            {
                "bucket": "CHANGE-ME",
                "key": f"{stack}/prod.tfstate",
                "region": "CHANGE-ME",
                "encrypt": True,
                "use_lockfile": True,
            },
            "use_lockfile needs Terraform 1.10 or later. For an earlier version, use dynamodb_table instead.",
        ),
    )


TYPES = tuple(backend.type for backend in examples(""))


def choose_backends(stack: str, *, configured: Mapping[str, Any], requested: str | None) -> Backends:
    """Choose the backend that the bundle names, and the backends that it offers.

    Args:
        stack: the stack's name.
        configured: the stack's ``backend`` blocks by their type; empty if the stack has none or a local one.
        requested: the type that the user requested, or `NONE`. None chooses the backend of the stack.
    """
    offered = {backend.type: backend for backend in examples(stack)}
    type = next(iter(configured), NONE) if requested is None else requested
    if type in configured:
        # The settings of the stack's backend replace the example.
        settings = {name: value for name, value in configured[type].items() if isinstance(value, (str, bool, int))}
        offered[type] = Backend(type, settings)
    return Backends(offered.get(type), tuple(offered.values()))
