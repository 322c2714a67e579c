"""The `provider` and `region` that a resource shares with the resources that belong to it."""

import pytest
from cdktf import TerraformStack
from cdktf_cdktf_provider_aws.provider import AwsProvider
from ddb_stream_lambda.arguments.companions import companion_arguments

from tests.support.calls import Emit


@pytest.mark.parametrize(
    ("arguments", "companion"),
    [
        ({"name": "orders"}, {}),
        ({"name": "orders", "region": "eu-west-2"}, {"region": "eu-west-2"}),
        ({"provider": "other", "region": "eu-west-2"}, {"provider": "other", "region": "eu-west-2"}),
    ],
)
def test_a_companion_has_the_provider_and_region(arguments: dict[str, str], companion: dict[str, str]) -> None:
    assert companion_arguments(arguments) == companion


def test_a_companion_without_regions_has_only_the_provider() -> None:
    arguments = {"provider": "other", "region": "eu-west-2"}
    assert companion_arguments(arguments, regional=False) == {"provider": "other"}


@pytest.fixture
def other(stack: TerraformStack) -> dict[str, AwsProvider]:
    """Another provider of the stack, as an argument."""
    return {"provider": AwsProvider(stack, "other", alias="other", region="eu-west-2")}


class TestCompanionsOfThePattern:
    def test_have_the_region(self, emit: Emit) -> None:
        region = {"region": "eu-west-2"}
        emitted = emit(dynamo_table_props=region, lambda_function_props=region, sqs_dlq_queue_props=region)
        for kind in ("aws_cloudwatch_log_group", "aws_sqs_queue_policy", "aws_lambda_event_source_mapping"):
            assert emitted.only(kind)["region"] == "eu-west-2"
        assert "region" not in emitted.only("aws_iam_role")

    def test_have_the_provider(self, emit: Emit, other: dict[str, AwsProvider]) -> None:
        emitted = emit(dynamo_table_props=other, lambda_function_props=other, sqs_dlq_queue_props=other)
        for kind, resources in emitted.config["resource"].items():
            assert {resource["provider"] for resource in resources.values()} == {"aws.other"}, kind

    def test_can_be_data_sources(self, emit: Emit, other: dict[str, AwsProvider]) -> None:
        logging = {"logging_config": {"log_format": "Text", "log_group": "/orders"}}
        emitted = emit(lambda_function_props={**other, **logging})
        for kind in ("aws_partition", "aws_region", "aws_caller_identity"):
            assert emitted.only(kind, kind="data")["provider"] == "aws.other"

    def test_can_be_the_look_ups_of_keys(self, emit: Emit, other: dict[str, AwsProvider]) -> None:
        key = {"kms_master_key_id": "alias/orders"}
        emitted = emit(sqs_dlq_queue_props={**other, **key, "region": "eu-west-2"})
        look_up = emitted.only("aws_kms_key", kind="data")
        assert look_up == {"key_id": "alias/orders", "provider": "aws.other", "region": "eu-west-2"}
