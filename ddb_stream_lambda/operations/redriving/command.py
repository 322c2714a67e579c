"""The command line ``ddb-stream-lambda redrive``."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import signal
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any, TextIO

from ..aws import Connection, calling, one_line, region_of
from ..errors import AwsError, ExitCode, OperationError, UsageError
from ..progress import Progress
from .journal import Journal, journal_path
from .mappings import EventSourceMapping, Mappings
from .report import Report
from .sending import CountingSink, FileSink, FunctionSink, Redrive, Selection, Sink, parse_time
from .sources import BucketSource, QueueSource, Source

QUEUE_HOST = re.compile(r"https://(?:sqs\.(?P<region>[a-z0-9-]+)|(?P<legacy>[a-z0-9-]+)\.queue)\.amazonaws\.com")
OBJECT_PREFIX = "aws/lambda/"
MAX_PARALLEL = 64
SUMMARY = "send the records of failed batches to the function again"
DESCRIPTION = """\
Send the records of failed batches to the function again, and remove each batch from its queue or bucket when all its
records are done.

A batch that the function cannot process goes to the mapping's failure destination. If that is a queue or a topic, the
message has no records, only a shard and a range of sequence numbers. This command reads the records from the stream,
where they are for 24 hours. If the destination is a bucket, the objects hold the records for as long as they exist.

The function is invoked as the event source mapping does it: the same events, batches of the same size, in the order of
each shard, with the same filters. Partial batch responses are honored. A batch that fails again stays where it is.
The function must accept that a record comes twice, and that a record comes after a newer one of the same item, as
Lambda requires it anyway.

Give the queue or the bucket, or let the command find it with --mapping or --function. Start with --dry-run.
"""
EPILOG = """\
examples:
  ddb-stream-lambda redrive --queue orders-dlq --dry-run        show what would be sent; nothing changes
  ddb-stream-lambda redrive --queue orders-dlq                  send it
  ddb-stream-lambda redrive --function orders                   find the queue or the bucket from the mapping
  ddb-stream-lambda redrive --bucket s3://orders-failed         read the objects themselves
  ddb-stream-lambda redrive --queue orders-dlq --since 6h --limit 1000
  ddb-stream-lambda redrive --queue orders-dlq --export records.jsonl
  ddb-stream-lambda redrive --queue orders-dlq --json | jq .expired

An interrupted run is continued by the same command. It repeats at most the batch that was being sent (with --parallel,
one for each shard that was being sent).

Permissions: sqs:ReceiveMessage, DeleteMessage, ChangeMessageVisibility, GetQueueUrl, GetQueueAttributes on the queue;
s3:GetObject, GetObjectVersion, DeleteObject and ListBucket on the bucket; dynamodb:GetShardIterator, GetRecords and
DescribeStream on the stream; lambda:InvokeFunction, ListEventSourceMappings and GetEventSourceMapping.

exit codes:
  0  success: nothing is left, except what --since, --limit and foreign messages leave
  1  some batches failed again; they are kept
  2  usage: a wrong option, or another run has the same source open
  3  AWS refused a request: credentials, permissions, or something that does not exist
  4  some records have expired from the stream; their messages are kept, and the report names the repair
  130  interrupted; the same command continues
