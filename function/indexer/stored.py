"""Which change each stored document and tombstone comes from."""

from collections.abc import Collection
from typing import Any

import orjson

from indexer.deadline import Deadline
from indexer.records import Place
from indexer.search import Search

# No attribute's field begins with an underscore (`attributes.field_name`), so this one is free.
SEQUENCE_FIELD = "_sequence_number"

_PER_REQUEST = 5000


def sequence_numbers(places: Collection[Place], search: Search, deadline: Deadline) -> dict[Place, int]:
    """Return the sequence number stored at each place that has one.

    `_mget` reads what was written even before it can be searched. Raises SearchUnavailableError when that fails.
    """
    found: dict[Place, int] = {}
    ordered = list(places)
    for start in range(0, len(ordered), _PER_REQUEST):
        part = ordered[start : start + _PER_REQUEST]
        wanted = [{"_index": index, "_id": id_, "_source": [SEQUENCE_FIELD]} for index, id_ in part]

        def read(answer: Any, part: list[Place] = part) -> dict[Place, int]:
            numbers = zip(part, map(_sequence_number, answer["docs"]), strict=True)
            return {place: number for place, number in numbers if number is not None}

        found |= search.post("/_mget", orjson.dumps({"docs": wanted}), read, deadline)
    return found


def _sequence_number(document: dict[str, Any]) -> int | None:
    if document.get("error"):
        # An index that was never written to holds nothing; any other error says nothing about what is stored.
        if document["error"]["type"] == "index_not_found_exception":
            return None
        raise ValueError(document["error"]["type"])
    if not document["found"]:
        return None
    number = document.get("_source", {}).get(SEQUENCE_FIELD)
    return None if number is None else int(number)
