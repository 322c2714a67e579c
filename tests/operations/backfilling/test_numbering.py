"""The records of a run lose against those of the stream, and win over those of earlier runs and former streams."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from ddb_stream_lambda.operations.backfilling.numbering import POSITIONS, Run
from ddb_stream_lambda.operations.backfilling.records import Change, StreamedTable
from hypothesis import example, given, settings
from hypothesis import strategies as st

from indexer.versions import Position, creation_from_label, version_of
from tests.function.harness import Clock, Indexer
from tests.function.search_server import SearchServer
from tests.function.stream_events import ARN, LABEL, TABLE, put, remove

from .doubles import NOW, RUN

FORMER_LABEL = "2025-06-01T00:00:00.000"
CREATED = creation_from_label(LABEL)
starts = st.datetimes(min_value=datetime(2014, 1, 1), max_value=datetime(2280, 1, 1), timezones=st.just(UTC))
positions = st.integers(min_value=0, max_value=POSITIONS - 1)
# The sequence numbers of a real stream have 21 to 40 digits.
real_numbers = st.integers(min_value=10**20, max_value=10**40 - 1)
labels = st.datetimes(min_value=datetime(2014, 1, 1), max_value=datetime(2091, 1, 1)).map(
    lambda time: time.isoformat(timespec="milliseconds")
)


class TestSequenceNumbers:
    @given(labels, starts, positions, real_numbers)
    @example(LABEL, datetime(2280, 1, 1, tzinfo=UTC), POSITIONS - 1, 10**20)
    def test_every_record_of_the_present_stream_wins(
        self, label: str, started: datetime, position: int, real: int
    ) -> None:
        number, created = Run("a", started).sequence_number(position), creation_from_label(label)
        assert int(number) < real
        assert version_of(created, number) < version_of(created, str(real))
        assert Position(created, int(number)) < Position(created, real)

    @given(labels, st.tuples(starts, starts).map(sorted), positions, positions)
    @example(LABEL, [NOW, NOW + timedelta(seconds=1)], POSITIONS - 1, 0)
    def test_a_later_run_wins_over_an_earlier_one(
        self, label: str, times: list[datetime], earlier_position: int, later_position: int
    ) -> None:
        times[1] += timedelta(seconds=1)
        earlier, later = (
            Run("a", time).sequence_number(position)
            for time, position in zip(times, (earlier_position, later_position), strict=True)
        )
        created = creation_from_label(label)
        assert int(earlier) < int(later)
        # The function compares the positions of changes that share a version.
        assert version_of(created, earlier) <= version_of(created, later)
        assert Position(created, int(earlier)) < Position(created, int(later))

    @given(st.tuples(labels, labels).map(sorted), starts, positions, real_numbers)
    @example([FORMER_LABEL, LABEL], NOW, 0, 10**40 - 1)
    def test_wins_over_every_record_of_a_former_stream(
        self, pair: list[str], started: datetime, position: int, real: int
    ) -> None:
        former, present = map(creation_from_label, pair)
        if former < present:
            assert version_of(former, str(real)) < version_of(present, Run("a", started).sequence_number(position))

    @given(starts, st.lists(positions, min_size=2, max_size=10, unique=True))
    def test_rises_with_the_position_and_has_twenty_digits(self, started: datetime, found: list[int]) -> None:
        numbers = [Run("a", started).sequence_number(position) for position in sorted(found)]
        assert numbers == sorted(set(numbers))
        assert {len(number) for number in numbers} == {20}

    @pytest.mark.parametrize("position", [-1, POSITIONS])
    def test_a_position_out_of_range_is_refused(self, position: int) -> None:
        with pytest.raises(ValueError, match="at most"):
            RUN.sequence_number(position)

    @pytest.mark.parametrize("year", [1999, 2290])
    def test_a_start_out_of_range_is_refused(self, year: int) -> None:
        with pytest.raises(ValueError, match="2001 to 2286"):
            Run("a", datetime(year, 1, 1, tzinfo=UTC)).sequence_number(0)


class TestEventIds:
    def test_is_the_same_for_an_item_in_every_attempt(self) -> None:
        again = Run.from_json(json.loads(json.dumps(RUN.to_json())))
        assert again == RUN
        assert again.event_id({"id": {"S": "a"}}) == RUN.event_id({"id": {"S": "a"}})

    def test_differs_between_items_and_runs(self) -> None:
        ids = {run.event_id({"id": {"S": key}}) for run in (RUN, Run("run-2", NOW)) for key in "ab"}
        assert len(ids) == 4
        assert {len(id) for id in ids} == {32}


KEYS = "ab"
# A write: the key, whether the item is kept, and the seconds after it. The engine forgets deletions after 60 s.
writes = st.lists(st.tuples(st.sampled_from(KEYS), st.booleans(), st.sampled_from([0, 1, 100])), max_size=8)
ORDERS = StreamedTable("Orders", "arn", ARN.format(TABLE, LABEL), "NEW_AND_OLD_IMAGES", ("id",))


def read_table(items: dict[str, str], run: Run) -> list[Any]:
    """Return the records that a run makes of the items at this moment."""
    changes = [
        Change.from_item({"id": {"S": key}, "value": {"S": value}}, key_names=("id",), written_at=run.written_at)
        for key, value in sorted(items.items())
    ]
    return [ORDERS.record(change, run=run, position=position) for position, change in enumerate(changes)]


@settings(max_examples=200)
@given(before=st.sets(st.sampled_from(KEYS)), former=st.sets(st.sampled_from(KEYS)), written=writes, data=st.data())
def test_the_index_of_the_sample_function_equals_the_table_in_the_end(
    before: set[str], former: set[str], written: list[Any], data: st.DataObject
) -> None:
    """Two runs read the items at any moment, and their records arrive at any later moment, once or several times."""
    clock = Clock()
    items = dict.fromkeys(before, "before")
    with SearchServer(clock.now) as server:
        indexer = Indexer(server.url, clock)
        for key in former & before:
            indexer.index(put(10**30, key, {"value": {"S": "of a former stream"}}, label=FORMER_LABEL))
        waiting: list[list[Any]] = []
        for start in (0, 1):
            run = Run(f"run-{start}", datetime.fromtimestamp(clock.now(), UTC))
            waiting.append(read_table(items, run))
            for number, (key, kept, pause) in enumerate(written[start::2]):
                real = 10**20 + 1000 * start + number
                if kept:
                    items[key] = f"{start}-{number}"
                    indexer.index(put(real, key, {"value": {"S": items[key]}}, written_at=clock.now()))
                else:
                    items.pop(key, None)
                    indexer.index(remove(real, key, written_at=clock.now()))
                waiting.append(read_table(items, run))
                clock.sleep(pause)
                while data.draw(st.booleans(), label="deliver"):
                    indexer.index(*data.draw(st.sampled_from(waiting), label="batch"))
            clock.sleep(2)
        for batch in data.draw(st.permutations(waiting), label="rest"):
            indexer.index(*batch)
        documents = {id: document["value"] for id, document in server.documents().items()}
    assert documents == items
