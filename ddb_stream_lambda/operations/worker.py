"""The AWS Lambda function of the state machine that sends an export with many workers at once.

The state machine (`ddb_stream_lambda/resources/backfill/definition.py`) calls `handle` with one of three actions:

* `read_export` checks the export, the table and the mapping, and returns the list of files.
* `send` sends one unit until it is complete or until the time of the invocation is nearly used up. Then it returns a
  checkpoint, and the state machine calls it again.
* `check` raises an error if files failed or if the function refused records. After a redrive of the execution, it
  returns the list of the files that failed, and the state machine sends them again.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from .aws import Connection, calling
from .backfilling.exports import check_export, read_export
from .backfilling.numbering import Run
from .backfilling.records import StreamedTable
from .backfilling.sources import Reader
from .backfilling.target import find_target
from .backfilling.units import Checkpoint, ExportFile, Location, unit_from_json
from .backfilling.worker import Budget, Failure, Worker
from .errors import OperationError, UsageError
from .events import encode_event
from .invoking import Invoker
from .redriving.filters import Filters

Event = Mapping[str, Any]
Answer = dict[str, Any]

MANIFEST_OF_FILES = "manifest-files.json"
FAILED_FILES = "failed-files.jsonl"
REFUSED = "refused"
# The next batch may take twice as long as the longest one so far. The first batch has this time.
FIRST_RESERVE_SECONDS = 60.0
MAX_LISTED = 5


class UnitFailed(Exception):  # noqa: N818  # the name is an error name in the state machine
    """A file cannot be completed now: it is damaged, or the function fails for every record."""


class FilesFailed(Exception):  # noqa: N818  # as above
    """Some files failed. They are in a list."""


class RecordsRefused(Exception):  # noqa: N818  # as above
    """The function refused some records. They are kept in objects."""


class Context(Protocol):
    """The part of Lambda's context that the worker uses."""

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until Lambda ends the invocation."""
        ...


@dataclass(frozen=True)
class Settings:
    """The environment variables of the worker, which the construct sets.

    Attributes:
        table: the name of the table.
        function: the ARN of the function that gets the records.
        mapping: the UUID of the event source mapping; None to find it.
        exports: where the exports are.
        results: where the results of executions are.
        results_key: the ARN of the key of the results; None for the bucket's own encryption.
    """

    table: str
    function: str
    mapping: str | None
    exports: Location
    results: Location
    results_key: str | None

    @classmethod
    def read(cls, variables: Mapping[str, str]) -> Settings:
        """Return the settings in environment variables."""
        return cls(
            table=variables["TABLE_ARN"].partition(":table/")[2],
            function=variables["FUNCTION_ARN"],
            mapping=variables.get("MAPPING_UUID") or None,
            exports=Location(variables["EXPORT_BUCKET"], variables.get("EXPORT_PREFIX", "")),
            results=Location(variables["RESULT_BUCKET"], variables["RESULT_PREFIX"]),
            results_key=variables.get("RESULT_KEY_ARN") or None,
        )


class Deadline:
    """The time that is left for another batch of the invocation.

    Args:
        remaining: returns the seconds until the invocation ends.
        clock: returns the time in seconds.
    """

    def __init__(self, remaining: Callable[[], float], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._remaining = remaining
        self._clock = clock
        self._before = clock()
        self._longest = min(FIRST_RESERVE_SECONDS, remaining() / 4) / 2

    def may_continue(self) -> bool:
        """Return whether a batch that takes twice as long as the longest one so far would end in time."""
        now = self._clock()
        self._longest = max(self._longest, now - self._before)
        self._before = now
        return self._remaining() > 2 * self._longest


def handle(event: Event, context: Context) -> Answer:
    """Do the action of the event."""
    settings = Settings.read(os.environ)
    connection = Connection()
    match event["action"]:
        case "read_export":
            return read(event, settings, connection)
        case "send":
            return send(event, settings, connection, Deadline(lambda: context.get_remaining_time_in_millis() / 1000))
        case "check":
            return check(event, settings, connection)
        case action:
            raise ValueError(f"the action must be 'read_export', 'send' or 'check', not {action!r}")


def read(event: Event, settings: Settings, connection: Connection) -> Answer:
    """Check an export and its target, and return the state of the execution.

    Args:
        event: `input` is the input of the execution: `export`, the folder of an export; `failed_files`, the list of the
            failed files of an earlier execution, if only those are sent; `allow_gap`, whether the export may be older
            than the stream. `execution` has the name and the start of the execution.
        settings: the settings.
        connection: the connection to AWS.

    Raises:
        OperationError: if the export cannot be read or does not fit.
    """
    given = event["input"]
    location = _location(given, "export", settings.exports)
    files = Location(location.bucket, f"{location.prefix}/{MANIFEST_OF_FILES}")
    if given.get("failed_files"):
        files = _location(given, "failed_files", settings.results)
    export = read_export(connection.client("s3"), location)
    target = find_target(
        connection.client("dynamodb"),
        connection.client("lambda"),
        settings.table,
        mapping=settings.mapping,
        function=settings.function,
    )
    check_export(export, target, allow_gap=bool(given.get("allow_gap")))
    execution = event["execution"]
    return {
        "export": str(location),
        "run": Run(execution["name"], datetime.fromisoformat(execution["started"])).to_json(),
        "table": asdict(target.table),
        "batch_size": target.batch_size,
        "filters": target.filters.patterns,
        "written_at": export.end.timestamp(),
        "bucket": location.bucket,
        "items": export.items,
        "files": {"bucket": files.bucket, "key": files.prefix},
        "results": f"{settings.results.prefix}/{execution['name']}",
    }


def send(event: Event, settings: Settings, connection: Connection, deadline: Deadline) -> Answer:
    """Send a unit from a checkpoint on, until it is complete or the time is nearly used up.

    Args:
        event: `unit`, `checkpoint`, `run`, `table`, `batch_size` and `filters`; `calls`, the number of calls before.
        settings: the settings.
        connection: the connection to AWS.
        deadline: the time that is left.

    Returns:
        `checkpoint`, from which the next call goes on, or None if the unit is complete; `done` and `failed`, the
        records of the unit so far; `calls`, the number of calls for the unit so far.

    Raises:
        UnitFailed: if the unit cannot be completed.
        AwsError: if AWS refuses a request.
    """
    unit = unit_from_json(event["unit"])
    run = Run.from_json(event["run"])
    table = StreamedTable(**{**event["table"], "key_names": tuple(event["table"]["key_names"])})
    checkpoint = None if event["checkpoint"] is None else Checkpoint.from_json(event["checkpoint"])
    s3, invoker = (
        connection.client("s3"),
        Invoker(connection.client("lambda"), settings.function, batch_size=event["batch_size"], bisect=True),
    )
    reader = Reader(table, run, dynamodb=connection.client("dynamodb"), s3=s3)

    def keep(_: Checkpoint, failures: Sequence[Failure]) -> None:
        if failures:
            key = f"{settings.results.prefix}/{run.id}/{REFUSED}/{_name_of(unit)}/{_sequence_number(failures[0])}"
            _put(s3, settings, key, _failed_batch(failures, table, settings.function))

    worker = Worker(table, run, reader=reader, sender=invoker, matches=Filters(event["filters"]).match)
    result = worker.run(unit, checkpoint, budget=Budget(may_continue=deadline.may_continue), on_batch=keep)
    if result.error is not None:
        raise UnitFailed(result.error)
    return {
        "checkpoint": None if result.next is None else result.next.to_json(),
        "done": result.checkpoint.done,
        "failed": result.checkpoint.failed,
        "calls": event.get("calls", 0) + 1,
    }


def check(event: Event, settings: Settings, connection: Connection) -> Answer:
    """Check the results of the files, and return the state of the execution with the files to send next.

    Files that failed are written to a list, and the execution fails. If the list is there already, the execution was
    redriven, and the files in the list are to be sent again.

    Args:
        event: `state`, the state of the execution with `map`, the result of the Map state.
        settings: the settings.
        connection: the connection to AWS.

    Returns:
        The state. Its `files` is the list of files to send again; None if everything is done.

    Raises:
        FilesFailed: if files failed.
        RecordsRefused: if the function refused records that are still kept.
    """
    state = dict(event["state"])
    s3 = connection.client("s3")
    manifest = state["map"]["ResultWriterDetails"]["Key"]
    list_key = f"{manifest.rpartition('/')[0]}/{FAILED_FILES}"
    failed = list(_failed_files(s3, settings, manifest))
    bucket = settings.results.bucket
    if failed:
        if _keys(s3, bucket, list_key, limit=1):
            return state | {"files": {"bucket": bucket, "key": list_key}}
        _put(s3, settings, list_key, "".join(f"{json.dumps(line)}\n" for line in failed))
        shown = "; ".join(f"{line['dataFileS3Key']}: {line['error']}" for line in failed[:MAX_LISTED])
        raise FilesFailed(
            f"{len(failed)} files failed, listed in s3://{bucket}/{list_key}: {shown}; remove the cause, and redrive "
            "the execution to send these files again"
        )
    prefix = f"{state['results']}/{REFUSED}/"
    refused = _keys(s3, bucket, prefix, limit=1)
    if refused:
        raise RecordsRefused(
            f"the function refused records, which are kept in s3://{bucket}/{prefix}; remove the cause, send them with "
            f"`ddb-stream-lambda redrive --bucket s3://{bucket}/{prefix}`, and redrive the execution"
        )
    return state | {"files": None}


def _location(given: Event, name: str, allowed: Location) -> Location:
    """Return a location in the input of an execution, which must be one that the worker may read."""
    value = given.get(name)
    try:
        location = Location.parse(value or "")
    except ValueError as error:
        raise UsageError(f"{name} = {value!r}: {error}", "correct the input of the execution") from None
    if location.bucket != allowed.bucket or not f"{location.prefix}/".startswith(f"{allowed.prefix}/".lstrip("/")):
        raise UsageError(f"{name} = {value!r}: must be in {allowed}", "correct the input of the execution")
    return location


def _failed_files(s3: Any, settings: Settings, manifest_key: str) -> Iterator[dict[str, Any]]:
    """Yield the failed files, in the form of the export's manifest and with the reason.

    https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html
    """
    bucket = settings.results.bucket
    manifest = json.loads(_get(s3, bucket, manifest_key))
    for file in manifest["ResultFiles"]["FAILED"]:
        for result in json.loads(_get(s3, bucket, file["Key"])):
            unit = unit_from_json(json.loads(result["Input"])["unit"])
            if not isinstance(unit, ExportFile):
                raise OperationError(f"{unit}: only files are sent by the state machine")
            error = ": ".join(filter(None, (result.get("Error") or result["Status"], _reason(result.get("Cause")))))
            yield {
                "itemCount": unit.items,
                "md5Checksum": unit.md5,
                "etag": unit.etag,
                "dataFileS3Key": unit.key,
                "error": error,
            }


def _reason(cause: str | None) -> str:
    """Return the message in the cause of a failed execution: that of the exception if Lambda reported one."""
    try:
        return str(json.loads(cause or "")["errorMessage"])
    except (ValueError, KeyError, TypeError):
        return cause or ""


def _failed_batch(failures: Sequence[Failure], table: StreamedTable, function: str) -> str:
    """Return refused records as Lambda keeps a failed batch in a bucket, so that `redrive` can send them.

    https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
    """
    records = [failure.record for failure in failures]
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    document = {
        "requestContext": {"functionArn": function, "condition": "RetryAttemptsExhausted"},
        "responseContext": {"statusCode": 200, "functionError": failures[0].error},
        "version": "1.0",
        "timestamp": now,
        "DDBStreamBatchInfo": {
            "shardId": "backfill",
            "startSequenceNumber": records[0]["dynamodb"]["SequenceNumber"],
            "endSequenceNumber": records[-1]["dynamodb"]["SequenceNumber"],
            "approximateArrivalOfFirstRecord": now,
            "approximateArrivalOfLastRecord": now,
            "batchSize": len(records),
            "streamArn": table.stream_arn,
        },
        "payload": encode_event(records).decode(),
    }
    return json.dumps(document)


def _name_of(unit: object) -> str:
    """Return a name of a unit for a key. Files of different folders can have the same name."""
    return hashlib.sha256(str(unit).encode()).hexdigest()[:16]


def _sequence_number(failure: Failure) -> str:
    return str(failure.record["dynamodb"]["SequenceNumber"])


def _get(s3: Any, bucket: str, key: str) -> str:
    with calling(f"read s3://{bucket}/{key}"):
        return str(s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode())


def _put(s3: Any, settings: Settings, key: str, body: str) -> None:
    bucket = settings.results.bucket
    encryption = {}
    if settings.results_key is not None:
        encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": settings.results_key}
    with calling(f"write s3://{bucket}/{key}"):
        s3.put_object(Bucket=bucket, Key=key, Body=body.encode(), **encryption)


def _keys(s3: Any, bucket: str, prefix: str, *, limit: int) -> list[str]:
    with calling(f"list s3://{bucket}/{prefix}"):
        page = s3.list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=limit)
    return [file["Key"] for file in page.get("Contents", [])]
