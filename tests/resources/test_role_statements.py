"""The statements that the user adds to the role policy."""

import pytest
from cdktf import TerraformStack, TerraformVariable, Token
from cdktf_cdktf_provider_aws.data_aws_lambda_function import DataAwsLambdaFunction

from tests.support.arns import ROLE_ARN
from tests.support.calls import Emit, MistakesOf

DOMAIN = "arn:aws:es:eu-west-1:123456789012:domain/orders"
STATEMENT = {"Action": "es:ESHttpPost", "Resource": "*"}


def test_a_statement_is_added_after_those_of_the_pattern(emit: Emit) -> None:
    statements = emit(
        lambda_role_statements=[{"Sid": "Index", "Action": "es:ESHttpPost", "Resource": [f"{DOMAIN}/*"]}]
    ).statements
    assert statements[0]["Sid"] == "ListStreams"
    assert statements[-1] == {
        "Effect": "Allow",
        "Sid": "Index",
        "Action": "es:ESHttpPost",
        "Resource": [f"{DOMAIN}/*"],
    }


def test_a_statement_can_deny_with_a_condition(emit: Emit) -> None:
    statement = {
        "Effect": "Deny",
        "Action": ["es:*"],
        "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1", "eu-west-2"]}},
    }
    assert emit(lambda_role_statements=[statement]).statements[-1] == statement


def test_a_statement_can_hold_a_terraform_expression(emit: Emit, stack: TerraformStack) -> None:
    domain = TerraformVariable(stack, "domain", type="string").string_value
    emitted = emit(lambda_role_statements=[STATEMENT | {"Resource": f"{domain}/*"}])
    assert emitted.statements[-1]["Resource"] == "${var.domain}/*"


@pytest.mark.parametrize(
    "operator", ["StringLike", "stringnotequalsignorecaseifexists", "ForAllValues:ArnNotLike", "NotIpAddress", "Null"]
)
def test_a_condition_operator_of_iam_is_accepted(emit: Emit, operator: str) -> None:
    condition = {operator: {"aws:SourceIp": "10.0.0.0/8"}}
    assert emit(lambda_role_statements=[STATEMENT | {"Condition": condition}]).statements[-1]["Condition"] == condition


def test_none_leaves_out_an_element(emit: Emit) -> None:
    statement = STATEMENT | {"Sid": None, "Effect": None, "Condition": None}
    assert emit(lambda_role_statements=[statement]).statements[-1] == STATEMENT | {"Effect": "Allow"}


def test_the_statements_are_also_added_to_a_given_role(emit: Emit) -> None:
    emitted = emit(lambda_function_props={"role": ROLE_ARN}, lambda_role_statements=[STATEMENT])
    assert emitted.statements[-1] == STATEMENT | {"Effect": "Allow"}


@pytest.mark.parametrize(
    ("statement", "wrong"),
    [
        ({"Action": "a:b"}, ".Resource"),
        ({"Resource": "*"}, ".Action"),
        ({"Action": None, "Resource": "*"}, ".Action"),
        ({"Action": [], "Resource": "*"}, ".Action"),
        ({"Action": "a:b", "Resource": []}, ".Resource"),
        ({"Action": 3, "Resource": "*"}, ".Action"),
        ({"Action": "a:b", "Resource": "*", "Effect": "allow"}, ".Effect"),
        ({"Action": "a:b", "Resource": "*", "Sid": "a b"}, ".Sid"),
        ({"Action": "a:b", "Resource": "*", "Sid": "ReadStream"}, ".Sid"),
        ({"action": "a:b", "Action": "a:b", "Resource": "*"}, ".action"),
        ({"Action": "a:b", "Resource": "*", "Condition": {"Bool": "x"}}, ".Condition.Bool"),
        ({"Action": "a:b", "Resource": "*", "Condition": {"Equals": {"a:b": "c"}}}, ".Condition.Equals"),
        ({"Action": "ESHttpPost", "Resource": "*"}, ".Action"),
        ({"Action": ["es:ESHttpPost", "es ESHttpGet"], "Resource": "*"}, ".Action[1]"),
        ({"Action": "a:b", "Resource": "orders"}, ".Resource"),
        ({"Action": "a:b", "Resource": ["*", "orders"]}, ".Resource[1]"),
        ("a:b", ""),
    ],
)
def test_a_statement_that_iam_would_refuse_is_refused(mistakes_of: MistakesOf, statement: object, wrong: str) -> None:
    assert f"lambda_role_statements[0]{wrong}" in mistakes_of(lambda_role_statements=[statement])


def test_two_statements_with_one_sid_are_refused(mistakes_of: MistakesOf) -> None:
    statement = STATEMENT | {"Sid": "A"}
    assert list(mistakes_of(lambda_role_statements=[statement, statement])) == ["lambda_role_statements[1].Sid"]


def test_a_list_or_map_can_be_a_terraform_expression(emit: Emit, stack: TerraformStack) -> None:
    arns = TerraformVariable(stack, "arns", type="list(string)")
    conditions = Token.as_string_map(TerraformVariable(stack, "conditions", type="map(string)").value)
    emitted = emit(
        lambda_role_statements=[
            {"Action": "a:b", "Resource": arns.list_value},
            {"Action": "a:b", "Resource": arns.value, "Condition": conditions},
            {"Action": "a:b", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalAccount": arns.value}}},
        ]
    )
    text = emitted.only("aws_iam_role_policy")["policy"]
    assert text.count('"Resource": ${jsonencode(var.arns)}') == 2
    assert '"Condition": ${jsonencode(var.conditions)}' in text
    assert '{"aws:PrincipalAccount": ${jsonencode(var.arns)}}' in text


def test_the_statements_must_be_a_list(mistakes_of: MistakesOf) -> None:
    assert "must be a list" in mistakes_of(lambda_role_statements=STATEMENT)["lambda_role_statements"]


def test_statements_for_an_existing_function_are_refused(mistakes_of: MistakesOf, stack: TerraformStack) -> None:
    function = DataAwsLambdaFunction(stack, "given", function_name="given")
    mistakes = mistakes_of(existing_lambda_obj=function, lambda_role_statements=[STATEMENT])
    assert "existing_lambda_obj" in mistakes["lambda_role_statements"]
