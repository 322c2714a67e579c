"""Distributed Map of AWS Step Functions, written after AWS's documentation. localemu has a part of it only.

In localemu failed children are ignored, one page of keys is listed, each child is a thread, and `ItemBatcher`, EXPRESS
children, a percentage without decimals, JSON lines, and LOAD_AND_FLATTEN are refused. Its results are not written.

So **reading, batches, failures and their tolerance, concurrency, and results are this suite's code**. Not here:
manifests of S3 Inventory and of Athena, RedriveExecution, and a child's time limit as an EXPRESS workflow. Children do
not appear as executions.

https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html
"""

import base64
import copy
import gzip
import json
import logging
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from localemu.aws.api.stepfunctions import HistoryEventType, MapRunFailedEventDetails
from localemu.aws.connect import connect_externally_to, connect_to
from localemu.services.stepfunctions.asl.component.common.comment import Comment
from localemu.services.stepfunctions.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from localemu.services.stepfunctions.asl.component.common.error_name.states_error_name import StatesErrorName
from localemu.services.stepfunctions.asl.component.common.error_name.states_error_name_type import StatesErrorNameType
from localemu.services.stepfunctions.asl.component.common.timeouts.timeout import EvalTimeoutError
from localemu.services.stepfunctions.asl.component.state.state_execution.state_map import state_map
from localemu.services.stepfunctions.asl.component.state.state_execution.state_map.item_reader.item_reader_decl import (
    ItemReader,
)
from localemu.services.stepfunctions.asl.component.state.state_execution.state_map.item_reader.resource_eval import (
    resource_eval_s3 as reader_s3,
)
from localemu.services.stepfunctions.asl.component.state.state_execution.state_map.iteration import (
    distributed_iteration_component as iteration,
)
from localemu.services.stepfunctions.asl.component.state.state_execution.state_map.iteration.itemprocessor import (
    distributed_item_processor_worker as child_worker,
)
from localemu.services.stepfunctions.asl.component.state.state_execution.state_map.result_writer.resource_eval import (
    resource_eval_s3 as writer_s3,
)
from localemu.services.stepfunctions.asl.eval.event.event_detail import EventDetails
from localemu.services.stepfunctions.asl.eval.program_state import ProgramError, ProgramStopped
from localemu.services.stepfunctions.asl.eval.states import ItemData, MapData
from localemu.services.stepfunctions.asl.parse import asl_parser
from localemu.services.stepfunctions.asl.utils import boto_client
from localemu.services.stepfunctions.asl.utils.json_path import extract_json

LOG = logging.getLogger(__name__)
Definition = dict[str, Any]

# A comment with this start holds the fields that localemu does not parse.
HIDDEN = "hidden-fields:"
BATCHER_FIELDS = {"MaxItemsPerBatch", "MaxInputBytesPerBatch", "BatchInput"}
READER_FIELDS = {"InputType", "MaxItems", "Transformation"}
INPUT_TYPES = {"JSONL", "JSON"}
# AWS allows 10,000. More threads than this do not make the emulator faster.
MAX_CHILDREN_AT_ONCE = 40
GZIP_START = b"\x1f\x8b"

parse_definition = asl_parser.AmazonStateLanguageParser.parse
read_state = state_map.StateMap.from_state_props
evaluate_map = state_map.StateMap._eval_execution
read_items = ItemReader._eval_body


def install() -> None:
    """Replace localemu's functions by the ones below."""
    asl_parser.AmazonStateLanguageParser.parse = staticmethod(parse)
    state_map.StateMap.from_state_props = read_state_with_hidden_fields
    ItemReader._eval_body = read_items_with_hidden_fields
    reader_s3.ResourceEvalS3._handle_get_object = staticmethod(get_object)
    reader_s3.ResourceEvalS3._handle_list_objects_v2 = staticmethod(list_all_objects)
    iteration.DistributedIterationComponent._map_run = run_children
    child_worker.DistributedItemProcessorWorker._eval_job = run_child
    child_worker.DistributedItemProcessorWorker.eval = run_children_of_worker
    writer_s3.ResourceEvalS3._handle_put_object = staticmethod(write_results)
    boto_client.connect_to = ClientsOfRole()


class ClientsOfRole:
    """Clients whose calls are checked against the state machine's role. Those of localemu may do everything."""

    def with_assumed_role(self, *, role_arn: str, service_principal: str, region_name: str, config: Any) -> Any:
        """Return a factory of clients that have the credentials of a role."""
        sts = connect_to(region_name=region_name).sts.request_metadata(service_principal=service_principal)
        credentials = sts.assume_role(RoleArn=role_arn, RoleSessionName="states")["Credentials"]
        return connect_externally_to(
            region_name=region_name,
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials["SessionToken"],
            config=config,
        )


