"""Only the records that failed are reported, and the others do not wait for them."""

import json
from typing import Any

import pytest

from indexer.search_client import SearchUnavailableError
from tests.function.harness import Clock, Indexer
from tests.function.search_server import SearchServer, malformed, no_failure, status
from tests.function.search_server.errors import RefusedError
from tests.function.stream_events import NEWER, NOW, OLDER, put, remove

NUMBER = {"value": {"N": "1"}}
POISON = {"value": {"S": "not a number"}}


@pytest.fixture
def mapped(indexer: Indexer) -> Indexer:
    """The indexer, with an index in which "value" is a number."""
    indexer.index(put(1, "first", NUMBER))
    return indexer


def stored(server: SearchServer) -> list[dict[str, Any]]:
    """Return the rejected records that are stored."""
    return list(server.documents("orders-rejected").values())


def test_a_poison_record_fails_no_record(mapped: Indexer, server: SearchServer) -> None:
    report = mapped.index(put(2, "a", NUMBER), put(3, "b", POISON), put(4, "c", NUMBER))

    assert report.failures == {}
    assert report.counts["rejected"] == 1
    assert set(server.documents()) == {"first", "a", "c"}


def test_a_poison_record_is_stored_with_its_key_its_reason_and_the_whole_record(
    mapped: Indexer, server: SearchServer, clock: Clock
) -> None:
    record = put(3, "b", POISON)

    mapped.index(record)

    (found,) = stored(server)
    assert json.loads(found.pop("record")) == record
    assert json.loads(found.pop("keys")) == {"id": {"S": "b"}}
    assert "failed to parse field [value] of type [long]" in found.pop("reason")
    assert found == {
        "rejected_at": int(clock.now() * 1000),
        "table": "Orders",
        "index": "orders",
        "document_id": "b",
        "stream_arn": record["eventSourceARN"],
        "sequence_number": "3",
    }


def test_a_poison_record_that_is_delivered_again_is_stored_once(mapped: Indexer, server: SearchServer) -> None:
    mapped.index(put(3, "b", POISON))
    mapped.index(put(3, "b", POISON))

    assert set(server.documents("orders-rejected")) == {"2026-01-01T00:00:00.000/3"}


def test_a_poison_record_that_cannot_be_stored_is_reported(mapped: Indexer, server: SearchServer) -> None:
    server.engine.busy = [set(), set(), *[{"2026-01-01T00:00:00.000/3"}] * 1000]

    report = mapped.index(put(2, "a", NUMBER), put(3, "b", POISON), seconds=20)

    assert list(report.failures) == ["3"]
    assert "could not be stored in orders-rejected: status 429" in report.failures["3"]
    assert "a" in server.documents()


def test_a_poison_record_can_be_reported_instead_of_stored(server: SearchServer, clock: Clock) -> None:
    indexer = Indexer(server.url, clock, REJECTED_RECORDS="report")
    indexer.index(put(1, "first", NUMBER))

    report = indexer.index(put(2, "a", NUMBER), put(3, "b", POISON))

    assert list(report.failures) == ["3"]
    assert stored(server) == []


def test_the_reason_of_a_poison_record_has_no_content(mapped: Indexer) -> None:
    report = mapped.index(put(2, "some-key", POISON))

    (reason,) = report.rejections.values()
    assert "mapper_parsing_exception: failed to parse field [value] of type [long]" in reason
    assert "not a number" not in reason
    assert "some-key" not in reason


def test_the_reason_of_a_poison_record_can_hide_the_field(server: SearchServer, clock: Clock) -> None:
    indexer = Indexer(server.url, clock, LOG_FIELD_PATHS="off")
    indexer.index(put(1, "first", NUMBER))

    report = indexer.index(put(2, "a", POISON))

    assert "failed to parse field […] of type [long]" in report.rejections["2"]


def test_a_refused_document_is_sent_once_more_before_it_is_rejected(mapped: Indexer, server: SearchServer) -> None:
    server.requests.clear()

    mapped.index(put(2, "a", POISON), put(3, "b", NUMBER))

    sent = [[next(iter(line.values()))["_id"] for line in request.operations] for request in server.bulks()]
    assert sent == [["a", "b"], ["a"], ["2026-01-01T00:00:00.000/2"]]


def test_a_document_that_is_refused_only_once_is_indexed(indexer: Indexer, server: SearchServer) -> None:
    # Shards that learn a new field at the same time do this.
    server.engine.refused = [{"b"}]

    report = indexer.index(put(1, "a"), put(2, "b"))

    assert report.failures == report.rejections == {}
    assert set(server.documents()) == {"a", "b"}


def test_a_refused_document_is_reported_if_there_is_no_time_to_send_it_again(
    mapped: Indexer, server: SearchServer
) -> None:
    report = mapped.index(put(2, "a", POISON), seconds=0.05)

    assert list(report.failures) == ["2"]
    assert "there was no time to send it a second time" in report.failures["2"]
    assert stored(server) == []


