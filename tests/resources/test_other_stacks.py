"""Providers and resources of another stack in the meta-arguments."""

from typing import Any

import pytest
from cdktf import App, TerraformResourceLifecycle, TerraformStack
from cdktf_cdktf_provider_aws.dynamodb_table import DynamodbTableConfig
from cdktf_cdktf_provider_aws.provider import AwsProvider
from cdktf_cdktf_provider_aws.sqs_queue import SqsQueue

from tests.support.calls import Emit, MistakesOf

PROPS = (
    "dynamo_table_props",
    "dynamo_event_source_props",
    "lambda_function_props",
    "log_group_props",
    "sqs_dlq_queue_props",
    "failure_bucket_props",
)


def deployed(props: str) -> dict[str, Any]:
    """Return the input that the props need."""
    return {"deploy_failure_bucket": True} if props == "failure_bucket_props" else {}


@pytest.fixture
def other(stack: TerraformStack) -> TerraformStack:
    """Another stack of the app, with a provider and a queue."""
    return TerraformStack(App.of(stack), "other")


@pytest.mark.parametrize("props", PROPS)
def test_a_provider_of_another_stack_is_refused(mistakes_of: MistakesOf, other: TerraformStack, props: str) -> None:
    provider = AwsProvider(other, "here", alias="here", region="eu-west-1")
    message = mistakes_of(**deployed(props), **{props: {"provider": provider}})[f"{props}.provider"]
    assert "belongs to the stack other" in message
    assert "create the provider in this stack" in message


@pytest.mark.parametrize("props", PROPS)
def test_a_dependency_on_another_stack_is_refused(mistakes_of: MistakesOf, other: TerraformStack, props: str) -> None:
    given: dict[str, Any] = {
        "depends_on": [SqsQueue(other, "q")],
        "lifecycle": {"replace_triggered_by": [SqsQueue(other, "r")]},
    }
    mistakes = mistakes_of(**deployed(props), **{props: given})
    assert list(mistakes) == [f"{props}.depends_on[0]", f"{props}.lifecycle.replace_triggered_by[0]"]
    assert all("stack.add_dependency" in message for message in mistakes.values())


def test_in_a_struct_is_refused(mistakes_of: MistakesOf, stack: TerraformStack, other: TerraformStack) -> None:
    lifecycle = TerraformResourceLifecycle(replace_triggered_by=[SqsQueue(other, "r")])
    table = DynamodbTableConfig(name="orders", hash_key="id", lifecycle=lifecycle, depends_on=[SqsQueue(stack, "q")])
    assert list(mistakes_of(dynamo_table_props=table)) == ["dynamo_table_props.lifecycle.replace_triggered_by[0]"]


def test_those_of_the_same_stack_are_accepted(emit: Emit, stack: TerraformStack) -> None:
    provider = AwsProvider(stack, "here", alias="here", region="eu-west-1")
    emitted = emit(dynamo_table_props={"provider": provider, "depends_on": [SqsQueue(stack, "q")]})
    assert emitted.table["provider"] == "aws.here"
    assert emitted.table["depends_on"] == ["aws_sqs_queue.q"]
