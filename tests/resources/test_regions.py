"""The regions of the table and the function, and the provider of the look-up of the table's key."""

from typing import Any

import pytest
from ddb_stream_lambda import DynamoDBStreamsToLambda, PatternError, TableByArn
from cdktf import App, TerraformStack, TerraformVariable
from cdktf_cdktf_provider_aws.data_aws_dynamodb_table import DataAwsDynamodbTable
from cdktf_cdktf_provider_aws.data_aws_lambda_function import DataAwsLambdaFunction
from cdktf_cdktf_provider_aws.dynamodb_table import (
    DynamodbTable,
    DynamodbTableAttribute,
    DynamodbTableServerSideEncryption,
)
from cdktf_cdktf_provider_aws.provider import AwsProvider

from tests.support.arns import STREAM_ARN
from tests.support.calls import ZIP_FUNCTION, Emit, MistakesOf
from tests.support.emitted import Emitted

OHIO_STREAM = STREAM_ARN.replace("eu-west-1", "us-east-2")
OHIO_FUNCTION = "arn:aws:lambda:us-east-2:123456789012:function:orders"
ALIAS_ARN = "arn:aws:kms:us-east-2:123456789012:alias/orders"


@pytest.fixture
def ohio(stack: TerraformStack) -> AwsProvider:
    """A second provider; the region of the stack's first one is eu-west-1."""
    return AwsProvider(stack, "ohio", alias="ohio", region="us-east-2")


class TestDifferentRegions:
    @pytest.mark.parametrize(
        ("inputs", "property"),
        [
            ({"lambda_function_props": {"region": "us-east-2"}}, "lambda_function_props.region"),
            ({"dynamo_table_props": {"region": "us-east-2"}}, "dynamo_table_props.region"),
            (
                {"dynamo_table_props": {"region": "us-east-1"}, "lambda_function_props": {"region": "us-east-2"}},
                "lambda_function_props.region",
            ),
            ({"existing_table_interface": TableByArn(stream_arn=OHIO_STREAM)}, "existing_table_interface"),
            (
                {
                    "existing_table_interface": TableByArn(stream_arn=STREAM_ARN),
                    "lambda_function_props": {"region": "us-east-2"},
                },
                "lambda_function_props.region",
            ),
        ],
    )
    def test_are_refused(self, mistakes_of: MistakesOf, inputs: dict[str, Any], property: str) -> None:
        assert "use the same region" in mistakes_of(**inputs)[property]

    @pytest.mark.parametrize("props", ["lambda_function_props", "dynamo_table_props"])
    def test_of_providers_are_refused(self, mistakes_of: MistakesOf, ohio: AwsProvider, props: str) -> None:
        message = mistakes_of(**{props: {"provider": ohio}})[f"{props}.provider"]
        assert "'us-east-2'" in message
        assert "eu-west-1" in message

    def test_of_a_data_source_and_a_table_are_refused(
        self, mistakes_of: MistakesOf, stack: TerraformStack, ohio: AwsProvider
    ) -> None:
        given = DataAwsLambdaFunction(stack, "given", function_name="given", provider=ohio)
        assert "the table is in eu-west-1" in mistakes_of(existing_lambda_obj=given)["existing_lambda_obj"]

    def test_of_an_arn_as_the_name_of_a_function_are_refused(
        self, mistakes_of: MistakesOf, stack: TerraformStack
    ) -> None:
        given = DataAwsLambdaFunction(stack, "given", function_name=OHIO_FUNCTION)
        assert "the table is in eu-west-1" in mistakes_of(existing_lambda_obj=given)["existing_lambda_obj"]

    def test_of_a_table_that_another_stack_creates_are_refused(self, tmp_path: Any) -> None:
        app = App(outdir=str(tmp_path))
        tables, functions = (TerraformStack(app, name) for name in ("tables", "functions"))
        AwsProvider(tables, "aws", region="us-east-2")
        AwsProvider(functions, "aws", region="eu-west-1")
        table = create_table(tables)
        with pytest.raises(PatternError, match="the function is in eu-west-1"):
            DynamoDBStreamsToLambda(
                functions, "pipeline", existing_table_interface=table, lambda_function_props=ZIP_FUNCTION
            )

    def test_that_are_expressions_are_not_compared(self, emit: Emit, stack: TerraformStack) -> None:
        region = TerraformVariable(stack, "region", type="string").string_value
        assert emit(lambda_function_props={"region": region}).function["region"] == "${var.region}"


class TestTheSameRegion:
    def test_from_a_region_and_a_provider_is_accepted(self, emit: Emit, ohio: AwsProvider) -> None:
        emitted = emit(dynamo_table_props={"region": "us-east-2"}, lambda_function_props={"provider": ohio})
        assert emitted.table["region"] == "us-east-2"

    def test_from_an_arn_and_a_provider_is_accepted(self, emit: Emit, ohio: AwsProvider) -> None:
        table = TableByArn(stream_arn=OHIO_STREAM)
        emitted = emit(existing_table_interface=table, lambda_function_props={"provider": ohio})
        assert emitted.mapping["provider"] == "aws.ohio"


def create_table(stack: TerraformStack, **arguments: Any) -> DynamodbTable:
    """Create a table of the app, outside the pattern, with a key that needs a look-up."""
    return DynamodbTable(
        stack,
        "given",
        name="given",
        hash_key="id",
        attribute=[DynamodbTableAttribute(name="id", type="S")],
        stream_enabled=True,
        stream_view_type="NEW_IMAGE",
        server_side_encryption=DynamodbTableServerSideEncryption(enabled=True, kms_key_arn=ALIAS_ARN),
        **arguments,
    )


