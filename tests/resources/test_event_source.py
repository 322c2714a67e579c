"""The event source mapping: its defaults, ranges, filters and connections."""

import json
from typing import Any

import pytest
from ddb_stream_lambda import DynamoDBStreamsToLambda, TableByArn, filter_pattern, is_equal
from cdktf import TerraformStack, TerraformVariable
from cdktf_cdktf_provider_aws.data_aws_lambda_function import DataAwsLambdaFunction
from cdktf_cdktf_provider_aws.dynamodb_table import DynamodbTable
from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.lambda_event_source_mapping import (
    LambdaEventSourceMapping,
    LambdaEventSourceMappingConfig,
)
from ddb_stream_lambda.errors import Mistakes
from ddb_stream_lambda.limits import EVENT_SOURCE_RANGES
from ddb_stream_lambda.resources.event_source import check_mapping
from hypothesis import given
from hypothesis import strategies as st

from tests.support.arns import KEY_ARN, STREAM_ARN, TOPIC_ARN
from tests.support.calls import ZIP_FUNCTION, Emit, MistakesOf, new_stack, send_failed_batches_to
from tests.support.emitted import Emitted

PROPS = "dynamo_event_source_props"
OUTSIDE_THE_RANGE = {
    "batch_size": [0, 10_001],
    "maximum_retry_attempts": [-2, 10_001],
    "maximum_record_age_in_seconds": [-2, 0, 59, 604_801],
    "parallelization_factor": [0, 11],
    "maximum_batching_window_in_seconds": [-1, 301],
    "tumbling_window_in_seconds": [-1, 901],
}
ENDS_OF_THE_RANGE = {
    "batch_size": [1, 10_000],
    "maximum_retry_attempts": [-1, 0, 10_000],
    "maximum_record_age_in_seconds": [-1, 60, 604_800],
    "parallelization_factor": [1, 10],
    "maximum_batching_window_in_seconds": [0, 300],
    "tumbling_window_in_seconds": [0, 900],
}


def pairs(values: dict[str, list[int]]) -> list[tuple[str, int]]:
    return [(argument, value) for argument, some in values.items() for value in some]


def filters(count: int) -> dict[str, object]:
    return {"filter": [{"pattern": keyed(n)} for n in range(count)]}


def keyed(number: int) -> str:
    return json.dumps({"dynamodb": {"Keys": {"id": {"S": [str(number)]}}}})


def filtered(pattern: object) -> dict[str, object]:
    return {"filter_criteria": {"filter": [{"pattern": pattern}]}}


def test_the_mapping_has_the_defaults(emit: Emit) -> None:
    emitted = emit()
    assert emitted.mapping == {
        "event_source_arn": emitted.reference("aws_dynamodb_table", "stream_arn"),
        "function_name": emitted.reference("aws_lambda_function", "arn"),
        "starting_position": "TRIM_HORIZON",
        "batch_size": 100,
        "bisect_batch_on_function_error": True,
        "maximum_record_age_in_seconds": 86400,
        "maximum_retry_attempts": 500,
        "destination_config": {"on_failure": {"destination_arn": emitted.reference("aws_sqs_queue", "arn")}},
        "depends_on": [emitted.address("aws_iam_role_policy"), emitted.address("aws_lambda_function")],
    }


def test_the_property_returns_the_mapping(emit: Emit) -> None:
    assert isinstance(emit().pattern.event_source_mapping, LambdaEventSourceMapping)


