"""The Lambda function of the state machine: it sends a file until its time ends, and lists what failed."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from ddb_stream_lambda.operations import worker
from ddb_stream_lambda.operations.backfilling.units import Location
from ddb_stream_lambda.operations.errors import UsageError
from ddb_stream_lambda.operations.redriving.batches import read_batch
from ddb_stream_lambda.operations.worker import Deadline, FilesFailed, RecordsRefused, Settings, UnitFailed

from tests.operations.backfilling.doubles import (
    BUCKET,
    FOLDER,
    MAPPING,
    NOW,
    TABLE_ARN,
    FakeDynamoDB,
    FakeFunction,
    FakeS3,
    item,
)
from tests.operations.fakes import FUNCTION, STREAM

EXPORT = f"s3://{BUCKET}/{FOLDER}"
RESULTS = "results"
SETTINGS = Settings(
    table="orders",
    function=FUNCTION,
    mapping=MAPPING,
    exports=Location(BUCKET, ""),
    results=Location(BUCKET, RESULTS),
    results_key=None,
)
EXECUTION = {"name": "run-1", "started": NOW.isoformat()}
MAP_FOLDER = f"{RESULTS}/run-1/0f1e2d3c"


class Bucket(FakeS3):
    """A bucket that can be written and listed."""

    def __init__(self) -> None:
        super().__init__()
        self.puts: list[dict[str, Any]] = []

    def put_object(self, **request: Any) -> None:
        self.puts.append(request)
        self.objects[request["Key"]] = request["Body"]

    def list_objects_v2(self, *, Bucket: str, Prefix: str, MaxKeys: int) -> dict[str, Any]:  # noqa: N803  # the API's
        keys = [key for key in sorted(self.objects) if key.startswith(Prefix)]
        return {"Contents": [{"Key": key} for key in keys[:MaxKeys]]} if keys else {}


class Aws:
    """A connection to the doubles."""

    def __init__(self, handler: Callable[[list[Any]], Any] = lambda records: None) -> None:
        self.dynamodb, self.function, self.s3 = FakeDynamoDB(), FakeFunction(handler), Bucket()

    def client(self, service: str) -> Any:
        return {"dynamodb": self.dynamodb, "lambda": self.function, "s3": self.s3}[service]

    def read(self, **given: Any) -> dict[str, Any]:
        event = {"action": "read_export", "input": {"export": EXPORT} | given, "execution": EXECUTION}
        return as_json(worker.read(event, SETTINGS, self))  # type: ignore[arg-type]  # a double

    def files(self, state: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the events for the files of an execution, as the state machine's ItemSelector makes them."""
        lines = [json.loads(line) for line in self.s3.objects[state["files"]["key"]].splitlines()]
        return [
            {
                "unit": {
                    "kind": "file",
                    "bucket": state["bucket"],
                    "key": line["dataFileS3Key"],
                    "items": line["itemCount"],
                    "md5": line["md5Checksum"],
                    "etag": line["etag"],
                    "written_at": state["written_at"],
                },
                "checkpoint": None,
                **{name: state[name] for name in ("run", "table", "batch_size", "filters")},
            }
            for line in lines
        ]

    def send(self, event: dict[str, Any], calls: int | None = None) -> dict[str, Any]:
        """Send a unit, with time for a number of batches."""
        left = iter([600.0] * (2 * calls + 1) if calls is not None else [])
        deadline = Deadline(lambda: next(left, 0.0 if calls is not None else 600.0), clock=lambda: 0.0)
        return as_json(worker.send(event, SETTINGS, self, deadline))  # type: ignore[arg-type]  # a double

    def check(self, state: dict[str, Any], *failed: dict[str, Any]) -> dict[str, Any]:
        """Check an execution whose Map state wrote these failed children."""
        files: dict[str, list[dict[str, Any]]] = {"FAILED": [], "PENDING": [], "SUCCEEDED": []}
        if failed:
            key = f"{MAP_FOLDER}/FAILED_0.json"
            self.s3.objects[key] = json.dumps(failed).encode()
            files["FAILED"] = [{"Key": key, "Size": 1}]
        self.s3.objects[f"{MAP_FOLDER}/manifest.json"] = json.dumps({"ResultFiles": files}).encode()
        details = {"Bucket": BUCKET, "Key": f"{MAP_FOLDER}/manifest.json"}
        event = {"action": "check", "state": state | {"map": {"ResultWriterDetails": details}}}
        return as_json(worker.check(event, SETTINGS, self))  # type: ignore[arg-type]  # a double


