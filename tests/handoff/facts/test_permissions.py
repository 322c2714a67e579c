"""The permissions that are read from a configuration, and what is named as not read."""

import json
from typing import Any

import pytest
from ddb_stream_lambda.handoff.facts.permissions import Permissions, Unread, read_permissions
from ddb_stream_lambda.handoff.facts.policy_documents import Clause, Rule
from ddb_stream_lambda.handoff.synthesized.configuration import Configuration

ROLE = {"aws_iam_role": {"r": {"name": "r"}}}
AFTER_APPLY = "its value is known only to Terraform"


def policy(**statement: Any) -> str:
    return json.dumps({"Statement": [{"Effect": "Allow", **statement}]})


def read(resource: dict[str, Any], **blocks: Any) -> Permissions:
    return read_permissions(Configuration({"resource": resource, **blocks}))


def rules(permissions: Permissions) -> list[Rule]:
    return [statement.rule for statement in permissions.statements]


@pytest.mark.parametrize(
    ("resource", "owner", "source"),
    [
        ({"aws_iam_role_policy": {"p": {"role": "${aws_iam_role.r.id}", "policy": policy()}}}, "aws_iam_role.r", ""),
        ({"aws_iam_user_policy": {"p": {"user": "ci", "policy": policy()}}}, "ci", ""),
        ({"aws_s3_bucket_policy": {"p": {"bucket": "b", "policy": policy()}}}, "b", ""),
        ({"aws_sns_topic_policy": {"p": {"arn": "a", "policy": policy()}}}, "a", ""),
        ({"aws_kms_key": {"p": {"policy": policy()}}}, "aws_kms_key.p", ""),
        ({"aws_iam_policy": {"p": {"policy": policy()}}}, "aws_iam_policy.p", ""),
        ({"aws_ecr_registry_policy": {"p": {"policy": policy()}}}, "aws_ecr_registry_policy.p", ""),
        ({"aws_iam_role": {"r": {"assume_role_policy": policy()}}}, "aws_iam_role.r", "assume_role_policy"),
        (
            {"aws_iam_role": {"r": {"inline_policy": [{"name": "n", "policy": policy()}]}}},
            "aws_iam_role.r",
            "inline_policy[0].policy",
        ),
        (
            {"aws_cloudwatch_log_resource_policy": {"p": {"policy_document": policy()}}},
            "aws_cloudwatch_log_resource_policy.p",
            "policy_document",
        ),
        # No argument's name is needed to recognize a policy.
        ({"aws_future_thing": {"p": {"who_may": policy()}}}, "aws_future_thing.p", "who_may"),
    ],
)
def test_policy_is_read_wherever_it_is(resource: dict[str, Any], owner: str, source: str) -> None:
    permissions = read({**ROLE, **resource})
    (statement,) = permissions.statements
    assert statement.owner == owner
    assert statement.source.endswith(source or ".policy")
    assert not permissions.unread


def test_negated_clauses_and_conditions_are_kept() -> None:
    text = policy(
        Sid="All",
        NotAction="iam:*",
        NotResource=["a", "b"],
        NotPrincipal={"AWS": ["1", "2"], "Service": "x"},
        Condition={"Bool": {"aws:SecureTransport": "true"}},
    )
    (rule,) = rules(read({"aws_s3_bucket_policy": {"p": {"bucket": "b", "policy": text}}}))
    assert rule == Rule(
        sid="All",
        effect="Allow",
        principals=Clause(("AWS: 1", "AWS: 2", "Service: x"), is_negated=True),
        actions=Clause(("iam:*",), is_negated=True),
        resources=Clause(("a", "b"), is_negated=True),
        condition='{"Bool": {"aws:SecureTransport": "true"}}',
    )


def document(**arguments: Any) -> dict[str, Any]:
    return {"data": {"aws_iam_policy_document": arguments}}


def test_policy_document_of_a_data_source_is_read() -> None:
    statement = {
        "sid": "Read",
        "actions": ["s3:GetObject"],
        "resources": ["${aws_s3_bucket.b.arn}/*"],
        "not_principals": [{"type": "AWS", "identifiers": ["1"]}],
        "condition": [
            {"test": "StringEquals", "variable": "a", "values": ["1"]},
            {"test": "StringEquals", "variable": "b", "values": ["2", "3"]},
        ],
    }
    permissions = read(
        {"aws_iam_policy": {"p": {"policy": "${data.aws_iam_policy_document.d.json}"}}},
        **document(d={"statement": statement}),
    )
    (rule,) = rules(permissions)
    assert rule == Rule(
        sid="Read",
        effect="Allow",
        principals=Clause(("AWS: 1",), is_negated=True),
        actions=Clause(("s3:GetObject",)),
        resources=Clause(("${aws_s3_bucket.b.arn}/*",)),
        condition='{"StringEquals": {"a": "1", "b": ["2", "3"]}}',
    )
    assert not permissions.unread


