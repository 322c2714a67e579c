"""The function's permissions on the table itself, and the variable that names the table."""

import json
from typing import Any

import pytest
from ddb_stream_lambda import TableByArn
from cdktf import App, TerraformStack, TerraformVariable, Testing, Token
from cdktf_cdktf_provider_aws.data_aws_dynamodb_table import DataAwsDynamodbTable
from cdktf_cdktf_provider_aws.data_aws_lambda_function import DataAwsLambdaFunction
from cdktf_cdktf_provider_aws.lambda_function import LambdaFunction, LambdaFunctionEnvironment

from tests.support.arns import KEY_ARN, ROLE_ARN, STREAM_ARN, TABLE_ARN
from tests.support.calls import Emit, MistakesOf

READ = {"BatchGetItem", "ConditionCheckItem", "DescribeTable", "GetItem", "Query", "Scan"}
WRITE = {"BatchWriteItem", "DeleteItem", "DescribeTable", "PutItem", "UpdateItem"}
READ_KEY = {"kms:Decrypt", "kms:DescribeKey"}
WRITE_KEY = READ_KEY | {"kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"}
VARIABLE = "TABLE_NAME"


def create_function(stack: TerraformStack, **arguments: Any) -> LambdaFunction:
    """Create a function of the app, outside the pattern."""
    return LambdaFunction(stack, "given", function_name="given", role=ROLE_ARN, **arguments)


class TestPermissions:
    @pytest.mark.parametrize(
        ("permissions", "actions"),
        [("Read", READ), ("Write", WRITE), ("ReadWrite", READ | WRITE), ("All", {"*"})],
    )
    def test_are_on_the_table_and_its_indexes(self, emit: Emit, permissions: str, actions: set[str]) -> None:
        emitted = emit(table_permissions=permissions)
        table = emitted.reference("aws_dynamodb_table", "arn")
        expected = {f"dynamodb:{action}" for action in actions}
        assert emitted.permissions["AccessTable"] == (expected, [table, f"{table}/index/*"])

    @pytest.mark.parametrize(
        ("permissions", "actions"),
        [("Read", READ_KEY), ("Write", WRITE_KEY), ("ReadWrite", WRITE_KEY), ("All", WRITE_KEY)],
    )
    def test_reach_the_customer_managed_key_of_the_table(self, emit: Emit, permissions: str, actions: set[str]) -> None:
        props = {"server_side_encryption": {"kms_key_arn": KEY_ARN}}
        emitted = emit(dynamo_table_props=props, table_permissions=permissions)
        assert emitted.permissions["UseTableKey"] == (actions, KEY_ARN)

    def test_need_no_key_that_aws_manages(self, emit: Emit) -> None:
        assert "UseTableKey" not in emit(table_permissions="All").permissions

    def test_are_none_by_default(self, emit: Emit) -> None:
        props = {"server_side_encryption": {"kms_key_arn": KEY_ARN}}
        assert {"AccessTable", "UseTableKey"}.isdisjoint(emit(dynamo_table_props=props).permissions)

    def test_go_to_the_role_of_an_existing_function(self, emit: Emit, stack: TerraformStack) -> None:
        emitted = emit(existing_lambda_obj=create_function(stack), table_permissions="Read")
        assert emitted.only("aws_iam_role_policy")["role"] == "worker"
        assert "AccessTable" in emitted.permissions

    def test_go_to_the_role_of_a_data_source(self, emit: Emit, stack: TerraformStack) -> None:
        given = DataAwsLambdaFunction(stack, "given", function_name="given")
        assert "AccessTable" in emit(existing_lambda_obj=given, table_permissions="Write").permissions

    @pytest.mark.parametrize("value", ["read", "Admin", True, ["Read"], {"Read": True}])
    def test_of_an_unknown_kind_are_refused(self, mistakes_of: MistakesOf, value: object) -> None:
        mistakes = mistakes_of(table_permissions=value)
        assert "must be one of Read, Write, ReadWrite, All" in mistakes["table_permissions"]

    def test_must_be_known_at_synth(self, mistakes_of: MistakesOf, stack: TerraformStack) -> None:
        value = TerraformVariable(stack, "access", type="string").string_value
        assert "known when the app is synthesized" in mistakes_of(table_permissions=value)["table_permissions"]


