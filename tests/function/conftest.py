import importlib
import sys
from collections.abc import Iterator
from types import ModuleType

import pytest

from tests.function.harness import Clock, ColdStart, Indexer
from tests.function.search_server import SearchServer


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server(clock: Clock) -> Iterator[SearchServer]:
    with SearchServer(clock.now) as running:
        yield running


@pytest.fixture
def indexer(server: SearchServer, clock: Clock) -> Indexer:
    return Indexer(server.url, clock)


@pytest.fixture
def cold_start(server: SearchServer, monkeypatch: pytest.MonkeyPatch) -> ColdStart:
    """Import the entry point as a cold start does, with the given environment variables."""

    def start(**environment: str) -> ModuleType:
        for name, value in ({"SEARCH_ENDPOINT": server.url, "SEARCH_SERVICE": "none"} | environment).items():
            monkeypatch.setenv(name, value)
        monkeypatch.delitem(sys.modules, "index", raising=False)
        return importlib.import_module("index")

    return start
