"""The `provider` and `region` that a resource shares with the resources that belong to it."""

from typing import Any

import pytest
from ddb_stream_lambda import TableByArn
from cdktf import TerraformStack
from cdktf_cdktf_provider_aws.data_aws_lambda_alias import DataAwsLambdaAlias
from cdktf_cdktf_provider_aws.data_aws_lambda_function import DataAwsLambdaFunction
from cdktf_cdktf_provider_aws.lambda_alias import LambdaAlias
from cdktf_cdktf_provider_aws.lambda_function import LambdaFunction
from cdktf_cdktf_provider_aws.provider import AwsProvider
from ddb_stream_lambda.arguments.companions import companion_arguments, with_companion
from ddb_stream_lambda.resources.function import ExistingFunction

from tests.support.arns import ROLE_ARN, STREAM_ARN
from tests.support.calls import Emit, MistakesOf


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


def test_the_arguments_of_a_companion_take_precedence() -> None:
    inherited = {"provider": "of-function", "region": "eu-west-2"}
    assert with_companion({"name": "orders"}, inherited) == {"name": "orders", **inherited}
    assert with_companion({"region": "eu-west-3"}, inherited) == {"provider": "of-function", "region": "eu-west-3"}
    assert with_companion({"provider": "of-queue"}, inherited) == {"provider": "of-queue"}


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
        emitted = emit(dynamo_table_props=other, lambda_function_props={**other, **logging})
        for kind in ("aws_partition", "aws_region", "aws_caller_identity"):
            assert emitted.only(kind, kind="data")["provider"] == "aws.other"

    def test_can_be_the_look_ups_of_keys(self, emit: Emit, other: dict[str, AwsProvider]) -> None:
        key = {"kms_master_key_id": "alias/orders"}
        emitted = emit(sqs_dlq_queue_props={**other, **key, "region": "eu-west-2"})
        look_up = emitted.only("aws_kms_key", kind="data")
        assert look_up == {"key_id": "alias/orders", "provider": "aws.other", "region": "eu-west-2"}


def given_functions(stack: TerraformStack, **arguments: Any) -> dict[str, ExistingFunction]:
    """Return a function of each kind with the given `provider` and `region`."""
    return {
        "resource": LambdaFunction(stack, "f", function_name="orders", role=ROLE_ARN, image_uri="orders", **arguments),
        "data source": DataAwsLambdaFunction(stack, "d", function_name="orders", **arguments),
        "alias": LambdaAlias(stack, "a", name="live", function_name="orders", function_version="1", **arguments),
        "alias of a data source": DataAwsLambdaAlias(stack, "da", name="live", function_name="orders", **arguments),
    }


KINDS = ("resource", "data source", "alias", "alias of a data source")
# A table whose region is unknown: it has no provider, and its ARN is an expression.
TABLE = TableByArn(stream_arn="${var.stream_arn}", kms_key_arn="${var.key}")


class TestCompanionsOfAGivenFunction:
    @pytest.mark.parametrize("kind", KINDS)
    def test_have_its_provider(
        self, emit: Emit, stack: TerraformStack, other: dict[str, AwsProvider], kind: str
    ) -> None:
        emitted = emit(existing_lambda_obj=given_functions(stack, **other)[kind], existing_table_interface=TABLE)
        for resource in (
            "aws_iam_role_policy",
            "aws_lambda_event_source_mapping",
            "aws_sqs_queue",
            "aws_sqs_queue_policy",
        ):
            assert emitted.only(resource)["provider"] == "aws.other", resource

    @pytest.mark.parametrize("kind", KINDS)
    def test_have_its_region(self, emit: Emit, stack: TerraformStack, kind: str) -> None:
        given = given_functions(stack, region="eu-west-2")[kind]
        emitted = emit(existing_lambda_obj=given, existing_table_interface=TABLE)
        for resource in ("aws_lambda_event_source_mapping", "aws_sqs_queue", "aws_sqs_queue_policy"):
            assert emitted.only(resource)["region"] == "eu-west-2", resource
        assert "region" not in emitted.only("aws_iam_role_policy")

    def test_are_the_look_ups_of_the_queues_key(
        self, emit: Emit, stack: TerraformStack, other: dict[str, AwsProvider]
    ) -> None:
        given = given_functions(stack, **other)["data source"]
        key = {"kms_master_key_id": "alias/orders"}
        emitted = emit(existing_lambda_obj=given, existing_table_interface=TABLE, sqs_dlq_queue_props=key)
        assert {look_up["provider"] for look_up in emitted.all("aws_kms_key", kind="data").values()} == {"aws.other"}

    def test_can_have_another_provider(self, emit: Emit, stack: TerraformStack, other: dict[str, AwsProvider]) -> None:
        third = AwsProvider(stack, "third", alias="third", region="eu-west-2")
        emitted = emit(
            existing_lambda_obj=given_functions(stack, **other)["data source"],
            existing_table_interface=TABLE,
            sqs_dlq_queue_props={"provider": third},
        )
        assert emitted.queue["provider"] == "aws.third"
        assert emitted.mapping["provider"] == "aws.other"


def test_the_queue_and_its_key_follow_a_new_function_next_to_a_table_by_arn(
    emit: Emit, other: dict[str, AwsProvider]
) -> None:
    emitted = emit(
        lambda_function_props=other,
        existing_table_interface=TableByArn(stream_arn=STREAM_ARN.replace("eu-west-1", "eu-west-2")),
        sqs_dlq_queue_props={"kms_master_key_id": "alias/orders"},
    )
    assert emitted.queue["provider"] == "aws.other"
    assert emitted.only("aws_kms_key", kind="data") == {"key_id": "alias/orders", "provider": "aws.other"}


class TestRegionsOfTheTableAndTheFunction:
    @pytest.mark.parametrize("kind", KINDS)
    def test_that_differ_are_refused(self, mistakes_of: MistakesOf, stack: TerraformStack, kind: str) -> None:
        given = given_functions(stack, region="eu-west-2")[kind]
        assert "the table is in eu-west-1" in mistakes_of(existing_lambda_obj=given)["existing_lambda_obj"]

    def test_are_read_from_the_arns(self, mistakes_of: MistakesOf, stack: TerraformStack) -> None:
        arn = "arn:aws:lambda:eu-west-2:123456789012:function:orders"
        for given in (
            DataAwsLambdaFunction(stack, "d", function_name=arn),
            LambdaAlias(stack, "a", name="live", function_name=f"{arn}:1", function_version="1"),
        ):
            table = TableByArn(stream_arn=STREAM_ARN)
            mistakes = mistakes_of(existing_lambda_obj=given, existing_table_interface=table)
            assert "the table is in eu-west-1" in mistakes["existing_lambda_obj"]
