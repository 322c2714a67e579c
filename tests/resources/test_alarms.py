"""The alarms: their metrics, thresholds, actions and names, and the failure destinations that decide which exist."""

import hashlib
import json
from collections.abc import Callable
from typing import Any, get_args

import pytest
from ddb_stream_lambda import AlarmName, DynamoDBStreamsToLambda, LambdaFunctionProps
from cdktf import TerraformStack, TerraformVariable
from cdktf_cdktf_provider_aws.cloudwatch_metric_alarm import CloudwatchMetricAlarm
from cdktf_cdktf_provider_aws.data_aws_lambda_alias import DataAwsLambdaAlias
from cdktf_cdktf_provider_aws.data_aws_lambda_function import DataAwsLambdaFunction
from cdktf_cdktf_provider_aws.lambda_function import LambdaFunction
from cdktf_cdktf_provider_aws.provider import AwsProvider
from cdktf_cdktf_provider_aws.sqs_queue import SqsQueue
from constructs import Construct

from tests.support.arns import ROLE_ARN, TOPIC_ARN
from tests.support.calls import ZIP_FUNCTION, Emit, MistakesOf, send_failed_batches_to
from tests.support.emitted import Emitted

ALARM = "aws_cloudwatch_metric_alarm"
BUCKET_ARN = "arn:aws:s3:::failed"
QUEUE_ARN = "arn:aws:sqs:eu-west-1:123456789012:failed"
WITH_QUEUE = [
    "iterator_age",
    "failed_events",
    "dropped_events",
    "errors",
    "throttles",
    "destination_failures",
    "queue_messages",
    "queue_age",
]
WITHOUT_DESTINATION = WITH_QUEUE[:5]
WITH_OTHER_DESTINATION = [*WITH_QUEUE[:6], "delivered_events"]
FUNCTION_OF_MAPPING = '${element(split(":", aws_lambda_event_source_mapping.pipeline.function_arn), 6)}'


def alarms_of(emitted: Emitted) -> dict[str, dict[str, Any]]:
    """Return the arguments of each alarm by its name."""
    return {address.removeprefix("pipeline_"): alarm for address, alarm in emitted.all(ALARM).items()}


def dimensions_of(emitted: Emitted) -> dict[str, dict[str, str]]:
    return {name: alarm["dimensions"] for name, alarm in alarms_of(emitted).items()}


class TestDeployAlarms:
    def test_is_off_by_default(self, emit: Emit) -> None:
        emitted = emit()
        assert not emitted.all(ALARM)
        assert not emitted.all("aws_cloudwatch_dashboard")
        assert "metrics_config" not in emitted.mapping
        assert emitted.pattern.alarms == {}
        assert emitted.pattern.dashboard is None

    def test_counts_what_lambda_sent_to_the_failure_bucket_and_not_the_messages_of_s3(self, emit: Emit) -> None:
        emitted = emit(deploy_alarms=True, deploy_failure_bucket=True)
        assert list(emitted.pattern.alarms) == WITH_OTHER_DESTINATION

    def test_creates_the_alarms_in_the_order_of_the_data_flow(self, emit: Emit) -> None:
        emitted = emit(deploy_alarms=True)
        assert list(emitted.pattern.alarms) == WITH_QUEUE
        assert all(isinstance(alarm, CloudwatchMetricAlarm) for alarm in emitted.pattern.alarms.values())
        assert sorted(alarms_of(emitted)) == sorted(WITH_QUEUE)

    def test_turns_on_the_metrics_of_the_mapping(self, emit: Emit) -> None:
        assert emit(deploy_alarms=True).mapping["metrics_config"] == {"metrics": ["EventCount"]}

    @pytest.mark.parametrize("value", ["yes", 1, None])
    def test_takes_only_a_bool(self, mistakes_of: MistakesOf, value: object) -> None:
        assert "must be True or False" in mistakes_of(deploy_alarms=value)["deploy_alarms"]

    def test_is_needed_for_props(self, mistakes_of: MistakesOf) -> None:
        assert "set deploy_alarms=True" in mistakes_of(alarm_props={"tags": {}})["alarm_props"]


