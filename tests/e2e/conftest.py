"""Where the end-to-end tests get terraform, the provider and the emulator; and why not, where they do not."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from .emulation import Emulator
from .install import MISSING
from .terraform import OLD, PINNED, Provider, Terraform, reaches_pinned_provider


def skip_where_missing(*parts: str) -> None:
    if not MISSING.exists():
        pytest.skip("not installed: run `make e2e`")
    missing = json.loads(MISSING.read_text())
    for part in parts:
        if part in missing:
            pytest.skip(f"no {part}: {missing[part]}")


@pytest.fixture(scope="session")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Provider:
    """The bindings' own provider where the user's terraform gets it, else the one of the Python index."""
    if shutil.which("terraform") is None:
        pytest.skip("terraform is not on the path")
    wanted = os.environ.get("E2E_PROVIDER", "any")
    if wanted != "old" and reaches_pinned_provider(tmp_path_factory.mktemp("pinned")):
        return PINNED
    skip_where_missing("provider")
    return OLD


@pytest.fixture
def terraform(provider: Provider, tmp_path: Path) -> Terraform:
    return Terraform(tmp_path / "stack", provider)


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    skip_where_missing("terraform", "emulator")
    with Emulator(tmp_path_factory.mktemp("emulator")) as running:
        yield running
