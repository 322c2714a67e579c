"""The sample function with a redrive: late records lose against newer ones, so that the index equals the table."""

from __future__ import annotations

import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ddb_stream_lambda.operations.errors import ExitCode
from ddb_stream_lambda.operations.events import record_from_stream
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.function.harness import Clock, Indexer
from tests.function.search_server import SearchServer
from tests.function.stream_events import NOW

from .fakes import STREAM, FakeStreams, stream_record
from .messages import SHARD, message_about
from .test_sending import Lambda, World

# Sequence numbers grow in length.
START, STEP = 10**21 - 3 * 10**10, 10**10


@settings(max_examples=25)
@given(
    writes=st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), min_size=1, max_size=16),
    batches=st.lists(st.tuples(st.integers(1, 4), st.booleans()), min_size=16, max_size=16),
    repeats=st.booleans(),
    order=st.randoms(use_true_random=False),
)
def test_index_equals_the_table_after_failed_batches_are_sent_late(
    writes: list[tuple[str, bool]], batches: list[tuple[int, bool]], repeats: bool, order: Any
) -> None:
    table: dict[str, dict[str, Any]] = {}
    records = []
    for position, (key, is_put) in enumerate(writes):
        record = stream_record(START + position * STEP, key, value={"N": str(position)})
        record["dynamodb"]["ApproximateCreationDateTime"] = datetime.fromtimestamp(NOW - 60, UTC)
        if is_put:
            table[key] = {"id": key, "value": position}
        else:
            record["eventName"] = "REMOVE"
            del record["dynamodb"]["NewImage"]
            table.pop(key, None)
        records.append(record)
    clock = Clock()
    with SearchServer(clock.now) as server, tempfile.TemporaryDirectory() as folder:
        indexer = Indexer(server.url, clock)
        bodies, left = [], list(records)
        for size, is_failed in batches:
            batch, left = left[:size], left[size:]
            if not batch:
                break
            if is_failed:
                first, last = (int(record["dynamodb"]["SequenceNumber"]) for record in (batch[0], batch[-1]))
                bodies.append(json.dumps(message_about(first, last, size=len(batch))))
            if not is_failed or repeats:  # a batch that failed can have been applied in part or in whole
                assert not indexer.index(*[record_from_stream(record, stream_arn=STREAM) for record in batch]).failures
        order.shuffle(bodies)

        def handler(delivered: list[Any]) -> dict[str, Any]:
            failures = indexer.index(*delivered).failures
            return {"batchItemFailures": [{"itemIdentifier": number} for number in failures]}

        world = World(Path(folder), bodies=bodies, streams=FakeStreams({SHARD: records}), function=Lambda(handler))
        assert world.run().exit_code == ExitCode.DONE
        assert left == []
        assert server.documents() == table