class TestProps:
    def test_can_set_every_argument_that_applies_to_streams(self, emit: Emit) -> None:
        arguments = {
            "enabled": False,
            "filter_criteria": filters(1),
            "function_response_types": ["ReportBatchItemFailures"],
            "kms_key_arn": KEY_ARN,
            "maximum_batching_window_in_seconds": 5,
            "metrics_config": {"metrics": ["EventCount"]},
            "parallelization_factor": 4,
            "region": "eu-west-2",
            "starting_position": "LATEST",
            "tags": {"CostCentre": "42"},
            "tumbling_window_in_seconds": 30,
        }
        mapping = emit(dynamo_event_source_props=arguments).mapping
        assert {key: mapping[key] for key in arguments} == arguments

    def test_can_be_a_struct_of_the_provider(self, emit: Emit) -> None:
        struct = LambdaEventSourceMappingConfig(function_name="orders:live", batch_size=7)
        mapping = emit(dynamo_event_source_props=struct).mapping
        assert mapping["batch_size"] == 7
        assert mapping["function_name"] == "orders:live"
        assert mapping["maximum_retry_attempts"] == 500

    def test_can_name_an_alias_of_the_function(self, emit: Emit) -> None:
        mapping = emit(dynamo_event_source_props={"function_name": "orders_pipeline:live"}).mapping
        assert mapping["function_name"] == "orders_pipeline:live"

    def test_can_add_a_dependency_to_the_policy(self, emit: Emit, stack: TerraformStack) -> None:
        other = IamRole(stack, "other", assume_role_policy="{}")
        emitted = emit(dynamo_event_source_props={"depends_on": [other]})
        policy, function = emitted.address("aws_iam_role_policy"), emitted.address("aws_lambda_function")
        assert emitted.mapping["depends_on"] == ["aws_iam_role.other", policy, function]

    @pytest.mark.parametrize(
        "name",
        [
            "orders",
            "orders:live",
            "orders:7",
            "orders:$LATEST",
            "123456789012:function:orders",
            "arn:aws:lambda:eu-west-1:123456789012:function:orders",
            "arn:aws-cn:lambda:cn-north-1:123456789012:function:orders:live",
            "${aws_lambda_alias.live.arn}",
        ],
    )
    def test_a_function_name_does_not_remove_the_dependency_on_the_function(self, emit: Emit, name: str) -> None:
        emitted = emit(dynamo_event_source_props={"function_name": name})
        assert emitted.mapping["function_name"] == name
        assert emitted.address("aws_lambda_function") in emitted.mapping["depends_on"]

    def test_a_struct_does_not_remove_the_dependency_on_the_function(self, emit: Emit) -> None:
        struct = LambdaEventSourceMappingConfig(function_name="orders:live")
        emitted = emit(dynamo_event_source_props=struct)
        assert emitted.address("aws_lambda_function") in emitted.mapping["depends_on"]

    def test_a_struct_does_not_remove_the_dependency_on_an_existing_function(
        self, emit: Emit, stack: TerraformStack
    ) -> None:
        given = DataAwsLambdaFunction(stack, "given", function_name="orders")
        struct = LambdaEventSourceMappingConfig(function_name="orders:live")
        emitted = emit(existing_lambda_obj=given, dynamo_event_source_props=struct)
        assert "data.aws_lambda_function.given" in emitted.mapping["depends_on"]

    def test_a_struct_does_not_remove_the_dependency_on_an_alias(self, emit: Emit) -> None:
        struct = LambdaEventSourceMappingConfig(function_name="orders:live")
        emitted = emit(lambda_alias_props={"name": "live"}, dynamo_event_source_props=struct)
        assert emitted.address("aws_lambda_alias") in emitted.mapping["depends_on"]

    @pytest.mark.parametrize("name", ["", "my orders", "orders:live:1", "arn:aws:s3:::orders", "orders:", "o" * 257])
    def test_a_function_name_that_lambda_refuses_is_refused(self, mistakes_of: MistakesOf, name: str) -> None:
        message = mistakes_of(dynamo_event_source_props={"function_name": name})[f"{PROPS}.function_name"]
        assert "or the ARN of an alias" in message or "at most 256 characters" in message

    @pytest.mark.parametrize("key", ["alias/orders", "arn:aws:kms:eu-west-1:123456789012:alias/orders", "1234"])
    def test_a_key_that_is_not_an_arn_of_a_key_is_refused(self, mistakes_of: MistakesOf, key: str) -> None:
        message = mistakes_of(dynamo_event_source_props={"kms_key_arn": key})[f"{PROPS}.kms_key_arn"]
        assert "must be a key's ARN" in message

    @pytest.mark.parametrize("metric", ["ErrorCount", "KafkaMetrics", "eventCount"])
    def test_a_metric_of_another_event_source_is_refused(self, mistakes_of: MistakesOf, metric: str) -> None:
        mistakes = mistakes_of(dynamo_event_source_props={"metrics_config": {"metrics": ["EventCount", metric]}})
        assert "must be EventCount" in mistakes[f"{PROPS}.metrics_config.metrics[1]"]

    def test_a_second_mapping_before_the_first_is_destroyed_is_refused(self, mistakes_of: MistakesOf) -> None:
        lifecycle = {"create_before_destroy": True}
        mistakes = mistakes_of(dynamo_event_source_props={"lifecycle": lifecycle})
        assert "ResourceConflictException" in mistakes[f"{PROPS}.lifecycle.create_before_destroy"]

    def test_another_lifecycle_is_accepted(self, emit: Emit) -> None:
        lifecycle = {"create_before_destroy": False, "ignore_changes": ["enabled"]}
        emitted = emit(dynamo_event_source_props={"lifecycle": lifecycle})
        assert emitted.mapping["lifecycle"] == lifecycle

    @pytest.mark.parametrize(
        "argument",
        [
            "event_source_arn",
            "queues",
            "topics",
            "scaling_config",
            "provisioned_poller_config",
            "self_managed_event_source",
            "starting_position_timestamp",
            "document_db_event_source_config",
        ],
    )
    def test_cannot_set_an_argument_of_another_event_source(self, mistakes_of: MistakesOf, argument: str) -> None:
        message = mistakes_of(dynamo_event_source_props={argument: "x"})[f"{PROPS}.{argument}"]
        assert "does not apply to DynamoDB streams" in message or "existing_table_interface" in message


