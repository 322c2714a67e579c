"""The states of the state machine, in Amazon States Language with JSONPath, and the check of their structure.

```
ReadExport → SendFiles (for each file: SendFile, again from its checkpoint) → CheckFiles → Done
                 ↑______________________________ files that failed, after a redrive ___|
```

The list of the files is the export's own manifest, which is JSON lines. Listing the objects by their prefix would mix
the files of incremental exports, which share one folder, and would have no checksums and counts.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataExport.Output.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..._engine.tokens import is_token
from ...arguments.policies import to_json
from ...errors import Mistakes
from ...limits import BACKFILL_RANGES, MAX_DEFINITION_BYTES, MAX_STATE_LABEL_LENGTH, MAX_STATE_NAME_LENGTH
from .buckets import Location

Definition = dict[str, Any]
State = Mapping[str, Any]

READ_EXPORT, SEND_FILES, CHECK_FILES, HAVE_FILES_FAILED, DONE = (
    "ReadExport",
    "SendFiles",
    "CheckFiles",
    "HaveFilesFailed",
    "Done",
)
SEND_FILE, IS_FILE_COMPLETE, FILE_DONE = "SendFile", "IsFileComplete", "FileDone"

# Errors of Lambda that pass: https://docs.aws.amazon.com/step-functions/latest/dg/bp-lambda-serviceexception.html
PASSING_ERRORS = (
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
)
# The worker was ended by its timeout or by a lack of memory.
ENDED_ERRORS = ("Lambda.Unknown", "Sandbox.Timedout", "States.Timeout")
# The worker's own errors, which can pass as well: the function is broken or throttled, S3 cannot be read.
WORKER_ERRORS = ("UnitFailed", "AwsError")
# A margin for the start of the worker, in seconds.
TASK_MARGIN = 30


@dataclass(frozen=True)
class Settings:
    """The settings of the map over the files.

    Attributes:
        max_concurrency: The number of files that are sent at once.
        tolerated_failure_percentage: The percentage of files that may fail before the others are stopped.
        max_retries: How often a failed call of the worker is repeated.
    """

    max_concurrency: Any
    tolerated_failure_percentage: Any
    max_retries: Any


def check_settings(settings: Settings, mistakes: Mistakes) -> None:
    """Add a mistake for each wrong setting."""
    for name, allowed in BACKFILL_RANGES.items():
        value = getattr(settings, name)
        if is_token(value):
            message = "must be known when the app is synthesized, since the definition is checked then; write a number"
            mistakes.add(name, value, message)
        elif not isinstance(value, int) or isinstance(value, bool) or value not in allowed:
            mistakes.add(name, value, f"must be {allowed}")


def define(
    *, settings: Settings, worker_arn: str, worker_timeout: Any, partition: str, results: Location
) -> Definition:
    """Return the definition.

    Args:
        settings: The settings of the map.
        worker_arn: The ARN of the worker.
        worker_timeout: The worker's timeout in seconds.
        partition: The partition of the account.
        results: The location of the results.
    """

    def call(payload: Mapping[str, Any], **fields: Any) -> Definition:
        timeout = {} if is_token(worker_timeout) else {"TimeoutSeconds": int(worker_timeout) + TASK_MARGIN}
        return {
            "Type": "Task",
            "Resource": f"arn:{partition}:states:::lambda:invoke",
            "Parameters": {"FunctionName": worker_arn, "Payload": dict(payload)},
            "Retry": _retries(settings.max_retries),
            **timeout,
            **fields,
        }

    read_export = call(
        {
            "action": "read_export",
            "input.$": "$",
            "execution": {"name.$": "$$.Execution.Name", "started.$": "$$.Execution.StartTime"},
        },
        OutputPath="$.Payload",
        Next=SEND_FILES,
    )
    send_files = {
        "Type": "Map",
        "Label": SEND_FILES,
        "ItemReader": {
            "Resource": f"arn:{partition}:states:::s3:getObject",
            "ReaderConfig": {"InputType": "JSONL"},
            "Parameters": {"Bucket.$": "$.files.bucket", "Key.$": "$.files.key"},
        },
        "ItemSelector": {
            "unit": {
                "kind": "file",
                "bucket.$": "$.bucket",
                "key.$": "$$.Map.Item.Value.dataFileS3Key",
                "items.$": "$$.Map.Item.Value.itemCount",
                "md5.$": "$$.Map.Item.Value.md5Checksum",
                "etag.$": "$$.Map.Item.Value.etag",
                "written_at.$": "$.written_at",
            },
            "run.$": "$.run",
            "table.$": "$.table",
            "batch_size.$": "$.batch_size",
            "filters.$": "$.filters",
            "progress": {"checkpoint": None, "calls": 0},
        },
        "MaxConcurrency": settings.max_concurrency,
        "ToleratedFailurePercentage": settings.tolerated_failure_percentage,
        "ItemProcessor": {
            # A child that goes on for more than five minutes must be a standard workflow.
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": SEND_FILE,
            "States": {
                SEND_FILE: call(
                    {
                        "action": "send",
                        "unit.$": "$.unit",
                        "run.$": "$.run",
                        "table.$": "$.table",
                        "batch_size.$": "$.batch_size",
                        "filters.$": "$.filters",
                        "checkpoint.$": "$.progress.checkpoint",
                        "calls.$": "$.progress.calls",
                    },
                    ResultSelector={
                        "checkpoint.$": "$.Payload.checkpoint",
                        "done.$": "$.Payload.done",
                        "failed.$": "$.Payload.failed",
                        "calls.$": "$.Payload.calls",
                    },
                    ResultPath="$.progress",
                    Next=IS_FILE_COMPLETE,
                ),
                IS_FILE_COMPLETE: {
                    "Type": "Choice",
                    "Choices": [{"Variable": "$.progress.checkpoint", "IsNull": True, "Next": FILE_DONE}],
                    "Default": SEND_FILE,
                },
                FILE_DONE: {"Type": "Succeed", "OutputPath": "$.progress"},
            },
        },
        "ResultWriter": {
            "Resource": f"arn:{partition}:states:::s3:putObject",
            "Parameters": {
                "Bucket": results.bucket,
                "Prefix.$": f"States.Format('{results.prefix}/{{}}', $$.Execution.Name)",
            },
        },
        "ResultPath": "$.map",
        "Next": CHECK_FILES,
    }
    check_files = call({"action": "check", "state.$": "$"}, OutputPath="$.Payload", Next=HAVE_FILES_FAILED)
    return {
        "Comment": "Sends the files of an export of a table to the function of the table's stream.",
        "StartAt": READ_EXPORT,
        "States": {
            READ_EXPORT: read_export,
            SEND_FILES: send_files,
            CHECK_FILES: check_files,
            HAVE_FILES_FAILED: {
                "Type": "Choice",
                "Choices": [{"Variable": "$.files", "IsNull": True, "Next": DONE}],
                "Default": SEND_FILES,
            },
            DONE: {"Type": "Succeed"},
        },
    }


def write(definition: Definition) -> str:
    """Return the JSON of a definition, which can contain Terraform expressions.

    It ends with a line break, as the JSON of policies does (`..arguments.policies.policy_document`).
    """
    return f"{to_json(definition)}\n"


def _retries(max_retries: int) -> list[Definition]:
    """Return the retries of a call, with growing pauses and jitter, so that the children do not meet."""
    pauses = {"BackoffRate": 2, "JitterStrategy": "FULL", "MaxAttempts": max_retries}
    return [
        {"ErrorEquals": list(PASSING_ERRORS), "IntervalSeconds": 2, "MaxDelaySeconds": 120, **pauses},
        {"ErrorEquals": list(ENDED_ERRORS), "IntervalSeconds": 2, "MaxDelaySeconds": 120, **pauses},
        {"ErrorEquals": list(WORKER_ERRORS), "IntervalSeconds": 10, "MaxDelaySeconds": 300, **pauses},
    ]


# The fields of each type of state, besides those of all states.
# https://docs.aws.amazon.com/step-functions/latest/dg/concepts-amazon-states-language.html
COMMON_FIELDS = frozenset({"Type", "Comment", "InputPath", "OutputPath", "Next", "End"})
FIELDS: Mapping[str, frozenset[str]] = {
    "Task": frozenset(
        {
            "Resource",
            "Parameters",
            "ResultSelector",
            "ResultPath",
            "Retry",
            "Catch",
            "TimeoutSeconds",
            "HeartbeatSeconds",
        }
    ),
    "Map": frozenset(
        {
            "ItemReader",
            "ItemsPath",
            "ItemSelector",
            "ItemBatcher",
            "ItemProcessor",
            "Label",
            "MaxConcurrency",
            "ResultPath",
            "ResultSelector",
            "ResultWriter",
            "Retry",
            "Catch",
            "ToleratedFailureCount",
            "ToleratedFailurePercentage",
        }
    ),
    "Choice": frozenset({"Choices", "Default"}),
    "Pass": frozenset({"Parameters", "Result", "ResultPath"}),
    "Wait": frozenset({"Seconds", "SecondsPath", "Timestamp", "TimestampPath"}),
    "Succeed": frozenset(),
    "Fail": frozenset({"Error", "ErrorPath", "Cause", "CausePath"}),
}
REQUIRED: Mapping[str, frozenset[str]] = {
    "Task": frozenset({"Resource"}),
    "Map": frozenset({"ItemProcessor"}),
    "Choice": frozenset({"Choices"}),
}
WITHOUT_NEXT = frozenset({"Choice", "Succeed", "Fail"})
PATH = re.compile(r"\$\$?([.\[].*)?|States\.\w+\(.*\)", re.DOTALL)
LABEL = re.compile(rf"[\w-]{{1,{MAX_STATE_LABEL_LENGTH}}}", re.ASCII)


def find_errors(definition: Mapping[str, Any]) -> list[str]:
    """Return what Step Functions would refuse in the structure of a definition; nothing if it is valid."""
    size = len(json.dumps(definition).encode())
    errors = [] if size <= MAX_DEFINITION_BYTES else [f"it has {size} bytes; the limit is {MAX_DEFINITION_BYTES}"]
    return [*errors, *_find_errors(definition, "")]


def _find_errors(machine: Mapping[str, Any], within: str) -> Iterator[str]:
    states: Mapping[str, State] = machine.get("States", {})
    start = machine.get("StartAt")
    if start not in states:
        yield f"{within}StartAt = {start!r}: must be one of the states {', '.join(states)}"
    reached = {start}
    for name, state in states.items():
        targets = set(_targets(state))
        reached |= targets
        for target in sorted(targets - states.keys()):
            yield f"{within}{name}: the next state {target} does not exist"
        yield from (f"{within}{name}: {error}" for error in _errors_of_state(name, state))
        if "ItemProcessor" in state:
            yield from _find_errors(state["ItemProcessor"], f"{within}{name}/")
    for name in states.keys() - reached:
        yield f"{within}{name}: no state leads to it"
    if not any(state.get("Type") in ("Succeed", "Fail") or state.get("End") for state in states.values()):
        yield f"{within}States: none of them ends the execution"


def _targets(state: State) -> Iterator[str]:
    for branch in (state, *state.get("Choices", ()), *state.get("Catch", ())):
        if "Next" in branch:
            yield branch["Next"]
    if "Default" in state:
        yield state["Default"]


def _errors_of_state(name: str, state: State) -> Iterator[str]:
    kind = state.get("Type", "")
    if len(name) > MAX_STATE_NAME_LENGTH:
        yield f"the name has {len(name)} characters; the limit is {MAX_STATE_NAME_LENGTH}"
    if kind not in FIELDS:
        yield f"Type = {kind!r}: must be one of {', '.join(FIELDS)}"
        return
    for field in sorted(state.keys() - FIELDS[kind] - COMMON_FIELDS):
        yield f"a {kind} state has no field {field}"
    for field in sorted(REQUIRED.get(kind, frozenset()) - state.keys()):
        yield f"a {kind} state needs the field {field}"
    ways = [field for field in ("Next", "End") if field in state]
    if kind in WITHOUT_NEXT and ways:
        yield f"a {kind} state has no field {ways[0]}"
    elif kind not in WITHOUT_NEXT and len(ways) != 1:
        yield "needs one of Next and End"
    if not LABEL.fullmatch(state.get("Label", name if kind == "Map" else "-")):
        yield f"Label = {state.get('Label')!r}: must be 1 to {MAX_STATE_LABEL_LENGTH} letters, digits, - and _"
    for retry in state.get("Retry", ()):
        if "States.ALL" in retry.get("ErrorEquals", ()) and len(retry["ErrorEquals"]) > 1:
            yield "States.ALL must be the only error of its retry"
    yield from _errors_of_paths(state)


def _errors_of_paths(value: Any, field: str = "") -> Iterator[str]:
    match value:
        case Mapping():
            for key, item in value.items():
                if key != "States":  # the states of a Map state have their own errors
                    yield from _errors_of_paths(item, key)
        case list():
            for item in value:
                yield from _errors_of_paths(item, field)
        case _ if field.endswith((".$", "Path")) or field == "Variable":
            if value is not None and not (isinstance(value, str) and PATH.fullmatch(value)):
                yield f"{field} = {value!r}: must be a JSONPath that begins with $"
