"""The marks of patterns in a stack's comment property, by which the hand-off recognizes their resources."""

import json
from pathlib import Path
from typing import Any

import pytest
from ddb_stream_lambda import DynamoDBStreamsToLambda
from cdktf import App, TerraformStack
from cdktf_cdktf_provider_aws.provider import AwsProvider
from cdktf_cdktf_provider_aws.sqs_queue import SqsQueue

FUNCTION: Any = {
    "s3_bucket": "code",
    "s3_key": "orders.zip",
    "runtime": "python3.13",
    "handler": "index.handler",
}
DOTTED = "v1.2 100%"


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A stack with two patterns, each with a queue that the pattern did not create, as cdktf wrote it."""
    app = App(outdir=str(tmp_path_factory.mktemp("output")))
    stack = TerraformStack(app, "shop")
    AwsProvider(stack, "aws", region="eu-west-1")
    for id in ("orders", DOTTED):
        pattern = DynamoDBStreamsToLambda(stack, id, lambda_function_props=FUNCTION)
        SqsQueue(pattern, "audit")
    app.synth()
    return dict(json.loads(Path(app.outdir, "stacks/shop/cdk.tf.json").read_text()))


def test_mark_names_the_resources_that_the_pattern_created_and_no_others(content: dict[str, Any]) -> None:
    marks = content["//"]["ddb_stream_lambda"]
    assert set(marks) == {"shop/orders", "shop/v1%2E2 100%25"}
    for ids in marks.values():
        assert {"table", "dead-letter-queue", "function", "role", "event-source-mapping"} <= set(ids)
        assert "audit" not in ids


def test_mark_is_only_in_the_comment_property(content: dict[str, Any]) -> None:
    configuration = {key: value for key, value in content.items() if key != "//"}
    assert "ddb_stream_lambda" not in json.dumps(configuration)