class TestVariable:
    def test_of_a_new_function_holds_the_name_of_the_table(self, emit: Emit) -> None:
        emitted = emit(table_environment_variable_name=VARIABLE)
        name = emitted.reference("aws_dynamodb_table", "name")
        assert emitted.function["environment"] == {"variables": {VARIABLE: name}}

    def test_joins_the_variables_of_a_new_function(self, emit: Emit) -> None:
        props = {"environment": {"variables": {"LEVEL": "1"}}}
        emitted = emit(lambda_function_props=props, table_environment_variable_name=VARIABLE)
        assert set(emitted.function["environment"]["variables"]) == {"LEVEL", VARIABLE}

    def test_joins_an_expression_of_a_new_function(self, emit: Emit, stack: TerraformStack) -> None:
        given = Token.as_string_map(TerraformVariable(stack, "variables", type="map(string)").string_value)
        emitted = emit(
            lambda_function_props={"environment": {"variables": given}}, table_environment_variable_name=VARIABLE
        )
        name = f"{emitted.address('aws_dynamodb_table')}.name"
        expected = f'${{merge(var.variables, zipmap(["{VARIABLE}"], [{name}]))}}'
        assert emitted.function["environment"]["variables"] == expected

    @pytest.mark.parametrize("given", [None, {"LEVEL": "1"}])
    def test_joins_the_variables_of_a_function_of_the_app(
        self, emit: Emit, stack: TerraformStack, given: dict[str, str] | None
    ) -> None:
        environment = None if given is None else LambdaFunctionEnvironment(variables=given)
        existing = create_function(stack, environment=environment)
        emitted = emit(existing_lambda_obj=existing, table_environment_variable_name=VARIABLE)
        name = emitted.reference("aws_dynamodb_table", "name")
        assert emitted.function["environment"]["variables"] == {**(given or {}), VARIABLE: name}

    def test_joins_an_expression_of_a_function_of_the_app(self, emit: Emit, stack: TerraformStack) -> None:
        given = Token.as_string_map(TerraformVariable(stack, "variables", type="map(string)").string_value)
        existing = create_function(stack, environment=LambdaFunctionEnvironment(variables=given))
        emitted = emit(existing_lambda_obj=existing, table_environment_variable_name=VARIABLE)
        assert emitted.function["environment"]["variables"].startswith("${merge(var.variables, ")

    def test_is_not_set_twice(self, mistakes_of: MistakesOf, stack: TerraformStack) -> None:
        environment = LambdaFunctionEnvironment(variables={VARIABLE: "orders"})
        existing = create_function(stack, environment=environment)
        mistakes = mistakes_of(existing_lambda_obj=existing, table_environment_variable_name=VARIABLE)
        assert "has this variable" in mistakes["table_environment_variable_name"]
        props = {"environment": {"variables": {VARIABLE: "orders"}}}
        mistakes = mistakes_of(lambda_function_props=props, table_environment_variable_name=VARIABLE)
        assert "has this variable" in mistakes["table_environment_variable_name"]

    def test_cannot_be_set_on_a_data_source(self, mistakes_of: MistakesOf, stack: TerraformStack) -> None:
        given = DataAwsLambdaFunction(stack, "given", function_name="given")
        mistakes = mistakes_of(existing_lambda_obj=given, table_environment_variable_name=VARIABLE)
        assert "where the function is defined" in mistakes["table_environment_variable_name"]

    @pytest.mark.parametrize("value", ["TABLE-NAME", "1TABLE", "T", "", 1, True, ["TABLE_NAME"]])
    def test_must_be_a_name_that_lambda_accepts(self, mistakes_of: MistakesOf, value: object) -> None:
        mistakes = mistakes_of(table_environment_variable_name=value)
        assert "letters, digits and underscores" in mistakes["table_environment_variable_name"]

    @pytest.mark.parametrize("value", ["AWS_REGION", "LAMBDA_TASK_ROOT"])
    def test_must_not_be_reserved(self, mistakes_of: MistakesOf, value: str) -> None:
        mistakes = mistakes_of(table_environment_variable_name=value)
        assert "Lambda reserves this name" in mistakes["table_environment_variable_name"]

    def test_can_be_an_expression(self, emit: Emit, stack: TerraformStack) -> None:
        value = TerraformVariable(stack, "variable", type="string").string_value
        emitted = emit(table_environment_variable_name=value)
        assert list(emitted.function["environment"]["variables"]) == ["${var.variable}"]