def parse(definition: str) -> Any:
    """Parse a definition after hiding the fields of Distributed Maps that localemu refuses."""
    try:
        decoded = json.loads(definition)
    except ValueError:
        return parse_definition(definition)
    if "DISTRIBUTED" not in definition:
        return parse_definition(definition)
    for state in states_of(decoded):
        hide_fields(state)
    return parse_definition(json.dumps(decoded))


def states_of(definition: Any) -> Iterator[Definition]:
    """Return all states of a definition, nested ones included."""
    if isinstance(definition, dict):
        yield from definition.get("States", {}).values()
        for value in definition.values():
            yield from states_of(value)
    elif isinstance(definition, list):
        for value in definition:
            yield from states_of(value)


def hide_fields(state: Definition) -> None:
    """Move the fields that localemu refuses from a Distributed Map into its comment."""
    processor = state.get("ItemProcessor", {}).get("ProcessorConfig", {})
    if state.get("Type") != "Map" or processor.get("Mode") != "DISTRIBUTED":
        return
    processor["ExecutionType"] = "STANDARD"
    if isinstance(state.get("ToleratedFailurePercentage"), int):
        state["ToleratedFailurePercentage"] = float(state["ToleratedFailurePercentage"])
    hidden = {}
    if "ItemBatcher" in state:
        hidden["ItemBatcher"] = check_fields(state.pop("ItemBatcher"), BATCHER_FIELDS)
    reader = state.get("ItemReader", {})
    config = reader.get("ReaderConfig", {})
    if config.get("InputType") == "JSONL" or config.get("Transformation") == "LOAD_AND_FLATTEN":
        hidden["ReaderConfig"] = check_fields(reader.pop("ReaderConfig"), READER_FIELDS)
        if config["InputType"] not in INPUT_TYPES:
            raise ValueError(f"InputType {config['InputType']} is not supported here; use one of {sorted(INPUT_TYPES)}")
    else:
        config.pop("Transformation", None)
    if hidden:
        state["Comment"] = HIDDEN + base64.b64encode(json.dumps(hidden).encode()).decode()


def check_fields(fields: Definition, known: set[str]) -> Definition:
    """Return the fields; refuse unknown ones."""
    if unknown := sorted(fields.keys() - known):
        raise ValueError(f"The fields {unknown} are not supported here; use {sorted(known)}")
    return fields


def read_state_with_hidden_fields(state: Any, properties: Any) -> None:
    """Read the properties of a Map state, hidden ones included."""
    read_state(state, properties)
    comment = properties.get(Comment)
    hidden = {}
    if comment is not None and comment.comment.startswith(HIDDEN):
        hidden = json.loads(base64.b64decode(comment.comment.removeprefix(HIDDEN)))
    state.iteration_component.batcher = hidden.get("ItemBatcher")
    state.iteration_component.result_writer = state.result_writer
    if state.item_reader:
        state.item_reader.hidden_config = hidden.get("ReaderConfig")


def get_object(env: Any, resource: Any, credentials: Any) -> None:
    """Read an object, which may be compressed."""
    client = reader_s3.ResourceEvalS3._get_s3_client(resource, credentials)
    env.stack.append(read_object(client, **env.stack.pop()))


def read_object(client: Any, **parameters: str) -> str:
    """Return the text of an object, which may be compressed."""
    body = client.get_object(**parameters)["Body"].read()
    return (gzip.decompress(body) if body.startswith(GZIP_START) else body).decode()


def list_all_objects(env: Any, resource: Any, credentials: Any) -> None:
    """List the objects below a prefix, all pages of them."""
    client = reader_s3.ResourceEvalS3._get_s3_client(resource, credentials)
    parameters = env.stack.pop()
    pages = client.get_paginator("list_objects_v2").paginate(**parameters)
    contents = [object for page in pages for object in page.get("Contents", [])]
    env.reader_client, env.reader_bucket = client, parameters["Bucket"]
    env.stack.append(contents)


def read_items_with_hidden_fields(reader: Any, env: Any) -> None:
    """Read the items; decode them if the reader's configuration is a hidden one."""
    read_items(reader, env)
    config = getattr(reader, "hidden_config", None)
    if config is None:
        return
    value = env.stack.pop()
    if isinstance(value, str):
        items = decode_items(value, config["InputType"])
    else:
        texts = (read_object(env.reader_client, Bucket=env.reader_bucket, Key=object["Key"]) for object in value)
        items = [item for text in texts for item in decode_items(text, config["InputType"])]
    env.stack.append(items[: config.get("MaxItems")])