def as_json(value: dict[str, Any]) -> dict[str, Any]:
    """Return a value as the state machine passes it on."""
    return dict(json.loads(json.dumps(value)))


@pytest.fixture
def aws() -> Aws:
    aws = Aws()
    aws.s3.put_export([[{"Item": item(number)} for number in range(25)], [{"Item": item(100)}]])
    return aws


def test_export_gives_the_state_of_the_execution(aws: Aws) -> None:
    state = aws.read()
    assert state["files"] == {"bucket": BUCKET, "key": f"{FOLDER}/manifest-files.json"}
    assert state["run"] == {"id": "run-1", "started": NOW.isoformat()}
    assert state["table"]["stream_arn"] == STREAM
    assert (state["items"], state["batch_size"], state["results"]) == (26, 10, f"{RESULTS}/run-1")


def test_export_of_another_table_or_from_before_the_stream_is_refused(aws: Aws) -> None:
    aws.s3.put_export([], tableArn=f"{TABLE_ARN}-2")
    with pytest.raises(UsageError, match="is an export of"):
        aws.read()
    aws.s3.put_export([], exportTime="2026-09-17T00:00:00Z")
    with pytest.raises(UsageError, match="before the stream was created"):
        aws.read()
    assert aws.read(allow_gap=True)["items"] == 0


@pytest.mark.parametrize("export", [None, "exports/AWSDynamoDB/1", "s3://other/AWSDynamoDB/1"])
def test_input_that_names_no_export_in_the_bucket_is_refused(aws: Aws, export: object) -> None:
    with pytest.raises(UsageError, match=r"export = .*; correct the input of the execution"):
        aws.read(export=export)


def test_all_files_are_sent_with_numbers_below_those_of_the_stream(aws: Aws) -> None:
    outputs = [aws.send(event) for event in aws.files(aws.read())]
    assert outputs == [{"checkpoint": None, "done": done, "failed": 0, "calls": 1} for done in (25, 1, 0)]
    assert {len(record["dynamodb"]["SequenceNumber"]) for record in aws.function.received} == {20}
    assert len({record["eventID"] for record in aws.function.received}) == 26


def test_worker_hands_back_a_checkpoint_and_goes_on_from_it(aws: Aws) -> None:
    event = aws.files(aws.read())[0]
    outputs: list[dict[str, Any]] = []
    while not outputs or outputs[-1]["checkpoint"] is not None:
        progress = outputs[-1] if outputs else {"checkpoint": None, "calls": 0}
        outputs.append(aws.send({**event, **progress}, calls=1))
    assert [output["done"] for output in outputs] == [10, 20, 25, 25]
    assert [output["calls"] for output in outputs] == [1, 2, 3, 4]
    assert [record["dynamodb"]["Keys"] for record in aws.function.received] == [
        {"id": item(number)["id"]} for number in range(25)
    ]


def test_records_that_the_mapping_filters_out_are_not_sent(aws: Aws) -> None:
    event = aws.files(aws.read())[0]
    pattern = {"dynamodb": {"NewImage": {"number": {"N": ["7"]}}}}
    assert aws.send(event | {"filters": [json.dumps(pattern)]})["done"] == 25
    assert [record["dynamodb"]["NewImage"] for record in aws.function.received] == [item(7)]


def test_damaged_file_is_an_error_before_a_record_is_sent(aws: Aws) -> None:
    event = aws.files(aws.read())[0]
    aws.s3.objects[event["unit"]["key"]] += b"more"
    with pytest.raises(UnitFailed, match="MD5 checksum"):
        aws.send(event)
    assert aws.function.batches == []


def test_broken_function_is_an_error_and_no_record_counts_as_refused() -> None:
    aws = Aws(lambda records: 1 / 0)
    aws.s3.put_export([[{"Item": item(number)} for number in range(25)]])
    with pytest.raises(UnitFailed, match="ZeroDivisionError"):
        aws.send(aws.files(aws.read())[0])
    assert aws.s3.puts == []


def refuse(*numbers: int) -> Callable[[list[Any]], Any]:
    """Return a function that refuses items."""

    def handle(records: list[Any]) -> dict[str, Any]:
        refused = [record for record in records if int(record["dynamodb"]["NewImage"]["number"]["N"]) in numbers]
        return {"batchItemFailures": [{"itemIdentifier": record["dynamodb"]["SequenceNumber"]} for record in refused]}

    return handle


