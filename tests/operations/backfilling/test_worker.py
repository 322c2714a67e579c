"""A worker sends one unit from a checkpoint on, and keeps a checkpoint after each batch."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from ddb_stream_lambda.operations.backfilling.sources import Reader
from ddb_stream_lambda.operations.backfilling.units import (
    Checkpoint,
    ExportFile,
    ScanSegment,
    Unit,
    UnitResult,
    unit_from_json,
    unit_to_json,
)
from ddb_stream_lambda.operations.backfilling.worker import Budget, Failure, Worker
from ddb_stream_lambda.operations.errors import AwsError
from ddb_stream_lambda.operations.invoking import Invoker

from tests.operations.fakes import FUNCTION, client_error

from .doubles import BUCKET, RUN, TABLE, FakeDynamoDB, FakeFunction, FakeS3, item

SEGMENT = ScanSegment("orders", 0, 1)


class Job:
    """A worker with doubles of AWS, and what it reported."""

    def __init__(
        self,
        items: int = 25,
        *,
        handler: Callable[[list[Any]], Any] = lambda records: None,
        errors: Sequence[Exception] = (),
        matches: Callable[[Any], bool] = lambda record: True,
    ) -> None:
        self.dynamodb = FakeDynamoDB([item(number) for number in range(items)])
        self.s3 = FakeS3()
        self.function = FakeFunction(handler, errors)
        self.checkpoints: list[Checkpoint] = []
        self.failures: list[Failure] = []
        invoker = Invoker(self.function, FUNCTION, batch_size=10, bisect=True, sleep=lambda seconds: None)
        reader = Reader(TABLE, RUN, dynamodb=self.dynamodb, s3=self.s3)
        self.worker = Worker(TABLE, RUN, reader=reader, sender=invoker, matches=matches)

    def run(
        self, unit: Unit = SEGMENT, checkpoint: Checkpoint | None = None, *, budget: Budget | None = None
    ) -> UnitResult:
        return self.worker.run(unit, checkpoint, budget=budget, on_batch=self.keep)

    def keep(self, checkpoint: Checkpoint, failures: Sequence[Failure]) -> None:
        self.checkpoints.append(Checkpoint.from_json(json.loads(json.dumps(checkpoint.to_json()))))
        self.failures += failures

    def ids(self) -> list[str]:
        """The keys of the items that the function processed."""
        return [record["dynamodb"]["Keys"]["id"]["S"] for record in self.function.received]

    def all_ids(self) -> list[str]:
        return sorted(item["id"]["S"] for item in self.dynamodb.items)


def fail_for(*ids: str) -> Callable[[list[Any]], Any]:
    """Return a function that fails for a batch with one of these items."""

    def handler(records: list[Any]) -> None:
        found = {record["dynamodb"]["Keys"]["id"]["S"] for record in records} & set(ids)
        if found:
            raise ValueError(f"cannot handle {sorted(found)}")

    return handler


def test_sends_every_item_once_in_batches_of_the_mapping() -> None:
    job = Job(25)

    result = job.run()

    assert sorted(job.ids()) == job.all_ids()
    assert [len(batch) for batch in job.function.batches] == [10, 10, 5]
    assert result.complete
    assert result.next is None
    assert result.checkpoint.done == 25


def test_numbers_rise_from_batch_to_batch() -> None:
    job = Job(25)
    job.run()
    numbers = [number for batch in job.function.batches for number in batch]
    first = int(RUN.sequence_number(0))
    assert numbers == list(range(first, first + 25))


@pytest.mark.parametrize("stopped_after", [1, 2])
def test_goes_on_from_the_checkpoint_of_any_batch(stopped_after: int) -> None:
    job = Job(25)
    job.run()
    resumed = Job(25)

    result = resumed.run(checkpoint=job.checkpoints[stopped_after - 1])

    assert result.complete
    assert job.ids()[: 10 * stopped_after] + resumed.ids() == job.ids()
    assert resumed.function.batches == job.function.batches[stopped_after:]
    assert result.checkpoint.done == 25


def test_a_checkpoint_in_the_middle_of_a_page_repeats_and_loses_nothing() -> None:
    # The pages have 7 items and the batches 10.
    job = Job(21)
    first = job.run(budget=Budget(items=10))
    assert first.next is not None
    assert job.run(checkpoint=first.next).complete
    assert sorted(job.ids()) == job.all_ids()


def test_ends_at_the_limit_of_items_and_keeps_the_rest() -> None:
    job = Job(25)

    result = job.run(budget=Budget(items=13))

    assert len(job.ids()) == 13
    assert not result.complete
    assert result.error is None
    assert result.checkpoint.done == 13


def test_ends_when_the_time_is_used_up() -> None:
    job = Job(25)
    times = iter([True, True, False])

    result = job.run(budget=Budget(may_continue=lambda: next(times)))

    assert [len(batch) for batch in job.function.batches] == [10]
    assert result.next == Checkpoint(done=10, position=job.checkpoints[-1].position)


def test_an_item_that_the_function_refuses_is_kept_and_blocks_no_other() -> None:
    job = Job(25, handler=fail_for("item-00007"))

    result = job.run()

    assert result.complete
    assert (result.checkpoint.done, result.checkpoint.failed) == (24, 1)
    (failure,) = job.failures
    assert failure.record["dynamodb"]["NewImage"] == item(7)
    assert "cannot handle ['item-00007']" in failure.error
    assert sorted({*job.ids(), "item-00007"}) == job.all_ids()


def test_an_item_of_a_partial_batch_response_is_kept() -> None:
    def handler(records: list[Any]) -> Any:
        failed = [record for record in records if record["dynamodb"]["Keys"]["id"]["S"] == "item-00003"]
        return {"batchItemFailures": [{"itemIdentifier": record["dynamodb"]["SequenceNumber"]} for record in failed]}

    job = Job(10, handler=handler)

    result = job.run()

    assert (result.checkpoint.done, result.checkpoint.failed) == (9, 1)
    assert [failure.record["dynamodb"]["Keys"] for failure in job.failures] == [{"id": {"S": "item-00003"}}]


def test_a_function_that_fails_for_every_item_ends_the_run_and_marks_none_as_failed() -> None:
    job = Job(25, handler=fail_for(*(f"item-{number:05}" for number in range(25))))

    result = job.run()

    assert not result.complete
    assert result.ends_run
    assert "failed for 10 items in a row" in str(result.error)
    assert (job.failures, job.checkpoints, result.checkpoint) == ([], [], Checkpoint())


def test_a_few_failures_at_the_end_of_a_unit_are_kept() -> None:
    job = Job(3, handler=fail_for("item-00000", "item-00001", "item-00002"))
    result = job.run()
    assert result.complete
    assert (result.checkpoint.failed, len(job.failures)) == (3, 3)


def test_a_function_that_cannot_be_reached_ends_the_run_and_marks_none_as_failed() -> None:
    job = Job(25, errors=[client_error("TooManyRequestsException", 429)] * 1000)

    result = job.run()

    assert result.ends_run
    assert result.checkpoint == Checkpoint()
    assert job.failures == []
    job.function.errors.clear()
    assert job.run(checkpoint=result.checkpoint).complete
    assert sorted(job.ids()) == job.all_ids()


def test_throttles_and_internal_errors_of_lambda_lose_nothing() -> None:
    errors = [client_error("TooManyRequestsException", 429), client_error("ServiceException", 500)]
    job = Job(25, errors=errors)
    assert job.run().complete
    assert sorted(job.ids()) == job.all_ids()


def test_a_refused_invocation_is_raised() -> None:
    job = Job(25, errors=[client_error("AccessDeniedException", 403)])
    with pytest.raises(AwsError, match="cannot invoke"):
        job.run()


def test_items_that_the_filter_of_the_mapping_holds_back_are_not_sent() -> None:
    job = Job(25, matches=lambda record: int(record["dynamodb"]["NewImage"]["number"]["N"]) % 2 == 0)

    result = job.run()

    assert sorted(job.ids()) == job.all_ids()[::2]
    assert result.complete
    assert result.checkpoint.done == 25


def test_a_filter_that_holds_everything_back_invokes_nothing() -> None:
    job = Job(25, matches=lambda record: False)
    assert job.run().complete
    assert job.function.batches == []


def test_sends_the_items_of_a_file_and_goes_on_in_it() -> None:
    job = Job(0)
    job.s3.put_export([[{"Item": item(number)} for number in range(25)]])
    (key,) = [key for key in job.s3.objects if key.endswith("file0.json.gz")]
    unit = ExportFile(BUCKET, key, items=25)

    first = job.run(unit, budget=Budget(items=12))
    assert first.checkpoint == Checkpoint(done=12, position=12)
    assert job.run(unit, first.next).complete

    assert job.ids() == [f"item-{number:05}" for number in range(25)]


def test_a_damaged_file_is_the_error_of_its_unit() -> None:
    job = Job(0)
    job.s3.objects["a"] = b"not compressed"
    result = job.run(ExportFile(BUCKET, "a"))
    assert not result.complete
    assert not result.ends_run
    assert "s3://exports/a" in str(result.error)


@pytest.mark.parametrize("unit", [SEGMENT, ExportFile("b", "k", 3, "md5", "etag", 1.5)])
def test_a_unit_survives_json(unit: Unit) -> None:
    assert unit_from_json(json.loads(json.dumps(unit_to_json(unit)))) == unit


def test_an_unknown_unit_is_refused() -> None:
    with pytest.raises(ValueError, match="'segment' or 'file', not 'page'"):
        unit_from_json({"kind": "page"})
