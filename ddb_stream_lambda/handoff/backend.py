"""Where the state lies: the operations team's choice, by a partial block whose settings come by ``-backend-config``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

NONE = "none"


@dataclass(frozen=True)
class Backend:
    """A backend that the bundle offers.

    Attributes:
        type: its type in Terraform.
        settings: an example of what ``-backend-config`` gives it, names to values.
        note: a line that the example begins with.
    """

    type: str
    settings: Mapping[str, Any]
    note: str = ""

    def block(self, form: str) -> str:
        """The partial block, as a file of the form ``json`` or ``hcl``."""
        if form == "json":
            return json.dumps({"terraform": {"backend": {self.type: {}}}}, indent=2) + "\n"
        return f'terraform {{\n  backend "{self.type}" {{}}\n}}\n'

    def example(self) -> str:
        """The example settings, as a file for ``-backend-config``."""
        width = max(map(len, self.settings), default=0)
        note = f"# {self.note}\n" if self.note else ""
        return note + "".join(f"{name:{width}} = {json.dumps(value)}\n" for name, value in self.settings.items())


def offered(stack: str) -> dict[str, Backend]:
    """The backends that a bundle offers, by their types.

    Args:
        stack: names the state in the examples.
    """
    backends = (
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
        Backend("local", {"path": f"{stack}.prod.tfstate"}),
        Backend(
            "s3",
            {
                "bucket": "CHANGE-ME",
                "key": f"{stack}/prod.tfstate",
                "region": "CHANGE-ME",
                "encrypt": True,
                "use_lockfile": True,
            },
            "use_lockfile needs Terraform 1.10; before, name a dynamodb_table",
        ),
    )
    return {backend.type: backend for backend in backends}


def configured(terraform: Mapping[str, Any]) -> Backend | None:
    """The backend that the stack names, its settings as the example; None without one, or with a local one."""
    for type, settings in terraform.get("backend", {}).items():
        plain = {name: value for name, value in settings.items() if isinstance(value, (str, bool, int))}
        return Backend(type, plain)
    return None
