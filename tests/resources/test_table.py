"""The table: defaults, arguments over them, keys and attributes, capacities, and the three kinds of given tables."""

import json
from pathlib import Path

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

from tests.support.calls import ZIP_FUNCTION, Emit, MistakesOf

ARN = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders"
STREAM_ARN = f"{ARN}/stream/2026-01-01T00:00:00.000"
KEY_ARN = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def given_table(stack: TerraformStack, **arguments: object) -> DynamodbTable:
    attribute = [DynamodbTableAttribute(name="id", type="S")]
    stream = {"stream_enabled": True, "stream_view_type": "NEW_IMAGE"}
    return DynamodbTable(stack, "given", name="given", hash_key="id", attribute=attribute, **(stream | arguments))


def test_a_new_table_has_the_defaults_of_the_contract(emit: Emit) -> None:
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


def test_the_new_table_is_both_the_table_in_use_and_the_table_created(emit: Emit) -> None:
    pattern = emit().pattern
    assert isinstance(pattern.dynamo_table, DynamodbTable)
    assert pattern.dynamo_table_interface is pattern.dynamo_table


def test_the_mapping_reads_the_new_tables_stream(emit: Emit) -> None:
    emitted = emit()
    assert emitted.mapping["event_source_arn"] == emitted.reference("aws_dynamodb_table", "stream_arn")


def test_arguments_are_laid_over_the_defaults(emit: Emit) -> None:
    table = emit(dynamo_table_props={"name": "orders", "stream_view_type": "KEYS_ONLY", "tags": {"Team_a": "1"}}).table
    assert table["name"] == "orders"
    assert table["stream_view_type"] == "KEYS_ONLY"
    assert table["tags"] == {"Team_a": "1"}
    assert table["billing_mode"] == "PAY_PER_REQUEST"


def test_a_block_is_merged_with_its_default(emit: Emit) -> None:
    table = emit(dynamo_table_props={"lifecycle": {"ignore_changes": ["read_capacity"]}}).table
    assert table["lifecycle"] == {"prevent_destroy": True, "ignore_changes": ["read_capacity"]}


def test_a_customer_managed_key_leaves_encryption_on(emit: Emit) -> None:
    table = emit(dynamo_table_props={"server_side_encryption": {"kms_key_arn": KEY_ARN}}).table
    assert table["server_side_encryption"] == {"enabled": True, "kms_key_arn": KEY_ARN}


def test_none_leaves_an_argument_out_and_its_default_with_it(emit: Emit) -> None:
    assert "point_in_time_recovery" not in emit(dynamo_table_props={"point_in_time_recovery": None}).table


def test_the_providers_struct_does_as_well_as_a_mapping(emit: Emit) -> None:
    struct = DynamodbTableConfig(
        name="orders",
        hash_key="order",
        server_side_encryption=DynamodbTableServerSideEncryption(enabled=True, kms_key_arn=KEY_ARN),
    )
    table = emit(dynamo_table_props=struct).table
    assert table["attribute"] == [{"name": "order", "type": "S"}]
    assert table["server_side_encryption"] == {"enabled": True, "kms_key_arn": KEY_ARN}
    assert table["stream_enabled"] is True


def test_a_struct_may_stand_inside_a_mapping(emit: Emit) -> None:
    attribute = [DynamodbTableAttribute(name="id", type="N")]
    assert emit(dynamo_table_props={"attribute": attribute}).table["attribute"] == [{"name": "id", "type": "N"}]


def test_key_attributes_that_are_not_defined_are_added_as_text(emit: Emit) -> None:
    table = emit(
        dynamo_table_props={"hash_key": "pk", "range_key": "sk", "attribute": [{"name": "sk", "type": "N"}]}
    ).table
    assert table["attribute"] == [{"name": "sk", "type": "N"}, {"name": "pk", "type": "S"}]


def test_a_provisioned_table_with_indexes_passes_through(emit: Emit) -> None:
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


@pytest.mark.parametrize("block", ["global_secondary_index", "local_secondary_index"])
def test_the_key_of_an_index_must_be_defined(mistakes_of: MistakesOf, block: str) -> None:
    index = {"name": "by-customer", "hash_key": "customer", "range_key": "customer", "projection_type": "ALL"}
    if block == "local_secondary_index":
        del index["hash_key"]
    mistakes = mistakes_of(dynamo_table_props={block: [index]})
    message = mistakes[f"dynamo_table_props.{block}[0].range_key"]
    assert "'customer'" in message
    assert '{"name": \'customer\', "type": "S"}' in message


