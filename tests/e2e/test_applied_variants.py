"""Variants of the pattern are applied without drift, moved to readable addresses, and changed as documented."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from cdktf import TerraformStack

from tests.support.former_addresses import StackWithFormerAddresses

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
    "alarm_props.thresholds",
    "alarms of an existing alias without a queue",
    "alarms and a queue of the app as failure destination",
)
WITHOUT_QUEUE = "defaults"
WITH_OTHER_VIEW = "unprotected table"


@dataclass
class Applied:
    """The applied variants, first with cdktf's addresses, as older versions of the library deployed them.

    Attributes:
        terraform: the folder of the stack.
        mapping: the UUID of the mapping whose queue is removed later.
        former: the addresses of the resources before the upgrade.
        upgrade: the planned changes of the upgrade to readable addresses, and of nothing else.
    """

    emulator: Emulator
    terraform: Terraform
    mapping: str
    former: set[str]
    upgrade: list[dict[str, Any]]

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
    terraform.synthesize(build_applied({}), kind=StackWithFormerAddresses)
    override_provider(terraform.folder, emulator_with_resources.url, aliases=["other"])
    terraform.init()
    terraform.apply("-parallelism=30")
    former = set(terraform.run("state", "list").split())
    terraform.synthesize(build_applied({}))
    upgrade = terraform.show_plan()["resource_changes"]
    terraform.run("apply", "plan.bin")
    state = json.loads(terraform.run("show", "-json"))
    (mapping,) = (
        resource["values"]["uuid"]
        for resource in state["values"]["root_module"]["resources"]
        if resource["type"] == "aws_lambda_event_source_mapping" and variant_of(resource["address"]) == WITHOUT_QUEUE
    )
    return Applied(emulator_with_resources, terraform, mapping, former, upgrade)


def by_construct(actions: dict[str, list[str]], variant: str) -> dict[str, list[str]]:
    """Return the actions on the resources of a variant, by their type."""
    planned = {address.split(".")[0]: planned for address, planned in actions.items() if variant_of(address) == variant}
    assert len(planned) == sum(variant_of(address) == variant for address in actions)
    return planned


def test_upgrade_only_moves_every_resource_of_the_patterns(applied: Applied) -> None:
    """This is also the second plan of each variant: it has no change."""
    managed = {change["address"]: change for change in applied.upgrade if change["mode"] == "managed"}
    assert {tuple(change["change"]["actions"]) for change in managed.values()} == {("no-op",)}
    former = {change.get("previous_address", address) for address, change in managed.items()}
    assert former == {address for address in applied.former if not address.startswith("data.")}
    # The resources that the tests add next to the patterns keep their addresses.
    moved = {address: change["previous_address"] for address, change in managed.items() if "previous_address" in change}
    assert all(re.search(r"_pipeline_[\w-]+_[0-9A-F]{8}$", address) for address in moved.values())
    assert all(re.search(r"_pipeline(_[a-z0-9]+)*$", address) for address in moved)
    assert not [address for address in managed if re.search(r"_pipeline_[\w-]+_[0-9A-F]{8}$", address)]


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
        assert planned["aws_dynamodb_table"] == ["update"]
        assert planned["aws_lambda_event_source_mapping"] == ["delete", "create"]

    def test_of_the_queue_updates_the_mapping(self, actions: dict[str, list[str]]) -> None:
        assert by_construct(actions, WITHOUT_QUEUE) == {
            "aws_iam_role_policy": ["update"],
            "aws_lambda_event_source_mapping": ["update"],
            "aws_sqs_queue": ["delete"],
            "aws_sqs_queue_policy": ["delete"],
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
