"""Skip tests that need something that is not installed."""

import json

import pytest

from .install import MISSING


def find_missing(*components: str) -> str | None:
    """Return why one of the components cannot be used; None if all of them were installed.

    Args:
        components: "terraform", "provider", "emulator" or "checkov".
    """
    if not MISSING.exists():
        return "not installed: run `make e2e`"
    missing = json.loads(MISSING.read_text())
    return next((f"{name} is missing: {missing[name]}" for name in components if name in missing), None)


def skip_if_missing(*components: str) -> None:
    """Skip the test if one of the components could not be installed.

    Args:
        components: "terraform", "provider", "emulator" or "checkov".
    """
    if reason := find_missing(*components):
        pytest.skip(reason)