"""


def add_command(commands: Any) -> None:
    """Add the command to the program.

    Args:
        commands: the program's subcommands.
    """
    parser = commands.add_parser(
        "redrive",
        help=SUMMARY,
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    source = parser.add_argument_group("where the failed batches are (exactly one)").add_mutually_exclusive_group(
        required=True
    )
    source.add_argument("--queue", metavar="QUEUE", help="name, URL or ARN of the queue")
    source.add_argument("--bucket", metavar="BUCKET", help="name of the bucket, or s3://BUCKET/PREFIX")
    source.add_argument("--mapping", metavar="UUID", help="the event source mapping; only its batches are sent")
    source.add_argument(
        "--function", metavar="FUNCTION", help="name or ARN of the function, if one mapping invokes it from a stream"
    )
    choice = parser.add_argument_group("what is sent, and where to")
    choice.add_argument(
        "--since",
        metavar="TIME",
        type=_time,
        help="only batches that failed since this time: ISO 8601, or an age such as 30m, 6h, 2d",
    )
    choice.add_argument("--limit", metavar="N", type=_count, help="stop before a batch that would exceed N records")
    choice.add_argument("--to", metavar="FUNCTION", help="send to this function instead of the one that failed")
    choice.add_argument(
        "--no-filter", action="store_true", help="send all records of a range, also those that the mapping filters out"
    )
    choice.add_argument("--keep-objects", action="store_true", help="do not delete the objects of finished batches")
    choice.add_argument(
        "--parallel",
        metavar="N",
        type=_count,
        default=1,
        help="shards that are sent at once (default: 1); a shard waits for its parent",
    )
    modes = choice.add_mutually_exclusive_group()
    modes.add_argument("--dry-run", action="store_true", help="only read and show what would be sent")
    modes.add_argument(
        "--export",
        metavar="FILE",
        type=Path,
        help="write the records to a new file (JSON Lines) instead of sending them",
    )
    output = parser.add_argument_group("output")
    output.add_argument("--keys", action="store_true", help="also show the keys of each record")
    output.add_argument("--json", action="store_true", help="print the result as JSON")
    output.add_argument("--quiet", action="store_true", help="do not print the progress")
    output.add_argument(
        "--journal", metavar="FILE", type=Path, help="where to record what is done (default: in ~/.local/state)"
    )
    account = parser.add_argument_group("account")
    account.add_argument("--region", help="the Region (default: that of the environment or the profile)")
    account.add_argument("--profile", help="a profile of AWS's configuration files")
    account.add_argument("--endpoint-url", metavar="URL", help="the endpoint of all services, such as an emulator's")


def run(options: argparse.Namespace) -> int:
    """Run the command, and return its exit code."""
    progress = Progress("records", quiet=options.quiet)
    stop = threading.Event()
    try:
        with _signals(stop, progress):
            report = _redrive(options, progress, stop)
    except OperationError as error:
        progress.finish()
        if options.json:
            _print(json.dumps({"error": str(error), "exit_code": int(error.exit_code)}))
        print(f"redrive: {one_line(str(error), 2000)}", file=sys.stderr)
        return int(error.exit_code)
    progress.finish()
    if options.json:
        _print(json.dumps(report.document(), indent=2))
    else:
        for key in report.keys:
            _print(f"{key['sequence_number']}  {key['event']}  {json.dumps(key['keys'])}")
        _print(
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
    report = Report(source.name, action)
    selection = Selection(
        mapping=mapping,
        since=options.since,
        limit=options.limit,
        function=options.to,
        keeps_objects=options.keep_objects,
        shows_keys=options.keys,
        parallel=min(options.parallel, MAX_PARALLEL),
    )
    count = source.count()
    progress.note(f"{source.name}: about {count:,} messages" if count is not None else source.name)
    with contextlib.ExitStack() as stack:
        journal = None
        sink: Sink = CountingSink()
        if options.export:
            sink = FileSink(stack.enter_context(_new_file(options.export)))
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
def _new_file(path: Path) -> Iterator[TextIO]:
    """Open a new file that gets its name when it is complete."""
    partial = path.with_name(f"{path.name}.partial")
    if path.exists():
        raise UsageError(f"--export {path}: the file exists", "remove it, or give another name")
    try:
        with partial.open("w", encoding="utf-8") as file:
            partial.chmod(0o600)
            yield file
        partial.rename(path)
    except OSError as error:
        raise UsageError(f"--export {path}: cannot be written: {error.strerror}", "give another name") from None
    finally:
        partial.unlink(missing_ok=True)


@contextlib.contextmanager
def _signals(stop: threading.Event, progress: Progress) -> Iterator[None]:
    """Let the first signal end the run after the batches that are being sent, and the second one end it at once."""

    def handle(_number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            os._exit(int(ExitCode.INTERRUPTED))
        stop.set()
        # A signal can come while this thread prints, so it does not print here.
        threading.Thread(target=progress.note, args=(INTERRUPTION,), daemon=True).start()

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


INTERRUPTION = "stopping after the batch that is being sent; a second Ctrl-C stops at once and may repeat that batch"


def _print(text: str) -> None:
    """Print to standard output. A reader that needs no more of it, such as ``head``, is not an error."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        with Path(os.devnull).open("wb") as nothing:
            os.dup2(nothing.fileno(), sys.stdout.fileno())


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} must be a whole number of at least 1")
    return int(text)


def _time(text: str) -> datetime:
    try:
        return parse_time(text, datetime.now(UTC))
    except ValueError:
        message = f"{text!r} must be a time such as 2026-01-31T12:00:00Z, or an age such as 30m, 6h or 2d"
        raise argparse.ArgumentTypeError(message) from None
