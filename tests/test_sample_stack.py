"""The Terraform of the sample stack: its retries, its alarms, and the choices of network and authentication."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.sample_stacks import CHOICES, REQUIRED_VALUES, STACK, synthesize_sample

# Returns the Terraform of the stack with one of the choices.
Sample = Callable[[str], dict[str, Any]]


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    emitted: dict[str, dict[str, Any]] = {}

    def sample(choices: str) -> dict[str, Any]:
        if choices not in emitted:
            folder = synthesize_sample(tmp_path_factory.mktemp("sample"), CHOICES[choices])
            emitted[choices] = json.loads((folder / "cdk.tf.json").read_text())
        return emitted[choices]

    return sample


def only(config: dict[str, Any], type: str) -> dict[str, Any]:
    (resource,) = config["resource"][type].values()
    return dict(resource)


def statements(config: dict[str, Any]) -> dict[str, Any]:
    """Return the statements of the role's policy by their ids."""
    policy = json.loads(only(config, "aws_iam_role_policy")["policy"])
    return {statement["Sid"]: statement for statement in policy["Statement"]}


def environment(config: dict[str, Any]) -> dict[str, str]:
    return dict(only(config, "aws_lambda_function")["environment"]["variables"])


def metrics_of(alarm: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the metrics of an alarm for a metric or for an expression."""
    return [query["metric"] for query in alarm.get("metric_query", ()) if "metric" in query] or [alarm]


class TestRetries:
    def test_last_as_long_as_the_stream_keeps_records(self, sample: Sample) -> None:
        mapping = only(sample("default"), "aws_lambda_event_source_mapping")
        assert mapping["maximum_retry_attempts"] == -1
        assert mapping["maximum_record_age_in_seconds"] == 24 * 60 * 60

    def test_isolate_a_record_that_crashes_the_function(self, sample: Sample) -> None:
        mapping = only(sample("default"), "aws_lambda_event_source_mapping")
        assert mapping["bisect_batch_on_function_error"] is True
        assert mapping["function_response_types"] == ["ReportBatchItemFailures"]

    def test_show_no_warning(self, tmp_path: Path) -> None:
        """Unlimited retries weaken a default of the pattern; here they are deliberate."""
        synthesize_sample(tmp_path, {})
        manifest = json.loads((tmp_path / "manifest.json").read_text())
        assert manifest["stacks"][STACK]["annotations"] == []


class TestAlarms:
    @pytest.fixture
    def alarms(self, sample: Sample) -> dict[str, dict[str, Any]]:
        return dict(sample("default")["resource"]["aws_cloudwatch_metric_alarm"])

    def test_cover_losses_rejections_delays_and_failures(self, alarms: dict[str, dict[str, Any]]) -> None:
        watched = {id: {metric["metric_name"] for metric in metrics_of(alarm)} for id, alarm in alarms.items()}
        assert watched == {
            "records_lost": {"DestinationDeliveryFailures"},
            "records_given_up": {"ApproximateNumberOfMessagesVisible"},
            "records_rejected": {"Rejected"},
            "records_late": {"IteratorAge"},
            "index_frozen": {"Superseded", "Indexed", "Deleted"},
            "function_fails": {"Errors"},
            "index_unavailable": {"Unavailable"},
            "function_throttled": {"Throttles"},
        }

    def test_keep_their_names_and_are_moved_from_addresses_with_hyphens(
        self, sample: Sample, alarms: dict[str, dict[str, Any]]
    ) -> None:
        moves = {move["to"]: move["from"] for move in sample("default")["moved"]}
        assert moves["aws_sqs_queue.pipeline_dead_letter"].startswith("aws_sqs_queue.pipeline_dead-letter-queue_")
        for id, alarm in alarms.items():
            former = moves[f"aws_cloudwatch_metric_alarm.{id}"].removeprefix("aws_cloudwatch_metric_alarm.")
            assert former == id.replace("_", "-")
            assert alarm["alarm_name"].endswith(f"-search-indexer-{former}")

    def test_have_a_description_and_notify_the_actions(self, alarms: dict[str, dict[str, Any]]) -> None:
        for alarm in alarms.values():
            assert len(alarm["alarm_description"]) > 60
            assert alarm["alarm_actions"] == "${var.alarm_actions}"

    def test_read_the_metrics_of_this_environment(self, sample: Sample, alarms: dict[str, dict[str, Any]]) -> None:
        variables = environment(sample("default"))
        function = only(sample("default"), "aws_lambda_function")["function_name"]
        assert variables["POWERTOOLS_SERVICE_NAME"] == function
        dimensions = {
            variables["POWERTOOLS_METRICS_NAMESPACE"]: {"service": function},
            "AWS/Lambda": {"FunctionName": function},
            "AWS/SQS": {"QueueName": "${aws_sqs_queue.pipeline_dead_letter.name}"},
        }
        for alarm in alarms.values():
            for metric in metrics_of(alarm):
                assert metric["dimensions"] == dimensions[metric["namespace"]]

    def test_ignore_missing_data_only_of_the_queue(self, alarms: dict[str, dict[str, Any]]) -> None:
        """SQS stops reporting a queue after six hours, also if it has messages."""
        ignoring = [id for id, alarm in alarms.items() if alarm["treat_missing_data"] != "notBreaching"]
        assert ignoring == ["records_given_up"]
        assert alarms["records_given_up"]["treat_missing_data"] == "ignore"

    def test_of_the_frozen_index_has_no_value_without_superseded_records(
        self, alarms: dict[str, dict[str, Any]]
    ) -> None:
        """`FILL` replaces missing data with 0, so it must not apply to the superseded records."""
        (expression,) = (
            query["expression"] for query in alarms["index_frozen"]["metric_query"] if "expression" in query
        )
        assert "FILL(indexed, 0)" in expression
        assert "FILL(deleted, 0)" in expression
        assert "FILL(superseded" not in expression


class TestChoices:
    @pytest.mark.parametrize("choices", CHOICES)
    def test_only_functions_in_a_vpc_have_network_settings_and_permissions(self, sample: Sample, choices: str) -> None:
        config, in_vpc = sample(choices), "VPC" in choices
        assert ("vpc_config" in only(config, "aws_lambda_function")) is in_vpc
        assert ("JoinVpc" in statements(config)) is in_vpc
        assert ({"subnet_ids", "security_group_ids"} <= config["variable"].keys()) is in_vpc

    @pytest.mark.parametrize(
        ("choices", "service", "sids"),
        [
            ("default", "es", {"WriteIndex"}),
            ("password", "basic", {"ReadSecret", "DecryptSecret"}),
            ("API key, in a VPC", "api_key", {"ReadSecret", "DecryptSecret"}),
        ],
    )
    def test_authentication_decides_the_permissions(
        self, sample: Sample, choices: str, service: str, sids: set[str]
    ) -> None:
        config = sample(choices)
        assert environment(config)["SEARCH_SERVICE"] == service
        assert statements(config).keys() & {"WriteIndex", "ReadSecret", "DecryptSecret"} == sids

    def test_the_role_reads_and_decrypts_exactly_one_secret(self, sample: Sample) -> None:
        config = sample("password")
        secret = environment(config)["SEARCH_SECRET_ARN"]
        assert secret == "${var.search_secret_arn}"
        assert statements(config)["ReadSecret"]["Resource"] == secret
        condition = statements(config)["DecryptSecret"]["Condition"]
        assert condition["StringEquals"] == {"kms:EncryptionContext:SecretARN": secret}

    @pytest.mark.parametrize(
        ("choices", "required"),
        [
            ("default", {"search_endpoint", "search_domain_arn"}),
            ("in a VPC", {"search_endpoint", "search_domain_arn", "subnet_ids", "security_group_ids"}),
            ("password", {"search_endpoint", "search_secret_arn"}),
            ("API key, in a VPC", REQUIRED_VALUES.keys() - {"search_domain_arn"}),
        ],
    )
    def test_variables_are_required_only_where_they_are_used(
        self, sample: Sample, choices: str, required: set[str]
    ) -> None:
        variables = sample(choices)["variable"]
        assert {name for name, variable in variables.items() if "default" not in variable} == required
