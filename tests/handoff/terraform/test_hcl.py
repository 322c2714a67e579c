"""HCL from Terraform's JSON syntax: blocks and arguments, text, references and documents. The parser checks each."""

from typing import Any

import pytest
from ddb_stream_lambda.handoff.errors import ConfigurationError
from ddb_stream_lambda.handoff.synthesized.json_text import read_json
from ddb_stream_lambda.handoff.terraform.hcl import build_blocks
from ddb_stream_lambda.handoff.terraform.language import root_schema
from ddb_stream_lambda.handoff.terraform.provider_schema import read_schemas
from ddb_stream_lambda.handoff.terraform.schema import BlockSchema, Kind

from .conftest import Convert, WriteValue


def resource(type: str, arguments: dict[str, Any]) -> dict[str, Any]:
    return {"resource": {type: {"it": arguments}}}


# Blocks and arguments.


def test_map_is_an_argument(convert: Convert) -> None:
    text = convert(resource("aws_sqs_queue", {"tags": {"Team": "orders"}}))
    assert '  tags = {\n    Team = "orders"\n  }\n' in text


def test_block_is_a_block(convert: Convert) -> None:
    text = convert(resource("aws_lambda_function", {"environment": {"variables": {"A": "b"}}}))
    assert "  environment {\n    variables = {\n" in text


def test_empty_map_is_an_argument_and_empty_block_is_a_block(convert: Convert) -> None:
    arguments = {"tags": {}, "snap_start": {"apply_on": "None"}, "environment": {}}
    text = convert(resource("aws_lambda_function", arguments))
    assert "tags = {}" in text
    assert "environment {}" in text


def test_list_of_blocks_is_several_blocks(convert: Convert) -> None:
    attributes = [{"name": "id", "type": "S"}, [{"name": "time", "type": "N"}], None]
    assert convert(resource("aws_dynamodb_table", {"attribute": attributes})).count("  attribute {\n") == 2


def test_list_of_objects_that_is_an_argument_is_an_argument_even_if_it_is_empty(convert: Convert) -> None:
    text = convert(resource("aws_security_group", {"ingress": [], "egress": [{"from_port": 0, "to_port": 0}]}))
    assert "ingress = []" in text
    assert "  egress = [\n    {\n      from_port = 0\n" in text


def test_object_that_may_be_a_block_is_refused_if_only_the_bindings_are_known(convert: Convert) -> None:
    arguments = {"name": "a", "encryption_configuration": {"sse_algorithm": "AES256"}}
    if not read_schemas(["aws_s3tables_table_bucket"])["aws_s3tables_table_bucket"].uncertain:
        pytest.skip("these bindings say that it is an attribute, and no resource of theirs leaves it open")
    with pytest.raises(ConfigurationError, match=r"it\.encryption_configuration: the provider bindings do not say"):
        convert(resource("aws_s3tables_table_bucket", arguments))
    text = convert(resource("aws_s3tables_table_bucket", {**arguments, "encryption_configuration": "${var.a}"}))
    assert "encryption_configuration = var.a" in text


def test_object_that_is_an_argument_is_an_argument(convert: Convert) -> None:
    encryption = {"kms_key_arn": None, "sse_algorithm": "AES256"}
    text = convert(resource("aws_s3tables_table", {"encryption_configuration": encryption}))
    assert "  encryption_configuration = {\n" in text


def test_argument_of_any_type_with_objects_is_refused_if_only_the_bindings_are_known(convert: Convert) -> None:
    rule = {"name": "all", "priority": 1, "statement": {"geo_match_statement": {"country_codes": ["DE"]}}}
    with pytest.raises(ConfigurationError, match=r"aws_wafv2_web_acl.it.rule.statement: .* do not say whether this is"):
        convert(resource("aws_wafv2_web_acl", {"rule": [rule]}))


def test_dynamic_block(convert: Convert) -> None:
    dynamic = {"attribute": {"for_each": "${var.keys}", "content": {"name": "${attribute.value}", "type": "S"}}}
    text = convert(resource("aws_dynamodb_table", {"dynamic": dynamic}))
    assert '  dynamic "attribute" {\n    for_each = var.keys\n\n    content {\n      name = attribute.value\n' in text


