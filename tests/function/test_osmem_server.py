"""The order of changes, tested with a search server that is not part of this project.

osmem-server (on PyPI) implements OpenSearch's API in memory. It is not the real engine, but its authors implemented the
documentation independently. It changes numbers in `_source`, so these tests do not check them.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from opensearchpy import OpenSearch

from tests.function.harness import Clock, Indexer
from tests.function.stream_events import NEWER, NOW, OLDER, put, remove, text_image

osmem = pytest.importorskip("osmem_server")

IndexAll = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with osmem.OsmemServer.start() as running:
        yield running.url


@pytest.fixture
def indexer(url: str, clock: Clock) -> Iterator[Indexer]:
    yield Indexer(url, clock)
    OpenSearch(url).indices.delete(index="orders*")


@pytest.fixture
def index_all(indexer: Indexer, url: str) -> IndexAll:
    """Index batches of records, and return the attribute "value" of each document by id."""

    def index_all(*batches: list[dict[str, Any]]) -> dict[str, Any]:
        for batch in batches:
            assert indexer.index(*batch).failures == {}
        client = OpenSearch(url)
        client.indices.refresh(index="orders*")
        response = client.search(index="orders", params={"ignore_unavailable": "true"}, body={"size": 100})
        return {hit["_id"]: hit["_source"].get("value") for hit in response["hits"]["hits"]}

    return index_all


def test_a_replayed_batch_changes_nothing(index_all: IndexAll) -> None:
    batch = [put(1, "a", text_image("x")), put(2, "b", text_image("y")), remove(3, "a")]

    assert index_all(batch, batch) == {"b": "y"}


def test_an_older_record_never_overwrites_a_newer_one(index_all: IndexAll) -> None:
    assert index_all([put(2, image=text_image("new"))], [put(1, image=text_image("old"))]) == {"a": "new"}


def test_records_of_the_same_version_are_ordered_by_sequence_number(index_all: IndexAll) -> None:
    older, newer = put(OLDER, image=text_image("old")), put(NEWER, image=text_image("new"))

    assert index_all([older], [newer], [older]) == {"a": "new"}


def test_a_late_insert_does_not_restore_a_deleted_item(index_all: IndexAll) -> None:
    assert index_all([put(1), put(3, "b", text_image("y"))], [remove(2)], [put(1)], [put(1, written_at=NOW - 100)]) == {
        "b": "y"
    }


def test_only_the_poison_record_is_reported_with_its_reason(indexer: Indexer) -> None:
    indexer.index(put(1, "a", {"number": {"N": "1"}}))

    report = indexer.index(put(2, "b", {"number": {"S": "secret"}}), put(3, "c"))

    assert list(report.rejections) == ["2"]
    assert "status 400" in report.rejections["2"]
    assert "secret" not in report.rejections["2"]
