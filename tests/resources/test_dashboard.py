"""The dashboard: its structure as CloudWatch documents it, its figures in the order of the data flow, its region."""

import json
import re
from typing import Any

import pytest
from ddb_stream_lambda import DynamoDBStreamsToLambda, TableByArn
from cdktf import TerraformStack, TerraformVariable, Testing
from cdktf_cdktf_provider_aws.data_aws_lambda_function import DataAwsLambdaFunction
from cdktf_cdktf_provider_aws.provider import AwsProvider

from tests.support.arns import STREAM_ARN, TOPIC_ARN
from tests.support.calls import ZIP_FUNCTION, Emit, new_stack, send_failed_batches_to
from tests.support.emitted import Emitted

DASHBOARD = "aws_cloudwatch_dashboard"
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
COLUMNS = 24
MAX_HEIGHT = 1000
MAX_WIDGETS = 500
REQUIRED = {"metric": {"metrics", "region"}, "alarm": {"alarms"}}
OPTIONAL = {
    "metric": {"title", "view", "period", "yAxis", "annotations", "stat", "legend", "liveData", "stacked"},
    "alarm": {"title", "sortBy", "states"},
}
STATISTICS = {"Average", "Maximum", "Minimum", "SampleCount", "Sum"}


def body_of(emitted: Emitted) -> dict[str, Any]:
    return dict(json.loads(emitted.only(DASHBOARD)["dashboard_body"]))


def graphs_of(emitted: Emitted) -> list[dict[str, Any]]:
    """Return the properties of each graph."""
    return [widget["properties"] for widget in body_of(emitted)["widgets"] if widget["type"] == "metric"]


def figures_of(emitted: Emitted) -> list[list[str]]:
    """Return the names of the metrics of each graph."""
    return [[metric[1] for metric in graph["metrics"]] for graph in graphs_of(emitted)]


INPUTS: dict[str, dict[str, Any]] = {
    "defaults": {},
    "no destination": {"deploy_sqs_dlq_queue": False},
    "topic": {"dynamo_event_source_props": send_failed_batches_to(TOPIC_ARN)},
    "no metrics of the mapping": {"dynamo_event_source_props": {"metrics_config": None}},
    "no alarms": {"alarm_props": {"thresholds": None}},
    "table by its ARN": {"existing_table_interface": TableByArn(stream_arn=STREAM_ARN)},
}


@pytest.mark.parametrize("inputs", INPUTS.values(), ids=list(INPUTS))
class TestStructure:
    def test_is_that_of_the_documentation(self, emit: Emit, inputs: dict[str, Any]) -> None:
        body = body_of(emit(deploy_alarms=True, **inputs))
        assert body.keys() == {"widgets"}
        assert 0 < len(body["widgets"]) <= MAX_WIDGETS
        for widget in body["widgets"]:
            assert widget.keys() == {"type", "x", "y", "width", "height", "properties"}
            assert REQUIRED[widget["type"]] <= widget["properties"].keys()
            assert widget["properties"].keys() <= REQUIRED[widget["type"]] | OPTIONAL[widget["type"]]

    def test_has_graphs_that_cloudwatch_can_draw(self, emit: Emit, inputs: dict[str, Any]) -> None:
        for graph in graphs_of(emit(deploy_alarms=True, **inputs)):
            assert graph["view"] == "timeSeries"
            assert graph["period"] % 60 == 0
            for namespace, name, dimension, value, settings in graph["metrics"]:
                assert all(isinstance(part, str) and part for part in (namespace, name, dimension, value))
                assert settings.keys() == {"stat"}
                assert settings["stat"] in STATISTICS
            for annotation in graph.get("annotations", {}).get("horizontal", []):
                assert annotation.keys() == {"label", "value"}
                assert isinstance(annotation["value"], int)

    def test_has_widgets_that_do_not_overlap(self, emit: Emit, inputs: dict[str, Any]) -> None:
        taken: set[tuple[int, int]] = set()
        for widget in body_of(emit(deploy_alarms=True, **inputs))["widgets"]:
            assert 1 <= widget["width"] <= COLUMNS
            assert widget["x"] + widget["width"] <= COLUMNS
            assert 1 <= widget["height"] <= MAX_HEIGHT
            cells = {
                (x, y)
                for x in range(widget["x"], widget["x"] + widget["width"])
                for y in range(widget["y"], widget["y"] + widget["height"])
            }
            assert not cells & taken
            taken |= cells