class TestRanges:
    @pytest.mark.parametrize(("argument", "value"), pairs(ENDS_OF_THE_RANGE))
    def test_include_their_ends(self, emit: Emit, argument: str, value: int) -> None:
        assert emit(dynamo_event_source_props={argument: value}).mapping[argument] == value

    @pytest.mark.parametrize(("argument", "value"), pairs(OUTSIDE_THE_RANGE))
    def test_are_named_if_a_value_is_outside(self, mistakes_of: MistakesOf, argument: str, value: int) -> None:
        message = mistakes_of(dynamo_event_source_props={argument: value})[f"{PROPS}.{argument}"]
        assert message == f"{PROPS}.{argument} = {value}: must be {EVENT_SOURCE_RANGES[argument]}"

    @given(argument=st.sampled_from(sorted(EVENT_SOURCE_RANGES)), value=st.integers(-(10**7), 10**7))
    def test_decide_on_every_number(self, argument: str, value: int) -> None:
        mistakes = Mistakes("orders/pipeline")
        check_mapping(props={argument: value}, mistakes=mistakes)
        allowed = EVENT_SOURCE_RANGES[argument]
        inside = allowed.minimum <= value <= allowed.maximum or value in allowed.also
        assert bool(mistakes.found) is not inside

    @pytest.mark.parametrize("argument", sorted(EVENT_SOURCE_RANGES))
    def test_do_not_apply_to_terraform_expressions(self, emit: Emit, stack: TerraformStack, argument: str) -> None:
        number = TerraformVariable(stack, "number", type="number").number_value
        assert emit(dynamo_event_source_props={argument: number}).mapping[argument] == "${var.number}"


class TestStartingPosition:
    def test_at_timestamp_is_refused(self, mistakes_of: MistakesOf) -> None:
        mistakes = mistakes_of(dynamo_event_source_props={"starting_position": "AT_TIMESTAMP"})
        message = mistakes[f"{PROPS}.starting_position"]
        assert "does not apply to DynamoDB streams" in message
        assert "TRIM_HORIZON" in message

    def test_that_is_unknown_is_refused_with_the_nearest_one(self, mistakes_of: MistakesOf) -> None:
        mistakes = mistakes_of(dynamo_event_source_props={"starting_position": "latest"})
        assert "did you mean LATEST?" in mistakes[f"{PROPS}.starting_position"]

    def test_cannot_be_left_out(self, mistakes_of: MistakesOf) -> None:
        mistakes = mistakes_of(dynamo_event_source_props={"starting_position": None})
        assert "AWS requires it" in mistakes[f"{PROPS}.starting_position"]


