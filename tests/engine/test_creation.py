"""The creation of a resource without the second check of the bindings."""

import pytest
from cdktf import TerraformStack, Testing
from cdktf_cdktf_provider_aws.sqs_queue import SqsQueue
from ddb_stream_lambda._engine.creation import StringMap, camel_case, create


@pytest.mark.parametrize(
    ("argument", "name"),
    [("name", "name"), ("batch_size", "batchSize"), ("s3_bucket", "s3Bucket"), ("a_1_b", "a1B")],
)
def test_the_engine_name_is_in_camel_case(argument: str, name: str) -> None:
    assert camel_case(argument) == name


def test_a_created_resource_is_one_of_the_bindings(stack: TerraformStack) -> None:
    arguments = {
        "visibility_timeout_seconds": 30,
        "tags": StringMap({"Cost_center": "7"}),
        "lifecycle": {"prevent_destroy": True, "ignore_changes": ("tags",)},
    }
    queue = create(SqsQueue, scope=stack, id="queue", arguments=arguments)
    assert type(queue) is SqsQueue
    assert queue.visibility_timeout_seconds_input == 30
    expected = {
        "visibility_timeout_seconds": 30,
        "tags": {"Cost_center": "7"},
        "lifecycle": {"prevent_destroy": True, "ignore_changes": ["tags"]},
    }
    assert Testing.to_have_resource_with_properties(Testing.synth(stack), "aws_sqs_queue", expected)


def test_a_created_resource_emits_what_the_constructor_emits(stack: TerraformStack) -> None:
    other = TerraformStack(Testing.app(), "orders")
    create(SqsQueue, scope=other, id="queue", arguments={"name": "orders", "tags": StringMap({"a": "b"})})
    stack = TerraformStack(Testing.app(), "orders")
    SqsQueue(stack, "queue", name="orders", tags={"a": "b"})
    assert Testing.synth(other) == Testing.synth(stack)
