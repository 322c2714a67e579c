"""The alarms turn on with real traffic, and are applied without drift.

The emulator reports `Errors` and the depth of queues. It evaluates an alarm after all of its periods, so that the test
gives the alarms shorter ones.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from ddb_stream_lambda import AlarmName, Code, DynamoDBStreamsToLambda
from cdktf import TerraformOutput, TerraformStack

from .emulator_process import Emulator
from .providers import Provider
from .recorder_stack import RECORDER
from .skipping import skip_if_missing
from .terraform import Terraform, override_provider

TABLE, FUNCTION = "watched-orders", "watched-orders"
# The shortest period that CloudWatch has.
PERIOD = 10
WATCHED: tuple[AlarmName, ...] = ("errors", "queue_messages")


@dataclass
class Deployment:
    """The deployed stack."""

    emulator: Emulator
    terraform: Terraform
    outputs: dict[str, str]

    def state(self, alarm: AlarmName) -> str:
        """Return the state of an alarm."""
        name = f"{FUNCTION}-{alarm.replace('_', '-')}"
        (found,) = self.emulator.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
        return str(found["StateValue"])

    def put(self, id: str, **attributes: str) -> None:
        """Put an item whose attributes are strings."""
        item = {"id": {"S": id}} | {name: {"S": value} for name, value in attributes.items()}
        self.emulator.client("dynamodb").put_item(TableName=TABLE, Item=item)


def build(stack: TerraformStack, effects: Path) -> None:
    """Add the pattern with its alarms."""
    pattern = DynamoDBStreamsToLambda(
        stack,
        "pipeline",
        dynamo_table_props={
            "name": TABLE,
            "lifecycle": {"prevent_destroy": False},
            "deletion_protection_enabled": False,
        },
        lambda_function_props={
            "function_name": FUNCTION,
            "code": Code.from_asset(RECORDER),
            "runtime": "python3.13",
            "handler": "index.handler",
            "environment": {"variables": {"EFFECTS": str(effects)}},
        },
        dynamo_event_source_props={"maximum_retry_attempts": 1},
        deploy_alarms=True,
    )
    for name in WATCHED:
        alarm = pattern.alarms[name]
        alarm.period, alarm.evaluation_periods = PERIOD, 1
    assert pattern.dead_letter_queue is not None
    assert pattern.dashboard is not None
    TerraformOutput(stack, "queue", value=pattern.dead_letter_queue.url)
    TerraformOutput(stack, "dashboard", value=pattern.dashboard.dashboard_name)


@pytest.fixture(scope="module")
def watching_emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """The emulator, which reports the depth of queues each second instead of each minute."""
    skip_if_missing("terraform", "emulator")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SQS_CLOUDWATCH_METRICS_REPORT_INTERVAL", "1")
        emulator = Emulator(tmp_path_factory.mktemp("emulator"))
    with emulator as running:
        yield running


@pytest.fixture(scope="module")
def deployment(watching_emulator: Emulator, provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    folder = tmp_path_factory.mktemp("alarms")
    terraform = Terraform(folder / "stack", provider)
    terraform.synthesize(lambda stack: build(stack, folder / "effects"))
    override_provider(terraform.folder, watching_emulator.url)
    terraform.init()
    terraform.apply()
    return Deployment(watching_emulator, terraform, terraform.outputs())


def test_second_plan_is_empty(deployment: Deployment) -> None:
    deployment.terraform.run("plan", "-detailed-exitcode")


def test_dashboard_has_the_names_of_the_resources(deployment: Deployment) -> None:
    name = deployment.outputs["dashboard"]
    assert name == f"{FUNCTION}-eu-west-1"
    cloudwatch = deployment.emulator.client("cloudwatch")
    widgets = json.loads(cloudwatch.get_dashboard(DashboardName=name)["DashboardBody"])["widgets"]
    graphs = [widget["properties"] for widget in widgets if widget["type"] == "metric"]
    values = {metric[2]: metric[3] for graph in graphs for metric in graph["metrics"]}
    mappings = deployment.emulator.client("lambda").list_event_source_mappings(FunctionName=FUNCTION)
    (mapping,) = mappings["EventSourceMappings"]
    assert values == {
        "TableName": TABLE,
        "FunctionName": FUNCTION,
        "EventSourceMappingUUID": mapping["UUID"],
        "QueueName": deployment.outputs["queue"].rpartition("/")[2],
    }
    alarms = cloudwatch.describe_alarms(AlarmNamePrefix=FUNCTION)["MetricAlarms"]
    shown = {arn for widget in widgets for arn in widget["properties"].get("alarms", ())}
    assert shown == {alarm["AlarmArn"] for alarm in alarms}


@pytest.mark.parametrize("alarm", WATCHED)
def test_alarm_is_off_while_the_function_succeeds(deployment: Deployment, alarm: AlarmName) -> None:
    deployment.put("good")
    deployment.emulator.wait_for(lambda: deployment.state(alarm) == "OK", "the state OK", seconds=60)


def test_record_that_fails_turns_on_the_alarms_of_errors_and_of_the_queue(deployment: Deployment) -> None:
    deployment.put("bad", poison="1")
    off = set(WATCHED)

    def were_all_on() -> bool:
        off.difference_update([alarm for alarm in off if deployment.state(alarm) == "ALARM"])
        return not off

    deployment.emulator.wait_for(were_all_on, "the state ALARM", seconds=90)


def test_empty_queue_turns_its_alarm_off(deployment: Deployment) -> None:
    deployment.emulator.client("sqs").purge_queue(QueueUrl=deployment.outputs["queue"])
    deployment.emulator.wait_for(lambda: deployment.state("queue_messages") == "OK", "the state OK", seconds=60)