def test_an_unknown_response_type_is_refused(mistakes_of: MistakesOf) -> None:
    mistakes = mistakes_of(dynamo_event_source_props={"function_response_types": ["ReportFailures"]})
    assert "ReportBatchItemFailures" in mistakes[f"{PROPS}.function_response_types[0]"]


class TestFilters:
    @pytest.mark.parametrize("count", [1, 5])
    def test_up_to_five_are_accepted_without_a_warning(self, emit: Emit, count: int) -> None:
        emitted = emit(dynamo_event_source_props={"filter_criteria": filters(count)})
        assert len(emitted.mapping["filter_criteria"]["filter"]) == count
        assert emitted.warnings == []

    @pytest.mark.parametrize("count", [6, 10])
    def test_six_to_ten_are_accepted_with_a_warning(self, emit: Emit, count: int) -> None:
        emitted = emit(dynamo_event_source_props={"filter_criteria": filters(count)})
        assert len(emitted.mapping["filter_criteria"]["filter"]) == count
        (warning,) = emitted.warnings
        assert "Lambda accepts at most 5 unless the quota of the account is raised" in warning

    def test_eleven_are_refused(self, mistakes_of: MistakesOf) -> None:
        mistakes = mistakes_of(dynamo_event_source_props={"filter_criteria": filters(11)})
        assert "at most 10" in mistakes[f"{PROPS}.filter_criteria.filter"]

    @pytest.mark.parametrize("pattern", ["", "{", "eventName", '["INSERT"]', "3", "{'eventName': ['INSERT']}"])
    def test_must_be_json_objects(self, mistakes_of: MistakesOf, pattern: str) -> None:
        mistakes = mistakes_of(dynamo_event_source_props={"filter_criteria": {"filter": [{"pattern": pattern}]}})
        assert "must be a JSON object" in mistakes[f"{PROPS}.filter_criteria.filter[0].pattern"]

    def test_can_be_mappings(self, emit: Emit) -> None:
        pattern = {"eventName": ["INSERT"], "dynamodb": {"NewImage": {"status": {"S": ["open"]}}}}
        (block,) = emit(dynamo_event_source_props=filtered(pattern)).mapping["filter_criteria"]["filter"]
        assert json.loads(block["pattern"]) == pattern

    def test_can_be_made_of_rules(self, emit: Emit) -> None:
        pattern = filter_pattern(event_name=["INSERT"], new_image={"status": is_equal("open")})
        (block,) = emit(dynamo_event_source_props=filtered(pattern)).mapping["filter_criteria"]["filter"]
        written = {"eventName": ["INSERT"], "dynamodb": {"NewImage": {"status": {"S": ["open"]}}}}
        assert json.loads(block["pattern"]) == written

    def test_as_text_are_emitted_unchanged(self, emit: Emit) -> None:
        text = '{ "eventName":["INSERT"] }'
        mapping = emit(dynamo_event_source_props=filtered(text)).mapping
        assert mapping["filter_criteria"] == {"filter": [{"pattern": text}]}

    def test_of_a_wrong_shape_are_refused(self, mistakes_of: MistakesOf) -> None:
        mistakes = mistakes_of(dynamo_event_source_props=filtered({"eventName": "INSERT"}))
        assert 'write ["INSERT"]' in mistakes[f"{PROPS}.filter_criteria.filter[0].pattern.eventName"]

    @pytest.mark.parametrize("block", [{}, {"pattern": None}])
    def test_need_a_pattern(self, mistakes_of: MistakesOf, block: dict[str, object]) -> None:
        mistakes = mistakes_of(dynamo_event_source_props={"filter_criteria": {"filter": [block]}})
        assert "a filter needs a pattern" in mistakes[f"{PROPS}.filter_criteria.filter[0].pattern"]

    OLD_IMAGE = filtered({"dynamodb": {"OldImage": {"status": {"S": ["open"]}}}})

    def test_of_an_image_that_a_new_table_does_not_send_are_refused(self, mistakes_of: MistakesOf) -> None:
        table = {"stream_view_type": "NEW_IMAGE"}
        (message,) = mistakes_of(dynamo_table_props=table, dynamo_event_source_props=self.OLD_IMAGE).values()
        assert "view type NEW_IMAGE, without OldImage" in message

    def test_of_an_image_that_a_table_of_the_app_does_not_send_are_refused(
        self, mistakes_of: MistakesOf, stack: TerraformStack
    ) -> None:
        table = DynamodbTable(
            stack, "table", name="orders", hash_key="id", stream_enabled=True, stream_view_type="KEYS_ONLY"
        )
        (message,) = mistakes_of(existing_table_interface=table, dynamo_event_source_props=self.OLD_IMAGE).values()
        assert "view type KEYS_ONLY, without OldImage" in message

    def test_of_an_image_are_accepted_if_the_view_type_is_unknown(self, emit: Emit, stack: TerraformStack) -> None:
        view = TerraformVariable(stack, "view", type="string").string_value
        emitted = emit(dynamo_table_props={"stream_view_type": view}, dynamo_event_source_props=self.OLD_IMAGE)
        assert "OldImage" in emitted.mapping["filter_criteria"]["filter"][0]["pattern"]

    def test_of_an_image_are_accepted_for_a_table_by_arn(self, emit: Emit) -> None:
        table = TableByArn(stream_arn=STREAM_ARN)
        emitted = emit(existing_table_interface=table, dynamo_event_source_props=self.OLD_IMAGE)
        assert "OldImage" in emitted.mapping["filter_criteria"]["filter"][0]["pattern"]

    def test_can_be_terraform_expressions(self, emit: Emit, stack: TerraformStack) -> None:
        pattern = TerraformVariable(stack, "pattern", type="string").string_value
        mapping = emit(dynamo_event_source_props={"filter_criteria": {"filter": [{"pattern": pattern}]}}).mapping
        assert mapping["filter_criteria"]["filter"] == [{"pattern": "${var.pattern}"}]


