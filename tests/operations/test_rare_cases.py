"""Cases that are rare in a run: refused look-ups, long reports, limits of the services."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from ddb_stream_lambda.operations.errors import AwsError
from ddb_stream_lambda.operations.redriving.batches import FailedBatch, read_batch, read_time
from ddb_stream_lambda.operations.redriving.mappings import Mappings
from ddb_stream_lambda.operations.redriving.report import Expired, Report
from ddb_stream_lambda.operations.redriving.sources import QueueSource

from .fakes import FIRST, FUNCTION, STREAM, FakeConnection, FakeMappings, FakeQueue, client_error, mapping
from .messages import message_about

URL = "https://queue"
BATCH: FailedBatch = read_batch(message_about(FIRST, FIRST + 2, size=3))


def mappings(*answers: dict[str, Any], **options: Any) -> Mappings:
    connection: Any = FakeConnection(**{"lambda": FakeMappings(*answers)})
    return Mappings(connection, **options)


def raising(code: str, status: int = 400) -> Any:
    def call(**_: Any) -> Any:
        raise client_error(code, status)

    return call


def test_mapping_that_may_not_be_looked_up_is_none() -> None:
    connection: Any = FakeConnection(**{"lambda": FakeMappings()})
    connection.clients["lambda"].paginate = raising("AccessDeniedException")
    assert Mappings(connection).for_batch(STREAM, FUNCTION) is None


def test_other_errors_of_the_look_up_end_the_command() -> None:
    connection: Any = FakeConnection(**{"lambda": FakeMappings()})
    connection.clients["lambda"].paginate = raising("ServiceException", 500)
    with pytest.raises(AwsError, match="cannot list the event source mappings"):
        Mappings(connection).for_batch(STREAM, FUNCTION)


def test_filters_that_cannot_be_decrypted_are_an_error_unless_they_are_off() -> None:
    answer = mapping(FilterCriteriaError={"ErrorCode": "KMSAccessDenied", "Message": "no access to the key"})
    with pytest.raises(AwsError, match=r"no access to the key; grant kms:Decrypt .* --no-filter"):
        mappings(answer).by_uuid("u1")
    assert mappings(answer, use_filters=False).by_uuid("u1").batch_size == 3


@pytest.mark.parametrize(("text", "hour"), [("2026-01-31T12:00:00", 12), ("nonsense", None), (None, None)])
def test_time_of_a_message(text: str | None, hour: int | None) -> None:
    time = read_time(text)
    assert (time.hour if time else None) == hour


def test_queue_that_allows_no_more_held_messages_ends_the_window() -> None:
    queue = FakeQueue(["a"])
    queue.receive_message = raising("OverLimit")  # type: ignore[method-assign]
    source = QueueSource(queue, URL, wait=0)
    assert list(source.windows()) == []
    source.close()


@pytest.mark.parametrize("action", ["receive_message", "get_queue_attributes"])
def test_queue_that_does_not_exist_is_an_error(action: str) -> None:
    queue = FakeQueue([])
    setattr(queue, action, raising("QueueDoesNotExist"))
    source = QueueSource(queue, URL, wait=0)
    with pytest.raises(AwsError, match="queue https://queue"):
        source.count() if action == "get_queue_attributes" else list(source.windows())
    source.close()


def test_count_of_messages_is_none_if_it_may_not_be_read() -> None:
    queue = FakeQueue([])
    queue.get_queue_attributes = raising("AccessDenied")  # type: ignore[method-assign]
    assert QueueSource(queue, URL).count() is None


def test_message_that_a_batch_of_deletions_leaves_is_deleted_with_a_single_request() -> None:
    queue = FakeQueue(["a", "b"])
    deleted: list[str] = []
    queue.delete_message_batch = lambda **_: {"Failed": [{"Id": "1"}]}  # type: ignore[method-assign]
    queue.delete_message = lambda **options: deleted.append(options["ReceiptHandle"])  # type: ignore[attr-defined]
    source = QueueSource(queue, URL, wait=0)
    (window,) = [window for window, _ in zip(source.windows(), range(1), strict=False)]
    assert len(window.foreign) == 2
    from ddb_stream_lambda.operations.redriving.sources import Message

    assert source.delete([Message("0", ""), Message("1", "")]) == 2
    assert deleted == ["1-2"]
    source.close()


def expired(hours: float, *, length: float = 0.01, table: str = "orders") -> Expired:
    start = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hours)
    stream = STREAM.replace("orders", table)
    batch = replace(BATCH, first_arrival=start, last_arrival=start + timedelta(hours=length), stream_arn=stream)
    return Expired(batch, 3)


def windows_of(*parts: Expired) -> list[str]:
    report = Report("source", "sent", expired=list(parts))
    return [" ".join(line.split()[-4:]) for line in report.repairs() if "--since" in line]


def test_windows_of_the_repair_are_merged_where_they_overlap() -> None:
    assert windows_of(expired(0), expired(0.1), expired(5)) == [
        "--since 2025-12-31T23:59:00Z --until 2026-01-01T00:20:00Z",
        "--since 2026-01-01T04:59:00Z --until 2026-01-01T05:14:00Z",
    ]


def test_window_of_more_than_a_day_is_split() -> None:
    assert windows_of(expired(0, length=30)) == [
        "--since 2025-12-31T23:59:00Z --until 2026-01-01T23:59:00Z",
        "--since 2026-01-01T23:59:00Z --until 2026-01-02T06:01:00Z",
    ]


def test_each_table_has_its_repair() -> None:
    report = Report("source", "sent", expired=[expired(0), expired(0, table="users")])
    assert [line.split()[2] for line in report.repairs()] == ["orders", "orders", "users", "users"]


def test_long_lists_are_cut_in_the_text_only() -> None:
    report = Report("source", "sent", failed={str(n): "x" for n in range(30)}, expired=[expired(n) for n in range(30)])
    text = "\n".join(report.lines())
    assert "and 10 more; --json lists all" in text
    assert "and 10 more batches" in text
    assert len(report.document()["failed"]) == len(report.document()["expired"]) == 30


def test_interruption_and_left_out_batches_are_in_the_text() -> None:
    lines = list(
        Report("source", "sent", skipped=2, test_events=1, is_interrupted=True, notes={"a note": None}).lines()
    )
    assert "  2 batches left out by --since or --limit" in lines
    assert "  1 test event of S3 removed" in lines
    assert lines[-2:] == ["note: a note", "interrupted; run the same command again to continue"]
