"""A world in memory: a table, a stream, a function that fails on coupons, an index and a queue, without waiting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from demo.world import FailedBatch, Invocation, Item, Redriven, StreamRecord

RESOURCES = 16
FIRST = 10**20


class WorldDouble:
    """Behaves as the deployed example does. A test overrides a method to make one thing wrong."""

    retries = 2
    urls: Sequence[str] = ()

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.is_mended = False
        self.is_retained = True
        self.table: dict[str, Item] = {}
        self.records: list[StreamRecord] = []
        self.images: dict[str, Item | None] = {}
        self.done: list[Invocation] = []
        self.index: dict[str, Item] = {}
        self.positions: dict[str, str] = {}
        self.queue: list[FailedBatch] = []

    def deploy(self) -> int:
        self.calls.append("deploy")
        return RESOURCES

    def deploy_mended(self) -> None:
        self.calls.append("deploy mended")
        self.is_mended = True

    def destroy_is_refused(self) -> bool:
        return self.is_retained

    def lift_protections(self) -> None:
        self.calls.append("lift protections")
        self.is_retained = False

    def destroy(self) -> int:
        self.calls.append("destroy")
        return RESOURCES

    def put(self, *items: Item) -> None:
        for item in items:
            self.table[str(item["id"])] = dict(item)
        self.deliver([self.write("INSERT", str(item["id"]), dict(item)) for item in items])

    def set_amount(self, id: str, amount: int) -> None:
        self.table[id] = self.table[id] | {"amount": amount}
        self.deliver([self.write("MODIFY", id, self.table[id])])

    def delete(self, id: str) -> None:
        del self.table[id]
        self.deliver([self.write("REMOVE", id, None)])

    def items(self) -> Mapping[str, Item]:
        return self.table

    def stream(self) -> Sequence[StreamRecord]:
        return self.records

    def invocations(self) -> Sequence[Invocation]:
        return self.done

    def documents(self) -> Mapping[str, Item]:
        return self.index

    def indexed_positions(self) -> Mapping[str, str]:
        return self.positions

    def failed_batches(self) -> Sequence[FailedBatch]:
        return self.queue

    def redrive(self) -> Redriven:
        sent = [record for message in self.queue for record in self.records if record.sequence_number == message.first]
        self.queue = []
        self.invoke(sent)
        return Redriven(0, len(sent), "done")

    def leftovers(self) -> Sequence[str]:
        return []

    def write(self, change: str, id: str, image: Item | None) -> StreamRecord:
        """Add a record to the stream."""
        record = StreamRecord(change, id, str(FIRST + len(self.records) + 1))
        self.records.append(record)
        self.images[record.sequence_number] = image
        return record

    def deliver(self, records: Sequence[StreamRecord]) -> None:
        """Invoke the function as the event source mapping does, with bisection and retries."""
        if self.invoke(records):
            return
        if len(records) > 1:
            middle = len(records) // 2
            self.deliver(records[:middle])
            self.deliver(records[middle:])
            return
        for _ in range(self.retries):
            self.invoke(records)
        number = records[0].sequence_number
        self.queue.append(FailedBatch("RetryAttemptsExhausted", 1, number, number))

    def invoke(self, records: Sequence[StreamRecord]) -> bool:
        """Invoke the function, and return whether it succeeded."""
        numbers = [record.sequence_number for record in records]
        if not self.is_mended and any("coupon" in (self.images[number] or {}) for number in numbers):
            self.done.append(Invocation(numbers, "SystemExit: the coupon is unknown"))
            return False
        for record in records:
            image = self.images[record.sequence_number]
            if image is None:
                self.index.pop(record.id, None)
            else:
                self.index[record.id] = dict(image)
            self.positions[record.id] = record.sequence_number
        self.done.append(Invocation(numbers))
        return True
