"""The capacity of the table and its indexes: provisioned, on demand, and warm."""

from __future__ import annotations

from .._engine.tokens import is_token
from ..arguments.checks import check_ranges
from ..arguments.conforming import Arguments
from ..errors import Mistakes
from ..limits import ON_DEMAND_THROUGHPUT_RANGES, WARM_THROUGHPUT_RANGES
from .table_keys import GLOBAL_INDEXES, Block, known_block, known_blocks

PROVISIONED = "PROVISIONED"


def check_capacities(arguments: Arguments, *, is_restored: bool, property: str, mistakes: Mistakes) -> None:
    """Add a mistake for each capacity that does not fit the billing mode.

    Args:
        arguments: The table's arguments.
        is_restored: Whether the table is restored; then DynamoDB uses its source's capacity if there is none.
        property: The name of the props in messages.
        mistakes: The collector of mistakes.
    """
    mode = arguments.get("billing_mode", PROVISIONED)
    table = Block(property, arguments)
    for block in (table, *known_blocks(arguments, GLOBAL_INDEXES, property=property)):
        _check_provisioned(block, mode, is_required=not (is_restored and block is table), mistakes=mistakes)
        _check_on_demand(block, mode, mistakes)
        check_ranges(
            WARM_THROUGHPUT_RANGES,
            arguments=known_block(block.arguments, "warm_throughput"),
            property=f"{block.property}.warm_throughput",
            mistakes=mistakes,
        )


def _check_provisioned(block: Block, mode: object, *, is_required: bool, mistakes: Mistakes) -> None:
    for name in ("read_capacity", "write_capacity"):
        value = block.arguments.get(name)
        if is_token(value):
            continue
        # The provider accepts 0 for PAY_PER_REQUEST, and sends nothing.
        if mode == "PAY_PER_REQUEST" and value is not None and value != 0:
            message = 'PAY_PER_REQUEST takes no capacity; remove it, or set billing_mode="PROVISIONED"'
            mistakes.add(f"{block.property}.{name}", value, message)
        if mode == PROVISIONED and (value < 1 if value is not None else is_required):
            message = "PROVISIONED needs a capacity of 1 or more units; add it, or remove billing_mode"
            mistakes.add(f"{block.property}.{name}", value, message)


def _check_on_demand(block: Block, mode: object, mistakes: Mistakes) -> None:
    property = f"{block.property}.on_demand_throughput"
    throughput = known_block(block.arguments, "on_demand_throughput")
    if throughput and mode == PROVISIONED:
        message = "limits on-demand requests, and the table is PROVISIONED; remove it, or the billing_mode"
        mistakes.add(property, dict(throughput), message)
    check_ranges(ON_DEMAND_THROUGHPUT_RANGES, arguments=throughput, property=property, mistakes=mistakes)