def decode_items(text: str, input_type: str) -> list[Any]:
    """Return the items of a text."""
    if input_type == "JSONL":
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    return list(json.loads(text))


def run_children(component: Any, env: Any, eval_input: Any) -> None:
    """Run the children of a Map state, a bounded number at once, until the tolerance for failures is exceeded."""
    items = env.stack.pop()
    record = eval_input.map_run_record
    if component.batcher:
        items = [select_item(env, eval_input.item_selector, index, item) for index, item in enumerate(items)]
        eval_input.item_selector = None
        items = batches_of(items, component.batcher, env)
    record.batched = bool(component.batcher)
    record.results, record.lock = [], threading.Lock()
    record.item_counter.total.count(sum(size_of(record, item) for item in items))
    record.item_counter.pending.count(record.item_counter.total.get())
    record.execution_counter.total.count(len(items))
    record.execution_counter.pending.count(len(items))
    pool = iteration.JobPool(job_program=component._get_iteration_program(), job_inputs=items)
    for _ in range(min(len(items), record.max_concurrency or MAX_CHILDREN_AT_ONCE, MAX_CHILDREN_AT_ONCE)):
        component._launch_worker(env=env, eval_input=eval_input, job_pool=pool)
    pool.await_jobs()
    if error := pool.get_worker_exception():
        while record.execution_counter.running.get():  # AWS stops these children
            time.sleep(0.01)
        record.results += [
            {"Input": json.dumps(job.job_input, default=str), "Status": "PENDING"} for job in pool._open_jobs
        ]
        if component.result_writer:
            env.stack.append([])
            component.result_writer.eval(env)
            env.stack.pop()
        raise error
    env.stack.append([job.job_output for job in pool.get_closed_jobs() if job.job_output is not FAILED])


class Failed:
    """The output of a failed child that is tolerated."""

    def __deepcopy__(self, _: Any) -> "Failed":
        return self


FAILED = Failed()


def select_item(env: Any, selector: Any, index: int, item: Any) -> Any:
    """Return an item as the state's ItemSelector shapes it."""
    if selector is None:
        return item
    frame = env.open_inner_frame()
    try:
        frame.states.context_object.context_object_data["Map"] = MapData(Item=ItemData(Index=index, Value=item))
        frame.stack.append(env.states.get_input())
        selector.eval(frame)
        return copy.deepcopy(frame.stack[-1])
    finally:
        env.delete_frame(frame)


def batches_of(items: list[Any], batcher: Definition, env: Any) -> list[Definition]:
    """Return the inputs of children that process several items each."""
    most_items = batcher.get("MaxItemsPerBatch") or len(items)
    most_bytes = batcher.get("MaxInputBytesPerBatch") or 256 * 1024
    shared = {}
    if "BatchInput" in batcher:
        shared["BatchInput"] = fill_template(batcher["BatchInput"], env)
    batches: list[Definition] = []
    size = 0
    for item in items:
        item_size = len(json.dumps(item, default=str)) + 1
        if not batches or len(batches[-1]["Items"]) == most_items or size + item_size > most_bytes:
            batches.append(shared | {"Items": []})
            size = len(json.dumps(batches[-1], default=str))
        batches[-1]["Items"].append(item)
        size += item_size
    return batches


def fill_template(template: Any, env: Any) -> Any:
    """Return a template with the values of its JSONPaths."""
    if not isinstance(template, dict):
        return template
    filled = {}
    for name, value in template.items():
        if not name.endswith(".$"):
            filled[name] = fill_template(value, env)
        elif value.startswith("$$"):
            context = env.states.context_object.context_object_data
            filled[name.removesuffix(".$")] = extract_json(value[1:], context)
        else:
            filled[name.removesuffix(".$")] = extract_json(value, env.states.get_input())
    return filled


def size_of(record: Any, child_input: Any) -> int:
    """Return the number of items of a child."""
    return len(child_input["Items"]) if record.batched else 1


def run_children_of_worker(worker: Any) -> None:
    """Run children, one after the other, until none is left."""
    while (job := worker._job_pool.next_job()) is not None and not worker.stopped():
        frame = worker._env.open_inner_frame()
        worker._eval_job(env=frame, job=job)
        worker._env.delete_frame(frame)
        worker._job_pool.close_job(job)


