"""Every variant of the pattern is valid for the real provider, and its resources wait for each other."""

import subprocess
import sys
from pathlib import Path

import pytest
from ddb_stream_lambda import DynamoDBStreamsToLambda
from cdktf import TerraformStack

from .install import ROOT
from .provider_versions import MIN_VERSION
from .providers import Provider
from .terraform import Graph, Terraform
from .variants import VARIANTS, builder, function, variant_of

# The function of a mapping, as a variant creates it or looks it up.
FUNCTIONS = {
    "aws_lambda_function",
    "aws_lambda_alias",
    "data.aws_lambda_function",
    "data.aws_lambda_alias",
}
BY_TEXT = "mapping to an alias by name"
WITHOUT_POLICY = {"grant_permissions", "existing function and no permissions"}


# The oldest version lacks the arguments that name the source of a restored table, and the settings of a bucket as
# separate resources.
NOT_IN_OLDEST_VERSION = {
    *(variant for variant in VARIANTS if "restore" in variant or "failure_bucket" in variant),
    *(variant for variant in VARIANTS if variant.startswith("failure bucket")),
    "bucket with a key as failure destination",
}


@pytest.fixture(scope="module")
def stack_of_variants(provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Terraform:
    """The folder of a stack with all variants that the provider's version can express."""
    skipped = NOT_IN_OLDEST_VERSION if provider.version == MIN_VERSION else ()
    terraform = Terraform(tmp_path_factory.mktemp("variants"), provider)
    terraform.synthesize(builder(*(variant for variant in VARIANTS if variant not in skipped)))
    terraform.init()
    return terraform


def test_variants_are_valid(stack_of_variants: Terraform) -> None:
    """An error has the address of the resource, which begins with the variant's name."""
    stack_of_variants.run("validate")


class TestGraph:
    @pytest.fixture(scope="class")
    @classmethod
    def graph(cls, stack_of_variants: Terraform) -> Graph:
        return stack_of_variants.graph()

    def test_has_no_cycle(self, graph: Graph) -> None:
        assert graph.cycle() == []

    def test_has_each_mapping_after_its_function_and_policy(self, graph: Graph) -> None:
        """The mapping waits for the function also where `function_name` is text."""
        mappings = [address for address in graph.edges if address.startswith("aws_lambda_event_source_mapping.")]
        assert {variant_of(mapping) for mapping in mappings} >= {"defaults", BY_TEXT}
        for mapping in mappings:
            scope = mapping.split(".")[1].removesuffix("_pipeline")
            types = {
                address.rsplit(".", 1)[0]
                for address in graph.dependencies(mapping)
                if address.rsplit(".", 1)[1].replace("-", "_").startswith(f"{scope}_")
            }
            assert types & FUNCTIONS, mapping
            assert "aws_iam_role_policy" in types or variant_of(mapping) in WITHOUT_POLICY, mapping


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
        pattern = DynamoDBStreamsToLambda(stack, "pipeline", **function())
        pattern.lambda_function.add_override("no_such_argument", 1)

    terraform.synthesize(build)
    terraform.init()
    assert "no_such_argument" in terraform.run("validate", exit_code=1)
