"""A table that is restored from another one or imported from a bucket."""

from typing import Any

import pytest
from cdktf import TerraformStack, TerraformVariable

from tests.support.arns import TABLE_ARN
from tests.support.bindings import has_argument, needs_argument
from tests.support.calls import Emit, MistakesOf

PROPS = "dynamo_table_props"
BACKUP_ARN = f"{TABLE_ARN}/backup/01489173575360-b308cd7d"
BACKUP = {"restore_backup_arn": BACKUP_ARN}
SOURCES = [{"restore_source_name": "orders"}, {"restore_source_table_arn": TABLE_ARN}]
ALL_SOURCES = [*SOURCES, *([BACKUP] if has_argument("DynamoTableProps", "restore_backup_arn") else [])]
IMPORT = {"input_format": "CSV", "s3_bucket_source": {"bucket": "items"}}
INDEX = {"name": "by-customer", "hash_key": "customer", "projection_type": "ALL"}


@pytest.mark.parametrize("source", ALL_SOURCES)
class TestARestoredTable:
    def test_gets_no_key_that_is_not_given(self, emit: Emit, source: dict[str, Any]) -> None:
        table = emit(dynamo_table_props=source).table
        assert source.items() <= table.items()
        assert {"hash_key", "range_key", "attribute"}.isdisjoint(table)

    def test_gets_the_keys_that_are_given(self, emit: Emit, source: dict[str, Any]) -> None:
        table = emit(dynamo_table_props=source | {"hash_key": "pk", "range_key": "sk"}).table
        assert (table["hash_key"], table["range_key"]) == ("pk", "sk")
        assert table["attribute"] == [{"name": "pk", "type": "S"}, {"name": "sk", "type": "S"}]

    def test_with_an_index_needs_the_key(self, mistakes_of: MistakesOf, source: dict[str, Any]) -> None:
        props = source | {"global_secondary_index": [INDEX], "attribute": [{"name": "customer", "type": "S"}]}
        assert "key of the source table" in mistakes_of(dynamo_table_props=props)[f"{PROPS}.hash_key"]

    def test_warns_that_the_first_apply_stops(self, emit: Emit, source: dict[str, Any]) -> None:
        (warning,) = emit(dynamo_table_props=source).warnings
        (argument,) = source
        assert warning.startswith(f"{PROPS}.{argument}: ")
        assert "a second apply" in warning
        assert "range_key" in warning

    def test_can_be_deliberate(self, emit: Emit, source: dict[str, Any]) -> None:
        assert emit(dynamo_table_props=source, silence_warnings=list(source)).warnings == []

    def test_makes_the_mapping_report_that_the_stream_is_off(self, emit: Emit, source: dict[str, Any]) -> None:
        emitted = emit(dynamo_table_props=source)
        (condition,) = emitted.mapping["lifecycle"]["precondition"]
        assert condition["condition"] == emitted.reference("aws_dynamodb_table", "stream_enabled")
        assert "Apply again" in condition["error_message"]


class TestAnImportedTable:
    def test_needs_its_key(self, mistakes_of: MistakesOf) -> None:
        mistakes = mistakes_of(dynamo_table_props={"import_table": IMPORT})
        assert "an imported table needs the keys of its items" in mistakes[f"{PROPS}.hash_key"]

    def test_has_the_key_that_is_given(self, emit: Emit) -> None:
        emitted = emit(dynamo_table_props={"import_table": IMPORT, "hash_key": "order"})
        assert emitted.table["hash_key"] == "order"
        assert emitted.table["attribute"] == [{"name": "order", "type": "S"}]
        assert emitted.warnings[0].startswith(f"{PROPS}.import_table: ")
        assert "precondition" in emitted.mapping["lifecycle"]

    @pytest.mark.parametrize(
        ("block", "property", "message"),
        [
            ({"input_format": "JSON"}, ".input_format", "CSV or DYNAMODB_JSON or ION"),
            ({"input_compression_type": "ZIP"}, ".input_compression_type", "GZIP or ZSTD or NONE"),
            (
                {"s3_bucket_source": {"bucket": "items", "bucket_owner": "me"}},
                ".s3_bucket_source.bucket_owner",
                "12 digits",
            ),
            (
                {"input_format": "ION", "input_format_options": {"csv": {"delimiter": ","}}},
                ".input_format_options.csv",
                'input_format="CSV" only',
            ),
            (
                {"input_format_options": {"csv": {"delimiter": "::"}}},
                ".input_format_options.csv.delimiter",
                "comma, tab, colon",
            ),
            (
                {"input_format_options": {"csv": {"header_list": ["h"] * 256}}},
                ".input_format_options.csv.header_list",
                "at most 255",
            ),
        ],
    )
    def test_with_a_wrong_source_is_refused(
        self, mistakes_of: MistakesOf, block: dict[str, Any], property: str, message: str
    ) -> None:
        mistakes = mistakes_of(dynamo_table_props={"import_table": IMPORT | block, "hash_key": "id"})
        assert message in mistakes[f"{PROPS}.import_table{property}"]

    def test_with_a_local_index_is_refused(self, mistakes_of: MistakesOf) -> None:
        local = {"name": "by-time", "range_key": "time", "projection_type": "ALL"}
        props = {"import_table": IMPORT, "hash_key": "id", "range_key": "time", "local_secondary_index": [local]}
        assert "would replace the table" in mistakes_of(dynamo_table_props=props)[f"{PROPS}.import_table"]


