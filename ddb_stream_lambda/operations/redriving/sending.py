"""Finds the records of failed batches, sends them in the order of their shards, and removes what is done."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime
from graphlib import CycleError, TopologicalSorter

from ..aws import Connection, one_line, region_of
from ..errors import AwsError
from ..events import Record, sequence_number
from ..progress import Progress
from .batches import FailedBatch, ForeignError
from .journal import Journal
from .mappings import EventSourceMapping, Mappings
from .messages import ObjectLocation
from .report import Expired, Report
from .sinks import Sink, Target
from .sources import OBJECT_KEY, Entry, MissingObjectError, Source, Window, delete_object, read_object
from .streams import ShardReader, read_parents

# A function that was not mended fails for every batch, and each has several attempts.
MAX_FAILURES_IN_A_ROW = 20


class StoppedError(Exception):
    """The run was interrupted; what is done is recorded."""


@dataclass(frozen=True)
class Selection:
    """The batches to send, and how.

    Attributes:
        mapping: the mapping whose batches are sent; None for those of all.
        since: only batches that failed at this time or later.
        limit: the number of records after which no other batch is begun.
        function: the function to send to, instead of the one of each batch.
        keeps_objects: whether the objects of finished batches are kept.
        shows_keys: whether the report has the keys of each record.
        parallel: the number of shards that are sent at once.
        max_failures: the number of failed batches in a row that ends the run.
    """

    mapping: EventSourceMapping | None = None
    since: datetime | None = None
    limit: int | None = None
    function: str | None = None
    keeps_objects: bool = False
    shows_keys: bool = False
    parallel: int = 1
    max_failures: int = MAX_FAILURES_IN_A_ROW


@dataclass
class Loaded:
    """A failed batch with its records.

    Attributes:
        entry: the entry of the source.
        records: the records that are left to send, in order.
        is_complete: whether all records of the batch were found.
        through: the sequence number up to which records are done.
    """

    entry: Entry
    records: list[Record]
    is_complete: bool
    through: int = -1

    def has(self, number: int) -> bool:
        """Return whether a record is left to send."""
        return any(sequence_number(record) == number for record in self.records)

    def advance(self, number: int) -> bool:
        """Remove the records up to a sequence number, and return whether there were any."""
        count = next(
            (index for index, record in enumerate(self.records) if sequence_number(record) > number), len(self.records)
        )
        if count:
            self.through = sequence_number(self.records[count - 1])
            del self.records[:count]
        return count > 0


class Redrive:
    """One run.

    Args:
        connection: the account and Region.
        source: the queue or the bucket.
        mappings: looks up the mappings.
        sink: takes the records.
        selection: the batches to send.
        journal: records what is done; None if the sink does not finish records.
        report: gets the counts.
        progress: shows how far the run is.
        stop: ends the run after the batches that are being sent.

    Attributes:
        is_given_up: whether the run ended because many batches in a row failed.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        source: Source,
        mappings: Mappings,
        sink: Sink,
        selection: Selection,
        journal: Journal | None,
        report: Report,
        progress: Progress,
        stop: threading.Event,
    ) -> None:
        self._connection = connection
        self._source = source
        self._mappings = mappings
        self._sink = sink
        self._selection = selection
        self._journal = journal
        self._report = report
        self._progress = progress
        self._stop = stop
        self._taken = 0
        self._failures_in_a_row = 0
        self._finished: set[str] = set()
        self.is_given_up = False

    def run(self) -> None:
        """Send the batches of the source.

        Raises:
            AwsError: if AWS refuses a request. What is done is recorded, and the messages are visible again.
        """
        try:
            if self._journal is not None:
                self._take_over(self._journal)
            is_empty = True
            for window in self._source.windows():
                is_empty = False
                self._work(window)
                if self._stop.is_set():
                    break
            if self._journal is not None and not self._source.is_emptied and self._is_all_done():
                self._journal.forget_all(f"{self._source.name}#")
            if is_empty and (held := self._source.count_invisible()):
                self._note(
                    f"no message is visible, but about {held:,} are held: by another run, or by one that was killed; "
                    "what a killed run held is visible again after 15 minutes at most"
                )
        finally:
            self._source.close()
            if self._journal is not None:
                self._journal.release()

    def _is_all_done(self) -> bool:
        return not (self._stop.is_set() or self._report.failed or self._report.skipped)

    def _take_over(self, journal: Journal) -> None:
        """Make the messages visible that a run that was killed held, and record those that this run holds."""
        if journal.receipts:
            with contextlib.suppress(AwsError):  # they become visible by themselves
                self._source.release(journal.receipts)
            journal.release()
        self._source.on_receive = journal.hold

    def _work(self, window: Window) -> None:
        for foreign in window.foreign:
            self._report.foreign[foreign.name] = foreign.reason
        self._report.test_events += len(window.test_events)
        if self._sink.finishes:
            self._source.delete(window.test_events)
        groups: dict[str, list[Entry]] = {}
        for entry in window.entries:
            if self._is_selected(entry):
                groups.setdefault(entry.shard_id, []).append(entry)
            else:
                self._report.skipped += 1
        self._work_in_order(groups)

    def _is_selected(self, entry: Entry) -> bool:
        selection, content = self._selection, entry.content
        if selection.since is not None and entry.failed is not None and entry.failed < selection.since:
            return False
        if selection.mapping is None:
            return True
        if isinstance(content, FailedBatch):
            mapping = selection.mapping
            return (content.stream_arn, content.function) == (mapping.stream_arn, mapping.function)
        match = OBJECT_KEY.fullmatch(content.key)
        return match is None or match["uuid"] == selection.mapping.uuid

    def _work_in_order(self, groups: Mapping[str, list[Entry]]) -> None:
        """Work on the shards, a parent before its children."""
        parents, workers = self._parents(groups), self._selection.parallel
        if parents is None:
            parents, workers = {}, 1
        sorter = TopologicalSorter({shard: _ancestors(shard, parents) for shard in groups})
        try:
            sorter.prepare()
        except CycleError:  # not in AWS
            sorter = TopologicalSorter(dict.fromkeys(groups, ()))
            sorter.prepare()
        running: dict[Future[None], str] = {}
        with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="shard") as pool:
            try:
                while sorter.is_active():
                    for shard in sorted(sorter.get_ready()):
                        running[pool.submit(self._work_on_shard, groups.get(shard, []))] = shard
                    for future in wait(running, return_when=FIRST_COMPLETED).done:
                        future.result()
                        sorter.done(running.pop(future))
            except StoppedError:
                self._stop.set()
            except BaseException:
                self._stop.set()
                raise

    def _parents(self, groups: Mapping[str, list[Entry]]) -> dict[str, str] | None:
        """Return the parents of shards; None if they are needed and cannot be read."""
        if len(groups) < 2 or not self._source.is_emptied:  # the records of a file have no shards
            return {}
        contents = [entry.content for entries in groups.values() for entry in entries]
        streams = {content.stream_arn for content in contents if isinstance(content, FailedBatch)}
        if self._selection.mapping is not None:
            streams.add(self._selection.mapping.stream_arn)
        parents: dict[str, str] = {}
        for stream in sorted(streams):
            try:
                parents |= read_parents(self._connection.client("dynamodbstreams", region=region_of(stream)), stream)
            except AwsError:
                # The ids begin with the time at which a shard began, so that their order is that of the records.
                return None
        return parents if streams else None

    def _work_on_shard(self, entries: list[Entry]) -> None:
        chunk: list[Loaded] = []
        chunk_target: Target | None = None
        readers: dict[tuple[str, str], ShardReader] = {}
        for entry in sorted(entries, key=lambda entry: entry.order):
            if self._stop.is_set():
                raise StoppedError
            if entry.identity in self._finished or (
                self._journal is not None and self._journal.is_complete(self._complete_name(entry))
            ):
                self._finish([entry])
                continue
            found = self._load(entry, readers)
            if found is None:
                continue
            loaded, target = found
            if chunk_target is not None and (
                target != chunk_target or sum(len(part.records) for part in chunk) >= target.batch_size
            ):
                self._send(chunk, chunk_target)
                chunk = []
            chunk.append(loaded)
            chunk_target = target
        if chunk_target is not None:
            self._send(chunk, chunk_target)

    def _load(self, entry: Entry, readers: dict[tuple[str, str], ShardReader]) -> tuple[Loaded, Target] | None:
        """Return a batch with the records to send; None if there are none or the batch is not selected."""
        if self._is_limit_reached():
            self._skip()
            return None
        try:
            batch = self._read_batch(entry)
        except MissingObjectError:
            error = "the object does not exist any more: it has expired, or it was sent and removed already"
            self._fail(entry, error)
            return None
        except ForeignError as error:
            with self._report.lock:
                self._report.foreign[str(entry.content)] = one_line(str(error))
            return None
        mapping = self._mappings.for_batch(batch.stream_arn, batch.function)
        if mapping is None:
            mapping = EventSourceMapping()
            self._note(
                f"one event source mapping from {batch.stream_arn} to {batch.function or 'a function'} was not found, "
                f"or may not be looked up: the batch size is taken as {mapping.batch_size}, filters are not applied"
            )
        function = self._selection.function or batch.function or mapping.function
        if not function:
            self._fail(entry, "its function is not known; give --to FUNCTION")
            return None
        records, is_complete = self._find_records(entry, batch, mapping, readers)
        through = self._journal.through(self._name(entry, function)) if self._journal is not None else -1
        left = [record for record in records if sequence_number(record) > through]
        if not self._take(len(left)):
            self._skip()
            return None
        with self._report.lock:
            report = self._report
            report.batches += 1
            if batch.condition:
                report.conditions[batch.condition] += 1
            times = [batch.first_arrival or batch.failed, report.oldest]
            report.oldest = min((time for time in times if time is not None), default=None)
        target = Target(function, mapping.batch_size, batch.stream_arn)
        return Loaded(entry, left, is_complete), target

    def _read_batch(self, entry: Entry) -> FailedBatch:
        if isinstance(entry.content, FailedBatch):
            return entry.content
        return read_object(self._connection.client("s3"), entry.content)

    def _find_records(
        self,
        entry: Entry,
        batch: FailedBatch,
        mapping: EventSourceMapping,
        readers: dict[tuple[str, str], ShardReader],
    ) -> tuple[list[Record], bool]:
        """Return the records of a batch, and whether they are all there."""
        if batch.records is not None:
            if not batch.records:
                self._fail(entry, "the object has no records; it is kept")
            return list(batch.records), bool(batch.records)
        key = (batch.stream_arn, batch.shard_id)
        if key not in readers:
            client = self._connection.client("dynamodbstreams", region=region_of(batch.stream_arn))
            readers[key] = ShardReader(client, *key, sleep=self.pause)
        found = readers[key].read(batch.start, batch.end)
        records = [record for record in found.records if mapping.filters.match(record)]
        missing = batch.size - len(records)
        if found.is_trimmed:
            with self._report.lock:
                self._report.expired.append(Expired(batch, max(1, missing)))
            return records, False
        if missing > 0 or not found.records:
            self._fail(
                entry,
                f"{len(records)} of {batch.size} records were found in the stream; they are sent, and the message is "
                "kept. If the mapping's filters changed, give --no-filter to send all records of the range",
            )
            return records, False
        if missing < 0 and batch.size:
            self._note(
                "some ranges hold more records than their batch had, as with parallelization_factor above 1: "
                "all records of a range are sent"
            )
        return records, True

    def _send(self, chunk: list[Loaded], target: Target) -> None:
        """Send the records of batches that follow each other in a shard. A record in two batches is sent once."""
        left = chunk
        while left:
            records = _merge(left)
            delivery = _Delivery(self, left, records, target)
            if not records:
                delivery.finish()
                return
            outcome = self._sink.send(target, records, delivery.advance)
            if outcome.error is None:
                return
            failed = sequence_number(records[outcome.done])
            for loaded in delivery.left:
                if loaded.has(failed):
                    self._fail(loaded.entry, outcome.error)
                    self._failures_in_a_row += 1
            if self._failures_in_a_row >= self._selection.max_failures:
                self._note(
                    f"{self._selection.max_failures} batches in a row failed: correct the function, and run it again. "
                    "To reach the batches behind them, give a greater --max-failures"
                )
                self.is_given_up = True
                self._stop.set()
                raise StoppedError
            left = [loaded for loaded in delivery.left if not loaded.has(failed)]

    def record(self, loaded: Sequence[Loaded], target: Target) -> None:
        """Record in the journal up to which record batches are done."""
        if self._journal is not None:
            self._journal.record({self._name(part.entry, target.function): part.through for part in loaded})

    def finish(self, loaded: Sequence[Loaded], target: Target) -> None:
        """Remove the batches that are complete."""
        self._finish([part.entry for part in loaded if part.is_complete], target.function)

    def check_stop(self) -> None:
        """End the run here if it is interrupted.

        Raises:
            StoppedError: if it is.
        """
        if self._stop.is_set():
            raise StoppedError

    def count(self, function: str, records: Sequence[Record]) -> None:
        """Count records that are done."""
        with self._report.lock:
            self._failures_in_a_row = 0
            self._report.records += len(records)
            self._report.functions[function] += len(records)
            if self._selection.shows_keys:
                self._report.keys += [
                    {
                        "keys": record["dynamodb"].get("Keys"),
                        "event": record.get("eventName"),
                        "sequence_number": record["dynamodb"]["SequenceNumber"],
                    }
                    for record in records
                ]
            failed = f"{len(self._report.failed):,} failed" if self._report.failed else ""
            self._progress.update(self._report.records, detail=failed)

    def _finish(self, entries: Sequence[Entry], function: str | None = None) -> None:
        """Remove batches whose records are all done: first the objects, then the messages."""
        if not entries or not self._sink.finishes:
            return
        objects = [entry.content for entry in entries if isinstance(entry.content, ObjectLocation)]
        removed = 0
        if self._journal is not None:
            # A message whose object is gone could not be read any more.
            self._journal.complete([self._complete_name(entry) for entry in entries if entry.content in objects])
        for location in objects:
            if not self._selection.keeps_objects:
                delete_object(self._connection.client("s3"), location)
                removed += 1
        removed += self._source.delete([message for entry in entries for message in entry.messages])
        self._finished.update(entry.identity for entry in entries)
        with self._report.lock:
            self._report.removed += removed
        # The journal keeps the batches that stay in their source, so that they are not sent again.
        is_emptied = self._source.is_emptied and not self._selection.keeps_objects
        gone = [entry for entry in entries if entry.messages or is_emptied]
        if self._journal is not None and gone:
            names = [self._name(entry, function) for entry in gone] if function is not None else []
            self._journal.forget([*names, *(self._complete_name(entry) for entry in gone)])

    def _fail(self, entry: Entry, error: str) -> None:
        with self._report.lock:
            self._report.failed[entry.label or entry.identity] = error

    def _skip(self) -> None:
        with self._report.lock:
            self._report.skipped += 1

    def _note(self, text: str) -> None:
        with self._report.lock:
            self._report.notes[text] = None

    def _is_limit_reached(self) -> bool:
        limit = self._selection.limit
        return limit is not None and self._taken >= limit

    def _take(self, count: int) -> bool:
        """Return whether a batch is within the limit. The first one always is."""
        with self._report.lock:
            limit = self._selection.limit
            if limit is not None and self._taken and self._taken + count > limit:
                self._taken = limit
                return False
            self._taken += count
            return True

    def pause(self, seconds: float) -> None:
        """Wait.

        Raises:
            StoppedError: if the run is interrupted.
        """
        if self._stop.wait(seconds):
            raise StoppedError

    def _complete_name(self, entry: Entry) -> str:
        """Return the name of a batch that only has to be removed. A run with another function sends it again."""
        return f"{entry.identity} --to {self._selection.function}" if self._selection.function else entry.identity

    @staticmethod
    def _name(entry: Entry, function: str) -> str:
        return f"{entry.identity} {function}"


