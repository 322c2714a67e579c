"""The command line ``ddb-stream-lambda redrive``."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from typing import Any

from ..options import add_account_options, file_path, non_empty

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

Give the queue or the bucket, or let the command find it with --mapping or --function. Or give a file of records, which
--export or the backfill wrote. Start with --dry-run.
"""
EPILOG = """\
examples:
  ddb-stream-lambda redrive --queue orders-dlq --dry-run        show what would be sent; nothing changes
  ddb-stream-lambda redrive --queue orders-dlq                  send it
  ddb-stream-lambda redrive --function orders                   find the queue or the bucket from the mapping
  ddb-stream-lambda redrive --bucket s3://orders-failed         read the objects themselves
  ddb-stream-lambda redrive --queue orders-dlq --since 6h --limit 1000
  ddb-stream-lambda redrive --queue orders-dlq --export records.jsonl
  ddb-stream-lambda redrive --records records.jsonl             send the records of a file
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
    source.add_argument("--queue", type=non_empty, metavar="QUEUE", help="name, URL or ARN of the queue")
    source.add_argument("--bucket", type=non_empty, metavar="BUCKET", help="name of the bucket, or s3://BUCKET/PREFIX")
    source.add_argument(
        "--records",
        metavar="FILE",
        type=file_path,
        help="file of records (JSON Lines), as --export and the backfill write it; it is not changed",
    )
    source.add_argument(
        "--mapping", type=non_empty, metavar="UUID", help="the event source mapping; only its batches are sent"
    )
    source.add_argument(
        "--function",
        type=non_empty,
        metavar="FUNCTION",
        help="name or ARN of the function, if one mapping invokes it from a stream",
    )
    choice = parser.add_argument_group("what is sent, and where to")
    choice.add_argument(
        "--since",
        metavar="TIME",
        type=_time,
        help="only batches that failed since this time: ISO 8601, or an age such as 30m, 6h, 2d",
    )
    choice.add_argument("--limit", metavar="N", type=_count, help="stop before a batch that would exceed N records")
    choice.add_argument(
        "--to", type=non_empty, metavar="FUNCTION", help="send to this function instead of the one that failed"
    )
    choice.add_argument(
        "--no-filter", action="store_true", help="send all records of a range, also those that the mapping filters out"
    )
    choice.add_argument("--keep-objects", action="store_true", help="do not delete the objects of finished batches")
    choice.add_argument(
        "--max-failures",
        metavar="N",
        type=_count,
        default=20,
        help="stop after N batches in a row that fail, because the function is not corrected then (default: 20)",
    )
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
        type=file_path,
        help="write the records to a new file (JSON Lines) instead of sending them",
    )
    output = parser.add_argument_group("output")
    output.add_argument("--keys", action="store_true", help="also show the keys of each record")
    output.add_argument("--json", action="store_true", help="print the result as JSON")
    output.add_argument("--quiet", action="store_true", help="do not print the progress")
    output.add_argument(
        "--journal", metavar="FILE", type=file_path, help="where to record what is done (default: in ~/.local/state)"
    )
    add_account_options(parser)


def run(options: argparse.Namespace) -> int:
    """Run the command, and return its exit code."""
    from .running import run_command  # boto3 takes a while to import, and other commands do not need it

    return run_command(options)


def parse_time(text: str, now: datetime) -> datetime:
    """Return the time that a text means: in ISO 8601, or as an age such as "6h".

    Raises:
        ValueError: if the text is something else.
        OverflowError: if the age is too large.
        OSError: if the age is too large.
    """
    units = {"m": 60, "h": 3600, "d": 86400}
    if text and text[-1] in units and text[:-1].isdecimal():
        return datetime.fromtimestamp(now.timestamp() - int(text[:-1]) * units[text[-1]], UTC)
    time = datetime.fromisoformat(text)
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} must be a whole number of at least 1")
    return int(text)


def _time(text: str) -> datetime:
    try:
        return parse_time(text, datetime.now(UTC))
    except (ValueError, OverflowError, OSError):  # an age can also be too large for the clock of the system
        message = f"{text!r} must be a time such as 2026-01-31T12:00:00Z, or an age such as 30m, 6h or 2d"
        raise argparse.ArgumentTypeError(message) from None