def test_list_of_dynamic_blocks_is_several_blocks(convert: Convert) -> None:
    blocks = [{"for_each": f"${{var.{name}}}", "iterator": name, "content": {"name": "a"}} for name in ("one", "two")]
    text = convert(resource("aws_dynamodb_table", {"dynamic": [{"attribute": blocks}, {"ttl": {"for_each": []}}]}))
    assert text.count('dynamic "attribute" {') == 2
    assert "    iterator = one\n" in text
    assert 'dynamic "ttl" {' in text


def test_dynamic_block_of_an_argument_that_is_a_list_of_objects(convert: Convert) -> None:
    dynamic = {"ingress": {"for_each": "${var.ports}", "content": {"from_port": "${ingress.value}"}}}
    assert "      from_port = ingress.value\n" in convert(resource("aws_security_group", {"dynamic": dynamic}))


@pytest.mark.parametrize("name", ["provider", "to", "depends_on", "ignore_changes"])
def test_argument_with_the_name_of_a_reference_is_text_at_other_places(convert: Convert, name: str) -> None:
    text = convert({"module": {"it": {"source": "./it", "settings": {name: "plain", "list": [{name: ["plain"]}]}}}})
    assert f'{name} = "plain"' in text
    assert f'{name} = ["plain"]' in text


def test_provider_of_an_action_in_a_pipeline_is_text(convert: Convert) -> None:
    action = {"name": "Source", "category": "Source", "owner": "AWS", "version": "1", "provider": "CodeCommit"}
    text = convert(resource("aws_codepipeline", {"stage": [{"name": "Source", "action": [action]}]}))
    assert '= "CodeCommit"\n' in text


def test_references_are_not_quoted(convert: Convert) -> None:
    lifecycle = {"ignore_changes": ["tags", 'tags["a"]'], "replace_triggered_by": ["aws_kms_key.a.arn"]}
    text = convert(
        resource("aws_sqs_queue", {"provider": "aws.eu", "depends_on": ["aws_kms_key.a"], "lifecycle": lifecycle})
    )
    assert "  provider = aws.eu\n" in text
    assert "  depends_on = [aws_kms_key.a]\n" in text
    assert '    ignore_changes = [\n      tags,\n      tags["a"],\n    ]\n' in text
    assert "    replace_triggered_by = [aws_kms_key.a.arn]\n" in text


def test_all_changes_can_be_ignored(convert: Convert) -> None:
    text = convert(resource("aws_sqs_queue", {"lifecycle": {"ignore_changes": "all"}}))
    assert "ignore_changes = all" in text


def test_conditions_of_a_lifecycle(convert: Convert) -> None:
    condition = {"condition": "${var.size > 1}", "error_message": "Too small: ${var.size}."}
    text = convert(
        resource("aws_sqs_queue", {"lifecycle": [{"precondition": condition, "postcondition": [condition]}]})
    )
    assert text.count('error_message = "Too small: ${var.size}."') == 2


def test_null_of_an_argument_is_kept(convert: Convert) -> None:
    assert "name = null" in convert(resource("aws_sqs_queue", {"name": None}))


# Terraform's own blocks and providers.


def test_data_source(convert: Convert) -> None:
    assert convert({"data": {"aws_region": {"it": {}}}}) == 'data "aws_region" "it" {}\n'


def test_what_is_built_into_terraform(convert: Convert) -> None:
    text = convert(
        {
            "resource": {"terraform_data": {"it": {"input": {"a": 1}, "triggers_replace": ["${var.a}"]}}},
            "data": {"terraform_remote_state": {"other": {"backend": "s3", "config": {"bucket": "states"}}}},
        }
    )
    assert "  input = {\n    a = 1\n  }\n" in text
    assert '  config = {\n    bucket = "states"\n  }\n' in text


def test_small_providers_of_hashicorp_need_no_bindings(convert: Convert) -> None:
    text = convert(
        {
            "resource": {
                "null_resource": {"it": {"triggers": {"a": "${var.a}"}}},
                "random_password": {"it": {"length": 20, "keepers": {"a": 1}}},
            },
            "data": {"archive_file": {"it": {"type": "zip", "source": [{"content": "a", "filename": "b"}]}}},
            "provider": {"random": {}},
        }
    )
    assert "  triggers = {\n" in text
    assert "  keepers = {\n" in text
    assert '  source {\n    content  = "a"\n' in text


