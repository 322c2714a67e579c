"""A run over a queue or a bucket: what is sent, what is removed, what is kept, and what an interruption repeats."""

from __future__ import annotations

import io
import json
import os
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from ddb_stream_lambda.operations.errors import AwsError, ExitCode, UsageError
from ddb_stream_lambda.operations.progress import Progress
from ddb_stream_lambda.operations.redriving.command import parse_time
from ddb_stream_lambda.operations.redriving.journal import Journal
from ddb_stream_lambda.operations.redriving.mappings import Mappings
from ddb_stream_lambda.operations.redriving.report import Report
from ddb_stream_lambda.operations.redriving.sending import (
    MAX_FAILURES_IN_A_ROW,
    Redrive,
    Selection,
)
from ddb_stream_lambda.operations.redriving.sinks import CountingSink, FileSink, FunctionSink
from ddb_stream_lambda.operations.redriving.sources import BucketSource, QueueSource
from hypothesis import given, settings
from hypothesis import strategies as st

from .fakes import (
    FIRST,
    FUNCTION,
    STREAM,
    FakeBucket,
    FakeConnection,
    FakeLambda,
    FakeMappings,
    FakeQueue,
    FakeStreams,
    client_error,
    lambda_record,
    mapping,
    numbers_of,
    stream_record,
)
from .messages import SHARD, message_about, notification

CHILD, GRANDCHILD = "shardId-00000001789649397962-child", "shardId-00000001789649397963-grandchild"
KEY = "aws/lambda/u1/{}/2026/09/17/2026-09-17T13.06.{}-3c1f"


@pytest.fixture(autouse=True, scope="module")
def _memory_is_disk_enough() -> Iterator[None]:
    """Do not wait for the disk: these runs end without the machine."""
    with pytest.MonkeyPatch.context() as patches:
        patches.setattr(os, "fsync", lambda file: None)
        yield


class Lambda(FakeLambda, FakeMappings):
    """The function and its mapping."""

    def __init__(self, *arguments: Any, settings: dict[str, Any] | None = None, **options: Any) -> None:
        FakeLambda.__init__(self, *arguments, **options)
        FakeMappings.__init__(self, mapping(**(settings or {})))


class World:
    """The AWS of a test, which stays while runs come and go."""

    def __init__(
        self,
        folder: Path,
        *,
        bodies: list[str] | None = None,
        objects: dict[str, Any] | None = None,
        streams: FakeStreams | None = None,
        function: Lambda | None = None,
    ) -> None:
        self.queue = FakeQueue(bodies or [])
        self.bucket = FakeBucket(objects or {})
        self.streams = streams or FakeStreams({SHARD: [stream_record(FIRST + index) for index in range(20)]})
        self.function = function or Lambda()
        self.journal = folder / "journal.jsonl"

    def run(
        self, *, sink: Any = None, source: str = "queue", stop: threading.Event | None = None, **options: Any
    ) -> Report:
        clients = {"lambda": self.function, "dynamodbstreams": self.streams, "s3": self.bucket}
        connection: Any = FakeConnection(**clients)
        stop = stop or threading.Event()
        reader: Any = BucketSource(self.bucket, "failed", "aws/lambda/")
        if source == "queue":
            reader = QueueSource(self.queue, "https://queue", stop=stop, wait=0, window=options.pop("window", 100))
        report = Report(reader.name, "sent")
        journal = Journal(self.journal) if sink is None else None
        redrive = Redrive(
            connection,
            source=reader,
            mappings=Mappings(connection, use_filters=options.pop("use_filters", True)),
            sink=sink or FunctionSink(connection, sleep=lambda seconds: None),
            selection=Selection(**options),
            journal=journal,
            report=report,
            progress=Progress("records", quiet=True),
            stop=stop,
        )
        try:
            redrive.run()
        finally:
            if journal is not None:
                journal.close()
        report.is_interrupted = stop.is_set() and not redrive.is_given_up
        return report

    @property
    def sent(self) -> list[int]:
        return [number for batch in self.function.batches for number in batch]


