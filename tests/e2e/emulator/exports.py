"""Exports of a table to S3, written after AWS's documentation; localemu has none.

* Full exports, at any time since point-in-time recovery was turned on.
* Incremental exports of 15 minutes to 24 hours. Unlike in AWS, the window may begin before point-in-time recovery.
* The layout of the objects is AWS's. A table here has one partition for each 1,000 items, and one that is empty.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataExport.Output.html
"""

import base64
import copy
import functools
import gzip
import hashlib
import json
import secrets
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from localemu.aws.api import CommonServiceException, handler
from localemu.aws.api.dynamodb import ExportNotFoundException, PointInTimeRecoveryUnavailableException
from localemu.aws.connect import connect_to
from localemu.services.dynamodb.provider import DynamoDBProvider, get_store
from moto.dynamodb.models import DynamoDBBackend, dynamodb_backends

from .repairs import stream_lock

Item = dict[str, Any]
# The time of a write, the item's key, the item before and after it.
Change = tuple[datetime, str, Item | None, Item | None]

ITEMS_PER_PARTITION = 1000
SHORTEST_WINDOW, LONGEST_WINDOW = timedelta(minutes=15), timedelta(hours=24)

# Account, Region and table to the changes since point-in-time recovery was turned on.
histories: dict[tuple[str, str, str], list[Change]] = {}
# ARN of an export to its description; client token to the ARN of its export.
exports: dict[str, dict[str, Any]] = {}
exports_by_token: dict[str, str] = {}


def install() -> None:
    """Add the exports to localemu."""
    for name in ("put_item", "update_item", "delete_item"):
        setattr(DynamoDBBackend, name, recorded(getattr(DynamoDBBackend, name)))
    DynamoDBBackend.transact_write_items = forgotten_on_failure(DynamoDBBackend.transact_write_items)
    export = handler("ExportTableToPointInTime", expand=False)(export_table_to_point_in_time)
    DynamoDBProvider.export_table_to_point_in_time = export
    DynamoDBProvider.describe_export = handler("DescribeExport")(describe_export)
    DynamoDBProvider.list_exports = handler("ListExports")(list_exports)


def recorded(write: Callable[..., Any]) -> Callable[..., Any]:
    """Return a write that adds the change of its item to the table's history."""

    @functools.wraps(write)
    def write_and_record(backend: Any, table_name: str, key: Item, *args: Any, **kwargs: Any) -> Any:
        if not has_recovery(backend.account_id, backend.region_name, table_name):
            return write(backend, table_name, key, *args, **kwargs)
        before = current_item(backend, table_name, key)
        result = write(backend, table_name, key, *args, **kwargs)
        after = current_item(backend, table_name, key)
        history = histories.setdefault((backend.account_id, backend.region_name, table_name), [])
        history.append((datetime.now(UTC), key_text(backend.get_table(table_name), key), before, after))
        return result

    return write_and_record


def forgotten_on_failure(transaction: Callable[..., Any]) -> Callable[..., Any]:
    """Return a transaction that takes its changes out of the histories if it fails."""

    @functools.wraps(transaction)
    def run(*args: Any, **kwargs: Any) -> Any:
        lengths = {table: len(history) for table, history in histories.items()}
        try:
            return transaction(*args, **kwargs)
        except Exception:
            for table, history in histories.items():
                del history[lengths.get(table, 0) :]
            raise

    return run


def has_recovery(account: str, region: str, table_name: str) -> bool:
    """Return whether point-in-time recovery of a table is on."""
    backups = get_store(account, region).table_properties.get(table_name, {}).get("ContinuousBackupsDescription", {})
    status = backups.get("PointInTimeRecoveryDescription", {}).get("PointInTimeRecoveryStatus")
    return bool(status == "ENABLED")


def current_item(backend: Any, table_name: str, key: Item) -> Item | None:
    """Return an item as it is now."""
    table = backend.get_table(table_name)
    item = table.get_item(*backend.get_keys_value(table, key))
    return copy.deepcopy(item.to_json()["Attributes"]) if item else None


def keys_of(table: Any, item: Item) -> Item:
    """Return the key attributes of an item."""
    return {name: item[name] for name in (table.hash_key_attr, table.range_key_attr) if name}


def key_text(table: Any, item: Item) -> str:
    """Return the key of an item as text."""
    return to_json(keys_of(table, item))


