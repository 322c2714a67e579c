"""The statements of policies, and the policies' JSON."""

import json
import re
import shutil
import subprocess

import pytest
from ddb_stream_lambda import DynamoDBStreamsToLambda
from cdktf import Fn, TerraformStack, TerraformVariable, Testing
from ddb_stream_lambda._engine.tokens import expression_of
from ddb_stream_lambda.arguments.policies import allow, policy_document, to_json

from tests.support.calls import ZIP_FUNCTION, new_stack


def test_a_statement_allows_actions_on_a_resource() -> None:
    assert allow("ListStreams", ("dynamodb:ListStreams",), "*") == {
        "Sid": "ListStreams",
        "Effect": "Allow",
        "Action": ["dynamodb:ListStreams"],
        "Resource": "*",
    }


def test_a_policy_holds_its_statements_in_order() -> None:
    statements = [allow("JoinVpc", ["ec2:CreateNetworkInterface"], "*"), allow("WriteLogs", ["logs:Put"], ["a", "b"])]
    assert json.loads(policy_document(iter(statements))) == {"Version": "2012-10-17", "Statement": statements}


PREFIX = 'a "b" \\ ${var.name}'


class TestText:
    """The JSON text: literal text is escaped, and Terraform's expressions stay as they are."""

    @pytest.mark.parametrize(
        ("value", "text"),
        [
            ("a", '"a"'),
            ('a "quoted" \\ path\n', r'"a \"quoted\" \\ path\n"'),
            ("${var.x}/*", '"${var.x}/*"'),
            ('${var.arns["orders"]}', '"${var.arns["orders"]}"'),
            ('say "${lookup(var.m, "k}", "${var.d}")}"', r'"say \"${lookup(var.m, "k}", "${var.d}")}\""'),
            ('%{ if var.x == "a" }b%{ endif }', '"%{ if var.x == "a" }b%{ endif }"'),
            ("$${aws:username}", '"$${aws:username}"'),
            ('$${a"b}', r'"$${a\"b}"'),
            ('${"unclosed', r'"${\"unclosed"'),
            ({"a": ["b", True, 3, None]}, '{"a": ["b", true, 3, null]}'),
        ],
    )
    def test_of_a_value(self, value: object, text: str) -> None:
        assert to_json(value) == text

    def test_is_that_of_json_dumps_without_expressions(self) -> None:
        condition = {"Bool": {"aws:SecureTransport": "true"}}
        statements = [{"Sid": "A", "Effect": "Allow", "Action": ["a:b"], "Resource": "*", "Condition": condition}]
        assert policy_document(statements) == json.dumps({"Version": "2012-10-17", "Statement": statements})

    def test_of_a_list_that_only_terraform_knows(self, stack: TerraformStack) -> None:
        arns = TerraformVariable(stack, "arns", type="list(string)")
        assert expression_of(to_json({"a": arns.list_value}), stack) == '{"a": ${jsonencode(var.arns)}}'
        assert expression_of(to_json({"a": arns.value}), stack) == '{"a": ${jsonencode(var.arns)}}'


def stack_with_policies() -> TerraformStack:
    """Return a stack with a pattern, and user statements with everything that needs escapes in one of the outputs."""
    stack = new_stack()
    name = TerraformVariable(stack, "name", type="string", default="orders")
    TerraformVariable(stack, "arns", type="map(string)", default={"orders": "arn:aws:s3:::orders"})
    names = TerraformVariable(stack, "names", type="list(string)", default=["arn:aws:s3:::a", "arn:aws:s3:::b"])
    DynamoDBStreamsToLambda(
        stack,
        "pipeline",
        lambda_function_props=ZIP_FUNCTION,
        lambda_role_statements=[
            {"Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{name.string_value}/*"},
            {"Action": "s3:GetObject", "Resource": "arn:aws:s3:::${var.name}/$${aws:username}"},
            {"Action": "s3:GetObject", "Resource": '${var.arns["orders"]}'},
            {"Action": "s3:GetObject", "Resource": Fn.element(Fn.split(":", name.string_value), 0)},
            {"Action": "s3:GetObject", "Resource": names.list_value},
            {"Action": "s3:ListBucket", "Resource": "*", "Condition": {"StringLike": {"s3:prefix": PREFIX}}},
        ],
    )
    return stack


class TestHcl:
    """The HCL output of cdktf (`cdktf synth --hcl`)."""

    def test_has_the_policies_of_the_json_output(self) -> None:
        stack = stack_with_policies()
        resources = json.loads(Testing.synth(stack))["resource"]
        in_json = [
            resource["policy"]
            for type in ("aws_sqs_queue_policy", "aws_iam_role_policy")
            for resource in resources[type].values()
        ]
        # A heredoc has no escapes, as a string of a JSON configuration has none after it is parsed: both are templates.
        # https://developer.hashicorp.com/terraform/language/expressions/strings
        in_hcl = re.findall(r"policy = <<EOF\n(.*?)\n\nEOF", Testing.synth_hcl(stack), re.DOTALL)
        assert [text + "\n" for text in in_hcl] == in_json

    @pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform is not installed")
    def test_can_be_parsed(self) -> None:
        hcl = Testing.synth_hcl(stack_with_policies())
        command = ["terraform", "fmt", "-no-color", "-"]
        formatted = subprocess.run(command, input=hcl, capture_output=True, text=True)
        assert formatted.returncode == 0, formatted.stderr