def test_provisioners_and_connection(convert: Convert) -> None:
    provisioners = [
        {"local-exec": {"command": "echo ${self.id}", "when": "destroy", "on_failure": "continue"}},
        {"remote-exec": [{"inline": ["true"], "connection": {"type": "ssh", "host": "${self.id}"}}]},
    ]
    text = convert(resource("terraform_data", {"provisioner": provisioners, "connection": {"host": "a"}}))
    assert '  provisioner "local-exec" {\n    command    = "echo ${self.id}"\n' in text
    assert "    on_failure = continue\n    when       = destroy\n" in text
    assert '    connection {\n      host = self.id\n      type = "ssh"\n' in text


def test_module_with_for_each_and_providers(convert: Convert) -> None:
    module = {
        "source": "./queue",
        "version": "1.0",
        "for_each": '${toset(["a"])}',
        "providers": {"aws": "aws.eu", "aws.other": "aws.us"},
        "settings": {"provider": "a"},
    }
    text = convert({"module": {"queue": module}})
    assert '  for_each = toset(["a"])\n  source   = "./queue"\n  version  = "1.0"\n' in text
    assert "    aws       = aws.eu\n    aws.other = aws.us\n" in text


def test_moved_removed_and_import_blocks(convert: Convert) -> None:
    text = convert(
        {
            "moved": [
                {"from": "aws_sqs_queue.a", "to": 'aws_sqs_queue.b["x"]'},
                {"from": "module.a", "to": "module.b"},
            ],
            "removed": {"from": "aws_sqs_queue.c", "lifecycle": {"destroy": False}},
            "import": [{"to": "aws_sqs_queue.b", "id": "${var.url}", "for_each": "${var.all}", "provider": "aws.eu"}],
        }
    )
    assert 'moved {\n  from = aws_sqs_queue.a\n  to   = aws_sqs_queue.b["x"]\n}\n' in text
    assert "removed {\n  from = aws_sqs_queue.c\n\n  lifecycle {\n    destroy = false\n  }\n}\n" in text
    assert "  to       = aws_sqs_queue.b\n  id       = var.url\n  provider = aws.eu\n" in text.replace("\n\n", "\n")


def test_check_with_a_data_source(convert: Convert) -> None:
    check = {
        "data": {"aws_region": {"now": {"provider": "aws.eu"}}},
        "assert": [{"condition": "${var.a}", "error_message": "It is ${var.b}."}],
    }
    text = convert({"check": {"region": check}})
    assert 'check "region" {\n' in text
    assert '  data "aws_region" "now" {\n    provider = aws.eu\n' in text


def test_ephemeral_resource() -> None:
    schema = root_schema({"ephemeral.random_password": BlockSchema({"length": Kind.TEMPLATE})}).blocks["ephemeral"]
    value = {"random_password": {"it": {"length": 20, "depends_on": ["module.a"]}}}
    ((_, block),) = build_blocks("ephemeral", value, schema, "ephemeral")
    assert block.lines() == [
        'ephemeral "random_password" "it" {',
        "length = 20",
        "",
        "depends_on = [module.a]",
        "}",
    ]


def test_providers_with_aliases(convert: Convert) -> None:
    text = convert(
        {"provider": {"aws": [{"region": "eu-west-1"}, {"alias": "us", "assume_role": [{"role_arn": "a"}]}]}}
    )
    assert text.count('provider "aws" {') == 2
    assert '  alias = "us"\n' in text
    assert "  assume_role {\n" in text


