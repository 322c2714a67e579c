"""Repairs of localemu 1.3.2, written after AWS's documentation.

Event source mappings:

* Bisection: localemu stores BisectBatchOnFunctionError, and no poller reads it.
* Record age: localemu treats every record of a DynamoDB stream as new.
* Updates of a mapping: localemu reads the stream again from the start, and reports the state "Creating", which the
  provider treats as an error.
* S3 as a failure destination: localemu loses a batch with a binary value, and its `payload` is an object. In AWS it is
  a string of JSON.

Streams of DynamoDB tables:

* Concurrent writers: localemu puts records into the stream in another order than the writes, with wrong old images.
* BatchWriteItem and TransactWriteItems: localemu does not find the items as they were before. So a deletion and a
  transactional update give no record, and a replacement gives INSERT.
* Binary values: localemu encodes them twice in the images of UpdateItem.
* Sequence numbers: localemu counts from 1. In AWS they have at least 21 digits, and SDKs refuse shorter ones.

For these features, the tests show that the deployed settings have the intended values. They do not show how AWS
behaves.
"""

import base64
import copy
import functools
import json
import threading
import zlib
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from localemu.services.dynamodb.provider import DynamoDBProvider, EventForwarder
from localemu.services.dynamodb.utils import ItemFinder
from localemu.services.dynamodbstreams import dynamodbstreams_api
from localemu.services.lambda_.event_source_mapping.esm_worker import EsmState
from localemu.services.lambda_.event_source_mapping.esm_worker_factory import EsmWorkerFactory
from localemu.services.lambda_.event_source_mapping.event_processor import BatchFailureError
from localemu.services.lambda_.event_source_mapping.pipe_utils import get_current_time, get_internal_client, to_json_str
from localemu.services.lambda_.event_source_mapping.pollers.dynamodb_poller import DynamoDBPoller
from localemu.services.lambda_.event_source_mapping.pollers.stream_poller import (
    StreamPoller,
    get_failure_s3_object_key,
)
from localemu.utils.aws.arns import parse_arn, s3_bucket_name
from moto.kinesis.models import Record as KinesisRecord
from moto.kinesis.models import Shard, kinesis_backends

Record = dict[str, Any]
Item = dict[str, Any]

WRITES = (
    "put_item",
    "update_item",
    "delete_item",
    "batch_write_item",
    "transact_write_items",
    "execute_statement",
    "execute_transaction",
    "batch_execute_statement",
)
# All sequence numbers are greater. They have 21 digits or more, and two lengths in each stream, as in AWS.
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_StreamRecord.html
FIRST_SEQUENCE_NUMBER = 10**21 - 3

new_worker = EsmWorkerFactory.get_esm_worker
forward_events = StreamPoller.forward_events_to_target
send_to_destination = StreamPoller.send_events_to_dlq
look_up_item = ItemFinder.find_existing_item
# Id of a mapping to its current worker.
workers: dict[str, Any] = {}
# Held by a write to a table and by a read of a stream. localemu keeps a stream as a Kinesis stream of one shard.
stream_lock = threading.RLock()


def install() -> None:
    """Replace localemu's functions by the ones below."""
    EsmWorkerFactory.get_esm_worker = worker_that_continues
    StreamPoller.forward_events_to_target = forward_with_bisection
    StreamPoller.send_events_to_dlq = send_failed_batch
    DynamoDBPoller.get_approximate_arrival_time = creation_time
    for name in WRITES:
        setattr(DynamoDBProvider, name, with_stream_lock(getattr(DynamoDBProvider, name)))
    EventForwarder.forward_to_targets = forward_before_the_write_returns
    dynamodbstreams_api.forward_events = append_to_streams
    ItemFinder.find_existing_item = staticmethod(find_existing_item)
    ItemFinder.find_existing_items = staticmethod(find_existing_items)
    Shard.get_records = with_stream_lock(Shard.get_records)
    Shard.put_record = put_record
    Shard.get_min_sequence_number = min_sequence_number
    Shard.get_max_sequence_number = max_sequence_number


def worker_that_continues(factory: Any) -> Any:
    """Return a worker for a mapping; after an update it continues where the previous worker stopped."""
    worker = new_worker(factory)
    worker.poller.bisects = factory.esm_config.get("BisectBatchOnFunctionError", False)
    uuid = factory.esm_config["UUID"]
    if uuid in workers:
        previous = workers[uuid]
        previous.update_esm_state_in_store = lambda state: None
        worker.poller.shards = previous.poller.shards
        worker.poller.finished = getattr(previous.poller, "finished", set())
        if worker.enabled:
            worker.current_state = EsmState.UPDATING
            worker.create = worker.start
    workers[uuid] = worker
    return worker


class BatchSplit(BaseException):
    """Stops the delivery of a batch that failed as a whole, so that its halves can be delivered.

    Not an `Exception`, because localemu catches those and retries.
    """


