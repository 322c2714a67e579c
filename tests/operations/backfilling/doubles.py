"""Doubles of DynamoDB, S3 and Lambda with a table, an export and a mapping."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from ddb_stream_lambda.operations.backfilling.numbering import Run
from ddb_stream_lambda.operations.backfilling.records import StreamedTable

from tests.operations.fakes import FUNCTION, STREAM, FakeLambda, client_error

TABLE_ARN = STREAM.partition("/stream/")[0]
MAPPING = "5fa85f64-5717-4562-b3fc-2c963f66afa6"
NOW = datetime(2026, 9, 20, 12, tzinfo=UTC)
RUN = Run("run-1", NOW)
TABLE = StreamedTable(
    name="orders", arn=TABLE_ARN, stream_arn=STREAM, view_type="NEW_AND_OLD_IMAGES", key_names=("id",)
)
BUCKET = "exports"
EXPORT_ID = "01693685827463-2d8752fd"
FOLDER = f"AWSDynamoDB/{EXPORT_ID}"
# Of the size of an item of about 200 bytes.
UNITS_PER_ITEM = 0.05


def item(number: int, **attributes: Any) -> dict[str, Any]:
    return {"id": {"S": f"item-{number:05}"}, "number": {"N": str(number)}} | attributes


class FakeDynamoDB:
    """A client of DynamoDB with one table. Its segments are uneven: the first one has half of the items.

    Args:
        items: the items of the table.
        page: the number of items of a page.
        errors: exceptions that the next scans raise.
    """

    def __init__(
        self, items: Sequence[dict[str, Any]] = (), *, page: int = 7, errors: Sequence[Exception] = ()
    ) -> None:
        self.items = list(items)
        self.page = page
        self.errors = list(errors)
        self.scans: list[dict[str, Any]] = []
        self.exports: list[dict[str, Any]] = []
        self.statuses = ["IN_PROGRESS", "COMPLETED"]
        self.description: dict[str, Any] = {
            "TableName": "orders",
            "TableArn": TABLE_ARN,
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "ItemCount": len(self.items),
            "TableSizeBytes": 200 * len(self.items),
            "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
            "LatestStreamArn": STREAM,
            "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"},
        }

    def describe_table(self, *, TableName: str) -> dict[str, Any]:  # noqa: N803  # the API's names
        headers = {"date": NOW.strftime("%a, %d %b %Y %H:%M:%S GMT")}
        return {"Table": self.description, "ResponseMetadata": {"HTTPHeaders": headers}}

    def scan(self, **request: Any) -> dict[str, Any]:
        self.scans.append(request)
        if self.errors:
            raise self.errors.pop(0)
        segment, segments = request["Segment"], request["TotalSegments"]
        found = [
            item for index, item in enumerate(self.items) if (0 if index % 2 else index // 2 % segments) == segment
        ]
        start = 0
        if "ExclusiveStartKey" in request:
            keys = [{"id": item["id"]} for item in found]
            start = keys.index(request["ExclusiveStartKey"]) + 1
        page = found[start : start + min(self.page, request.get("Limit", self.page))]
        answer: dict[str, Any] = {
            "Items": page,
            "ScannedCount": len(page),
            "ConsumedCapacity": {"CapacityUnits": len(page) * UNITS_PER_ITEM},
        }
        if start + len(page) < len(found):
            answer["LastEvaluatedKey"] = {"id": page[-1]["id"]}
        return answer

    def export_table_to_point_in_time(self, **request: Any) -> dict[str, Any]:
        self.exports.append(request)
        return {"ExportDescription": {"ExportArn": f"{TABLE_ARN}/export/{EXPORT_ID}"}}

    def describe_export(self, *, ExportArn: str) -> dict[str, Any]:  # noqa: N803  # the API's names
        return {
            "ExportDescription": {
                "ExportArn": ExportArn,
                "ExportStatus": self.statuses.pop(0),
                "FailureCode": "AccessDenied",
                "FailureMessage": "no permission",
                "S3Bucket": BUCKET,
                "ExportManifest": f"{FOLDER}/manifest-summary.json",
            }
        }


class FakeS3:
    """A client of S3 with one bucket."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.reads: list[str] = []

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803  # the API's names
        assert Bucket == BUCKET
        self.reads.append(Key)
        if Key not in self.objects:
            raise client_error("NoSuchKey", 404)
        body = self.objects[Key]
        return {"Body": io.BytesIO(body), "ETag": f'"{hashlib.md5(body).hexdigest()}"'}

    def put_export(
        self, files: Sequence[Sequence[dict[str, Any]]], *, empty: int = 1, time: datetime = NOW, **summary: Any
    ) -> None:
        """Store an export in AWS's layout.

        Args:
            files: the lines of each data file.
            empty: the number of empty data files, as empty partitions give them.
            time: the time of the export.
            summary: further values of the summary.
        """
        manifest = []
        for number, lines in enumerate([*files, *([[]] * empty)]):
            key = f"AWSDynamoDB/data/file{number}.json.gz"
            body = gzip.compress("".join(json.dumps(line) + "\n" for line in lines).encode())
            self.objects[key] = body
            manifest.append(
                {
                    "itemCount": len(lines),
                    "md5Checksum": base64.b64encode(hashlib.md5(body).digest()).decode(),
                    "etag": hashlib.md5(body).hexdigest(),
                    "dataFileS3Key": key,
                }
            )
        self.objects[f"{FOLDER}/manifest-files.json"] = "".join(json.dumps(line) + "\n" for line in manifest).encode()
        self.objects[f"{FOLDER}/_started"] = b""
        values: dict[str, Any] = {
            "version": "2020-06-30",
            "exportArn": f"{TABLE_ARN}/export/{EXPORT_ID}",
            "tableArn": TABLE_ARN,
            "exportTime": time.isoformat().replace("+00:00", "Z"),
            "s3Bucket": BUCKET,
            "s3Prefix": None,
            "manifestFilesS3Key": f"{FOLDER}/manifest-files.json",
            "billedSizeBytes": 1000,
            "itemCount": sum(map(len, files)),
            "outputFormat": "DYNAMODB_JSON",
        }
        self.objects[f"{FOLDER}/manifest-summary.json"] = json.dumps(values | summary).encode()

    def put_incremental_export(self, files: Sequence[Sequence[dict[str, Any]]], *, time: datetime = NOW) -> None:
        self.put_export(
            files,
            exportType="INCREMENTAL_EXPORT",
            exportFromTime=(time - timedelta(hours=1)).isoformat(),
            exportToTime=time.isoformat(),
            outputView="NEW_AND_OLD_IMAGES",
        )