class TestMetrics:
    """Each metric has the namespace, the dimension and the statistic that AWS documents."""

    @pytest.mark.parametrize(
        ("name", "namespace", "metric", "dimension", "statistic"),
        [
            ("iterator_age", "AWS/Lambda", "IteratorAge", "FunctionName", "Maximum"),
            ("failed_events", "AWS/Lambda", "FailedInvokeEventCount", "EventSourceMappingUUID", "Sum"),
            ("dropped_events", "AWS/Lambda", "DroppedEventCount", "EventSourceMappingUUID", "Sum"),
            ("errors", "AWS/Lambda", "Errors", "FunctionName", "Sum"),
            ("throttles", "AWS/Lambda", "Throttles", "FunctionName", "Sum"),
            ("destination_failures", "AWS/Lambda", "DestinationDeliveryFailures", "FunctionName", "Sum"),
            ("queue_messages", "AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", "Maximum"),
            ("queue_age", "AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", "Maximum"),
        ],
    )
    def test_of_an_alarm(
        self, emit: Emit, name: str, namespace: str, metric: str, dimension: str, statistic: str
    ) -> None:
        emitted = emit(deploy_alarms=True)
        alarm = alarms_of(emitted)[name]
        assert (alarm["namespace"], alarm["metric_name"], alarm["statistic"]) == (namespace, metric, statistic)
        assert alarm["dimensions"] == {
            dimension: {
                "FunctionName": emitted.reference("aws_lambda_function", "function_name"),
                "EventSourceMappingUUID": emitted.reference("aws_lambda_event_source_mapping", "uuid"),
                "QueueName": emitted.reference("aws_sqs_queue", "name"),
            }[dimension]
        }

    def test_that_are_missing_keep_the_state_only_of_a_queue(self, emit: Emit) -> None:
        """SQS stops reporting a queue after six hours, also if it has messages."""
        for name, alarm in alarms_of(emit(deploy_alarms=True)).items():
            expected = "ignore" if name.startswith("queue_") else "notBreaching"
            assert alarm["treat_missing_data"] == expected, name

    def test_of_losses_turn_the_alarm_on_at_once(self, emit: Emit) -> None:
        alarms = alarms_of(emit(deploy_alarms=True))
        for name in ("dropped_events", "destination_failures", "queue_messages"):
            assert (alarms[name]["evaluation_periods"], alarms[name]["threshold"]) == (1, 0)
            assert alarms[name]["comparison_operator"] == "GreaterThanThreshold"

    def test_of_failures_that_retries_repair_need_15_minutes(self, emit: Emit) -> None:
        alarms = alarms_of(emit(deploy_alarms=True))
        for name in ("failed_events", "errors", "throttles"):
            assert alarms[name]["period"] * alarms[name]["evaluation_periods"] == 15 * 60

    def test_of_ages_leave_time_before_the_stream_deletes_the_records(self, emit: Emit) -> None:
        alarms = alarms_of(emit(deploy_alarms=True))
        assert alarms["iterator_age"]["threshold"] == 60 * 60 * 1000
        # SQS may not report an age above six hours.
        assert alarms["queue_age"]["threshold"] == 4 * 60 * 60


class TestFunction:
    """The metrics are those of the function that the mapping invokes."""

    @pytest.mark.parametrize(
        "existing",
        [
            lambda stack: DataAwsLambdaFunction(stack, "given", function_name="orders"),
            lambda stack: DataAwsLambdaFunction(stack, "given", function_name="orders", qualifier="live"),
            lambda stack: DataAwsLambdaAlias(stack, "given", name="live", function_name="orders"),
            lambda stack: LambdaFunction(stack, "given", function_name="orders", role=ROLE_ARN),
        ],
        ids=["data source", "data source with a qualifier", "alias", "function of the app"],
    )
    def test_that_exists_is_watched_with_all_its_versions(
        self, emit: Emit, stack: TerraformStack, existing: Callable[[Construct], Any]
    ) -> None:
        dimensions = dimensions_of(emit(deploy_alarms=True, existing_lambda_obj=existing(stack)))
        assert dimensions["errors"] == {"FunctionName": FUNCTION_OF_MAPPING}
        assert dimensions["iterator_age"] == dimensions["throttles"] == dimensions["errors"]

    def test_that_the_mapping_names_is_watched(self, emit: Emit) -> None:
        emitted = emit(deploy_alarms=True, dynamo_event_source_props={"function_name": "orders"})
        assert dimensions_of(emitted)["errors"] == {"FunctionName": FUNCTION_OF_MAPPING}

    def test_with_an_alias_is_watched_by_its_name(self, emit: Emit) -> None:
        emitted = emit(deploy_alarms=True, lambda_alias_props={"name": "live"})
        name = emitted.reference("aws_lambda_function", "function_name")
        assert dimensions_of(emitted)["errors"] == {"FunctionName": name}