def forward_with_bisection(poller: Any, shard_id: str, records: list[Record]) -> None:
    """Deliver a batch; if it fails, deliver its two halves in order.

    A split does not count as a retry. Each half has all its retries.
    """
    if not getattr(poller, "bisects", False):
        forward_events(poller, shard_id, records)
        return
    process = poller.processor.process_events_batch

    def process_or_split(events: list[Record]) -> Any:
        try:
            return process(events)
        except BatchFailureError as error:
            if type(error) is BatchFailureError and len(events) > 1:
                raise BatchSplit(events) from error
            raise

    poller.processor.process_events_batch = process_or_split
    try:
        forward_events(poller, shard_id, copy.deepcopy(records))  # forward_events changes the records
    except BatchSplit as split:
        remaining = {poller.get_sequence_number(event) for event in split.args[0]}
    else:
        return
    finally:
        poller.processor.process_events_batch = process
    records = [record for record in records if poller.get_sequence_number(record) in remaining]
    middle = len(records) // 2
    forward_with_bisection(poller, shard_id, records[:middle])
    forward_with_bisection(poller, shard_id, records[middle:])


def creation_time(poller: Any, record: Record) -> float:
    """Return the record's approximate creation time, in seconds since 1970."""
    return float(record["dynamodb"]["ApproximateCreationDateTime"])


def send_failed_batch(poller: Any, shard_id: str, events: list[Record], context: dict[str, Any]) -> None:
    """Send a failed batch to the failure destination.

    https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
    """
    destination = poller.stream_parameters.get("DeadLetterConfig", {}).get("Arn")
    if not destination or parse_arn(destination)["service"] != "s3":
        send_to_destination(poller, shard_id, events, context)
        return
    time = get_current_time()
    body = poller.create_dlq_event(shard_id, events, context, time) | {"payload": to_json_str({"Records": events})}
    get_internal_client(destination).put_object(
        Bucket=s3_bucket_name(destination),
        Key=get_failure_s3_object_key(poller.esm_uuid, shard_id, time),
        Body=json.dumps(body),
    )


def with_stream_lock(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that holds the lock of writes and stream reads while it runs."""

    @functools.wraps(function)  # also copies the attributes by which localemu finds the handler of an operation
    def locked(*args: Any, **kwargs: Any) -> Any:
        with stream_lock:
            return function(*args, **kwargs)

    return locked


def forward_before_the_write_returns(
    forwarder: Any, account_id: str, region_name: str, records_map: dict[str, Any], background: bool = True
) -> None:
    """Forward a write's records in the thread of the write, which holds the lock."""
    forwarder.forward_to_kinesis_stream(account_id, region_name, records_map)
    forwarder.forward_to_ddb_stream(account_id, region_name, records_map)


def append_to_streams(account_id: str, region_name: str, records_map: dict[str, Any]) -> None:
    """Append records to the streams' stores. A call over HTTP would take 35 times as long."""
    backend = kinesis_backends[account_id][region_name]

    def put_records(*, StreamName: str, Records: list[dict[str, str]]) -> None:  # noqa: N803  # the API's names
        open_shards = [shard for shard in backend.streams[StreamName].shards.values() if shard.is_open]
        for record in Records:
            keys = json.dumps(json.loads(record["Data"])["dynamodb"]["Keys"]) if len(open_shards) > 1 else ""
            shard = open_shards[zlib.crc32(keys.encode()) % len(open_shards)]
            put_record(shard, record["PartitionKey"], base64.b64encode(record["Data"].encode()).decode(), "")

    client = SimpleNamespace(put_records=put_records)
    for table, records in records_map.items():
        dynamodbstreams_api._process_forwarded_records(account_id, region_name, table, records, client)


def find_existing_item(*args: Any, **kwargs: Any) -> Item | None:
    """Return the current item that a write replaces, updates or deletes, with binary values as bytes."""
    item = look_up_item(*args, **kwargs)
    return item and {name: decode_binary(value) for name, value in item.items()}


def decode_binary(value: Any) -> Any:
    """Decode the Base64 text of an attribute value; a value that is bytes stays as it is."""
    match value:
        case {"B": str(text)}:
            return {"B": base64.b64decode(text)}
        case {"BS": list(items)}:
            return {"BS": [base64.b64decode(item) if isinstance(item, str) else item for item in items]}
        case {"L": list(items)}:
            return {"L": [decode_binary(item) for item in items]}
        case {"M": dict(items)}:
            return {"M": {name: decode_binary(item) for name, item in items.items()}}
    return value


def find_existing_items(
    put_items_per_table: dict[str, list[dict[str, Any]]], account_id: str, region_name: str, endpoint_url: str
) -> dict[str, list[Item]]:
    """Return the current items that a write with several requests replaces, updates or deletes, by table."""
    found = {
        table: [
            ItemFinder.find_existing_item(request, table, account_id, region_name, endpoint_url) for request in requests
        ]
        for table, requests in put_items_per_table.items()
    }
    return {table: [item for item in items if item is not None] for table, items in found.items()}


def put_record(shard: Any, partition_key: str, data: str, explicit_hash_key: str) -> str:
    """Append a record to a shard and return its sequence number."""
    number = max_sequence_number(shard) + 1
    shard.records[number] = KinesisRecord(partition_key, data, number, explicit_hash_key)
    return str(number)


def min_sequence_number(shard: Any) -> int:
    """Return the sequence number of a shard's first record."""
    return next(iter(shard.records), getattr(shard, "last_removed", FIRST_SEQUENCE_NUMBER))


def max_sequence_number(shard: Any) -> int:
    """Return the sequence number of a shard's last record."""
    return next(reversed(shard.records), getattr(shard, "last_removed", FIRST_SEQUENCE_NUMBER))
