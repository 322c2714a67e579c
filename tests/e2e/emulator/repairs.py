"""Event source mapping features that localemu 1.3.2 lacks, written after AWS's documentation.

* Bisection: localemu stores BisectBatchOnFunctionError, and no poller reads it.
* Record age: localemu treats every record of a DynamoDB stream as new.
* Updates of a mapping: localemu reads the stream again from the start, and reports the state "Creating", which the
  provider treats as an error.

For these three features, the tests show that the deployed settings have the intended values. They do not show how AWS
behaves.
"""

import copy
from typing import Any

from localemu.services.lambda_.event_source_mapping.esm_worker import EsmState
from localemu.services.lambda_.event_source_mapping.esm_worker_factory import EsmWorkerFactory
from localemu.services.lambda_.event_source_mapping.event_processor import BatchFailureError
from localemu.services.lambda_.event_source_mapping.pollers.dynamodb_poller import DynamoDBPoller
from localemu.services.lambda_.event_source_mapping.pollers.stream_poller import StreamPoller

Record = dict[str, Any]

new_worker = EsmWorkerFactory.get_esm_worker
forward_events = StreamPoller.forward_events_to_target
# Id of a mapping to its current worker.
workers: dict[str, Any] = {}


def install() -> None:
    """Replace localemu's functions by the ones below."""
    EsmWorkerFactory.get_esm_worker = worker_that_continues
    StreamPoller.forward_events_to_target = forward_with_bisection
    DynamoDBPoller.get_approximate_arrival_time = creation_time


def worker_that_continues(factory: Any) -> Any:
    """Return a worker for a mapping; after an update it continues where the previous worker stopped."""
    worker = new_worker(factory)
    worker.poller.bisects = factory.esm_config.get("BisectBatchOnFunctionError", False)
    uuid = factory.esm_config["UUID"]
    if uuid in workers:
        previous = workers[uuid]
        previous.update_esm_state_in_store = lambda state: None
        worker.poller.shards = previous.poller.shards
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
