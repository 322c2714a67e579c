import importlib
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import pytest

from indexer.batch import Batch, Report, Transform
from indexer.deadline import Deadline
from indexer.search import Search
from indexer.settings import Settings, load
from search_server import SearchServer
from stream_events import NOW


@dataclass
class Clock:
    """Simulated time: what sleeps only moves it on."""

    time: float = NOW

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds

    def deadline(self, seconds: float) -> Deadline:
        return Deadline(seconds, clock=self.now, sleep=self.sleep, jitter=lambda _, bound: bound)


class Indexer:
    """The function without Lambda around it, on simulated time, with a small configuration."""

    def __init__(self, server: SearchServer, clock: Clock, **environment: str) -> None:
        self.server = server
        self.clock = clock
        self.settings: Settings = load(
            {"SEARCH_ENDPOINT": server.url, "SEARCH_SERVICE": "none", "INDEX": "orders"} | environment
        )
        self.search = Search(self.settings)

    def index(
        self, *records: dict[str, Any], transform: Transform = lambda document, _: document, seconds: float = 60
    ) -> Report:
        deadline = self.clock.deadline(seconds)
        return Batch(self.search, self.settings, transform, deadline, self.clock.now).index(records)

    def documents(self, index: str = "orders") -> dict[str, dict[str, Any]]:
        """Return what a search would find, without the function's own field."""
        found = {id_: json.loads(source) for id_, source in self.server.engine.sources(index).items()}
        return {
            id_: {name: document[name] for name in document if name != "_sequence_number"}
            for id_, document in found.items()
        }


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server(clock: Clock) -> Iterator[SearchServer]:
    with SearchServer(clock.now) as running:
        yield running


@pytest.fixture
def indexer(server: SearchServer, clock: Clock) -> Indexer:
    return Indexer(server, clock)


class Context:
    """What Lambda tells a function of its invocation."""

    function_name = "indexer"
    memory_limit_in_mb = 256
    invoked_function_arn = "arn:aws:lambda:eu-west-1:123456789012:function:indexer"
    aws_request_id = "52fdfc07-2182-154f-163f-5f0f9a621d72"

    def __init__(self, seconds: float = 30) -> None:
        self.seconds = seconds

    def get_remaining_time_in_millis(self) -> int:
        return int(self.seconds * 1000)


Start = Callable[..., ModuleType]


@pytest.fixture
def cold_start(server: SearchServer, monkeypatch: pytest.MonkeyPatch) -> Start:
    """Import the entry point as a cold start does, with these environment variables."""

    def start(**environment: str) -> ModuleType:
        for name, value in ({"SEARCH_ENDPOINT": server.url, "SEARCH_SERVICE": "none"} | environment).items():
            monkeypatch.setenv(name, value)
        monkeypatch.delitem(sys.modules, "index", raising=False)
        return importlib.import_module("index")

    return start