def to_json(value: Any) -> str:
    """Return a value as JSON, with bytes as Base64 text."""
    return json.dumps(value, separators=(",", ":"), default=lambda binary: base64.b64encode(binary).decode())


def export_table_to_point_in_time(provider: Any, context: Any, request: dict[str, Any]) -> dict[str, Any]:
    """Write an export of a table to a bucket. It is complete when the call returns with the status IN_PROGRESS."""
    token = request.get("ClientToken") or secrets.token_hex()
    if token not in exports_by_token:
        exports_by_token[token] = write_export(context, request | {"ClientToken": token})
    return {"ExportDescription": exports[exports_by_token[token]] | {"ExportStatus": "IN_PROGRESS"}}


def describe_export(provider: Any, context: Any, export_arn: str, **_: Any) -> dict[str, Any]:
    """Return the description of an export."""
    if export_arn not in exports:
        raise ExportNotFoundException(f"Export not found: {export_arn}")
    return {"ExportDescription": exports[export_arn]}


def list_exports(provider: Any, context: Any, table_arn: str | None = None, **_: Any) -> dict[str, Any]:
    """Return the exports of a table, or all exports."""
    names = ("ExportArn", "ExportStatus", "ExportType")
    found = [export for export in exports.values() if table_arn in (None, export["TableArn"])]
    return {"ExportSummaries": [{name: export[name] for name in names} for export in found]}


def write_export(context: Any, request: dict[str, Any]) -> str:
    """Write the objects of an export and return its ARN."""
    table_arn, started = request["TableArn"], datetime.now(UTC)
    name = table_arn.split("/")[-1]
    table = dynamodb_backends[context.account_id][context.region].get_table(name)
    if not has_recovery(context.account_id, context.region, name):
        message = f"Point in time recovery is not enabled for table '{name}'"
        raise PointInTimeRecoveryUnavailableException(message)
    with stream_lock:
        items = {
            key_text(table, item): item
            for item in (copy.deepcopy(item.to_json()["Attributes"]) for item in all_items(table))
        }
        history = list(histories.get((context.account_id, context.region, name), []))
    export_id = f"0{int(started.timestamp() * 1000)}-{secrets.token_hex(4)}"
    prefix = "/".join([*filter(None, [request.get("S3Prefix", "").strip("/")]), "AWSDynamoDB"])
    description = {
        "ExportArn": f"{table_arn}/export/{export_id}",
        "TableArn": table_arn,
        "TableId": table.table_id if hasattr(table, "table_id") else "",
        "ClientToken": request["ClientToken"],
        "S3Bucket": request["S3Bucket"],
        "S3Prefix": request.get("S3Prefix"),
        "S3SseAlgorithm": request.get("S3SseAlgorithm", "AES256"),
        "ExportFormat": "DYNAMODB_JSON",
        "ExportType": request.get("ExportType", "FULL_EXPORT"),
        "ExportStatus": "COMPLETED",
        "StartTime": started,
        "ExportManifest": f"{prefix}/{export_id}/manifest-summary.json",
    }
    if description["ExportType"] == "FULL_EXPORT":
        description["ExportTime"] = request.get("ExportTime", started)
        lines = full_lines(items, history, description["ExportTime"])
        data = f"{prefix}/{export_id}/data"
    else:
        window = {"ExportViewType": "NEW_AND_OLD_IMAGES", "ExportToTime": started}
        window |= request.get("IncrementalExportSpecification", {})
        description["IncrementalExportSpecification"] = window
        lines = incremental_lines(table, history, window)
        data = f"{prefix}/data"
    s3 = connect_to(aws_access_key_id=context.account_id, region_name=context.region).s3

    def put(key: str, body: bytes) -> str:
        return str(s3.put_object(Bucket=request["S3Bucket"], Key=key, Body=body)["ETag"]).strip('"')

    put(f"{prefix}/{export_id}/_started", b"")
    files, size = [], 0
    for partition in partitions(lines):
        body = gzip.compress("".join(line + "\n" for line in partition).encode())
        key = f"{data}/{secrets.token_hex(13)}.json.gz"
        size += len(body)
        files.append(
            {"itemCount": len(partition), "md5Checksum": md5(body), "etag": put(key, body), "dataFileS3Key": key}
        )
    description |= {"ItemCount": len(lines), "BilledSizeBytes": size, "EndTime": datetime.now(UTC)}
    summary = summarize(description, f"{prefix}/{export_id}/manifest-files.json")
    manifests = {
        "manifest-files": "".join(f"{to_json(file)}\n" for file in files),
        "manifest-summary": to_json(summary),
    }
    for manifest, text in manifests.items():
        put(f"{prefix}/{export_id}/{manifest}.json", text.encode())
        put(f"{prefix}/{export_id}/{manifest}.checksum", md5(text.encode()).encode())
    exports[description["ExportArn"]] = description
    return str(description["ExportArn"])