def test_an_attribute_that_is_no_key_is_refused(mistakes_of: MistakesOf) -> None:
    mistakes = mistakes_of(
        dynamo_table_props={"attribute": [{"name": "id", "type": "S"}, {"name": "total", "type": "N"}]}
    )
    assert "'total'" in mistakes["dynamo_table_props.attribute[1].name"]


def test_an_attribute_defined_twice_is_refused(mistakes_of: MistakesOf) -> None:
    mistakes = mistakes_of(dynamo_table_props={"attribute": [{"name": "id", "type": "S"}, {"name": "id", "type": "N"}]})
    assert "defined twice" in mistakes["dynamo_table_props.attribute[1].name"]


def test_attributes_named_by_tokens_are_left_to_terraform(emit: Emit, stack: TerraformStack) -> None:
    key = TerraformVariable(stack, "key", type="string").string_value
    table = emit(dynamo_table_props={"hash_key": key, "attribute": [{"name": key, "type": "S"}]}).table
    assert table["attribute"] == [{"name": "${var.key}", "type": "S"}]


def test_pay_per_request_takes_no_capacity(mistakes_of: MistakesOf) -> None:
    index = {"name": "i", "hash_key": "id", "projection_type": "ALL", "write_capacity": 3}
    mistakes = mistakes_of(dynamo_table_props={"read_capacity": 5, "global_secondary_index": [index]})
    assert 'billing_mode="PROVISIONED"' in mistakes["dynamo_table_props.read_capacity"]
    assert "dynamo_table_props.global_secondary_index[0].write_capacity" in mistakes


def test_provisioned_needs_both_capacities(mistakes_of: MistakesOf) -> None:
    mistakes = mistakes_of(dynamo_table_props={"billing_mode": "PROVISIONED", "read_capacity": 5})
    assert "dynamo_table_props.write_capacity" in mistakes


def test_the_stream_cannot_be_turned_off(mistakes_of: MistakesOf) -> None:
    assert "stream" in mistakes_of(dynamo_table_props={"stream_enabled": False})["dynamo_table_props.stream_enabled"]


def test_a_token_may_say_whether_the_stream_is_on(emit: Emit, stack: TerraformStack) -> None:
    on = TerraformVariable(stack, "on", type="bool").boolean_value
    assert emit(dynamo_table_props={"stream_enabled": on}).table["stream_enabled"] == "${var.on}"


@pytest.mark.parametrize(
    ("argument", "value"),
    [("billing_mode", "ON_DEMAND"), ("stream_view_type", "NEW_AND_OLD_IMAGE"), ("name", "a b"), ("name", "ab")],
)
def test_an_argument_that_dynamodb_would_refuse_is_refused(mistakes_of: MistakesOf, argument: str, value: str) -> None:
    assert repr(value) in mistakes_of(dynamo_table_props={argument: value})[f"dynamo_table_props.{argument}"]


def test_the_table_name_may_be_255_characters_long(emit: Emit) -> None:
    assert emit(dynamo_table_props={"name": "n" * 255}).table["name"] == "n" * 255


def test_a_table_name_of_256_characters_is_refused(mistakes_of: MistakesOf) -> None:
    assert "255" in mistakes_of(dynamo_table_props={"name": "n" * 256})["dynamo_table_props.name"]


