"""The patterns of a stack: which resources the construct of this package created.

The construct writes a mark into the comment property ``//`` of the stack: the path of each pattern, with the ids of its
resources. cdktf writes the path of each resource into the resource's own comment property. The two together identify a
resource, whatever its name in Terraform is, and a resource that someone else created is never mistaken for one of a
pattern.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

METADATA = "//"
# ddb_stream_lambda/_engine/marks.py writes this property.
MARK = "ddb_stream_lambda"


@dataclass(frozen=True)
class Pattern:
    """A pattern.

    Attributes:
        path: the construct's path, such as ``orders/pipeline``.
        addresses: the addresses of the resources and data sources that it created, by their ids in the construct, such
            as ``dead-letter-queue``.
    """

    path: str
    addresses: Mapping[str, str]


def read_patterns(content: Mapping[str, Any]) -> tuple[Pattern, ...]:
    """Return the patterns of a stack, sorted by their paths.

    Args:
        content: the stack as cdktf wrote it, with its comment properties.
    """
    marks = _get(content, METADATA, MARK)
    if not isinstance(marks, Mapping):
        return ()
    addresses = dict(_addresses_by_path(content))
    patterns = []
    for key, ids in sorted(marks.items()):
        path = unquote(key)
        created = {id: addresses[f"{path}/{id}"] for id in _strings(ids) if f"{path}/{id}" in addresses}
        patterns.append(Pattern(path, created))
    return tuple(patterns)


def _addresses_by_path(content: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for block, prefix in (("resource", ""), ("data", "data.")):
        for type, named in _items(content.get(block)):
            for name, arguments in _items(named):
                path = _get(arguments, METADATA, "metadata", "path")
                if isinstance(path, str):
                    yield path, f"{prefix}{type}.{name}"


def _get(value: Any, *keys: str) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _items(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        yield from value.items()


def _strings(value: Any) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
