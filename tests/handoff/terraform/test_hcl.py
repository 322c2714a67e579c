"""HCL from Terraform's JSON syntax: blocks and arguments, text, references and documents."""

from typing import Any

import pytest
from ddb_stream_lambda.handoff.errors import ConfigurationError
from ddb_stream_lambda.handoff.facts.constraints import Requirements
from ddb_stream_lambda.handoff.facts.stack import DescribedResource
from ddb_stream_lambda.handoff.synthesized.configuration import Configuration, Resource
from ddb_stream_lambda.handoff.terraform import hcl
from ddb_stream_lambda.handoff.terraform.hcl_files import hcl_files, resource_block, variable_block
from ddb_stream_lambda.handoff.terraform.provider_schema import read_schemas


def write(type: str, arguments: dict[str, Any], *, is_data: bool = False) -> str:
    resource = DescribedResource(Resource(type, "it", arguments, is_data), description="", suppressed_checks=())
    kind = resource.resource.kind
    return hcl.write_blocks([resource_block(resource, read_schemas([kind])[kind])])


def test_map_is_an_argument() -> None:
    assert write("aws_sqs_queue", {"tags": {"Team": "orders"}}).splitlines()[1:4] == [
        "  tags = {",
        '    Team = "orders"',
        "  }",
    ]


def test_block_is_a_block() -> None:
    text = write("aws_lambda_function", {"environment": {"variables": {"A": "b"}}})
    assert "  environment {\n    variables = {\n" in text


def test_empty_map_is_an_argument_and_empty_block_is_a_block() -> None:
    text = write("aws_lambda_function", {"tags": {}, "snap_start": {"apply_on": "None"}, "environment": {}})
    assert "tags = {}" in text
    assert "environment {}" in text


def test_list_of_blocks_is_several_blocks() -> None:
    attributes = [{"name": "id", "type": "S"}, {"name": "time", "type": "N"}]
    assert write("aws_dynamodb_table", {"attribute": attributes}).count("  attribute {\n") == 2


def test_data_source() -> None:
    assert write("aws_region", {}, is_data=True) == 'data "aws_region" "it" {}\n'


def test_references_are_not_quoted() -> None:
    text = write(
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


def test_all_changes_can_be_ignored() -> None:
    assert "ignore_changes = all" in write("aws_sqs_queue", {"lifecycle": {"ignore_changes": "all"}})


def test_dynamic_block() -> None:
    dynamic = {"attribute": {"for_each": "${var.keys}", "content": {"name": "${attribute.value}", "type": "S"}}}
    text = write("aws_dynamodb_table", {"dynamic": dynamic})
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
def test_value_keeps_its_meaning(value: Any, expected: str) -> None:
    assert hcl.write_expression(value) == expected


def test_policy_is_written_with_jsonencode() -> None:
    policy = '{"Version": "2012-10-17", "Statement": [{"Resource": "${split(":", aws_kms_key.a.arn)[0]}"}]}'
    text = write("aws_sqs_queue", {"policy": policy})
    assert '  policy = jsonencode({\n    Version = "2012-10-17"\n' in text
    assert 'Resource = split(":", aws_kms_key.a.arn)[0]' in text


def test_unreadable_document_stays_text() -> None:
    assert 'policy = "{\\"a\\": ${var.b}}"' in write("aws_sqs_queue", {"policy": '{"a": ${var.b}}'})


def test_other_text_with_json_stays_text() -> None:
    variables = {"environment": {"variables": {"SETTINGS": '{"b": 1, "a": 2}'}}}
    assert 'SETTINGS = "{\\"b\\": 1, \\"a\\": 2}"' in write("aws_lambda_function", variables)


def test_type_of_a_variable_is_not_quoted() -> None:
    variable = {"type": "list(string)", "default": [], "validation": [{"condition": "${true}", "error_message": "No."}]}
    assert variable_block("arns", variable).lines()[:4] == [
        'variable "arns" {',
        "  type    = list(string)",
        "  default = []",
        "",
    ]


@pytest.mark.parametrize(
    ("type", "arguments", "message"),
    [
        ("aws_sqs_queue", {"nonsense": 1}, "aws_sqs_queue.it.nonsense: unknown argument"),
        ("aws_dynamodb_table", {"attribute": "${var.attributes}"}, "HCL has no expression for a whole block"),
        ("aws_no_such_thing", {}, "aws_no_such_thing: not in the installed provider bindings"),
        ("other_thing", {}, "other_thing: not in the installed provider bindings"),
    ],
)
def test_unsupported_argument_or_type_is_an_error(type: str, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message) as caught:
        write(type, arguments)
    assert "--format json" in str(caught.value)


@pytest.mark.parametrize("block", ["module", "moved", "removed"])
def test_block_that_is_supported_only_in_json_is_an_error(block: str) -> None:
    with pytest.raises(ConfigurationError, match=f"{block} blocks cannot be written as HCL; use --format json"):
        hcl_files(configuration=Configuration({block: {}}), requirements=Requirements(">= 1.0", ()), resources=[])
