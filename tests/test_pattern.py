"""The pattern as a whole: its place in the tree, its keywords, several mistakes together, two in one stack."""

import ddb_stream_lambda
import pytest
from ddb_stream_lambda import DynamoDBStreamsToLambda, Mistake, PatternError
from cdktf import App, TerraformStack, Testing, Token
from cdktf_cdktf_provider_aws.provider import AwsProvider
from constructs import Construct

from tests.support.calls import ZIP_FUNCTION, Emit, MistakesOf, new_stack
from tests.support.emitted import Emitted


def test_the_public_names_are_these() -> None:
    assert sorted(ddb_stream_lambda.__all__) == [
        "AttributeType",
        "Code",
        "DynamoDBStreamsToLambda",
        "DynamoEventSourceProps",
        "DynamoTableProps",
        "EventName",
        "ExistingFunction",
        "ExistingTable",
        "FilterRule",
        "FilterValue",
        "ImportOrderWarning",
        "LambdaAliasProps",
        "LambdaFunctionProps",
        "LambdaRoleProps",
        "LogGroupProps",
        "Mistake",
        "PatternError",
        "RoleStatement",
        "SqsQueueProps",
        "TableByArn",
        "TablePermissions",
        "WarningId",
        "begins_with",
        "empty",
        "ends_with",
        "exists",
        "filter_pattern",
        "is_equal",
        "not_equals",
        "not_exists",
        "null",
        "or_",
    ]


def test_a_pattern_emits_one_of_each_resource(emit: Emit) -> None:
    resources = emit().config["resource"]
    assert {kind: len(blocks) for kind, blocks in resources.items()} == {
        "aws_cloudwatch_log_group": 1,
        "aws_dynamodb_table": 1,
        "aws_iam_role": 1,
        "aws_iam_role_policy": 1,
        "aws_lambda_event_source_mapping": 1,
        "aws_lambda_function": 1,
        "aws_sqs_queue": 1,
        "aws_sqs_queue_policy": 1,
    }


def test_two_patterns_of_one_stack_share_nothing_by_name() -> None:
    stack = new_stack()
    for id in ("one", "two"):
        pattern = DynamoDBStreamsToLambda(stack, id, lambda_function_props=ZIP_FUNCTION)
    emitted = Emitted(stack, pattern)
    for kind in ("aws_dynamodb_table", "aws_iam_role", "aws_iam_role_policy", "aws_sqs_queue"):
        names = [block["name"] for block in emitted.all(kind).values()]
        assert len(set(names)) == 2


def test_a_wrong_call_is_a_value_error_of_the_package(emit: Emit) -> None:
    with pytest.raises(ValueError, match=r"orders/pipeline: dynamo_event_source_props\.batch_size = 0") as caught:
        emit(dynamo_event_source_props={"batch_size": 0})
    assert isinstance(caught.value, PatternError)
    assert caught.value.path == "orders/pipeline"
    (mistake,) = caught.value.mistakes
    assert mistake == Mistake("dynamo_event_source_props.batch_size", 0, "must be 1 to 10000 records")


def test_several_mistakes_are_reported_together_in_the_order_of_the_data_flow(emit: Emit) -> None:
    with pytest.raises(PatternError) as caught:
        emit(
            sqs_dlq_queue_props={"retention": 5},
            lambda_function_props={"timeout": 5000},
            dynamo_event_source_props={"batch_size": 0, "retry_attempts": 3},
            dynamo_table_props={"stream_enabled": False},
        )
    assert [mistake.property for mistake in caught.value.mistakes] == [
        "dynamo_table_props.stream_enabled",
        "dynamo_event_source_props.retry_attempts",
        "dynamo_event_source_props.batch_size",
        "lambda_function_props.timeout",
        "sqs_dlq_queue_props.retention",
    ]
    first, *lines = str(caught.value).splitlines()
    assert first == "orders/pipeline: 5 mistakes"
    assert [line.split(".")[0].strip() for line in lines] == ["1", "2", "3", "4", "5"]


def test_a_wrong_call_leaves_nothing_in_the_stack(emit: Emit, stack: TerraformStack) -> None:
    with pytest.raises(PatternError):
        emit(dynamo_event_source_props={"batch_size": 0})
    assert stack.node.try_find_child("pipeline") is None