def test_a_poison_record_delays_its_batch_by_less_than_a_second(mapped: Indexer, clock: Clock) -> None:
    begin = clock.now()

    mapped.index(*(put(number, f"k{number}", POISON) for number in range(2, 50)))

    assert clock.now() - begin < 1


def test_a_poison_record_costs_its_item_only_that_change(mapped: Indexer, server: SearchServer) -> None:
    report = mapped.index(put(2, "a", NUMBER), put(3, "a", POISON))

    assert list(report.rejections) == ["3"]
    assert server.documents()["a"] == {"id": "a", "value": 1}


def test_many_poison_records_of_one_item_need_few_requests(mapped: Indexer, server: SearchServer) -> None:
    server.requests.clear()

    report = mapped.index(put(2, "a", NUMBER), *(put(number, "a", POISON) for number in range(3, 1000)))

    assert len(server.requests) == 5
    assert len(report.rejections) == 997
    assert server.documents()["a"] == {"id": "a", "value": 1}
    assert len(stored(server)) == 997


def test_a_poison_record_before_an_accepted_one_is_not_stored(mapped: Indexer, server: SearchServer) -> None:
    report = mapped.index(put(2, "a", POISON), put(3, "a", NUMBER), put(4, "a", POISON))

    assert list(report.rejections) == ["4"]
    assert server.documents()["a"] == {"id": "a", "value": 1}


def test_a_deletion_before_a_poison_record_still_deletes(mapped: Indexer, server: SearchServer) -> None:
    mapped.index(put(2, "a", NUMBER))

    report = mapped.index(remove(3, "a"), put(4, "a", POISON))

    assert list(report.rejections) == ["4"]
    assert "a" not in server.documents()


def test_a_poison_record_is_not_rejected_if_a_later_record_replaces_it(mapped: Indexer) -> None:
    report = mapped.index(put(2, "a", POISON), put(3, "a", NUMBER))

    assert report.rejections == {}


def test_a_document_with_an_internal_error_each_time_is_rejected_if_others_succeed(
    indexer: Indexer, server: SearchServer
) -> None:
    server.engine.broken = {"b"}

    report = indexer.index(put(1, "a"), put(2, "b"))

    assert report.failures == {}
    assert "status 500" in report.rejections["2"]


def test_documents_with_internal_errors_are_not_rejected_if_none_succeeds(
    indexer: Indexer, server: SearchServer
) -> None:
    server.engine.broken = {"a", "b"}

    report = indexer.index(put(1, "a"), put(2, "b"), seconds=20)

    assert sorted(report.failures) == ["1", "2"]
    assert report.rejections == {}


def test_an_exception_in_the_transform_rejects_only_its_record(indexer: Indexer, server: SearchServer) -> None:
    def picky(document: dict[str, Any] | None, _: object) -> dict[str, Any] | None:
        if document and document["id"] == "secret-a":
            raise KeyError(document["id"])
        return document

    report = indexer.index(put(1, "secret-a"), put(2, "b"), transform=picky)

    assert set(server.documents()) == {"b"}
    (reason,) = report.rejections.values()
    assert reason.startswith("the document could not be built: KeyError in picky, test_partial_failure.py line ")
    assert "secret" not in reason
    assert json.loads(stored(server)[0]["record"]) == put(1, "secret-a")


@pytest.mark.parametrize(
    "change",
    [
        {"Keys": None},
        {"Keys": {}},
        {"Keys": {"id": {}}},
        {"Keys": {"id": {"S": ""}}},
        {"Keys": {"id": {"S": "\ud800"}}},
        {"NewImage": None},
        {"SequenceNumber": "9" * 41},
    ],
)
def test_a_record_of_an_unknown_shape_is_rejected_without_the_others(
    indexer: Indexer, server: SearchServer, change: dict[str, Any]
) -> None:
    broken = put(1)
    broken["dynamodb"] |= change

    report = indexer.index(broken, put(2, "b"))

    assert list(report.rejections) == [broken["dynamodb"]["SequenceNumber"]]
    assert set(server.documents()) == {"b"}
    (found,) = stored(server)
    assert json.loads(found["record"]) == broken
    assert found["document_id"] is None


def test_a_record_without_its_new_image_is_rejected_without_the_others(indexer: Indexer, server: SearchServer) -> None:
    broken = put(1)
    del broken["dynamodb"]["NewImage"]

    report = indexer.index(broken, put(2, "b"))

    assert list(report.rejections) == ["1"]
    assert set(server.documents()) == {"b"}


NESTED_TOO_DEEPLY: dict[str, Any] = {"NULL": True}
for _ in range(300):
    NESTED_TOO_DEEPLY = {"L": [NESTED_TOO_DEEPLY]}