class TestDestination:
    """The failure destination decides which alarms exist."""

    def test_none_has_no_alarm(self, emit: Emit) -> None:
        emitted = emit(deploy_alarms=True, deploy_sqs_dlq_queue=False)
        assert list(emitted.pattern.alarms) == WITHOUT_DESTINATION

    @pytest.mark.parametrize("arn", [BUCKET_ARN, TOPIC_ARN, "${var.destination}"])
    def test_that_is_no_queue_is_watched_by_what_lambda_sends(self, emit: Emit, arn: str) -> None:
        emitted = emit(deploy_alarms=True, dynamo_event_source_props=send_failed_batches_to(arn))
        assert list(emitted.pattern.alarms) == WITH_OTHER_DESTINATION
        alarm = alarms_of(emitted)["delivered_events"]
        assert alarm["metric_name"] == "OnFailureDestinationDeliveredEventCount"
        assert alarm["dimensions"] == {
            "EventSourceMappingUUID": emitted.reference("aws_lambda_event_source_mapping", "uuid")
        }

    def test_that_is_a_bucket_has_no_alarm_that_counts_messages(self, emit: Emit) -> None:
        """S3's `s3:TestEvent` stays visible in a queue until someone deletes it, and is no failure."""
        emitted = emit(deploy_alarms=True, dynamo_event_source_props=send_failed_batches_to(BUCKET_ARN))
        assert {alarm["namespace"] for alarm in alarms_of(emitted).values()} == {"AWS/Lambda"}

    def test_that_is_no_queue_keeps_the_alarm_on_for_an_hour(self, emit: Emit) -> None:
        emitted = emit(deploy_alarms=True, dynamo_event_source_props=send_failed_batches_to(BUCKET_ARN))
        alarm = alarms_of(emitted)["delivered_events"]
        assert alarm["datapoints_to_alarm"] == 1
        assert alarm["period"] * alarm["evaluation_periods"] == 60 * 60

    def test_that_is_a_queue_by_its_arn_is_watched_by_its_name(self, emit: Emit) -> None:
        emitted = emit(deploy_alarms=True, dynamo_event_source_props=send_failed_batches_to(QUEUE_ARN))
        assert list(emitted.pattern.alarms) == WITH_QUEUE
        assert dimensions_of(emitted)["queue_messages"] == {"QueueName": "failed"}

    def test_that_is_a_queue_of_the_app_is_watched_by_its_name(self, emit: Emit, stack: TerraformStack) -> None:
        arn = SqsQueue(stack, "failed").arn
        emitted = emit(deploy_alarms=True, dynamo_event_source_props=send_failed_batches_to(arn))
        name = '${element(split(":", aws_sqs_queue.failed.arn), 5)}'
        assert dimensions_of(emitted)["queue_age"] == {"QueueName": name}

    def test_that_is_text_with_an_expression_is_watched_by_the_name_in_it(self, emit: Emit) -> None:
        arn = QUEUE_ARN.replace("failed", "${var.name}")
        emitted = emit(deploy_alarms=True, dynamo_event_source_props=send_failed_batches_to(arn))
        name = f'${{element(split(":", "{arn}"), 5)}}'
        assert dimensions_of(emitted)["queue_age"] == dimensions_of(emitted)["queue_messages"] == {"QueueName": name}

    def test_has_every_alarm_in_one_case(self) -> None:
        assert {*WITH_QUEUE, *WITH_OTHER_DESTINATION} == set(get_args(AlarmName))


