"""The constraints on Terraform and the providers, and the support of OpenTofu."""

import shutil
import subprocess
from typing import Any

import pytest
from ddb_stream_lambda.handoff.facts import features
from ddb_stream_lambda.handoff.facts.constraints import RequiredProvider, Requirements, read_requirements
from ddb_stream_lambda.handoff.facts.features import FUNCTIONS, Feature, features_of
from ddb_stream_lambda.handoff.synthesized.configuration import Configuration


def requirements(blocks: dict[str, Any]) -> Requirements:
    return read_requirements(Configuration(blocks))


def validation(condition: str) -> dict[str, Any]:
    return {"variable": {"a": {"validation": [{"condition": condition, "error_message": "Wrong."}]}}}


def resource(type: str = "aws_x", **arguments: Any) -> dict[str, Any]:
    return {"resource": {type: {"a": arguments}}}


def output(value: str) -> dict[str, Any]:
    return {"output": {"a": {"value": value}}}


# Each feature, with a configuration that uses it and nothing newer.
USES: list[tuple[Feature, dict[str, Any]]] = [
    (features.PROVIDERS, {}),
    (features.NULLABLE, {"variable": {"a": {"nullable": False}}}),
    (features.MOVED, {"moved": [{"from": "aws_x.b", "to": "aws_x.c"}]}),
    (features.MOVED, {"moved": [{"from": "aws_x.b", "to": "module.m.aws_x.b"}]}),
    (features.MOVED, {"moved": [{"from": "module.a", "to": "module.b"}]}),
    (features.CONDITIONS, resource(lifecycle={"precondition": [{}]})),
    (features.CONDITIONS, resource(lifecycle=[{"postcondition": {}}])),
    (features.CONDITIONS, {"output": {"a": {"value": "", "precondition": {}}}}),
    (features.REPLACE_TRIGGERED_BY, resource(lifecycle={"replace_triggered_by": ["b"]})),
    (features.OPTIONAL_ATTRIBUTES, {"variable": {"a": {"type": "object({b=optional(string)})"}}}),
    (features.TERRAFORM_DATA, resource("terraform_data")),
    (features.CHECKS, {"check": {"c": {}}}),
    (features.IMPORTS, {"import": [{"to": "a.b", "id": "c"}]}),
    (features.IMPORT_EXPRESSIONS, {"import": [{"to": "a.b", "id": "${var.c}"}]}),
    (features.IMPORT_FOR_EACH, {"import": [{"to": "a.b", "id": "${each.key}", "for_each": "${var.c}"}]}),
    (features.IMPORT_IDENTITY, {"import": [{"to": "a.b", "identity": {"name": "c"}}]}),
    (features.REMOVED, {"removed": [{"from": "a.b"}]}),
    (features.REMOVED_WITH_LIFECYCLE, {"removed": [{"from": "a.b", "lifecycle": {"destroy": False}}]}),
    (features.REMOVED_WITH_PROVISIONER, {"removed": [{"from": "a.b", "provisioner": {}}]}),
    (features.PROVIDER_FUNCTIONS, output("${provider::aws::arn_parse(var.b)}")),
    (features.TERRAFORM_FUNCTIONS, output("${provider::terraform::encode_expr(var.b)}")),
    (features.MOVED_BETWEEN_TYPES, {"moved": [{"from": "null_resource.b", "to": "terraform_data.b"}]}),
    (features.VALIDATION_REFERENCES, validation("${var.a > local.b}")),
    (features.VALIDATION_REFERENCES, validation("${var.a > var.b}")),
    (features.VALIDATION_REFERENCES, validation("${contains(aws_vpc.b.tags, var.a)}")),
    (features.VALIDATION_REFERENCES, validation('${"${var.b}x" == var.a}')),
    (features.EPHEMERAL_VARIABLES, {"variable": {"a": {"ephemeral": True}}}),
    (features.EPHEMERAL_OUTPUTS, {"output": {"a": {"value": "", "ephemeral": True}}}),
    (features.EPHEMERAL_RESOURCES, {"ephemeral": {"aws_secretsmanager_secret_version": {"a": {}}}}),
    (features.APPLYING, output("${terraform.applying}")),
    (features.WRITE_ONLY, resource(password_wo="${var.p}", password_wo_version=1)),
    (features.WRITE_ONLY, resource(user=[{"token_wo": "x"}])),
    (features.ACTIONS, {"action": {"aws_lambda_invoke": {"a": {}}}}),
    (features.ACTIONS, resource(lifecycle={"action_trigger": [{}]})),
    *((feature, output(f"${{{name}(var.b)}}")) for name, feature in FUNCTIONS.items()),
    (FUNCTIONS["strcontains"], output('${"text ${strcontains(var.b, "c")}"}')),
]


