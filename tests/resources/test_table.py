"""The table: its defaults, keys and capacities, a new table, and the three kinds of existing tables."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ddb_stream_lambda import DynamoDBStreamsToLambda, TableByArn
from cdktf import App, TerraformStack, TerraformVariable, Token
from cdktf_cdktf_provider_aws.data_aws_dynamodb_table import DataAwsDynamodbTable
from cdktf_cdktf_provider_aws.dynamodb_table import (
    DynamodbTable,
    DynamodbTableAttribute,
    DynamodbTableConfig,
    DynamodbTableServerSideEncryption,
)
from cdktf_cdktf_provider_aws.kms_key import KmsKey
from cdktf_cdktf_provider_aws.provider import AwsProvider

from tests.support.arns import KEY_ARN, STREAM_ARN, TABLE_ARN
from tests.support.calls import ROOT, ZIP_FUNCTION, Emit, MistakesOf

DECRYPT = {"kms:Decrypt", "kms:DescribeKey"}


def create_table(stack: TerraformStack, **arguments: Any) -> DynamodbTable:
    """Create a table of the app, outside the pattern."""
    attribute = [DynamodbTableAttribute(name="id", type="S")]
    arguments = {"stream_enabled": True, "stream_view_type": "NEW_IMAGE", **arguments}
    return DynamodbTable(stack, "given", name="given", hash_key="id", attribute=attribute, **arguments)


def test_a_new_table_has_the_defaults(emit: Emit) -> None:
    assert emit().table == {
        "name": "orders_pipeline",
        "billing_mode": "PAY_PER_REQUEST",
        "hash_key": "id",
        "attribute": [{"name": "id", "type": "S"}],
        "stream_enabled": True,
        "stream_view_type": "NEW_AND_OLD_IMAGES",
        "server_side_encryption": {"enabled": True},
        "point_in_time_recovery": {"enabled": True},
        "deletion_protection_enabled": True,
        "lifecycle": {"prevent_destroy": True},
    }


def test_both_properties_return_the_new_table(emit: Emit) -> None:
    pattern = emit().pattern
    assert isinstance(pattern.dynamo_table, DynamodbTable)
    assert pattern.dynamo_table_interface is pattern.dynamo_table


def test_the_role_may_read_the_stream(emit: Emit) -> None:
    emitted = emit()
    stream = emitted.reference("aws_dynamodb_table", "stream_arn")
    read = {"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"}
    assert emitted.permissions["ListStreams"] == ({"dynamodb:ListStreams"}, "*")
    assert emitted.permissions["ReadStream"] == (read, stream)


class TestProps:
    def test_override_the_defaults(self, emit: Emit) -> None:
        props = {"name": "orders", "stream_view_type": "KEYS_ONLY", "tags": {"Team_a": "1"}}
        table = emit(dynamo_table_props=props).table
        assert props.items() <= table.items()
        assert table["billing_mode"] == "PAY_PER_REQUEST"

    def test_are_merged_with_a_default_block(self, emit: Emit) -> None:
        table = emit(dynamo_table_props={"lifecycle": {"ignore_changes": ["read_capacity"]}}).table
        assert table["lifecycle"] == {"prevent_destroy": True, "ignore_changes": ["read_capacity"]}

    def test_with_none_leave_out_an_argument_and_its_default(self, emit: Emit) -> None:
        assert "point_in_time_recovery" not in emit(dynamo_table_props={"point_in_time_recovery": None}).table

    def test_can_be_a_struct_of_the_provider(self, emit: Emit) -> None:
        struct = DynamodbTableConfig(
            name="orders",
            hash_key="order",
            server_side_encryption=DynamodbTableServerSideEncryption(enabled=True, kms_key_arn=KEY_ARN),
        )
        table = emit(dynamo_table_props=struct).table
        assert table["attribute"] == [{"name": "order", "type": "S"}]
        assert table["server_side_encryption"] == {"enabled": True, "kms_key_arn": KEY_ARN}
        assert table["stream_enabled"] is True

    def test_can_hold_a_struct_of_the_provider(self, emit: Emit) -> None:
        attribute = [DynamodbTableAttribute(name="id", type="N")]
        assert emit(dynamo_table_props={"attribute": attribute}).table["attribute"] == [{"name": "id", "type": "N"}]

    def test_can_set_capacities_and_indexes(self, emit: Emit) -> None:
        table = emit(
            dynamo_table_props={
                "billing_mode": "PROVISIONED",
                "read_capacity": 5,
                "write_capacity": 5,
                "range_key": "at",
                "attribute": [{"name": "at", "type": "N"}, {"name": "customer", "type": "S"}],
                "global_secondary_index": [
                    {
                        "name": "by-customer",
                        "hash_key": "customer",
                        "projection_type": "ALL",
                        "read_capacity": 2,
                        "write_capacity": 2,
                    }
                ],
                "local_secondary_index": [{"name": "by-at", "range_key": "at", "projection_type": "KEYS_ONLY"}],
            }
        ).table
        assert table["global_secondary_index"][0]["hash_key"] == "customer"
        assert table["local_secondary_index"][0]["range_key"] == "at"
        assert table["read_capacity"] == 5


class TestEncryption:
    def test_stays_on_with_a_customer_managed_key(self, emit: Emit) -> None:
        table = emit(dynamo_table_props={"server_side_encryption": {"kms_key_arn": KEY_ARN}}).table
        assert table["server_side_encryption"] == {"enabled": True, "kms_key_arn": KEY_ARN}

    def test_with_a_customer_managed_key_lets_the_role_decrypt(self, emit: Emit, stack: TerraformStack) -> None:
        key = KmsKey(stack, "key")
        emitted = emit(dynamo_table_props={"server_side_encryption": {"kms_key_arn": key.arn}})
        assert emitted.permissions["DecryptStream"] == (DECRYPT, "${aws_kms_key.key.arn}")

    def test_that_is_off_needs_no_permission(self, emit: Emit) -> None:
        emitted = emit(dynamo_table_props={"server_side_encryption": {"enabled": False, "kms_key_arn": KEY_ARN}})
        assert "DecryptStream" not in emitted.permissions


class TestKeyAttributes:
    def test_are_defined_as_text_if_they_are_left_out(self, emit: Emit) -> None:
        table = emit(
            dynamo_table_props={"hash_key": "pk", "range_key": "sk", "attribute": [{"name": "sk", "type": "N"}]}
        ).table
        assert table["attribute"] == [{"name": "sk", "type": "N"}, {"name": "pk", "type": "S"}]

    @pytest.mark.parametrize("block", ["global_secondary_index", "local_secondary_index"])
    def test_of_an_index_must_be_defined(self, mistakes_of: MistakesOf, block: str) -> None:
        index = {"name": "by-customer", "hash_key": "customer", "range_key": "customer", "projection_type": "ALL"}
        if block == "local_secondary_index":
            del index["hash_key"]
        mistakes = mistakes_of(dynamo_table_props={block: [index]})
        message = mistakes[f"dynamo_table_props.{block}[0].range_key"]
        assert "'customer'" in message
        assert '{"name": \'customer\', "type": "S"}' in message

    def test_must_be_used(self, mistakes_of: MistakesOf) -> None:
        attributes = [{"name": "id", "type": "S"}, {"name": "total", "type": "N"}]
        mistakes = mistakes_of(dynamo_table_props={"attribute": attributes})
        assert "'total'" in mistakes["dynamo_table_props.attribute[1].name"]

    def test_must_be_defined_once(self, mistakes_of: MistakesOf) -> None:
        attributes = [{"name": "id", "type": "S"}, {"name": "id", "type": "N"}]
        mistakes = mistakes_of(dynamo_table_props={"attribute": attributes})
        assert "defined twice" in mistakes["dynamo_table_props.attribute[1].name"]

    def test_must_have_a_type_of_a_key(self, mistakes_of: MistakesOf) -> None:
        mistakes = mistakes_of(dynamo_table_props={"attribute": [{"name": "id", "type": "String"}]})
        assert "must be S or N or B" in mistakes["dynamo_table_props.attribute[0].type"]

    def test_with_terraform_expressions_are_not_checked(self, emit: Emit, stack: TerraformStack) -> None:
        key = TerraformVariable(stack, "key", type="string").string_value
        table = emit(dynamo_table_props={"hash_key": key, "attribute": [{"name": key, "type": "S"}]}).table
        assert table["attribute"] == [{"name": "${var.key}", "type": "S"}]


class TestCapacity:
    def test_is_refused_for_an_on_demand_table(self, mistakes_of: MistakesOf) -> None:
        index = {"name": "i", "hash_key": "id", "projection_type": "ALL", "write_capacity": 3}
        mistakes = mistakes_of(dynamo_table_props={"read_capacity": 5, "global_secondary_index": [index]})
        assert 'billing_mode="PROVISIONED"' in mistakes["dynamo_table_props.read_capacity"]
        assert "dynamo_table_props.global_secondary_index[0].write_capacity" in mistakes

    def test_is_required_for_a_provisioned_table(self, mistakes_of: MistakesOf) -> None:
        mistakes = mistakes_of(dynamo_table_props={"billing_mode": "PROVISIONED", "read_capacity": 5})
        assert "dynamo_table_props.write_capacity" in mistakes


class TestStream:
    def test_is_read_by_the_mapping(self, emit: Emit) -> None:
        emitted = emit()
        assert emitted.mapping["event_source_arn"] == emitted.reference("aws_dynamodb_table", "stream_arn")

    @pytest.mark.parametrize("enabled", [False, None])
    def test_cannot_be_turned_off(self, mistakes_of: MistakesOf, enabled: bool | None) -> None:
        mistakes = mistakes_of(dynamo_table_props={"stream_enabled": enabled})
        assert "the stream invokes the function" in mistakes["dynamo_table_props.stream_enabled"]

    def test_can_be_turned_on_by_a_terraform_expression(self, emit: Emit, stack: TerraformStack) -> None:
        enabled = TerraformVariable(stack, "on", type="bool").boolean_value
        assert emit(dynamo_table_props={"stream_enabled": enabled}).table["stream_enabled"] == "${var.on}"


@pytest.mark.parametrize(
    ("argument", "value"),
    [("billing_mode", "ON_DEMAND"), ("stream_view_type", "NEW_AND_OLD_IMAGE"), ("name", "a b"), ("name", "ab")],
)
def test_an_argument_that_dynamodb_would_refuse_is_refused(mistakes_of: MistakesOf, argument: str, value: str) -> None:
    assert repr(value) in mistakes_of(dynamo_table_props={argument: value})[f"dynamo_table_props.{argument}"]


@pytest.mark.parametrize(
    ("props", "property", "message"),
    [
        ({"table_class": "INFREQUENT"}, "table_class", "STANDARD or STANDARD_INFREQUENT_ACCESS"),
        ({"ttl": {"enabled": True}}, "ttl.attribute_name", "is required if ttl is enabled"),
        ({"ttl": {"enabled": True, "attribute_name": ""}}, "ttl.attribute_name", "is required if ttl is enabled"),
        ({"ttl": {"enabled": True, "attribute_name": "n" * 256}}, "ttl.attribute_name", "1 to 255 characters"),
        (
            {"point_in_time_recovery": {"enabled": True, "recovery_period_in_days": 36}},
            "point_in_time_recovery.recovery_period_in_days",
            "must be 1 to 35 days",
        ),
        (
            {"server_side_encryption": {"kms_key_arn": "alias/orders"}},
            "server_side_encryption.kms_key_arn",
            "must be a key's ARN",
        ),
        ({"timeouts": {"create": "half an hour"}}, "timeouts.create", "30m or 1h30m"),
    ],
)
def test_a_value_that_the_provider_would_refuse_is_refused(
    mistakes_of: MistakesOf, props: dict[str, Any], property: str, message: str
) -> None:
    assert message in mistakes_of(dynamo_table_props=props)[f"dynamo_table_props.{property}"]


class TestTtl:
    def test_that_is_enabled_is_written(self, emit: Emit) -> None:
        expiry = {"enabled": True, "attribute_name": "expires"}
        emitted = emit(dynamo_table_props={"ttl": expiry})
        assert emitted.table["ttl"] == expiry
        assert emitted.warnings == []

    def test_without_enabled_warns(self, emit: Emit) -> None:
        (warning,) = emit(dynamo_table_props={"ttl": {"attribute_name": "expires"}}).warnings
        assert "no item expires" in warning
        assert 'silence_warnings=["ttl"]' in warning

    def test_that_is_turned_off_does_not_warn(self, emit: Emit) -> None:
        assert emit(dynamo_table_props={"ttl": {"enabled": False, "attribute_name": "expires"}}).warnings == []

    def test_can_be_expressions(self, emit: Emit, stack: TerraformStack) -> None:
        enabled = TerraformVariable(stack, "on", type="bool").boolean_value
        assert emit(dynamo_table_props={"ttl": {"enabled": enabled}}).table["ttl"] == {"enabled": "${var.on}"}


@pytest.mark.parametrize("argument", ["name", "hash_key", "stream_view_type"])
def test_a_required_argument_cannot_be_left_out(mistakes_of: MistakesOf, argument: str) -> None:
    mistakes = mistakes_of(dynamo_table_props={argument: None})
    assert "AWS requires it" in mistakes[f"dynamo_table_props.{argument}"]


def test_a_name_of_255_characters_is_accepted(emit: Emit) -> None:
    assert emit(dynamo_table_props={"name": "n" * 255}).table["name"] == "n" * 255


def test_a_name_of_256_characters_is_refused(mistakes_of: MistakesOf) -> None:
    assert "255" in mistakes_of(dynamo_table_props={"name": "n" * 256})["dynamo_table_props.name"]


class TestTableOfTheApp:
    def test_is_used_and_none_is_created(self, emit: Emit, stack: TerraformStack) -> None:
        table = create_table(stack)
        emitted = emit(existing_table_interface=table)
        assert emitted.pattern.dynamo_table_interface is table
        assert emitted.pattern.dynamo_table is None
        assert emitted.mapping["event_source_arn"] == "${aws_dynamodb_table.given.stream_arn}"
        assert emitted.permissions["ReadStream"][1] == "${aws_dynamodb_table.given.stream_arn}"

    def test_can_belong_to_another_stack(self, tmp_path: Path) -> None:
        app = App(outdir=str(tmp_path))
        tables, functions = (TerraformStack(app, name) for name in ("tables", "functions"))
        for stack in (tables, functions):
            AwsProvider(stack, "aws", region="eu-west-1")
        table = create_table(tables)
        DynamoDBStreamsToLambda(
            functions, "pipeline", existing_table_interface=table, lambda_function_props=ZIP_FUNCTION
        )
        app.synth()
        emitted = json.loads((tmp_path / "stacks/functions/cdk.tf.json").read_text())
        (mapping,) = emitted["resource"]["aws_lambda_event_source_mapping"].values()
        assert "data.terraform_remote_state" in mapping["event_source_arn"]

    def test_with_a_customer_managed_key_lets_the_role_decrypt(self, emit: Emit, stack: TerraformStack) -> None:
        encryption = DynamodbTableServerSideEncryption(enabled=True, kms_key_arn=KEY_ARN)
        table = create_table(stack, server_side_encryption=encryption)
        assert emit(existing_table_interface=table).permissions["DecryptStream"] == (DECRYPT, KEY_ARN)

    @pytest.mark.parametrize("enabled", [False, None])
    def test_without_a_stream_is_refused(
        self, mistakes_of: MistakesOf, stack: TerraformStack, enabled: bool | None
    ) -> None:
        table = create_table(stack, stream_enabled=enabled, stream_view_type=None)
        mistakes = mistakes_of(existing_table_interface=table)
        assert "stream_enabled=True" in mistakes["existing_table_interface.stream_enabled"]

    def test_can_have_a_stream_that_a_terraform_expression_enables(self, emit: Emit, stack: TerraformStack) -> None:
        enabled = Token.as_any(TerraformVariable(stack, "on", type="bool").boolean_value)
        emitted = emit(existing_table_interface=create_table(stack, stream_enabled=enabled))
        assert emitted.mapping["event_source_arn"] == "${aws_dynamodb_table.given.stream_arn}"


class TestTableAsDataSource:
    def test_is_used_and_none_is_created(self, emit: Emit, stack: TerraformStack) -> None:
        table = DataAwsDynamodbTable(stack, "given", name="given")
        emitted = emit(existing_table_interface=table)
        assert emitted.pattern.dynamo_table_interface is table
        assert emitted.mapping["event_source_arn"] == "${data.aws_dynamodb_table.given.stream_arn}"
        assert emitted.all("aws_dynamodb_table") == {}

    def test_makes_the_mapping_report_that_its_stream_is_off(self, emit: Emit, stack: TerraformStack) -> None:
        table = DataAwsDynamodbTable(stack, "given", name="given")
        (condition,) = emit(existing_table_interface=table).mapping["lifecycle"]["precondition"]
        assert condition["condition"] == "${data.aws_dynamodb_table.given.stream_enabled}"
        assert condition["error_message"].startswith("The stream of the table is off. Set stream_enabled")

    def test_keeps_the_lifecycle_of_the_mapping(self, emit: Emit, stack: TerraformStack) -> None:
        table = DataAwsDynamodbTable(stack, "given", name="given")
        condition = {"condition": "${data.aws_dynamodb_table.given.id != null}", "error_message": "No table."}
        lifecycle = {"ignore_changes": ["batch_size"], "precondition": [condition]}
        emitted = emit(existing_table_interface=table, dynamo_event_source_props={"lifecycle": lifecycle})
        assert emitted.mapping["lifecycle"]["ignore_changes"] == ["batch_size"]
        assert emitted.mapping["lifecycle"]["precondition"][0] == condition
        assert len(emitted.mapping["lifecycle"]["precondition"]) == 2

    def test_has_its_conditions_as_blocks_in_hcl(self, tmp_path: Path) -> None:
        program = f"""