class TestTheNameOfTheTable:
    def test_comes_from_a_data_source(self, emit: Emit, stack: TerraformStack) -> None:
        table = DataAwsDynamodbTable(stack, "given", name="given")
        emitted = emit(existing_table_interface=table, table_environment_variable_name=VARIABLE)
        assert emitted.function["environment"]["variables"][VARIABLE] == "${data.aws_dynamodb_table.given.name}"

    @pytest.mark.parametrize("table", [TableByArn(TABLE_ARN, STREAM_ARN), TableByArn(stream_arn=STREAM_ARN)])
    def test_comes_from_an_arn(self, emit: Emit, table: TableByArn) -> None:
        emitted = emit(existing_table_interface=table, table_environment_variable_name=VARIABLE)
        assert emitted.function["environment"]["variables"] == {VARIABLE: "orders"}

    def test_comes_from_an_arn_that_is_an_expression(self, emit: Emit, stack: TerraformStack) -> None:
        arn = TerraformVariable(stack, "table", type="string").string_value
        emitted = emit(existing_table_interface=TableByArn(arn, STREAM_ARN), table_environment_variable_name=VARIABLE)
        assert emitted.function["environment"]["variables"] == {VARIABLE: '${element(split("/", var.table), 1)}'}

    def test_comes_from_a_stream_that_is_an_expression(self, emit: Emit, stack: TerraformStack) -> None:
        stream = TerraformVariable(stack, "stream", type="string").string_value
        emitted = emit(existing_table_interface=TableByArn(stream_arn=stream), table_environment_variable_name=VARIABLE)
        table = 'element(split("/stream/", var.stream), 0)'
        expected = f'${{element(split("/", {table}), 1)}}'
        assert emitted.function["environment"]["variables"] == {VARIABLE: expected}

    def test_and_the_permissions_come_from_a_stream_that_is_text_with_an_expression(self, emit: Emit) -> None:
        stream = STREAM_ARN.replace("123456789012", "${data.aws_caller_identity.x.account_id}")
        table_input = TableByArn(stream_arn=stream)
        emitted = emit(
            existing_table_interface=table_input, table_environment_variable_name=VARIABLE, table_permissions="Read"
        )
        table = f'element(split("/stream/", "{stream}"), 0)'
        name = f'${{element(split("/", {table}), 1)}}'
        assert emitted.function["environment"]["variables"] == {VARIABLE: name}
        # Terraform reads the quotes in the expressions, so that the text is no JSON yet.
        policy = emitted.only("aws_iam_role_policy")["policy"]
        assert f'"Resource": ["${{{table}}}", "${{{table}}}/index/*"]' in policy


class TestFunctionOfAnotherStack:
    """The function's stack would need the name of a table of the pattern's stack, which needs the function."""

    @pytest.fixture
    def given(self, stack: TerraformStack) -> LambdaFunction:
        return create_function(TerraformStack(App.of(stack), "other"))

    def test_cannot_have_the_name_of_a_new_table(self, mistakes_of: MistakesOf, given: LambdaFunction) -> None:
        mistakes = mistakes_of(existing_lambda_obj=given, table_environment_variable_name=VARIABLE)
        assert "would depend on each other" in mistakes["table_environment_variable_name"]

    def test_cannot_have_the_name_of_a_table_of_this_stack(
        self, mistakes_of: MistakesOf, stack: TerraformStack, given: LambdaFunction
    ) -> None:
        table = DataAwsDynamodbTable(stack, "given", name="given")
        mistakes = mistakes_of(
            existing_lambda_obj=given, existing_table_interface=table, table_environment_variable_name=VARIABLE
        )
        assert "would depend on each other" in mistakes["table_environment_variable_name"]

    def test_can_have_the_name_of_a_table_of_its_stack(self, emit: Emit, given: LambdaFunction) -> None:
        table = DataAwsDynamodbTable(TerraformStack.of(given), "table", name="given")
        emit(existing_lambda_obj=given, existing_table_interface=table, table_environment_variable_name=VARIABLE)
        other = json.loads(Testing.synth(TerraformStack.of(given)))["resource"]["aws_lambda_function"]["given"]
        assert other["environment"] == {"variables": {VARIABLE: "${data.aws_dynamodb_table.table.name}"}}

    def test_can_have_the_name_of_a_table_by_arn(self, emit: Emit, given: LambdaFunction) -> None:
        table = TableByArn(stream_arn=STREAM_ARN)
        emitted = emit(
            existing_lambda_obj=given, existing_table_interface=table, table_environment_variable_name=VARIABLE
        )
        assert emitted.mapping["event_source_arn"] == STREAM_ARN