def about(first: int, count: int = 1, **options: Any) -> str:
    return json.dumps(message_about(FIRST + first, FIRST + first + count - 1, size=count, **options))


def numbers(*offsets: int) -> list[int]:
    return [FIRST + offset for offset in offsets]


def test_records_of_all_messages_are_sent_in_order_in_batches_of_the_mapping(tmp_path: Path) -> None:
    world = World(tmp_path, bodies=[about(4, 2), about(0, 4), about(6)])
    report = world.run()
    assert world.function.batches == [numbers(0, 1, 2), numbers(3), numbers(4, 5, 6)]
    assert world.queue.messages == {}
    assert (report.records, report.batches, report.exit_code) == (7, 3, ExitCode.DONE)
    assert report.oldest == datetime(2026, 9, 17, 13, 5, 34, tzinfo=UTC)
    assert not world.journal.exists()


def test_events_are_those_of_lambda(tmp_path: Path) -> None:
    received: list[Any] = []
    World(tmp_path, bodies=[about(3)], function=Lambda(received.extend)).run()
    assert received == [lambda_record(FIRST + 3)]


def test_empty_queue_is_done(tmp_path: Path) -> None:
    assert World(tmp_path).run().exit_code == ExitCode.DONE


def fails_on(*offsets: int) -> Callable[[list[Any]], Any]:
    def handler(records: list[Any]) -> Any:
        failed = [number for number in numbers_of(records) if number in numbers(*offsets)]
        return {"batchItemFailures": [{"itemIdentifier": str(number)} for number in failed]}

    return handler


def raises_on(*offsets: int) -> Callable[[list[Any]], Any]:
    def handler(records: list[Any]) -> None:
        if set(numbers_of(records)) & set(numbers(*offsets)):
            raise ValueError("poison")

    return handler


@pytest.mark.parametrize("handler", [fails_on(2), raises_on(2)])
def test_message_whose_record_fails_is_kept_and_the_others_are_done(tmp_path: Path, handler: Any) -> None:
    world = World(tmp_path, bodies=[about(0), about(1, 3), about(4)], function=Lambda(handler))
    report = world.run()
    assert list(world.queue.messages.values()) == [about(1, 3)]
    assert world.queue.receipts == {}  # it is visible again
    assert report.exit_code == ExitCode.FAILED
    assert len(report.failed) == 1
    assert FIRST + 4 in world.sent
    assert FIRST + 3 not in [number for batch in world.function.batches[1:] for number in batch if len(batch) == 1]


def test_second_run_continues_with_the_record_that_failed(tmp_path: Path) -> None:
    world = World(tmp_path, bodies=[about(0, 4)], function=Lambda(fails_on(2)))
    world.run()
    world.function = Lambda()
    assert world.run().exit_code == ExitCode.DONE
    assert world.sent == numbers(2, 3)
    assert world.queue.messages == {}
    assert not world.journal.exists()


def test_other_function_gets_all_records_of_a_batch_that_was_done_in_part(tmp_path: Path) -> None:
    world = World(tmp_path, bodies=[about(0, 3)], function=Lambda(fails_on(2)))
    world.run()
    world.function = Lambda()
    report = world.run(function="other")
    assert world.sent == numbers(0, 1, 2)
    assert world.function.functions == {"other"}
    assert report.functions == Counter({"other": 3})


def test_function_that_always_fails_ends_the_run(tmp_path: Path) -> None:
    count = MAX_FAILURES_IN_A_ROW + 10
    streams = FakeStreams({SHARD: [stream_record(FIRST + index) for index in range(count)]})
    world = World(
        tmp_path, bodies=[about(n) for n in range(count)], streams=streams, function=Lambda(raises_on(*range(count)))
    )
    report = world.run()
    assert report.exit_code == ExitCode.FAILED
    assert len(report.failed) == MAX_FAILURES_IN_A_ROW
    assert any("correct the function" in note for note in report.notes)
    assert len(world.queue.messages) == count
    assert world.queue.receipts == {}


