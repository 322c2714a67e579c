"""The sample function with a real engine: order, duplicates, refusals, blocks, limits and restarts.

`test_histories.py` tests whole histories of a table. The same behavior is tested in more detail, and with faults, with
the search server of these tests.
"""

import json
from typing import Any

import pytest

from indexer.deadline import Deadline
from indexer.search_client import SearchUnavailableError
from tests.engines.engine import Engine
from tests.engines.node import Node
from tests.function.harness import Clock, Indexer
from tests.function.stream_events import NEWER, NOW, OLDER, put, record, remove, text_image

pytestmark = pytest.mark.slow

NUMBER = {"value": {"N": "1"}}
POISON = {"value": {"S": "not a number"}}


class Index:
    """An index of a real engine, and the function that writes to it."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self.engine = engine
        self.clock = clock
        self.name = engine.new_index()
        self.indexer = Indexer(engine.url, clock, INDEX=self.name)

    def documents(self, suffix: str = "") -> dict[str, dict[str, Any]]:
        """Return the documents by id, without the field that the function adds."""
        return {
            id: {name: value for name, value in source.items() if name != "_sequence_number"}
            for id, source in self.engine.documents(self.name + suffix).items()
        }

    def values(self) -> dict[str, Any]:
        """Return the attribute "value" of each document by id."""
        return {id: document.get("value") for id, document in self.documents().items()}

    def create(self, **body: Any) -> None:
        assert self.engine.request("PUT", f"/{self.name}", body).status == 200

    def call(self, method: str, path: str, body: object = None) -> None:
        answer = self.engine.request(method, f"/{self.name}{path}", body)
        assert answer.status == 200, answer

    def index(self, *records: dict[str, Any]) -> None:
        report = self.indexer.index(*records)
        assert report.failures == report.rejections == {}


@pytest.fixture
def index(engine: Engine, clock: Clock) -> Index:
    return Index(engine, clock)


# Order and duplicates


def test_a_replayed_batch_changes_nothing(index: Index) -> None:
    batch = [put(1, "a", text_image("x")), put(2, "b", text_image("y")), remove(3, "a"), put(4, "c")]

    index.index(*batch)
    index.index(*batch)

    assert index.documents() == {"b": {"id": "b", "value": "y"}, "c": {"id": "c"}}


@pytest.mark.parametrize(("older", "newer"), [(1, 2), (OLDER, NEWER)], ids=["other version", "same version"])
def test_an_older_record_never_overwrites_a_newer_one(index: Index, older: int | str, newer: int | str) -> None:
    index.index(put(older, image=text_image("old")))
    index.index(put(newer, image=text_image("new")))
    index.index(put(older, image=text_image("old")))

    assert index.values() == {"a": "new"}


def test_a_late_insert_does_not_restore_a_deleted_item(index: Index) -> None:
    index.index(put(1))
    index.index(remove(2))
    index.index(put(1))

    assert index.documents() == {}


def test_a_record_replaces_a_document_that_somebody_else_updated(index: Index) -> None:
    index.index(put(OLDER, image=text_image("old")))
    index.call("POST", "/_update/a", {"doc": {"value": "by hand"}})

    index.index(put(NEWER, image=text_image("new")))

    assert index.values() == {"a": "new"}


# Refusals


def test_only_the_refused_record_is_rejected_and_stored(index: Index) -> None:
    index.index(put(1, "first", NUMBER))
    poison = put(3, "b", POISON)

    report = index.indexer.index(put(2, "a", NUMBER), poison, put(4, "c", NUMBER))

    assert report.failures == {}
    assert list(report.rejections) == ["3"]
    assert index.values() == {"first": 1, "a": 1, "c": 1}
    (stored,) = index.documents("-rejected").values()
    assert json.loads(stored["record"]) == poison


def test_a_refused_record_is_reported_with_its_reason_but_not_its_content(index: Index, clock: Clock) -> None:
    indexer = Indexer(index.engine.url, clock, INDEX=index.name, REJECTED_RECORDS="report")
    indexer.index(put(1, "first", NUMBER))

    report = indexer.index(put(2, "some-key", POISON))

    (reason,) = report.failures.values()
    assert "failed to parse field" in reason
    assert "not a number" not in reason
    assert "some-key" not in reason


def test_a_refused_record_costs_its_item_only_that_change(index: Index) -> None:
    index.index(put(1, "first", NUMBER))

    report = index.indexer.index(put(2, "a", NUMBER), put(3, "a", POISON))

    assert list(report.rejections) == ["3"]
    assert index.values()["a"] == 1


def test_shards_that_learn_a_field_at_the_same_time_reject_no_record(index: Index) -> None:
    index.create(settings={"number_of_shards": 5}, mappings={"properties": {"id": {"type": "keyword"}}})
    records = [put(number, f"k{number}", {"value": {"N": "1.5" if number % 2 else "3"}}) for number in range(1, 41)]

    index.index(*records)

    assert len(index.documents()) == 40


# Blocks and states of the index


@pytest.mark.parametrize("block", ["write", "read_only", "read_only_allow_delete"])
def test_no_record_is_rejected_while_the_index_is_blocked(index: Index, block: str) -> None:
    index.create()
    index.call("PUT", "/_settings", {f"index.blocks.{block}": True})

    report = index.indexer.index(put(1, "a"), put(2, "b"))

    index.call("PUT", "/_settings", {f"index.blocks.{block}": None})
    assert sorted(report.failures) == ["1", "2"]
    assert report.rejections == {}
    index.index(put(1, "a"), put(2, "b"))
    assert set(index.documents()) == {"a", "b"}


def test_no_record_is_lost_while_the_index_is_closed(index: Index) -> None:
    index.create()
    index.call("POST", "/_close")

    report = index.indexer.index(put(1, "a"))

    index.call("POST", "/_open?wait_for_active_shards=1")
    assert list(report.failures) == ["1"]
    assert report.rejections == {}
    index.index(put(1, "a"))
    assert set(index.documents()) == {"a"}


class OneAttempt(Clock):
    """A clock whose pauses last longer than the invocation."""

    def deadline(self, seconds: float) -> Deadline:
        return Deadline(seconds, clock=self.now, sleep=self.sleep, jitter=lambda *_: seconds)


def test_a_primary_that_is_not_active_fails_only_its_records(index: Index) -> None:
    nowhere = {"settings": {"index.routing.allocation.require.zone": "nowhere"}}
    index.engine.request("PUT", f"/{index.name}-orders?wait_for_active_shards=0", nowhere)
    indexer = Indexer(index.engine.url, OneAttempt(), INDEX=f"{index.name}-{{table}}", REQUEST_TIMEOUT="4")

    report = indexer.index(put(1, "a"), record("MODIFY", 2, "b", table="Other"))

    assert list(report.failures) == ["1"]
    assert "unavailable_shards_exception" in report.failures["1"]
    assert set(index.documents("-other")) == {"b"}


def test_tombstones_that_cannot_be_looked_up_fail_only_their_records(index: Index) -> None:
    nowhere = {"settings": {"index.routing.allocation.require.zone": "nowhere"}}
    index.engine.request("PUT", f"/{index.name}-orders-tombstones?wait_for_active_shards=0", nowhere)
    indexer = Indexer(index.engine.url, OneAttempt(), INDEX=f"{index.name}-{{table}}")
    late = NOW - 60

    report = indexer.index(put(1, "a", written_at=late), record("MODIFY", 2, "b", table="Other", written_at=late))

    assert list(report.failures) == ["1"]
    assert "no_shard_available_action_exception" in report.failures["1"]
    assert set(index.documents("-other")) == {"b"}


# Limits and restarts, with a separate node


@pytest.fixture
def private_index(private_node: Node, clock: Clock) -> Index:
    return Index(Engine(private_node.url), clock)


def test_a_batch_that_is_larger_than_a_request_may_be_is_indexed(private_index: Index) -> None:
    records = [put(number, f"k{number}", text_image("x" * 100_000)) for number in range(1, 31)]

    private_index.index(*records)

    assert len(private_index.documents()) == 30


def test_a_batch_that_is_larger_than_the_engine_takes_now_is_indexed(private_index: Index) -> None:
    setting = "network.breaker.inflight_requests.limit"
    private_index.engine.request("PUT", "/_cluster/settings", {"transient": {setting: "400kb"}})
    records = [put(number, f"k{number}", text_image("x" * 100_000)) for number in range(1, 9)]

    private_index.index(*records)

    private_index.engine.request("PUT", "/_cluster/settings", {"transient": {setting: None}})
    assert len(private_index.documents()) == 8


def test_a_blocked_cluster_rejects_no_record(private_index: Index) -> None:
    setting = "cluster.blocks.read_only_allow_delete"
    private_index.create()
    private_index.engine.request("PUT", "/_cluster/settings", {"transient": {setting: True}})
    try:
        with pytest.raises(SearchUnavailableError, match="cluster_block_exception"):
            private_index.indexer.index(put(1))
    finally:
        private_index.engine.request("PUT", "/_cluster/settings", {"transient": {setting: None}})


def test_indexes_that_must_not_be_created_automatically_reject_no_record(private_index: Index) -> None:
    setting = "action.auto_create_index"
    private_index.engine.request("PUT", "/_cluster/settings", {"transient": {setting: False}})
    try:
        report = private_index.indexer.index(put(1))
    finally:
        private_index.engine.request("PUT", "/_cluster/settings", {"transient": {setting: None}})

    assert list(report.failures) == ["1"]
    assert report.rejections == {}


def test_a_restart_does_not_let_a_late_insert_restore_a_deleted_item(
    private_node: Node, private_index: Index, clock: Clock
) -> None:
    private_index.index(put(1), put(2, "b"), remove(3))
    private_index.call("POST", "/_flush")
    private_node.kill()
    private_node.start()
    engine = private_index.engine = Engine(private_node.url)
    engine.request("GET", f"/_cluster/health/{private_index.name}?wait_for_status=yellow&timeout=30s")
    clock.sleep(10)

    Indexer(engine.url, clock, INDEX=private_index.name).index(put(1))

    assert set(private_index.documents()) == {"b"}
    # Without the tombstone, the engine would have accepted the change.
    forgotten = engine.request("PUT", f"/{private_index.name}/_doc/a?version=1&version_type=external", {})
    assert forgotten.status == 201
