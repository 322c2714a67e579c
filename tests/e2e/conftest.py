"""The fixtures of the end-to-end tests: the provider, Terraform and the emulator."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from .emulator_process import Emulator
from .skipping import skip_if_missing
from .terraform import OLD, PINNED, Provider, Terraform, pinned_provider_is_available


@pytest.fixture(scope="session")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Provider:
    """The provider version of the bindings if Terraform can install it, otherwise the version from the Python index."""
    if shutil.which("terraform") is None:
        pytest.skip("terraform is not on the path")
    choice = os.environ.get("E2E_PROVIDER", "any")
    if choice != "old" and pinned_provider_is_available(tmp_path_factory.mktemp("pinned")):
        return PINNED
    skip_if_missing("provider")
    return OLD


@pytest.fixture
def terraform(provider: Provider, tmp_path: Path) -> Terraform:
    return Terraform(tmp_path / "stack", provider)


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    skip_if_missing("terraform", "emulator")
    with Emulator(tmp_path_factory.mktemp("emulator")) as running:
        yield running