class _Delivery:
    """The batches whose records are being sent together.

    Attributes:
        left: the batches that are not finished.
    """

    def __init__(self, redrive: Redrive, left: Sequence[Loaded], records: Sequence[Record], target: Target) -> None:
        self.left = list(left)
        self._redrive = redrive
        self._records = records
        self._target = target
        self._done = 0

    def advance(self, done: int) -> None:
        """Record that the first records are done, and finish the batches that have no other ones.

        Raises:
            StoppedError: if the run is interrupted.
        """
        self._redrive.count(self._target.function, self._records[self._done : done])
        self._done = done
        last = sequence_number(self._records[done - 1])
        self._redrive.record([loaded for loaded in self.left if loaded.advance(last)], self._target)
        self.finish()
        self._redrive.check_stop()

    def finish(self) -> None:
        """Finish the batches that have no records left."""
        finished = [loaded for loaded in self.left if not loaded.records]
        self.left = [loaded for loaded in self.left if loaded.records]
        self._redrive.finish(finished, self._target)


def _merge(chunk: Sequence[Loaded]) -> list[Record]:
    """Return the records of batches in the order of the stream, each once."""
    by_number = {sequence_number(record): record for loaded in chunk for record in loaded.records}
    return [by_number[number] for number in sorted(by_number)]


def _ancestors(shard: str, parents: Mapping[str, str]) -> list[str]:
    """Return the parent of a shard, its parent, and so on."""
    found: list[str] = []
    while shard in parents and parents[shard] not in found:
        shard = parents[shard]
        found.append(shard)
    return found
