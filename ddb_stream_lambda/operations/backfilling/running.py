"""Runs the command: finds the target and the source, sends the units, and reports the result."""

from __future__ import annotations

import argparse
import json
import math
import shlex
import sys
import threading
import time
import uuid
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Any

from ..aws import Connection
from ..errors import ExitCode, OperationError, UsageError
from ..interruptions import InterruptedRunError, Signals, stopping_at_signals
from ..invoking import Invoker
from ..options import account_arguments
from ..output import print_result
from ..progress import Progress, duration
from .capacity import Pace
from .coordinator import Source, run_units
from .exports import Window, check_export, read_export, start_export, wait_for_export
from .numbering import Run
from .sources import Reader
from .state import State
from .target import Target, find_target
from .units import ExportFile, ScanSegment
from .worker import Budget, Worker

SEGMENTS_PER_WORKER = 4
DEFAULT_PART = 0.25
SECONDS_PER_INVOCATION = 1
# A read unit reads 4 KiB, twice as much if the read is eventually consistent.
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
BYTES_PER_UNIT = {True: 4096, False: 8192}


@dataclass(frozen=True)
class Scan:
    """The segments of a scan as a source."""

    table: str
    count: int
    consistent: bool

    def unit(self, number: int) -> ScanSegment:
        """Return a segment."""
        return ScanSegment(self.table, number, self.count, self.consistent)


@dataclass(frozen=True)
class Files:
    """The files of an export as a source."""

    files: tuple[ExportFile, ...]

    @property
    def count(self) -> int:
        """The number of files."""
        return len(self.files)

    def unit(self, number: int) -> ExportFile:
        """Return a file."""
        return self.files[number]


def run_command(options: argparse.Namespace) -> int:
    """Run the command, print its result, and return its exit code."""
    stop = threading.Event()
    progress = Progress("items")
    result: dict[str, Any] = {"command": "backfill", "table": options.table}
    try:
        with stopping_at_signals(stop, progress.note) as signals:
            code = Backfill(options, stop, signals, progress, result).run()
    except OperationError as error:
        code = error.exit_code
        result["error"] = str(error)
    except InterruptedRunError:
        code = ExitCode.INTERRUPTED
        result["error"] = "interrupted; run the command again to go on"
    finally:
        progress.finish()
    result["exit_code"] = int(code)
    if "error" in result:
        print(f"ddb-stream-lambda backfill: {result['error']}", file=sys.stderr)
    if options.json:
        print_result(json.dumps(result, indent=2))
    return int(code)


