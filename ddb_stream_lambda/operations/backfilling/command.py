"""The command line ``ddb-stream-lambda backfill``."""

from __future__ import annotations

import argparse
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ..options import add_account_options, file_path, non_empty
from .units import Location

if TYPE_CHECKING:
    Subcommands = argparse._SubParsersAction[Any]

MAX_SEGMENTS = 1_000_000
MAX_WORKERS = 100
SUMMARY = "send the items of an existing table to the function of its stream"
DESCRIPTION = """\
Send the items of an existing table to the function of its stream, as INSERT records.

The records lose against every real change of the table's present stream if the function orders records by their
sequence numbers, as the sample function does. So the table can be in use. The stream and the event source mapping must
be on before: the command checks both.
"""
EPILOG = """\
examples:
  ddb-stream-lambda backfill orders --dry-run                      items, size, read units and time
  ddb-stream-lambda backfill orders --max-rcu 25%                  scan with a quarter of the provisioned capacity
  ddb-stream-lambda backfill orders --limit 100                    try it with 100 items; run it again to go on
  ddb-stream-lambda backfill orders --start-export s3://exports    export the table, wait, and send the export
  ddb-stream-lambda backfill orders --export s3://exports/AWSDynamoDB/01693685827463-2d8752fd

The command can be interrupted and run again: it goes on from its checkpoint file, and repeats at most one batch for
each worker. The function must tolerate repeated records, as with every stream.

exit codes:
  0    all items were sent, or as many as --limit allows
  1    the function refused some items (send their file with redrive --records), or the run ended early
  2    usage: an option, a file, the table's stream, the mapping, or a checkpoint of another backfill or in use
  3    AWS refused a request: credentials, permissions, or a resource that does not exist
  130  interrupted; run the command again to go on
"""


def add_command(commands: Subcommands) -> None:
    """Add the command to the program.

    Args:
        commands: the program's subcommands.
    """
    parser = commands.add_parser(
        "backfill",
        help=SUMMARY,
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    parser.add_argument("table", type=non_empty, metavar="TABLE", help="name or ARN of the table")
    target = parser.add_argument_group("function")
    target.add_argument(
        "--mapping", type=non_empty, metavar="UUID", help="event source mapping, if the table's stream has several"
    )
    target.add_argument("--to", type=non_empty, metavar="FUNCTION", help="function to invoke instead of the mapping's")
    target.add_argument(
        "--allow-disabled-mapping",
        action="store_true",
        help="go on while the mapping is disabled; enable it within 24 hours, because the stream keeps records so long",
    )
    target.add_argument(
        "--no-filter", action="store_true", help="also send the items that the mapping's filters hold back"
    )
    source = parser.add_argument_group("source (default: a scan of the table)")
    exports = source.add_mutually_exclusive_group()
    exports.add_argument(
        "--export", type=_location, metavar="S3", help="folder of an export, s3://BUCKET/PREFIX/AWSDynamoDB/EXPORT_ID"
    )
    exports.add_argument(
        "--start-export",
        type=_location,
        metavar="S3",
        help="export the table to s3://BUCKET/PREFIX first, and wait for it; needs point-in-time recovery",
    )
    source.add_argument(
        "--since", type=_time, metavar="TIME", help="with --start-export: only changes from this time on, in ISO 8601"
    )
    source.add_argument(
        "--until", type=_time, metavar="TIME", help="with --since: only changes before this time (default: now)"
    )
    source.add_argument(
        "--allow-gap",
        action="store_true",
        help="accept an export that is older than the stream; then send the incremental exports of the time between",
    )
    source.add_argument(
        "--segments", type=_count(MAX_SEGMENTS), metavar="N", help="segments of the scan (default: 4 for each worker)"
    )
    source.add_argument(
        "--max-rcu",
        type=_rate,
        metavar="N",
        help="read units per second that the scan may consume, or a part of the table's read capacity such as 25%% "
        "(default: 25%% of a provisioned table, no bound for an on-demand table)",
    )
    source.add_argument(
        "--consistent", action="store_true", help="strongly consistent reads, which cost twice as many read units"
    )
    parser.add_argument(
        "--workers", type=_count(MAX_WORKERS), default=4, metavar="N", help="units that are sent at once (default: 4)"
    )
    parser.add_argument("--limit", type=_count(10**12), metavar="N", help="end after N items")
    parser.add_argument("--dry-run", action="store_true", help="only show what would be sent, and what it costs")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    files = parser.add_argument_group("files")
    files.add_argument(
        "--checkpoint", type=file_path, metavar="FILE", help="checkpoint file (default: backfill-TABLE.json)"
    )
    files.add_argument("--restart", action="store_true", help="begin again, and replace the checkpoint file")
    files.add_argument(
        "--failed",
        type=file_path,
        metavar="FILE",
        help="file for records that the function refuses (default: next to the checkpoint, with the time of the run)",
    )
    add_account_options(parser)


def run(options: argparse.Namespace) -> int:
    """Run the command, and return its exit code."""
    from .running import run_command  # boto3 takes a while to import, and other commands do not need it

    return run_command(options)


def _location(text: str) -> Location:
    try:
        return Location.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} {error}") from None


def _time(text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} must be a time such as 2026-01-31T09:00:00Z") from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _count(maximum: int) -> Any:
    def parse(text: str) -> int:
        if not re.fullmatch(r"\d{1,13}", text, re.ASCII) or not 1 <= int(text) <= maximum:
            raise argparse.ArgumentTypeError(f"{text!r} must be a number from 1 to {maximum}")
        return int(text)

    return parse


def _rate(text: str) -> tuple[float, bool]:
    """Return a number of read units, or a percentage, and whether it is one."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(%?)", text, re.ASCII)
    value = float(match[1]) if match else 0.0
    is_percentage = bool(match and match[2])
    if value <= 0 or (is_percentage and value > 100):
        raise argparse.ArgumentTypeError(f"{text!r} must be a positive number, or a percentage from 1% to 100%")
    return value, is_percentage
