"""The table whose stream feeds the function: a new one, or one of the three kinds of existing ones."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from cdktf_cdktf_provider_aws.data_aws_dynamodb_table import DataAwsDynamodbTable
from cdktf_cdktf_provider_aws.dynamodb_table import DynamodbTable
from constructs import Construct

from .._engine import tokens
from .._engine.creation import beside, create
from ..arguments._generated import DynamoTableProps
from ..arguments.conforming import Arguments, check_choice, check_name, check_present, conform, merge, require
from ..errors import Mistakes
from ..limits import BILLING_MODES, KEY_ATTRIBUTE_TYPES, STREAM_VIEW_TYPES, TABLE_NAME
from . import defaults
from .permissions import KEY_ARN, kms_key_arn_of

PROPS = "dynamo_table_props"
EXISTING = "existing_table_interface"

TABLE_ARN = re.compile(r"arn:[\w-]+:dynamodb:[\w-]+:\d{12}:table/[A-Za-z0-9_.-]+")
STREAM_ARN = re.compile(rf"(?P<table>{TABLE_ARN.pattern})/stream/[\w:.-]+")


@dataclass(frozen=True)
class TableByArn:
    """A table that neither the app nor a data source knows: given by its ARNs.

    Attributes:
        arn: the table's ARN, or a token.
        stream_arn: the ARN of its stream, or a token.
        kms_key_arn: the ARN of the customer managed key that encrypts the table, if one does; the function's role is
            allowed to decrypt with it. Default: none.

    Raises:
        PatternError: at the construct, if an ARN is not one of a DynamoDB table, or the stream is another table's.
    """

    arn: str
    stream_arn: str
    kms_key_arn: str | None = None


ExistingTable = DynamodbTable | DataAwsDynamodbTable | TableByArn


@dataclass(frozen=True)
class Source:
    """The table in use, as the rest of the pattern sees it."""

    interface: ExistingTable
    created: DynamodbTable | None
    stream_arn: str
    kms_key_arn: str | None


def check_table(path: str, existing: object, props: object, mistakes: Mistakes) -> Arguments | None:
    """The arguments of a new table, or None where a table is given; what is wrong is noted."""
    if existing is None:
        return _check_new(path, {} if props is None else props, mistakes)
    if props is not None:
        remedy = f"shapes a new table, and {EXISTING} gives one; give one of the two"
        mistakes.add(PROPS, props, remedy)
    _check_existing(existing, mistakes)
    return None


def build_table(scope: Construct, existing: ExistingTable | None, arguments: Arguments | None) -> Source:
    """The given table, or a new one."""
    if existing is not None:
        key = _kms_key_of(existing)
        key_arn = None if key is None else kms_key_arn_of(scope, "table-key", key, {})
        return Source(existing, None, existing.stream_arn, key_arn)
    assert arguments is not None  # noqa: S101 - as check_table has it
    table = create(DynamodbTable, scope, "table", arguments)
    encryption = arguments.get("server_side_encryption", {})
    key = encryption.get("kms_key_arn") if encryption.get("enabled", False) is not False else None
    key_arn = None if key is None else kms_key_arn_of(scope, "table-key", key, beside(arguments))
    return Source(table, table, table.stream_arn, key_arn)


def _check_new(path: str, props: object, mistakes: Mistakes) -> Arguments:
    given = conform(DynamoTableProps, props, PROPS, mistakes, "aws_dynamodb_table")
    arguments = merge(defaults.table(path), given)
    require(DynamoTableProps, arguments, PROPS, mistakes)
    check_name(TABLE_NAME, arguments.get("name"), f"{PROPS}.name", mistakes)
    choices = {"billing_mode": BILLING_MODES, "stream_view_type": STREAM_VIEW_TYPES}
    for key, allowed in choices.items():
        check_choice(allowed, arguments.get(key), f"{PROPS}.{key}", mistakes)
    if arguments.get("stream_enabled") is False:
        remedy = "the function is fed by the stream; leave it out, the pattern turns the stream on"
        mistakes.add(f"{PROPS}.stream_enabled", False, remedy)
    check_present(("name", "hash_key"), arguments, PROPS, mistakes)
    _complete_attributes(arguments, mistakes)
    _check_capacities(arguments, mistakes)
    return arguments


def _check_existing(existing: object, mistakes: Mistakes) -> None:
    match existing:
        case DataAwsDynamodbTable():
            pass
        case DynamodbTable():
            if existing.stream_enabled_input in (None, False):
                remedy = "the table's stream is off; give that table stream_enabled=True and a stream_view_type"
                mistakes.add(f"{EXISTING}.stream_enabled", existing.stream_enabled_input, remedy)
        case TableByArn():
            _check_arns(existing, mistakes)
        case _:
            remedy = "must be a DynamodbTable, a DataAwsDynamodbTable, or TableByArn(arn=…, stream_arn=…)"
            mistakes.add(EXISTING, existing, remedy)


def _kms_key_of(existing: ExistingTable) -> str | None:
    """The customer managed key of a given table; what a data source reads is not known before Terraform runs."""
    match existing:
        case TableByArn():
            return existing.kms_key_arn
        case DynamodbTable():
            encryption = existing.server_side_encryption_input
            if encryption is not None and encryption.enabled is not False:
                return encryption.kms_key_arn
    return None


def _key_attributes(arguments: Arguments) -> Iterator[tuple[str, object]]:
    for key in ("hash_key", "range_key"):
        if key in arguments:
            yield f"{PROPS}.{key}", arguments[key]


def _index_attributes(arguments: Arguments) -> Iterator[tuple[str, object]]:
    for block in ("global_secondary_index", "local_secondary_index"):
        indexes = arguments.get(block)
        for place, index in enumerate(indexes if isinstance(indexes, list) else ()):
            for key in ("hash_key", "range_key"):
                if isinstance(index, dict) and index.get(key) is not None:
                    yield f"{PROPS}.{block}[{place}].{key}", index[key]


def _complete_attributes(arguments: Arguments, mistakes: Mistakes) -> None:
    """Define the key attributes that `attribute` leaves out, and hold the rest of it to its use."""
    attributes = arguments.setdefault("attribute", [])
    if not isinstance(attributes, list):
        return  # a token: Terraform knows it later
    blocks = [block for block in attributes if isinstance(block, dict)]
    for place, block in enumerate(blocks):
        at = f"{PROPS}.attribute[{place}].type"
        check_choice(KEY_ATTRIBUTE_TYPES, block.get("type"), at, mistakes)
    defined = [block.get("name") for block in blocks]
    for place, name in enumerate(defined):
        if name in defined[:place]:
            mistakes.add(f"{PROPS}.attribute[{place}].name", name, "is defined twice; keep one of the two")
    for _, name in _key_attributes(arguments):
        if name not in defined:
            attributes.append({"name": name, "type": defaults.KEY_ATTRIBUTE_TYPE})
            defined.append(name)
    used = [name for _, name in (*_key_attributes(arguments), *_index_attributes(arguments))]
    if any(tokens.is_token(name) for name in (*used, *defined)):
        return
    for at, name in _index_attributes(arguments):
        if name not in defined:
            remedy = f'is not defined; add {{"name": {name!r}, "type": "S"}} (or N, B) to {PROPS}.attribute'
            mistakes.add(at, name, remedy)
    for place, name in enumerate(defined):
        if name not in used:
            remedy = "is the key of neither the table nor an index; leave it out, items take any attribute"
            mistakes.add(f"{PROPS}.attribute[{place}].name", name, remedy)


def _check_capacities(arguments: Arguments, mistakes: Mistakes) -> None:
    mode = arguments.get("billing_mode", "PROVISIONED")
    holders = [(PROPS, arguments)]
    indexes = arguments.get("global_secondary_index")
    for place, index in enumerate(indexes if isinstance(indexes, list) else ()):
        if isinstance(index, dict):
            holders.append((f"{PROPS}.global_secondary_index[{place}]", index))
    for at, holder in holders:
        for key in ("read_capacity", "write_capacity"):
            value = holder.get(key)
            if mode == "PAY_PER_REQUEST" and value is not None:
                remedy = 'PAY_PER_REQUEST takes no capacity; leave it out, or set billing_mode="PROVISIONED"'
                mistakes.add(f"{at}.{key}", value, remedy)
            if mode == "PROVISIONED" and not value:
                remedy = "PROVISIONED needs a capacity of 1 or more units; give it, or leave out billing_mode"
                mistakes.add(f"{at}.{key}", value, remedy)


def _check_arns(table: TableByArn, mistakes: Mistakes) -> None:
    shapes = {
        "arn": (TABLE_ARN, "a table's ARN: arn:aws:dynamodb:<region>:<account>:table/<name>"),
        "stream_arn": (STREAM_ARN, "a stream's ARN: the table's ARN and /stream/<label>"),
        "kms_key_arn": (KEY_ARN, "a key's ARN: arn:aws:kms:<region>:<account>:key/<id>"),
    }
    found = {}
    for key, (shape, said) in shapes.items():
        value = getattr(table, key)
        if tokens.is_token(value) or (value is None and key == "kms_key_arn"):
            continue
        found[key] = shape.fullmatch(value) if isinstance(value, str) else None
        if found[key] is None:
            mistakes.add(f"{EXISTING}.{key}", value, f"must be {said}")
    arn, stream = found.get("arn"), found.get("stream_arn")
    if arn and stream and stream["table"] != table.arn:
        remedy = f"is the stream of another table than {table.arn}; give both ARNs of one table"
        mistakes.add(f"{EXISTING}.stream_arn", table.stream_arn, remedy)
