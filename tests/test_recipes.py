"""The recipes of docs/recipes/ do what their pages say; the emulator of AWS takes the place of AWS."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

# Fixtures; pytest finds those of another module only by their names in this module.
from tests.e2e.conftest import emulator as emulator
from tests.e2e.conftest import provider as provider
from tests.e2e.conftest import terraform as terraform
from tests.e2e.emulator_process import Emulator
from tests.e2e.providers import Provider
from tests.e2e.terraform import Terraform, override_provider
from tests.test_examples import EXAMPLES, Emitted, Synthesize, only
from tests.test_examples import emitted as emitted
from tests.test_examples import synthesize as synthesize

RECIPES = Path(__file__).parent.parent / "docs" / "recipes"
PAGES = sorted(path for path in RECIPES.glob("*.md") if path.name != "index.md")
EXAMPLE_LINK = re.compile(r"\]\(\.\./\.\./examples/(\w+)\.py\)")

# Resource type -> the argument with the name that the pattern derives from its id.
NAMED = {
    "aws_cloudwatch_log_group": "name",
    "aws_dynamodb_table": "name",
    "aws_iam_role": "name",
    "aws_iam_role_policy": "name",
    "aws_lambda_function": "function_name",
    "aws_sqs_queue": "name",
}

Config = dict[str, Any]
# Changes a synthesized configuration in place.
Change = Callable[[Config], object]


def examples_of(page: Path) -> list[str]:
    return EXAMPLE_LINK.findall(page.read_text())


class TestPages:
    @pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
    def test_every_code_block_is_part_of_an_example_of_the_page(self, page: Path) -> None:
        """Every example is synthesized by a test, and so every code block is."""
        programs = [(EXAMPLES / f"{name}.py").read_text() for name in examples_of(page)]
        assert programs
        blocks = re.findall(r"^( *)```(\w*)\n(.*?)^ *```", page.read_text(), re.DOTALL | re.MULTILINE)
        assert blocks
        for indent, language, block in blocks:
            assert (indent, language) == ("", "python")
            assert any(block in program for program in programs), block

    @pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
    def test_the_list_of_recipes_names_the_page(self, page: Path) -> None:
        assert f"({page.name})" in (RECIPES / "index.md").read_text()


@dataclass
class Deployment:
    """The deployed stack of an example. Other configurations can be planned for its state."""

    terraform: Terraform
    emulator: Emulator

    def configure(self, stack_folder: Path, change: Change | None = None) -> None:
        """Replace the configuration by that of another example."""
        self.terraform.copy_synthesized(stack_folder)
        path = self.terraform.folder / "cdk.tf.json"
        config = json.loads(path.read_text())
        # The synthesized path of the state is in the example's folder.
        config["terraform"]["backend"] = {"local": {"path": "terraform.tfstate"}}
        if change is not None:
            change(config)
        path.write_text(json.dumps(config))


def deploy(emulator: Emulator, provider: Provider, stack_folder: Path, change: Change | None = None) -> Deployment:
    terraform = Terraform(emulator.log.parent / stack_folder.parents[2].name, provider)
    deployment = Deployment(terraform, emulator)
    deployment.configure(stack_folder, change)
    override_provider(terraform.folder, emulator.url)
    terraform.init()
    terraform.apply()
    return deployment


@pytest.fixture(scope="module")
def deployed(emulator: Emulator, provider: Provider, synthesize: Synthesize) -> Deployment:
    """The deployed stack of the example "five_lines"."""
    return deploy(emulator, provider, synthesize("five_lines"))


@pytest.mark.slow
class TestRenaming:
    def test_all_resources_are_moved_and_none_changes(self, deployed: Deployment, synthesize: Synthesize) -> None:
        before = set(deployed.terraform.run("state", "list").split())
        deployed.configure(synthesize("renamed_pattern"))
        changes = deployed.terraform.planned_changes()
        assert {change["action"] for change in changes.values()} == {"move"}
        assert {change["previous_resource"]["addr"] for change in changes.values()} == before
        assert not before & set(changes)

    def test_without_the_old_name_only_the_role_policy_is_replaced(
        self, deployed: Deployment, synthesize: Synthesize
    ) -> None:
        def use_new_policy_name(config: Config) -> None:
            only(config["resource"]["aws_iam_role_policy"])["name"] = "orders_changes"

        deployed.configure(synthesize("renamed_pattern"), use_new_policy_name)
        assert deployed.terraform.planned_actions() == {"aws_iam_role_policy": "replace"}

    def test_new_names_replace_the_resources(self, deployed: Deployment, synthesize: Synthesize) -> None:
        def use_new_names(config: Config) -> None:
            for type, name in NAMED.items():
                only(config["resource"][type])[name] = "orders_changes"
            # Terraform refuses to plan a replacement of the retained table.
            del only(config["resource"]["aws_dynamodb_table"])["lifecycle"]

        deployed.configure(synthesize("renamed_pattern"), use_new_names)
        actions = deployed.terraform.planned_actions()
        assert {type: actions[type] for type in NAMED} == dict.fromkeys(NAMED, "replace")


@pytest.mark.slow
class TestAliases:
    def test_an_alias_for_a_deployed_function_changes_the_mapping_in_place(
        self, deployed: Deployment, synthesize: Synthesize
    ) -> None:
        deployed.configure(synthesize("alias_with_snap_start"))
        assert deployed.terraform.planned_actions() == {
            "aws_lambda_alias": "create",
            "aws_lambda_event_source_mapping": "update",
            "aws_lambda_function": "update",
        }


@pytest.mark.slow
class TestTags:
    """The tags of the provider are in the configuration, and the mapping in the state has none."""

    @pytest.fixture
    def with_tags(self, deployed: Deployment, provider: Provider) -> Iterator[Deployment]:
        provider.skip_if_lacking("aws_lambda_event_source_mapping", "tags")
        path = deployed.terraform.folder / "tags_override.tf.json"
        path.write_text(json.dumps({"provider": {"aws": {"default_tags": {"tags": {"team": "orders"}}}}}))
        yield deployed
        path.unlink()

    def test_the_tags_of_the_provider_change_the_mapping(self, with_tags: Deployment, synthesize: Synthesize) -> None:
        with_tags.configure(synthesize("five_lines"))
        actions = with_tags.terraform.planned_actions()
        assert actions["aws_lambda_event_source_mapping"] == "update"

    def test_ignored_tags_do_not_change_the_mapping(
        self, with_tags: Deployment, synthesize: Synthesize, emitted: Emitted
    ) -> None:
        recipe = only(emitted("untagged_mapping")["resource"]["aws_lambda_event_source_mapping"])

        def ignore_tags(config: Config) -> None:
            only(config["resource"]["aws_lambda_event_source_mapping"])["lifecycle"] = recipe["lifecycle"]

        with_tags.configure(synthesize("five_lines"), ignore_tags)
        actions = with_tags.terraform.planned_actions()
        assert "aws_lambda_event_source_mapping" not in actions
        assert actions["aws_lambda_function"] == "update"

    def test_a_provider_without_tags_does_not_change_the_mapping(
        self, with_tags: Deployment, synthesize: Synthesize, emitted: Emitted
    ) -> None:
        recipe = only(emitted("untagged_mapping")["resource"]["aws_lambda_event_source_mapping"])

        def use_untagged_provider(config: Config) -> None:
            config["provider"]["aws"].append({"alias": "untagged", "region": "eu-west-1"})
            only(config["resource"]["aws_lambda_event_source_mapping"])["provider"] = recipe["provider"]

        with_tags.configure(synthesize("five_lines"), use_untagged_provider)
        # An override file with one block changes the provider without an alias only.
        with_tags.terraform.environment["AWS_ENDPOINT_URL"] = with_tags.emulator.url
        actions = with_tags.terraform.planned_actions()
        assert "aws_lambda_event_source_mapping" not in actions
        assert actions["aws_lambda_function"] == "update"


def keep_only_the_table(config: Config) -> None:
    """Remove everything but the table, and name it differently from the table of the other deployment."""
    config["resource"] = {"aws_dynamodb_table": config["resource"]["aws_dynamodb_table"]}
    only(config["resource"]["aws_dynamodb_table"])["name"] = "scaled"


@pytest.fixture(scope="module")
def scaled(emulator: Emulator, provider: Provider, synthesize: Synthesize) -> Deployment:
    """The table of the example "autoscaling", after the capacity of it and of its index was raised."""
    deployment = deploy(emulator, provider, synthesize("autoscaling"), keep_only_the_table)
    throughput = {"ReadCapacityUnits": 40, "WriteCapacityUnits": 50}
    emulator.client("dynamodb").update_table(
        TableName="scaled",
        ProvisionedThroughput=throughput,
        GlobalSecondaryIndexUpdates=[{"Update": {"IndexName": "by-customer", "ProvisionedThroughput": throughput}}],
    )
    return deployment


@pytest.mark.slow
class TestAutoscaling:
    def test_terraform_keeps_the_scaled_capacity(self, scaled: Deployment, synthesize: Synthesize) -> None:
        scaled.configure(synthesize("autoscaling"), keep_only_the_table)
        assert scaled.terraform.planned_actions() == {}

    @pytest.mark.parametrize("ignored", [["read_capacity", "write_capacity"], ["global_secondary_index"]])
    def test_terraform_resets_a_capacity_that_is_not_ignored(
        self, scaled: Deployment, synthesize: Synthesize, ignored: list[str]
    ) -> None:
        def ignore(config: Config) -> None:
            keep_only_the_table(config)
            only(config["resource"]["aws_dynamodb_table"])["lifecycle"]["ignore_changes"] = ignored

        scaled.configure(synthesize("autoscaling"), ignore)
        assert scaled.terraform.planned_actions() == {"aws_dynamodb_table": "update"}