def test_messages_of_other_kinds_are_reported_and_kept(tmp_path: Path) -> None:
    world = World(tmp_path, bodies=["hello", about(0), '{"requestPayload": 1}'])
    report = world.run()
    assert report.exit_code == ExitCode.DONE
    assert list(world.queue.messages.values()) == ["hello", '{"requestPayload": 1}']
    assert sorted(report.foreign.values()) == ["it is about an asynchronous invocation", "it is not JSON"]


def test_test_event_of_s3_is_removed_and_counted(tmp_path: Path) -> None:
    world = World(tmp_path, bodies=[json.dumps({"Event": "s3:TestEvent"})])
    assert world.run(sink=CountingSink()).test_events == 1
    assert len(world.queue.messages) == 1
    assert world.run().test_events == 1
    assert world.queue.messages == {}


def test_message_that_is_delivered_twice_is_sent_once_and_deleted_by_its_last_receipt(tmp_path: Path) -> None:
    world = World(tmp_path, bodies=[about(0, 2), about(2)])
    world.queue.twice = {"0"}
    world.run()
    assert world.sent == numbers(0, 1, 2)
    assert world.queue.messages == {}


def test_two_messages_about_one_batch_send_it_once(tmp_path: Path) -> None:
    world = World(tmp_path, bodies=[about(0, 2), about(0, 2), about(3), about(0, 2)])
    world.run(window=2)
    assert world.sent == numbers(0, 1, 3)
    assert world.queue.messages == {}


def test_record_in_two_batches_is_sent_once(tmp_path: Path) -> None:
    world = World(tmp_path, bodies=[about(0, 2), about(1, 2)])
    world.run()
    assert world.sent == numbers(0, 1, 2)


def test_filters_of_the_mapping_are_applied_again(tmp_path: Path) -> None:
    records = [stream_record(FIRST + index, "ab"[index % 2]) for index in range(6)]
    pattern = json.dumps({"dynamodb": {"Keys": {"id": {"S": ["b"]}}}})
    function = Lambda(settings={"FilterCriteria": {"Filters": [{"Pattern": pattern}]}})
    body = json.dumps(message_about(FIRST, FIRST + 5, size=3))
    world = World(tmp_path, bodies=[body], streams=FakeStreams({SHARD: records}), function=function)
    assert world.run().exit_code == ExitCode.DONE
    assert world.sent == numbers(1, 3, 5)


def test_range_with_fewer_records_than_the_batch_is_kept_unless_filters_are_off(tmp_path: Path) -> None:
    pattern = json.dumps({"eventName": ["INSERT"]})
    function = Lambda(settings={"FilterCriteria": {"Filters": [{"Pattern": pattern}]}})
    world = World(tmp_path, bodies=[about(0, 2)], function=function)
    report = world.run()
    assert report.exit_code == ExitCode.FAILED
    assert "--no-filter" in next(iter(report.failed.values()))
    assert len(world.queue.messages) == 1
    assert world.run(use_filters=False).exit_code == ExitCode.DONE
    assert world.sent == numbers(0, 1)


def test_range_with_more_records_than_the_batch_is_sent_with_a_note(tmp_path: Path) -> None:
    world = World(tmp_path, bodies=[json.dumps(message_about(FIRST, FIRST + 3, size=2))])
    report = world.run()
    assert world.sent == numbers(0, 1, 2, 3)
    assert any("parallelization_factor" in note for note in report.notes)
    assert report.exit_code == ExitCode.DONE


def test_message_without_a_function_goes_to_the_function_of_the_streams_mapping(tmp_path: Path) -> None:
    message = message_about(FIRST, FIRST, size=1)
    del message["requestContext"]
    del message["responseContext"]
    world = World(tmp_path, bodies=[json.dumps(message)])
    assert world.run().exit_code == ExitCode.DONE
    assert world.function.functions == {FUNCTION}


def test_mapping_that_is_gone_is_noted(tmp_path: Path) -> None:
    function = Lambda()
    function.mappings = ()
    world = World(tmp_path, bodies=[about(0)], function=function)
    assert any("was not found" in note for note in world.run().notes)
    assert world.sent == numbers(0)


