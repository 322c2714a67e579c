"""The definition of the state machine, and the check of its structure."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from ddb_stream_lambda.resources.backfill.buckets import Location
from ddb_stream_lambda.resources.backfill.definition import Settings, define, find_errors

Definition = dict[str, Any]


@pytest.fixture
def definition() -> Definition:
    return define(
        settings=Settings(max_concurrency=4, tolerated_failure_percentage=10, max_retries=4),
        worker_arn="arn:aws:lambda:eu-west-1:111122223333:function:worker",
        worker_timeout=900,
        partition="aws",
        results=Location("exports", "results", None),
    )


def test_definition_of_the_construct_has_no_errors(definition: Definition) -> None:
    assert find_errors(definition) == []


def test_files_come_from_the_list_of_the_export(definition: Definition) -> None:
    reader = definition["States"]["SendFiles"]["ItemReader"]
    assert reader["ReaderConfig"] == {"InputType": "JSONL"}
    assert reader["Parameters"] == {"Bucket.$": "$.files.bucket", "Key.$": "$.files.key"}


def test_results_are_written_in_a_folder_of_the_execution(definition: Definition) -> None:
    writer = definition["States"]["SendFiles"]["ResultWriter"]
    assert writer["Parameters"] == {"Bucket": "exports", "Prefix.$": "States.Format('results/{}', $$.Execution.Name)"}


def test_child_calls_the_worker_until_there_is_no_checkpoint(definition: Definition) -> None:
    child = definition["States"]["SendFiles"]["ItemProcessor"]
    choice = child["States"][child["States"]["SendFile"]["Next"]]
    assert choice["Default"] == child["StartAt"] == "SendFile"
    assert choice["Choices"] == [{"Variable": "$.progress.checkpoint", "IsNull": True, "Next": "FileDone"}]


def test_retries_grow_with_jitter_and_leave_out_errors_that_a_person_must_handle(definition: Definition) -> None:
    retries = definition["States"]["CheckFiles"]["Retry"]
    assert all(retry["BackoffRate"] > 1 and retry["JitterStrategy"] == "FULL" for retry in retries)
    names = {name for retry in retries for name in retry["ErrorEquals"]}
    assert not names & {"FilesFailed", "RecordsRefused", "UsageError", "States.ALL", "States.TaskFailed"}
    assert "Lambda.TooManyRequestsException" in names


def test_children_are_standard_workflows(definition: Definition) -> None:
    """An EXPRESS child is ended after five minutes, and a worker may need fifteen."""
    config = definition["States"]["SendFiles"]["ItemProcessor"]["ProcessorConfig"]
    assert config == {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}


def _remove_next(states: Definition) -> None:
    del states["CheckFiles"]["Next"]


def _misspell_field(states: Definition) -> None:
    states["SendFiles"]["MaxConcurency"] = states["SendFiles"].pop("MaxConcurrency")


def _lose_state_in_child(states: Definition) -> None:
    del states["SendFiles"]["ItemProcessor"]["States"]["FileDone"]


CHANGES: list[tuple[Callable[[Definition], Any], str]] = [
    (_remove_next, "CheckFiles: needs one of Next and End"),
    (_misspell_field, "SendFiles: a Map state has no field MaxConcurency"),
    (_lose_state_in_child, "SendFiles/IsFileComplete: the next state FileDone does not exist"),
    (lambda states: states.update(Lost={"Type": "Succeed"}), "Lost: no state leads to it"),
    (lambda states: states["Done"].update(Type="End"), "Done: Type = 'End': must be one of"),
    (lambda states: states["Done"].update(Next="SendFiles"), "Done: a Succeed state has no field Next"),
    (lambda states: states["SendFiles"].update(Label="a b"), "SendFiles: Label = 'a b': must be 1 to 40"),
    (lambda states: states["SendFiles"].pop("ItemProcessor"), "SendFiles: a Map state needs the field ItemProcessor"),
    (lambda states: states["CheckFiles"].update(OutputPath="Payload"), "CheckFiles: OutputPath = 'Payload': must be"),
    (
        lambda states: states["CheckFiles"]["Parameters"].update({"a.$": "b"}),
        "CheckFiles: a.$ = 'b': must be a JSONPath",
    ),
    (
        lambda states: states["CheckFiles"]["Retry"][0]["ErrorEquals"].append("States.ALL"),
        "CheckFiles: States.ALL must be the only error",
    ),
    (lambda states: states.update({"x" * 81: {"Type": "Succeed"}}), "the name has 81 characters; the limit is 80"),
]


@pytest.mark.parametrize(("change", "error"), CHANGES, ids=[error.split(":")[-1] for _, error in CHANGES])
def test_what_step_functions_would_refuse_is_found(
    definition: Definition, change: Callable[[Definition], Any], error: str
) -> None:
    changed = copy.deepcopy(definition)
    change(changed["States"])
    assert any(error in found for found in find_errors(changed)), find_errors(changed)


def test_start_and_end_and_size_are_checked(definition: Definition) -> None:
    assert "StartAt = 'Begin'" in find_errors(definition | {"StartAt": "Begin"})[0]
    loop = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "A"}}}
    assert find_errors(loop) == ["States: none of them ends the execution"]
    large = definition | {"Comment": "x" * 1024 * 1024}
    assert "the limit is 1048576" in find_errors(large)[0]
    assert len(json.dumps(definition)) < 20_000