@pytest.mark.parametrize(
    ("props", "property", "message"),
    [
        (SOURCES[0] | SOURCES[1], "restore_source_table_arn", "restore_source_name already"),
        (SOURCES[0] | {"import_table": IMPORT}, "import_table", "restore_source_name already"),
        ({"restore_source_name": TABLE_ARN}, "restore_source_name", "restore_source_table_arn"),
        ({"restore_source_table_arn": "orders"}, "restore_source_table_arn", "must be a table's ARN"),
        ({"restore_to_latest_time": True}, "restore_to_latest_time", "restores nothing"),
        ({"restore_date_time": "2026-01-31T12:00:00Z"}, "restore_date_time", "restores nothing"),
        (SOURCES[0] | {"restore_date_time": "yesterday"}, "restore_date_time", "2026-01-31T12:00:00Z"),
    ],
)
def test_a_wrong_origin_is_refused(mistakes_of: MistakesOf, props: dict[str, Any], property: str, message: str) -> None:
    assert message in mistakes_of(dynamo_table_props=props)[f"{PROPS}.{property}"]


@needs_argument("DynamoTableProps", "restore_backup_arn")
@pytest.mark.parametrize(
    ("props", "property", "message"),
    [
        (BACKUP | SOURCES[0], "restore_backup_arn", "restore_source_name already"),
        (BACKUP | {"import_table": IMPORT}, "import_table", "restore_backup_arn already"),
        (BACKUP | {"restore_to_latest_time": True}, "restore_to_latest_time", "a backup has its own time"),
        (BACKUP | {"restore_date_time": "2026-01-31T12:00:00Z"}, "restore_date_time", "a backup has its own time"),
        ({"restore_backup_arn": "orders"}, "restore_backup_arn", "must be a backup's ARN"),
        ({"restore_backup_arn": TABLE_ARN}, "restore_backup_arn", "must be a backup's ARN"),
    ],
)
def test_a_wrong_backup_is_refused(mistakes_of: MistakesOf, props: dict[str, Any], property: str, message: str) -> None:
    assert message in mistakes_of(dynamo_table_props=props)[f"{PROPS}.{property}"]


@needs_argument("DynamoTableProps", "restore_backup_arn")
def test_a_provisioned_table_from_a_backup_needs_no_capacity(emit: Emit) -> None:
    table = emit(dynamo_table_props=BACKUP | {"billing_mode": "PROVISIONED"}).table
    assert {"read_capacity", "write_capacity"}.isdisjoint(table)


@needs_argument("DynamoTableProps", "restore_backup_arn")
def test_a_backup_can_be_an_expression(emit: Emit, stack: TerraformStack) -> None:
    backup = TerraformVariable(stack, "backup", type="string").string_value
    assert emit(dynamo_table_props={"restore_backup_arn": backup}).table["restore_backup_arn"] == "${var.backup}"


def test_an_expression_is_not_checked(emit: Emit, stack: TerraformStack) -> None:
    source, time = (TerraformVariable(stack, name, type="string").string_value for name in ("source", "time"))
    table = emit(dynamo_table_props={"restore_source_name": source, "restore_date_time": time}).table
    assert (table["restore_source_name"], table["restore_date_time"]) == ("${var.source}", "${var.time}")
    assert "hash_key" not in table


def test_a_table_without_origin_has_no_precondition(emit: Emit) -> None:
    assert "lifecycle" not in emit().mapping
