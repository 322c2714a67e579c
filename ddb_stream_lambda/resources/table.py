"""The table whose stream invokes the function: a new one, or one of the three kinds of existing ones."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from cdktf import Fn
from cdktf_cdktf_provider_aws.data_aws_dynamodb_table import DataAwsDynamodbTable
from cdktf_cdktf_provider_aws.dynamodb_table import DynamodbTable
from constructs import Construct

from .._engine.creation import create
from .._engine.tokens import is_token
from ..arguments._generated import DynamoTableProps
from ..arguments.checks import check_choice, check_name, check_present
from ..arguments.companions import companion_arguments, companion_of
from ..arguments.completing import complete
from ..arguments.conforming import Arguments
from ..arguments.names import unique_name
from ..arguments.policies import Statement, allow
from ..arguments.warnings import OverrideWarning
from ..errors import Mistakes
from ..limits import BILLING_MODES, KEY_ATTRIBUTE_TYPES, STREAM_VIEW_TYPES, TABLE_NAME
from .kms_keys import KEY_ARN, look_up_key

PROPS = "dynamo_table_props"
EXISTING = "existing_table_interface"

DEFAULT_KEY_TYPE = "S"

TABLE_ARN = re.compile(r"arn:[\w-]+:dynamodb:[\w-]+:\d{12}:table/[A-Za-z0-9_.-]+")
STREAM_ARN = re.compile(rf"(?P<table>{TABLE_ARN.pattern})/stream/[\w:.-]+")

TableWarningId = Literal[
    "deletion_protection_enabled",
    "point_in_time_recovery",
    "prevent_destroy",
    "server_side_encryption",
]


@dataclass(frozen=True)
class TableByArn:
    """A table that is known only by its ARNs: neither a resource of the app nor a data source.

    Attributes:
        arn: The table's ARN, or a token. Default: None, for the ARN that the stream's ARN begins with.
        stream_arn: The ARN of its stream, or a token. Required.
        kms_key_arn: The ARN of the customer managed key that encrypts the table. The function's role gets the
            permission to decrypt with it. Default: None, for a table without such a key.

    Raises:
        PatternError: At the construct, if an ARN is not one of a DynamoDB table, or the stream is another table's.
    """

    arn: str | None = None
    stream_arn: str = ""
    kms_key_arn: str | None = None


ExistingTable = DynamodbTable | DataAwsDynamodbTable | TableByArn


@dataclass(frozen=True)
class NewTable:
    """A table to create, with its complete arguments."""

    arguments: Arguments

    def companion(self) -> dict[str, Any]:
        """Return the `provider` and `region` for the resources that belong to the table."""
        return companion_arguments(self.arguments)

    def region_in_arn(self) -> str | None:
        """Return None: the ARN of a new table is unknown."""
        return None


@dataclass(frozen=True)
class GivenTable:
    """A table that exists or belongs to the app."""

    interface: ExistingTable

    def companion(self) -> dict[str, Any]:
        """Return the `provider` and `region` for the resources that belong to the table."""
        return {} if isinstance(self.interface, TableByArn) else companion_of(self.interface)

    def region_in_arn(self) -> str | None:
        """Return the region in the ARN of a table that is given by its ARNs."""
        if not isinstance(self.interface, TableByArn) or is_token(self.interface.stream_arn):
            return None
        arn = STREAM_ARN.fullmatch(str(self.interface.stream_arn))
        return None if arn is None else arn["table"].split(":")[3]


@dataclass(frozen=True)
class Table:
    """The table in use.

    Attributes:
        interface: The table that was created or given.
        created: The table, if it was created.
        arn: Its ARN.
        stream_arn: The ARN of its stream.
        kms_key_arn: The ARN of its customer managed key, if it has one.
    """

    interface: ExistingTable
    created: DynamodbTable | None
    arn: str
    stream_arn: str
    kms_key_arn: str | None

    def statements(self) -> Iterator[Statement]:
        """Yield the permissions to read the stream."""
        # ListStreams has no resource type:
        # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
        yield allow("ListStreams", ["dynamodb:ListStreams"], "*")
        read = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"]
        yield allow("ReadStream", read, self.stream_arn)
        if self.kms_key_arn is not None:
            yield allow("DecryptStream", ["kms:Decrypt", "kms:DescribeKey"], self.kms_key_arn)


def defaults(path: str) -> dict[str, Any]:
    """Return the default arguments of `aws_dynamodb_table`.

    Two settings retain the table. `prevent_destroy` makes Terraform refuse, but it disappears with the block when the
    table is removed from the configuration. Then `deletion_protection_enabled` makes DynamoDB refuse.
    """
    return {
        "name": unique_name(path, TABLE_NAME),
        "billing_mode": "PAY_PER_REQUEST",
        "hash_key": "id",
        "stream_enabled": True,
        "stream_view_type": "NEW_AND_OLD_IMAGES",
        "server_side_encryption": {"enabled": True},
        "point_in_time_recovery": {"enabled": True},
        "deletion_protection_enabled": True,
        "lifecycle": {"prevent_destroy": True},
    }


def check_table(
    *, path: str, existing: ExistingTable | None, props: object, mistakes: Mistakes
) -> NewTable | GivenTable:
    """Return the table to use; add a mistake for each wrong input."""
    if existing is None:
        return NewTable(_check_new(path, props, mistakes))
    if props is not None:
        mistakes.add(PROPS, props, f"configures a new table, but {EXISTING} gives one; remove one of the two")
    if not isinstance(existing, DynamodbTable | DataAwsDynamodbTable | TableByArn):
        message = "must be a DynamodbTable, a DataAwsDynamodbTable, or TableByArn(stream_arn=…)"
        mistakes.add(EXISTING, existing, message)
        return NewTable(defaults(path))
    _check_existing(existing, mistakes)
    return GivenTable(existing)


def build_table(*, scope: Construct, table: NewTable | GivenTable, function_companion: Mapping[str, Any]) -> Table:
    """Create the table, or take the given one.

    Args:
        scope: The pattern.
        table: The table to create or to take.
        function_companion: The `provider` and `region` of the function. The look-up of the key of a table that is given
            by its ARNs uses them: such a table has no provider, and is in the function's region.
    """
    match table:
        case GivenTable(interface):
            key = _key_of_existing(interface)
            companion = function_companion if isinstance(interface, TableByArn) else table.companion()
            key_arn = None if key is None else look_up_key(scope=scope, id="table-key", key=key, companion=companion)
            return Table(interface, None, _arn_of(interface), interface.stream_arn, key_arn)
        case NewTable(arguments):
            created = create(DynamodbTable, scope=scope, id="table", arguments=arguments)
            encryption = arguments.get("server_side_encryption", {})
            key = encryption.get("kms_key_arn") if encryption.get("enabled", False) is not False else None
            companion = table.companion()
            key_arn = None if key is None else look_up_key(scope=scope, id="table-key", key=key, companion=companion)
            return Table(created, created, created.arn, created.stream_arn, key_arn)


def warnings_of(table: NewTable | GivenTable) -> Iterator[OverrideWarning]:
    """Yield a warning for each protective default of a new table that the props weaken."""
    if isinstance(table, GivenTable):
        return
    arguments = table.arguments
    if arguments.get("server_side_encryption", {}).get("enabled", False) is False:
        yield _warning(
            "server_side_encryption",
            f"{PROPS}.server_side_encryption is off: the table is encrypted with a key that AWS owns, "
            "and CloudTrail does not record its use.",
        )
    if arguments.get("point_in_time_recovery", {}).get("enabled", False) is False:
        yield _warning(
            "point_in_time_recovery",
            f"{PROPS}.point_in_time_recovery is off: overwritten or deleted items cannot be restored.",
        )
    if arguments.get("lifecycle", {}).get("prevent_destroy", False) is False:
        yield _warning(
            "prevent_destroy",
            f"{PROPS}.lifecycle.prevent_destroy is off: Terraform may destroy or replace the table.",
        )
    if arguments.get("deletion_protection_enabled", False) is False:
        yield _warning(
            "deletion_protection_enabled",
            f"{PROPS}.deletion_protection_enabled is off: Terraform deletes the table when it is removed from the "
            "configuration.",
        )


def _warning(id: TableWarningId, consequence: str) -> OverrideWarning:
    return OverrideWarning(id, consequence)


def _check_new(path: str, props: object, mistakes: Mistakes) -> Arguments:
    arguments = complete(
        DynamoTableProps,
        props,
        defaults=defaults(path),
        property=PROPS,
        mistakes=mistakes,
        resource="aws_dynamodb_table",
    )
    check_name(TABLE_NAME, value=arguments.get("name"), property=f"{PROPS}.name", mistakes=mistakes)
    choices = {"billing_mode": BILLING_MODES, "stream_view_type": STREAM_VIEW_TYPES}
    for name, allowed in choices.items():
        check_choice(allowed, value=arguments.get(name), property=f"{PROPS}.{name}", mistakes=mistakes)
    if arguments.get("stream_enabled") is False:
        message = "the stream invokes the function; remove it, the pattern enables the stream"
        mistakes.add(f"{PROPS}.stream_enabled", False, message)
    check_present(("name", "hash_key"), arguments=arguments, property=PROPS, mistakes=mistakes)
    _define_key_attributes(arguments, mistakes)
    _check_capacities(arguments, mistakes)
    return arguments


def _check_existing(existing: ExistingTable, mistakes: Mistakes) -> None:
    match existing:
        case DataAwsDynamodbTable():
            pass
        case DynamodbTable():
            if existing.stream_enabled_input in (None, False):
                message = "the table's stream is off; set stream_enabled=True and a stream_view_type on that table"
                mistakes.add(f"{EXISTING}.stream_enabled", existing.stream_enabled_input, message)
        case TableByArn():
            _check_arns(existing, mistakes)


def _arn_of(existing: ExistingTable) -> str:
    if not isinstance(existing, TableByArn) or existing.arn is not None:
        return str(existing.arn)
    if is_token(existing.stream_arn):
        return str(Fn.element(Fn.split("/stream/", existing.stream_arn), 0))
    return existing.stream_arn.partition("/stream/")[0]


def _key_of_existing(existing: ExistingTable) -> str | None:
    """Return the customer managed key of a given table; what a data source reads is unknown before Terraform runs."""
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
        for number, index in enumerate(indexes if isinstance(indexes, list) else ()):
            for key in ("hash_key", "range_key"):
                if isinstance(index, dict) and index.get(key) is not None:
                    yield f"{PROPS}.{block}[{number}].{key}", index[key]


def _define_key_attributes(arguments: Arguments, mistakes: Mistakes) -> None:
    """Define the key attributes that `attribute` leaves out, and check the others."""
    attributes = arguments.setdefault("attribute", [])
    if not isinstance(attributes, list):
        return  # a token
    blocks = [block for block in attributes if isinstance(block, dict)]
    for number, block in enumerate(blocks):
        property = f"{PROPS}.attribute[{number}].type"
        check_choice(KEY_ATTRIBUTE_TYPES, value=block.get("type"), property=property, mistakes=mistakes)
    defined = [block.get("name") for block in blocks]
    for number, name in enumerate(defined):
        if name in defined[:number]:
            mistakes.add(f"{PROPS}.attribute[{number}].name", name, "is defined twice; remove one of the two")
    for _, name in _key_attributes(arguments):
        if name not in defined:
            attributes.append({"name": name, "type": DEFAULT_KEY_TYPE})
            defined.append(name)
    used = [name for _, name in (*_key_attributes(arguments), *_index_attributes(arguments))]
    if any(is_token(name) for name in (*used, *defined)):
        return
    for property, name in _index_attributes(arguments):
        if name not in defined:
            message = f'is not defined; add {{"name": {name!r}, "type": "S"}} (or N, B) to {PROPS}.attribute'
            mistakes.add(property, name, message)
    for number, name in enumerate(defined):
        if name not in used:
            message = "is not a key of the table or of an index; remove it, items can have any attribute"
            mistakes.add(f"{PROPS}.attribute[{number}].name", name, message)


def _check_capacities(arguments: Arguments, mistakes: Mistakes) -> None:
    mode = arguments.get("billing_mode", "PROVISIONED")
    with_capacity = [(PROPS, arguments)]
    indexes = arguments.get("global_secondary_index")
    for number, index in enumerate(indexes if isinstance(indexes, list) else ()):
        if isinstance(index, dict):
            with_capacity.append((f"{PROPS}.global_secondary_index[{number}]", index))
    for property, given in with_capacity:
        for name in ("read_capacity", "write_capacity"):
            value = given.get(name)
            if mode == "PAY_PER_REQUEST" and value is not None:
                message = 'PAY_PER_REQUEST takes no capacity; remove it, or set billing_mode="PROVISIONED"'
                mistakes.add(f"{property}.{name}", value, message)
            if mode == "PROVISIONED" and not value:
                message = "PROVISIONED needs a capacity of 1 or more units; add it, or remove billing_mode"
                mistakes.add(f"{property}.{name}", value, message)


def _check_arns(table: TableByArn, mistakes: Mistakes) -> None:
    formats = {
        "arn": (TABLE_ARN, "a table's ARN: arn:aws:dynamodb:<region>:<account>:table/<name>"),
        "stream_arn": (STREAM_ARN, "a stream's ARN: the table's ARN and /stream/<label>"),
        "kms_key_arn": (KEY_ARN, "a key's ARN: arn:aws:kms:<region>:<account>:key/<id>"),
    }
    found = {}
    for name, (pattern, description) in formats.items():
        value = getattr(table, name)
        if is_token(value) or (value is None and name != "stream_arn"):
            continue
        found[name] = pattern.fullmatch(value) if isinstance(value, str) else None
        if found[name] is None:
            mistakes.add(f"{EXISTING}.{name}", value, f"must be {description}")
    arn, stream = found.get("arn"), found.get("stream_arn")
    if arn and stream and stream["table"] != table.arn:
        message = f"is not a stream of {table.arn}; give both ARNs of the same table"
        mistakes.add(f"{EXISTING}.stream_arn", table.stream_arn, message)
