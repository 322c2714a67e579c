"""Records in the form in which Lambda delivers them."""

import base64
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from ddb_stream_lambda.operations.events import encode_event, record_from_item, record_from_stream, sequence_number
from hypothesis import given
from hypothesis import strategies as st

from .fakes import FIRST, STREAM, WRITTEN, lambda_record, stream_record


def test_record_of_a_stream_becomes_the_record_that_lambda_delivers() -> None:
    assert record_from_stream(stream_record(FIRST), stream_arn=STREAM) == {
        "eventID": f"{FIRST:032x}",
        "eventName": "MODIFY",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "eu-west-1",
        "dynamodb": {
            "ApproximateCreationDateTime": 1789650334,
            "Keys": {"id": {"S": "a"}},
            "NewImage": {"id": {"S": "a"}},
            "SequenceNumber": "51900004371743779173473",
            "SizeBytes": 20,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
        "eventSourceARN": STREAM,
    }


def test_binary_values_are_base64_text_also_when_nested() -> None:
    value = {"M": {"inner": {"L": [{"B": b"\x00\xff"}, {"BS": [b"a", b"b"]}]}}}
    record = record_from_stream(stream_record(FIRST, blob={"B": b"\xfe"}, nested=value), stream_arn=STREAM)
    assert record["dynamodb"]["NewImage"]["blob"] == {"B": "/g=="}
    inner = {"L": [{"B": "AP8="}, {"BS": ["YQ==", "Yg=="]}]}
    assert record["dynamodb"]["NewImage"]["nested"] == {"M": {"inner": inner}}


def test_identity_of_a_deletion_by_time_to_live_has_the_names_of_the_event() -> None:
    identity = {"PrincipalId": "dynamodb.amazonaws.com", "Type": "Service"}
    record = record_from_stream(stream_record(FIRST) | {"userIdentity": identity}, stream_arn=STREAM)
    assert record["userIdentity"] == {"principalId": "dynamodb.amazonaws.com", "type": "Service"}


def test_record_without_identity_has_none() -> None:
    assert "userIdentity" not in record_from_stream(stream_record(FIRST) | {"userIdentity": None}, stream_arn=STREAM)


@pytest.mark.parametrize(
    ("time", "seconds"),
    [
        (WRITTEN.astimezone(timezone(timedelta(hours=9))), 1789650334),
        (WRITTEN + timedelta(milliseconds=250), 1789650334.25),
    ],
)
def test_time_is_a_number_of_seconds_in_any_time_zone(time: datetime, seconds: float) -> None:
    record = stream_record(FIRST)
    record["dynamodb"]["ApproximateCreationDateTime"] = time
    delivered = record_from_stream(record, stream_arn=STREAM)["dynamodb"]["ApproximateCreationDateTime"]
    assert json.dumps(delivered) == json.dumps(seconds)


def item_record(item: dict[str, Any], view_type: str = "NEW_AND_OLD_IMAGES") -> dict[str, Any]:
    return record_from_item(
        item,
        stream_arn=STREAM,
        key_names=["id"],
        sequence_number="000000000000000000042",
        created=WRITTEN,
        view_type=view_type,
    )


def test_item_becomes_an_insertion() -> None:
    item = {"id": {"S": "a"}, "total": {"N": "12.5"}, "blob": {"B": b"\xff"}}
    record = item_record(item)
    assert record["eventName"] == "INSERT"
    assert record["awsRegion"] == "eu-west-1"
    assert record["eventSourceARN"] == STREAM
    assert len(record["eventID"]) == 32
    data = record["dynamodb"]
    assert data["Keys"] == {"id": {"S": "a"}}
    assert data["NewImage"] == {"id": {"S": "a"}, "total": {"N": "12.5"}, "blob": {"B": "/w=="}}
    assert "OldImage" not in data
    assert data["SequenceNumber"] == "000000000000000000042"
    assert data["ApproximateCreationDateTime"] == 1789650334
    assert record == item_record(item | {"blob": {"B": "/w=="}})


@pytest.mark.parametrize("view_type", ["KEYS_ONLY", "OLD_IMAGE"])
def test_insertion_has_no_image_where_the_view_type_has_no_new_image(view_type: str) -> None:
    data = item_record({"id": {"S": "a"}, "total": {"N": "1"}}, view_type)["dynamodb"]
    assert data.keys() & {"NewImage", "OldImage"} == set()
    assert data["StreamViewType"] == view_type


scalars = st.one_of(
    st.builds(lambda text: {"S": text}, st.text(max_size=5)),
    st.builds(lambda number: {"N": str(number)}, st.integers()),
    st.builds(lambda data: {"B": data}, st.binary(max_size=5)),
    st.builds(lambda flag: {"BOOL": flag}, st.booleans()),
    st.just({"NULL": True}),
    st.builds(lambda items: {"BS": items}, st.lists(st.binary(max_size=3), min_size=1, max_size=3)),
    st.builds(lambda items: {"SS": items}, st.lists(st.text(max_size=3), min_size=1, max_size=3)),
)
attributes = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.builds(lambda items: {"L": items}, st.lists(inner, max_size=3)),
        st.builds(lambda items: {"M": items}, st.dictionaries(st.text(max_size=3), inner, max_size=3)),
    ),
    max_leaves=6,
)


def as_boto3(value: Any) -> Any:
    """Return an attribute value of an event as boto3 has it."""
    match value:
        case {"B": str(text)}:
            return {"B": base64.b64decode(text)}
        case {"BS": list(items)}:
            return {"BS": [base64.b64decode(item) for item in items]}
        case {"L": list(items)}:
            return {"L": [as_boto3(item) for item in items]}
        case {"M": dict(items)}:
            return {"M": {name: as_boto3(item) for name, item in items.items()}}
    return value


@given(image=st.dictionaries(st.text(min_size=1, max_size=4), attributes, max_size=4))
def test_no_value_changes_on_its_way_into_an_event(image: dict[str, Any]) -> None:
    item = image | {"id": {"S": "a"}}
    from_stream = record_from_stream(stream_record(FIRST) | {"dynamodb": {"NewImage": item}}, stream_arn=STREAM)
    event = json.loads(encode_event([from_stream, item_record(item)]))
    for record in event["Records"]:
        assert {name: as_boto3(value) for name, value in record["dynamodb"]["NewImage"].items()} == item
    assert event["Records"][1]["dynamodb"]["SizeBytes"] > 0


def test_half_of_a_surrogate_pair_is_sent_as_an_escape() -> None:
    record = lambda_record(FIRST, text={"S": "\ud800"})
    assert json.loads(encode_event([record]))["Records"] == [record]


def test_sequence_numbers_are_integers() -> None:
    shorter, longer = lambda_record(9 * 10**20), lambda_record(10**21)
    assert sequence_number(shorter) < sequence_number(longer)
    assert WRITTEN.tzinfo is UTC
