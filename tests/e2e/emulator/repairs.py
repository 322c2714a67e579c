"""What localemu 1.3.2 leaves out of an event source mapping, after AWS's documentation of it.

* Bisection: BisectBatchOnFunctionError is stored, and no poller reads it.
* The age of a record: every record of a DynamoDB stream is taken for new.
* An update of the mapping: it starts the stream over, and says "Creating", which the provider takes for an error.

What the tests show of these three is that the deployed settings say what is meant, not that AWS does so.
"""

import copy

from localemu.services.lambda_.event_source_mapping.esm_worker import EsmState
from localemu.services.lambda_.event_source_mapping.esm_worker_factory import EsmWorkerFactory
from localemu.services.lambda_.event_source_mapping.event_processor import BatchFailureError
from localemu.services.lambda_.event_source_mapping.pollers.dynamodb_poller import DynamoDBPoller
from localemu.services.lambda_.event_source_mapping.pollers.stream_poller import StreamPoller

make_worker = EsmWorkerFactory.get_esm_worker
forward = StreamPoller.forward_events_to_target
# Mapping -> the worker that runs it.
workers = {}


def put_in() -> None:
    """Take the place of what is there."""
    EsmWorkerFactory.get_esm_worker = continuing_worker
    StreamPoller.forward_events_to_target = forward_bisecting
    DynamoDBPoller.get_approximate_arrival_time = time_of_write


def continuing_worker(factory):
    """A mapping's worker; that of an updated mapping goes on where the one before it was."""
    worker = make_worker(factory)
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


class Split(BaseException):
    """A batch failed as a whole, and is to be halved."""


def forward_bisecting(poller, shard_id, records):
    """Halves a failed batch, and gives each half its turn, in order; a split is no retry, a half has all of them."""
    if not getattr(poller, "bisects", False):
        forward(poller, shard_id, records)
        return
    process = poller.processor.process_events_batch

    def process_or_split(events):
        try:
            process(events)
        except BatchFailureError as error:
            if type(error) is BatchFailureError and len(events) > 1:
                raise Split(events) from error
            raise

    poller.processor.process_events_batch = process_or_split
    try:
        forward(poller, shard_id, copy.deepcopy(records))  # it changes them
    except Split as split:
        left = {poller.get_sequence_number(event) for event in split.args[0]}
    else:
        return
    finally:
        poller.processor.process_events_batch = process
    records = [record for record in records if poller.get_sequence_number(record) in left]
    middle = len(records) // 2
    forward_bisecting(poller, shard_id, records[:middle])
    forward_bisecting(poller, shard_id, records[middle:])


def time_of_write(poller, record):
    return record["dynamodb"]["ApproximateCreationDateTime"]
