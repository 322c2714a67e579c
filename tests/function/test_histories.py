"""On a real engine, the index equals the table after any history of a table and any kind of delivery.

The table is the model. A history has several streams of one table, changes of its items, values that the index refuses,
batches that are delivered again, single records that are sent again much later, updates of documents by somebody else,
and an engine that forgets the versions of deleted documents.
"""

import uuid
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.engines.engine import Engine
from tests.function.harness import Clock, Indexer
from tests.function.stream_events import NOW, put, remove

KEYS = "ab"
MAPPING = {"properties": {"value": {"type": "double"}, "note": {"type": "keyword"}}}
FIRST_STREAM = datetime(2026, 1, 1)

# Sequence numbers that are close (they can share a version), far apart, and of growing length.
starts = st.sampled_from([0, 10**20, 62 * 10**20 + 2513011397, 10**28 - 2])
gaps = st.sampled_from([1, 1, 2, 10**20, 10**27])

writes = st.tuples(st.just("write"), st.sampled_from(KEYS), st.sampled_from(["put", "put", "remove", "poison"]), gaps)
deliveries = st.tuples(st.just("deliver"), st.integers(1, 6), st.integers(0, 3))
steps = st.one_of(
    writes,
    writes,
    writes,
    deliveries,
    deliveries,
    st.tuples(st.just("send again"), st.integers(0, 100)),
    st.tuples(st.just("update"), st.sampled_from(KEYS)),
    st.tuples(st.just("new stream"), starts),
    st.tuples(st.just("forget")),
)


@dataclass
class History:
    """A table and the records of its streams.

    Attributes:
        number: the last sequence number.
        ids: the value of the key attribute of each item.
        created: the creation of the present stream.
        records: the records, in the order of the writes.
        delivered: the number of records that were delivered.
        expected: the documents that the index must hold in the end.
        rejected: the sequence numbers of the refused changes after the last accepted change of each key.
    """

    number: int
    ids: dict[str, str]
    created: datetime = FIRST_STREAM
    records: list[dict[str, Any]] = field(default_factory=list)
    delivered: int = 0
    expected: dict[str, dict[str, Any]] = field(default_factory=dict)
    rejected: dict[str, set[str]] = field(default_factory=lambda: {key: set() for key in KEYS})

    def write(self, key: str, kind: str, gap: int) -> None:
        self.number += gap
        value = {"N": str(len(self.records))} if kind == "put" else {"S": "not a number"}
        # All records are late, so that the engine may forget deletions.
        options: dict[str, Any] = {"written_at": NOW - 60, "label": self.label}
        if kind == "remove":
            self.records.append(remove(self.number, self.ids[key], **options))
        else:
            self.records.append(put(self.number, self.ids[key], {"value": value}, **options))
        if kind == "poison":
            self.rejected[key].add(f"{self.label}/{self.number}")
            return
        self.rejected[key].clear()
        if kind == "put":
            self.expected[self.ids[key]] = {"id": self.ids[key], "value": len(self.records) - 1}
        else:
            self.expected.pop(self.ids[key], None)

    def start_stream(self, number: int) -> None:
        self.created += timedelta(seconds=1)
        self.number = number

    @property
    def label(self) -> str:
        return self.created.isoformat(timespec="milliseconds")


@pytest.fixture(scope="module")
def index(engine: Engine) -> str:
    """An index with a mapping, and the indexes next to it. All histories share them, with different keys."""
    index = engine.new_index()
    for name in (index, f"{index}-tombstones", f"{index}-rejected"):
        body = {"settings": {"number_of_replicas": 0, "number_of_shards": 1, "refresh_interval": -1}}
        engine.request("PUT", f"/{name}", body | ({"mappings": MAPPING} if name == index else {}))
    return index


# Histories that found mistakes, or that show one of the mechanisms.
NEW_STREAM = [
    ("write", "a", "put", 1),
    ("deliver", 1, 0),
    ("new stream", 10**20),
    ("write", "a", "put", 1),
]
REMOVED_IN_NEW_STREAM = [*NEW_STREAM[:3], ("write", "a", "remove", 1)]
FORGOTTEN_DELETION = [
    ("write", "a", "put", 1),
    ("write", "a", "remove", 10**20),
    ("deliver", 2, 0),
    ("forget",),
    ("send again", 0),
]
POISON_AFTER_PUT = [("write", "a", "put", 1), ("write", "a", "poison", 1), ("deliver", 2, 0)]
UPDATED_BY_SOMEBODY = [
    ("write", "a", "put", 1),
    ("deliver", 1, 0),
    ("update", "a"),
    ("write", "a", "put", 1),
    ("deliver", 1, 1),
    ("send again", 0),
]


@example(10**21, NEW_STREAM)
@example(10**21, REMOVED_IN_NEW_STREAM)
@example(10**20, FORGOTTEN_DELETION)
@example(10**20, POISON_AFTER_PUT)
@example(10**20, UPDATED_BY_SOMEBODY)
@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(starts, st.lists(steps, min_size=15, max_size=40))
def test_the_index_equals_the_table_in_the_end(
    engine: Engine, index: str, start: int, history_steps: list[Any]
) -> None:
    indexer = Indexer(engine.url, Clock(), INDEX=index)
    keys = {key: f"{key}-{uuid.uuid4().hex}" for key in KEYS}
    history = History(start, keys)

    for step in history_steps:
        match step:
            case ["write", key, kind, gap]:
                history.write(key, kind, gap)
            case ["deliver", count, before]:
                # A batch begins at the checkpoint, or before it if a checkpoint was lost.
                batch = history.records[max(0, history.delivered - before) : history.delivered + count]
                _deliver(indexer, batch)
                history.delivered = min(history.delivered + count, len(history.records))
            case ["send again", position] if history.delivered:
                _deliver(indexer, [history.records[position % history.delivered]])
            case ["update", key]:
                engine.request("POST", f"/{index}/_update/{keys[key]}", {"doc": {"note": "reviewed"}})
            case ["new stream", number]:
                history.start_stream(number)
            case ["forget"]:
                engine.request("POST", f"/{index}/_close")
                engine.request("POST", f"/{index}/_open?wait_for_active_shards=1")
    _deliver(indexer, history.records[history.delivered :])

    found = _get(engine, index, keys.values())
    assert {id: {name: found[id][name] for name in ("id", "value")} for id in found} == history.expected
    rejected = set().union(*history.rejected.values())
    assert set(_get(engine, f"{index}-rejected", rejected)) == rejected


def _get(engine: Engine, index: str, ids: Collection[str]) -> dict[str, dict[str, Any]]:
    """Return the documents with these ids that exist."""
    if not ids:
        return {}
    answer = engine.request("POST", f"/{index}/_mget", {"ids": list(ids)})
    return {document["_id"]: document["_source"] for document in answer.body["docs"] if document["found"]}


def _deliver(indexer: Indexer, records: list[dict[str, Any]]) -> None:
    report = indexer.index(*records)
    assert report.failures == {}