class TestMetricsConfig:
    def test_of_the_user_is_kept(self, emit: Emit) -> None:
        props = {"metrics_config": {"metrics": ["EventCount"]}}
        emitted = emit(deploy_alarms=True, dynamo_event_source_props=props)
        assert emitted.mapping["metrics_config"] == props["metrics_config"]
        assert emitted.warnings == []

    @pytest.mark.parametrize("config", [None, {"metrics": []}])
    def test_without_event_counts_leaves_the_alarms_of_the_mapping_out(self, emit: Emit, config: Any) -> None:
        emitted = emit(deploy_alarms=True, dynamo_event_source_props={"metrics_config": config})
        assert set(WITH_QUEUE) - set(emitted.pattern.alarms) == {"failed_events", "dropped_events"}
        (warning,) = emitted.warnings
        assert "metrics_config has no EventCount" in warning

    def test_of_an_expression_keeps_the_alarms(self, emit: Emit, stack: TerraformStack) -> None:
        metrics = TerraformVariable(stack, "metrics", type="list(string)").list_value
        emitted = emit(deploy_alarms=True, dynamo_event_source_props={"metrics_config": {"metrics": metrics}})
        assert list(emitted.pattern.alarms) == WITH_QUEUE


class TestProps:
    def test_give_every_alarm_its_actions_and_tags(self, emit: Emit) -> None:
        props = {"alarm_actions": [TOPIC_ARN], "ok_actions": [TOPIC_ARN], "tags": {"Team": "orders"}}
        for alarm in alarms_of(emit(deploy_alarms=True, alarm_props=props)).values():
            assert props.items() <= alarm.items()

    def test_can_have_a_list_that_only_terraform_knows(self, emit: Emit, stack: TerraformStack) -> None:
        actions = TerraformVariable(stack, "actions", type="list(string)").list_value
        emitted = emit(deploy_alarms=True, alarm_props={"alarm_actions": actions})
        assert {alarm["alarm_actions"] for alarm in alarms_of(emitted).values()} == {"${var.actions}"}

    def test_can_change_a_threshold(self, emit: Emit, stack: TerraformStack) -> None:
        limit = TerraformVariable(stack, "limit", type="number").number_value
        thresholds = {"errors": limit, "iterator_age": 600_000}
        alarms = alarms_of(emit(deploy_alarms=True, alarm_props={"thresholds": thresholds}))
        assert (alarms["errors"]["threshold"], alarms["iterator_age"]["threshold"]) == ("${var.limit}", 600_000)
        assert alarms["throttles"]["threshold"] == 0

    def test_can_leave_an_alarm_out(self, emit: Emit) -> None:
        emitted = emit(deploy_alarms=True, alarm_props={"thresholds": {"throttles": None}})
        assert set(WITH_QUEUE) - set(emitted.pattern.alarms) == {"throttles"}
        assert set(WITH_QUEUE) - set(alarms_of(emitted)) == {"throttles"}

    def test_can_leave_all_alarms_out(self, emit: Emit) -> None:
        emitted = emit(deploy_alarms=True, alarm_props={"thresholds": None})
        assert emitted.pattern.alarms == {}
        assert '"type": "alarm"' not in emitted.only("aws_cloudwatch_dashboard")["dashboard_body"]

    @pytest.mark.parametrize(
        ("props", "wrong", "message"),
        [
            ({"alarm_actions": [f"{TOPIC_ARN}-{number}" for number in range(6)]}, "alarm_actions", "at most 5"),
            ({"ok_actions": [f"{TOPIC_ARN}-{number}" for number in range(6)]}, "ok_actions", "at most 5"),
            ({"alarm_actions": ["on-call"]}, "alarm_actions[0]", "must be an ARN"),
            ({"alarm_actions": TOPIC_ARN}, "alarm_actions", "must be a list"),
            ({"tags": ["orders"]}, "tags", "must be a mapping"),
            ({"thresholds": 5}, "thresholds", "must be a block"),
            ({"thresholds": {"error": 1}}, "thresholds.error", "did you mean errors?"),
            ({"thresholds": {"errors": -1}}, "thresholds.errors", "0 or more invocations"),
            ({"thresholds": {"errors": "1"}}, "thresholds.errors", "must be a number"),
            # Seconds instead of milliseconds.
            ({"thresholds": {"iterator_age": 3_600}}, "thresholds.iterator_age", "60000 to 86400000 milliseconds"),
            ({"thresholds": {"queue_age": 86_400}}, "thresholds.queue_age", "60 to 21600 seconds"),
            ({"thresholds": {"delivered_events": 1}}, "thresholds.delivered_events", "use queue_messages"),
            ({"period": 60}, "period", "change an alarm of the property alarms"),
            ({"evaluation_periods": 1}, "evaluation_periods", "change an alarm of the property alarms"),
            ({"treat_missing_data": "missing"}, "treat_missing_data", "change an alarm of the property alarms"),
            ({"actions_enabled": False}, "actions_enabled", "leave alarm_actions out"),
            ({"thresholds": {"errors": 10**30}}, "thresholds.errors", "at most 9223372036854775807 invocations"),
            ({"alarm_actions": ["arn:"]}, "alarm_actions[0]", "must be an ARN"),
            ({"alarm_actions": ["arn:aws:sns:eu-west-1:123456789012:"]}, "alarm_actions[0]", "must be an ARN"),
            ({"ok_actions": [TOPIC_ARN, TOPIC_ARN]}, "ok_actions[1]", "is given twice"),
            ({"ok_actions": ["${var.topic}", "${var.topic}"]}, "ok_actions[1]", "is given twice"),
            (
                {"alarm_actions": [TOPIC_ARN.replace("eu-west-1", "us-east-1")]},
                "alarm_actions[0]",
                "give a topic of eu-west-1",
            ),
        ],
    )
    def test_that_are_wrong_are_refused(
        self, mistakes_of: MistakesOf, props: dict[str, object], wrong: str, message: str
    ) -> None:
        mistakes = mistakes_of(deploy_alarms=True, alarm_props=props)
        assert list(mistakes) == [f"alarm_props.{wrong}"]
        assert message in mistakes[f"alarm_props.{wrong}"]

    @pytest.mark.parametrize(
        "action",
        [
            "arn:aws:automate:eu-west-1:ec2:stop",
            "arn:aws:ssm-incidents::123456789012:response-plan/orders",
            "arn:${data.aws_partition.x.partition}:sns:us-east-1:123456789012:failed",
        ],
    )
    def test_take_every_action_of_the_region(self, emit: Emit, action: str) -> None:
        alarms = alarms_of(emit(deploy_alarms=True, alarm_props={"alarm_actions": [action]}))
        assert alarms["errors"]["alarm_actions"] == [action]

    def test_that_are_no_mapping_are_refused(self, mistakes_of: MistakesOf) -> None:
        message = mistakes_of(deploy_alarms=True, alarm_props=[TOPIC_ARN])["alarm_props"]
        assert message.endswith("must be a mapping of arguments")

    def test_report_all_mistakes_together(self, mistakes_of: MistakesOf) -> None:
        thresholds = {"failures": 1, "queue_age": 1, "throttles": -1}
        mistakes = mistakes_of(deploy_alarms=True, alarm_props={"thresholds": thresholds, "ok_actions": ["x"]})
        assert set(mistakes) == {
            *(f"alarm_props.thresholds.{name}" for name in thresholds),
            "alarm_props.ok_actions[0]",
        }

    @pytest.mark.parametrize(
        ("inputs", "name", "reason"),
        [
            ({"deploy_sqs_dlq_queue": False}, "queue_messages", "no destination"),
            ({"deploy_sqs_dlq_queue": False}, "destination_failures", "no destination"),
            ({"dynamo_event_source_props": send_failed_batches_to(BUCKET_ARN)}, "queue_age", "use delivered_events"),
            ({"dynamo_event_source_props": {"metrics_config": None}}, "dropped_events", "add it"),
        ],
    )
    def test_for_an_alarm_that_does_not_exist_are_refused(
        self, mistakes_of: MistakesOf, inputs: dict[str, Any], name: str, reason: str
    ) -> None:
        mistakes = mistakes_of(deploy_alarms=True, alarm_props={"thresholds": {name: 100}}, **inputs)
        assert reason in mistakes[f"alarm_props.thresholds.{name}"]


