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
    def all_alarms(self, sample: Sample) -> dict[str, dict[str, Any]]:
        return dict(sample("default")["resource"]["aws_cloudwatch_metric_alarm"])

    @pytest.fixture
    def alarms(self, all_alarms: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        """The alarms about the index; those of the pattern begin with its path."""
        return {id: alarm for id, alarm in all_alarms.items() if not id.startswith("pipeline_")}

    def test_of_the_stack_are_only_those_about_the_index(self, alarms: dict[str, dict[str, Any]]) -> None:
        watched = {id: {metric["metric_name"] for metric in metrics_of(alarm)} for id, alarm in alarms.items()}
        assert watched == {
            "records_rejected": {"Rejected"},
            "index_frozen": {"Superseded", "Indexed", "Deleted"},
            "index_unavailable": {"Unavailable"},
        }

    def test_of_the_pattern_cover_the_rest(self, all_alarms: dict[str, dict[str, Any]]) -> None:
        assert {id.removeprefix("pipeline_") for id in all_alarms if id.startswith("pipeline_")} == {
            "destination_failures",
            "dropped_events",
            "errors",
            "failed_events",
            "iterator_age",
            "queue_age",
            "queue_messages",
            "throttles",
        }

    def test_have_the_name_of_the_environment(self, sample: Sample, all_alarms: dict[str, dict[str, Any]]) -> None:
        name = only(sample("default"), "aws_lambda_function")["function_name"]
        assert "${var.name_prefix}" in name
        assert all(alarm["alarm_name"].startswith(f"{name}-") for alarm in all_alarms.values())
        dashboard = only(sample("default"), "aws_cloudwatch_dashboard")
        assert dashboard["dashboard_name"] == f"{name}-${{var.region}}"

    def test_keep_their_names_and_are_moved_from_addresses_with_hyphens(
        self, sample: Sample, alarms: dict[str, dict[str, Any]]
    ) -> None:
        moves = {move["to"]: move["from"] for move in sample("default")["moved"]}
        assert moves["aws_sqs_queue.pipeline_dead_letter"].startswith("aws_sqs_queue.pipeline_dead-letter-queue_")
        for id, alarm in alarms.items():
            former = moves[f"aws_cloudwatch_metric_alarm.{id}"].removeprefix("aws_cloudwatch_metric_alarm.")
            assert former == id.replace("_", "-")
            assert alarm["alarm_name"].endswith(f"-search-indexer-{former}")

    def test_have_a_description_and_notify_the_actions(self, all_alarms: dict[str, dict[str, Any]]) -> None:
        for alarm in all_alarms.values():
            assert len(alarm["alarm_description"]) > 60
            assert alarm["alarm_actions"] == "${var.alarm_actions}"

    def test_read_the_metrics_of_this_environment(self, sample: Sample, alarms: dict[str, dict[str, Any]]) -> None:
        variables = environment(sample("default"))
        assert variables["POWERTOOLS_SERVICE_NAME"] == only(sample("default"), "aws_lambda_function")["function_name"]
        for alarm in alarms.values():
            for metric in metrics_of(alarm):
                assert metric["namespace"] == variables["POWERTOOLS_METRICS_NAMESPACE"]
                assert metric["dimensions"] == {"service": variables["POWERTOOLS_SERVICE_NAME"]}

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
