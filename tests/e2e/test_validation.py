"""Every variant of the pattern is valid for the real provider, and its dependency graph is right."""

import subprocess
import sys
from pathlib import Path

import pytest
from ddb_stream_lambda import DynamoDBStreamsToLambda
from cdktf import TerraformStack

from .install import ROOT
from .terraform import Terraform
from .variants import VARIANTS, builder, with_function


@pytest.mark.parametrize("variant", VARIANTS)
def test_variant_is_valid_and_its_graph_has_no_cycle(terraform: Terraform, variant: str) -> None:
    terraform.synthesize(builder(variant))
    terraform.init()
    terraform.run("validate")
    graph = terraform.graph()
    assert graph.cycle() == []
    assert graph.depends_on("aws_lambda_event_source_mapping", "aws_iam_role_policy")


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the synthesized example stack."""
    folder = tmp_path_factory.mktemp("example")
    for name in ("main.py", "cdktf.json", "stacks", "ddb_stream_lambda", "function"):
        (folder / name).symlink_to(ROOT / name)
    subprocess.run([sys.executable, "main.py"], cwd=folder, check=True)
    return folder / "cdktf.out/stacks/ddb-stream-lambda"


def test_example_stack_is_valid(terraform: Terraform, example: Path) -> None:
    terraform.copy_synthesized(example)
    terraform.init()
    terraform.run("validate")
    graph = terraform.graph()
    assert graph.cycle() == []
    assert graph.depends_on("aws_lambda_event_source_mapping", "aws_iam_role_policy")


def test_example_stack_validates_its_variables(terraform: Terraform, example: Path) -> None:
    terraform.copy_synthesized(example)
    terraform.init()
    values = {"search_endpoint": "http://x", "search_domain_arn": "orders", "batch_size": "0", "name_prefix": "a b"}
    output = terraform.run("plan", *(f"-var={name}={value}" for name, value in values.items()), exit_code=1)
    for name in values:
        assert f"{name} must " in output


def test_argument_that_the_provider_does_not_know_is_refused(terraform: Terraform) -> None:
    """A configuration is not made valid by removing what the table of differences does not list."""

    def build(stack: TerraformStack) -> None:
        pattern = DynamoDBStreamsToLambda(stack, "pipeline", **with_function())
        pattern.lambda_function.add_override("no_such_argument", 1)

    terraform.synthesize(build)
    terraform.init()
    assert "no_such_argument" in terraform.run("validate", exit_code=1)