# Text and expressions.


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("plain", '"plain"'),
        ('with "quotes" and \\', '"with \\"quotes\\" and \\\\"'),
        ("two\nlines", '"two\\nlines"'),
        ("\b\f\r\t/\x00\x7f\u2028\ufeff", '"\\u0008\\u000c\\r\\t/\\u0000\\u007f\\u2028\\ufeff"'),
        ("\U0001f600 größer \uf8ff", '"\U0001f600 größer \\uf8ff"'),
        ("${var.name}", "var.name"),
        ("${var.name}-x", '"${var.name}-x"'),
        ('a "${join("-", var.list)}"', '"a \\"${join("-", var.list)}\\""'),
        ("$${not an expression}", '"$${not an expression}"'),
        ("$$${not an expression}", '"$$${not an expression}"'),
        ("%%{ if }", '"%%{ if }"'),
        ("%{ if var.on }on%{ endif }", '"%{if var.on}on%{endif}"'),
        ('${merge({"a" = "}"}, var.tags)}', 'merge({ "a" = "}" }, var.tags)'),
        ('a${var.on ? "$${b}" : 1}', '"a${var.on ? "$${b}" : 1}"'),
        ("${5}", "5"),
        ("${null}", "null"),
        ('${"text"}', '"text"'),
        ("${ [for name in var.names : name] }", "[for name in var.names : name]"),
        ("${a +\n b}", "(\n    a +\n    b\n  )"),
        ("${a /* } */}", "(\n    a /* } */\n  )"),
        ("${a # }\n}", "(\n    a # }\n  )"),
        ('${<<END\n  kept\n    indented "\n}\nEND\n}', '(\n    <<END\n  kept\n    indented "\n}\nEND\n  )'),
        ("a\n  \n ${~ b ~} \n c", '"a\\n  \\n${b} c"'),
        ("%{ for a in b ~}\n  ${a}\n%{ endfor ~}\n", '"%{for a in b}  ${a}\\n%{endfor}"'),
        (True, "true"),
        (None, "null"),
        (0.5, "0.5"),
        (-1.5e-7, "-1.5e-07"),
        ([], "[]"),
        ([None, [None]], "[null, [null]]"),
        ({"a:b": 1}, '{\n    "a:b" = 1\n  }'),
        ({"a": None}, "{\n    a = null\n  }"),
        ({"for": 1, "if": 2}, '{\n    "for" = 1\n    "if"  = 2\n  }'),
        ({"null": 1, "true": 2, "in": 3}, '{\n    "null" = 1\n    "true" = 2\n    "in"   = 3\n  }'),
        ({"${var.key}": 1, "key": 2}, "{\n    (var.key) = 1\n    key       = 2\n  }"),
        (
            {"a-${var.key}": 1, "größer": 2, "": 3},
            '{\n    "a-${var.key}" = 1\n    "größer"       = 2\n    ""             = 3\n  }',
        ),
        ({"$${key}": 1, "line\n": 2}, '{\n    "$${key}" = 1\n    "line\\n"  = 2\n  }'),
    ],
)
def test_value_keeps_its_meaning(write_value: WriteValue, value: Any, expected: str) -> None:
    assert write_value(value) == expected


@pytest.mark.parametrize(
    "number",
    ["12345678901234567890123", "0.1234567890123456789012", "1E+400", "-1E-400", "123456789.123456789123456789"],
)
def test_number_keeps_every_digit(write_value: WriteValue, number: str) -> None:
    assert write_value(read_json(number)) == number


def test_text_that_has_the_marks_of_the_check_is_kept(write_value: WriteValue) -> None:
    assert write_value("END\n%{ if a }ENDD%{ endif }\nEND") == '"END\\n%{if a}ENDD%{endif}\\nEND"'


# Literal values_by_path.


def test_default_and_description_of_a_variable_are_literal_text(convert: Convert) -> None:
    variable = {"description": "Like ${this}.", "default": {"${a}": "$${b} %{c}", "for": None, "list": ["${d}"]}}
    text = convert({"variable": {"it": variable}})
    assert '  description = "Like $${this}."\n' in text
    assert '    "$${a}" = "$$${b} %%{c}"\n' in text
    assert '    "for"   = null\n' in text
    assert '["$${d}"]' in text


def test_null_as_the_default_of_a_variable_is_kept(convert: Convert) -> None:
    assert "  default = null\n" in convert({"variable": {"it": {"default": None}}})


def test_validation_of_a_variable_has_expressions(convert: Convert) -> None:
    validation = {"condition": "${length(var.it) > 1}", "error_message": "Not ${var.it}."}
    text = convert({"variable": {"it": {"type": "string", "validation": [validation]}}})
    assert "  type = string\n" in text
    assert "    condition     = length(var.it) > 1\n" in text
    assert '    error_message = "Not ${var.it}."\n' in text