from ddb_stream_lambda import DynamoDBStreamsToLambda
from cdktf import App
from cdktf_cdktf_provider_aws.data_aws_dynamodb_table import DataAwsDynamodbTable
from cdktf import TerraformStack
from cdktf_cdktf_provider_aws.provider import AwsProvider
from tests.support.calls import ZIP_FUNCTION

app = App(outdir={str(tmp_path)!r})
stack = TerraformStack(app, "orders")
AwsProvider(stack, "aws")
table = DataAwsDynamodbTable(stack, "given", name="given")
DynamoDBStreamsToLambda(stack, "pipeline", existing_table_interface=table, lambda_function_props=ZIP_FUNCTION)
app.synth()
"""
        environment = os.environ | {"SYNTH_HCL_OUTPUT": "true", "PYTHONPATH": str(ROOT)}
        subprocess.run([sys.executable, "-c", program], env=environment, check=True)
        text = (tmp_path / "stacks/orders/cdk.tf").read_text()
        assert 'precondition {\ncondition = "${data.aws_dynamodb_table.given.stream_enabled}"\n' in text


class TestTableByArn:
    def test_needs_only_the_arn_of_the_stream(self, emit: Emit) -> None:
        emitted = emit(existing_table_interface=TableByArn(stream_arn=STREAM_ARN), table_permissions="Read")
        assert emitted.mapping["event_source_arn"] == STREAM_ARN
        assert emitted.permissions["AccessTable"][1] == [TABLE_ARN, f"{TABLE_ARN}/index/*"]

    @pytest.mark.parametrize("table", [TableByArn(), TableByArn(TABLE_ARN), TableByArn(TABLE_ARN, "")])
    def test_without_a_stream_is_refused(self, mistakes_of: MistakesOf, table: TableByArn) -> None:
        mistakes = mistakes_of(existing_table_interface=table)
        assert "is missing; add a stream's ARN" in mistakes["existing_table_interface.stream_arn"]

    def test_with_a_variable_instead_of_its_value_is_refused(
        self, mistakes_of: MistakesOf, stack: TerraformStack
    ) -> None:
        table = TableByArn(stream_arn=TerraformVariable(stack, "stream", type="string"))  # type: ignore[arg-type]
        assert "string_value" in mistakes_of(existing_table_interface=table)["existing_table_interface.stream_arn"]

    def test_can_hold_an_expression_without_text(self, emit: Emit, stack: TerraformStack) -> None:
        stream = TerraformVariable(stack, "stream", type="string").string_value
        table = TableByArn(TABLE_ARN, Token.as_any(stream))  # type: ignore[arg-type]
        assert emit(existing_table_interface=table).mapping["event_source_arn"] == "${var.stream}"

    def test_is_used_and_none_is_created(self, emit: Emit) -> None:
        table = TableByArn(TABLE_ARN, STREAM_ARN)
        emitted = emit(existing_table_interface=table)
        assert emitted.pattern.dynamo_table_interface is table
        assert emitted.mapping["event_source_arn"] == STREAM_ARN
        assert emitted.permissions["ReadStream"][1] == STREAM_ARN
        assert emitted.all("aws_dynamodb_table") == {}

    def test_can_hold_terraform_expressions(self, emit: Emit, stack: TerraformStack) -> None:
        stream = TerraformVariable(stack, "stream", type="string").string_value
        emitted = emit(existing_table_interface=TableByArn(TABLE_ARN, stream))
        assert emitted.mapping["event_source_arn"] == "${var.stream}"

    def test_with_a_customer_managed_key_lets_the_role_decrypt(self, emit: Emit) -> None:
        emitted = emit(existing_table_interface=TableByArn(TABLE_ARN, STREAM_ARN, KEY_ARN))
        assert emitted.permissions["DecryptStream"] == (DECRYPT, KEY_ARN)

    @pytest.mark.parametrize(
        ("table", "wrong"),
        [
            (TableByArn("orders", STREAM_ARN), "arn"),
            (TableByArn(STREAM_ARN, STREAM_ARN), "arn"),
            (TableByArn(TABLE_ARN, TABLE_ARN), "stream_arn"),
            (TableByArn(TABLE_ARN, STREAM_ARN.replace("orders", "other")), "stream_arn"),
            (TableByArn(TABLE_ARN, None), "stream_arn"),  # type: ignore[arg-type]
            (TableByArn(TABLE_ARN, STREAM_ARN, "alias/mine"), "kms_key_arn"),
        ],
    )
    def test_with_a_wrong_arn_is_refused(self, mistakes_of: MistakesOf, table: TableByArn, wrong: str) -> None:
        assert list(mistakes_of(existing_table_interface=table)) == [f"existing_table_interface.{wrong}"]


def test_an_existing_table_together_with_props_is_refused(mistakes_of: MistakesOf) -> None:
    table = TableByArn(TABLE_ARN, STREAM_ARN)
    mistakes = mistakes_of(existing_table_interface=table, dynamo_table_props={"name": "orders"})
    assert "existing_table_interface" in mistakes["dynamo_table_props"]


@pytest.mark.parametrize("value", ["orders", 3, {"arn": TABLE_ARN}, object])
def test_an_existing_table_of_an_unknown_type_is_refused(mistakes_of: MistakesOf, value: object) -> None:
    assert "TableByArn(" in mistakes_of(existing_table_interface=value)["existing_table_interface"]
