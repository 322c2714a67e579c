"""The event source mapping: defaults, every argument that applies to DynamoDB streams, ranges, filters."""

import json

import pytest
from ddb_stream_lambda import errors
from cdktf import TerraformStack, TerraformVariable
from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.lambda_event_source_mapping import (
    LambdaEventSourceMapping,
    LambdaEventSourceMappingConfig,
)
from ddb_stream_lambda.arguments._generated import DynamoEventSourceProps
from ddb_stream_lambda.limits import EVENT_SOURCE_RANGES
from ddb_stream_lambda.resources import event_source
from hypothesis import given
from hypothesis import strategies as st

from tests.support.calls import Emit, MistakesOf

TOPIC = "arn:aws:sns:eu-west-1:123456789012:failed"
OUTSIDE = {
    "batch_size": [0, 10_001],
    "maximum_retry_attempts": [-2, 10_001],
    "maximum_record_age_in_seconds": [-2, 0, 59, 604_801],
    "parallelization_factor": [0, 11],
    "maximum_batching_window_in_seconds": [-1, 301],
    "tumbling_window_in_seconds": [-1, 901],
}
AT_THE_EDGE = {
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
    return {"filter": [{"pattern": json.dumps({"eventName": [f"INSERT{n}"]})} for n in range(count)]}


def test_the_mapping_has_the_defaults_of_the_contract(emit: Emit) -> None:
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
        "depends_on": [emitted.address("aws_iam_role_policy")],
    }


def test_the_mapping_is_a_property(emit: Emit) -> None:
    assert isinstance(emit().pattern.event_source_mapping, LambdaEventSourceMapping)


