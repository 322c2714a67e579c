"""The fixtures of the end-to-end tests: the provider, Terraform and the emulator."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .emulator_process import Emulator
from .existing_resources import create_existing_resources
from .fault_proxy import FaultProxy
from .providers import Provider, ProviderMissingError, choose_provider
from .skipping import skip_if_missing
from .terraform import Terraform


@pytest.fixture(scope="session")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Provider:
    """The version of the AWS provider that all tests use."""
    try:
        return choose_provider(tmp_path_factory.mktemp("provider"))
    except ProviderMissingError as error:
        pytest.skip(str(error))


@pytest.fixture
def terraform(provider: Provider, tmp_path: Path) -> Terraform:
    return Terraform(tmp_path / "stack", provider)


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    skip_if_missing("terraform", "emulator")
    with Emulator(tmp_path_factory.mktemp("emulator")) as running:
        yield running


@pytest.fixture(scope="module")
def emulator_with_resources(emulator: Emulator, provider: Provider) -> Emulator:
    """The emulator with the resources that the variants of the pattern look up."""
    # The oldest version lacks the arguments that give a restored or imported table its keys.
    provider.skip_if_lacking("aws_dynamodb_table", "import_table")
    create_existing_resources(emulator)
    return emulator


@pytest.fixture
def fault_proxy(emulator: Emulator) -> Iterator[FaultProxy]:
    """A proxy in front of the emulator that makes chosen calls fail."""
    proxy = FaultProxy(emulator.url)
    yield proxy
    proxy.close()
