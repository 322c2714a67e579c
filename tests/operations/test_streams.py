"""Records of a range are read from a shard, whatever the pages and iterators do."""

from typing import Any

import pytest
from ddb_stream_lambda.operations.errors import AwsError
from ddb_stream_lambda.operations.redriving.streams import ShardReader, read_parents
from hypothesis import given
from hypothesis import strategies as st

from .fakes import FIRST, STREAM, FakeStreams, client_error, numbers_of, stream_record

# Numbers of different lengths: as text, the second one would come before the first one.
NUMBERS = [9 * 10**20, 10**21, 10**21 + 5, 3 * 10**21, 10**22, 2 * 10**22]


def reader(client: FakeStreams) -> ShardReader:
    return ShardReader(client, STREAM, "shard", sleep=lambda seconds: None)


def streams(**options: Any) -> FakeStreams:
    return FakeStreams({"shard": [stream_record(number) for number in NUMBERS]}, **options)


@given(first=st.integers(0, 5), length=st.integers(0, 5), page=st.integers(1, 7))
def test_range_has_both_ends_and_is_compared_by_value(first: int, length: int, page: int) -> None:
    last = min(first + length, 5)
    found = reader(streams(page=page)).read(NUMBERS[first], NUMBERS[last])
    assert numbers_of(found.records) == NUMBERS[first : last + 1]
    assert not found.is_trimmed


def test_records_are_as_lambda_delivers_them() -> None:
    (record,) = reader(streams()).read(NUMBERS[0], NUMBERS[0]).records
    assert record["eventSourceARN"] == STREAM
    assert record["dynamodb"]["ApproximateCreationDateTime"] == 1789650334


def test_reading_ends_at_the_end_of_the_range() -> None:
    client = streams(page=2, open_shards=["shard"])
    reader(client).read(NUMBERS[0], NUMBERS[1])
    assert client.reads == 2


def test_closed_shard_ends_the_reading() -> None:
    found = reader(streams()).read(NUMBERS[4], NUMBERS[5] + 10)
    assert numbers_of(found.records) == NUMBERS[4:]


def test_open_shard_without_the_last_record_does_not_end_in_a_loop() -> None:
    found = reader(streams(open_shards=["shard"])).read(NUMBERS[4], NUMBERS[5] + 10)
    assert numbers_of(found.records) == NUMBERS[4:]


def test_ranges_that_follow_each_other_need_one_iterator() -> None:
    client = streams(page=6)
    shard = reader(client)
    assert [numbers_of(shard.read(number, number).records) for number in NUMBERS] == [[number] for number in NUMBERS]
    assert len(client.iterators) == 1
    assert client.reads == 2


@pytest.mark.parametrize("reads_before", [0, 2, 3])
def test_expired_iterator_is_replaced_after_the_last_record(reads_before: int) -> None:
    client = streams()
    original, client.reads = client.get_records, 0

    def get_records(**parameters: Any) -> Any:
        if client.reads == reads_before:
            client.reads += 1
            raise client_error("ExpiredIteratorException")
        return original(**parameters)

    client.get_records = get_records  # type: ignore[method-assign]
    found = reader(client).read(NUMBERS[0], NUMBERS[5])
    assert numbers_of(found.records) == NUMBERS
    kinds = [parameters["ShardIteratorType"] for parameters in client.iterators]
    assert kinds == ["AT_SEQUENCE_NUMBER", "AT_SEQUENCE_NUMBER" if reads_before == 0 else "AFTER_SEQUENCE_NUMBER"]


def test_range_that_has_expired_in_part_has_the_rest() -> None:
    found = reader(streams(trimmed={"shard": 2})).read(NUMBERS[1], NUMBERS[3])
    assert numbers_of(found.records) == NUMBERS[2:4]
    assert found.is_trimmed


@pytest.mark.parametrize("client", [streams(trimmed={"shard": 6}), FakeStreams({})])
def test_range_or_shard_that_has_expired_is_empty(client: FakeStreams) -> None:
    found = reader(client).read(NUMBERS[0], NUMBERS[3])
    assert found.records == []
    assert found.is_trimmed


def test_range_that_expires_while_it_is_read_is_trimmed() -> None:
    client = streams()
    client.errors = [client_error("TrimmedDataAccessException")]
    assert reader(client).read(NUMBERS[0], NUMBERS[3]).is_trimmed


def test_other_errors_end_the_reading() -> None:
    client = streams()
    client.errors = [client_error("AccessDeniedException")]
    with pytest.raises(AwsError, match="cannot read the shard"):
        reader(client).read(FIRST, FIRST)


def test_parents_of_the_shards_are_read_from_all_pages() -> None:
    client = FakeStreams({"a": [], "b": [], "c": []}, parents={"b": "a", "c": "b"})
    assert read_parents(client, STREAM) == {"b": "a", "c": "b"}
