"""Only the records that failed are reported, and the others do not wait for them."""

import pytest

from indexer.search_client import SearchUnavailableError
from tests.function.harness import Clock, Indexer
from tests.function.search_server import SearchServer, malformed, status
from tests.function.stream_events import NOW, put, remove

NUMBER = {"value": {"N": "1"}}
POISON = {"value": {"S": "not a number"}}


@pytest.fixture
def mapped(indexer: Indexer) -> Indexer:
    """The indexer, with an index in which "value" is a number."""
    indexer.index(put(1, "first", NUMBER))
    return indexer


def test_only_the_poison_record_is_reported(mapped: Indexer, server: SearchServer) -> None:
    report = mapped.index(put(2, "a", NUMBER), put(3, "b", POISON), put(4, "c", NUMBER))

    assert list(report.failures) == ["3"]
    assert {"a", "c"} <= set(server.documents())


def test_the_report_of_a_poison_record_has_its_reason_but_not_its_content(mapped: Indexer) -> None:
    report = mapped.index(put(2, "some-key", POISON))

    (reason,) = report.failures.values()
    assert "mapper_parsing_exception: failed to parse field [value] of type [long]" in reason
    assert "caused by illegal_argument_exception" in reason
    assert "not a number" not in reason
    assert "some-key" not in reason


def test_a_poison_record_is_not_sent_twice_in_one_invocation(mapped: Indexer, server: SearchServer) -> None:
    server.requests.clear()

    mapped.index(put(2, "a", POISON))

    assert len(server.bulks()) == 1


def test_a_poison_record_costs_its_item_only_that_change(mapped: Indexer, server: SearchServer) -> None:
    report = mapped.index(put(2, "a", NUMBER), put(3, "a", POISON))

    assert list(report.failures) == ["3"]
    assert server.documents()["a"] == {"id": "a", "value": 1}


def test_a_deletion_before_a_poison_record_still_deletes(mapped: Indexer, server: SearchServer) -> None:
    mapped.index(put(2, "a", NUMBER))

    report = mapped.index(remove(3, "a"), put(4, "a", POISON))

    assert list(report.failures) == ["4"]
    assert "a" not in server.documents()


def test_a_poison_record_is_not_reported_if_a_later_record_replaces_it(mapped: Indexer) -> None:
    report = mapped.index(put(2, "a", POISON), put(3, "a", NUMBER))

    assert report.failures == {}


def test_an_exception_in_the_transform_fails_only_its_record(indexer: Indexer, server: SearchServer) -> None:
    def picky(document: dict[str, object], _: object) -> dict[str, object]:
        if document["id"] == "secret-a":
            raise KeyError(document["id"])
        return document

    report = indexer.index(put(1, "secret-a"), put(2, "b"), transform=picky)

    assert set(server.documents()) == {"b"}
    (reason,) = report.failures.values()
    assert reason.startswith("the document could not be built: KeyError in picky, test_partial_failure.py line ")
    assert "secret" not in reason


def test_a_record_of_an_unknown_shape_fails_without_the_others(indexer: Indexer, server: SearchServer) -> None:
    broken = put(1)
    broken["dynamodb"].pop("Keys")

    report = indexer.index(broken, put(2, "b"))

    assert list(report.failures) == ["1"]
    assert set(server.documents()) == {"b"}


def test_an_event_of_another_source_raises_an_error(indexer: Indexer) -> None:
    with pytest.raises(ValueError, match="attach this function to a DynamoDB stream"):
        indexer.index({"messageId": "1", "body": "{}"})


@pytest.mark.parametrize("code", [429, 500, 502, 503, 504])
def test_a_request_to_a_busy_service_is_sent_again(indexer: Indexer, server: SearchServer, code: int) -> None:
    server.fail(status(code), status(code))

    report = indexer.index(put(1))

    assert report.failures == {}
    assert set(server.documents()) == {"a"}
    assert indexer.retries == 2


