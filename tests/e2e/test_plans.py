"""The real provider accepts every variant of the pattern, in both outputs of cdktf, and applies them without drift."""

from __future__ import annotations

import inspect
import json
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import pytest
from ddb_stream_lambda import AlarmProps, DynamoDBStreamsToLambda
from cdktf import TerraformStack, Testing
from constructs import Construct
from ddb_stream_lambda.arguments import _generated

from tests.support.programs import run_program

from .emulator_process import Emulator
from .providers import Provider
from .terraform import STACK, Terraform, override_provider
from .variants import (
    ARGUMENTS,
    VARIANTS,
    Inputs,
    builder,
    scope_id,
    variant_of,
)

PROPS = {
    "dynamo_table_props": _generated.DynamoTableProps,
    "dynamo_event_source_props": _generated.DynamoEventSourceProps,
    "lambda_function_props": _generated.LambdaFunctionProps,
    "lambda_alias_props": _generated.LambdaAliasProps,
    "log_group_props": _generated.LogGroupProps,
    "lambda_role_props": _generated.LambdaRoleProps,
    "sqs_dlq_queue_props": _generated.SqsQueueProps,
    "failure_bucket_props": _generated.FailureBucketProps,
    "alarm_props": AlarmProps,
}
# The pattern refuses it always: a mapping cannot invoke a function with tenants.
WITHOUT_VARIANT = {("lambda_function_props", "tenancy_config")}


@dataclass
class Plan:
    """The plan of a stack with all variants.

    Attributes:
        errors: variant to the messages of the provider; None for the messages about no variant.
        changes: variant to the address of each resource, with its planned values.
        providers: variant to the address of each resource, with its provider.
    """

    errors: dict[str | None, list[str]]
    changes: dict[str | None, dict[str, Any]] = field(default_factory=dict)
    providers: dict[str | None, dict[str, str]] = field(default_factory=dict)


def plan_all(terraform: Terraform, emulator: Emulator) -> Plan:
    """Plan the stack in a folder."""
    override_provider(terraform.folder, emulator.url, aliases=["other"])
    terraform.init()
    # The HCL has a thousand warnings: cdktf writes the addresses in `depends_on` as text. With `-json`, Terraform looks
    # for each one in the whole file, which takes minutes.
    process = terraform.start("plan", "-compact-warnings", "-out=plan.bin")
    _, errors = process.communicate()
    plan = Plan(errors=errors_of(errors))
    if process.returncode == 0:
        shown = json.loads(terraform.run("show", "-json", "plan.bin"))
        plan.changes = by_variant((of["address"], planned_values(of["change"])) for of in shown["resource_changes"])
        resources = shown["configuration"]["root_module"]["resources"]
        plan.providers = by_variant((of["address"], of["provider_config_key"]) for of in resources)
    return plan


def errors_of(output: str) -> dict[str | None, list[str]]:
    """Return the messages of the errors in Terraform's output, by variant."""
    errors: dict[str | None, list[str]] = defaultdict(list)
    for message in output.split("\nError: ")[1:]:
        address = re.search(r"^  with ([\w.-]+),", message, re.MULTILINE)
        errors[None if address is None else variant_of(address[1])].append(message)
    return errors


def by_variant(values: Iterable[tuple[str, Any]]) -> dict[str | None, dict[str, Any]]:
    sorted_values: dict[str | None, dict[str, Any]] = defaultdict(dict)
    for address, value in values:
        sorted_values[variant_of(address)][address] = value
    return sorted_values


def planned_values(change: dict[str, Any]) -> dict[str, Any]:
    """Return the values of a planned change. The white space of policies has no meaning."""
    return {name: without_white_space(change[name]) for name in ("actions", "after", "after_unknown")}


def without_white_space(value: Any) -> Any:
    match value:
        case dict():
            return {key: without_white_space(item) for key, item in value.items()}
        case list():
            return [without_white_space(item) for item in value]
        case str() if value.startswith("{"):
            return json.loads(value)
        case _:
            return value


@pytest.fixture(scope="module")
def json_plan(emulator_with_resources: Emulator, provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Plan:
    terraform = Terraform(tmp_path_factory.mktemp("json"), provider)
    terraform.synthesize(builder(*VARIANTS))
    return plan_all(terraform, emulator_with_resources)


@pytest.fixture(scope="module")
def hcl_plan(emulator_with_resources: Emulator, provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """The plan of the HCL that `cdktf synth --hcl` writes. The engine reads the setting when its process starts."""
    terraform = Terraform(tmp_path_factory.mktemp("hcl"), provider)
    out = terraform.folder / "cdktf.out"
    program = f"""
from pathlib import Path
from tests.e2e.terraform import synthesize
from tests.e2e.variants import VARIANTS, builder

synthesize(builder(*VARIANTS), Path({str(out)!r}))
"""
    run_program(program, environment={"SYNTH_HCL_OUTPUT": "true"})
    terraform.copy_synthesized(out / "stacks" / STACK)
    assert (terraform.folder / "cdk.tf").exists()
    return plan_all(terraform, emulator_with_resources)


class TestVariants:
    def test_are_at_least_60(self) -> None:
        assert len(VARIANTS) >= 60

    @pytest.mark.parametrize("input", PROPS)
    def test_show_every_argument_of_the_props(self, input: str) -> None:
        arguments = set(PROPS[input].__annotations__)
        assert ARGUMENTS[input].keys() == {name for name in arguments if (input, name) not in WITHOUT_VARIANT}

    def test_show_every_input(self) -> None:
        inputs = {name for variant in VARIANTS for name in inputs_of(variant)}
        keyword_only = inspect.Parameter.KEYWORD_ONLY
        parameters = inspect.signature(DynamoDBStreamsToLambda.__init__).parameters.values()
        assert inputs == {parameter.name for parameter in parameters if parameter.kind is keyword_only}


def inputs_of(variant: str) -> Inputs:
    given = VARIANTS[variant]
    return given(Construct(TerraformStack(Testing.app(), "orders"), scope_id(variant))) if callable(given) else given


class TestPlan:
    def test_has_no_error_about_no_variant(self, json_plan: Plan) -> None:
        assert json_plan.errors.get(None, []) == []

    @pytest.mark.parametrize("variant", VARIANTS)
    def test_accepts_the_variant(self, json_plan: Plan, variant: str) -> None:
        assert json_plan.errors.get(variant, []) == []
        types = {address.split(".")[0] for address in json_plan.changes[variant]}
        assert "aws_lambda_event_source_mapping" in types

    @pytest.mark.parametrize("variant", VARIANTS)
    def test_of_the_hcl_is_the_same(self, json_plan: Plan, hcl_plan: Plan, variant: str) -> None:
        assert hcl_plan.errors.get(None, []) + hcl_plan.errors.get(variant, []) == []
        assert hcl_plan.changes[variant] == json_plan.changes[variant]
        assert hcl_plan.providers[variant] == json_plan.providers[variant]

    @pytest.mark.parametrize(
        "variant",
        [
            "existing function of another provider",
            "function and queue with a key of another provider",
            "alias, log group and role of another provider",
        ],
    )
    def test_companions_have_the_provider_of_the_function(self, json_plan: Plan, variant: str) -> None:
        assert set(json_plan.providers[variant].values()) == {"aws.other"}
        types = {address.rsplit(".", 1)[0] for address in json_plan.providers[variant]}
        assert {"aws_iam_role_policy", "aws_lambda_event_source_mapping", "aws_sqs_queue"} <= types
