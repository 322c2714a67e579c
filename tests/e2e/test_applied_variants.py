"""Variants of the pattern are applied without drift, and changed as documented."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from cdktf import TerraformStack

from .emulator_process import Emulator
from .providers import Provider
from .terraform import Terraform, override_provider
from .variants import Inputs, add_variant, table, variant_of

# The variants that are applied. Left out is what the emulator does not report: the key of a function, the throughput of
# an index, and the period of a table's recovery.
APPLIED = (
    "defaults",
    "expressions",
    "dynamic indexes",
    "key alias of the app",
    "filters, windows and partial responses",
    "provisioned table with indexes",
    "unprotected table",
    "table of the app with a key, read and written",
    "table and function of the app",
    "table and function of data sources",
    "variables of an expression and the table's name",
    "existing_lambda_obj: data source with a qualifier",
    "existing_lambda_obj: alias of the app",
    "alias, table's name and permissions",
    "role with a path, a prefix and policies",
    "log group with a name and JSON",
    "queue prefix and key alias",
    "bucket with a key as failure destination",
    "existing function of another provider",
    "dynamo_table_props.ttl",
)
WITHOUT_QUEUE = "defaults"
WITH_OTHER_VIEW = "unprotected table"


@dataclass
class Applied:
    """The applied variants.

    Attributes:
        terraform: the folder of the stack.
        mapping: the UUID of the mapping whose queue is removed later.
    """

    emulator: Emulator
    terraform: Terraform
    mapping: str

    def actions(self, *options: str) -> dict[str, list[str]]:
        """Plan, and return the address and the actions of each resource that changes."""
        changes = self.terraform.show_plan(*options)["resource_changes"]
        actions = {change["address"]: change["change"]["actions"] for change in changes}
        return {address: planned for address, planned in actions.items() if planned not in (["no-op"], ["read"])}


def build_applied(changes: dict[str, Inputs]) -> Callable[[TerraformStack], object]:
    return lambda stack: [
        add_variant(stack, variant, for_apply=True, changes=changes.get(variant)) for variant in APPLIED
    ]


@pytest.fixture(scope="module")
def applied(emulator_with_resources: Emulator, provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Applied:
    terraform = Terraform(tmp_path_factory.mktemp("applied"), provider)
    terraform.synthesize(build_applied({}))
    override_provider(terraform.folder, emulator_with_resources.url, aliases=["other"])
    terraform.init()
    terraform.apply("-parallelism=30")
    state = json.loads(terraform.run("show", "-json"))
    (mapping,) = (
        resource["values"]["uuid"]
        for resource in state["values"]["root_module"]["resources"]
        if resource["type"] == "aws_lambda_event_source_mapping" and variant_of(resource["address"]) == WITHOUT_QUEUE
    )
    return Applied(emulator_with_resources, terraform, mapping)


def by_construct(actions: dict[str, list[str]], variant: str) -> dict[str, list[str]]:
    """Return the actions on the resources of a variant, by their type and the id of their construct."""
    return {
        f"{address.split('.')[0]}: {address.split('_pipeline_')[1].rsplit('_', 1)[0]}": planned
        for address, planned in actions.items()
        if variant_of(address) == variant
    }


def test_second_plan_is_empty(applied: Applied) -> None:
    applied.terraform.run("plan", "-detailed-exitcode")


class TestChange:
    @pytest.fixture(scope="class")
    @classmethod
    def actions(cls, applied: Applied) -> dict[str, list[str]]:
        """The planned actions after one variant lost its queue and another one got a new view type."""
        view = table(stream_view_type="KEYS_ONLY", deletion_protection_enabled=None, lifecycle=None)
        changes: dict[str, Inputs] = {WITHOUT_QUEUE: {"deploy_sqs_dlq_queue": False}, WITH_OTHER_VIEW: view}
        applied.terraform.synthesize(build_applied(changes))
        return applied.actions("-refresh=false")

    def test_of_the_view_type_replaces_the_mapping(self, actions: dict[str, list[str]]) -> None:
        planned = by_construct(actions, WITH_OTHER_VIEW)
        assert planned["aws_dynamodb_table: table"] == ["update"]
        assert planned["aws_lambda_event_source_mapping: event-source-mapping"] == ["delete", "create"]

    def test_of_the_queue_updates_the_mapping(self, actions: dict[str, list[str]]) -> None:
        assert by_construct(actions, WITHOUT_QUEUE) == {
            "aws_iam_role_policy: role-policy": ["update"],
            "aws_lambda_event_source_mapping: event-source-mapping": ["update"],
            "aws_sqs_queue: dead-letter-queue": ["delete"],
            "aws_sqs_queue_policy: dead-letter-queue-policy": ["delete"],
        }

    def test_of_nothing_else_is_planned(self, actions: dict[str, list[str]]) -> None:
        assert {variant_of(address) for address in actions} == {WITHOUT_QUEUE, WITH_OTHER_VIEW}

    def test_of_the_queue_clears_the_destination(self, applied: Applied, actions: dict[str, list[str]]) -> None:
        (mapping,) = (
            address
            for address in actions
            if variant_of(address) == WITHOUT_QUEUE and address.startswith("aws_lambda_event_source_mapping.")
        )
        applied.terraform.apply("-refresh=false", f"-target={mapping}")
        found = applied.emulator.client("lambda").get_event_source_mapping(UUID=applied.mapping)
        assert not found.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
