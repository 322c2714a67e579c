"""The part of the README that must have the form of terraform-docs 0.24.0, byte by byte."""

from typing import Any

import pytest
from ddb_stream_lambda.handoff.documents.terraform_docs import cell, go_json, terraform_docs

from .support import facts_of

REGISTRY = "https://registry.terraform.io/providers"
EMPTY = """\
<!-- BEGIN_TF_DOCS -->
## Requirements

| Name | Version |
| ---- | ------- |
| <a name="requirement_terraform"></a> [terraform](#requirement\\_terraform) | >= 1.0.0 |

## Providers

No providers.

## Modules

No modules.

## Resources

No resources.

## Inputs

No inputs.

## Outputs

No outputs.
<!-- END_TF_DOCS -->"""
BLOCKS: dict[str, Any] = {
    "terraform": {
        "required_providers": {
            "aws": {"source": "aws", "version": "5.100.0"},
            "own": {"source": "registry.example.org/team/own", "version": "1.2.3"},
            "random": {"source": "hashicorp/random", "version": "= 3.1.0"},
        }
    },
    "module": {
        "network": {"source": "terraform-aws-modules/vpc/aws", "version": "5.0.0"},
        "files": {"source": "git::https://example.org/files.git?ref=v1.2"},
        "here": {"source": "./modules/here"},
    },
    "resource": {
        "aws_sqs_queue": {"q": {}, "west": {"provider": "aws.west"}},
        "own_thing": {"t": {}},
        "random_id": {"i": {}},
        "terraform_data": {"d": {}},
    },
    "data": {"aws_region": {"current": {}}},
    "variable": {
        "b_list": {"type": "list(string)", "default": ["a"], "description": "A | B in `x|y`.\nSecond line."},
        "a_required": {"type": "string"},
        "c_null": {"type": "string", "default": None},
        "d_object": {"type": "object({\n  a = string\n})", "default": {}},
        "e_untyped": {"default": 5, "description": "See https://example.org/a_b_c and an_underscore."},
    },
    "output": {"url": {"value": "x", "description": "The URL."}, "arn": {"value": "y"}},
}


def section(title: str) -> list[str]:
    """Return the rows of a section's table."""
    text = terraform_docs(facts_of(BLOCKS)).split(f"## {title}\n\n")[1].split("\n\n")[0]
    return [line for line in text.split("\n")[2:] if line.startswith("|")]


def test_stack_without_anything() -> None:
    assert terraform_docs(facts_of({})) == EMPTY


def test_requirements_have_the_constraints_of_the_bundle() -> None:
    assert section("Requirements") == [
        '| <a name="requirement_terraform"></a> [terraform](#requirement\\_terraform) | >= 1.4.0 |',
        '| <a name="requirement_aws"></a> [aws](#requirement\\_aws) | ~> 5.100 |',
        '| <a name="requirement_own"></a> [own](#requirement\\_own) | ~> 1.2 |',
        '| <a name="requirement_random"></a> [random](#requirement\\_random) | ~> 3.1 |',
    ]


def test_providers_are_those_of_the_resources_with_their_aliases() -> None:
    assert section("Providers") == [
        '| <a name="provider_aws"></a> [aws](#provider\\_aws) | ~> 5.100 |',
        '| <a name="provider_aws.west"></a> [aws.west](#provider\\_aws.west) | ~> 5.100 |',
        '| <a name="provider_own"></a> [own](#provider\\_own) | ~> 1.2 |',
        '| <a name="provider_random"></a> [random](#provider\\_random) | ~> 3.1 |',
        '| <a name="provider_terraform"></a> [terraform](#provider\\_terraform) | n/a |',
    ]


def test_modules_have_their_source_and_version() -> None:
    assert section("Modules") == [
        '| <a name="module_files"></a> [files](#module\\_files) | git::https://example.org/files.git | v1.2 |',
        '| <a name="module_here"></a> [here](#module\\_here) | ./modules/here | n/a |',
        '| <a name="module_network"></a> [network](#module\\_network) | terraform-aws-modules/vpc/aws | 5.0.0 |',
    ]


def test_resources_link_to_the_documentation_of_public_providers() -> None:
    assert section("Resources") == [
        f"| [aws_sqs_queue.q]({REGISTRY}/hashicorp/aws/latest/docs/resources/sqs_queue) | resource |",
        f"| [aws_sqs_queue.west]({REGISTRY}/hashicorp/aws/latest/docs/resources/sqs_queue) | resource |",
        "| own_thing.t | resource |",
        f"| [random_id.i]({REGISTRY}/hashicorp/random/latest/docs/resources/id) | resource |",
        f"| [terraform_data.d]({REGISTRY}/hashicorp/terraform/latest/docs/resources/data) | resource |",
        f"| [aws_region.current]({REGISTRY}/hashicorp/aws/latest/docs/data-sources/region) | data source |",
    ]


def test_inputs_are_sorted_and_escaped() -> None:
    assert section("Inputs") == [
        '| <a name="input_a_required"></a> [a\\_required](#input\\_a\\_required) | n/a | `string` | n/a | yes |',
        '| <a name="input_b_list"></a> [b\\_list](#input\\_b\\_list) | A \\| B in `x|y`.<br/>Second line. '
        '| `list(string)` | <pre>[<br/>  "a"<br/>]</pre> | no |',
        '| <a name="input_c_null"></a> [c\\_null](#input\\_c\\_null) | n/a | `string` | `null` | no |',
        '| <a name="input_d_object"></a> [d\\_object](#input\\_d\\_object) | n/a '
        "| <pre>object({<br/>  a = string<br/>})</pre> | `{}` | no |",
        '| <a name="input_e_untyped"></a> [e\\_untyped](#input\\_e\\_untyped) '
        "| See https://example.org/a_b_c and an\\_underscore. | `number` | `5` | no |",
    ]


def test_outputs_are_sorted() -> None:
    assert section("Outputs") == [
        '| <a name="output_arn"></a> [arn](#output\\_arn) | n/a |',
        '| <a name="output_url"></a> [url](#output\\_url) | The URL. |',
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "n/a"),
        ("a_b", "a\\_b"),
        ("in `a_b` and a_b", "in `a_b` and a\\_b"),
        ("some _words_ here", "some _words_ here"),
        ("_ at the start", "_ at the start"),
        ("one\n\ntwo", "one<br/><br/>two"),
        ("- one\n- two", "- one<br/>- two"),
        ("before\n```\nx | y_z\n```\nafter", "before<pre>x | y_z</pre>after"),
    ],
)
def test_cell(text: str, expected: str) -> None:
    assert cell(text) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, "0"),
        (-3, "-3"),
        (15.75, "15.75"),
        (100, "100"),
        (1e20, "100000000000000000000"),
        (123456789012345678901, "123456789012345680000"),
        (1e21, "1e+21"),
        (0.000001, "0.000001"),
        (1.5e-7, "1.5e-7"),
        (True, "true"),
        ("", '""'),
        ('<a&"é\u2028>', '"<a&\\"é\\u2028>"'),
        ({"b": [1, {}], "a": []}, '{\n  "a": [],\n  "b": [\n    1,\n    {}\n  ]\n}'),
    ],
)
def test_default_is_written_like_go_does(value: Any, expected: str) -> None:
    assert go_json(value) == expected