class TestTheLookUpOfTheKey:
    def test_has_the_provider_of_a_new_table(self, emit: Emit, ohio: AwsProvider) -> None:
        props = {"provider": ohio, "server_side_encryption": {"kms_key_arn": ALIAS_ARN}}
        emitted = emit(dynamo_table_props=props, lambda_function_props={"region": "us-east-2"})
        assert emitted.only("aws_kms_key", kind="data") == {"key_id": ALIAS_ARN, "provider": "aws.ohio"}

    def test_has_the_region_of_a_new_table(self, emit: Emit, ohio: AwsProvider) -> None:
        props = {"region": "us-east-2", "server_side_encryption": {"kms_key_arn": ALIAS_ARN}}
        emitted = emit(dynamo_table_props=props, lambda_function_props={"provider": ohio})
        assert emitted.only("aws_kms_key", kind="data") == {"key_id": ALIAS_ARN, "region": "us-east-2"}

    def test_has_the_provider_of_a_table_of_the_app(self, emit: Emit, stack: TerraformStack, ohio: AwsProvider) -> None:
        table = create_table(stack, provider=ohio)
        emitted = emit(existing_table_interface=table, lambda_function_props={"region": "us-east-2"})
        assert emitted.only("aws_kms_key", kind="data")["provider"] == "aws.ohio"

    @pytest.mark.parametrize("by", ["provider", "region"])
    def test_has_that_of_the_function_for_a_table_by_arn(
        self, emit: Emit, stack: TerraformStack, ohio: AwsProvider, by: str
    ) -> None:
        key = TerraformVariable(stack, "key", type="string").string_value
        table = TableByArn(stream_arn=OHIO_STREAM, kms_key_arn=key)
        given, expected = {"provider": (ohio, "aws.ohio"), "region": ("us-east-2", "us-east-2")}[by]
        emitted = emit(existing_table_interface=table, lambda_function_props={by: given})
        assert emitted.only("aws_kms_key", kind="data") == {"key_id": "${var.key}", by: expected}

    def test_has_that_of_an_existing_function_for_a_table_by_arn(
        self, emit: Emit, stack: TerraformStack, ohio: AwsProvider
    ) -> None:
        key = TerraformVariable(stack, "key", type="string").string_value
        table = TableByArn(stream_arn=OHIO_STREAM, kms_key_arn=key)
        given = DataAwsLambdaFunction(stack, "given", function_name="given", provider=ohio)
        emitted = emit(existing_table_interface=table, existing_lambda_obj=given)
        assert emitted.only("aws_kms_key", kind="data")["provider"] == "aws.ohio"

    def test_has_no_provider_of_another_stack(self, tmp_path: Any) -> None:
        app = App(outdir=str(tmp_path))
        tables, functions = (TerraformStack(app, name) for name in ("tables", "functions"))
        for stack in (tables, functions):
            AwsProvider(stack, "aws", region="eu-west-1")
        other = AwsProvider(tables, "other", alias="other", region="us-east-2")
        function_provider = AwsProvider(functions, "here", alias="here", region="us-east-2")
        pattern = DynamoDBStreamsToLambda(
            functions,
            "pipeline",
            existing_table_interface=create_table(tables, provider=other),
            lambda_function_props=ZIP_FUNCTION | {"provider": function_provider},
        )
        emitted = Emitted(functions, pattern)
        assert emitted.only("aws_kms_key", kind="data")["provider"] == "aws.here"

    def test_is_not_made_for_a_data_source(self, emit: Emit, stack: TerraformStack) -> None:
        table = DataAwsDynamodbTable(stack, "given", name="given")
        assert emit(existing_table_interface=table).all("aws_kms_key", kind="data") == {}


class TestRegionOfACompanion:
    @pytest.mark.parametrize("props", ["dynamo_event_source_props", "log_group_props"])
    @pytest.mark.parametrize("key", ["region", "provider"])
    def test_other_than_the_functions_causes_a_warning(
        self, emit: Emit, ohio: AwsProvider, props: str, key: str
    ) -> None:
        (warning,) = emit(**{props: {key: "us-east-2" if key == "region" else ohio}}).warnings
        assert warning.startswith(f"{props}.{key} is in us-east-2, and the function is in eu-west-1")

    @pytest.mark.parametrize("props", ["dynamo_event_source_props", "log_group_props"])
    def test_can_be_written_in_another_way(self, emit: Emit, ohio: AwsProvider, props: str) -> None:
        emitted = emit(
            dynamo_table_props={"provider": ohio},
            lambda_function_props={"provider": ohio},
            **{props: {"region": "us-east-2"}},
        )
        kind = "aws_cloudwatch_log_group" if props == "log_group_props" else "aws_lambda_event_source_mapping"
        assert emitted.only(kind)["region"] == "us-east-2"
        assert emitted.warnings == []

    @pytest.mark.parametrize("props", ["dynamo_event_source_props", "log_group_props"])
    def test_that_is_an_expression_is_not_checked(self, emit: Emit, stack: TerraformStack, props: str) -> None:
        region = TerraformVariable(stack, "region", type="string").string_value
        emitted = emit(**{props: {"region": region}})
        kind = "aws_cloudwatch_log_group" if props == "log_group_props" else "aws_lambda_event_source_mapping"
        assert emitted.only(kind)["region"] == "${var.region}"
        assert emitted.warnings == []

    @pytest.mark.parametrize(("function_name", "number"), [(OHIO_FUNCTION, 1), ("orders", 0), ("${var.name}", 0)])
    def test_in_the_name_that_the_mapping_has_causes_a_warning(
        self, emit: Emit, function_name: str, number: int
    ) -> None:
        assert len(emit(dynamo_event_source_props={"function_name": function_name}).warnings) == number