class TestFigures:
    def test_are_in_the_order_of_the_data_flow(self, emit: Emit) -> None:
        assert figures_of(emit(deploy_alarms=True)) == [
            ["ConsumedWriteCapacityUnits"],
            ["IteratorAge"],
            ["PolledEventCount", "FilteredOutEventCount", "InvokedEventCount"],
            ["FailedInvokeEventCount"],
            ["DroppedEventCount"],
            ["Errors"],
            ["Throttles"],
            ["DestinationDeliveryFailures"],
            ["ApproximateNumberOfMessagesVisible"],
            ["ApproximateAgeOfOldestMessage"],
        ]

    def test_are_those_of_every_alarm(self) -> None:
        for inputs in ({}, {"dynamo_event_source_props": send_failed_batches_to(TOPIC_ARN)}):
            stack = new_stack()
            emitted = Emitted(stack, emit_in(stack, inputs))
            shown = {
                (namespace, name, dimension, value, settings["stat"])
                for graph in graphs_of(emitted)
                for namespace, name, dimension, value, settings in graph["metrics"]
            }
            alarms = emitted.all("aws_cloudwatch_metric_alarm").values()
            assert {
                (alarm["namespace"], alarm["metric_name"], *dimension, alarm["statistic"])
                for alarm in alarms
                for dimension in alarm["dimensions"].items()
            } <= shown

    def test_without_a_destination_have_none(self, emit: Emit) -> None:
        names = {name for figure in figures_of(emit(deploy_alarms=True, deploy_sqs_dlq_queue=False)) for name in figure}
        assert "DestinationDeliveryFailures" not in names
        assert "ApproximateNumberOfMessagesVisible" not in names

    def test_name_the_table(self, emit: Emit) -> None:
        emitted = emit(deploy_alarms=True)
        (metric,) = graphs_of(emitted)[0]["metrics"]
        assert metric[2:4] == ["TableName", emitted.reference("aws_dynamodb_table", "name")]

    def test_have_the_thresholds_as_lines(self, emit: Emit) -> None:
        props = {"thresholds": {"errors": 7, "throttles": None}}
        lines = {
            graph["metrics"][0][1]: graph.get("annotations", {}).get("horizontal")
            for graph in graphs_of(emit(deploy_alarms=True, alarm_props=props))
        }
        assert lines["Errors"] == [{"label": "Alarm above", "value": 7}]
        assert lines["IteratorAge"] == [{"label": "Alarm above", "value": 3_600_000}]
        assert lines["Throttles"] is None
        assert lines["ConsumedWriteCapacityUnits"] is None

    def test_have_a_threshold_of_terraform_as_a_number(self, emit: Emit, stack: TerraformStack) -> None:
        limit = TerraformVariable(stack, "limit", type="number").number_value
        body = emit(deploy_alarms=True, alarm_props={"thresholds": {"errors": limit}}).only(DASHBOARD)["dashboard_body"]
        assert '"value": ${var.limit}}' in body
        assert json.loads(body.replace("${var.limit}", "5"))

    def test_begin_with_the_state_of_each_alarm(self, emit: Emit) -> None:
        emitted = emit(deploy_alarms=True)
        first = body_of(emitted)["widgets"][0]
        assert first["type"] == "alarm"
        assert first["properties"]["alarms"] == [
            f"${{aws_cloudwatch_metric_alarm.pipeline_{name}.arn}}" for name in emitted.pattern.alarms
        ]


def emit_in(stack: TerraformStack, inputs: dict[str, Any]) -> DynamoDBStreamsToLambda:
    """Create a pattern with alarms in a stack."""
    from ddb_stream_lambda import DynamoDBStreamsToLambda

    return DynamoDBStreamsToLambda(stack, "pipeline", lambda_function_props=ZIP_FUNCTION, deploy_alarms=True, **inputs)


class TestRegion:
    def regions(self, emitted: Emitted) -> set[str]:
        return {graph["region"] for graph in graphs_of(emitted)}

    def test_is_that_of_the_provider(self, emit: Emit) -> None:
        emitted = emit(deploy_alarms=True)
        assert self.regions(emitted) == {"eu-west-1"}
        assert emitted.only(DASHBOARD)["dashboard_name"] == "orders_pipeline-eu-west-1"

    def test_can_be_a_variable_of_the_provider(self) -> None:
        stack = TerraformStack(Testing.app(), "orders")
        region = TerraformVariable(stack, "region", type="string").string_value
        AwsProvider(stack, "aws", region=region)
        emitted = Emitted(stack, emit_in(stack, {}))
        assert self.regions(emitted) == {"${var.region}"}
        assert emitted.only(DASHBOARD)["dashboard_name"] == "orders_pipeline-${var.region}"

    def test_comes_from_the_function_of_the_mapping_if_the_provider_has_none(self) -> None:
        stack = TerraformStack(Testing.app(), "orders")
        AwsProvider(stack, "aws")
        emitted = Emitted(stack, emit_in(stack, {}))
        text = emitted.only(DASHBOARD)["dashboard_body"]
        expression = '${element(split(":", aws_lambda_event_source_mapping.pipeline.function_arn), 3)}'
        assert set(re.findall(r'"region": "(.*?)", "view"', text)) == {expression}
        assert emitted.only(DASHBOARD)["dashboard_name"] == f"orders_pipeline-{expression}"

    def test_is_that_in_the_arn_of_an_existing_function(self, emit: Emit, stack: TerraformStack) -> None:
        arn = "arn:aws:lambda:us-east-2:123456789012:function:orders"
        function = DataAwsLambdaFunction(stack, "given", function_name=arn)
        table = TableByArn(stream_arn=STREAM_ARN.replace("eu-west-1", "us-east-2"))
        emitted = emit(deploy_alarms=True, existing_lambda_obj=function, existing_table_interface=table)
        assert emitted.only(DASHBOARD)["dashboard_name"] == "orders_pipeline-2e0c1a90-us-east-2"
