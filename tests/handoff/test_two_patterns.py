"""A stack with two patterns and a queue and a table of another team: which words are about which resource."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from ddb_stream_lambda import DynamoDBStreamsToLambda
from cdktf import App, TerraformStack
from cdktf_cdktf_provider_aws.dynamodb_table import DynamodbTable
from cdktf_cdktf_provider_aws.provider import AwsProvider
from cdktf_cdktf_provider_aws.sqs_queue import SqsQueue

from .support import run_handoff

FUNCTION: Any = {"s3_bucket": "code", "s3_key": "a.zip", "runtime": "python3.13", "handler": "index.handler"}


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("app")
    app = App(outdir=str(folder / "cdktf.out"))
    stack = TerraformStack(app, "shop")
    AwsProvider(stack, "aws", region="eu-west-1")
    for id in ("returns", "orders"):
        DynamoDBStreamsToLambda(stack, id, lambda_function_props=FUNCTION)
    SqsQueue(stack, "payments", name="payments")
    DynamodbTable(
        stack,
        "archive",
        name="archive",
        hash_key="id",
        billing_mode="PAY_PER_REQUEST",
        attribute=[{"name": "id", "type": "S"}],
        stream_enabled=True,
        lifecycle={"prevent_destroy": True},
    )
    app.synth()
    options = ["--quiet", "--from", str(folder / "cdktf.out"), "--out", str(folder / "dist")]
    assert run_handoff(*options) == 0
    return folder / "dist" / "shop"


def addresses(bundle: Path, type: str) -> list[str]:
    resources = json.loads((bundle / "main.tf.json").read_text())["resource"][type]
    return sorted(f"{type}.{name}" for name in resources)


def test_each_queue_is_read_with_the_stream_of_its_own_pattern(bundle: Path) -> None:
    runbook = (bundle / "RUNBOOK.md").read_text()
    for name in ("orders", "returns"):
        (queue,) = (address for address in addresses(bundle, "aws_sqs_queue") if f".{name}" in address)
        (chapter,) = (part for part in runbook.split("\n## ") if part.startswith("Read ") and f"`{queue}`" in part)
        assert set(re.findall(r"aws_dynamodb_table\.([a-z]+)", chapter)) == {name}


def test_resources_of_another_team_have_no_advice_and_no_purpose(bundle: Path) -> None:
    runbook, readme, settings = ((bundle / name).read_text() for name in ("RUNBOOK.md", "README.md", ".checkov.yaml"))
    # The chapters on the import and on the destruction are about every resource.
    advice = [part for part in runbook.split("\n## ") if part.startswith(("Read ", "Empty ", "Pause "))]
    assert advice
    assert not [part for part in advice if "aws_sqs_queue.payments" in part or "aws_dynamodb_table.archive" in part]
    assert not re.search(r"purge-queue[^\n]*payments", runbook)
    (description,) = re.findall(r"^\| `aws_sqs_queue\.payments` \| .* \| (.*) \|$", readme, re.MULTILINE)
    assert description == "Messages are kept for 4 days (the SQS default)."
    suppressed = readme.split("\n## Suppressed checks\n")[1]
    assert "aws_sqs_queue.payments" not in suppressed
    assert "aws_dynamodb_table.archive" not in suppressed
    assert "CKV2_AWS_73" in settings


def test_mark_is_not_in_the_bundle(bundle: Path) -> None:
    for path in bundle.glob("*.tf.json"):
        assert '"//"' not in path.read_text()
