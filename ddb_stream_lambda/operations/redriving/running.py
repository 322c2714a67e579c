"""Runs ``ddb-stream-lambda redrive``: finds the source, sends its batches, and prints the result."""

from __future__ import annotations

import argparse
import contextlib
import json
import re
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from ..aws import Connection, calling, one_line, region_of
from ..errors import AwsError, OperationError, UsageError
from ..interruptions import stopping_at_signals
from ..output import print_result
from ..progress import Progress
from .journal import Journal, journal_path
from .mappings import EventSourceMapping, Mappings
from .record_file import RecordFileSource
from .report import Report
from .sending import Redrive, Selection
from .sinks import CountingSink, FileSink, FunctionSink, Sink
from .sources import BucketSource, QueueSource, Source

QUEUE_HOST = re.compile(r"https://(?:sqs\.(?P<region>[a-z0-9-]+)|(?P<legacy>[a-z0-9-]+)\.queue)\.amazonaws\.com")
OBJECT_PREFIX = "aws/lambda/"
MAX_PARALLEL = 64


def run_command(options: argparse.Namespace) -> int:
    """Run the command, and return its exit code."""
    progress = Progress("records", quiet=options.quiet)
    stop = threading.Event()
    try:
        with stopping_at_signals(stop, progress.note):
            report = _redrive(options, progress, stop)
    except OperationError as error:
        progress.finish()
        print(f"redrive: {one_line(str(error), 2000)}", file=sys.stderr)
        if options.json:
            print_result(json.dumps({"error": str(error), "exit_code": int(error.exit_code)}))
        return int(error.exit_code)
    progress.finish()
    if options.json:
        print_result(json.dumps(report.document(), indent=2))
    else:
        for key in report.keys:
            print_result(f"{key['sequence_number']}  {key['event']}  {json.dumps(key['keys'])}")
        print_result(
            "\n".join(
                one_line(line, 2000) if not line.startswith(" ") else f"  {one_line(line, 2000)}"
                for line in report.lines()
            )
        )
    return int(report.exit_code)


def _redrive(options: argparse.Namespace, progress: Progress, stop: threading.Event) -> Report:
    connection = Connection(options.region, options.profile, options.endpoint_url)
    mappings = Mappings(connection, use_filters=not options.no_filter)
    mapping, source = _find_source(options, connection, mappings, stop)
    action = "would be sent" if options.dry_run else "exported" if options.export else "sent"
    report = Report(source.name, action, unit="record" if options.records else "batch")
    selection = Selection(
        mapping=mapping,
        since=options.since,
        limit=options.limit,
        function=options.to,
        keeps_objects=options.keep_objects,
        shows_keys=options.keys,
        parallel=min(options.parallel, MAX_PARALLEL),
        max_failures=options.max_failures,
    )
    count = source.count()
    unit = "records" if options.records else "messages"
    progress.note(f"{source.name}: about {count:,} {unit}" if count is not None else source.name)
    with contextlib.ExitStack() as stack:
        journal = None
        sink: Sink = CountingSink()
        if options.export:
            sink = FileSink(stack.enter_context(_new_file(options.export, stop, report)))
        elif not options.dry_run:
            journal = Journal(options.journal or journal_path(source.name, options.to))
            stack.callback(journal.close)
            sink = FunctionSink(connection, sleep=lambda seconds: redrive.pause(seconds))
        redrive = Redrive(
            connection,
            source=source,
            mappings=mappings,
            sink=sink,
            selection=selection,
            journal=journal,
            report=report,
            progress=progress,
            stop=stop,
        )
        redrive.run()
    report.is_interrupted = stop.is_set() and not redrive.is_given_up
    return report


def _find_source(
    options: argparse.Namespace, connection: Connection, mappings: Mappings, stop: threading.Event
) -> tuple[EventSourceMapping | None, Source]:
    """Return the mapping that the options name, if they do, and the source of the failed batches."""
    if options.queue:
        return None, _open_queue(options.queue, connection, stop)
    if options.bucket:
        return None, _open_bucket(options.bucket, connection)
    if options.records:
        if options.since:
            raise UsageError("--since: a file does not have the times of failures", "leave it out with --records")
        return None, RecordFileSource(options.records)
    mapping = mappings.by_uuid(options.mapping) if options.mapping else mappings.by_function(options.function)
    option = f"--mapping {options.mapping}" if options.mapping else f"--function {options.function}"
    destination = mapping.destination
    if destination is None:
        raise UsageError(f"{option}: the event source mapping has no failure destination", "give --queue or --bucket")
    match destination.split(":")[2]:
        case "sqs":
            return mapping, _open_queue(destination, connection, stop)
        case "sns":
            return mapping, _open_queue(_queue_of_topic(destination, connection, option), connection, stop)
        case "s3":
            bucket = destination.rpartition(":")[2]
            queue = _queue_of_bucket(bucket, connection)
            if queue is not None:
                return mapping, _open_queue(queue, connection, stop)
            return mapping, _open_bucket(f"{bucket}/{OBJECT_PREFIX}{mapping.uuid}/", connection)
        case _:
            raise UsageError(f"{option}: the destination {destination} is not supported", "give --queue or --bucket")


