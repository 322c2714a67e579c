"""Every shape of the pattern is valid to the real provider, and free of cycles; the mapping waits for the policy."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from ddb_stream_lambda import DynamoDBStreamsToLambda
from cdktf import TerraformStack

from tests.conftest import ZIP_FUNCTION

from . import old_provider
from .install import ROOT
from .terraform import OLD, Provider, Terraform
from .variants import VARIANTS, builder


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_variant_is_valid_and_its_graph_has_no_cycle(terraform: Terraform, variant: str) -> None:
    terraform.write(builder(variant))
    terraform.init()
    terraform.run("validate")
    graph = terraform.graph()
    assert graph.cycle() == []
    assert graph.waits("aws_lambda_event_source_mapping", "aws_iam_role_policy")


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example stack, synthesised."""
    folder = tmp_path_factory.mktemp("example")
    for name in ("main.py", "cdktf.json", "stacks", "ddb_stream_lambda", "function"):
        (folder / name).symlink_to(ROOT / name)
    subprocess.run([sys.executable, "main.py"], cwd=folder, check=True)
    return folder / "cdktf.out/stacks/ddb-stream-lambda"


def test_the_example_stack_is_valid(terraform: Terraform, example: Path) -> None:
    terraform.take(example)
    terraform.init()
    terraform.run("validate")
    graph = terraform.graph()
    assert graph.cycle() == []
    assert graph.waits("aws_lambda_event_source_mapping", "aws_iam_role_policy")


def test_the_example_stacks_variables_are_checked(terraform: Terraform, example: Path) -> None:
    terraform.take(example)
    terraform.init()
    values = {"search_endpoint": "http://x", "search_domain_arn": "orders", "batch_size": "0", "name_prefix": "a b"}
    said = terraform.run("plan", *(f"-var={name}={value}" for name, value in values.items()), ends_with=1)
    for name in values:
        assert f"{name} must " in said


class TestOldProvider:
    def test_takes_from_a_configuration_only_what_the_table_names(self, terraform: Terraform) -> None:
        terraform.write(builder("filters and windows"))
        synthesised = json.loads((terraform.folder / "cdktf.out/stacks/orders/cdk.tf.json").read_text())
        downgraded = old_provider.downgrade(synthesised)
        for kind, resources in synthesised["resource"].items():
            for name, arguments in resources.items():
                gone = arguments.keys() - downgraded["resource"][kind][name].keys()
                assert gone <= set(old_provider.LACKS.get(kind, []))

    def test_refuses_what_the_table_does_not_name(self, terraform: Terraform) -> None:
        def build(stack: TerraformStack) -> None:
            pattern = DynamoDBStreamsToLambda(stack, "pipeline", lambda_function_props=ZIP_FUNCTION)
            pattern.lambda_function.add_override("no_such_argument", 1)

        terraform.write(build)
        terraform.init()
        assert "no_such_argument" in terraform.run("validate", ends_with=1)

    @pytest.mark.parametrize("kind", old_provider.LACKS)
    def test_lacks_what_the_table_says(self, provider: Provider, terraform: Terraform, kind: str) -> None:
        if provider is not OLD:
            pytest.skip("the old provider is not in use")
        terraform.write(lambda stack: None)
        terraform.init()
        (schemas,) = json.loads(terraform.run("providers", "schema", "-json"))["provider_schemas"].values()
        block = schemas["resource_schemas"][kind]["block"]
        known = block["attributes"].keys() | block.get("block_types", {}).keys()
        assert not known & set(old_provider.LACKS[kind])
