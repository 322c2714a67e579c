"""The constraints on Terraform and the providers."""

from typing import Any

import pytest
from ddb_stream_lambda.handoff.facts.constraints import RequiredProvider, read_requirements
from ddb_stream_lambda.handoff.synthesized.configuration import Configuration


@pytest.mark.parametrize(
    ("blocks", "expected"),
    [
        ({}, ">= 1.0.0"),
        ({"variable": {"a": {"nullable": False}}}, ">= 1.1.0"),
        ({"moved": [{"from": "a.b", "to": "a.c"}]}, ">= 1.1.0"),
        ({"variable": {"a": {"validation": [{"condition": '${startswith(var.a, "b")}'}]}}}, ">= 1.3.0"),
        ({"variable": {"a": {"type": "object({b=optional(string)})"}}}, ">= 1.3.0"),
        ({"resource": {"aws_x": {"a": {"lifecycle": {"replace_triggered_by": ["b"]}}}}}, ">= 1.2.0"),
        ({"resource": {"terraform_data": {"a": {}}}}, ">= 1.4.0"),
        ({"import": [{"to": "a.b", "id": "c"}]}, ">= 1.5.0"),
        ({"import": [{"to": "a.b", "id": "${var.c}"}]}, ">= 1.6.0"),
        ({"output": {"a": {"value": "${provider::aws::arn_parse(var.b)}"}}}, ">= 1.8.0"),
        ({"variable": {"a": {"validation": {"condition": "${var.a > local.b}"}}}}, ">= 1.9.0"),
        ({"terraform": {"required_version": "< 1.12"}}, "< 1.12, >= 1.0.0"),
        ({"output": {"a": {"value": "the text startswith(x)"}}}, ">= 1.0.0"),
    ],
)
def test_terraform_supports_everything_in_the_configuration(blocks: dict[str, Any], expected: str) -> None:
    assert read_requirements(Configuration(blocks)).terraform == expected


@pytest.mark.parametrize(
    ("version", "expected"), [("6.25.0", "~> 6.25"), ("~> 5.0", "~> 5.0"), ("= 3.39.0", "~> 3.39")]
)
def test_provider_is_allowed_up_to_its_next_major_version(version: str, expected: str) -> None:
    terraform = {"required_providers": {"aws": {"source": "aws", "version": version}}}
    (provider,) = read_requirements(Configuration({"terraform": terraform})).providers
    assert provider == RequiredProvider(name="aws", source="hashicorp/aws", version=expected, synthesized_for=version)
