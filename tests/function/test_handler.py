"""The entry point, with documented events of every event name and stream view type."""

import json
import time
from typing import Any

import pytest

from indexer.settings import SettingsError
from tests.function.harness import ColdStart, Context
from tests.function.search_server import SearchServer, status
from tests.function.stream_events import expired, put, record, remove


def event(*records: dict[str, Any]) -> dict[str, Any]:
    """Return an event as Lambda passes it to the handler: read from JSON."""
    parsed: dict[str, Any] = json.loads(json.dumps({"Records": records}))
    return parsed


@pytest.mark.parametrize("view", ["NEW_IMAGE", "NEW_AND_OLD_IMAGES"])
@pytest.mark.parametrize(("name", "documents"), [("INSERT", {"a", "b"}), ("MODIFY", {"a", "b"}), ("REMOVE", {"b"})])
def test_every_event_name_is_handled_for_view_types_with_the_new_image(
    cold_start: ColdStart, server: SearchServer, view: str, name: str, documents: set[str]
) -> None:
    function = cold_start()
    function.handler(event(put(1, "a"), put(2, "b")), Context())

    answer = function.handler(event(record(name, 3, "a", {"x": {"N": "1"}}, view=view)), Context())

    assert answer == {"batchItemFailures": []}
    assert set(server.engine.sources("orders")) == documents


@pytest.mark.parametrize("view", ["KEYS_ONLY", "OLD_IMAGE"])
@pytest.mark.parametrize("name", ["INSERT", "MODIFY", "REMOVE"])
def test_a_view_type_without_the_new_image_is_a_configuration_error(
    cold_start: ColdStart, view: str, name: str
) -> None:
    with pytest.raises(SettingsError, match=f"'Orders' has the view type '{view}'.*set .* to NEW_IMAGE or NEW_AND_OLD"):
        cold_start().handler(event(record(name, 1, view=view)), Context())


def test_a_deletion_by_time_to_live_deletes(cold_start: ColdStart, server: SearchServer) -> None:
    cold_start().handler(event(put(1), expired(2)), Context())

    assert server.engine.sources("orders") == {}


def test_failures_are_reported_by_sequence_number(cold_start: ColdStart) -> None:
    function = cold_start(REJECTED_RECORDS="report")
    function.handler(event(put(1, "a", {"x": {"N": "1"}})), Context())

    answer = function.handler(event(put(2, "b"), put(3, "c", {"x": {"S": "y"}}), put(4, "d")), Context())

    assert answer == {"batchItemFailures": [{"itemIdentifier": "3"}]}


def test_a_failed_request_raises(cold_start: ColdStart, server: SearchServer) -> None:
    server.fail(status(403))

    with pytest.raises(RuntimeError, match="refused a request: status 403"):
        cold_start().handler(event(put(1)), Context())


def test_retries_end_before_the_invocation_does(cold_start: ColdStart, server: SearchServer) -> None:
    server.fail(*[status(503)] * 1000)

    with pytest.raises(RuntimeError, match="after"):
        cold_start().handler(event(put(1)), Context(seconds=2.3))


def test_an_invalid_configuration_fails_the_cold_start(cold_start: ColdStart) -> None:
    with pytest.raises(SettingsError, match="NUMBERS"):
        cold_start(NUMBERS="roman")


def test_id_fields_that_are_not_the_key_are_a_configuration_error(cold_start: ColdStart) -> None:
    with pytest.raises(SettingsError, match="ID_FIELDS='email', but the key of the table is 'id'"):
        cold_start(ID_FIELDS="email").handler(event(put(1)), Context())


def test_id_fields_order_a_composite_key(cold_start: ColdStart, server: SearchServer) -> None:
    key = {"a_sort": {"N": "7"}, "tenant": {"S": "eu"}}

    cold_start(ID_FIELDS="tenant,a_sort").handler(event(put(1, key)), Context())

    assert set(server.engine.sources("orders")) == {"eu|7"}


def metrics(output: str) -> dict[str, Any]:
    return next(line for line in map(json.loads, output.splitlines()) if "_aws" in line)


def test_version_conflicts_and_other_results_are_metrics(
    cold_start: ColdStart, capsys: pytest.CaptureFixture[str]
) -> None:
    function = cold_start()
    function.handler(event(put(1), put(5, "b")), Context())
    capsys.readouterr()

    function.handler(event(put(1), put(2, "c"), remove(6, "b")), Context())

    found = metrics(capsys.readouterr().out)
    assert {name: found[name] for name in ("Superseded", "Indexed", "Deleted")} == {
        "Superseded": 1,
        "Indexed": 1,
        "Deleted": 1,
    }


def test_every_result_is_a_metric_also_if_it_is_zero(cold_start: ColdStart, capsys: pytest.CaptureFixture[str]) -> None:
    cold_start(POWERTOOLS_SERVICE_NAME="orders-prod").handler(event(put(1, written_at=time.time())), Context())

    found = metrics(capsys.readouterr().out)
    names = {"Records", "Indexed", "Deleted", "Superseded", "Coalesced", "Rejected", "Unavailable", "Expired"}
    work = {"Retries", "Requests", "RequestBytes", "RequestTime", "NewestRecordAge"}
    (directive,) = found["_aws"]["CloudWatchMetrics"]
    assert {metric["Name"] for metric in directive["Metrics"]} == names | work
    assert found["service"] == "orders-prod"
    assert (found["Rejected"], found["Requests"]) == (0, 1)
    assert found["RequestBytes"] > 100


def test_the_age_of_the_newest_record_is_a_metric(cold_start: ColdStart, capsys: pytest.CaptureFixture[str]) -> None:
    now = time.time()

    cold_start().handler(event(put(1, written_at=now - 500), put(2, "b", written_at=now - 60)), Context())

    age = metrics(capsys.readouterr().out)["NewestRecordAge"]
    assert 60_000 <= age < 120_000


def test_the_checkpoint_of_lambda_is_in_the_line_of_the_metrics(
    cold_start: ColdStart, server: SearchServer, capsys: pytest.CaptureFixture[str]
) -> None:
    server.engine.busy = [{"b", "c"}] * 1000

    cold_start().handler(event(put(9, "a"), put(100, "b"), put(20, "c")), Context(seconds=2.5))

    found = metrics(capsys.readouterr().out)
    assert (found["message"], found["checkpoint"]) == ("batch done", "20")
    assert found["function_request_id"] == Context.aws_request_id


def test_logs_have_reasons_and_sequence_numbers_but_no_content_and_no_keys(
    cold_start: ColdStart, server: SearchServer, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    function = cold_start()
    function.handler(event(put(1, "key-secret", {"x": {"N": "1"}, "y": {"S": "secret"}})), Context())
    server.fail(status(503))

    function.handler(event(put(2, "key-secret", {"x": {"S": "secret"}}), put(3, "key-secret-2")), Context())

    output = capsys.readouterr()
    logged = output.out + output.err + str([vars(line) for line in caplog.records])
    assert "secret" not in logged
    assert "failed to parse field [x]" in logged
    assert "'sequence_numbers': ['2']" in logged


@pytest.mark.parametrize("wrong", [{}, {"Records": None}, {"detail": {}}])
def test_an_event_without_records_raises_an_error(cold_start: ColdStart, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="attach this function to a DynamoDB stream"):
        cold_start().handler(wrong, Context())