class TestNames:
    def test_begin_with_the_name_of_a_new_function(self, emit: Emit) -> None:
        """A stack that is deployed several times with other variables has other names each time."""
        name = "${var.prefix}-orders"
        emitted = emit(deploy_alarms=True, lambda_function_props={"function_name": name})
        assert alarms_of(emitted)["queue_age"]["alarm_name"] == f"{name}-queue-age"

    def test_begin_with_the_path_for_an_existing_function(self, stack: TerraformStack) -> None:
        function = DataAwsLambdaFunction(stack, "given", function_name="orders")
        patterns = [
            DynamoDBStreamsToLambda(stack, id, existing_lambda_obj=function, deploy_alarms=True)
            for id in ("a_b", "a-b")
        ]
        alarms = Emitted(stack, patterns[0]).all(ALARM).values()
        names = [alarm["alarm_name"] for alarm in alarms]
        assert len(set(names)) == len(names) == 2 * len(WITH_QUEUE)
        digest = hashlib.sha256(b"orders/a-b").hexdigest()[:8]
        assert f"orders_a-b-{digest}-errors" in names

    def test_for_an_existing_function_are_not_those_of_a_function_with_the_same_name(
        self, stack: TerraformStack
    ) -> None:
        function = DataAwsLambdaFunction(stack, "given", function_name="orders")
        DynamoDBStreamsToLambda(stack, "a", existing_lambda_obj=function, deploy_alarms=True)
        props: LambdaFunctionProps = {**ZIP_FUNCTION, "function_name": "orders_a"}
        pattern = DynamoDBStreamsToLambda(stack, "b", lambda_function_props=props, deploy_alarms=True)
        emitted = Emitted(stack, pattern)
        for kind, name in ((ALARM, "alarm_name"), ("aws_cloudwatch_dashboard", "dashboard_name")):
            names = [resource[name] for resource in emitted.all(kind).values()]
            assert len(set(names)) == len(names)

    def test_fit_into_the_limit_of_cloudwatch(self, stack: TerraformStack) -> None:
        scope = Construct(stack, "x" * 300)
        function = DataAwsLambdaFunction(stack, "given", function_name="orders")
        pattern = DynamoDBStreamsToLambda(scope, "pipeline", existing_lambda_obj=function, deploy_alarms=True)
        emitted = Emitted(stack, pattern)
        names = [alarm["alarm_name"] for alarm in emitted.all(ALARM).values()]
        names.append(emitted.only("aws_cloudwatch_dashboard")["dashboard_name"])
        assert max(map(len, names)) <= 255


