"""States of a stream that take hours in AWS, and switches by which a test sets them.

* `POST /_tests/streams/<table>/trim/<number>` removes the records before a sequence number, as AWS does after 24 hours.
* `POST /_tests/streams/<table>/split/<count>` closes the open shards and gives each the given number of children.
* `POST /_tests/streams/expire-iterators` expires all iterators that callers have. In AWS they live for 15 minutes.
* `DELETE /_aws/dynamodb/expired`, a switch of localemu, deletes the items whose time to live has passed.

The errors, a closed shard, and the mapping's way from a parent to its children are this suite's code. So are the
records of deletions by time to live, which localemu writes without `userIdentity`, and the size of a page of records.
"""

import threading
import time
from typing import Any

from localemu.aws.api.dynamodbstreams import (
    ExpiredIteratorException,
    ResourceNotFoundException,
    TrimmedDataAccessException,
)
from localemu.constants import DEFAULT_AWS_ACCOUNT_ID
from localemu.http import route
from localemu.services.dynamodb import provider as dynamodb
from localemu.services.dynamodbstreams import dynamodbstreams_api
from localemu.services.dynamodbstreams import provider as streams
from localemu.services.dynamodbstreams.dynamodbstreams_api import (
    get_dynamodbstreams_store,
    get_shard_id,
    kinesis_shard_id,
    stream_name_from_stream_arn,
    table_name_from_stream_arn,
)
from localemu.services.edge import ROUTER
from localemu.services.lambda_.event_source_mapping.pollers.dynamodb_poller import DynamoDBPoller
from moto.kinesis.models import Shard, kinesis_backends
from moto.kinesis.utils import decompose_shard_iterator

from . import repairs

# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_GetRecords.html
MAX_RECORDS, MAX_BYTES = 1000, 1024 * 1024
ITERATOR_LIFETIME_SECONDS = 15 * 60
TIME_TO_LIVE = {"PrincipalId": "dynamodb.amazonaws.com", "Type": "Service"}

get_shard_records = Shard.get_records
get_iterator = streams.DynamoDBStreamsProvider.get_shard_iterator
get_records = streams.DynamoDBStreamsProvider.get_records
describe_stream = streams.DynamoDBStreamsProvider.describe_stream
delete_expired_items = dynamodb.delete_expired_items
append_to_streams = repairs.append_to_streams
poll_shard = DynamoDBPoller.poll_events_from_shard
initialize_shards = DynamoDBPoller.initialize_shards
transform_records = DynamoDBPoller.transform_into_events

# Set while items are deleted whose time to live has passed.
expiring = threading.Event()
# Iterators that were issued before this time have expired.
iterators_expired_at = 0.0


def install() -> None:
    """Replace localemu's functions by the ones below."""
    Shard.get_records = get_page
    provider = streams.DynamoDBStreamsProvider
    provider.get_shard_iterator = copy_handler(get_iterator, get_shard_iterator)
    provider.get_records = copy_handler(get_records, get_records_or_fail)
    provider.describe_stream = copy_handler(describe_stream, describe_stream_with_parents)
    dynamodb.delete_expired_items = delete_with_identity
    dynamodbstreams_api.forward_events = append_with_identity
    DynamoDBPoller.poll_events_from_shard = poll_and_note_shard
    DynamoDBPoller.initialize_shards = shards_to_poll
    DynamoDBPoller.transform_into_events = transform_with_identity
    ROUTER.add(Switches())


def copy_handler(original: Any, function: Any) -> Any:
    """Return a function with the attributes by which localemu finds the handler of an operation."""
    function.__name__ = original.__name__
    function.__dict__.update(original.__dict__)
    return function


class Switches:
    """The switches of the tests."""

    @route("/_tests/streams/<table>/trim/<number>", methods=["POST"])  # type: ignore[untyped-decorator]
    def trim(self, _: Any, table: str, number: str) -> dict[str, Any]:
        """Remove the records before a sequence number."""
        with repairs.stream_lock:
            for shard in find_stream(table).shards.values():
                for old in [key for key in shard.records if key < int(number)]:
                    shard.last_removed = old
                    del shard.records[old]
        return {}

    @route("/_tests/streams/<table>/split/<count>", methods=["POST"])  # type: ignore[untyped-decorator]
    def split(self, _: Any, table: str, count: str) -> dict[str, Any]:
        """Close the open shards; each has the given number of children."""
        with repairs.stream_lock:
            stream = find_stream(table)
            for parent in [shard for shard in stream.shards.values() if shard.is_open]:
                parent.is_open = False
                last = repairs.max_sequence_number(parent)
                for child_index in range(int(count)):
                    child = Shard(len(stream.shards), parent.starting_hash, parent.ending_hash, parent=parent.shard_id)
                    child.last_removed = last + child_index + 1
                    stream.shards[child.shard_id] = child
        return {}

    @route("/_tests/streams/expire-iterators", methods=["POST"])  # type: ignore[untyped-decorator]
    def expire_iterators(self, _: Any) -> dict[str, Any]:
        """Expire all iterators that callers have."""
        global iterators_expired_at
        iterators_expired_at = time.time()
        return {}


def find_stream(table: str) -> Any:
    """Return the Kinesis stream in which localemu keeps the stream of a table."""
    name = f"__ddb_stream_{table}"
    for backend in kinesis_backends[DEFAULT_AWS_ACCOUNT_ID].values():
        if name in backend.streams:
            return backend.streams[name]
    raise KeyError(name)


def find_shard(context: Any, stream_arn: str, shard_id: str) -> Any:
    """Return a shard of a stream."""
    backend = kinesis_backends[context.account_id][context.region]
    stream = backend.streams.get(stream_name_from_stream_arn(stream_arn))
    if stream is None or kinesis_shard_id(shard_id) not in stream.shards:
        raise ResourceNotFoundException(f"Requested resource not found: {stream_arn}, {shard_id}")
    return stream.shards[kinesis_shard_id(shard_id)]


