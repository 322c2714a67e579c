"""The README of configurations with unusual values: no error, and the same text each time."""

from typing import Any

from ddb_stream_lambda.handoff.documents.readme import readme
from ddb_stream_lambda.handoff.facts.secrets import find_secrets
from ddb_stream_lambda.handoff.formats import Format
from ddb_stream_lambda.handoff.synthesized.configuration import Configuration
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .support import facts_of

NAMES = st.sampled_from(
    [
        "policy",
        "assume_role_policy",
        "role",
        "policy_arn",
        "managed_policy_arns",
        "statement",
        "lifecycle",
        "password",
        "handler",
        "environment",
        "server_side_encryption",
        "provider",
        "name",
        "value",
        "condition",
        "principals",
        "tags",
        "depends_on",
        "source_policy_documents",
        "inline_policy",
        "dynamic",
        "roles",
        "function_name",
        "description",
        "validation",
    ]
)
TYPES = st.sampled_from(
    [
        "aws_iam_role",
        "aws_iam_policy",
        "aws_sqs_queue",
        "aws_lambda_function",
        "aws_dynamodb_table",
        "aws_iam_policy_attachment",
        "aws_lambda_permission",
        "aws_kms_key",
        "terraform_data",
        "aws_lambda_event_source_mapping",
        "aws_cloudwatch_log_group",
    ]
)
TEXTS = st.one_of(
    st.sampled_from(
        [
            '{"Statement": [{"Action": 5, "Principal": [1], "Condition": 3}]}',
            '{"Statement": {"Action": null, "NotAction": []}}',
            '{"Statement": "${var.a}"}',
            "${data.aws_iam_policy_document.a.json}",
            "${aws_iam_role.a.arn}",
            "${",
            "$${x}",
        ]
    ),
    st.text(max_size=8),
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), TEXTS),
    lambda values: st.one_of(st.lists(values, max_size=3), st.dictionaries(NAMES, values, max_size=4)),
    max_leaves=12,
)
ARGUMENTS = st.dictionaries(NAMES, VALUES, max_size=5)
BLOCKS = st.fixed_dictionaries(
    {
        "resource": st.dictionaries(TYPES, st.fixed_dictionaries({"a": ARGUMENTS}), max_size=3),
        "data": st.fixed_dictionaries({"aws_iam_policy_document": st.fixed_dictionaries({"a": ARGUMENTS})}),
        "variable": st.fixed_dictionaries(
            {"a": st.fixed_dictionaries({}, optional={"default": VALUES, "validation": VALUES})}
        ),
        "locals": st.fixed_dictionaries({"a": VALUES}),
    }
)


@settings(max_examples=60, derandomize=True, suppress_health_check=list(HealthCheck))
@given(BLOCKS)
def test_any_value_is_read_or_named(blocks: dict[str, Any]) -> None:
    list(find_secrets(Configuration(blocks)))
    assert readme(facts_of(blocks), Format.JSON) == readme(facts_of(blocks), Format.JSON)
