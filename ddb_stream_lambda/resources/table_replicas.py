"""The replicas of the table in other regions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .._engine.tokens import is_token
from ..arguments.checks import check_choice
from ..arguments.completing import merge
from ..arguments.conforming import Arguments
from ..errors import Mistakes
from ..limits import CONSISTENCY_MODES
from .table_keys import has_unknown_blocks, known_block, known_blocks

REPLICAS = "replica"
WITNESS = "global_table_witness"

# https://docs.aws.amazon.com/general/latest/gr/ddb.html
REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-\d{1,2}")


def protect_replicas(arguments: Arguments) -> None:
    """Give each replica the table's protections, unless it sets its own."""
    replicas = arguments.get(REPLICAS)
    if not isinstance(replicas, list):
        return  # an expression, or none
    recovery = known_block(arguments, "point_in_time_recovery").get("enabled")
    protections = {
        "point_in_time_recovery": recovery,
        "deletion_protection_enabled": arguments.get("deletion_protection_enabled"),
    }
    given = {name: value for name, value in protections.items() if value is not None and value is not False}
    arguments[REPLICAS] = [merge(given, replica) if isinstance(replica, dict) else replica for replica in replicas]


def unprotected_replicas(arguments: Arguments, protection: str, *, property: str) -> list[str]:
    """Return the names in messages of a protection that replicas turn off."""
    blocks = known_blocks(arguments, REPLICAS, property=property)
    return [f"{block.property}.{protection}" for block in blocks if block.arguments.get(protection) is False]


def replica_regions(arguments: Mapping[str, Any], *, property: str) -> dict[str, str]:
    """Return the known regions of the replicas and the witness, by their name in messages."""
    blocks = known_blocks(dict(arguments), REPLICAS, property=property)
    found = {f"{block.property}.region_name": block.arguments.get("region_name") for block in blocks}
    found[f"{property}.{WITNESS}.region_name"] = known_block(arguments, WITNESS).get("region_name")
    return {name: region for name, region in found.items() if isinstance(region, str) and not is_token(region)}


def check_replicas(arguments: Arguments, *, property: str, mistakes: Mistakes) -> None:
    """Add a mistake for each wrong argument of the replicas and the witness."""
    blocks = known_blocks(arguments, REPLICAS, property=property)
    seen: list[str] = []
    for name, region in replica_regions(arguments, property=property).items():
        if not REGION.fullmatch(region):
            mistakes.add(name, region, "must be the name of a region, such as eu-central-1")
        if region in seen:
            mistakes.add(name, region, "another replica is in this region; remove one of the two")
        seen.append(region)
    modes = [block.arguments.get("consistency_mode", "EVENTUAL") for block in blocks]
    for block, mode in zip(blocks, modes, strict=True):
        check_choice(CONSISTENCY_MODES, value=mode, property=f"{block.property}.consistency_mode", mistakes=mistakes)
    view = arguments.get("stream_view_type")
    if "EVENTUAL" in modes and isinstance(view, str) and not is_token(view) and view != "NEW_AND_OLD_IMAGES":
        # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_HowItWorks.html
        message = "replicas need NEW_AND_OLD_IMAGES, which is the default; remove it"
        mistakes.add(f"{property}.stream_view_type", view, message)
    if not has_unknown_blocks(arguments, REPLICAS) and not any(is_token(mode) for mode in modes):
        _check_consistency(arguments, modes, property=property, mistakes=mistakes)


def _check_consistency(arguments: Arguments, modes: list[str], *, property: str, mistakes: Mistakes) -> None:
    # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_HowItWorks.html
    has_witness = WITNESS in arguments
    rule = "strong consistency needs exactly three regions: the table and two replicas, or one replica and a witness"
    if "STRONG" not in modes:
        if has_witness:
            message = f'needs one replica with consistency_mode="STRONG"; {rule}'
            mistakes.add(f"{property}.{WITNESS}", arguments[WITNESS], message)
        return
    if set(modes) != {"STRONG"}:
        number = next(number for number, mode in enumerate(modes) if mode != "STRONG")
        message = 'all replicas have the same consistency_mode; use "STRONG" for all of them'
        mistakes.add(f"{property}.{REPLICAS}[{number}].consistency_mode", modes[number], message)
    elif len(modes) + has_witness != 2:
        found = f"{len(modes)} replicas" + (" and a witness" if has_witness else "")
        mistakes.add(f"{property}.{REPLICAS}", found, rule)
