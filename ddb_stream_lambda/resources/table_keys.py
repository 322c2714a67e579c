"""The keys of the table: the attributes that define them, and the secondary indexes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .._engine.tokens import is_token
from ..arguments.checks import check_choice
from ..arguments.conforming import Arguments
from ..arguments.names import breaks_rule
from ..errors import Mistakes
from ..limits import (
    INDEX_NAME,
    KEY_ATTRIBUTE_TYPES,
    KEY_TYPES,
    MAX_ATTRIBUTE_NAME_LENGTH,
    MAX_ATTRIBUTES_OF_KEY_TYPE,
    MAX_LOCAL_SECONDARY_INDEXES,
    MAX_PROJECTED_ATTRIBUTES,
    MAX_PROJECTED_ATTRIBUTES_OF_INDEX,
    PROJECTION_TYPES,
)

DEFAULT_KEY_TYPE = "S"

GLOBAL_INDEXES = "global_secondary_index"
LOCAL_INDEXES = "local_secondary_index"
KEYS = ("hash_key", "range_key")
# The key of a global index in the form that can have several attributes of each type.
KEY_SCHEMA = "key_schema"


@dataclass(frozen=True)
class Block:
    """One of several blocks of the same name.

    Attributes:
        property: Its name in messages, such as ``dynamo_table_props.replica[0]``.
        arguments: Its arguments.
    """

    property: str
    arguments: Mapping[str, Any]


def known_blocks(arguments: Arguments, name: str, *, property: str) -> list[Block]:
    """Return the blocks of a name that are not expressions."""
    value = arguments.get(name)
    items = value if isinstance(value, list) else []
    return [Block(f"{property}.{name}[{number}]", item) for number, item in enumerate(items) if isinstance(item, dict)]


def _known_blocks_of(block: Block, name: str) -> list[Block]:
    return known_blocks(dict(block.arguments), name, property=block.property)


def known_block(arguments: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return the one block of a name; an empty one if there is none, or if it is an expression."""
    value = arguments.get(name)
    return value if isinstance(value, dict) and not is_token(value) else {}


def has_unknown_blocks(arguments: Arguments, name: str) -> bool:
    """Return whether some blocks of a name are expressions."""
    value = arguments.get(name, [])
    return not isinstance(value, list) or any(not isinstance(item, dict) for item in value)


def check_keys(arguments: Arguments, *, is_restored: bool, property: str, mistakes: Mistakes) -> None:
    """Define the key attributes that `attribute` leaves out; add a mistake for each wrong key, attribute and index.

    Args:
        arguments: The table's arguments; the missing attributes are added to them.
        is_restored: Whether the table is restored, so that it gets its keys from its source.
        property: The name of the props in messages.
        mistakes: The collector of mistakes.
    """
    schemas = [Block(property, arguments), *known_blocks(arguments, GLOBAL_INDEXES, property=property)]
    for schema in schemas:
        _check_key_names(schema, mistakes)
    for index in schemas[1:]:
        _check_index_key(index, mistakes)
    _check_indexes(arguments, property=property, mistakes=mistakes)
    if is_restored and "hash_key" not in arguments:
        given = [name for name in ("attribute", GLOBAL_INDEXES, LOCAL_INDEXES, "range_key") if arguments.get(name)]
        if given:
            message = f"{given[0]} needs the key of the source table too; add hash_key, and range_key if it has one"
            mistakes.add(f"{property}.hash_key", None, message)
        # The provider reads the keys and their attributes from the restored table.
        if arguments.get("attribute") == []:
            del arguments["attribute"]
        return
    _check_local_indexes(arguments, property=property, mistakes=mistakes)
    _define_key_attributes(arguments, property=property, mistakes=mistakes)
    for schema in schemas:
        _check_key_attributes_differ(schema, mistakes)


def _attributes_of_key(block: Block) -> Iterator[tuple[str, object]]:
    """Yield the attributes of the key of a table or an index, each with its name in messages."""
    for key in KEYS:
        if block.arguments.get(key) is not None:
            yield f"{block.property}.{key}", block.arguments[key]
    for part in _known_blocks_of(block, KEY_SCHEMA):
        if part.arguments.get("attribute_name") is not None:
            yield f"{part.property}.attribute_name", part.arguments["attribute_name"]


def _check_key_names(block: Block, mistakes: Mistakes) -> None:
    for property, name in _attributes_of_key(block):
        if isinstance(name, str) and not is_token(name) and not 1 <= len(name) <= MAX_ATTRIBUTE_NAME_LENGTH:
            message = f"must be the name of an attribute, 1 to {MAX_ATTRIBUTE_NAME_LENGTH} characters"
            mistakes.add(property, name, message)