def change(
    number: int, *, new: dict[str, Any] | None, old: dict[str, Any] | None = None, written_at: datetime = NOW
) -> dict[str, Any]:
    """Return a line of an incremental export."""
    micros = int(written_at.timestamp() * 1_000_000)
    line: dict[str, Any] = {
        "Metadata": {"WriteTimestampMicros": {"N": str(micros)}},
        "Keys": {"id": item(number)["id"]},
    }
    return line | ({} if new is None else {"NewImage": new}) | ({} if old is None else {"OldImage": old})


class FakeFunction(FakeLambda):
    """A client of Lambda with one mapping, and a function that keeps the records."""

    def __init__(
        self, handler: Callable[[list[Any]], Any] = lambda records: None, errors: Sequence[Exception] = ()
    ) -> None:
        super().__init__(handler, errors)
        self.received: list[dict[str, Any]] = []
        self.mappings: list[dict[str, Any]] = [
            {"UUID": MAPPING, "FunctionArn": FUNCTION, "State": "Enabled", "BatchSize": 10}
        ]

    def list_event_source_mappings(self, *, EventSourceArn: str) -> dict[str, Any]:  # noqa: N803  # the API's names
        assert EventSourceArn == STREAM
        return {"EventSourceMappings": self.mappings}

    def get_paginator(self, _: str) -> FakeFunction:
        return self

    def paginate(self, **parameters: str) -> list[dict[str, Any]]:
        return [self.list_event_source_mappings(**parameters)]

    def get_event_source_mapping(self, *, UUID: str) -> dict[str, Any]:  # noqa: N803  # the API's names
        return next(mapping for mapping in self.mappings if mapping["UUID"] == UUID)

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803  # the API's names
        answer = super().invoke(FunctionName=FunctionName, Payload=Payload)
        if "FunctionError" not in answer:
            self.received += json.loads(Payload)["Records"]
        return answer
