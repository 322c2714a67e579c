"""The strings of a configuration, each with the place where it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class PlacedString:
    """A string and its place.

    Attributes:
        text: the string, which is a template.
        address: the place in words, such as ``resource.aws_s3_object.page.source``.
        keys: the keys of the objects around it, from the type of the block to the argument.
    """

    text: str
    address: str
    keys: tuple[str, ...]

    @property
    def argument(self) -> str:
        """The name of the argument that holds the string."""
        return self.keys[-1] if self.keys else ""


def strings_of(value: Any, address: str = "", keys: tuple[str, ...] = ()) -> Iterator[PlacedString]:
    """Yield the strings of a value in Terraform's JSON syntax."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from strings_of(item, f"{address}.{key}" if address else key, (*keys, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from strings_of(item, f"{address}[{index}]", keys)
    elif isinstance(value, str):
        yield PlacedString(value, address, keys)


def texts_of(value: Any) -> Iterator[str]:
    """Yield the strings of a value without their places."""
    return (string.text for string in strings_of(value))