def test_expired_records_are_kept_and_reported_with_the_repair(tmp_path: Path) -> None:
    streams = FakeStreams({SHARD: [stream_record(FIRST + index) for index in range(6)]}, trimmed={SHARD: 3})
    world = World(tmp_path, bodies=[about(0, 2), about(2, 2), about(4, 2)], streams=streams)
    report = world.run()
    assert report.exit_code == ExitCode.EXPIRED
    assert world.sent == numbers(3, 4, 5)
    assert sorted(world.queue.messages.values()) == [about(0, 2), about(2, 2)]
    assert [(expired.batch.shard_id, expired.batch.start, expired.missing) for expired in report.expired] == [
        (SHARD, FIRST, 2),
        (SHARD, FIRST + 2, 1),
    ]
    assert list(report.repairs()) == [
        "ddb-stream-lambda backfill orders --start-export s3://BUCKET/PREFIX "
        "--since 2026-09-17T13:04:34Z --until 2026-09-17T13:19:34Z",
        "ddb-stream-lambda backfill orders   # without point-in-time recovery: all items of the table",
    ]


def test_refused_permission_ends_the_run_and_makes_the_messages_visible(tmp_path: Path) -> None:
    world = World(
        tmp_path, bodies=[about(0), about(1)], function=Lambda(errors=[client_error("AccessDeniedException")])
    )
    with pytest.raises(AwsError, match="cannot invoke"):
        world.run()
    assert len(world.queue.messages) == 2
    assert world.queue.receipts == {}


def test_child_shard_waits_for_its_parent(tmp_path: Path) -> None:
    # The order of the names is not that of the shards here.
    records = {name: [stream_record(FIRST + index)] for index, name in enumerate(("c", "b", "a"))}
    streams = FakeStreams(records, parents={"b": "c", "a": "b"})
    bodies = [about(2, shard="a"), about(0, shard="c")]
    for parallel in (1, 4):
        world = World(tmp_path, bodies=bodies, streams=streams)
        assert world.run(parallel=parallel).exit_code == ExitCode.DONE
        assert world.sent == numbers(0, 2)


def test_shards_without_relation_are_sent_at_once(tmp_path: Path) -> None:
    barrier = threading.Barrier(2, timeout=10)
    records = {name: [stream_record(FIRST + index)] for index, name in enumerate(("a", "b"))}
    world = World(
        tmp_path,
        bodies=[about(0, shard="a"), about(1, shard="b")],
        streams=FakeStreams(records),
        function=Lambda(lambda batch: barrier.wait() * 0),
    )
    assert world.run(parallel=2).exit_code == ExitCode.DONE


def object_about(first: int, count: int) -> dict[str, Any]:
    records = [lambda_record(FIRST + first + index) for index in range(count)]
    return message_about(FIRST + first, FIRST + first + count - 1, size=count) | {
        "payload": json.dumps({"Records": records})
    }


def test_objects_of_a_bucket_are_sent_and_deleted(tmp_path: Path) -> None:
    objects = {
        KEY.format(SHARD, "53"): object_about(2, 2),
        KEY.format(SHARD, "52"): object_about(0, 2),
        "aws/lambda/x": 5,
    }
    world = World(tmp_path, objects=objects, streams=FakeStreams({}))
    report = world.run(source="bucket")
    assert world.sent == numbers(0, 1, 2, 3)
    assert list(world.bucket.objects) == ["aws/lambda/x"]
    assert report.foreign == {"s3://failed/aws/lambda/x": "it is not a JSON object"}
    assert report.exit_code == ExitCode.DONE


def test_objects_that_notifications_name_are_sent_and_removed_with_their_messages(tmp_path: Path) -> None:
    key = KEY.format(SHARD, "52")
    world = World(tmp_path, bodies=[notification("failed", key, None)] * 2, objects={key: object_about(0, 2)})
    world.run()
    assert world.sent == numbers(0, 1)
    assert world.queue.messages == {}
    assert world.bucket.objects == {}


def test_objects_are_kept_on_request(tmp_path: Path) -> None:
    key = KEY.format(SHARD, "52")
    world = World(tmp_path, bodies=[notification("failed", key)], objects={key: object_about(0, 2)})
    world.run(keeps_objects=True)
    assert world.queue.messages == {}
    assert list(world.bucket.objects) == [key]


