"""The schema of a block: which names are arguments, which are nested blocks, and how JSON writes their values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from ..errors import ConfigurationError

METADATA = "//"


class Kind(Enum):
    """The meaning of an argument's strings in Terraform's JSON syntax.

    See https://developer.hashicorp.com/terraform/language/syntax/json#block-type-specific-exceptions.
    """

    TEMPLATE = "templates, with expressions"
    TEXT = "literal text: `${` is two characters"
    CODE = "an expression, such as an address or a type"
    PROVIDER = "literal text, except for the addresses in configuration_aliases"

    def of_key(self, key: str) -> Kind:
        """Return what the strings of an entry are, in an object whose strings are of this kind."""
        if self is Kind.PROVIDER:
            return Kind.CODE if key == "configuration_aliases" else Kind.TEXT
        return self


@dataclass
class BlockSchema:
    """The schema of a block.

    Attributes:
        arguments: the arguments that take a value, by their names.
        blocks: the schemas of the nested blocks by their names.
        dynamic: the schemas of the arguments that ``dynamic`` can fill with blocks, by their names.
        uncertain: arguments that may be blocks: the provider's bindings do not say.
        labels: how many labels the block has.
        types: the schemas by the block's first label. If None, the block has this schema for every label.
        others: the kind of the arguments with any other name; None if there are no others.
    """

    arguments: Mapping[str, Kind] = field(default_factory=dict)
    blocks: dict[str, BlockSchema] = field(default_factory=dict)
    dynamic: dict[str, BlockSchema] = field(default_factory=dict)
    uncertain: set[str] = field(default_factory=set)
    labels: int = 0
    types: Mapping[str, BlockSchema] | None = None
    others: Kind | None = None

    def kind(self, name: str) -> Kind | None:
        """Return the kind of an argument; None if the block does not have the argument."""
        return self.arguments.get(name, self.others)

    def of(self, labels: tuple[str, ...], address: str) -> BlockSchema:
        """Return the schema of a block with these labels.

        Raises:
            ConfigurationError: if there is no schema for the first label.
        """
        if self.types is None:
            return self
        if labels[0] not in self.types:
            raise ConfigurationError(f"{address}: unknown block; use --format json")
        return self.types[labels[0]]

    def block(self, name: str) -> BlockSchema | None:
        """Return the schema of a nested block; None if the block does not have it."""
        if name == "dynamic":
            schemas = {**self.blocks, **self.dynamic}
            contents = {
                label: BlockSchema(DYNAMIC, {"content": BlockSchema(**{**vars(schema), "labels": 0, "types": None})})
                for label, schema in schemas.items()
            }
            return BlockSchema(labels=1, types=contents) if contents else None
        return self.blocks.get(name)


DYNAMIC = {"for_each": Kind.TEMPLATE, "iterator": Kind.CODE, "labels": Kind.TEMPLATE}


@dataclass(frozen=True)
class Body:
    """A block in Terraform's JSON syntax.

    Attributes:
        labels: its labels.
        arguments: its arguments and nested blocks.
        address: its address, for errors.
    """

    labels: tuple[str, ...]
    arguments: Mapping[str, Any]
    address: str


def join(address: str, name: str) -> str:
    """Return the address of a name in the block with an address."""
    return f"{address}.{name}" if address else name


def bodies_of(value: Any, labels: int, address: str) -> Iterator[Body]:
    """Yield the blocks of a value in Terraform's JSON syntax.

    The value is an object for one block or a list for several; null is no block. Each label is a level of
    objects, which may be lists too.

    Raises:
        ConfigurationError: if the value is something else.
    """
    yield from _bodies(value, labels, address, ())


def _bodies(value: Any, labels: int, address: str, found: tuple[str, ...]) -> Iterator[Body]:
    if isinstance(value, list):
        for item in value:
            yield from _bodies(item, labels, address, found)
    elif isinstance(value, Mapping) and labels:
        for label, item in value.items():
            if label != METADATA:
                yield from _bodies(item, labels - 1, join(address, label), (*found, label))
    elif isinstance(value, Mapping):
        yield Body(found, value, address)
    elif value is not None:
        raise ConfigurationError(
            f"{address or 'resource'}: HCL has no expression for a whole block; use --format json, or a dynamic block"
        )