def test_refused_records_are_kept_as_redrive_reads_them() -> None:
    aws = Aws(refuse(3, 17))
    aws.s3.put_export([[{"Item": item(number)} for number in range(25)]])
    state = aws.read()
    assert aws.send(aws.files(state)[0]) == {"checkpoint": None, "done": 23, "failed": 2, "calls": 1}
    batches = [read_batch(json.loads(put["Body"])) for put in aws.s3.puts]
    assert [record["dynamodb"]["NewImage"] for batch in batches for record in batch.records or ()] == [
        item(3),
        item(17),
    ]
    with pytest.raises(RecordsRefused, match=f"redrive --bucket s3://{BUCKET}/{RESULTS}/run-1/refused/"):
        aws.check(state)
    for put in aws.s3.puts:
        del aws.s3.objects[put["Key"]]
    assert aws.check(state)["files"] is None


def test_failed_files_are_listed_first_and_sent_again_after_a_redrive(aws: Aws) -> None:
    state = aws.read()
    event = aws.files(state)[1]
    cause = json.dumps({"errorType": "UnitFailed", "errorMessage": "the checksum"})
    failed = {"Input": json.dumps(event), "Status": "FAILED", "Error": "UnitFailed", "Cause": cause}
    with pytest.raises(FilesFailed, match=r"1 files failed, listed in .*file1.json.gz: UnitFailed: the checksum"):
        aws.check(state, failed)
    (line,) = map(json.loads, aws.s3.objects[f"{MAP_FOLDER}/failed-files.jsonl"].splitlines())
    assert line["error"] == "UnitFailed: the checksum"
    redriven = aws.check(state, failed)
    assert aws.files(redriven) == [event]


def test_files_that_timed_out_or_were_stopped_are_listed_with_their_status(aws: Aws) -> None:
    state = aws.read()
    failed = {"Input": json.dumps(aws.files(state)[0]), "Status": "TIMED_OUT"}
    with pytest.raises(FilesFailed, match="TIMED_OUT"):
        aws.check(state, failed)


def test_list_of_failed_files_can_be_sent_by_another_execution(aws: Aws) -> None:
    assert aws.read(failed_files=f"s3://{BUCKET}/{MAP_FOLDER}/failed-files.jsonl")["files"] == {
        "bucket": BUCKET,
        "key": f"{MAP_FOLDER}/failed-files.jsonl",
    }
    with pytest.raises(UsageError, match="failed_files"):
        aws.read(failed_files=f"s3://{BUCKET}/other/failed-files.jsonl")


def test_kept_objects_are_encrypted_with_the_key_of_the_results(aws: Aws) -> None:
    key = "arn:aws:kms:eu-west-1:111122223333:key/1"
    settings = Settings(**(vars(SETTINGS) | {"results_key": key}))
    worker._put(aws.s3, settings, "a", "text")
    (put,) = aws.s3.puts
    assert (put["ServerSideEncryption"], put["SSEKMSKeyId"]) == ("aws:kms", key)


def test_time_for_a_batch_is_twice_that_of_the_longest_one() -> None:
    now, left = [0.0], [900.0]
    deadline = Deadline(lambda: left[0], clock=lambda: now[0])
    assert deadline.may_continue()
    now[0], left[0] = 100.0, 250.0
    assert deadline.may_continue()
    now[0], left[0] = 110.0, 199.0
    assert not deadline.may_continue()


def test_settings_are_those_of_the_construct() -> None:
    variables = {
        "TABLE_ARN": TABLE_ARN,
        "FUNCTION_ARN": FUNCTION,
        "EXPORT_BUCKET": BUCKET,
        "EXPORT_PREFIX": "",
        "RESULT_BUCKET": BUCKET,
        "RESULT_PREFIX": RESULTS,
        "MAPPING_UUID": MAPPING,
    }
    assert Settings.read(variables) == SETTINGS


def test_unknown_action_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TABLE_ARN", "FUNCTION_ARN", "EXPORT_BUCKET", "RESULT_BUCKET", "RESULT_PREFIX"):
        monkeypatch.setenv(name, "x")
    with pytest.raises(ValueError, match="the action must be"):
        worker.handle({"action": "scan"}, None)  # type: ignore[arg-type]  # not used
