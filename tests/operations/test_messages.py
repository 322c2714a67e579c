"""Messages of a queue and objects of a bucket: all forms are read, and others are recognized."""

import contextlib
import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote_plus

import pytest
from ddb_stream_lambda.operations.redriving.batches import FailedBatch, ForeignError, read_batch, read_json
from ddb_stream_lambda.operations.redriving.messages import ObjectLocation, TestEvent, read_message
from hypothesis import given
from hypothesis import strategies as st

from .fakes import FIRST, FUNCTION, STREAM, lambda_record
from .messages import SHARD, message_about, notification, topic_message


def test_message_of_a_queue() -> None:
    (batch,) = read_message(json.dumps(message_about(FIRST, FIRST + 3, size=4)))
    assert batch == FailedBatch(
        function=FUNCTION,
        condition="RetryAttemptsExhausted",
        stream_arn=STREAM,
        shard_id=SHARD,
        start=FIRST,
        end=FIRST + 3,
        size=4,
        first_arrival=datetime(2026, 9, 17, 13, 5, 34, tzinfo=UTC),
        last_arrival=datetime(2026, 9, 17, 13, 5, 36, tzinfo=UTC),
        failed=datetime(2026, 9, 17, 13, 6, 52, 767000, tzinfo=UTC),
    )


def test_message_without_response_context_and_with_an_unknown_condition_is_read() -> None:
    message = message_about(FIRST, FIRST, size=1)
    del message["responseContext"]
    message["requestContext"]["condition"] = "InventedLater"
    (batch,) = read_message(json.dumps(message))
    assert isinstance(batch, FailedBatch)
    assert batch.condition == "InventedLater"


@pytest.mark.parametrize("nesting", [1, 2])
def test_message_of_a_topic_is_read(nesting: int) -> None:
    plain = json.dumps(message_about(FIRST, FIRST, size=1))
    body = plain
    for _ in range(nesting):
        body = topic_message(body)
    assert read_message(body) == read_message(plain)


def test_notification_of_s3_names_the_object_and_its_version() -> None:
    assert read_message(notification("failed", "aws/lambda/a b+c/é")) == [
        ObjectLocation("failed", "aws/lambda/a b+c/é", "v1")
    ]


@given(key=st.text(min_size=1, max_size=20))
def test_any_key_survives_the_encoding_of_a_notification(key: str) -> None:
    (location,) = read_message(notification("failed", key))
    assert isinstance(location, ObjectLocation)
    assert location.key == key
    assert quote_plus(key) in notification("failed", key) or key != quote_plus(key)


def test_notification_through_a_topic_and_event_bridge_are_read() -> None:
    assert read_message(topic_message(notification("failed", "k"))) == [ObjectLocation("failed", "k", "v1")]
    event = {
        "source": "aws.s3",
        "detail-type": "Object Created",
        "detail": {"bucket": {"name": "b"}, "object": {"key": "a+b"}},
    }
    assert read_message(json.dumps(event)) == [ObjectLocation("b", "a+b")]


@pytest.mark.parametrize("wrap", [str, topic_message])
def test_test_event_of_s3_is_recognized(wrap: Any) -> None:
    body = json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "failed", "HostId": "x"})
    (content,) = read_message(wrap(body))
    assert isinstance(content, TestEvent)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("hello", "not JSON"),
        ("5", "not a JSON object"),
        ("[]", "not a JSON object"),
        ("[" * 100_000, "not JSON"),
        ("{}", "no DDBStreamBatchInfo"),
        ('{"Records": []}', "no DDBStreamBatchInfo"),
        ('{"Records": [{"eventSource": "aws:sqs"}]}', "not notifications of S3"),
        ('{"KinesisBatchInfo": {}}', "a batch of a Kinesis stream"),
        ('{"requestPayload": {}}', "an asynchronous invocation"),
        ('{"DDBStreamBatchInfo": {"shardId": "s"}}', "not complete: KeyError 'streamArn'"),
        ('{"DDBStreamBatchInfo": null}', "not complete"),
        ('{"Message": "hello", "TopicArn": "arn"}', "not JSON"),
    ],
)
def test_foreign_message_is_recognized_with_the_reason(body: str, reason: str) -> None:
    with pytest.raises(ForeignError, match=reason):
        read_message(body)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(["Records", "Message", "TopicArn", "DDBStreamBatchInfo", "s3", "eventSource"])
                | st.text(),
                inner,
            )
        ),
    )
)
def test_no_message_makes_the_reading_fail(document: Any) -> None:
    with contextlib.suppress(ForeignError):
        read_message(json.dumps(document))


@pytest.mark.parametrize("as_text", [True, False])
def test_payload_of_an_object_is_text_or_an_object(as_text: bool) -> None:
    record = lambda_record(FIRST)
    payload: Any = {"Records": [record]}
    document = message_about(FIRST, FIRST, size=1) | {"payload": json.dumps(payload) if as_text else payload}
    assert read_batch(read_json(json.dumps(document))).records == (record,)


def test_whole_numbers_with_an_exponent_stay_whole() -> None:
    payload = json.dumps({"Records": [lambda_record(FIRST)]}).replace("1789650334", "1.789650334E9")
    assert "E9" in payload
    batch = read_batch(message_about(FIRST, FIRST, size=1) | {"payload": payload})
    assert batch.records is not None
    assert json.dumps(batch.records[0]["dynamodb"]["ApproximateCreationDateTime"]) == "1789650334"


@pytest.mark.parametrize("payload", ["no json", "{}", {"Records": [{}]}, 5])
def test_object_with_a_wrong_payload_is_foreign(payload: object) -> None:
    with pytest.raises(ForeignError):
        read_batch(message_about(FIRST, FIRST, size=1) | {"payload": payload})