class TestChanges:
    """A later change of the inputs keeps the addresses, so that Terraform changes the mapping and does not lose it."""

    def changed(self, **inputs: Any) -> tuple[Emitted, Emitted]:
        emitted = []
        for changes in ({}, inputs):
            stack = new_stack()
            pattern = DynamoDBStreamsToLambda(stack, "pipeline", **{"lambda_function_props": ZIP_FUNCTION, **changes})
            emitted.append(Emitted(stack, pattern))
        before, after = emitted
        assert before.address("aws_lambda_event_source_mapping") == after.address("aws_lambda_event_source_mapping")
        return before, after

    def test_a_removed_queue_is_removed_from_the_mapping_and_nothing_else(self) -> None:
        before, after = self.changed(deploy_sqs_dlq_queue=False)
        assert after.all("aws_sqs_queue") == {}
        assert "destination_config" in before.mapping
        rest = {name: value for name, value in before.mapping.items() if name != "destination_config"}
        assert after.mapping == rest

    def test_a_new_view_type_reaches_the_mapping_by_the_stream_of_the_table(self) -> None:
        """The ARN of the new stream is unknown in the plan, and replaces the mapping."""
        before, after = self.changed(dynamo_table_props={"stream_view_type": "NEW_IMAGE"})
        assert after.table == before.table | {"stream_view_type": "NEW_IMAGE"}
        assert after.mapping == before.mapping
        assert after.mapping["event_source_arn"] == after.reference("aws_dynamodb_table", "stream_arn")

    def test_a_new_name_of_the_table_reaches_the_mapping_by_its_stream(self) -> None:
        before, after = self.changed(dynamo_table_props={"name": "orders-2"})
        assert after.address("aws_dynamodb_table") == before.address("aws_dynamodb_table")
        assert after.mapping == before.mapping

    def test_a_new_name_of_the_function_reaches_the_mapping_by_its_arn(self) -> None:
        before, after = self.changed(lambda_function_props={**ZIP_FUNCTION, "function_name": "orders-2"})
        assert after.address("aws_lambda_function") == before.address("aws_lambda_function")
        assert after.mapping == before.mapping

    def test_a_new_name_of_the_queue_reaches_the_mapping_by_its_arn(self) -> None:
        before, after = self.changed(sqs_dlq_queue_props={"name": "failed"})
        assert after.address("aws_sqs_queue") == before.address("aws_sqs_queue")
        assert after.mapping == before.mapping


