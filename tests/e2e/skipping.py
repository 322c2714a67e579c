"""Skip tests that need something that is not installed."""

import json

import pytest

from .install import MISSING


def skip_if_missing(*components: str) -> None:
    """Skip the test if one of the components could not be installed.

    Args:
        components: "terraform", "provider", "emulator" or "checkov".
    """
    if not MISSING.exists():
        pytest.skip("not installed: run `make e2e`")
    missing = json.loads(MISSING.read_text())
    for component in components:
        if component in missing:
            pytest.skip(f"{component} is missing: {missing[component]}")
