"""The story passes in a world that behaves, and fails as soon as one thing that it shows is not true."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from demo.screen import Screen
from demo.story import POISONED, TITLES, Story, UntrueError
from demo.world import FailedBatch, Invocation, Item, Redriven, StreamRecord
from tests.tools.demo.world_double import RESOURCES, WorldDouble


def play(world: WorldDouble) -> str:
    """Run the story without waiting, and return its lines."""
    output = io.StringIO()
    Story(world, Screen(output, clock=lambda: 0.0), patience=0, pause=0).run()
    return output.getvalue()


def test_the_story_shows_every_step_in_order() -> None:
    lines = play(WorldDouble()).splitlines()

    assert [line for line in lines if line in TITLES] == list(TITLES)


def test_the_way_of_a_record_goes_from_the_table_to_the_index() -> None:
    lines = play(WorldDouble()).splitlines()
    start = next(number for number, line in enumerate(lines) if "update order-1" in line)

    assert [line.split(maxsplit=2)[2].split(maxsplit=1) for line in lines[start : start + 4]] == [
        ["table", "update order-1, amount 15"],
        ["stream", "MODIFY order-1, sequence number 100000000000000000003"],
        ["function", "1 record: done"],
        ["index", "document order-1, amount 15, sequence number 100000000000000000003"],
    ]


def test_a_deleted_item_leaves_a_tombstone() -> None:
    assert "tombstone of order-2, sequence number 100000000000000000004" in play(WorldDouble())


def test_bisection_and_retries_are_shown() -> None:
    output = play(WorldDouble())

    assert "the failing batch was halved: 8 → 4 → 2 → 1" in output
    assert "only the poisoned record was retried, 2 times" in output


def test_the_record_is_sent_again_only_after_the_function_is_mended() -> None:
    world = WorldDouble()

    play(world)

    assert world.calls == ["deploy", "deploy mended", "lift protections", "destroy"]
    assert world.index.keys() == world.table.keys() >= {POISONED}


class NothingDeployed(WorldDouble):
    def deploy(self) -> int:
        return 0


class StreamWithoutRecords(WorldDouble):
    def stream(self) -> Sequence[StreamRecord]:
        return []


class WrongChange(WorldDouble):
    def write(self, change: str, id: str, image: Item | None) -> StreamRecord:
        return super().write("INSERT", id, image)


class FunctionNotInvoked(WorldDouble):
    def invocations(self) -> Sequence[Invocation]:
        return []


class FunctionFails(WorldDouble):
    def invocations(self) -> Sequence[Invocation]:
        return [replace(one, error="Timeout") for one in super().invocations()]


class IndexWithoutChanges(WorldDouble):
    def indexed_positions(self) -> dict[str, str]:
        return {}


class WrongDocuments(WorldDouble):
    def documents(self) -> Mapping[str, Item]:
        return {id: {"id": id, "amount": 1} for id in self.index}


class DocumentThatIsNoItem(WorldDouble):
    def delete(self, id: str) -> None:
        super().delete(id)
        self.index["order-9999"] = {"id": "order-9999"}


class NoBisection(WorldDouble):
    """Retries the whole batch, and gives it up as a whole."""

    def deliver(self, records: Sequence[StreamRecord]) -> None:
        if self.invoke(records):
            return
        for _ in range(self.retries):
            self.invoke(records)
        self.queue.append(
            FailedBatch("RetryAttemptsExhausted", len(records), records[0].sequence_number, records[-1].sequence_number)
        )


class SkipsToTheRecord(WorldDouble):
    """Delivers the records one by one after the first failure."""

    def deliver(self, records: Sequence[StreamRecord]) -> None:
        if len(records) < 2 or self.invoke(records):
            super().deliver(records)
            return
        for record in records:
            super().deliver([record])


class OneRetryLess(WorldDouble):
    def deliver(self, records: Sequence[StreamRecord]) -> None:
        self.retries = 1
        super().deliver(records)
        self.retries = 2


class NoMessage(WorldDouble):
    def failed_batches(self) -> Sequence[FailedBatch]:
        return []


class MessageOfAnotherRecord(WorldDouble):
    def failed_batches(self) -> Sequence[FailedBatch]:
        return [replace(message, first="1") for message in self.queue]


class SecondMessage(WorldDouble):
    def failed_batches(self) -> Sequence[FailedBatch]:
        return [*self.queue, *self.queue]


class OtherCondition(WorldDouble):
    def failed_batches(self) -> Sequence[FailedBatch]:
        return [replace(message, condition="RecordAgeExceeded") for message in self.queue]


class PoisonIndexed(WorldDouble):
    """Has the poisoned item in the index although the function failed."""

    def deliver(self, records: Sequence[StreamRecord]) -> None:
        super().deliver(records)
        self.index |= {id: dict(item) for id, item in self.table.items() if "coupon" in item}


class NotMended(WorldDouble):
    def deploy_mended(self) -> None:
        pass


class RedriveFails(WorldDouble):
    def redrive(self) -> Redriven:
        return replace(super().redrive(), exit_code=1)


class RedriveSendsNothing(WorldDouble):
    def redrive(self) -> Redriven:
        return Redriven(0, 0, "nothing")


class RedriveKeepsTheMessage(WorldDouble):
    def redrive(self) -> Redriven:
        kept = self.queue
        redriven = super().redrive()
        self.queue = kept
        return redriven


class RedriveLosesTheRecord(WorldDouble):
    """Deletes the message, and does not invoke the function."""

    def redrive(self) -> Redriven:
        self.queue = []
        return Redriven(0, 1, "done")


class NotRefused(WorldDouble):
    def destroy_is_refused(self) -> bool:
        return False


class PartlyDestroyed(WorldDouble):
    def destroy(self) -> int:
        return RESOURCES - 1


class TableLeft(WorldDouble):
    def leftovers(self) -> Sequence[str]:
        return ["sample-search-indexer"]


@pytest.mark.parametrize(
    ("world", "message"),
    [
        (NothingDeployed, "the example is deployed; found: 0 resources"),
        (StreamWithoutRecords, "a record in the stream"),
        (WrongChange, "the record is MODIFY of order-1"),
        (FunctionNotInvoked, "the function to get the record"),
        (FunctionFails, "the function processes the record .* Timeout"),
        (IndexWithoutChanges, "the index to have the record"),
        (WrongDocuments, "the amount of order-1 in the index is 10; found: it is 1"),
        (DocumentThatIsNoItem, r"the index equals the table: 1 item; found: different are \['order-9999'\]"),
        (NoBisection, "waited 0 s for the other records to be done"),
        (SkipsToTheRecord, r"the failing batch was halved: 8 → 1; found: .* \[8, 1, 1, 1\]"),
        (OneRetryLess, "only the poisoned record was retried, 2 times; found: 2 invocations had only this record"),
        (NoMessage, "a message in the queue"),
        (MessageOfAnotherRecord, "the queue has one message"),
        (SecondMessage, "the queue has one message: .* and 1 more"),
        (OtherCondition, "the queue has one message"),
        (PoisonIndexed, f"the index has all items of the table but {POISONED}; found: missing are \\[\\]"),
        (NotMended, "the function processes the record .* coupon is unknown"),
        (RedriveFails, "redrive read the record from the stream"),
        (RedriveSendsNothing, "redrive read the record from the stream; found: nothing"),
        (RedriveKeepsTheMessage, "an empty queue"),
        (RedriveLosesTheRecord, "the function to get the record"),
        (NotRefused, "terraform destroy is refused"),
        (PartlyDestroyed, "nothing is left; found: 15 of 16 resources destroyed"),
        (TableLeft, "nothing is left; found: .* left are sample-search-indexer"),
    ],
)
def test_the_story_fails_if_something_is_not_true(world: type[WorldDouble], message: str) -> None:
    with pytest.raises(UntrueError, match=message):
        play(world())