def test_message_about_an_object_that_is_gone_is_kept(tmp_path: Path) -> None:
    world = World(tmp_path, bodies=[notification("failed", "gone")])
    report = world.run()
    assert report.exit_code == ExitCode.FAILED
    assert len(world.queue.messages) == 1


def test_object_without_records_is_kept(tmp_path: Path) -> None:
    key = KEY.format(SHARD, "52")
    document = message_about(FIRST, FIRST, size=1) | {"payload": json.dumps({"Records": []})}
    world = World(tmp_path, objects={key: document})
    report = world.run(source="bucket")
    assert list(report.failed.values()) == ["the object has no records; it is kept"]
    assert list(world.bucket.objects) == [key]


def test_message_without_a_size_whose_records_are_not_found_is_kept(tmp_path: Path) -> None:
    document = message_about(FIRST + 100, FIRST + 101, size=2)
    del document["DDBStreamBatchInfo"]["batchSize"]
    world = World(tmp_path, bodies=[json.dumps(document)])
    report = world.run()
    assert report.exit_code == ExitCode.FAILED
    assert len(world.queue.messages) == 1


def test_object_that_one_function_is_done_with_is_sent_to_another_one(tmp_path: Path) -> None:
    key = KEY.format(SHARD, "52")
    world = World(tmp_path, objects={key: object_about(0, 2)})
    world.run(source="bucket", keeps_objects=True)
    world.run(source="bucket", function="repair")
    assert world.function.functions == {FUNCTION, "repair"}
    assert world.function.batches == [numbers(0, 1)] * 2
    assert world.bucket.objects == {}


def test_message_about_two_objects_is_deleted_after_both(tmp_path: Path) -> None:
    keys = [KEY.format(SHARD, second) for second in ("52", "53")]
    parts = [json.loads(notification("failed", key)) for key in keys]
    body = json.dumps({"Records": [part["Records"][0] for part in parts]})
    objects = {keys[0]: object_about(0, 1), keys[1]: object_about(1, 1)}
    world = World(tmp_path, bodies=[body], objects=objects, function=Lambda(fails_on(1)))
    world.run()
    assert len(world.queue.messages) == 1
    world.function = Lambda()
    world.bucket.objects.setdefault(keys[0], json.dumps(object_about(0, 1)).encode())
    world.run()
    assert world.queue.messages == {}


@pytest.mark.parametrize("sink", [CountingSink(), FileSink(io.StringIO())])
def test_dry_run_and_export_send_and_remove_nothing(tmp_path: Path, sink: Any) -> None:
    key = KEY.format(SHARD, "52")
    world = World(tmp_path, bodies=[about(4, 2), notification("failed", key)], objects={key: object_about(0, 2)})
    report = world.run(sink=sink, shows_keys=True)
    assert (report.records, report.batches, world.sent) == (4, 2, [])
    assert [entry["sequence_number"] for entry in report.keys] == [str(number) for number in numbers(0, 1, 4, 5)]
    assert len(world.queue.messages) == 2
    assert world.queue.receipts == {}
    assert list(world.bucket.objects) == [key]
    assert not world.journal.exists()


def test_export_has_one_record_a_line(tmp_path: Path) -> None:
    file = io.StringIO()
    World(tmp_path, bodies=[about(0, 2)]).run(sink=FileSink(file))
    assert [json.loads(line) for line in file.getvalue().splitlines()] == [
        lambda_record(FIRST),
        lambda_record(FIRST + 1),
    ]


def test_limit_ends_before_a_batch_that_would_exceed_it(tmp_path: Path) -> None:
    world = World(tmp_path, bodies=[about(0, 2), about(2, 2), about(4)])
    report = world.run(limit=3)
    assert world.sent == numbers(0, 1)
    assert report.skipped == 2
    assert len(world.queue.messages) == 2


def test_limit_always_allows_one_batch(tmp_path: Path) -> None:
    world = World(tmp_path, bodies=[about(0, 5)])
    world.run(limit=1)
    assert world.sent == numbers(0, 1, 2, 3, 4)


