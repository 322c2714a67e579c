"""The statements of policies, and the policies' JSON."""

import json

from ddb_stream_lambda.arguments.policies import allow, policy_document


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