def _check_key_attributes_differ(block: Block, mistakes: Mistakes) -> None:
    hash_key, range_key = (block.arguments.get(key) for key in KEYS)
    if range_key is not None and hash_key == range_key and not is_token(range_key):
        mistakes.add(f"{block.property}.range_key", range_key, "is the hash_key too; name another attribute")
    seen: list[object] = []
    for part in _known_blocks_of(block, KEY_SCHEMA):
        name = part.arguments.get("attribute_name")
        if name in seen and not is_token(name):
            mistakes.add(f"{part.property}.attribute_name", name, "is in this key twice; name another attribute")
        seen.append(name)


def _check_index_key(index: Block, mistakes: Mistakes) -> None:
    """Add a mistake for each wrong part of a global index's key.

    The rules are those of `validateGlobalSecondaryIndex` and `validateGSIKeySchema` of the provider:
    https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/dynamodb/table.go
    """
    schema = index.arguments.get(KEY_SCHEMA)
    if not schema and not is_token(schema):
        if "hash_key" not in index.arguments and not _has_mistake(index, mistakes):
            example = '[{"attribute_name": "customer", "key_type": "HASH"}]'
            mistakes.add(f"{index.property}.{KEY_SCHEMA}", schema, f"an index needs a key; add, for example, {example}")
        return
    for key in KEYS:
        if key in index.arguments:
            message = f"the index has a {KEY_SCHEMA}, which replaces it; remove one of the two"
            mistakes.add(f"{index.property}.{key}", index.arguments[key], message)
    parts = _known_blocks_of(index, KEY_SCHEMA)
    types = [part.arguments.get("key_type") for part in parts]
    for part, type in zip(parts, types, strict=True):
        check_choice(KEY_TYPES, value=type, property=f"{part.property}.key_type", mistakes=mistakes)
    if has_unknown_blocks(dict(index.arguments), KEY_SCHEMA) or not all(type in KEY_TYPES for type in types):
        return
    for number, type in enumerate(types):
        if type == "HASH" and "RANGE" in types[:number]:
            message = "the parts of type HASH come before those of type RANGE; move it up"
            mistakes.add(f"{parts[number].property}.key_type", type, message)
    limits = (
        f"1 to {MAX_ATTRIBUTES_OF_KEY_TYPE} attributes of type HASH, and up to {MAX_ATTRIBUTES_OF_KEY_TYPE} of RANGE"
    )
    hashes, ranges = (types.count(type) for type in KEY_TYPES)
    if not 1 <= hashes <= MAX_ATTRIBUTES_OF_KEY_TYPE or ranges > MAX_ATTRIBUTES_OF_KEY_TYPE:
        mistakes.add(f"{index.property}.{KEY_SCHEMA}", f"{hashes} of HASH, {ranges} of RANGE", f"must have {limits}")


def _has_mistake(block: Block, mistakes: Mistakes) -> bool:
    """Return whether a key of the block is reported already, so that it was given."""
    names = tuple(f"{block.property}.{name}" for name in (*KEYS, KEY_SCHEMA))
    return any(mistake.property.startswith(names) for mistake in mistakes.found)


def _check_indexes(arguments: Arguments, *, property: str, mistakes: Mistakes) -> None:
    blocks = [
        block for name in (GLOBAL_INDEXES, LOCAL_INDEXES) for block in known_blocks(arguments, name, property=property)
    ]
    names: list[object] = []
    projected = 0
    for block in blocks:
        name = block.arguments.get("name")
        if isinstance(name, str) and not is_token(name):
            if breaks_rule(name, INDEX_NAME):
                rule = f"{INDEX_NAME.min_length} to {INDEX_NAME.max_length} characters of {INDEX_NAME.characters}"
                mistakes.add(f"{block.property}.name", name, f"must be {rule}")
            if name in names:
                mistakes.add(f"{block.property}.name", name, "another index has this name; choose a different one")
            names.append(name)
        projected += _check_projection(block, mistakes)
    if projected > MAX_PROJECTED_ATTRIBUTES:
        message = (
            f"the non_key_attributes of all indexes may be {MAX_PROJECTED_ATTRIBUTES} at most; "
            'remove some, or use projection_type="ALL"'
        )
        mistakes.add(f"{property}.{GLOBAL_INDEXES}", f"{projected} attributes", message)