def test_since_leaves_older_failures_out(tmp_path: Path) -> None:
    later = message_about(FIRST + 1, FIRST + 1, size=1) | {"timestamp": "2026-09-17T14:00:00Z"}
    key = KEY.format(SHARD, "52")
    world = World(
        tmp_path, bodies=[about(0), json.dumps(later), notification("failed", key)], objects={key: object_about(2, 1)}
    )
    report = world.run(since=datetime(2026, 9, 17, 13, 30, tzinfo=UTC))
    assert world.sent == numbers(1)
    assert report.skipped == 2


def test_only_the_batches_of_the_mapping_are_sent(tmp_path: Path) -> None:
    world = World(tmp_path, bodies=[about(0), about(1, function="arn:aws:lambda:eu-west-1:1:function:other")])
    connection: Any = FakeConnection(**{"lambda": world.function})
    world.run(mapping=Mappings(connection).by_uuid("u1"))
    assert world.sent == numbers(0)


def test_messages_are_extended_while_they_are_worked_on() -> None:
    queue, extended = FakeQueue([about(0)]), threading.Event()
    original = queue.change_message_visibility_batch

    def change(**options: Any) -> dict[str, Any]:
        answer = original(**options)
        extended.set()
        return answer

    queue.change_message_visibility_batch = change  # type: ignore[method-assign]
    source = QueueSource(queue, "https://queue", wait=0, visibility=1)
    next(source.windows())
    assert extended.wait(10)
    assert queue.extended[0] == "0"
    source.close()
    assert queue.receipts == {}