def test_override_document_replaces_a_statement_with_the_same_id() -> None:
    base = {"statement": [{"sid": "A", "actions": ["a:1"]}, {"sid": "B", "actions": ["b:1"]}]}
    override = {"statement": {"sid": "B", "actions": ["b:2"]}}
    both = {
        "source_policy_documents": ["${data.aws_iam_policy_document.base.json}"],
        "override_policy_documents": ["${data.aws_iam_policy_document.override.json}"],
    }
    permissions = read(
        {"aws_iam_policy": {"p": {"policy": "${data.aws_iam_policy_document.both.minified_json}"}}},
        **document(base=base, override=override, both=both),
    )
    assert [rule.actions.values for rule in rules(permissions)] == [("a:1",), ("b:2",)]


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ({"dynamic": {"statement": {}}}, "data.aws_iam_policy_document.d has dynamic"),
        ({"for_each": "${var.x}"}, "data.aws_iam_policy_document.d has for_each"),
        ({"statement": "${var.statements}"}, "it has an expression for a whole block"),
        ({"statement": {"condition": ["text"]}}, "it has an expression for a whole block"),
        ({"source_policy_documents": "${var.documents}"}, AFTER_APPLY),
        ({"source_policy_documents": ["${var.document}"]}, AFTER_APPLY),
        (
            {"source_policy_documents": ["${data.aws_iam_policy_document.d.json}"]},
            "data.aws_iam_policy_document.d has itself as its source",
        ),
    ],
)
def test_data_source_that_needs_terraform_is_named(source: dict[str, Any], reason: str) -> None:
    permissions = read(
        {"aws_iam_policy": {"p": {"policy": "${data.aws_iam_policy_document.d.json}"}}}, **document(d=source)
    )
    assert permissions.unread == (Unread("aws_iam_policy.p.policy", reason),)


@pytest.mark.parametrize(
    "value", ["${var.policy}", "${file(var.path)}", "${jsonencode({Statement = []})}", '{"Statement": [${var.one}]}']
)
def test_expression_for_a_policy_is_named(value: str) -> None:
    permissions = read({"aws_sqs_queue_policy": {"p": {"queue_url": "q", "policy": value}}})
    assert permissions.unread == (Unread("aws_sqs_queue_policy.p.policy", AFTER_APPLY),)


@pytest.mark.parametrize(
    ("resource", "address"),
    [
        ({"aws_kms_grant": {"g": {}}}, "aws_kms_grant.g"),
        ({"aws_kms_key": {"k": {}}}, "aws_kms_key.k.policy"),
        ({"aws_lambda_function": {"f": {"role": "${var.role_arn}"}}}, "aws_lambda_function.f.role"),
        ({"aws_lambda_function": {"f": {"role": "arn:aws:iam::1:role/x"}}}, "aws_lambda_function.f.role"),
        ({"aws_iam_role_policy": {"p": {"role": "x", "policy": policy()}}}, "aws_iam_role_policy.p.role"),
        ({"kubernetes_role": {"a": {}}}, "kubernetes_role.*"),
        ({"aws_iam_role": {"r": {"assume_role_policy": '{"Statement": 5}'}}}, "aws_iam_role.r.assume_role_policy"),
        ({"aws_iam_role": {"r": {"assume_role_policy": '{"Statement": [5]}'}}}, "aws_iam_role.r.assume_role_policy"),
    ],
)
def test_what_is_not_read_is_named(resource: dict[str, Any], address: str) -> None:
    assert [entry.address for entry in read(resource).unread] == [address]


def test_module_is_named() -> None:
    assert [entry.address for entry in read({}, module={"network": {}}).unread] == ["module.network"]


@pytest.mark.parametrize(
    "resource",
    [
        {"aws_sqs_queue": {"q": {"redrive_policy": "${jsonencode({})}"}}},
        {"aws_lb_listener": {"l": {"ssl_policy": "${var.tls}"}}},
        {"aws_vpc_endpoint": {"v": {"auto_accept": True}}},
        {"aws_quicksight_user": {"u": {"user_role": "ADMIN"}}},
        {"aws_lambda_function": {"f": {"role": "${aws_iam_role.r.arn}"}}, **ROLE},
    ],
)
def test_what_is_no_permission_is_not_named(resource: dict[str, Any]) -> None:
    assert read(resource) == Permissions((), (), ())


def test_attachments_name_the_policy_and_who_has_it() -> None:
    attach = "aws_iam_role_policy_attachment"
    permissions = read(
        {
            "aws_iam_role": {"r": {"managed_policy_arns": ["${aws_iam_policy.p.arn}"]}},
            "aws_iam_policy": {"p": {"policy": policy(Action="a:b")}},
            attach: {
                "aws": {"role": "${aws_iam_role.r.name}", "policy_arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"},
                "own": {"role": "${aws_iam_role.r.name}", "policy_arn": "${aws_iam_policy.p.arn}"},
                "other": {"role": "${aws_iam_role.r.name}", "policy_arn": "${var.arn}"},
            },
            "aws_iam_policy_attachment": {"all": {"roles": ["x", "y"], "policy_arn": "${aws_iam_policy.p.arn}"}},
        }
    )
    assert {(entry.owner, entry.policy) for entry in permissions.attachments} == {
        ("aws_iam_role.r", "aws_iam_policy.p"),
        ("aws_iam_role.r", "arn:aws:iam::aws:policy/ReadOnlyAccess"),
        ("aws_iam_role.r", "${var.arn}"),
        ("x", "aws_iam_policy.p"),
        ("y", "aws_iam_policy.p"),
    }
    assert [entry.address for entry in permissions.unread] == [f"{attach}.aws.policy_arn", f"{attach}.other.policy_arn"]


def test_permission_of_a_function_has_its_principal_and_conditions() -> None:
    arguments = {
        "statement_id": "Topic",
        "action": "lambda:InvokeFunction",
        "principal": "sns.amazonaws.com",
        "function_name": "f",
        "source_arn": "${aws_sns_topic.t.arn}",
    }
    (rule,) = rules(read({"aws_lambda_permission": {"p": arguments}}))
    assert rule.principals.values == ("sns.amazonaws.com",)
    assert rule.condition == '{"ArnLike": {"AWS:SourceArn": "${aws_sns_topic.t.arn}"}}'
