"""After any sequence of writes, and any kind of delivery, the index equals the table."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.search_client import SearchUnavailableError
from tests.function.harness import Clock, Indexer
from tests.function.search_server import SearchServer, cut_after_applying, malformed, status
from tests.function.stream_events import put, remove

KEYS = "ab"
FAULTS = [status(503), status(429), cut_after_applying, malformed(b"{"), malformed(b'{"items":[]}')]

# Sequence numbers that are close (they can share a version), far apart, and of growing length.
gaps = st.sampled_from([1, 1, 2, 999, 10**20, 10**27])
write = st.tuples(st.sampled_from(KEYS), st.booleans(), gaps, st.sampled_from([0, 0, 1, 40]))
writes = st.lists(write, min_size=1, max_size=12)


class Shard:
    """A table, and the stream records of the writes to it.

    Attributes:
        table: the items by key.
        records: the records, in the order of the writes.
    """

    def __init__(self, clock: Clock, start: int, written: list[tuple[str, bool, int, int]]) -> None:
        self.table: dict[str, dict[str, Any]] = {}
        self.records: list[dict[str, Any]] = []
        number = start
        for key, kept, gap, pause in written:
            number += gap
            clock.sleep(pause)
            if kept:
                self.table[key] = {"id": key, "value": number}
                self.records.append(put(number, key, {"value": {"N": str(number)}}, written_at=clock.now()))
            else:
                self.table.pop(key, None)
                self.records.append(remove(number, key, written_at=clock.now()))


def deliver(indexer: Indexer, records: list[dict[str, Any]], *, bisect: bool) -> None:
    """Deliver records as an event source mapping does.

    After a partial failure it delivers again from the lowest failed record. After an error it delivers all records
    again, as two halves if it bisects.
    """
    for _ in range(50):
        try:
            report = indexer.index(*records, seconds=5)
        except SearchUnavailableError:
            if bisect and len(records) > 1:
                middle = len(records) // 2
                deliver(indexer, records[:middle], bisect=bisect)
                deliver(indexer, records[middle:], bisect=bisect)
                return
            continue
        if not report.failures:
            return
        lowest = min(map(int, report.failures))
        records = [record for record in records if int(record["dynamodb"]["SequenceNumber"]) >= lowest]
    raise AssertionError("some records still fail after 50 deliveries")


@settings(max_examples=150)
@given(data=st.data(), start=st.sampled_from([0, 10**17, 10**20, 62 * 10**20 + 2513011397, 10**27 - 1]), written=writes)
def test_the_index_equals_the_table_in_the_end(data: st.DataObject, start: int, written: list[Any]) -> None:
    clock = Clock()
    with SearchServer(clock.now) as server:
        indexer = Indexer(server.url, clock, INDEX="orders", NUMBERS="text")
        shard = Shard(clock, start, written)
        records, position = shard.records, 0
        while position < len(records):
            # A batch begins at the checkpoint, or before it if a checkpoint was lost.
            begin = data.draw(st.integers(0, position), label="begin")
            end = data.draw(st.integers(position + 1, len(records)), label="end")
            server.fail(*data.draw(st.lists(st.sampled_from(FAULTS), max_size=3), label="faults"), applied=True)
            server.engine.busy += data.draw(st.lists(st.sets(st.sampled_from(KEYS)), max_size=3), label="busy")
            deliver(indexer, records[begin:end], bisect=data.draw(st.booleans(), label="bisect"))
            position = end
            clock.sleep(data.draw(st.sampled_from([0, 0, 40, 70, 100_000]), label="pause"))
            # A team can also deliver old records again, those that the dead-letter queue names.
            again = data.draw(st.lists(st.sampled_from(records[:position]), max_size=4), label="again")
            if again:
                deliver(indexer, again, bisect=False)

        assert server.documents() == {
            key: {name: str(value) for name, value in item.items()} for key, item in shard.table.items()
        }
