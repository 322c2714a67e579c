"""Runs the sample function for tests, with simulated time and without Lambda."""

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from indexer.batch import BatchIndexer
from indexer.deadline import Deadline
from indexer.operations import Transform
from indexer.recent_deletions import RecentDeletions
from indexer.report import Report
from indexer.search_client import SearchClient
from indexer.settings import Settings, load_settings
from tests.function.stream_events import NOW

# Imports the entry point as a cold start does, with the given environment variables.
ColdStart = Callable[..., ModuleType]


@dataclass
class Clock:
    """Simulated time; `sleep` advances it."""

    time: float = NOW

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds

    def deadline(self, seconds: float) -> Deadline:
        return Deadline(seconds, clock=self.now, sleep=self.sleep, jitter=lambda _, bound: bound)


class Indexer:
    """The function's indexer, with the index "orders" by default.

    Attributes:
        settings: the function's configuration.
        client: the client of the search service.
        retries: the number of retries of the last batch.
    """

    def __init__(self, url: str, clock: Clock, **environment: str) -> None:
        self.clock = clock
        self.settings: Settings = load_settings(
            {"SEARCH_ENDPOINT": url, "SEARCH_SERVICE": "none", "INDEX": "orders"} | environment
        )
        self.client = SearchClient(self.settings)
        self.retries = 0
        self._recent_deletions = RecentDeletions()

    def index(
        self, *records: dict[str, Any], transform: Transform = lambda document, _: document, seconds: float = 60
    ) -> Report:
        deadline = self.clock.deadline(seconds)
        batch_indexer = BatchIndexer(
            client=self.client,
            settings=self.settings,
            transform=transform,
            deadline=deadline,
            now=self.clock.now,
            recent_deletions=self._recent_deletions,
        )
        report = batch_indexer.index(records)
        self.retries = deadline.retries
        return report


class Context:
    """The context of an invocation, as Lambda passes it to the handler."""

    function_name = "indexer"
    memory_limit_in_mb = 256
    invoked_function_arn = "arn:aws:lambda:eu-west-1:123456789012:function:indexer"
    aws_request_id = "52fdfc07-2182-154f-163f-5f0f9a621d72"

    def __init__(self, seconds: float = 30) -> None:
        self.seconds = seconds

    def get_remaining_time_in_millis(self) -> int:
        return int(self.seconds * 1000)
