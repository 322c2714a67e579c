"""The addresses of a pattern's elements, and the `moved` blocks from the former ones."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from ddb_stream_lambda import DynamoDBStreamsToLambda
from cdktf import App, TerraformElement, TerraformResource, TerraformStack, Testing
from cdktf_cdktf_provider_aws.dynamodb_table import DynamodbTable, DynamodbTableAttribute
from cdktf_cdktf_provider_aws.iam_policy import IamPolicy
from cdktf_cdktf_provider_aws.provider import AwsProvider
from cdktf_cdktf_provider_aws.sqs_queue import SqsQueue
from constructs import Construct
from ddb_stream_lambda._engine.addresses import MOVED_BLOCKS, former_logical_id, snake_case

from tests.support.calls import ZIP_FUNCTION, new_stack
from tests.support.emitted import Emitted
from tests.support.former_addresses import StackWithFormerAddresses

# The form that tflint's rule terraform_naming_convention takes for snake_case.
SNAKE_CASE = re.compile("[a-z][a-z0-9]*(_[a-z0-9]+)*")
DIGEST = "_[0-9a-f]{8}"


def add_pattern(scope: Construct, id: str, **inputs: Any) -> DynamoDBStreamsToLambda:
    return DynamoDBStreamsToLambda(scope, id, **{"lambda_function_props": ZIP_FUNCTION, **inputs})


def emit_pattern(path: Sequence[str], stack: TerraformStack | None = None, **inputs: Any) -> Emitted:
    """Return the Terraform of a stack with a pattern at a path."""
    scope: Construct = new_stack() if stack is None else stack
    stack = TerraformStack.of(scope)
    for id in path[:-1]:
        scope = Construct(scope, id)
    return Emitted(stack, add_pattern(scope, path[-1], **inputs))


def table_id(pattern: DynamoDBStreamsToLambda) -> str:
    assert pattern.dynamo_table is not None
    return pattern.dynamo_table.friendly_unique_id


def names_of(config: dict[str, Any]) -> list[str]:
    """Return the names of all resources and data sources."""
    return [name for kind in ("resource", "data") for block in config.get(kind, {}).values() for name in block]


def moves_of(emitted: Emitted) -> dict[str, str]:
    """Return the former address of each address."""
    moves = emitted.config["moved"]
    assert len({move["to"] for move in moves}) == len({move["from"] for move in moves}) == len(moves)
    return {move["to"]: move["from"] for move in moves}


class TestIds:
    @pytest.mark.parametrize(
        ("path", "prefix"),
        [
            (["pipeline"], "pipeline"),
            (["Orders"], "orders"),
            (["OrdersPipeline"], "orders_pipeline"),
            (["HTTPOrders-v2"], "http_orders_v2"),
            (["team", "order stream"], "team_order_stream"),
            (["commandes_été"], "commandes_ete"),
            (["--a..b--"], "a_b"),
            (["2024"], "pattern_2024"),
            (["***"], "pattern"),
            (["a", "***"], "a"),
        ],
    )
    def test_begin_with_the_path_in_snake_case(self, path: list[str], prefix: str) -> None:
        emitted = emit_pattern(path)
        assert emitted.address("aws_dynamodb_table") == f"aws_dynamodb_table.{prefix}"
        assert emitted.address("aws_sqs_queue") == f"aws_sqs_queue.{prefix}_dead_letter"

    def test_of_a_long_path_are_cut_and_differ(self) -> None:
        stack = new_stack()
        ids = [table_id(add_pattern(stack, "a" * 300 + end)) for end in ("b", "c")]
        assert len(set(ids)) == 2
        for id in ids:
            assert re.fullmatch(f"a+{DIGEST}", id)
            assert len(id) < 150

    def test_of_every_kind_of_element_are_in_snake_case(self) -> None:
        stack = new_stack()
        policy = IamPolicy(stack, "policy", policy="{}")
        emitted = emit_pattern(
            ["team", "Orders-2"],
            stack,
            dynamo_table_props={"server_side_encryption": {"enabled": True, "kms_key_arn": "${var.key}"}},
            sqs_dlq_queue_props={"kms_master_key_id": "alias/orders"},
            lambda_role_props={
                "policy_arns": [policy.arn, "arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole"]
            },
        )
        for name in names_of(emitted.config):
            assert SNAKE_CASE.fullmatch(name)
        assert set(emitted.all("aws_iam_role_policy_attachment")) == {
            "team_orders_2_policy",
            "team_orders_2_service_role_aws_lambda_vpc_access_execution_role",
        }
        assert set(emitted.all("aws_kms_key", kind="data")) == {"team_orders_2_table", "team_orders_2_dead_letter"}

    def test_do_not_change_the_names_in_aws(self) -> None:
        def names(stack: TerraformStack) -> list[Any]:
            config = emit_pattern(["team", "Orders"], stack).config["resource"]
            keys = ("name", "function_name")
            values = [block.get(key) for type in config.values() for block in type.values() for key in keys]
            return [value for value in values if value is not None and "${" not in value]

        former = StackWithFormerAddresses(Testing.app(), "orders")
        AwsProvider(former, "aws", region="eu-west-1")
        assert names(new_stack()) == names(former)


class TestSharedPrefixes:
    @pytest.mark.parametrize(
        ("first", "second"), [("a-b", "a_b"), ("A-b", "aB"), ("***", "pattern"), ("2", "pattern_2")]
    )
    def test_of_two_patterns_give_the_later_one_a_digest(self, first: str, second: str) -> None:
        stack = new_stack()
        ids = [table_id(add_pattern(stack, id)) for id in (first, second)]
        assert re.fullmatch(ids[0] + DIGEST, ids[1])
        assert all(SNAKE_CASE.fullmatch(id) for id in ids)

    def test_of_a_nested_pattern_give_it_a_digest(self) -> None:
        stack = new_stack()
        add_pattern(stack, "a_b")
        nested = add_pattern(Construct(stack, "a"), "b")
        assert re.fullmatch(f"a_b{DIGEST}", table_id(nested))

    def test_of_two_attachments_give_the_later_one_a_digest(self) -> None:
        policies = [f"arn:aws:iam::{account}:policy/orders" for account in ("aws", "123456789012")]
        emitted = emit_pattern(["pipeline"], lambda_role_props={"policy_arns": policies})
        first, second = emitted.all("aws_iam_role_policy_attachment")
        assert sorted([first, second])[0] == "pipeline_orders"
        assert re.fullmatch(f"pipeline_orders({DIGEST})?", second)

    def test_do_not_reach_other_stacks(self) -> None:
        app = Testing.app()
        for name in ("one", "two"):
            stack = TerraformStack(app, name)
            assert table_id(add_pattern(stack, "pipeline")) == "pipeline"


def user_table(scope: Construct, id: str) -> DynamodbTable:
    return DynamodbTable(scope, id, name=id, hash_key="id", attribute=[DynamodbTableAttribute(name="id", type="S")])


class TestElementsOfTheUser:
    @pytest.mark.parametrize("is_first", [True, False])
    @pytest.mark.parametrize("kind", ["id", "override", "generic"])
    def test_with_an_address_of_a_pattern_are_an_error(self, tmp_path: Path, kind: str, is_first: bool) -> None:
        app = App(outdir=str(tmp_path))
        stack = TerraformStack(app, "orders")
        AwsProvider(stack, "aws", region="eu-west-1")

        def add_own() -> None:
            if kind == "id":
                SqsQueue(stack, "pipeline_dead_letter")
            elif kind == "override":
                SqsQueue(Construct(stack, "own"), "queue").override_logical_id("pipeline_dead_letter")
            else:
                TerraformResource(stack, "pipeline_dead_letter", terraform_resource_type="aws_sqs_queue")

        if is_first:
            add_own()
        add_pattern(stack, "pipeline")
        if not is_first:
            add_own()
        with pytest.raises(Exception, match=r"aws_sqs_queue\.pipeline_dead_letter is the address of orders/"):
            app.synth()

    def test_with_other_addresses_are_no_error(self, tmp_path: Path) -> None:
        app = App(outdir=str(tmp_path))
        stack = TerraformStack(app, "orders")
        AwsProvider(stack, "aws", region="eu-west-1")
        add_pattern(stack, "pipeline")
        SqsQueue(Construct(stack, "own"), "queue").override_logical_id("pipeline")
        user_table(Construct(stack, "pipeline_"), "pipeline")
        app.synth()

    def test_can_be_moved_to_a_target_of_the_pattern(self) -> None:
        stack = new_stack()
        pattern = add_pattern(stack, "pipeline")
        assert pattern.dynamo_table is not None
        user_table(stack, "legacy").move_to("orders")
        pattern.dynamo_table.add_move_target("orders")
        moves = moves_of(Emitted(stack, pattern))
        assert moves["aws_dynamodb_table.pipeline"] == "aws_dynamodb_table.legacy"
        assert moves["aws_dynamodb_table.legacy"] == "aws_dynamodb_table.pipeline_table_4950B2AC"


class TestMovedBlocks:
    def test_name_the_ids_that_cdktf_gives(self) -> None:
        former = StackWithFormerAddresses(Testing.app(), "orders")
        AwsProvider(former, "aws", region="eu-west-1")
        path = ["team", "Team", "a.b-c"]
        inputs: dict[str, Any] = {"lambda_role_props": {"policy_arns": ["arn:aws:iam::aws:policy/X"]}}
        before, after = emit_pattern(path, former, **inputs), emit_pattern(path, None, **inputs)
        assert "moved" not in before.config
        assert set(moves_of(after).values()) == {
            f"{type}.{name}" for type, block in before.config["resource"].items() for name in block
        }
        assert set(moves_of(after)) == {
            f"{type}.{name}" for type, block in after.config["resource"].items() for name in block
        }

    @pytest.mark.parametrize("path", [["a"], ["Default", "a"], ["Resource", "a"], ["a", "xa"], ["a" * 200, "b" * 200]])
    def test_compute_the_ids_as_cdktf_does(self, path: list[str]) -> None:
        scope: Construct = TerraformStack(Testing.app(), "orders")
        for id in path:
            scope = Construct(scope, id)
        assert TerraformElement(scope, "table").friendly_unique_id == former_logical_id([*path, "table"])

    def test_name_no_id_that_terraform_refuses(self) -> None:
        assert emit_pattern(["2024"]).config["moved"] == []

    def test_can_be_left_out(self) -> None:
        app = Testing.stub_version(App(context={MOVED_BLOCKS: False}))
        stack = TerraformStack(app, "orders")
        emitted = emit_pattern(["pipeline"], stack)
        assert "moved" not in emitted.config
        assert emitted.address("aws_dynamodb_table") == "aws_dynamodb_table.pipeline"

    def test_are_written_as_hcl(self) -> None:
        stack = new_stack()
        add_pattern(stack, "pipeline")
        text = " ".join(Testing.synth_hcl(stack).split())
        move = "from = aws_dynamodb_table.pipeline_table_4950B2AC to = aws_dynamodb_table.pipeline }"
        assert f"moved {{ {move}" in text

    def test_lead_to_the_address_that_the_user_moves_from(self) -> None:
        stack = new_stack()
        pattern = add_pattern(stack, "pipeline")
        assert pattern.dynamo_table is not None
        pattern.dynamo_table.move_from_id("aws_dynamodb_table.legacy")
        moves = moves_of(Emitted(stack, pattern))
        assert moves["aws_dynamodb_table.pipeline"] == "aws_dynamodb_table.legacy"
        assert moves["aws_dynamodb_table.legacy"] == "aws_dynamodb_table.pipeline_table_4950B2AC"

    def test_are_followed_by_a_move_to_another_address(self) -> None:
        stack = new_stack()
        pattern = add_pattern(stack, "pipeline")
        assert pattern.dynamo_table is not None
        pattern.dynamo_table.move_to_id("aws_dynamodb_table.own")
        moves = moves_of(Emitted(stack, pattern))
        assert moves["aws_dynamodb_table.own"] == "aws_dynamodb_table.pipeline"
        assert moves["aws_dynamodb_table.pipeline"] == "aws_dynamodb_table.pipeline_table_4950B2AC"

    @pytest.mark.parametrize("target", ["pipeline", "own"])
    def test_give_way_to_the_same_move_of_the_user(self, target: str) -> None:
        stack = new_stack()
        pattern = add_pattern(stack, "pipeline")
        former = "aws_lambda_event_source_mapping.pipeline_event-source-mapping_7B847D07"
        if target == "own":
            pattern.event_source_mapping.override_logical_id(target)
        pattern.event_source_mapping.move_from_id(former)
        moves = moves_of(Emitted(stack, pattern))
        assert moves[f"aws_lambda_event_source_mapping.{target}"] == former


@pytest.mark.parametrize(("text", "expected"), [("DynamoDBStreams", "dynamo_db_streams"), ("v2", "v2"), ("", "")])
def test_words_are_separated_at_capital_letters(text: str, expected: str) -> None:
    assert snake_case(text) == expected