class TestDestination:
    @pytest.mark.parametrize("destination", [None, {}, {"on_failure": None}])
    def test_that_is_left_out_is_the_queue(self, emit: Emit, destination: object) -> None:
        emitted = emit(dynamo_event_source_props={"destination_config": destination})
        queue = emitted.reference("aws_sqs_queue", "arn")
        assert emitted.mapping["destination_config"] == {"on_failure": {"destination_arn": queue}}

    def test_of_the_user_replaces_the_queue(self, emit: Emit) -> None:
        emitted = emit(dynamo_event_source_props=send_failed_batches_to(TOPIC_ARN))
        assert emitted.mapping["destination_config"] == {"on_failure": {"destination_arn": TOPIC_ARN}}
        assert emitted.all("aws_sqs_queue") == {}
        assert emitted.pattern.dead_letter_queue is None


@pytest.mark.parametrize(
    ("props", "consequence"),
    [
        ({"maximum_retry_attempts": 3}, "gives up a record that fails after 3 retries, not 500"),
        ({"maximum_record_age_in_seconds": 60}, "gives up a record that fails after 60 seconds, not 86400"),
        ({"maximum_retry_attempts": -1}, "blocks its shard until the stream drops it after 24 hours"),
        ({"maximum_record_age_in_seconds": None}, "blocks its shard until the stream drops it after 24 hours"),
        (
            {"maximum_record_age_in_seconds": 86_401},
            "drops a record that fails after 24 hours, before Lambda gives it up",
        ),
        ({"starting_position": "LATEST"}, "does not get the changes that were made before Lambda begins to read"),
        ({"kms_key_arn": KEY_ARN}, "has to allow kms:Decrypt to lambda.<region>.amazonaws.com"),
        ({"tumbling_window_in_seconds": 30, "parallelization_factor": 2}, "only with a factor of 1"),
    ],
)
def test_a_warning_names_the_consequence(emit: Emit, props: dict[str, object], consequence: str) -> None:
    (warning,) = emit(dynamo_event_source_props=props).warnings
    assert consequence in warning


@pytest.mark.parametrize(
    "props",
    [
        {"tumbling_window_in_seconds": 30},
        {"parallelization_factor": 10},
        {"tumbling_window_in_seconds": 30, "parallelization_factor": 1},
        {"tumbling_window_in_seconds": 0, "parallelization_factor": 10},
        {"maximum_record_age_in_seconds": 86_400},
    ],
)
def test_a_setting_without_a_risk_causes_no_warning(emit: Emit, props: dict[str, object]) -> None:
    assert emit(dynamo_event_source_props=props).warnings == []


@pytest.mark.parametrize(
    ("destination", "words"),
    [
        ("failed", "must be the ARN"),
        ("https://sqs.eu-west-1.amazonaws.com/123456789012/failed", "must be the ARN"),
        ("arn:aws:sqs:eu-west-1:123456789012:failed.fifo", "only to standard queues"),
        ("arn:aws:sns:eu-west-1:123456789012:failed.fifo", "only to standard queues"),
    ],
)
def test_a_failure_destination_that_lambda_refuses_is_refused(
    mistakes_of: MistakesOf, destination: str, words: str
) -> None:
    mistakes = mistakes_of(dynamo_event_source_props=send_failed_batches_to(destination))
    assert words in mistakes["dynamo_event_source_props.destination_config.on_failure.destination_arn"]
