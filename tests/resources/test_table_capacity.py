"""The capacity of the table and its indexes, and the billing mode that each needs."""

from typing import Any

import pytest
from cdktf import TerraformStack, TerraformVariable

from tests.support.calls import Emit, MistakesOf

PROPS = "dynamo_table_props"
PROVISIONED = {"billing_mode": "PROVISIONED", "read_capacity": 1, "write_capacity": 1}
INDEX = {"name": "by-id", "hash_key": "id", "projection_type": "ALL"}


@pytest.mark.parametrize(
    ("props", "property", "message"),
    [
        (PROVISIONED | {"read_capacity": 0}, "read_capacity", "1 or more units"),
        (PROVISIONED | {"write_capacity": -1}, "write_capacity", "1 or more units"),
        (
            PROVISIONED | {"on_demand_throughput": {"max_read_request_units": 5}},
            "on_demand_throughput",
            "the table is PROVISIONED",
        ),
        (
            {"billing_mode": None, "on_demand_throughput": {"max_read_request_units": 5}},
            "on_demand_throughput",
            "the table is PROVISIONED",
        ),
        (
            PROVISIONED | {"global_secondary_index": [INDEX | {"on_demand_throughput": {"max_read_request_units": 5}}]},
            "global_secondary_index[0].on_demand_throughput",
            "the table is PROVISIONED",
        ),
        (
            {"on_demand_throughput": {"max_read_request_units": 0}},
            "on_demand_throughput.max_read_request_units",
            "must be -1 or 1 or more units",
        ),
        (
            {"warm_throughput": {"read_units_per_second": 11_999}},
            "warm_throughput.read_units_per_second",
            "must be 12000 or more units",
        ),
        (
            {"global_secondary_index": [INDEX | {"warm_throughput": {"write_units_per_second": 3_999}}]},
            "global_secondary_index[0].warm_throughput.write_units_per_second",
            "must be 4000 or more units",
        ),
    ],
)
def test_a_wrong_capacity_is_refused(
    mistakes_of: MistakesOf, props: dict[str, Any], property: str, message: str
) -> None:
    assert message in mistakes_of(dynamo_table_props=props)[f"{PROPS}.{property}"]


@pytest.mark.parametrize(
    "props",
    [
        {"read_capacity": 0, "write_capacity": 0},
        {"on_demand_throughput": {"max_read_request_units": -1, "max_write_request_units": 1}},
        {"warm_throughput": {"read_units_per_second": 12_000, "write_units_per_second": 4_000}},
        {"restore_source_name": "orders", "billing_mode": "PROVISIONED"},
    ],
)
def test_a_right_capacity_is_accepted(emit: Emit, props: dict[str, Any]) -> None:
    assert props.items() <= emit(dynamo_table_props=props).table.items()


def test_an_expression_is_not_checked(emit: Emit, stack: TerraformStack) -> None:
    mode = TerraformVariable(stack, "mode", type="string").string_value
    units = TerraformVariable(stack, "units", type="number").number_value
    props = {"billing_mode": mode, "read_capacity": units, "on_demand_throughput": {"max_read_request_units": units}}
    table = emit(dynamo_table_props=props).table
    assert table["read_capacity"] == "${var.units}"
    assert table["on_demand_throughput"] == {"max_read_request_units": "${var.units}"}