def test_type_of_a_variable_can_have_several_lines(convert: Convert) -> None:
    text = convert({"variable": {"it": {"type": 'object({\n a = optional(string, "x")\n})', "default": []}}})
    assert '  type = object({\n    a = optional(string, "x")\n  })\n' in text


def test_description_of_an_output_is_literal_and_its_value_is_not(convert: Convert) -> None:
    text = convert({"output": {"it": {"description": "${a}", "value": "${b}", "depends_on": ["module.c"]}}})
    assert '  description = "$${a}"\n  value       = b\n' in text


def test_null_as_the_value_of_an_output_is_kept(convert: Convert) -> None:
    assert "  value = null\n" in convert({"output": {"it": {"value": None}}})


# JSON documents.


def test_policy_is_written_with_jsonencode(convert: Convert) -> None:
    policy = '{"Statement": [{"Resource": "${aws_kms_key.a.arn}", "Effect": "Allow"}], "Version": "2012-10-17"}'
    text = convert(resource("aws_sqs_queue", {"policy": policy}))
    assert '  policy = jsonencode({\n    Version = "2012-10-17"\n    Statement = [\n' in text
    assert '        Effect   = "Allow"\n        Resource = aws_kms_key.a.arn\n' in text


def test_document_whose_expressions_may_change_their_type_stays_text(convert: Convert) -> None:
    text = convert(resource("aws_sqs_queue", {"redrive_policy": '{"maxReceiveCount":"${var.n}"}'}))
    assert 'redrive_policy = "{\\"maxReceiveCount\\":\\"${var.n}\\"}"' in text


def test_other_text_with_json_stays_text(convert: Convert) -> None:
    variables = {"environment": {"variables": {"policy": '{"b": 1, "a": 2}'}}}
    text = convert(resource("aws_lambda_function", variables))
    assert 'policy = "{\\"b\\": 1, \\"a\\": 2}"' in text


# Configurations that are refused.


@pytest.mark.parametrize(
    ("blocks", "message"),
    [
        (resource("aws_sqs_queue", {"nonsense": 1}), r"aws_sqs_queue\.it\.nonsense: unknown argument"),
        (resource("aws_dynamodb_table", {"attribute": "${var.all}"}), "HCL has no expression for a whole block"),
        (resource("aws_dynamodb_table", {"dynamic": {"tags": {}}}), r"aws_dynamodb_table\.it\.dynamic\.tags: unknown"),
        (resource("aws_no_such_thing", {}), "aws_no_such_thing: not in the installed provider bindings"),
        (resource("other_thing", {}), "other_thing: not in the installed provider bindings"),
        ({"locals": {"not a name": 1}}, r"locals\.not a name: unknown argument"),
        ({"output": {'a" {}': {"value": 1}}}, "is not a name that Terraform allows"),
        ({"locals": {"a": "\n${~ b ~}\n"}}, r"locals\.a: the marks ~ remove all text"),
    ],
)
def test_what_hcl_cannot_say_is_refused(convert: Convert, blocks: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message) as caught:
        convert(blocks)
    assert "--format json" in str(caught.value) or "rename" in str(caught.value)


@pytest.mark.parametrize(
    ("blocks", "path"),
    [
        ({"output": {"it": {"value": "${a\nb = c}"}}}, r"outputs\.tf: parse config: "),
        (
            {"variable": {"it": {"type": "string\ndefault = 1"}}},
            r'var\.it\.type: JSON has "string\\ndefault = 1", HCL has',
        ),
        (resource("aws_sqs_queue", {"provider": "aws.eu\n delay_seconds = 1"}), r"aws_sqs_queue\.it\.provider: JSON"),
        (resource("aws_sqs_queue", {"depends_on": ['"a.b"']}), r"aws_sqs_queue\.it\.depends_on\[0\]: JSON"),
        ({"locals": {"a": "${b"}}, r"main\.tf: parse config: "),
        ({"locals": {"a": "%{ else }"}}, r"main\.tf: parse config: "),
    ],
)
def test_text_that_is_not_an_expression_is_refused(convert: Convert, blocks: dict[str, Any], path: str) -> None:
    with pytest.raises(ConfigurationError, match=f"cannot be written as HCL with the same meaning.*\n  {path}"):
        convert(blocks)
