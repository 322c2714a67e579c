"""The order of changes against a search server that this project did not write; skipped where it is not installed.

osmem-server (on PyPI) is an in-memory implementation of OpenSearch's API: not the real engine, but an independent
reading of its documentation. It rewrites numbers in `_source`, so nothing here is about fidelity.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from opensearchpy import OpenSearch

from conftest import Clock, Indexer
from stream_events import NOW, put, remove

osmem = pytest.importorskip("osmem_server")

OLDER = "6200000000002513011398"
NEWER = "6200000000002513011399"


@dataclass
class Other:
    """What the tests need of a server."""

    url: str


@pytest.fixture(scope="module")
def server() -> Iterator[Other]:
    with osmem.OsmemServer.start() as running:
        yield Other(running.url)


@pytest.fixture
def indexer(server: Other, clock: Clock) -> Iterator[Indexer]:
    yield Indexer(server, clock)  # type: ignore[arg-type]
    OpenSearch(server.url).indices.delete(index="orders*")


def found(server: Other) -> dict[str, Any]:
    answer = OpenSearch(server.url).search(index="orders", params={"ignore_unavailable": "true"}, body={"size": 100})
    return {hit["_id"]: hit["_source"].get("value") for hit in answer["hits"]["hits"]}


def image(value: str) -> dict[str, dict[str, str]]:
    return {"value": {"S": value}}


def indexed(indexer: Indexer, *batches: list[dict[str, Any]]) -> dict[str, Any]:
    for batch in batches:
        assert indexer.index(*batch).failures == {}
    server = indexer.server
    OpenSearch(server.url).indices.refresh(index="orders*")
    return found(server)  # type: ignore[arg-type]


def test_a_replayed_batch_changes_nothing(indexer: Indexer) -> None:
    batch = [put(1, "a", image("x")), put(2, "b", image("y")), remove(3, "a")]

    assert indexed(indexer, batch, batch) == {"b": "y"}


def test_an_older_record_never_overwrites_a_newer_one(indexer: Indexer) -> None:
    assert indexed(indexer, [put(2, image=image("new"))], [put(1, image=image("old"))]) == {"a": "new"}


def test_records_of_the_same_version_are_told_apart(indexer: Indexer) -> None:
    older, newer = put(OLDER, image=image("old")), put(NEWER, image=image("new"))

    assert indexed(indexer, [older], [newer], [older]) == {"a": "new"}


def test_a_late_insert_does_not_resurrect_a_deleted_item(indexer: Indexer) -> None:
    assert indexed(indexer, [put(1), put(3, "b", image("y"))], [remove(2)], [put(1)], [put(1, at=NOW - 100)]) == {
        "b": "y"
    }


def test_a_poison_record_is_reported_alone_with_its_reason(indexer: Indexer) -> None:
    indexer.index(put(1, "a", {"number": {"N": "1"}}))

    report = indexer.index(put(2, "b", {"number": {"S": "hush"}}), put(3, "c"))

    assert list(report.failures) == ["2"]
    assert "[number]" in report.failures["2"]
    assert "hush" not in report.failures["2"]