def test_pauses_between_attempts_grow_up_to_a_maximum(indexer: Indexer, server: SearchServer, clock: Clock) -> None:
    server.engine.busy = [{"a"}] * 8

    indexer.index(put(1), seconds=100)

    assert clock.now() - NOW == pytest.approx(0.1 + 0.2 + 0.4 + 0.8 + 1.6 + 3.2 + 5 + 5)


def test_only_the_operations_without_capacity_are_sent_again(indexer: Indexer, server: SearchServer) -> None:
    server.engine.busy = [{"b"}]

    report = indexer.index(put(1, "a"), put(2, "b"), put(3, "c"))

    assert report.failures == {}
    assert [len(request.operations) for request in server.bulks()] == [3, 1]


def test_an_operation_that_never_gets_capacity_is_reported(indexer: Indexer, server: SearchServer) -> None:
    server.engine.busy = [{"b"}] * 1000

    report = indexer.index(put(1, "a"), put(2, "b"), seconds=20)

    assert list(report.failures) == ["2"]
    assert "status 429, rejected_execution_exception" in report.failures["2"]
    assert set(server.documents()) == {"a"}


def test_all_records_of_an_item_without_capacity_are_reported(indexer: Indexer, server: SearchServer) -> None:
    server.engine.busy = [{"b"}] * 1000

    report = indexer.index(put(1, "b"), put(2, "a"), put(3, "b"), seconds=20)

    assert sorted(report.failures) == ["1", "3"]


def test_records_are_not_rejected_when_the_index_refuses_all_writes(indexer: Indexer, server: SearchServer) -> None:
    server.engine.blocked = True

    report = indexer.index(put(1), put(2))

    assert sorted(report.failures) == ["1", "2"]
    assert report.counts == {"unavailable": 2}
    assert len(server.bulks()) == 1


def test_a_service_that_stays_unavailable_raises_an_error(indexer: Indexer, server: SearchServer, clock: Clock) -> None:
    server.fail(*[status(503, "overloaded")] * 1000)
    begin = clock.now()

    with pytest.raises(SearchUnavailableError, match=r"after \d+ attempts: status 503, overloaded"):
        indexer.index(put(1), seconds=20)

    assert 10 < clock.now() - begin <= 20


@pytest.mark.parametrize("code", [400, 401, 403, 404])
def test_a_refused_request_raises_an_error_without_a_retry(indexer: Indexer, server: SearchServer, code: int) -> None:
    server.fail(status(code, "security_exception"))

    with pytest.raises(SearchUnavailableError, match=f"refused a request: status {code}, security_exception"):
        indexer.index(put(1))

    assert len(server.requests) == 1


MALFORMED_RESPONSES = [
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


@pytest.mark.parametrize("response", MALFORMED_RESPONSES)
def test_a_request_with_a_malformed_response_is_sent_again(
    indexer: Indexer, server: SearchServer, response: bytes
) -> None:
    server.fail(malformed(response), applied=True)

    report = indexer.index(put(1))

    assert report.failures == {}
    assert set(server.documents()) == {"a"}


@pytest.mark.parametrize("response", MALFORMED_RESPONSES)
def test_an_error_is_raised_if_every_response_is_malformed(
    indexer: Indexer, server: SearchServer, response: bytes
) -> None:
    server.fail(*[malformed(response)] * 1000, applied=True)

    with pytest.raises(SearchUnavailableError):
        indexer.index(put(1), seconds=20)


def test_a_service_that_does_not_run_raises_an_error(clock: Clock) -> None:
    with SearchServer() as stopped:
        pass

    with pytest.raises(SearchUnavailableError, match="no response"):
        Indexer(stopped.url, clock).index(put(1), seconds=5)


def test_one_attempt_is_made_even_after_the_deadline(indexer: Indexer) -> None:
    report = indexer.index(put(1), seconds=-1)

    assert report.failures == {}