def _open_queue(queue: str, connection: Connection, stop: threading.Event) -> QueueSource:
    """Return the queue with a name, a URL or an ARN."""
    if "://" in queue:
        match = QUEUE_HOST.match(queue)
        return QueueSource(
            connection.client("sqs", region=match and (match["region"] or match["legacy"])), queue, stop=stop
        )
    name, owner = queue, {}
    if queue.startswith("arn:"):
        parts = queue.split(":")
        if len(parts) != 6 or parts[2] != "sqs":
            raise UsageError(f"--queue {queue}: is not the ARN of a queue", "give the name, URL or ARN of a queue")
        name, owner = parts[5], {"QueueOwnerAWSAccountId": parts[4]}
    client = connection.client("sqs", region=region_of(queue))
    with calling(f"find the queue {name}"):
        url = client.get_queue_url(QueueName=name, **owner)["QueueUrl"]
    return QueueSource(client, url, stop=stop)


def _open_bucket(bucket: str, connection: Connection) -> BucketSource:
    name, slash, prefix = bucket.removeprefix("s3://").removeprefix("arn:aws:s3:::").partition("/")
    if not name:
        raise UsageError(f"--bucket {bucket}: has no name", "give BUCKET or s3://BUCKET/PREFIX")
    return BucketSource(connection.client("s3"), name, prefix if slash and prefix else OBJECT_PREFIX)


def _queue_of_topic(topic: str, connection: Connection, option: str) -> str:
    with calling(f"list the subscriptions of {topic}"):
        pages = connection.client("sns", region=region_of(topic)).get_paginator("list_subscriptions_by_topic")
        found = [entry for page in pages.paginate(TopicArn=topic) for entry in page["Subscriptions"]]
    queues = [entry["Endpoint"] for entry in found if entry["Protocol"] == "sqs"]
    if len(queues) != 1:
        problem = f"these queues subscribe to it: {', '.join(queues)}" if queues else "no queue subscribes to it"
        raise UsageError(f"{option}: the destination is the topic {topic}, and {problem}", "give --queue")
    return str(queues[0])


def _queue_of_bucket(bucket: str, connection: Connection) -> str | None:
    """Return the only queue that gets the notifications of a bucket; None if there is none, or it may not be read."""
    try:
        with calling(f"read the notifications of {bucket}"):
            answer = connection.client("s3").get_bucket_notification_configuration(Bucket=bucket)
    except AwsError:
        return None
    queues = {entry["QueueArn"] for entry in answer.get("QueueConfigurations", [])}
    return str(queues.pop()) if len(queues) == 1 else None


@contextlib.contextmanager
def _new_file(path: Path, stop: threading.Event, report: Report) -> Iterator[TextIO]:
    """Open a new file that gets its name when it is complete. A run that is interrupted leaves no file."""
    try:
        if path.is_dir():
            raise UsageError(f"--export {path}: is a folder", "give the name of a new file")
        if _exists(path):
            raise FileExistsError
        # In the same folder, so that it can get its name without a copy, and with a name that no other file has.
        descriptor, name = tempfile.mkstemp(prefix=".redrive-", suffix=".partial", dir=path.parent)
        try:
            with open(descriptor, "w", encoding="utf-8") as file:  # noqa: PTH123  # a descriptor has no path
                yield file
            if stop.is_set():
                report.notes[f"--export {path}: not written, because the run was interrupted"] = None
            else:
                _give_name(Path(name), path)
        finally:
            Path(name).unlink(missing_ok=True)
    except FileExistsError:
        raise UsageError(f"--export {path}: the file exists", "remove it, or give another name") from None
    except OSError as error:
        raise UsageError(
            f"--export {path}: cannot be written: {error.strerror}", "make space, or give another name"
        ) from None


def _exists(path: Path) -> bool:
    """Return whether something has a name: a file, a folder, or a link to nothing."""
    try:
        path.lstat()
    except FileNotFoundError:
        return False
    return True


def _give_name(file: Path, path: Path) -> None:
    """Give a file another name, which nothing has.

    Raises:
        FileExistsError: if something has the name.
        OSError: if the folder cannot be written.
    """
    try:
        path.hardlink_to(file)
    except FileExistsError:
        raise
    except OSError:  # the file system has no hard links
        if _exists(path):
            raise FileExistsError from None
        file.rename(path)