@pytest.mark.parametrize(("feature", "blocks"), USES, ids=lambda value: getattr(value, "name", ""))
def test_constraint_is_the_first_version_with_the_feature(feature: Feature, blocks: dict[str, Any]) -> None:
    found = requirements(blocks)
    assert feature in found.features
    assert found.terraform == f">= {features.format_version(feature.terraform)}.0"


def test_every_feature_is_tested() -> None:
    known = {value for value in vars(features).values() if isinstance(value, Feature)} | set(FUNCTIONS.values())
    assert known == {feature for feature, _ in USES}


def test_every_feature_names_the_changes_of_its_versions() -> None:
    assert features.EPHEMERAL_OUTPUTS.sources == (
        "https://github.com/hashicorp/terraform/blob/v1.10/CHANGELOG.md",
        "https://github.com/opentofu/opentofu/blob/v1.11/CHANGELOG.md",
    )
    assert len(features.ACTIONS.sources) == 1


@pytest.mark.parametrize(
    "blocks",
    [
        output("the text startswith(x)"),
        output('${"the text startswith(x) and terraform.applying"}'),
        output('${"a \\" startswith(x)"}'),
        {"variable": {"a": {"default": "${strcontains(x)}", "description": "${provider::a::b()}"}}},
        validation('${length(var.a) > 0 && can(regex("^local.x$", var.a))}'),
        resource(tags={"a_wo": "b"}),
        resource(password_wo=None),
        {"import": []},
        {"check": {}},
    ],
)
def test_what_is_no_use_of_a_feature_needs_no_later_version(blocks: dict[str, Any]) -> None:
    assert features_of(Configuration(blocks)) == [features.PROVIDERS]


def test_constraint_of_the_stack_is_kept() -> None:
    found = requirements({"terraform": {"required_version": "< 1.12"}})
    assert found.terraform == "< 1.12, >= 1.0.0"
    assert found.opentofu.differences == (
        "OpenTofu compares the stack's constraint `< 1.12` with its own version, not with Terraform's.",
    )


@pytest.mark.parametrize(
    ("blocks", "version", "differences"),
    [
        ({}, "1.6.0", ()),
        (validation("${var.a > local.b}"), "1.9.0", ()),
        (
            {"variable": {"a": {"ephemeral": True}}},
            "1.11.0",
            ("OpenTofu has ephemeral variables since version 1.11, Terraform since 1.10.",),
        ),
        # Terraform's constraint holds for OpenTofu too, although OpenTofu 1.7 has functions of providers.
        (output("${provider::aws::arn_parse(var.b)}"), "1.8.0", ()),
        (
            output("${provider::terraform::encode_expr(1)}"),
            None,
            ("OpenTofu has no functions of the provider terraform.",),
        ),
        (
            {"removed": [{"from": "a.b", "lifecycle": {"destroy": False}}]},
            "1.10.0",
            (
                "OpenTofu has removed blocks with a lifecycle since version 1.10, Terraform since 1.7.",
                "Without `lifecycle`, OpenTofu forgets the resource, and Terraform destroys it.",
            ),
        ),
    ],
)
def test_support_of_opentofu(blocks: dict[str, Any], version: str | None, differences: tuple[str, ...]) -> None:
    support = requirements(blocks).opentofu
    assert (support.version, support.differences) == (version, differences)


def test_installed_terraform_has_the_functions_of_its_version() -> None:
    terraform = shutil.which("terraform")
    if terraform is None:
        pytest.skip("terraform is not installed")
    run = subprocess.run([terraform, "metadata", "functions", "-json"], capture_output=True, text=True, check=True)
    version = subprocess.run([terraform, "version"], capture_output=True, text=True, check=True).stdout
    major, minor = version.split("Terraform v")[1].split(".")[:2]
    for name, feature in FUNCTIONS.items():
        if feature.terraform <= (int(major), int(minor)):
            assert f'"{name}":' in run.stdout


@pytest.mark.parametrize(
    ("version", "expected"), [("6.25.0", "~> 6.25"), ("~> 5.0", "~> 5.0"), ("= 3.39.0", "~> 3.39")]
)
def test_provider_is_allowed_up_to_its_next_major_version(version: str, expected: str) -> None:
    terraform = {"required_providers": {"aws": {"source": "aws", "version": version}}}
    (provider,) = requirements({"terraform": terraform}).providers
    assert provider == RequiredProvider(name="aws", source="hashicorp/aws", version=expected, synthesized_for=version)
