"""Repairs of localemu's Scan, written after AWS's documentation.

* `ReturnConsumedCapacity`: localemu returns a constant. Here it is half a unit, or one for a consistent read, for each
  4 KB of the page. Unlike in AWS, items and attributes that the page leaves out are not counted.
* Speed: localemu compares all items of the table for each page. Here a page starts at its first item.
* Concurrent writers: localemu can fail while an item is written. Here a page and a write wait for each other.
"""

import bisect
import functools
import math
import threading
from typing import Any

from localemu.services.dynamodb.provider import DynamoDBProvider
from moto.dynamodb.models import Table
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.utilities import bytesize

from .repairs import with_stream_lock

# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
BYTES_PER_UNIT = 4096

scan_with_constant = DynamoDBProvider.scan
scan_table = Table.scan
current_scan = threading.local()


def install() -> None:
    """Replace localemu's functions by the ones below."""
    DynamoDBProvider.scan = scan
    Table.scan = with_stream_lock(scan_from_start_key)
    Table.all_items = items_of_scan


@functools.wraps(scan_with_constant)  # also copies the attributes by which localemu finds the handler of an operation
def scan(provider: Any, context: Any, request: dict[str, Any]) -> Any:
    """Return a page with the capacity that it consumed."""
    result = scan_with_constant(provider, context, request)
    if consumed := result.get("ConsumedCapacity"):
        size = sum(
            bytesize(name) + DynamoType(value).size()
            for item in result.get("Items", [])
            for name, value in item.items()
        )
        units = math.ceil(size / BYTES_PER_UNIT) * (1 if request.get("ConsistentRead") else 0.5) or 0.5
        consumed["CapacityUnits"] = units
        if "Table" in consumed:
            consumed["Table"]["CapacityUnits"] = units
    return result


def scan_from_start_key(
    table: Any, filters: Any, limit: Any, exclusive_start_key: Any, *args: Any, **kwargs: Any
) -> Any:
    """Return a page; the items before its start key are not compared."""
    current_scan.start_key = exclusive_start_key
    try:
        return scan_table(table, filters, limit, exclusive_start_key, *args, **kwargs)
    finally:
        current_scan.start_key = None


def items_of_scan(table: Any) -> list[Any]:
    """Return the items of a table in the order of their keys, without the items up to the current scan's start key."""
    names = [name for name in (table.hash_key_attr, table.range_key_attr) if name]
    if table.range_key_attr:
        items = [item for items in list(table.items.values()) for item in list(items.values())]
    else:
        items = list(table.items.values())

    def position(item: Any) -> tuple[Any, ...]:
        return tuple(item.attrs[name].cast_value for name in names)

    items.sort(key=position)
    if start := getattr(current_scan, "start_key", None):
        after = tuple(DynamoType(start[name]).cast_value for name in names)
        items = items[bisect.bisect_right(items, after, key=position) :]
    return items
