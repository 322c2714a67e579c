"""cdktf and cdktn write the same stack: a state that one of them deployed is planned without change by the other."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.support.both_tools import Tool, cdktf_tool, cdktn_tool

from .emulator_process import Emulator
from .providers import Provider
from .terraform import STACK, Terraform, override_provider

# Synthesizes a stack with all variants of the pattern, and for each tool the stack that it deploys.
PROGRAM = """
import sys
from pathlib import Path

import ddb_stream_lambda  # before the modules that import the provider's package
from tests.e2e.both_tools_stack import pipeline
from tests.e2e.terraform import synthesize
from tests.e2e.variants import VARIANTS, builder

folder = Path(sys.argv[1])
synthesize(builder(*VARIANTS), folder / "variants")
for name in sys.argv[2:]:
    synthesize(pipeline(name), folder / name)
"""
# The tool that deploys, and the one that plans afterwards.
DIRECTIONS = [("cdktf", "cdktn"), ("cdktn", "cdktf")]
# The types of the resources that the deployed stack has.
TYPES = {
    "aws_cloudwatch_log_group",
    "aws_dynamodb_table",
    "aws_iam_role",
    "aws_iam_role_policy",
    "aws_lambda_alias",
    "aws_lambda_event_source_mapping",
    "aws_lambda_function",
    "aws_sqs_queue",
    "aws_sqs_queue_policy",
}
# Terraform's complete form of `aws` and of `hashicorp/aws`.
ADDRESS = 'provider["registry.terraform.io/hashicorp/aws"]'


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Tool]:
    return {"cdktf": cdktf_tool(), "cdktn": cdktn_tool(tmp_path_factory.mktemp("cdktn") / "project")}


@pytest.fixture(scope="module")
def synthesized(tools: Mapping[str, Tool], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The folder with the output of each tool for the same program."""
    folders = {name: tmp_path_factory.mktemp(name) for name in tools}
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda name: tools[name].run(PROGRAM, folders[name], *(f"by-{tool}" for tool in tools)), tools))
    return folders


def read_config(synthesized: Mapping[str, Path], tools: Mapping[str, Tool], name: str) -> dict[str, Any]:
    """Return the stack with all variants, with the paths of the project for cdktf."""
    text = (synthesized[name] / "variants" / "stacks" / STACK / "cdk.tf.json").read_text()
    return dict(json.loads(text.replace(str(tools[name].project), str(tools["cdktf"].project))))


def test_variants_differ_only_in_versions_and_the_source_address(
    synthesized: dict[str, Path], tools: dict[str, Tool]
) -> None:
    first, second = (read_config(synthesized, tools, name) for name in ("cdktf", "cdktn"))
    of_tool = [
        (config["//"]["metadata"].pop("version"), config["terraform"]["required_providers"]["aws"].pop("source"))
        for config in (first, second)
    ]
    assert [source for _, source in of_tool] == ["aws", "hashicorp/aws"]
    assert of_tool[0][0] != of_tool[1][0]
    versions = [config["terraform"]["required_providers"]["aws"].pop("version") for config in (first, second)]
    assert versions[0] != versions[1]
    assert first == second


def test_archives_of_variants_are_equal(synthesized: dict[str, Path]) -> None:
    first, second = (
        {
            path.relative_to(folder): path.read_bytes()
            for path in folder.glob(f"variants/stacks/{STACK}/assets/**/*.zip")
        }
        for folder in synthesized.values()
    )
    assert first
    assert first == second


@pytest.fixture(scope="module")
def deployed(
    synthesized: dict[str, Path], emulator: Emulator, provider: Provider, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Terraform]:
    """The folder of the stack that each tool deployed."""

    def deploy(name: str) -> Terraform:
        terraform = Terraform(tmp_path_factory.getbasetemp() / f"deployed-by-{name}", provider)
        terraform.copy_synthesized(synthesized[name] / f"by-{name}" / "stacks" / STACK)
        override_provider(terraform.folder, emulator.url)
        terraform.init()
        terraform.apply()
        return terraform

    # A deployment waits most of its time.
    with ThreadPoolExecutor() as pool:
        return dict(zip(synthesized, pool.map(deploy, synthesized), strict=True))


@pytest.mark.parametrize(("deploying", "planning"), DIRECTIONS, ids=[" then ".join(tools) for tools in DIRECTIONS])
def test_state_of_one_tool_is_planned_without_change_by_the_other(
    deployed: dict[str, Terraform], synthesized: dict[str, Path], deploying: str, planning: str
) -> None:
    """The folder is not initialized again: for Terraform, `aws` and `hashicorp/aws` are the same provider."""
    terraform = deployed[deploying]
    state = json.loads((terraform.folder / f"terraform.{STACK}.tfstate").read_text())
    resources = [resource for resource in state["resources"] if resource["mode"] == "managed"]
    assert {resource["type"] for resource in resources} == TYPES
    assert {resource["provider"] for resource in resources} == {ADDRESS}
    terraform.copy_synthesized(synthesized[planning] / f"by-{deploying}" / "stacks" / STACK)
    assert required_source(terraform) == {"cdktf": "aws", "cdktn": "hashicorp/aws"}[planning]
    assert "No changes." in terraform.run("plan", "-detailed-exitcode")


def required_source(terraform: Terraform) -> str:
    config = json.loads((terraform.folder / "cdk.tf.json").read_text())
    return str(config["terraform"]["required_providers"]["aws"]["source"])
