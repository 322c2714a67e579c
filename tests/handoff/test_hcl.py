"""JSON to HCL: what is a block and what an argument, and how text, references and documents are written."""

from typing import Any

import pytest
from ddb_stream_lambda.handoff import hcl, schema
from ddb_stream_lambda.handoff.configuration import Configuration, Resource
from ddb_stream_lambda.handoff.errors import ConfigurationError


def written(type: str, arguments: dict[str, Any], *, data: bool = False) -> str:
    resource = Resource(type, "it", arguments, data)
    return hcl.file_of([hcl.resource_block(resource, schema.bodies_of([resource.kind])[resource.kind])])


def test_a_map_is_an_argument() -> None:
    assert written("aws_sqs_queue", {"tags": {"Team": "orders"}}).splitlines()[1:4] == [
        "  tags = {",
        '    Team = "orders"',
        "  }",
    ]


def test_a_block_is_a_block() -> None:
    text = written("aws_lambda_function", {"environment": {"variables": {"A": "b"}}})
    assert "  environment {\n    variables = {\n" in text


def test_an_empty_map_stays_an_argument_and_an_empty_block_a_block() -> None:
    text = written("aws_lambda_function", {"tags": {}, "snap_start": {"apply_on": "None"}, "environment": {}})
    assert "tags = {}" in text
    assert "environment {}" in text


def test_each_of_several_blocks_stands_for_itself() -> None:
    attributes = [{"name": "id", "type": "S"}, {"name": "at", "type": "N"}]
    assert written("aws_dynamodb_table", {"attribute": attributes}).count("  attribute {\n") == 2


def test_a_data_source_is_one() -> None:
    assert written("aws_region", {}, data=True) == 'data "aws_region" "it" {}\n'


def test_references_are_not_quoted() -> None:
    text = written(
        "aws_sqs_queue",
        {
            "provider": "aws.eu",
            "depends_on": ["aws_kms_key.a"],
            "lifecycle": {"ignore_changes": ["tags"], "prevent_destroy": True},
        },
    )
    assert "  provider = aws.eu\n" in text
    assert "  depends_on = [aws_kms_key.a]\n" in text
    assert "    ignore_changes  = [tags]\n" in text


def test_every_change_can_be_ignored() -> None:
    assert "ignore_changes = all" in written("aws_sqs_queue", {"lifecycle": {"ignore_changes": "all"}})


def test_a_dynamic_block_is_one() -> None:
    dynamic = {"attribute": {"for_each": "${var.keys}", "content": {"name": "${attribute.value}", "type": "S"}}}
    text = written("aws_dynamodb_table", {"dynamic": dynamic})
    assert '  dynamic "attribute" {\n    for_each = var.keys\n\n    content {\n      name = attribute.value\n' in text


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("plain", '"plain"'),
        ('with "quotes" and \\', '"with \\"quotes\\" and \\\\"'),
        ("two\nlines", '"two\\nlines"'),
        ("${var.name}", "var.name"),
        ("${var.name}-x", '"${var.name}-x"'),
        ('a "${join("-", var.list)}"', '"a \\"${join("-", var.list)}\\""'),
        ("$${not an expression}", '"$${not an expression}"'),
        ("${~ var.name ~}", '"${~ var.name ~}"'),
        ("%{ if var.on }on%{ endif }", '"%{ if var.on }on%{ endif }"'),
        ('${merge({"a" = "}"}, var.tags)}', 'merge({"a" = "}"}, var.tags)'),
        ("${never closed", '"${never closed"'),
        ("größer", '"größer"'),
        (True, "true"),
        (0.5, "0.5"),
        ([], "[]"),
        ({"a:b": 1}, '{\n  "a:b" = 1\n}'),
    ],
)
def test_values_are_written_as_they_are_meant(value: Any, expected: str) -> None:
    assert hcl.expression(value) == expected


def test_a_policy_is_written_as_a_document() -> None:
    policy = '{"Version": "2012-10-17", "Statement": [{"Resource": "${split(":", aws_kms_key.a.arn)[0]}"}]}'
    text = written("aws_sqs_queue", {"policy": policy})
    assert '  policy = jsonencode({\n    Version = "2012-10-17"\n' in text
    assert 'Resource = split(":", aws_kms_key.a.arn)[0]' in text


def test_a_document_that_cannot_be_read_stays_text() -> None:
    assert 'policy = "{\\"a\\": ${var.b}}"' in written("aws_sqs_queue", {"policy": '{"a": ${var.b}}'})


def test_other_text_that_looks_like_json_is_left_alone() -> None:
    variables = {"environment": {"variables": {"SETTINGS": '{"b": 1, "a": 2}'}}}
    assert 'SETTINGS = "{\\"b\\": 1, \\"a\\": 2}"' in written("aws_lambda_function", variables)


def test_a_variable_has_a_type_and_not_its_name() -> None:
    variable = {"type": "list(string)", "default": [], "validation": [{"condition": "${true}", "error_message": "No."}]}
    (block,) = hcl.variable_blocks(Configuration({"variable": {"arns": variable}}))
    assert block.lines()[:4] == ['variable "arns" {', "  type    = list(string)", "  default = []", ""]


@pytest.mark.parametrize(
    ("type", "arguments", "told"),
    [
        ("aws_sqs_queue", {"nonsense": 1}, "aws_sqs_queue.it.nonsense: unknown"),
        ("aws_dynamodb_table", {"attribute": "${var.attributes}"}, "is a block, but an expression is given"),
        ("aws_no_such_thing", {}, "no installed provider bindings tell the blocks of aws_no_such_thing"),
        ("other_thing", {}, "no installed provider bindings tell the blocks of other_thing"),
    ],
)
def test_what_is_not_known_is_an_error_and_no_guess(type: str, arguments: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigurationError, match=told) as caught:
        written(type, arguments)
    assert "--format json" in str(caught.value)
