"""The checks of checkov that are suppressed for a failure bucket, which depend on its settings."""

from typing import Any

import pytest
from ddb_stream_lambda.handoff.facts.checkov import suppressed_checks_of
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
    suppressed = suppressed_checks_of(BUCKET, is_of_pattern=True, resources=[BUCKET, *settings])
    assert {entry.check for entry in suppressed} == expected


def test_no_check_of_another_bucket_is_suppressed() -> None:
    assert suppressed_checks_of(BUCKET, is_of_pattern=False, resources=[BUCKET]) == ()
