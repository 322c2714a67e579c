"""The pages of docs/migration/ do what they say; the emulator of AWS takes the place of AWS."""

from __future__ import annotations

import re
import shutil
import zipfile
from pathlib import Path
from textwrap import dedent

import pytest

# Fixtures; pytest finds those of another module only by their names in this module.
from tests.e2e.conftest import emulator as emulator
from tests.e2e.conftest import provider as provider
from tests.e2e.emulator_process import Emulator
from tests.e2e.providers import Provider
from tests.e2e.terraform import Terraform, override_provider
from tests.test_examples import EXAMPLES, Synthesize
from tests.test_examples import synthesize as synthesize
from tests.test_recipes import Deployment

ROOT = Path(__file__).parent.parent
MIGRATION = ROOT / "docs" / "migration"
STAND_INS = ROOT / "tests" / "assets" / "terraform_modules"
EXAMPLE_LINK = re.compile(r"\]\(\.\./\.\./examples/(\w+)\.py\)")
MODULES_PAGE = (MIGRATION / "terraform-modules.md").read_text()


def blocks(page: str, language: str) -> list[str]:
    """Return the code blocks of a page in a language, without the indent of a list."""
    found = re.findall(rf"^ *```{language}\n(.*?)^ *```", page, re.DOTALL | re.MULTILINE)
    return [dedent(block) for block in found]


@pytest.mark.parametrize("page", sorted(MIGRATION.glob("*.md")), ids=lambda page: page.stem)
def test_every_python_block_is_part_of_an_example_of_the_page(page: Path) -> None:
    """Every example is synthesized by a test, and so every Python block is."""
    text = page.read_text()
    programs = [(EXAMPLES / f"{name}.py").read_text() for name in EXAMPLE_LINK.findall(text)]
    for block in blocks(text, "python"):
        assert any(block in program for program in programs), block


# The provider and the backend of a configuration. The backend is that of `Deployment.configure`.
SETTINGS = """
provider "aws" { region = "eu-west-1" }
terraform {
  backend "local" { path = "terraform.tfstate" }
}
"""


def with_stand_ins(configuration: str, provider: Provider) -> str:
    """Return a configuration that calls the stand-ins of the modules, with a runtime that the provider accepts."""
    called, count = re.subn(
        r'source  = "terraform-aws-modules/([\w-]+)/aws"\n *version = .*', r'source = "./modules/\1"', configuration
    )
    assert count == 3
    runtime = "python3.8" if provider.lacks("aws_lambda_function", "architectures") else "python3.13"
    return called.replace("python3.13", runtime)


@pytest.fixture(scope="module")
def deployed(emulator: Emulator, provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """The deployed configuration of the page about modules."""
    modules, _ = blocks(MODULES_PAGE, "hcl")
    terraform = Terraform(tmp_path_factory.mktemp("modules"), provider)
    shutil.copytree(STAND_INS, terraform.folder / "modules")
    (terraform.folder / "main.tf").write_text(SETTINGS + with_stand_ins(modules, provider))
    with zipfile.ZipFile(terraform.folder / "function.zip", "w") as archive:
        archive.writestr("index.py", "def handler(event, context): ...\n")
    override_provider(terraform.folder, emulator.url)
    terraform.init()
    terraform.apply()
    return Deployment(terraform, emulator)


@pytest.mark.slow
class TestTerraformModules:
    """The tests run in this order, because the last one applies."""

    def test_the_removed_blocks_forget_every_resource(self, deployed: Deployment) -> None:
        _, removed = blocks(MODULES_PAGE, "hcl")
        main = deployed.terraform.folder / "main.tf"
        calls = main.read_text()
        main.write_text(SETTINGS + removed)
        planned = deployed.terraform.run("plan", "-refresh=false")
        main.write_text(calls)
        assert planned.count("will no longer be managed by Terraform, but will not be destroyed") == 9
        assert "0 to add, 0 to change, 0 to destroy" in planned

    def test_the_example_moves_the_resources_and_destroys_only_the_policies_of_the_module(
        self, deployed: Deployment, synthesize: Synthesize
    ) -> None:
        terraform = deployed.terraform
        before = set(terraform.run("state", "list").split())
        (terraform.folder / "main.tf").unlink()
        deployed.configure(synthesize("from_terraform_modules"))
        changes = terraform.planned_changes("-refresh=false")  # the state is new
        destroyed = {address for address, change in changes.items() if change["action"] in ("delete", "replace")}
        policies = ("additional_inline", "logs", "tracing")
        assert destroyed == {f"module.lambda_function.aws_iam_role_policy.{name}[0]" for name in policies}
        created = {address for address, change in changes.items() if change["action"] == "create"}
        assert created == {"aws_iam_role_policy.pipeline", "aws_sqs_queue_policy.pipeline_dead_letter"}
        moved = {change["previous_resource"]["addr"] for change in changes.values() if "previous_resource" in change}
        assert moved == before - destroyed
        terraform.run("apply", "plan.bin")
        assert "No changes." in terraform.run("plan")