class TestGivenTable:
    def test_of_the_app_is_used_and_none_is_created(self, emit: Emit, stack: TerraformStack) -> None:
        table = given_table(stack)
        emitted = emit(existing_table_interface=table)
        assert emitted.pattern.dynamo_table_interface is table
        assert emitted.pattern.dynamo_table is None
        assert emitted.mapping["event_source_arn"] == "${aws_dynamodb_table.given.stream_arn}"
        assert emitted.grants["ReadStream"][1] == "${aws_dynamodb_table.given.stream_arn}"

    def test_of_another_stack_of_the_app_is_reached_through_its_state(self, tmp_path: Path) -> None:
        app = App(outdir=str(tmp_path))
        tables, functions = (TerraformStack(app, name) for name in ("tables", "functions"))
        for stack in (tables, functions):
            AwsProvider(stack, "aws", region="eu-west-1")
        table = given_table(tables)
        inputs = {"existing_table_interface": table, "lambda_function_props": ZIP_FUNCTION}
        DynamoDBStreamsToLambda(functions, "pipeline", **inputs)
        app.synth()
        emitted = json.loads((tmp_path / "stacks/functions/cdk.tf.json").read_text())
        (mapping,) = emitted["resource"]["aws_lambda_event_source_mapping"].values()
        assert "data.terraform_remote_state" in mapping["event_source_arn"]

    def test_as_a_data_source_is_used(self, emit: Emit, stack: TerraformStack) -> None:
        table = DataAwsDynamodbTable(stack, "given", name="given")
        emitted = emit(existing_table_interface=table)
        assert emitted.pattern.dynamo_table_interface is table
        assert emitted.mapping["event_source_arn"] == "${data.aws_dynamodb_table.given.stream_arn}"
        assert emitted.all("aws_dynamodb_table") == {}

    def test_by_arn_is_used(self, emit: Emit) -> None:
        table = TableByArn(ARN, STREAM_ARN)
        emitted = emit(existing_table_interface=table)
        assert emitted.pattern.dynamo_table_interface is table
        assert emitted.mapping["event_source_arn"] == STREAM_ARN
        assert emitted.grants["ReadStream"][1] == STREAM_ARN

    def test_by_arn_may_be_tokens(self, emit: Emit, stack: TerraformStack) -> None:
        stream = TerraformVariable(stack, "stream", type="string").string_value
        emitted = emit(existing_table_interface=TableByArn(ARN, stream))
        assert emitted.mapping["event_source_arn"] == "${var.stream}"

    def test_encrypted_by_a_customer_managed_key_lets_the_role_decrypt(self, emit: Emit, stack: TerraformStack) -> None:
        table = given_table(
            stack, server_side_encryption=DynamodbTableServerSideEncryption(enabled=True, kms_key_arn=KEY_ARN)
        )
        assert emit(existing_table_interface=table).grants["DecryptStream"][1] == KEY_ARN

    def test_by_arn_with_a_customer_managed_key_lets_the_role_decrypt(self, emit: Emit) -> None:
        emitted = emit(existing_table_interface=TableByArn(ARN, STREAM_ARN, KEY_ARN))
        assert emitted.grants["DecryptStream"] == ({"kms:Decrypt", "kms:DescribeKey"}, KEY_ARN)

    @pytest.mark.parametrize("stream", [{"stream_enabled": False}, {"stream_enabled": None}])
    def test_whose_stream_is_off_is_refused(self, mistakes_of: MistakesOf, stack: TerraformStack, stream: dict) -> None:
        table = given_table(stack, **stream, stream_view_type=None)
        mistakes = mistakes_of(existing_table_interface=table)
        assert "stream_enabled=True" in mistakes["existing_table_interface.stream_enabled"]

    def test_whose_stream_only_terraform_knows_is_taken(self, emit: Emit, stack: TerraformStack) -> None:
        on = Token.as_any(TerraformVariable(stack, "on", type="bool").boolean_value)
        assert emit(existing_table_interface=given_table(stack, stream_enabled=on)).mapping

    def test_beside_table_props_is_refused(self, mistakes_of: MistakesOf) -> None:
        mistakes = mistakes_of(
            existing_table_interface=TableByArn(ARN, STREAM_ARN), dynamo_table_props={"name": "orders"}
        )
        assert "existing_table_interface" in mistakes["dynamo_table_props"]

    @pytest.mark.parametrize("value", ["orders", 3, {"arn": ARN}, object])
    def test_of_no_known_kind_is_refused(self, mistakes_of: MistakesOf, value: object) -> None:
        assert "TableByArn(" in mistakes_of(existing_table_interface=value)["existing_table_interface"]

    @pytest.mark.parametrize(
        ("table", "wrong"),
        [
            (TableByArn("orders", STREAM_ARN), "arn"),
            (TableByArn(STREAM_ARN, STREAM_ARN), "arn"),
            (TableByArn(ARN, ARN), "stream_arn"),
            (TableByArn(ARN, STREAM_ARN.replace("orders", "other")), "stream_arn"),
            (TableByArn(ARN, None), "stream_arn"),  # type: ignore[arg-type]
            (TableByArn(ARN, STREAM_ARN, "alias/mine"), "kms_key_arn"),
        ],
    )
    def test_by_a_wrong_arn_is_refused(self, mistakes_of: MistakesOf, table: TableByArn, wrong: str) -> None:
        assert list(mistakes_of(existing_table_interface=table)) == [f"existing_table_interface.{wrong}"]


def test_a_resource_that_triggers_a_replacement_is_named_as_terraform_does(emit: Emit, stack: TerraformStack) -> None:
    lifecycle = {"replace_triggered_by": [KmsKey(stack, "key"), "terraform_data.version"]}
    table = emit(dynamo_table_props={"lifecycle": lifecycle}).table
    assert table["lifecycle"]["replace_triggered_by"] == ["aws_kms_key.key", "terraform_data.version"]
