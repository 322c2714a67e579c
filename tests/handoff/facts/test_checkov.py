"""The checks of checkov that are suppressed: for a failure bucket, which depend on its settings, and for a backfill."""

from typing import Any

import pytest
from ddb_stream_lambda.handoff.documents.checkov_settings import checkov_settings
from ddb_stream_lambda.handoff.facts.checkov import suppressed_checks_of
from ddb_stream_lambda.handoff.formats import Format
from ddb_stream_lambda.handoff.synthesized.configuration import Resource

BUCKET = Resource("aws_s3_bucket", "b", {})
ALWAYS = {"CKV_AWS_18", "CKV_AWS_144"}


def setting(kind: str, bucket: str = "${aws_s3_bucket.b.id}", **arguments: Any) -> Resource:
    return Resource(f"aws_s3_bucket_{kind}", "it", {"bucket": bucket, **arguments})


KMS: dict[str, Any] = {
    "rule": [{"apply_server_side_encryption_by_default": {"sse_algorithm": "aws:kms", "kms_master_key_id": "k"}}]
}
ENCRYPTION = setting("server_side_encryption_configuration", **KMS)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ([], {*ALWAYS, "CKV_AWS_145", "CKV2_AWS_62"}),
        ([ENCRYPTION], {*ALWAYS, "CKV2_AWS_62"}),
        ([setting("notification")], {*ALWAYS, "CKV_AWS_145"}),
        ([setting("notification", bucket="${aws_s3_bucket.other.id}")], {*ALWAYS, "CKV_AWS_145", "CKV2_AWS_62"}),
        ([ENCRYPTION, setting("notification")], ALWAYS),
    ],
)
def test_only_checks_that_the_bucket_fails_are_suppressed(settings: list[Resource], expected: set[str]) -> None:
    suppressed = suppressed_checks_of(BUCKET, pattern_id="failure-bucket", resources=[BUCKET, *settings])
    assert {entry.check for entry in suppressed} == expected


def test_no_check_of_another_bucket_is_suppressed() -> None:
    assert suppressed_checks_of(BUCKET, pattern_id=None, resources=[BUCKET]) == ()


def reasons(resource: Resource, pattern_id: str | None) -> dict[str, str]:
    suppressed = suppressed_checks_of(resource, pattern_id=pattern_id, resources=[resource])
    return {entry.check: entry.reason for entry in suppressed}


@pytest.mark.parametrize("wrap", [lambda block: block, lambda block: [block]])
def test_only_the_state_machine_of_a_backfill_may_log_no_execution_data(wrap: Any) -> None:
    def machine(includes_data: bool) -> Resource:
        block = wrap({"level": "ERROR", "include_execution_data": includes_data})
        return Resource("aws_sfn_state_machine", "m", {"logging_configuration": block})

    assert reasons(machine(False), "state-machine").keys() == {"CKV_AWS_285"}
    assert reasons(machine(True), "state-machine") == {}
    assert reasons(machine(False), None) == {}


def test_worker_of_a_backfill_has_its_own_reasons() -> None:
    function = Resource("aws_lambda_function", "f", {})
    of_worker, of_function = reasons(function, "worker"), reasons(function, "function")
    assert of_worker.keys() == of_function.keys()
    assert "max_concurrency of the Backfill" in of_worker["CKV_AWS_115"]
    assert "state machine calls the worker synchronously" in of_worker["CKV_AWS_116"]
    assert "shards" in of_function["CKV_AWS_115"]
    for check in ("CKV_AWS_115", "CKV_AWS_116", "CKV_AWS_117"):
        assert not any(word in of_worker[check] for word in ("shard", "mapping", "queue"))


def test_settings_in_json_have_each_reason_once() -> None:
    function = Resource("aws_lambda_function", "f", {})
    suppressed = [
        entry
        for id in ("function", "worker", "worker")
        for entry in suppressed_checks_of(function, pattern_id=id, resources=[function])
    ]
    lines = checkov_settings(suppressed, Format.JSON).splitlines()
    assert [line for line in lines if line.startswith("  - CKV")] == sorted(
        f"  - {check}" for check in reasons(function, "worker")
    )
    number = lines.index("  - CKV_AWS_115")
    assert "shards" in lines[number - 2]
    assert "max_concurrency" in lines[number - 1]
    assert len(lines) == len(set(lines))
