"""The log group: a new one, and the one that the function's `logging_config` names."""

import pytest
from cdktf import TerraformStack, TerraformVariable
from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from cdktf_cdktf_provider_aws.data_aws_lambda_function import DataAwsLambdaFunction

from tests.support.arns import KEY_ARN
from tests.support.calls import Emit, MistakesOf

WRITE = {"logs:CreateLogStream", "logs:PutLogEvents"}


class TestNewLogGroup:
    def test_keeps_the_logs_for_a_year(self, emit: Emit) -> None:
        group = emit().only("aws_cloudwatch_log_group")
        assert group == {"name": "/aws/lambda/orders_pipeline", "retention_in_days": 365}

    def test_has_the_name_of_the_function(self, emit: Emit) -> None:
        emitted = emit(lambda_function_props={"function_name": "indexer"})
        assert emitted.only("aws_cloudwatch_log_group")["name"] == "/aws/lambda/indexer"

    def test_is_returned_by_the_property_and_can_be_changed(self, emit: Emit) -> None:
        emitted = emit()
        group = emitted.pattern.log_group
        assert isinstance(group, CloudwatchLogGroup)
        group.retention_in_days = 30
        assert emitted.only("aws_cloudwatch_log_group")["retention_in_days"] == 30

    def test_can_be_written_by_the_role(self, emit: Emit) -> None:
        emitted = emit()
        arn = emitted.reference("aws_cloudwatch_log_group", "arn")
        assert emitted.permissions["WriteLogs"] == (WRITE, f"{arn}:*")


class TestLogGroupProps:
    def test_are_the_arguments_of_the_log_group(self, emit: Emit) -> None:
        arguments = {
            "retention_in_days": 0,
            "kms_key_id": KEY_ARN,
            "log_group_class": "INFREQUENT_ACCESS",
            "tags": {"Team": "orders"},
            "skip_destroy": True,
        }
        emitted = emit(log_group_props=arguments)
        group = emitted.only("aws_cloudwatch_log_group")
        assert group == {"name": "/aws/lambda/orders_pipeline", **arguments}
        assert "logging_config" not in emitted.function
        assert "kms" not in str(emitted.permissions)

    @pytest.mark.parametrize("name", [{"name": "/orders"}, {"name_prefix": "/orders/"}])
    def test_with_a_name_are_followed_by_the_function(self, emit: Emit, name: dict[str, str]) -> None:
        emitted = emit(log_group_props=name)
        group = emitted.only("aws_cloudwatch_log_group")
        assert group == {"retention_in_days": 365, **name}
        reference = emitted.reference("aws_cloudwatch_log_group", "name")
        assert emitted.function["logging_config"] == {"log_format": "Text", "log_group": reference}
        assert emitted.address("aws_cloudwatch_log_group") in emitted.function["depends_on"]
        arn = emitted.reference("aws_cloudwatch_log_group", "arn")
        assert emitted.permissions["WriteLogs"] == (WRITE, f"{arn}:*")

    def test_with_a_name_keep_the_format_of_the_function(self, emit: Emit) -> None:
        logging = {"logging_config": {"log_format": "JSON", "system_log_level": "WARN"}}
        emitted = emit(log_group_props={"name": "/orders"}, lambda_function_props=logging)
        reference = emitted.reference("aws_cloudwatch_log_group", "name")
        assert emitted.function["logging_config"] == {**logging["logging_config"], "log_group": reference}

    def test_can_be_expressions(self, emit: Emit, stack: TerraformStack) -> None:
        text = TerraformVariable(stack, "text", type="string").string_value
        days = TerraformVariable(stack, "days", type="number").number_value
        arguments = {"name": text, "log_group_class": text, "retention_in_days": days}
        group = emit(log_group_props=arguments).only("aws_cloudwatch_log_group")
        assert group == {"name": "${var.text}", "log_group_class": "${var.text}", "retention_in_days": "${var.days}"}

    def test_without_a_retention_keep_the_logs(self, emit: Emit) -> None:
        group = emit(log_group_props={"retention_in_days": None}).only("aws_cloudwatch_log_group")
        assert "retention_in_days" not in group

    @pytest.mark.parametrize(
        ("argument", "value"),
        [
            ("retention_in_days", 2),
            ("retention_in_days", -1),
            ("retention_in_days", 366),
            ("log_group_class", "standard"),
            ("name", "a b"),
            ("name", ""),
            ("name", "n" * 513),
            ("name_prefix", "a*"),
        ],
    )
    def test_that_cloudwatch_would_refuse_are_refused(
        self, mistakes_of: MistakesOf, argument: str, value: object
    ) -> None:
        assert list(mistakes_of(log_group_props={argument: value})) == [f"log_group_props.{argument}"]

    def test_with_a_name_and_a_prefix_are_refused(self, mistakes_of: MistakesOf) -> None:
        mistakes = mistakes_of(log_group_props={"name": "/orders", "name_prefix": "/orders"})
        assert list(mistakes) == ["log_group_props.name_prefix"]

    def test_together_with_a_given_log_group_are_refused(self, mistakes_of: MistakesOf) -> None:
        logging = {"logging_config": {"log_format": "JSON", "log_group": "/orders"}}
        mistakes = mistakes_of(log_group_props={"retention_in_days": 7}, lambda_function_props=logging)
        assert "lambda_function_props.logging_config.log_group" in mistakes["log_group_props"]

    def test_of_an_existing_function_are_refused(self, mistakes_of: MistakesOf, stack: TerraformStack) -> None:
        function = DataAwsLambdaFunction(stack, "given", function_name="given")
        mistakes = mistakes_of(log_group_props={"retention_in_days": 7}, existing_lambda_obj=function)
        assert "existing_lambda_obj" in mistakes["log_group_props"]


class TestLogGroupOfTheProps:
    def test_is_used_and_none_is_created(self, emit: Emit) -> None:
        emitted = emit(lambda_function_props={"logging_config": {"log_format": "JSON", "log_group": "/orders"}})
        assert emitted.all("aws_cloudwatch_log_group") == {}
        assert emitted.pattern.log_group is None

    def test_can_be_written_by_the_role(self, emit: Emit) -> None:
        emitted = emit(lambda_function_props={"logging_config": {"log_format": "JSON", "log_group": "/orders"}})
        actions, resource = emitted.permissions["WriteLogs"]
        assert actions == WRITE
        assert resource.startswith("arn:${data.aws_partition.")
        assert resource.endswith(":log-group:/orders:*")


def test_an_existing_function_gets_no_log_group(emit: Emit, stack: TerraformStack) -> None:
    emitted = emit(existing_lambda_obj=DataAwsLambdaFunction(stack, "given", function_name="given"))
    assert emitted.all("aws_cloudwatch_log_group") == {}
    assert emitted.pattern.log_group is None
