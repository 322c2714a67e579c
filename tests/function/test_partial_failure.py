"""What Lambda has to deliver again, and what it must not wait for."""

import pytest

from conftest import Clock, Indexer
from indexer.search import SearchUnavailableError
from search_server import SearchServer, malformed, status
from stream_events import NOW, put, remove

NUMBER = {"value": {"N": "1"}}
POISON = {"value": {"S": "not a number"}}


@pytest.fixture
def mapped(indexer: Indexer) -> Indexer:
    """An index in which "value" is a number."""
    indexer.index(put(1, "first", NUMBER))
    return indexer


def test_a_poison_record_is_reported_alone(mapped: Indexer) -> None:
    report = mapped.index(put(2, "a", NUMBER), put(3, "b", POISON), put(4, "c", NUMBER))

    assert list(report.failures) == ["3"]
    assert {"a", "c"} <= set(mapped.documents())


def test_a_poison_record_is_reported_with_its_reason_but_without_its_content(mapped: Indexer) -> None:
    report = mapped.index(put(2, "some-key", POISON))

    (reason,) = report.failures.values()
    assert "mapper_parsing_exception: failed to parse field [value] of type [long]" in reason
    assert "caused by number_format_exception" in reason
    assert "not a number" not in reason
    assert "some-key" not in reason


def test_a_poison_record_is_not_sent_twice_in_one_invocation(mapped: Indexer, server: SearchServer) -> None:
    server.requests.clear()

    mapped.index(put(2, "a", POISON))

    assert len(server.bulks()) == 1


def test_a_poison_record_costs_its_item_that_change_and_no_more(mapped: Indexer) -> None:
    report = mapped.index(put(2, "a", NUMBER), put(3, "a", POISON))

    assert list(report.failures) == ["3"]
    assert mapped.documents()["a"] == {"id": "a", "value": 1}


def test_a_deletion_before_a_poison_record_still_deletes(mapped: Indexer) -> None:
    mapped.index(put(2, "a", NUMBER))

    report = mapped.index(remove(3, "a"), put(4, "a", POISON))

    assert list(report.failures) == ["4"]
    assert "a" not in mapped.documents()


def test_a_poison_record_that_a_later_one_of_its_item_replaces_does_no_harm(mapped: Indexer) -> None:
    report = mapped.index(put(2, "a", POISON), put(3, "a", NUMBER))

    assert report.failures == {}


def test_a_transform_that_fails_fails_its_record_alone(indexer: Indexer) -> None:
    def picky(document: dict[str, object], _: object) -> dict[str, object]:
        if document["id"] == "secret-a":
            raise KeyError(document["id"])
        return document

    report = indexer.index(put(1, "secret-a"), put(2, "b"), transform=picky)

    assert set(indexer.documents()) == {"b"}
    (reason,) = report.failures.values()
    assert reason.startswith("no document could be made: KeyError in picky, test_partial_failure.py line ")
    assert "secret" not in reason


def test_a_record_of_another_shape_fails_alone(indexer: Indexer) -> None:
    broken = put(1)
    broken["dynamodb"].pop("Keys")

    report = indexer.index(broken, put(2, "b"))

    assert list(report.failures) == ["1"]
    assert set(indexer.documents()) == {"b"}


def test_an_event_of_another_source_is_refused_as_a_whole(indexer: Indexer) -> None:
    with pytest.raises(ValueError, match="attached to a DynamoDB stream"):
        indexer.index({"messageId": "1", "body": "{}"})


@pytest.mark.parametrize("code", [429, 500, 502, 503, 504])
def test_a_busy_service_is_asked_again(indexer: Indexer, server: SearchServer, code: int) -> None:
    server.fail(status(code), status(code))

    report = indexer.index(put(1))

    assert report.failures == {}
    assert set(indexer.documents()) == {"a"}
    assert indexer.search.retries == 2


