"""The replicas of the table: the table's protections reach them."""

from typing import Any

import pytest
from cdktf import TerraformIterator, TerraformStack, TerraformVariable

from tests.support.calls import Emit, MistakesOf

PROPS = "dynamo_table_props"
PROTECTIONS = {"point_in_time_recovery": True, "deletion_protection_enabled": True}
OHIO, OREGON, FRANKFURT = ({"region_name": name} for name in ("us-east-2", "us-west-2", "eu-central-1"))
STRONG = {"consistency_mode": "STRONG"}


class TestTheProtectionsOfTheTable:
    def test_reach_each_replica(self, emit: Emit) -> None:
        emitted = emit(dynamo_table_props={"replica": [OHIO, OREGON]})
        assert emitted.table["replica"] == [OHIO | PROTECTIONS, OREGON | PROTECTIONS]
        assert emitted.warnings == []

    @pytest.mark.parametrize("protection", PROTECTIONS)
    def test_can_be_turned_off_for_a_replica_with_a_warning(self, emit: Emit, protection: str) -> None:
        emitted = emit(dynamo_table_props={"replica": [OHIO, OREGON | {protection: False}]})
        assert emitted.table["replica"][1] == OREGON | PROTECTIONS | {protection: False}
        (warning,) = emitted.warnings
        assert warning.startswith(f"{PROPS}.replica[1].{protection} is off")
        assert f'silence_warnings=["{protection}"]' in warning

    @pytest.mark.parametrize(
        ("props", "protection"),
        [
            ({"point_in_time_recovery": {"enabled": False}}, "point_in_time_recovery"),
            ({"deletion_protection_enabled": False}, "deletion_protection_enabled"),
        ],
    )
    def test_that_are_off_do_not_reach_replicas(self, emit: Emit, props: dict[str, Any], protection: str) -> None:
        emitted = emit(dynamo_table_props={"replica": [OHIO], **props})
        assert protection not in emitted.table["replica"][0]
        assert len(emitted.warnings) == 1

    def test_can_be_expressions(self, emit: Emit, stack: TerraformStack) -> None:
        enabled = TerraformVariable(stack, "on", type="bool").boolean_value
        props = {
            "replica": [OHIO],
            "deletion_protection_enabled": enabled,
            "point_in_time_recovery": {"enabled": enabled},
        }
        emitted = emit(dynamo_table_props=props)
        assert emitted.table["replica"] == [OHIO | dict.fromkeys(PROTECTIONS, "${var.on}")]
        assert emitted.warnings == []


class TestTheStreamViewType:
    @pytest.mark.parametrize("view", ["KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE"])
    def test_must_have_both_images(self, mistakes_of: MistakesOf, view: str) -> None:
        mistakes = mistakes_of(dynamo_table_props={"replica": [OHIO], "stream_view_type": view})
        assert "NEW_AND_OLD_IMAGES" in mistakes[f"{PROPS}.stream_view_type"]

    def test_is_free_with_strong_consistency_which_does_not_use_the_stream(self, emit: Emit) -> None:
        props = {"replica": [OHIO | STRONG, OREGON | STRONG], "stream_view_type": "KEYS_ONLY"}
        assert emit(dynamo_table_props=props).table["stream_view_type"] == "KEYS_ONLY"

    def test_is_free_without_replicas(self, emit: Emit) -> None:
        props = {"replica": [], "stream_view_type": "KEYS_ONLY"}
        assert emit(dynamo_table_props=props).table["stream_view_type"] == "KEYS_ONLY"

    def test_can_be_an_expression(self, emit: Emit, stack: TerraformStack) -> None:
        view = TerraformVariable(stack, "view", type="string").string_value
        props = {"replica": [OHIO], "stream_view_type": view}
        assert emit(dynamo_table_props=props).table["stream_view_type"] == "${var.view}"


@pytest.mark.parametrize(
    ("props", "property", "message"),
    [
        ({"replica": [{"region_name": "Ohio"}]}, "replica[0].region_name", "such as eu-central-1"),
        ({"replica": [OHIO, OHIO]}, "replica[1].region_name", "another replica is in this region"),
        ({"replica": [{"region_name": "eu-west-1"}]}, "replica[0].region_name", "the table itself is in this region"),
        ({"replica": [OHIO | {"kms_key_arn": "alias/orders"}]}, "replica[0].kms_key_arn", "must be a key's ARN"),
        (
            {"replica": [OHIO | {"consistency_mode": "WEAK"}]},
            "replica[0].consistency_mode",
            "EVENTUAL or STRONG",
        ),
        ({"replica": [OHIO | STRONG, OREGON]}, "replica[1].consistency_mode", "the same consistency_mode"),
        ({"replica": [OHIO | STRONG]}, "replica", "exactly three regions"),
        ({"replica": [OHIO | STRONG, OREGON | STRONG, FRANKFURT | STRONG]}, "replica", "exactly three regions"),
        (
            {"replica": [OHIO | STRONG, OREGON | STRONG], "global_table_witness": FRANKFURT},
            "replica",
            "2 replicas and a witness",
        ),
        ({"replica": [OHIO], "global_table_witness": OREGON}, "global_table_witness", 'consistency_mode="STRONG"'),
        ({"global_table_witness": OREGON}, "global_table_witness", "needs one replica"),
        (
            {"replica": [OHIO | STRONG], "global_table_witness": OHIO},
            "global_table_witness.region_name",
            "another replica is in this region",
        ),
    ],
)
def test_wrong_replicas_are_refused(
    mistakes_of: MistakesOf, props: dict[str, Any], property: str, message: str
) -> None:
    assert message in mistakes_of(dynamo_table_props=props)[f"{PROPS}.{property}"]


def test_a_replica_and_a_witness_are_accepted(emit: Emit) -> None:
    table = emit(dynamo_table_props={"replica": [OHIO | STRONG], "global_table_witness": OREGON}).table
    assert table["global_table_witness"] == OREGON


def test_replicas_as_an_expression_are_not_checked(emit: Emit, stack: TerraformStack) -> None:
    iterator = TerraformIterator.from_list(TerraformVariable(stack, "regions", type="list(string)").list_value)
    dynamic = iterator.dynamic({"region_name": iterator.value})
    props = {"replica": dynamic, "stream_view_type": "NEW_IMAGE", "global_table_witness": OREGON}
    assert "replica" in emit(dynamo_table_props=props).table["dynamic"]


def test_the_region_of_a_replica_can_be_an_expression(emit: Emit, stack: TerraformStack) -> None:
    region = TerraformVariable(stack, "region", type="string").string_value
    table = emit(dynamo_table_props={"replica": [{"region_name": region}]}).table
    assert table["replica"][0]["region_name"] == "${var.region}"