class TestProvider:
    def test_and_region_are_those_of_the_function(self, emit: Emit, stack: TerraformStack) -> None:
        other = AwsProvider(stack, "other", alias="other", region="us-east-2")
        emitted = emit(
            deploy_alarms=True,
            lambda_function_props={"provider": other, "region": "us-east-1"},
            dynamo_table_props={"provider": other, "region": "us-east-1"},
        )
        for resource in [*alarms_of(emitted).values(), emitted.only("aws_cloudwatch_dashboard")]:
            assert (resource["provider"], resource["region"]) == ("aws.other", "us-east-1")
        widgets = json.loads(emitted.only("aws_cloudwatch_dashboard")["dashboard_body"])["widgets"]
        assert {widget["properties"].get("region", "us-east-1") for widget in widgets} == {"us-east-1"}


def test_every_alarm_describes_what_happened(emit: Emit) -> None:
    descriptions = [alarm["alarm_description"] for alarm in alarms_of(emit(deploy_alarms=True)).values()]
    assert len(set(descriptions)) == len(WITH_QUEUE)
    # The limit of CloudWatch is 1,024 characters.
    assert all(60 < len(description) <= 1024 for description in descriptions)


def test_an_alarm_can_be_changed_as_a_resource(emit: Emit) -> None:
    emitted = emit(deploy_alarms=True)
    emitted.pattern.alarms["errors"].evaluation_periods = 1
    assert alarms_of(emitted)["errors"]["evaluation_periods"] == 1


def test_two_patterns_have_other_names(stack: TerraformStack) -> None:
    patterns = [
        DynamoDBStreamsToLambda(stack, id, lambda_function_props=ZIP_FUNCTION, deploy_alarms=True) for id in ("a", "b")
    ]
    emitted = Emitted(stack, patterns[0])
    names = [alarm["alarm_name"] for alarm in emitted.all(ALARM).values()]
    assert len(set(names)) == len(names) == 2 * len(WITH_QUEUE)
    dashboards = [dashboard["dashboard_name"] for dashboard in emitted.all("aws_cloudwatch_dashboard").values()]
    assert sorted(dashboards) == ["orders_a-eu-west-1", "orders_b-eu-west-1"]