def run_child(worker: Any, env: Any, job: Any) -> None:
    """Run a child and record its result."""
    record, started = worker._map_run_record, datetime.now(UTC)
    child_input = copy.deepcopy(job.job_input)
    count(record, child_input, "pending", -1)
    count(record, child_input, "running", 1)
    status, details = "FAILED", {}
    job.job_output = FAILED
    try:
        env.states.context_object.context_object_data["Map"] = MapData(
            Item=ItemData(Index=job.job_index, Value=job.job_input)
        )
        env.states.reset(job.job_input)
        env.stack.append(env.states.get_input())
        worker._eval_input(env_frame=env)
        child_input = copy.deepcopy(env.states.get_input())
        job.job_program.eval(env)
        state = env.program_state()
        if isinstance(state, ProgramError):
            details = {name.capitalize(): state.error.get(name) for name in ("error", "cause")}
        elif isinstance(state, ProgramStopped):
            status = "ABORTED"
        else:
            status, job.job_output = "SUCCEEDED", env.states.get_input()
            details = {"Output": json.dumps(job.job_output, default=str)}
    except EvalTimeoutError:
        status = "TIMED_OUT"
    except FailureEventException as error:
        details = dict(zip(("Error", "Cause"), error.extract_error_cause_pair() or (), strict=False))
    except Exception as error:
        LOG.exception("a child of a Map state failed")
        details = {"Error": "States.Runtime", "Cause": str(error)}
    count(record, job.job_input, "running", -1)
    count(record, job.job_input, status.lower(), 1)
    with record.lock:
        record.results.append(
            {
                "ExecutionArn": f"{record.map_run_arn}:{job.job_index}",
                "Input": json.dumps(child_input, default=str),
                "InputDetails": {"Included": True},
                "Name": str(job.job_index),
                "StartDate": started.isoformat(),
                "StateMachineArn": record.map_state_machine_arn,
                "Status": status,
                "StopDate": datetime.now(UTC).isoformat(),
            }
            | details
        )
    if status != "SUCCEEDED" and exceeds_tolerance(record):
        job.job_output = failure_of_map(env)


def count(record: Any, child_input: Any, name: str, change: int) -> None:
    """Change the counters of executions and of items."""
    getattr(record.execution_counter, name).offset(change)
    getattr(record.item_counter, name).offset(change * size_of(record, child_input))


def exceeds_tolerance(record: Any) -> bool:
    """Return whether more items failed than the state tolerates."""
    items = record.item_counter
    failed = items.failed.get() + items.timed_out.get() + items.aborted.get()
    limits = []
    if record.tolerated_failure_count:
        limits.append(failed > record.tolerated_failure_count)
    if record.tolerated_failure_percentage:
        limits.append(100 * failed > record.tolerated_failure_percentage * items.total.get())
    return any(limits) if limits else failed > 0


def failure_of_map(env: Any) -> FailureEventException:
    """Return the failure of a Map state whose tolerance was exceeded."""
    name = StatesErrorNameType.StatesExceedToleratedFailureThreshold
    cause = "The specified tolerated failure threshold was exceeded"
    details = MapRunFailedEventDetails(error=name.to_name(), cause=cause)
    event = FailureEvent(
        env=env,
        error_name=StatesErrorName(typ=name),
        event_type=HistoryEventType.MapRunFailed,
        event_details=EventDetails(mapRunFailedEventDetails=details),
    )
    return FailureEventException(failure_event=event)


def write_results(env: Any, resource: Any, credentials: Any) -> None:
    """Write the results of the children, in one file for each status, and their manifest.

    https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html
    """
    parameters = env.stack.pop()
    env.stack.pop()  # the results of the children
    record = env.map_run_record_pool_manager.get_all()[-1]
    client = writer_s3.ResourceEvalS3._get_s3_client(resource, credentials)
    bucket, prefix = parameters["Bucket"], parameters.get("Prefix", "")
    folder = f"{prefix.rstrip('/')}/".lstrip("/") + record.map_run_arn.split(":")[-1]
    files: dict[str, list[Definition]] = {"FAILED": [], "PENDING": [], "SUCCEEDED": []}
    for status in files:
        # Children that were stopped or timed out are in the file of the failed ones.
        results = [
            result
            for result in record.results
            if (result["Status"] if result["Status"] in ("PENDING", "SUCCEEDED") else "FAILED") == status
        ]
        if results:
            key, body = f"{folder}/{status}_0.json", json.dumps(results).encode()
            client.put_object(Bucket=bucket, Key=key, Body=body)
            files[status].append({"Key": key, "Size": len(body)})
    manifest = {"DestinationBucket": bucket, "MapRunArn": record.map_run_arn, "ResultFiles": files}
    key = f"{folder}/manifest.json"
    client.put_object(Bucket=bucket, Key=key, Body=json.dumps(manifest).encode())
    details = {"Bucket": bucket, "Key": key}
    env.stack.append({"MapRunArn": record.map_run_arn, "ResultWriterDetails": details})
