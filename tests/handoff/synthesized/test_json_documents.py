"""JSON documents inside arguments."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from ddb_stream_lambda.handoff.synthesized.json_documents import (
    Document,
    exact_document,
    read_document,
    with_documents,
    write_document,
)
from hypothesis import given
from hypothesis import strategies as st

JSON_VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs", "Co"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abc", min_size=1), inner),
    max_leaves=8,
)


@given(JSON_VALUE.filter(lambda document: isinstance(document, (dict, list))))
def test_document_is_the_same_after_reading_and_writing(document: Any) -> None:
    text = json.dumps(document)
    if "${" not in text and "%{" not in text:
        read = read_document("policy", text)
        assert read == document
        assert json.loads(write_document(read)) == document


def test_characters_are_escaped_like_jsonencode() -> None:
    # The result of terraform console for: jsonencode("<>&\u2028\u2029é")
    assert write_document(["<>&\u2028\u2029é"]) == '["\\u003c\\u003e\\u0026\\u2028\\u2029é"]'


def test_only_documents_are_read() -> None:
    assert read_document("policy", '{"a": 1}') == {"a": 1}
    assert read_document("description", '{"a": 1}') is None
    assert read_document("policy", '"text"') is None
    assert read_document("policy", '{"a": ${var.b}}') is None


def test_document_is_what_jsonencode_returns() -> None:
    document = exact_document('{"b": [1.0, 1e21, 0.10, 1.5e-7, true, null], "a": "<${data.aws_region.it.region}>"}')
    # The result of terraform console for the same object.
    expected = (
        '{"a":"\\u003c${data.aws_region.it.region}\\u003e","b":[1,1000000000000000000000,0.1,0.00000015,true,null]}'
    )
    assert document == expected


@pytest.mark.parametrize(
    "expression",
    [
        "aws_sqs_queue.queue.arn",
        'aws_sqs_queue.queue["a"].arn',
        "aws_dynamodb_table.table[0].stream_arn",
        "aws_iam_role.role[count.index].arn",
        "data.aws_caller_identity.it.account_id",
        'element(split(":", aws_sqs_queue.queue.arn), 4)',
    ],
)
def test_document_with_an_identifier_that_aws_makes_is_rewritten(expression: str) -> None:
    template = f"${{{expression}}}"
    assert exact_document(f'{{"a": "x-{template}"}}') == f'{{"a":"x-{template}"}}'


@pytest.mark.parametrize(
    "text",
    [
        # The value may be a number or a boolean, or text with characters that JSON escapes.
        '{"maxReceiveCount": "${var.n}"}',
        '{"maxReceiveCount": ${var.n}}',
        '{"name": "${local.name}"}',
        '{"name": "${aws_sqs_queue.queue.name}"}',
        '{"name": "${aws_s3_object.object.arn}"}',
        '{"name": "${module.queue.arn}"}',
        '{"name": "${aws_sqs_queue.queue.arn == "" ? 1 : 2}"}',
        '{"name": "%{ if var.a }b%{ endif }"}',
        # The order of the keys is known only when Terraform runs.
        '{"${aws_sqs_queue.a.arn}": 1, "b": 2}',
        # Versions of Terraform differ.
        '{"a": "\\b"}',
        '{"a": -0.0}',
        '{"a": 1e200}',
        # The document is not the same after it is read.
        '{"a": 1, "a": 2}',
        '{"a": "\\ud800"}',
        "[" * 200 + "]" * 200,
        '"text"',
        "{",
    ],
)
def test_document_that_might_change_stays_text(text: str) -> None:
    assert exact_document(text) is None


def test_text_that_looks_like_an_expression_after_it_is_read_stays_text() -> None:
    document = exact_document('{"a": "$\\u007bvar.a}", "b": "$${aws:username}"}')
    assert document == '{"a":"$${var.a}","b":"$${aws:username}"}'


def test_text_with_private_characters_is_kept() -> None:
    private = chr(0xF0000) + chr(0xE000)
    document = exact_document('{"a": "' + private + '${aws_sqs_queue.queue.arn}"}')
    assert document == '{"a":"' + private + '${aws_sqs_queue.queue.arn}"}'


def test_only_arguments_of_aws_resources_are_documents() -> None:
    text = '{"b": 1, "a": 2}'
    blocks = with_documents(
        {
            "resource": {
                "aws_sqs_queue": {"it": {"policy": text, "description": text, "tags": {"policy": text}}},
                "aws_iam_role": {"it": {"inline_policy": [{"name": "a", "policy": text}]}},
                "terraform_data": {"it": {"policy": text}},
            },
            "locals": {"policy": text},
            "module": {"it": {"policy": text}},
        }
    )
    documents = {path for path, value in values_by_path(blocks) if isinstance(value, Document)}
    assert documents == {"resource.aws_sqs_queue.it.policy", "resource.aws_iam_role.it.inline_policy.0.policy"}
    assert {value for _, value in values_by_path(blocks)} == {text, '{"a":2,"b":1}', "a"}


def values_by_path(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, (dict, list)):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from values_by_path(item, f"{path}.{key}".lstrip("."))
    else:
        yield path, value