def test_every_argument_that_applies_to_streams_passes_through(emit: Emit) -> None:
    arguments = {
        "enabled": False,
        "filter_criteria": filters(1),
        "function_response_types": ["ReportBatchItemFailures"],
        "kms_key_arn": "arn:aws:kms:eu-west-1:123456789012:key/k",
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


def test_the_providers_struct_does_as_well_as_a_mapping(emit: Emit) -> None:
    struct = LambdaEventSourceMappingConfig(function_name="orders:live", batch_size=7)
    mapping = emit(dynamo_event_source_props=struct).mapping
    assert mapping["batch_size"] == 7
    assert mapping["function_name"] == "orders:live"
    assert mapping["maximum_retry_attempts"] == 500


def test_a_function_name_of_the_users_own_invokes_an_alias(emit: Emit) -> None:
    mapping = emit(dynamo_event_source_props={"function_name": "orders_pipeline:live"}).mapping
    assert mapping["function_name"] == "orders_pipeline:live"


def test_the_users_depends_on_is_kept_beside_the_policy(emit: Emit, stack: TerraformStack) -> None:
    other = IamRole(stack, "other", assume_role_policy="{}")
    emitted = emit(dynamo_event_source_props={"depends_on": [other]})
    assert emitted.mapping["depends_on"] == ["aws_iam_role.other", emitted.address("aws_iam_role_policy")]


@pytest.mark.parametrize(("argument", "value"), pairs(AT_THE_EDGE))
def test_a_value_at_the_edge_of_its_range_is_taken(emit: Emit, argument: str, value: int) -> None:
    assert emit(dynamo_event_source_props={argument: value}).mapping[argument] == value


@pytest.mark.parametrize(("argument", "value"), pairs(OUTSIDE))
def test_a_value_outside_its_range_is_refused_with_the_range(
    mistakes_of: MistakesOf, argument: str, value: int
) -> None:
    message = mistakes_of(dynamo_event_source_props={argument: value})[f"dynamo_event_source_props.{argument}"]
    assert f"= {value}: must be" in message
    assert str(EVENT_SOURCE_RANGES[argument]) in message


@given(argument=st.sampled_from(sorted(EVENT_SOURCE_RANGES)), value=st.integers(-(10**7), 10**7))
def test_every_number_is_either_in_range_or_refused(argument: str, value: int) -> None:
    mistakes = errors.Mistakes("orders/pipeline")
    props: DynamoEventSourceProps = {argument: value}  # type: ignore[misc]
    event_source.check_mapping(props=props, mistakes=mistakes)
    allowed = EVENT_SOURCE_RANGES[argument]
    inside = allowed.minimum <= value <= allowed.maximum or value in allowed.also
    assert bool(mistakes.found) is not inside


@pytest.mark.parametrize("argument", sorted(EVENT_SOURCE_RANGES))
def test_a_token_is_never_range_checked(emit: Emit, stack: TerraformStack, argument: str) -> None:
    number = TerraformVariable(stack, "number", type="number").number_value
    assert emit(dynamo_event_source_props={argument: number}).mapping[argument] == "${var.number}"


def test_at_timestamp_is_refused_as_it_does_not_apply(mistakes_of: MistakesOf) -> None:
    message = mistakes_of(dynamo_event_source_props={"starting_position": "AT_TIMESTAMP"})[
        "dynamo_event_source_props.starting_position"
    ]
    assert "does not apply to DynamoDB streams" in message
    assert "TRIM_HORIZON" in message


def test_another_starting_position_is_refused_with_the_nearest(mistakes_of: MistakesOf) -> None:
    message = mistakes_of(dynamo_event_source_props={"starting_position": "latest"})[
        "dynamo_event_source_props.starting_position"
    ]
    assert "did you mean LATEST?" in message


def test_an_unknown_response_type_is_refused(mistakes_of: MistakesOf) -> None:
    mistakes = mistakes_of(dynamo_event_source_props={"function_response_types": ["ReportFailures"]})
    assert "ReportBatchItemFailures" in mistakes["dynamo_event_source_props.function_response_types[0]"]


@pytest.mark.parametrize("count", [1, 5])
def test_up_to_five_filters_are_taken_without_a_word(emit: Emit, count: int) -> None:
    emitted = emit(dynamo_event_source_props={"filter_criteria": filters(count)})
    assert len(emitted.mapping["filter_criteria"]["filter"]) == count
    assert emitted.warnings == []


@pytest.mark.parametrize("count", [6, 10])
def test_six_to_ten_filters_are_taken_with_a_warning(emit: Emit, count: int) -> None:
    emitted = emit(dynamo_event_source_props={"filter_criteria": filters(count)})
    assert len(emitted.mapping["filter_criteria"]["filter"]) == count
    (warning,) = emitted.warnings
    assert "quota" in warning


def test_eleven_filters_are_refused(mistakes_of: MistakesOf) -> None:
    mistakes = mistakes_of(dynamo_event_source_props={"filter_criteria": filters(11)})
    assert "10" in mistakes["dynamo_event_source_props.filter_criteria.filter"]


@pytest.mark.parametrize("pattern", ["", "{", "eventName", '["INSERT"]', "3", "{'eventName': ['INSERT']}"])
def test_a_filter_that_is_no_json_object_is_refused(mistakes_of: MistakesOf, pattern: str) -> None:
    mistakes = mistakes_of(dynamo_event_source_props={"filter_criteria": {"filter": [{"pattern": pattern}]}})
    assert "must be a JSON object" in mistakes["dynamo_event_source_props.filter_criteria.filter[0].pattern"]


def test_a_filter_that_only_terraform_knows_is_taken(emit: Emit, stack: TerraformStack) -> None:
    pattern = TerraformVariable(stack, "pattern", type="string").string_value
    mapping = emit(dynamo_event_source_props={"filter_criteria": {"filter": [{"pattern": pattern}]}}).mapping
    assert mapping["filter_criteria"]["filter"] == [{"pattern": "${var.pattern}"}]


@pytest.mark.parametrize("destination", [None, {}, {"on_failure": None}])
def test_a_failure_destination_that_is_left_out_is_the_queue(emit: Emit, destination: object) -> None:
    emitted = emit(dynamo_event_source_props={"destination_config": destination})
    arn = emitted.reference("aws_sqs_queue", "arn")
    assert emitted.mapping["destination_config"] == {"on_failure": {"destination_arn": arn}}


def test_a_failure_destination_of_the_users_own_takes_the_place_of_the_queue(emit: Emit) -> None:
    emitted = emit(dynamo_event_source_props={"destination_config": {"on_failure": {"destination_arn": TOPIC}}})
    assert emitted.mapping["destination_config"] == {"on_failure": {"destination_arn": TOPIC}}
    assert emitted.all("aws_sqs_queue") == {}
    assert emitted.pattern.dead_letter_queue is None


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
def test_an_argument_that_does_not_apply_is_refused_with_the_reason(mistakes_of: MistakesOf, argument: str) -> None:
    message = mistakes_of(dynamo_event_source_props={argument: "x"})[f"dynamo_event_source_props.{argument}"]
    assert "does not apply to DynamoDB streams" in message or "existing_table_interface" in message