def test_one_run_at_a_time_has_a_journal_open(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j")
    with pytest.raises(UsageError, match="another run"):
        Journal(tmp_path / "j")
    journal.close()
    Journal(tmp_path / "j").close()


def test_interruption_ends_after_the_batch_and_the_next_run_continues(tmp_path: Path) -> None:
    stop = threading.Event()
    world = World(tmp_path, bodies=[about(0, 7), about(7)], function=Lambda(lambda records: stop.set()))
    report = world.run(stop=stop)
    assert report.exit_code == ExitCode.INTERRUPTED
    assert world.sent == numbers(0, 1, 2)
    assert world.queue.receipts == {}
    report = world.run()
    assert world.sent == numbers(*range(8))
    assert world.queue.messages == {}


def test_run_that_was_killed_holds_no_messages_for_the_next_one(tmp_path: Path) -> None:
    world = World(tmp_path, bodies=[about(0), about(1)])
    assert run_until_killed(world, Killer(5, before=True)) is None
    assert world.queue.receipts
    assert world.run().exit_code == ExitCode.DONE
    assert world.queue.messages == {}


def test_messages_that_someone_else_holds_are_noted(tmp_path: Path) -> None:
    world = World(tmp_path, bodies=[about(0)])
    world.queue.receive_message(MaxNumberOfMessages=1)
    assert any("about 1 are held" in note for note in world.run().notes)
    assert world.sent == []


def test_two_runs_at_once_send_each_message_once(tmp_path: Path) -> None:
    world = World(tmp_path, bodies=[about(n) for n in range(20)])
    started = threading.Barrier(2, timeout=10)
    other = World(tmp_path / "other", streams=world.streams)
    other.queue, other.function = world.queue, world.function
    original = world.queue.receive_message
    lock = threading.Lock()

    def receive(**options: Any) -> dict[str, Any]:
        with lock:
            return original(**options)

    world.queue.receive_message = receive  # type: ignore[method-assign]

    def run(part: World) -> None:
        started.wait()
        part.run(window=5)

    threads = [threading.Thread(target=run, args=(part,)) for part in (world, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(world.sent) == numbers(*range(20))
    assert world.queue.messages == {}


class KilledError(BaseException):
    """The process is killed."""


class Killer:
    """Ends a run at its n-th step. After that, no step has an effect.

    Args:
        steps: the number of steps before the end; None for no end.
        before: whether the step that ends has no effect; otherwise it has one, and its answer is lost.
    """

    def __init__(self, steps: int | None, *, before: bool) -> None:
        self.steps = steps
        self.before = before
        self.count = 0

    @property
    def has_killed(self) -> bool:
        return self.steps is not None and self.count >= self.steps

    def wrap(self, patches: pytest.MonkeyPatch, target: Any, *names: str) -> None:
        for name in names:
            patches.setattr(target, name, self._step(getattr(target, name)))

    def _step(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def step(*arguments: Any, **options: Any) -> Any:
            self.count += 1
            if not self.has_killed:
                return function(*arguments, **options)
            if self.count == self.steps and not self.before:
                function(*arguments, **options)
            raise KilledError

        return step


def run_until_killed(world: World, killer: Killer) -> Report | None:
    """Return the report of a run; None if the run was killed."""
    close = Journal.close

    def close_or_drop(journal: Journal) -> None:
        if killer.has_killed:
            journal._file.close()  # the system closes the file of a process that ends
        else:
            close(journal)

    with pytest.MonkeyPatch.context() as patches:
        killer.wrap(patches, world.queue, "receive_message", "delete_message_batch", "change_message_visibility_batch")
        killer.wrap(patches, world.bucket, "get_object", "delete_object")
        killer.wrap(patches, world.function, "invoke")
        killer.wrap(patches, Journal, "_write")
        patches.setattr(Journal, "close", close_or_drop)
        try:
            return world.run()
        except KilledError:
            return None


@settings(max_examples=60)
@given(
    sizes=st.lists(st.integers(1, 5), min_size=1, max_size=5),
    order=st.randoms(use_true_random=False),
    kills=st.lists(st.tuples(st.integers(1, 40), st.booleans()), max_size=4),
    in_bucket=st.booleans(),
)
def test_runs_that_are_killed_anywhere_lose_nothing_and_repeat_one_batch_each(
    sizes: list[int], order: Any, kills: list[tuple[int, bool]], in_bucket: bool
) -> None:
    starts = [sum(sizes[:index]) for index in range(len(sizes))]
    total = sum(sizes)
    objects, bodies = {}, []
    for start, size in zip(starts, sizes, strict=True):
        key = KEY.format(SHARD, f"{start:02}")
        objects[key] = object_about(start, size)
        bodies.append(notification("failed", key, None) if in_bucket else about(start, size))
    order.shuffle(bodies)
    with tempfile.TemporaryDirectory() as folder:
        streams = FakeStreams({SHARD: [stream_record(FIRST + index) for index in range(total)]}, page=4)
        world = World(Path(folder), bodies=bodies, objects=objects, streams=streams)
        reports = [run_until_killed(world, Killer(steps, before=before)) for steps, before in kills]
        killed = reports.count(None)
        # A message whose answer was lost is visible again after some minutes.
        world.queue.receipts.clear()
        report = world.run()
        repeated = Counter(world.sent)
        assert set(repeated) == set(numbers(*range(total)))
        assert sum(count - 1 for count in repeated.values()) <= killed * 3  # a batch has three records at most
        assert world.queue.messages == {}
        assert report.exit_code == ExitCode.DONE


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-01-31T12:00:00Z", datetime(2026, 1, 31, 12, tzinfo=UTC)),
        ("2026-01-31", datetime(2026, 1, 31, tzinfo=UTC)),
        ("6h", datetime(2026, 1, 31, 6, tzinfo=UTC)),
        ("30m", datetime(2026, 1, 31, 11, 30, tzinfo=UTC)),
        ("2d", datetime(2026, 1, 29, 12, tzinfo=UTC)),
    ],
)
def test_time_is_a_date_or_an_age(text: str, time: datetime) -> None:
    assert parse_time(text, datetime(2026, 1, 31, 12, tzinfo=UTC)) == time


def test_condition_and_functions_are_counted(tmp_path: Path) -> None:
    report = World(tmp_path, bodies=[about(0), about(1)]).run()
    assert report.conditions == Counter({"RetryAttemptsExhausted": 2})
    assert report.functions == Counter({FUNCTION: 2})
    assert STREAM.endswith("528")
