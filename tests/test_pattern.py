"""The pattern as a whole: its resources, its construct, its keywords, and the mistakes of one call together."""

from typing import Any

import ddb_stream_lambda
import pytest
from ddb_stream_lambda import DynamoDBStreamsToLambda, Mistake, PatternError
from cdktf import App, TerraformStack, Testing, Token
from constructs import Construct

from tests.support.calls import ZIP_FUNCTION, Emit, MistakesOf, new_stack
from tests.support.emitted import Emitted


def test_the_public_names_are_these() -> None:
    assert sorted(ddb_stream_lambda.__all__) == [
        "AlarmName",
        "AlarmProps",
        "AlarmThresholds",
        "Archive",
        "AttributeType",
        "Backfill",
        "BackfillWorkerProps",
        "Code",
        "Dependencies",
        "DynamoDBStreamsToLambda",
        "DynamoEventSourceProps",
        "DynamoTableProps",
        "EventName",
        "ExistingFunction",
        "ExistingTable",
        "FailureBucketProps",
        "FilterRule",
        "FilterValue",
        "ImportOrderWarning",
        "LambdaAliasProps",
        "LambdaFunctionProps",
        "LambdaRoleProps",
        "LogGroupProps",
        "Mistake",
        "PackingError",
        "PatternError",
        "RoleStatement",
        "SqsQueueProps",
        "TableByArn",
        "TablePermissions",
        "Target",
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


class TestResources:
    def test_are_one_of_each_type(self, emit: Emit) -> None:
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

    def test_of_two_patterns_have_different_names(self) -> None:
        emitted = emit_patterns(["one", "two"])
        for kind in ("aws_dynamodb_table", "aws_iam_role", "aws_iam_role_policy", "aws_sqs_queue"):
            names = [block["name"] for block in emitted.all(kind).values()]
            assert len(set(names)) == 2

    def test_do_not_depend_on_the_order_of_two_patterns(self) -> None:
        assert emit_patterns(["one", "two"]).config == emit_patterns(["two", "one"]).config

    def test_can_be_tested_with_the_matchers_of_cdktf(self, emit: Emit) -> None:
        text = emit(dynamo_event_source_props={"batch_size": 7}).text
        assert Testing.to_have_resource_with_properties(text, "aws_lambda_event_source_mapping", {"batch_size": 7})


def emit_patterns(ids: list[str]) -> Emitted:
    """Return the Terraform of a stack with several patterns."""
    stack = new_stack()
    patterns = [DynamoDBStreamsToLambda(stack, id, lambda_function_props=ZIP_FUNCTION) for id in ids]
    return Emitted(stack, patterns[-1])


class TestMistakes:
    def test_are_a_value_error_of_the_package(self, emit: Emit) -> None:
        with pytest.raises(ValueError, match=r"orders/pipeline: dynamo_event_source_props\.batch_size = 0") as caught:
            emit(dynamo_event_source_props={"batch_size": 0})
        assert isinstance(caught.value, PatternError)
        assert caught.value.path == "orders/pipeline"
        (mistake,) = caught.value.mistakes
        assert mistake == Mistake("dynamo_event_source_props.batch_size", 0, "must be 1 to 10000 records")

    def test_are_reported_together_in_the_order_of_the_data_flow(self, emit: Emit) -> None:
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

    def test_leave_nothing_in_the_stack(self, emit: Emit, stack: TerraformStack) -> None:
        with pytest.raises(PatternError):
            emit(dynamo_event_source_props={"batch_size": 0})
        assert stack.node.try_find_child("pipeline") is None


@pytest.mark.parametrize(
    ("keyword", "nearest"),
    [
        ("dynamo_props", "dynamo_table_props"),
        ("lambda_function_prop", "lambda_function_props"),
        ("existingLambdaObj", "existing_lambda_obj"),
        ("deploy_dlq", "deploy_sqs_dlq_queue"),
        ("failure_bucket", "deploy_failure_bucket"),
        ("createCloudWatchAlarms", "deploy_alarms"),
    ],
)
def test_an_unknown_keyword_is_refused_with_the_nearest_one(
    mistakes_of: MistakesOf, keyword: str, nearest: str
) -> None:
    assert nearest in mistakes_of(**{keyword: {}})[keyword]


class TestId:
    @pytest.mark.parametrize("id", ["", "  ", None, 3, "a/b", "${var.name}"])
    def test_that_makes_no_path_is_refused(self, stack: TerraformStack, id: Any) -> None:
        with pytest.raises(PatternError) as caught:
            DynamoDBStreamsToLambda(stack, id, lambda_function_props=ZIP_FUNCTION)
        assert [mistake.property for mistake in caught.value.mistakes] == ["id"]

    def test_as_a_terraform_expression_is_refused(self, stack: TerraformStack) -> None:
        with pytest.raises(PatternError, match="plain text"):
            DynamoDBStreamsToLambda(stack, Token.as_string({"a": 1}), lambda_function_props=ZIP_FUNCTION)

    def test_that_is_taken_is_refused(self, emit: Emit) -> None:
        emit()
        with pytest.raises(PatternError, match=r"id = 'pipeline'.*choose another id") as caught:
            emit()
        assert "\n" not in str(caught.value)


class TestScope:
    @pytest.mark.parametrize("scope", [None, "stack", 3, TerraformStack])
    def test_that_is_no_construct_is_refused(self, scope: Any) -> None:
        with pytest.raises(PatternError, match="must be a TerraformStack"):
            DynamoDBStreamsToLambda(scope, "pipeline", lambda_function_props=ZIP_FUNCTION)

    def test_outside_every_stack_is_refused(self) -> None:
        app = App()
        for scope in (app, Construct(app, "loose")):
            with pytest.raises(PatternError, match="must be a TerraformStack"):
                DynamoDBStreamsToLambda(scope, "pipeline", lambda_function_props=ZIP_FUNCTION)