@pytest.mark.parametrize(
    ("keyword", "right"),
    [
        ("dynamo_props", "dynamo_table_props"),
        ("lambda_function_prop", "lambda_function_props"),
        ("existingLambdaObj", "existing_lambda_obj"),
        ("deploy_dlq", "deploy_sqs_dlq_queue"),
    ],
)
def test_an_unknown_keyword_is_refused_with_the_nearest(mistakes_of: MistakesOf, keyword: str, right: str) -> None:
    assert right in mistakes_of(**{keyword: {}})[keyword]


@pytest.mark.parametrize("id", ["", "  ", None, 3, "a/b", "${var.name}"])
def test_an_id_that_makes_no_path_is_refused(stack: TerraformStack, id: object) -> None:
    with pytest.raises(PatternError) as caught:
        DynamoDBStreamsToLambda(stack, id, lambda_function_props=ZIP_FUNCTION)  # type: ignore[arg-type]
    assert [mistake.property for mistake in caught.value.mistakes] == ["id"]


def test_an_id_that_is_a_token_is_refused(stack: TerraformStack) -> None:
    with pytest.raises(PatternError, match="plain text"):
        DynamoDBStreamsToLambda(stack, Token.as_string({"a": 1}), lambda_function_props=ZIP_FUNCTION)


def test_an_id_that_is_taken_is_refused(emit: Emit) -> None:
    emit()
    with pytest.raises(PatternError, match=r"id = 'pipeline'.*choose another id") as caught:
        emit()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("scope", [None, "stack", 3, TerraformStack])
def test_a_scope_that_is_no_construct_is_refused(scope: object) -> None:
    with pytest.raises(PatternError, match="TerraformStack"):
        DynamoDBStreamsToLambda(scope, "pipeline", lambda_function_props=ZIP_FUNCTION)  # type: ignore[arg-type]


def test_a_scope_outside_of_every_stack_is_refused() -> None:
    app = App()
    for scope in (app, Construct(app, "loose")):
        with pytest.raises(PatternError, match="TerraformStack"):
            DynamoDBStreamsToLambda(scope, "pipeline", lambda_function_props=ZIP_FUNCTION)


def test_what_the_engine_still_refuses_is_told_in_one_line(emit: Emit, stack: TerraformStack) -> None:
    stack.node.lock()
    with pytest.raises(PatternError) as caught:
        emit()
    assert len(str(caught.value).splitlines()) == 1
    assert caught.value.__cause__ is None


def test_the_order_of_two_calls_does_not_matter_to_either() -> None:
    def emitted(order: list[str]) -> dict:
        stack = new_stack()
        for id in order:
            pattern = DynamoDBStreamsToLambda(stack, id, lambda_function_props=ZIP_FUNCTION)
        return Emitted(stack, pattern).config

    assert emitted(["one", "two"]) == emitted(["two", "one"])


def test_a_pattern_may_be_drawn_with_cdktfs_own_matchers(emit: Emit) -> None:
    text = emit(dynamo_event_source_props={"batch_size": 7}).text
    assert Testing.to_have_resource_with_properties(text, "aws_lambda_event_source_mapping", {"batch_size": 7})


class TestWhatBelongsToAResource:
    """A provider or a region of a resource's own is also that of what the pattern makes for it."""

    def test_has_its_region(self, emit: Emit) -> None:
        region = {"region": "eu-west-2"}
        emitted = emit(dynamo_table_props=region, lambda_function_props=region, sqs_dlq_queue_props=region)
        for kind in ("aws_cloudwatch_log_group", "aws_sqs_queue_policy", "aws_lambda_event_source_mapping"):
            assert emitted.only(kind)["region"] == "eu-west-2"
        assert "region" not in emitted.only("aws_iam_role")

    def test_has_its_provider(self, emit: Emit, stack: TerraformStack) -> None:
        other = {"provider": AwsProvider(stack, "other", alias="other", region="eu-west-2")}
        emitted = emit(dynamo_table_props=other, lambda_function_props=other, sqs_dlq_queue_props=other)
        for kind, resources in emitted.config["resource"].items():
            assert {resource["provider"] for resource in resources.values()} == {"aws.other"}, kind

    def test_is_read_by_its_provider(self, emit: Emit, stack: TerraformStack) -> None:
        other = {"provider": AwsProvider(stack, "other", alias="other", region="eu-west-2")}
        logging = {"logging_config": {"log_format": "Text", "log_group": "/orders"}}
        emitted = emit(lambda_function_props=other | logging)
        for kind in ("aws_partition", "aws_region", "aws_caller_identity"):
            assert emitted.only(kind, kind="data")["provider"] == "aws.other"