def all_items(table: Any) -> list[Any]:
    """Return the items of a table."""
    if not table.range_key_attr:
        return list(table.items.values())
    return [item for items in table.items.values() for item in items.values()]


def full_lines(items: dict[str, Item], history: list[Change], time: datetime) -> dict[str, str]:
    """Return the lines of a full export by key: the table as it was at a time."""
    for changed, key, before, _ in reversed(history):
        if changed <= time:
            break
        items.pop(key, None)
        if before is not None:
            items[key] = before
    return {key: to_json({"Item": item}) for key, item in items.items()}


def incremental_lines(table: Any, history: list[Change], window: dict[str, Any]) -> dict[str, str]:
    """Return the lines of an incremental export by key: the first and the last image of each item in a window."""
    start, end = window["ExportFromTime"], window["ExportToTime"]
    if not SHORTEST_WINDOW <= end - start <= LONGEST_WINDOW:
        message = "Difference between ExportFromTime and ExportToTime must be between 15 minutes and 24 hours"
        raise CommonServiceException("ValidationException", message, 400, True)
    # Key to the time of its last change, its first old image and its last new image.
    images: dict[str, tuple[datetime, Item | None, Item | None]] = {}
    for changed, key, before, after in history:
        if start <= changed < end:
            images[key] = (changed, images[key][1] if key in images else before, after)
    lines = {}
    for key, (changed, before, after) in images.items():
        if before is None and after is None:
            continue  # created and deleted within the window
        line: dict[str, Any] = {
            "Metadata": {"WriteTimestampMicros": {"N": str(int(changed.timestamp() * 1_000_000))}},
            "Keys": keys_of(table, after or before or {}),
        }
        if before is not None and window["ExportViewType"] == "NEW_AND_OLD_IMAGES":
            line["OldImage"] = before
        if after is not None:
            line["NewImage"] = after
        lines[key] = to_json(line)
    return lines


def partitions(lines: dict[str, str]) -> list[list[str]]:
    """Divide lines among partitions by their keys; the last partition is empty."""
    count = len(lines) // ITEMS_PER_PARTITION + 1
    divided: list[list[str]] = [[] for _ in range(count + 1)]
    for key, line in lines.items():
        divided[zlib.crc32(key.encode()) % count].append(line)
    return divided


def summarize(description: dict[str, Any], files_key: str) -> dict[str, Any]:
    """Return the content of the summary manifest."""
    window = description.get("IncrementalExportSpecification")
    summary = {
        "version": "2020-06-30" if window is None else "2023-08-01",
        "exportArn": description["ExportArn"],
        "startTime": iso(description["StartTime"]),
        "endTime": iso(description["EndTime"]),
        "tableArn": description["TableArn"],
        "tableId": description["TableId"],
    }
    if window is None:
        summary["exportTime"] = iso(description["ExportTime"])
    else:
        summary |= {"exportFromTime": iso(window["ExportFromTime"]), "exportToTime": iso(window["ExportToTime"])}
    summary |= {
        "s3Bucket": description["S3Bucket"],
        "s3Prefix": description["S3Prefix"],
        "s3SseAlgorithm": description["S3SseAlgorithm"],
        "s3SseKmsKeyId": None,
        "manifestFilesS3Key": files_key,
        "billedSizeBytes": description["BilledSizeBytes"],
        "itemCount": description["ItemCount"],
        "outputFormat": "DYNAMODB_JSON",
    }
    if window is None:
        return summary | {"exportType": "FULL_EXPORT"}
    view = "NEW_AND_OLD_IMAGES" if window["ExportViewType"] == "NEW_AND_OLD_IMAGES" else "NEW_IMAGE"
    return summary | {"outputView": view, "exportType": "INCREMENTAL_EXPORT"}


def iso(time: datetime) -> str:
    """Return a time as text in UTC with milliseconds."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def md5(content: bytes) -> str:
    """Return the checksum of a content as AWS writes it."""
    return base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()
