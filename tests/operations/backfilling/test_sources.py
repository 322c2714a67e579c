"""Segments and files are read as the function would get their items from the stream."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from ddb_stream_lambda.operations.backfilling.capacity import Pace
from ddb_stream_lambda.operations.backfilling.records import Change, StreamedTable
from ddb_stream_lambda.operations.backfilling.sources import Entry, Reader, UnitError, key_from_json, key_to_json
from ddb_stream_lambda.operations.backfilling.units import ExportFile, ScanSegment
from ddb_stream_lambda.operations.errors import AwsError

from tests.operations.fakes import STREAM, client_error

from .doubles import BUCKET, NOW, RUN, TABLE, FakeDynamoDB, FakeS3, change, item


def scan(dynamodb: FakeDynamoDB, unit: ScanSegment, position: Any = None, pace: Pace | None = None) -> list[Entry]:
    return list(Reader(TABLE, RUN, dynamodb=dynamodb, pace=pace).read(unit, position))


def read(body: bytes, **expected: Any) -> list[Entry]:
    s3 = FakeS3()
    s3.objects["file"] = body
    return list(Reader(TABLE, RUN, s3=s3).read(ExportFile(BUCKET, "file", **expected), None))


def compressed(*lines: dict[str, Any]) -> bytes:
    return gzip.compress("".join(json.dumps(line) + "\n" for line in lines).encode())


def record(line: dict[str, Any], view_type: str = "NEW_AND_OLD_IMAGES") -> dict[str, Any]:
    table = StreamedTable("orders", "arn", STREAM, view_type, ("id",))
    change = Change.from_line(line, key_names=("id",), exported_at=NOW.timestamp())
    return table.record(change, run=RUN, position=0)


class TestScan:
    def test_the_segments_have_every_item_once(self) -> None:
        dynamodb = FakeDynamoDB([item(number) for number in range(40)])
        entries = [entry for segment in range(4) for entry in scan(dynamodb, ScanSegment("orders", segment, 4))]
        assert sorted(entry.change.keys["id"]["S"] for entry in entries) == [f"item-{n:05}" for n in range(40)]

    def test_requests_the_consumed_capacity_and_cheap_reads(self) -> None:
        dynamodb = FakeDynamoDB([item(1)])
        scan(dynamodb, ScanSegment("orders", 0, 1))
        (request,) = dynamodb.scans
        assert (request["ReturnConsumedCapacity"], request["ConsistentRead"]) == ("TOTAL", False)
        assert "Limit" not in request

    def test_consistent_reads_are_an_option(self) -> None:
        dynamodb = FakeDynamoDB([item(1)])
        scan(dynamodb, ScanSegment("orders", 0, 1, consistent=True))
        assert dynamodb.scans[0]["ConsistentRead"]

    def test_an_error_of_dynamodb_is_the_command_s_error(self) -> None:
        dynamodb = FakeDynamoDB([item(1)], errors=[client_error("AccessDeniedException")])
        with pytest.raises(AwsError, match="cannot scan the table orders"):
            scan(dynamodb, ScanSegment("orders", 0, 1))

    def test_the_position_is_the_key_of_the_item(self) -> None:
        dynamodb = FakeDynamoDB([item(number) for number in range(5)])
        entries = scan(dynamodb, ScanSegment("orders", 0, 1))
        rest = scan(dynamodb, ScanSegment("orders", 0, 1), entries[1].position)
        assert rest == entries[2:]

    def test_a_binary_key_survives_the_checkpoint(self) -> None:
        key = {"id": {"B": b"\x00\xff"}, "n": {"N": "1"}}
        assert key_from_json(json.loads(json.dumps(key_to_json(key)))) == key

    def test_the_write_time_is_safely_before_the_run(self) -> None:
        """The sample function looks up deletions only for records that are not recent."""
        (entry,) = scan(FakeDynamoDB([item(1)]), ScanSegment("orders", 0, 1))
        assert entry.change.written_at == NOW - timedelta(minutes=5)


class TestFiles:
    def test_lines_are_items(self) -> None:
        entries = read(compressed({"Item": item(1)}, {"Item": item(2)}), items=2)
        assert [entry.change.new_image for entry in entries] == [item(1), item(2)]
        assert [entry.position for entry in entries] == [1, 2]

    @pytest.mark.parametrize("body", [b"", gzip.compress(b"")], ids=["no bytes", "no lines"])
    def test_an_empty_file_has_no_items(self, body: bytes) -> None:
        assert read(body, items=0) == []

    def test_a_wrong_checksum_is_found_before_the_first_item(self) -> None:
        with pytest.raises(UnitError, match="MD5 checksum"):
            read(compressed({"Item": item(1)}), md5="1B2M2Y8AsgTpgAmY7PhCfg==")

    def test_the_checksum_decides_over_the_entity_tag(self) -> None:
        """A copied export can have other entity tags."""
        body = compressed({"Item": item(1)})
        md5 = base64.b64encode(hashlib.md5(body).digest()).decode()
        assert len(read(body, md5=md5, etag="of-the-original-2")) == 1

    def test_a_wrong_entity_tag_is_an_error_without_a_checksum(self) -> None:
        with pytest.raises(UnitError, match="entity tag"):
            read(compressed({"Item": item(1)}), etag="other")

    def test_a_wrong_number_of_items_is_an_error(self) -> None:
        with pytest.raises(UnitError, match="has 1 items, and the manifest has 2"):
            read(compressed({"Item": item(1)}), items=2)

    def test_a_truncated_file_is_an_error(self) -> None:
        body = compressed(*({"Item": item(number)} for number in range(100)))
        with pytest.raises(UnitError, match="damaged"):
            read(body[:-20])

    @pytest.mark.parametrize("line", [b"{", b'"text"', b"{}", b'{"Item": {"name": {"S": "no key"}}}'])
    def test_a_line_that_is_no_item_is_an_error_without_its_content(self, line: bytes) -> None:
        with pytest.raises(UnitError, match="line 1 is not an item") as error:
            read(gzip.compress(line))
        assert "no key" not in str(error.value)

    def test_a_missing_file_is_the_command_s_error(self) -> None:
        with pytest.raises(AwsError, match="cannot read s3://exports/gone"):
            list(Reader(TABLE, RUN, s3=FakeS3()).read(ExportFile(BUCKET, "gone"), None))


class TestRecords:
    def test_an_item_is_an_insertion(self) -> None:
        found = record({"Item": item(1, data={"B": "AP8="})})
        assert found["eventName"] == "INSERT"
        assert found["eventSourceARN"] == STREAM
        assert found["eventID"] == RUN.event_id({"id": {"S": "item-00001"}})
        data = found["dynamodb"]
        assert data["NewImage"] == item(1, data={"B": "AP8="})
        assert data["Keys"] == {"id": {"S": "item-00001"}}
        assert data["SequenceNumber"] == RUN.sequence_number(0)
        assert data["ApproximateCreationDateTime"] == int(NOW.timestamp())
        assert "OldImage" not in data

    def test_bytes_of_a_scan_and_base64_of_an_export_give_the_same_record(self) -> None:
        scanned = Change.from_item(item(1, data={"BS": [b"\x00\xff"]}), key_names=("id",), written_at=NOW)
        assert TABLE.record(scanned, run=RUN, position=0) == record({"Item": item(1, data={"BS": ["AP8="]})})

    @pytest.mark.parametrize(
        ("view_type", "images"),
        [
            ("KEYS_ONLY", set()),
            ("NEW_IMAGE", {"NewImage"}),
            ("OLD_IMAGE", {"OldImage"}),
            ("NEW_AND_OLD_IMAGES", {"NewImage", "OldImage"}),
        ],
    )
    def test_has_the_images_of_the_stream_s_view_type(self, view_type: str, images: set[str]) -> None:
        data = record(change(1, new=item(1), old=item(1, old={"BOOL": True})), view_type)["dynamodb"]
        assert data.keys() & {"NewImage", "OldImage"} == images
        assert data["StreamViewType"] == view_type

    @pytest.mark.parametrize(
        ("line", "event"),
        [
            (change(1, new=item(1)), "INSERT"),
            (change(1, new=item(1), old=item(1)), "MODIFY"),
            (change(1, new=None, old=item(1)), "REMOVE"),
            (change(1, new=None), "REMOVE"),
        ],
    )
    def test_a_change_of_an_incremental_export_is_what_it_was(self, line: dict[str, Any], event: str) -> None:
        found = record(line)
        assert found["eventName"] == event
        assert ("NewImage" in found["dynamodb"]) == (event != "REMOVE")
        assert found["dynamodb"]["Keys"] == {"id": {"S": "item-00001"}}

    def test_a_change_has_its_own_write_time(self) -> None:
        written_at = datetime(2026, 9, 19, 1, 2, 3, 456, tzinfo=UTC)
        found = record(change(1, new=item(1), written_at=written_at))
        assert found["dynamodb"]["ApproximateCreationDateTime"] == int(written_at.timestamp())


class TestPace:
    def test_consumes_at_most_the_rate_on_average(self) -> None:
        time = [0.0]

        def wait(seconds: float) -> None:
            time[0] += seconds

        dynamodb = FakeDynamoDB([item(number) for number in range(400)], page=1000)
        pace = Pace(2.0, clock=lambda: time[0], wait=wait)
        entries = scan(dynamodb, ScanSegment("orders", 0, 1), pace=pace)

        assert len(entries) == 400
        assert pace.consumed == pytest.approx(20.0)
        # The last page may be read at once, and is paid afterwards.
        last = len(entries) - sum(int(request["Limit"]) for request in dynamodb.scans[:-1])
        assert time[0] >= (pace.consumed - last * 0.05) / 2.0 - 3
        assert max(int(request["Limit"]) for request in dynamodb.scans[1:]) <= 40

    def test_without_a_bound_nothing_waits(self) -> None:
        pace = Pace(wait=lambda seconds: pytest.fail("waited"))
        scan(FakeDynamoDB([item(number) for number in range(400)]), ScanSegment("orders", 0, 1), pace=pace)
        assert pace.consumed == pytest.approx(20.0)

    def test_threads_that_begin_together_wait_for_each_other(self) -> None:
        waits: list[float] = []
        pace = Pace(10.0, clock=lambda: 0.0, wait=waits.append)
        estimates = [pace.before_page() for _ in range(3)]
        assert waits == [1.0, 2.0]
        for estimate in estimates:
            pace.after_page(items=100, units=5.0, estimate=estimate)
        pace.before_page()
        # Three pages of 5 units were read, which are 1.5 seconds.
        assert waits[-1] == pytest.approx(1.5)
