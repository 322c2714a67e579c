"""The log group: a new one, and the one that the function's `logging_config` names."""

from cdktf import TerraformStack
from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from cdktf_cdktf_provider_aws.data_aws_lambda_function import DataAwsLambdaFunction

from tests.support.calls import Emit

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