def test_pauses_between_attempts_grow_up_to_a_bound(indexer: Indexer, server: SearchServer, clock: Clock) -> None:
    server.engine.busy = [{"a"}] * 8

    indexer.index(put(1), seconds=100)

    assert clock.now() - NOW == pytest.approx(0.1 + 0.2 + 0.4 + 0.8 + 1.6 + 3.2 + 5 + 5)


def test_only_the_operations_without_capacity_are_sent_again(indexer: Indexer, server: SearchServer) -> None:
    server.engine.busy = [{"b"}]

    report = indexer.index(put(1, "a"), put(2, "b"), put(3, "c"))

    assert report.failures == {}
    assert [len(request.operations) for request in server.bulks()] == [3, 1]


def test_what_stays_without_capacity_is_reported_when_time_is_up(indexer: Indexer, server: SearchServer) -> None:
    server.engine.busy = [{"b"}] * 1000

    report = indexer.index(put(1, "a"), put(2, "b"), seconds=20)

    assert list(report.failures) == ["2"]
    assert "status 429, rejected_execution_exception" in report.failures["2"]
    assert set(indexer.documents()) == {"a"}


def test_all_records_of_an_item_without_capacity_are_reported(indexer: Indexer, server: SearchServer) -> None:
    server.engine.busy = [{"b"}] * 1000

    report = indexer.index(put(1, "b"), put(2, "a"), put(3, "b"), seconds=20)

    assert sorted(report.failures) == ["1", "3"]


def test_an_index_that_refuses_writes_fails_its_records_without_blaming_them(
    indexer: Indexer, server: SearchServer
) -> None:
    server.engine.blocked = True

    report = indexer.index(put(1), put(2))

    assert sorted(report.failures) == ["1", "2"]
    assert report.counts == {"unavailable": 2}
    assert len(server.bulks()) == 1


def test_a_service_that_stays_away_raises_when_time_is_up(indexer: Indexer, server: SearchServer, clock: Clock) -> None:
    server.fail(*[status(503, "overloaded")] * 1000)
    begin = clock.now()

    with pytest.raises(SearchUnavailableError, match=r"after \d+ attempts: status 503, overloaded"):
        indexer.index(put(1), seconds=20)

    assert 10 < clock.now() - begin <= 20


@pytest.mark.parametrize("code", [400, 401, 403, 404])
def test_a_refused_request_raises_at_once(indexer: Indexer, server: SearchServer, code: int) -> None:
    server.fail(status(code, "security_exception"))

    with pytest.raises(SearchUnavailableError, match=f"refused a request: status {code}, security_exception"):
        indexer.index(put(1))

    assert len(server.requests) == 1


ANSWERS = [
    b"",
    b"{",
    b"[]",
    b"null",
    b"{}",
    b'{"items":3}',
    b'{"items":[]}',
    b'{"items":[{}]}',
    b'{"items":[{"index":{}}]}',
    b"\xff\xfe",
]


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_that_makes_no_sense_is_asked_for_again(
    indexer: Indexer, server: SearchServer, answer: bytes
) -> None:
    server.fail(malformed(answer), applied=True)

    report = indexer.index(put(1))

    assert report.failures == {}
    assert set(indexer.documents()) == {"a"}


@pytest.mark.parametrize("answer", ANSWERS)
def test_answers_that_never_make_sense_raise(indexer: Indexer, server: SearchServer, answer: bytes) -> None:
    server.fail(*[malformed(answer)] * 1000, applied=True)

    with pytest.raises(SearchUnavailableError):
        indexer.index(put(1), seconds=20)


def test_no_service_at_all_raises(clock: Clock) -> None:
    with SearchServer() as gone:
        pass

    with pytest.raises(SearchUnavailableError, match="no answer"):
        Indexer(gone, clock).index(put(1), seconds=5)


def test_one_attempt_is_made_even_without_time(indexer: Indexer) -> None:
    report = indexer.index(put(1), seconds=-1)

    assert report.failures == {}