@pytest.mark.parametrize("value", [{"S": "\ud800"}, {"N": 10**30}, NESTED_TOO_DEEPLY])
def test_a_record_that_has_no_fast_json_encoding_is_stored(
    indexer: Indexer, server: SearchServer, value: dict[str, Any]
) -> None:
    broken = put(1, "a", {"value": value})

    report = indexer.index(broken, put(2, "b"))

    assert list(report.rejections) == ["1"]
    assert set(server.documents()) == {"b"}
    assert json.loads(stored(server)[0]["record"]) == broken


UNAVAILABLE_SHARD = RefusedError(503, "no_shard_available_action_exception", "No shard available for [get [secret]]")


def test_a_look_up_that_fails_does_not_stop_the_other_records(indexer: Indexer, server: SearchServer) -> None:
    server.engine.refused_look_ups = {"a": [UNAVAILABLE_SHARD] * 1000}

    report = indexer.index(put(1, "a", written_at=NOW - 60), put(2, "b", written_at=NOW - 60), seconds=20)

    assert set(server.documents()) == {"b"}
    assert list(report.failures) == ["1"]
    assert "no_shard_available_action_exception" in report.failures["1"]
    assert "secret" not in report.failures["1"]


def test_a_look_up_that_fails_for_a_moment_is_repeated(indexer: Indexer, server: SearchServer) -> None:
    server.engine.refused_look_ups = {"a": [UNAVAILABLE_SHARD] * 2}

    report = indexer.index(put(1, "a", written_at=NOW - 60), put(2, "b", written_at=NOW - 60))

    assert report.failures == {}
    assert set(server.documents()) == {"a", "b"}


def test_a_record_is_reported_if_its_look_up_is_still_failing_when_the_service_stops(
    indexer: Indexer, server: SearchServer
) -> None:
    server.engine.refused_look_ups = {"a": [UNAVAILABLE_SHARD]}
    server.fail(no_failure, no_failure, applied=True)
    server.fail(*[status(503)] * 1000)

    report = indexer.index(put(1, "a", written_at=NOW - 60), put(2, "b", written_at=NOW - 60), seconds=20)

    assert list(report.failures) == ["1"]
    assert set(server.documents()) == {"b"}


def test_a_look_up_in_a_closed_index_fails_at_once(indexer: Indexer, server: SearchServer) -> None:
    server.engine.refused_look_ups = {"a": [RefusedError(400, "index_closed_exception", "closed")] * 1000}

    report = indexer.index(put(1, "a", written_at=NOW - 60), put(2, "b", written_at=NOW - 60), seconds=20)

    assert set(server.documents()) == {"b"}
    assert "The index is closed" in report.failures["1"]
    assert indexer.retries == 0


def test_a_conflict_whose_look_up_fails_is_reported(indexer: Indexer, server: SearchServer) -> None:
    indexer.index(put(OLDER))
    server.engine.refused_look_ups = {"a": [UNAVAILABLE_SHARD] * 1000}

    report = indexer.index(put(NEWER), put(2, "b"))

    assert list(report.failures) == [NEWER]
    assert set(server.documents()) == {"a", "b"}


def test_a_failed_retry_keeps_the_reason_of_the_first_answer(indexer: Indexer, server: SearchServer) -> None:
    server.engine.busy = [{"b"}]
    server.fail(no_failure, applied=True)
    server.fail(*[status(503)] * 1000)

    report = indexer.index(put(1, "a"), put(2, "b"), seconds=20)

    assert report.failures["2"].startswith("status 429, rejected_execution_exception")
    assert "status 503" in report.failures["2"]


def test_only_one_half_of_a_request_that_was_too_large_can_fail(indexer: Indexer, server: SearchServer) -> None:
    server.fail(status(413))
    server.fail(no_failure, applied=True)
    server.fail(*[status(503)] * 1000)

    report = indexer.index(put(1, "a"), put(2, "b"), seconds=20)

    assert set(server.documents()) == {"a"}
    assert list(report.failures) == ["2"]


def test_the_service_waits_for_a_shard_within_the_time_of_the_invocation(
    indexer: Indexer, server: SearchServer
) -> None:
    indexer.index(put(1), seconds=60)
    indexer.index(put(2), seconds=3)

    assert [request.path.partition("&")[0] for request in server.bulks()] == [
        "/_bulk?timeout=5000ms",
        "/_bulk?timeout=1500ms",
    ]


@pytest.mark.parametrize("record", [{"messageId": "1", "body": "{}"}, {"dynamodb": None}, None])
def test_an_event_of_another_source_raises_an_error(indexer: Indexer, record: Any) -> None:
    with pytest.raises(ValueError, match="attach this function to a DynamoDB stream"):
        indexer.index(record)


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
