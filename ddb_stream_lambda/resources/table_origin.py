"""The origin of the table's items: another table or a backup (restore), or files in a bucket (import).

On each path the provider calls an operation that knows neither streams nor deletion protection:
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_RestoreTableToPointInTime.html,
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_RestoreTableFromBackup.html and
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ImportTable.html. It sets them with the next update:
https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/dynamodb/table.go (resourceTableCreate).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal, get_args

from .._engine.tokens import is_token
from ..arguments.checks import check_choice
from ..arguments.conforming import Arguments
from ..arguments.names import breaks_rule
from ..arguments.warnings import OverrideWarning
from ..errors import Mistakes
from ..limits import CSV_DELIMITERS, IMPORT_COMPRESSION_TYPES, IMPORT_FORMATS, MAX_CSV_HEADERS, TABLE_NAME
from .table_keys import LOCAL_INDEXES, known_block

TableOriginWarningId = Literal["restore_source_name", "restore_source_table_arn", "restore_backup_arn", "import_table"]

TABLE_ARN = re.compile(r"arn:[\w-]+:dynamodb:[\w-]+:\d{12}:table/[A-Za-z0-9_.-]+")
# RFC 3339, which the provider parses: `verify.ValidUTCTimestamp`.
TIMESTAMP = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})")
ACCOUNT_ID = re.compile(r"\d{12}")

POINT_IN_TIME_SOURCES = ("restore_source_name", "restore_source_table_arn")
BACKUP = "restore_backup_arn"
RESTORE_SOURCES = (*POINT_IN_TIME_SOURCES, BACKUP)
RESTORE_TIMES = ("restore_date_time", "restore_to_latest_time")


def origin_of(arguments: Mapping[str, Any]) -> TableOriginWarningId | None:
    """Return the argument that names the origin of the items; None for an empty table."""
    return next((name for name in get_args(TableOriginWarningId) if arguments.get(name) is not None), None)


def is_restored(arguments: Mapping[str, Any]) -> bool:
    """Return whether the table is restored from another table or from a backup."""
    return origin_of(arguments) in RESTORE_SOURCES


def check_origin(arguments: Arguments, *, property: str, mistakes: Mistakes) -> None:
    """Add a mistake for each wrong argument of a restore or an import."""
    given = [name for name in get_args(TableOriginWarningId) if name in arguments]
    for name in given[1:]:
        message = f"the table's items come from {given[0]} already; remove one of the two"
        mistakes.add(f"{property}.{name}", arguments[name], message)
    source_name = arguments.get("restore_source_name")
    if isinstance(source_name, str) and not is_token(source_name) and breaks_rule(source_name, TABLE_NAME):
        message = "must be the name of a table in the same region; give restore_source_table_arn for another region"
        mistakes.add(f"{property}.restore_source_name", source_name, message)
    source_arn = arguments.get("restore_source_table_arn")
    if isinstance(source_arn, str) and not is_token(source_arn) and not TABLE_ARN.fullmatch(source_arn):
        message = "must be a table's ARN: arn:aws:dynamodb:<region>:<account>:table/<name>"
        mistakes.add(f"{property}.restore_source_table_arn", source_arn, message)
    backup = arguments.get(BACKUP)
    if (
        isinstance(backup, str)
        and not is_token(backup)
        and (not backup.startswith("arn:") or TABLE_ARN.fullmatch(backup))
    ):
        message = "must be a backup's ARN: arn:aws:dynamodb:<region>:<account>:table/<name>/backup/<id>"
        mistakes.add(f"{property}.{BACKUP}", backup, message)
    for name in RESTORE_TIMES:
        if name in arguments and BACKUP in arguments:
            message = f"a backup has its own time; remove it, or restore from another origin than {BACKUP}"
            mistakes.add(f"{property}.{name}", arguments[name], message)
        elif name in arguments and not is_restored(arguments):
            message = "restores nothing; add restore_source_name or restore_source_table_arn, or remove it"
            mistakes.add(f"{property}.{name}", arguments[name], message)
    time = arguments.get("restore_date_time")
    if isinstance(time, str) and not is_token(time) and not TIMESTAMP.fullmatch(time):
        mistakes.add(f"{property}.restore_date_time", time, "must be a time such as 2026-01-31T12:00:00Z")
    if "import_table" in arguments:
        _check_import(arguments, property=property, mistakes=mistakes)


def warnings_of_origin(arguments: Arguments, *, property: str) -> Iterator[OverrideWarning]:
    """Yield a warning for a table that DynamoDB creates without its stream."""
    origin = origin_of(arguments)
    if origin is None:
        return
    schema = (
        " Give its range_key and its indexes as the source table has them, otherwise the second plan replaces the "
        "table or removes the indexes."
        if is_restored(arguments)
        else ""
    )
    yield OverrideWarning(
        origin,
        f"{property}.{origin}: DynamoDB creates such a table without stream, deletion protection and tags. The first "
        "apply stops at the event source mapping, and a second apply sets all of them and creates the mapping."
        f"{schema}",
    )


def _check_import(arguments: Arguments, *, property: str, mistakes: Mistakes) -> None:
    block = known_block(arguments, "import_table")
    property = f"{property}.import_table"
    choices = {"input_format": IMPORT_FORMATS, "input_compression_type": IMPORT_COMPRESSION_TYPES}
    for name, allowed in choices.items():
        check_choice(allowed, value=block.get(name), property=f"{property}.{name}", mistakes=mistakes)
    if arguments.get(LOCAL_INDEXES):
        # https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableCreationParameters.html
        message = f"creates no {LOCAL_INDEXES}, and the next plan would replace the table; remove one of the two"
        mistakes.add(property, dict(block), message)
    owner = known_block(block, "s3_bucket_source").get("bucket_owner")
    if isinstance(owner, str) and not is_token(owner) and not ACCOUNT_ID.fullmatch(owner):
        mistakes.add(f"{property}.s3_bucket_source.bucket_owner", owner, "must be an account id of 12 digits")
    csv = known_block(known_block(block, "input_format_options"), "csv")
    csv_property = f"{property}.input_format_options.csv"
    input_format = block.get("input_format")
    if csv and input_format in IMPORT_FORMATS and input_format != "CSV":
        message = f'applies to input_format="CSV" only, and it is "{input_format}"; remove one of the two'
        mistakes.add(csv_property, dict(csv), message)
    delimiter = csv.get("delimiter")
    if isinstance(delimiter, str) and not is_token(delimiter) and delimiter not in tuple(CSV_DELIMITERS):
        message = "must be a comma, tab, colon, semicolon, pipe or space"
        mistakes.add(f"{csv_property}.delimiter", delimiter, message)
    headers = csv.get("header_list")
    if isinstance(headers, list) and not is_token(headers) and len(headers) > MAX_CSV_HEADERS:
        message = f"must be at most {MAX_CSV_HEADERS}; remove some"
        mistakes.add(f"{csv_property}.header_list", f"{len(headers)} headers", message)
