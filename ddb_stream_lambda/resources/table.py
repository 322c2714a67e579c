"""The table whose stream invokes the function: a new one, or one of the three kinds of existing ones."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from cdktf import TerraformStack, TerraformVariable
from cdktf_cdktf_provider_aws.data_aws_dynamodb_table import DataAwsDynamodbTable
from cdktf_cdktf_provider_aws.dynamodb_table import DynamodbTable
from constructs import Construct

from .._engine.addresses import refer_to
from .._engine.creation import create
from .._engine.templates import part_of
from .._engine.tokens import as_string, is_token
from ..arguments._generated import DynamoTableProps
from ..arguments.checks import check_choice, check_name, check_present, check_ranges, check_timeouts
from ..arguments.companions import companion_arguments, companion_of
from ..arguments.completing import complete
from ..arguments.conforming import Arguments
from ..arguments.names import unique_name
from ..arguments.policies import Statement, allow
from ..arguments.warnings import OverrideWarning
from ..errors import Mistakes
from ..limits import (
    BILLING_MODES,
    MAX_ATTRIBUTE_NAME_LENGTH,
    POINT_IN_TIME_RECOVERY_RANGES,
    STREAM_VIEW_TYPES,
    TABLE_CLASSES,
    TABLE_NAME,
)
from .kms_keys import ARN_OF_KMS, KEY_ARN, check_key, look_up_key
from .table_capacity import check_capacities
from .table_keys import check_keys, known_block, known_blocks
from .table_origin import (
    TABLE_ARN,
    TableOriginWarningId,
    check_origin,
    is_restored,
    origin_of,
    warnings_of_origin,
)
from .table_replicas import REPLICAS, check_replicas, protect_replicas, unprotected_replicas

PROPS = "dynamo_table_props"
EXISTING = "existing_table_interface"

STREAM_ARN = re.compile(rf"(?P<table>{TABLE_ARN.pattern})/stream/[\w:.-]+")

# Terraform reports one of these if it finds the table without a stream.
STREAM_IS_OFF = "The stream of the table is off. Set stream_enabled and stream_view_type where the table is defined."
STREAM_IS_NOT_ON_YET = (
    "DynamoDB created the table without its stream. Apply again to turn on the stream and to create the event source "
    "mapping."
)

TableWarningId = Literal[
    TableOriginWarningId,
    "deletion_protection_enabled",
    "point_in_time_recovery",
    "prevent_destroy",
    "server_side_encryption",
    "ttl",
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
        if not isinstance(self.interface, TableByArn):
            return None
        for arn, pattern in ((self.interface.stream_arn, STREAM_ARN), (self.interface.arn, TABLE_ARN)):
            if isinstance(arn, str) and not is_token(arn) and pattern.fullmatch(arn):
                return arn.split(":")[3]
        return None


@dataclass(frozen=True)
class Table:
    """The table in use.

    Attributes:
        interface: The table that was created or given.
        created: The table, if it was created.
        arn: Its ARN.
        stream_arn: The ARN of its stream.
        kms_key_arn: The ARN of its customer managed key, if it has one.
        missing_stream: What to do if the table has no stream when Terraform runs. None if it cannot be missing, or if
            Terraform does not know the table.
    """

    interface: ExistingTable
    created: DynamodbTable | None
    arn: str
    stream_arn: str
    kms_key_arn: str | None
    missing_stream: str | None = None

    def preconditions(self) -> list[dict[str, Any]]:
        """Return the `precondition` blocks of the resource that reads the stream."""
        if self.missing_stream is None or isinstance(self.interface, TableByArn):
            return []
        return [{"condition": self.interface.stream_enabled, "error_message": self.missing_stream}]

    def statements(self) -> Iterator[Statement]:
        """Yield the permissions to read the stream."""
        # ListStreams has no resource type:
        # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
        yield allow("ListStreams", ["dynamodb:ListStreams"], "*")
        read = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"]
        yield allow("ReadStream", read, self.stream_arn)
        if self.kms_key_arn is not None:
            yield allow("DecryptStream", ["kms:Decrypt", "kms:DescribeKey"], self.kms_key_arn)


def defaults(path: str, given: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the default arguments of `aws_dynamodb_table`.

    A table that is restored or imported has no default key: it has the keys of its source.

    Two settings retain the table. `prevent_destroy` makes Terraform refuse, but it disappears with the block when the
    table is removed from the configuration. Then `deletion_protection_enabled` makes DynamoDB refuse.
    """
    key = {"hash_key": "id"} if given is None or origin_of(given) is None else {}
    return {
        "name": unique_name(path, TABLE_NAME),
        "billing_mode": "PAY_PER_REQUEST",
        **key,
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
        function_companion: The `provider` and `region` of the function. The look-up of the key uses them for a table
            without a provider in this stack: one that is given by its ARNs, or that belongs to another stack. Such a
            table is in the function's region.
    """
    match table:
        case GivenTable(interface):
            key = _key_of_existing(interface)
            if key is not None:
                companion = table.companion() if _is_in_stack_of(interface, scope) else function_companion
                key = look_up_key(scope=scope, id="table-key", suffix="table", key=key, companion=companion)
            missing_stream = STREAM_IS_OFF if isinstance(interface, DataAwsDynamodbTable) else None
            return Table(interface, None, arn_of(interface), _text(interface.stream_arn), key, missing_stream)
        case NewTable(arguments):
            created = create(DynamodbTable, scope=scope, id="table", arguments=arguments)
            encryption = known_block(arguments, "server_side_encryption")
            key = encryption.get("kms_key_arn") if encryption.get("enabled", False) is not False else None
            if key is not None:
                key = look_up_key(scope=scope, id="table-key", suffix="table", key=key, companion=table.companion())
            missing_stream = None if origin_of(arguments) is None else STREAM_IS_NOT_ON_YET
            return Table(created, created, created.arn, refer_to(created, "stream_arn"), key, missing_stream)


def warnings_of(table: NewTable | GivenTable) -> Iterator[OverrideWarning]:
    """Yield a warning for each protective default of a new table that the props weaken."""
    if isinstance(table, GivenTable):
        return
    arguments = table.arguments
    if _is_off(arguments, "server_side_encryption"):
        yield _warning(
            "server_side_encryption",
            f"{PROPS}.server_side_encryption is off: the table is encrypted with a key that AWS owns, "
            "and CloudTrail does not record its use.",
        )
    if _is_off(arguments, "point_in_time_recovery"):
        yield _warning(
            "point_in_time_recovery",
            f"{PROPS}.point_in_time_recovery is off: overwritten or deleted items cannot be restored.",
        )
    for name in unprotected_replicas(arguments, "point_in_time_recovery", property=PROPS):
        yield _warning(
            "point_in_time_recovery", f"{name} is off: overwritten or deleted items of the replica cannot be restored."
        )
    if known_block(arguments, "lifecycle").get("prevent_destroy", False) is False:
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
    for name in unprotected_replicas(arguments, "deletion_protection_enabled", property=PROPS):
        yield _warning(
            "deletion_protection_enabled",
            f"{name} is off: Terraform deletes the replica when it is removed from the configuration.",
        )
    expiry = known_block(arguments, "ttl")
    if "attribute_name" in expiry and "enabled" not in expiry:
        yield _warning("ttl", f"{PROPS}.ttl is not enabled: no item expires. Add enabled=True to turn it on.")
    yield from warnings_of_origin(arguments, property=PROPS)


def _is_off(arguments: Arguments, name: str) -> bool:
    """Return whether a block is missing or not enabled; an expression counts as enabled."""
    return name not in arguments or (
        isinstance(arguments[name], dict) and arguments[name].get("enabled", False) is False
    )


def _warning(id: TableWarningId, consequence: str) -> OverrideWarning:
    return OverrideWarning(id, consequence)


def _check_new(path: str, props: object, mistakes: Mistakes) -> Arguments:
    arguments = complete(
        DynamoTableProps,
        props,
        defaults=lambda given: defaults(path, given),
        property=PROPS,
        mistakes=mistakes,
        resource="aws_dynamodb_table",
    )
    check_name(TABLE_NAME, value=arguments.get("name"), property=f"{PROPS}.name", mistakes=mistakes)
    choices = {"billing_mode": BILLING_MODES, "stream_view_type": STREAM_VIEW_TYPES, "table_class": TABLE_CLASSES}
    for name, allowed in choices.items():
        check_choice(allowed, value=arguments.get(name), property=f"{PROPS}.{name}", mistakes=mistakes)
    if arguments.get("stream_enabled", False) is False:
        message = "the stream invokes the function; remove it, the pattern enables the stream"
        mistakes.add(f"{PROPS}.stream_enabled", arguments.get("stream_enabled"), message)
    if "import_table" in arguments and "hash_key" not in arguments:
        message = "an imported table needs the keys of its items; add hash_key, and range_key if they have one"
        mistakes.add(f"{PROPS}.hash_key", None, message)
    restored = is_restored(arguments)
    required = ("name", "stream_view_type") if restored else ("name", "hash_key", "stream_view_type")
    check_present(required, arguments=arguments, property=PROPS, mistakes=mistakes)
    check_origin(arguments, property=PROPS, mistakes=mistakes)
    check_keys(arguments, is_restored=restored, property=PROPS, mistakes=mistakes)
    check_capacities(arguments, is_restored=restored, property=PROPS, mistakes=mistakes)
    check_replicas(arguments, property=PROPS, mistakes=mistakes)
    protect_replicas(arguments)
    _check_expiry(arguments, mistakes)
    check_ranges(
        POINT_IN_TIME_RECOVERY_RANGES,
        arguments=known_block(arguments, "point_in_time_recovery"),
        property=f"{PROPS}.point_in_time_recovery",
        mistakes=mistakes,
    )
    _check_key_arns(arguments, mistakes)
    check_timeouts(arguments, property=PROPS, mistakes=mistakes)
    return arguments


def _check_expiry(arguments: Arguments, mistakes: Mistakes) -> None:
    expiry = known_block(arguments, "ttl")
    name = expiry.get("attribute_name")
    property = f"{PROPS}.ttl.attribute_name"
    if expiry.get("enabled") is True and name in (None, ""):
        mistakes.add(property, name, "is required if ttl is enabled; name the attribute with the time of expiry")
    elif isinstance(name, str) and not is_token(name) and len(name) > MAX_ATTRIBUTE_NAME_LENGTH:
        mistakes.add(property, name, f"must be 1 to {MAX_ATTRIBUTE_NAME_LENGTH} characters")


def _check_key_arns(arguments: Arguments, mistakes: Mistakes) -> None:
    """Add a mistake for each key that is not given by an ARN: the provider accepts nothing else for a table."""
    given = {f"{PROPS}.server_side_encryption": known_block(arguments, "server_side_encryption")}
    given |= {block.property: block.arguments for block in known_blocks(arguments, REPLICAS, property=PROPS)}
    for property, block in given.items():
        key = block.get("kms_key_arn")
        if isinstance(key, str) and not is_token(key) and not ARN_OF_KMS.fullmatch(key):
            message = "must be a key's ARN: arn:aws:kms:<region>:<account>:key/<id>"
            mistakes.add(f"{property}.kms_key_arn", key, message)
        check_key(key, service="dynamodb", property=f"{property}.kms_key_arn", mistakes=mistakes)


def _is_in_stack_of(existing: ExistingTable, scope: Construct) -> bool:
    """Return whether a given table has a provider of the stack that the scope belongs to."""
    if isinstance(existing, TableByArn):
        return False
    return TerraformStack.of(existing).node.path == TerraformStack.of(scope).node.path


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


def arn_of(existing: ExistingTable) -> str:
    """Return the ARN of a given table."""
    if not isinstance(existing, TableByArn) or existing.arn is not None:
        return _text(existing.arn)
    return part_of(_text(existing.stream_arn), "/stream/", 0)


def _text(value: Any) -> str:
    """Return a value or an expression as the text of an argument."""
    return as_string(value) if is_token(value) else str(value)


def _key_of_existing(existing: ExistingTable) -> str | None:
    """Return the customer managed key of a given table; what a data source reads is unknown before Terraform runs."""
    match existing:
        case TableByArn():
            return None if existing.kms_key_arn is None else _text(existing.kms_key_arn)
        case DynamodbTable():
            encryption = existing.server_side_encryption_input
            if encryption is not None and encryption.enabled is not False:
                return encryption.kms_key_arn
    return None


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
        if isinstance(value, TerraformVariable):
            mistakes.add(f"{EXISTING}.{name}", value, "is a variable; give its value: variable.string_value")
        elif value in (None, ""):
            mistakes.add(f"{EXISTING}.{name}", value, f"is missing; add {description}")
        elif found[name] is None:
            mistakes.add(f"{EXISTING}.{name}", value, f"must be {description}")
    arn, stream = found.get("arn"), found.get("stream_arn")
    if arn and stream and stream["table"] != table.arn:
        message = f"is not a stream of {table.arn}; give both ARNs of the same table"
        mistakes.add(f"{EXISTING}.stream_arn", table.stream_arn, message)