def _check_projection(block: Block, mistakes: Mistakes) -> int:
    """Check what an index projects; return the number of the attributes that it includes."""
    projection = block.arguments.get("projection_type")
    check_choice(PROJECTION_TYPES, value=projection, property=f"{block.property}.projection_type", mistakes=mistakes)
    attributes = block.arguments.get("non_key_attributes")
    if projection is None or is_token(projection) or is_token(attributes):
        return 0
    property = f"{block.property}.non_key_attributes"
    if projection == "INCLUDE" and not attributes:
        message = 'projection_type="INCLUDE" needs the attributes to include; add them, or use "KEYS_ONLY"'
        mistakes.add(property, attributes, message)
    if projection in ("ALL", "KEYS_ONLY") and attributes:
        message = f'projection_type="{projection}" includes no attributes by name; remove it, or use "INCLUDE"'
        mistakes.add(property, attributes, message)
    if projection != "INCLUDE" or not isinstance(attributes, list):
        return 0
    if len(attributes) > MAX_PROJECTED_ATTRIBUTES_OF_INDEX:
        message = f'must be at most {MAX_PROJECTED_ATTRIBUTES_OF_INDEX}; remove some, or use projection_type="ALL"'
        mistakes.add(property, f"{len(attributes)} attributes", message)
    return len(attributes)


def _check_local_indexes(arguments: Arguments, *, property: str, mistakes: Mistakes) -> None:
    blocks = known_blocks(arguments, LOCAL_INDEXES, property=property)
    if len(blocks) > MAX_LOCAL_SECONDARY_INDEXES:
        message = f"a table has at most {MAX_LOCAL_SECONDARY_INDEXES}; use {GLOBAL_INDEXES} for some"
        mistakes.add(f"{property}.{LOCAL_INDEXES}", f"{len(blocks)} indexes", message)
    if blocks and "range_key" not in arguments:
        # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LSI.html
        message = f"a local secondary index needs a table with a range_key; add one, or use {GLOBAL_INDEXES}"
        mistakes.add(f"{property}.range_key", None, message)


def _key_attributes(arguments: Arguments, property: str) -> Iterator[tuple[str, object]]:
    for key in KEYS:
        if key in arguments:
            yield f"{property}.{key}", arguments[key]


def _index_attributes(arguments: Arguments, property: str) -> Iterator[tuple[str, object]]:
    for name in (GLOBAL_INDEXES, LOCAL_INDEXES):
        for block in known_blocks(arguments, name, property=property):
            yield from _attributes_of_key(block)


def _define_key_attributes(arguments: Arguments, *, property: str, mistakes: Mistakes) -> None:
    """Define the key attributes that `attribute` leaves out, and check the others."""
    attributes = arguments.setdefault("attribute", [])
    if not isinstance(attributes, list):
        return  # an expression
    blocks = known_blocks(arguments, "attribute", property=property)
    for block in blocks:
        check_choice(
            KEY_ATTRIBUTE_TYPES,
            value=block.arguments.get("type"),
            property=f"{block.property}.type",
            mistakes=mistakes,
        )
    has_unknown_attributes = has_unknown_blocks(arguments, "attribute")
    defined = {block.property: block.arguments.get("name") for block in blocks}
    _check_defined_once(defined, mistakes)
    keys = list(_key_attributes(arguments, property))
    used = [name for _, name in (*keys, *_index_attributes(arguments, property))]
    unused = [name for name in defined.values() if name not in used]
    names = list(defined.values())
    for _, name in keys:
        # The expression for a name can be the name of an attribute that no other key uses.
        may_be_defined = has_unknown_attributes or any(is_token(name) or is_token(other) for other in unused)
        if name not in names and not may_be_defined:
            attributes.append({"name": name, "type": DEFAULT_KEY_TYPE})
            names.append(name)
    has_unknown_indexes = any(has_unknown_blocks(arguments, name) for name in (GLOBAL_INDEXES, LOCAL_INDEXES)) or any(
        has_unknown_blocks(dict(index.arguments), KEY_SCHEMA)
        for index in known_blocks(arguments, GLOBAL_INDEXES, property=property)
    )
    has_unknown_names = any(is_token(name) for name in (*used, *names))
    if has_unknown_attributes or has_unknown_names:
        return
    for key_property, name in _index_attributes(arguments, property):
        if name not in names:
            message = f'is not defined; add {{"name": {name!r}, "type": "S"}} (or N, B) to {property}.attribute'
            mistakes.add(key_property, name, message)
    if has_unknown_indexes:
        return
    for attribute_property, name in defined.items():
        if name not in used:
            message = "is not a key of the table or of an index; remove it, items can have any attribute"
            mistakes.add(f"{attribute_property}.name", name, message)


def _check_defined_once(defined: Mapping[str, object], mistakes: Mistakes) -> None:
    seen: list[object] = []
    for property, name in defined.items():
        if name in seen and not is_token(name):
            mistakes.add(f"{property}.name", name, "is defined twice; remove one of the two")
        seen.append(name)