def get_page(shard: Any, last_sequence_id: str, limit: int | None) -> tuple[list[Any], int, int]:
    """Return the records after a sequence number: at most 1,000, and at most 1 MB."""
    with repairs.stream_lock:
        records, last, delay = get_shard_records(shard, last_sequence_id, min(limit or MAX_RECORDS, MAX_RECORDS))
    size = 0
    for index, record in enumerate(records):
        size += len(record.data) * 3 // 4  # encoded with Base64
        if size > MAX_BYTES and index:
            records = records[:index]
            return records, records[-1].sequence_number, delay
    return records, last, delay


def get_shard_iterator(
    provider: Any,
    context: Any,
    stream_arn: str,
    shard_id: str,
    shard_iterator_type: str,
    sequence_number: str | None = None,
    **kwargs: Any,
) -> Any:
    """Return an iterator that contains its time of issue."""
    shard = find_shard(context, stream_arn, shard_id)
    if sequence_number and int(sequence_number) <= getattr(shard, "last_removed", 0):
        raise TrimmedDataAccessException("The requested sequence number is past the trim horizon")
    result = get_iterator(provider, context, stream_arn, shard_id, shard_iterator_type, sequence_number, **kwargs)
    result["ShardIterator"] = stamp(result["ShardIterator"])
    return result


def stamp(iterator: str) -> str:
    """Write the present time into an iterator."""
    arn, _, position = iterator.split("|")
    return f"{arn}|{time.time()}|{position}"


def get_records_or_fail(provider: Any, context: Any, request: dict[str, Any]) -> Any:
    """Return records, or the errors of iterators that have expired or point to removed records."""
    arn, issued, position = request["ShardIterator"].split("|")
    oldest = max(iterators_expired_at, time.time() - ITERATOR_LIFETIME_SECONDS)
    # The mappings' own iterators do not expire.
    if float(issued) <= oldest and not context.is_internal_call:
        raise ExpiredIteratorException("Iterator expired")
    shard = find_shard(context, arn, decompose_shard_iterator(position)[1])
    after = int(decompose_shard_iterator(position)[2])
    if 0 < after < getattr(shard, "last_removed", 0):
        raise TrimmedDataAccessException("The iterator is past the trim horizon")
    result = get_records(provider, context, dict(request))
    reached = int(decompose_shard_iterator(result["NextShardIterator"].rpartition("|")[2])[2])
    if not shard.is_open and (reached >= repairs.max_sequence_number(shard) or not shard.records):
        del result["NextShardIterator"]
    else:
        result["NextShardIterator"] = stamp(result["NextShardIterator"])
    return result


def describe_stream_with_parents(provider: Any, context: Any, stream_arn: str, *args: Any, **kwargs: Any) -> Any:
    """Describe a stream; the ids of parents have the form of the ids of shards."""
    result = describe_stream(provider, context, stream_arn, *args, **kwargs)
    store = get_dynamodbstreams_store(context.account_id, context.region)
    stream = store.ddb_streams[table_name_from_stream_arn(stream_arn)]
    for shard in result["StreamDescription"]["Shards"]:
        if "ParentShardId" in shard:
            shard["ParentShardId"] = get_shard_id(stream, shard["ParentShardId"])
    return result


def delete_with_identity() -> int:
    """Delete the items whose time to live has passed."""
    expiring.set()
    try:
        return int(delete_expired_items())
    finally:
        expiring.clear()


def append_with_identity(account_id: str, region_name: str, records_map: dict[str, Any]) -> None:
    """Append records; deletions while items expire have the identity of the service."""
    if expiring.is_set():
        for records in records_map.values():
            for record in records["records"]:
                if record["eventName"] == "REMOVE":
                    record["userIdentity"] = TIME_TO_LIVE
    append_to_streams(account_id, region_name, records_map)


def transform_with_identity(poller: Any, records: list[dict[str, Any]], shard_id: str) -> list[dict[str, Any]]:
    """Return the events of records, with their user identity as Lambda writes it."""
    events = transform_records(poller, records, shard_id)
    for record, event in zip(records, events, strict=True):
        if identity := record.get("userIdentity"):
            event["userIdentity"] = {"principalId": identity["PrincipalId"], "type": identity["Type"]}
    return list(events)


def poll_and_note_shard(poller: Any, shard_id: str, iterator: str) -> None:
    """Poll a shard and remember it."""
    poller.polled = shard_id
    poll_shard(poller, shard_id, iterator)


def shards_to_poll(poller: Any) -> dict[str, str]:
    """Return the iterators of the shards whose parents have been read."""
    if not hasattr(poller, "finished"):
        poller.finished = set()
    if poller.shards:
        poller.finished.add(poller.polled)  # localemu calls this again after a shard's end
    at_start = initialize_shards(poller)
    shards = poller.source_client.describe_stream(StreamArn=poller.source_arn)["StreamDescription"]["Shards"]
    parents = {shard["ShardId"]: shard.get("ParentShardId") for shard in shards}
    iterators = {}
    for shard_id, parent in parents.items():
        if shard_id in poller.finished or (parent in parents and parent not in poller.finished):
            continue
        if shard_id in poller.shards:
            iterators[shard_id] = poller.shards[shard_id]
        elif parent in poller.finished:
            iterators[shard_id] = poller.source_client.get_shard_iterator(
                StreamArn=poller.source_arn, ShardId=shard_id, ShardIteratorType="TRIM_HORIZON"
            )["ShardIterator"]
        elif shard_id in at_start:
            iterators[shard_id] = at_start[shard_id]
    return iterators
