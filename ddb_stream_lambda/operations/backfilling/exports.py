"""Finds the files of an export of a table to S3, and starts exports.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataExport.Output.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ..aws import calling
from ..errors import AwsError, OperationError, UsageError
from .target import Target
from .units import ExportFile, Location

SUMMARY = "manifest-summary.json"
FORMAT = "DYNAMODB_JSON"
INCREMENTAL = "INCREMENTAL_EXPORT"
SECONDS_BETWEEN_LOOKS = 15.0


@dataclass(frozen=True)
class Export:
    """An export of a table.

    Attributes:
        location: the folder with the manifest.
        table_arn: the ARN of the table.
        is_incremental: whether it has the changes of a window of time; otherwise it has all items.
        begin: the begin of the window; None for a full export.
        end: the time of the table's state: the time of the export, or the end of the window.
        items: the number of items or changes.
        bytes: the size that AWS billed.
        files: the data files.
    """

    location: Location
    table_arn: str
    is_incremental: bool
    begin: datetime | None
    end: datetime
    items: int
    bytes: int
    files: tuple[ExportFile, ...]


def read_export(s3: Any, location: Location) -> Export:
    """Read the manifest of an export.

    Args:
        s3: a client of S3.
        location: the folder with the manifest, such as s3://bucket/prefix/AWSDynamoDB/01234567890123-a1b2c3d4.

    Raises:
        AwsError: if the manifest cannot be read.
        UsageError: if the export is not in DynamoDB JSON.
        OperationError: if the manifest does not have the documented form.
    """
    try:
        summary_text = _read_object(s3, location.bucket, f"{location.prefix}/{SUMMARY}".lstrip("/"))
    except AwsError as error:
        if error.code not in {"NoSuchKey", "404"}:
            raise
        raise UsageError(
            f"{location} has no {SUMMARY}",
            "give the folder of one export, s3://BUCKET/PREFIX/AWSDynamoDB/EXPORT_ID, after the export is completed",
        ) from None
    try:
        summary = json.loads(summary_text)
        output_format = summary["outputFormat"]
        if output_format != FORMAT:
            raise UsageError(f"{location}: the export has the format {output_format}", f"export the table as {FORMAT}")
        is_incremental = summary.get("exportType") == INCREMENTAL or "exportFromTime" in summary
        end = _time(summary["exportToTime" if is_incremental else "exportTime"])
        files_text = _read_object(s3, location.bucket, summary["manifestFilesS3Key"])
        lines = [json.loads(line) for line in files_text.splitlines() if line.strip()]
        files = tuple(_data_file(line, location.bucket, end) for line in lines)
        export = Export(
            location=location,
            table_arn=summary["tableArn"],
            is_incremental=is_incremental,
            begin=_time(summary["exportFromTime"]) if is_incremental else None,
            end=end,
            items=int(summary["itemCount"]),
            bytes=int(summary.get("billedSizeBytes") or 0),
            files=files,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise OperationError(
            f"{location}: the manifest does not have the form that AWS documents: {type(error).__name__}: {error}",
            "copy the folder again, or make a new export",
        ) from None
    listed = sum(file.items or 0 for file in files)
    if listed != export.items:
        raise OperationError(
            f"{location}: the files of the manifest have {listed} items, and its summary has {export.items}",
            "copy the folder again, or make a new export",
        )
    return export


def check_export(export: Export, target: Target, *, allow_gap: bool) -> None:
    """Check that an export fits a table and its present stream.

    Args:
        export: the export.
        target: the table with its stream.
        allow_gap: whether the export may be older than the stream.

    Raises:
        UsageError: if it does not fit.
    """
    if export.table_arn != target.table.arn:
        raise UsageError(
            f"{export.location}: is an export of {export.table_arn}, not of {target.table.arn}",
            "give the export of this table",
        )
    if export.end < target.stream_created and not allow_gap:
        raise UsageError(
            f"{export.location}: ends at {export.end.isoformat()}, before the stream was created at "
            f"{target.stream_created.isoformat()}; changes between are in neither",
            "make a new export, or give --allow-gap and send the incremental exports of the time between afterwards",
        )


def _data_file(line: Mapping[str, Any], bucket: str, end: datetime) -> ExportFile:
    return ExportFile(
        bucket=bucket,
        key=line["dataFileS3Key"],
        items=int(line["itemCount"]),
        md5=line.get("md5Checksum"),
        etag=line.get("etag"),
        written_at=end.timestamp(),
    )


def _read_object(s3: Any, bucket: str, key: str) -> str:
    with calling(f"read s3://{bucket}/{key}"):
        return str(s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode())


def _time(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    return time if time.tzinfo else time.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Window:
    """The window of time of an incremental export."""

    begin: datetime
    end: datetime


def start_export(dynamodb: Any, *, table_arn: str, location: Location, window: Window | None, client_token: str) -> str:
    """Ask DynamoDB for an export, and return its ARN. The same token starts no second export for eight hours.

    Args:
        dynamodb: a client of DynamoDB.
        table_arn: the table's ARN.
        location: the bucket and the prefix of the export.
        window: the window of an incremental export; None for a full one.
        client_token: a text that identifies the request.

    Raises:
        AwsError: if AWS refuses the request.
        UsageError: if the table has no point-in-time recovery.
    """
    request: dict[str, Any] = {
        "TableArn": table_arn,
        "S3Bucket": location.bucket,
        "ExportFormat": FORMAT,
        "ClientToken": client_token,
    }
    if location.prefix:
        request["S3Prefix"] = location.prefix
    if window is not None:
        request["ExportType"] = INCREMENTAL
        request["IncrementalExportSpecification"] = {
            "ExportFromTime": window.begin,
            "ExportToTime": window.end,
            "ExportViewType": "NEW_AND_OLD_IMAGES",
        }
    try:
        with calling("start the export"):
            return str(dynamodb.export_table_to_point_in_time(**request)["ExportDescription"]["ExportArn"])
    except AwsError as error:
        if error.code != "PointInTimeRecoveryUnavailableException":
            raise
        raise UsageError(
            f"{table_arn}: the table has no point-in-time recovery, which exports need",
            "enable it (the argument point_in_time_recovery), or leave out --start-export to scan the table",
        ) from None


def wait_for_export(dynamodb: Any, export_arn: str, *, wait: Callable[[float], object]) -> Location | None:
    """Wait until an export is completed.

    Args:
        dynamodb: a client of DynamoDB.
        export_arn: the ARN of the export.
        wait: waits for a number of seconds, and returns whether the run was interrupted.

    Returns:
        The folder with the manifest; None if the run was interrupted.

    Raises:
        AwsError: if the export failed.
    """
    while True:
        with calling(f"describe the export {export_arn}"):
            export = dynamodb.describe_export(ExportArn=export_arn)["ExportDescription"]
        status = export["ExportStatus"]
        if status == "COMPLETED":
            return Location(export["S3Bucket"], export["ExportManifest"].rpartition("/")[0])
        if status == "FAILED":
            reason = f"{export.get('FailureCode', '')}: {export.get('FailureMessage', '')}"
            raise AwsError(
                f"the export {export_arn} failed: {reason}",
                "remove the cause, and run the command again with --restart",
            )
        if wait(SECONDS_BETWEEN_LOOKS):
            return None