class Backfill:
    """One call of the command."""

    def __init__(
        self,
        options: argparse.Namespace,
        stop: threading.Event,
        signals: Signals,
        progress: Progress,
        result: dict[str, Any],
    ) -> None:
        self._options = options
        self._stop = stop
        self._signals = signals
        self._progress = progress
        self._result = result
        connection = Connection(region=options.region, profile=options.profile, endpoint_url=options.endpoint_url)
        self._dynamodb = connection.client("dynamodb")
        self._lambda = connection.client("lambda")
        self._mappings = connection.client("lambda", repeats=True)
        self._s3 = connection.client("s3")

    def run(self) -> ExitCode:
        """Send the items, fill the result, and return the exit code."""
        options = self._options
        if options.since and not options.start_export:
            raise UsageError("--since: needs --start-export", "give both, or leave both out")
        if options.until and not options.since:
            raise UsageError("--until: needs --since", "give both, or leave both out")
        target = find_target(
            self._dynamodb,
            self._mappings,
            options.table,
            mapping=options.mapping,
            function=options.to,
            allow_disabled=options.allow_disabled_mapping,
            use_filters=not options.no_filter,
        )
        self._result |= {
            "table": target.table.name,
            "stream": target.table.stream_arn,
            "mapping": target.mapping["UUID"],
            "function": target.function,
        }
        if options.dry_run:
            return self._dry_run(target)
        path = options.checkpoint or Path(f"backfill-{target.table.name}.json")
        new_run = Run(uuid.uuid4().hex, target.now.astimezone(UTC))
        state = State.open(path, self._identity(target), new_run, failures=options.failed, restart=options.restart)
        try:
            return self._send(target, state, path)
        finally:
            state.close()

    def _identity(self, target: Target) -> dict[str, Any]:
        options = self._options
        if options.export:
            source = f"export {options.export}"
        elif options.start_export:
            window = f" since {options.since}" if options.since else ""
            source = f"new export in {options.start_export}{window}"
        else:
            source = f"{'consistent ' if options.consistent else ''}scan"
        return {
            "table": target.table.arn,
            "stream": target.table.stream_arn,
            "function": target.function,
            "source": source,
        }

    def _send(self, target: Target, state: State, path: Path) -> ExitCode:
        options = self._options
        source, total = self._source(target, state)
        state.write()
        if state.is_resumed:
            self._progress.note(
                f"resumed from {path}: {state.done + state.failed:,} items and {state.complete_units:,} of "
                f"{source.count:,} {self._unit_name(source)} are done"
            )
        pace = Pace(self._max_rate(target, source), wait=self._wait)
        reader = Reader(target.table, state.run, dynamodb=self._dynamodb, s3=self._s3, pace=pace)
        invoker = Invoker(self._lambda, target.function, batch_size=target.batch_size, bisect=True, sleep=self._wait)
        worker = Worker(target.table, state.run, reader=reader, sender=invoker, matches=target.filters.match)
        budget = Budget(options.limit, may_continue=lambda: not self._stop.is_set())
        before = state.done + state.failed
        if options.limit is not None:
            total = min(total, before + options.limit)
        began = time.monotonic()

        def show() -> None:
            self._progress.update(
                state.done + state.failed, max(total, state.done + state.failed), detail=_detail(state, pace)
            )

        show()
        try:
            errors = run_units(
                source,
                state,
                worker,
                workers=options.workers,
                budget=budget,
                stop=self._stop,
                on_progress=show,
            )
        finally:
            seconds = time.monotonic() - began
            sent = state.done + state.failed - before
            self._result |= {
                "run": state.run.to_json(),
                "source": self._identity(target)["source"],
                "done": state.done,
                "failed": state.failed,
                "units": source.count,
                "complete_units": state.complete_units,
                "complete": state.complete_units == source.count,
                "read_units": round(pace.consumed, 1),
                "seconds": round(seconds, 3),
                "items_per_second": round(sent / seconds, 1) if seconds else 0.0,
                "checkpoint": str(path),
                "failed_records": str(state.failures_path) if state.failed else None,
            }
        return self._finish(target, state, errors, path, source.count)

    def _finish(self, target: Target, state: State, errors: list[str], path: Path, count: int) -> ExitCode:
        self._progress.finish()
        complete = state.complete_units == count
        if complete:
            state.delete()
            self._result["checkpoint"] = None
        print_line = self._progress.note if self._options.json else print_result
        print_line(
            f"{state.done:,} items are done, {state.failed:,} failed; {state.complete_units:,} of {count:,} units"
        )
        if state.failed:
            print_line(
                f"the failed records are in {state.failures_path}; correct the function, and send them with: "
                f"{shlex.join(self._redrive_command(target, state))}"
            )
        if errors:
            self._result["errors"] = errors
        if self._signals.received and not complete:
            raise InterruptedRunError
        if errors:
            shown = "; ".join(errors[:5])
            raise OperationError(
                f"{len(errors)} units are not complete: {shown}", "remove the cause, and run the command again to go on"
            )
        if not complete:
            print_line(f"ended at --limit; run the command again to go on from {path}")
        return ExitCode.FAILED if state.failed else ExitCode.DONE

    def _redrive_command(self, target: Target, state: State) -> list[str]:
        """Return the command that sends the failed records to the same function."""
        options = self._options
        arguments = ["ddb-stream-lambda", "redrive", "--records", str(state.failures_path)]
        if options.to or options.mapping:
            arguments += ["--to", target.function]
        if options.no_filter:
            arguments += ["--no-filter"]
        return arguments + account_arguments(options)

    def _wait(self, seconds: float) -> None:
        """Wait.

        Raises:
            InterruptedRunError: if the run ends meanwhile.
        """
        if self._stop.wait(seconds):
            raise InterruptedRunError

    def _source(self, target: Target, state: State) -> tuple[Source, int]:
        """Return the units, and the number of all items as far as it is known."""
        options = self._options
        if options.export is None and options.start_export is None:
            segments = state.source.get("segments") or options.segments or _default_segments(target, options.workers)
            if options.segments not in (None, segments):
                raise UsageError(
                    f"--segments {options.segments}: the checkpoint has {segments} segments",
                    f"give --segments {segments}, or --restart to begin again",
                )
            state.source["segments"] = segments
            return Scan(target.table.name, segments, options.consistent), target.items
        location = options.export or self._started_export(target, state)
        export = read_export(self._s3, location)
        check_export(export, target, allow_gap=options.allow_gap)
        if export.is_incremental:
            self._progress.note(
                "an incremental export has no sequence numbers of the stream: a function that orders by them keeps "
                "what it has from the present stream"
            )
        return Files(export.files), export.items

    def _started_export(self, target: Target, state: State) -> Any:
        options = self._options
        if "export" not in state.source:
            window = None
            if options.since:
                window = Window(options.since, options.until or target.now)
            state.source["export"] = start_export(
                self._dynamodb,
                table_arn=target.table.arn,
                location=options.start_export,
                window=window,
                client_token=state.run.id,
            )
            state.write()
        arn = state.source["export"]
        self._progress.note(f"waiting for the export {arn}, which takes some minutes at least")
        location = wait_for_export(
            self._dynamodb,
            arn,
            wait=self._stop.wait,
        )
        if location is None:
            raise InterruptedRunError
        return location

    def _max_rate(self, target: Target, source: Source) -> float | None:
        if isinstance(source, Files):
            return None
        if self._options.max_rcu is None:
            return target.read_capacity * DEFAULT_PART if target.read_capacity else None
        value, is_percentage = self._options.max_rcu
        if not is_percentage:
            return float(value)
        if target.read_capacity is None:
            raise UsageError(
                f"--max-rcu {value:g}%: the table {target.table.name} is on demand, without a maximum throughput",
                "give a number of read units per second",
            )
        return float(target.read_capacity * value / 100)

    @staticmethod
    def _unit_name(source: Source) -> str:
        return "segments" if isinstance(source, Scan) else "files"

    def _dry_run(self, target: Target) -> ExitCode:
        options = self._options
        items, size, units = target.items, target.bytes, 0
        text = [
            f"table      {target.table.name}: stream {target.table.stream_arn} ({target.table.view_type})",
            f"function   {target.function}, {target.batch_size} records a batch",
        ]
        if options.start_export:
            text.append(f"source     a new export in {options.start_export}")
            source: Source = Files(())
        elif options.export:
            export = read_export(self._s3, options.export)
            check_export(export, target, allow_gap=options.allow_gap)
            items, size, source = export.items, export.bytes, Files(export.files)
            kind = "incremental export" if export.is_incremental else "full export"
            text.append(f"source     {kind} of {export.end:%Y-%m-%d %H:%M:%S} UTC, {len(export.files):,} files")
        else:
            segments = options.segments or _default_segments(target, options.workers)
            source = Scan(target.table.name, segments, options.consistent)
            units = math.ceil(size / BYTES_PER_UNIT[options.consistent])
            text.append(f"source     a scan in {segments:,} segments, {units:,} read units")
        rate = self._max_rate(target, source)
        if options.limit is not None:
            items = min(items, options.limit)
        invocations = math.ceil(items / target.batch_size)
        reading = units / rate if rate else 0.0
        sending = invocations * SECONDS_PER_INVOCATION / options.workers
        text.append(f"items      about {items:,}, {size:,} bytes; {invocations:,} invocations")
        if rate:
            text.append(f"reading    {duration(reading)} at {rate:,.0f} read units per second")
        text.append(
            f"sending    {duration(sending)} with {options.workers} workers, if an invocation takes "
            f"{SECONDS_PER_INVOCATION} s"
        )
        self._result |= {
            "dry_run": True,
            "items": items,
            "bytes": size,
            "read_units": units,
            "max_read_units_per_second": rate,
            "invocations": invocations,
            "reading_seconds": round(reading),
            "sending_seconds": round(sending),
        }
        if not options.json:
            print_result("\n".join(text))
        return ExitCode.DONE


def _default_segments(target: Target, workers: int) -> int:
    # A segment of a large table is at most about 1 GiB, so that a slow segment does not keep one worker busy for long.
    return max(workers * SEGMENTS_PER_WORKER, min(1_000_000, target.bytes // 2**30))


def _detail(state: State, pace: Pace) -> str:
    parts = [f"{state.failed:,} failed"] if state.failed else []
    if pace.consumed:
        parts.append(f"{pace.consumed:,.0f} read units")
    return ", ".join(parts)
