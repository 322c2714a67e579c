"""Aliases and versions: what the mapping invokes, whose role gets the permissions, and the settings that need them."""

import json
from pathlib import Path
from typing import Any

import pytest
from ddb_stream_lambda import DynamoDBStreamsToLambda
from cdktf import App, TerraformStack, TerraformVariable
from cdktf_cdktf_provider_aws.data_aws_lambda_alias import DataAwsLambdaAlias
from cdktf_cdktf_provider_aws.data_aws_lambda_function import DataAwsLambdaFunction
from cdktf_cdktf_provider_aws.lambda_alias import LambdaAlias, LambdaAliasRoutingConfig
from cdktf_cdktf_provider_aws.lambda_event_source_mapping import LambdaEventSourceMappingConfig
from cdktf_cdktf_provider_aws.lambda_function import (
    LambdaFunction,
    LambdaFunctionDurableConfig,
    LambdaFunctionSnapStart,
    LambdaFunctionTenancyConfig,
)
from cdktf_cdktf_provider_aws.provider import AwsProvider

from tests.support.arns import ROLE_ARN
from tests.support.calls import ZIP_FUNCTION, Emit, MistakesOf

PROPS = "lambda_alias_props"
FUNCTION_ARN = "arn:aws:lambda:eu-west-1:123456789012:function:orders"
SNAP_START = {"snap_start": {"apply_on": "PublishedVersions"}}
DURABLE = {"durable_config": {"execution_timeout": 600, "retention_period": 7}}
TENANCY = {"tenancy_config": {"tenant_isolation_mode": "PER_TENANT"}}


def create_function(stack: TerraformStack, **arguments: Any) -> LambdaFunction:
    """Create a function of the app, outside the pattern."""
    return LambdaFunction(stack, "f", function_name="orders", role=ROLE_ARN, image_uri="orders:1", **arguments)


def create_alias(stack: TerraformStack, function_name: str, **arguments: Any) -> LambdaAlias:
    """Create an alias of the app, outside the pattern."""
    return LambdaAlias(stack, "live", name="live", function_name=function_name, function_version="1", **arguments)


class TestNewAlias:
    def test_names_the_published_version_and_is_what_the_mapping_invokes(self, emit: Emit) -> None:
        emitted = emit(lambda_alias_props={})
        assert emitted.only("aws_lambda_alias") == {
            "name": "live",
            "function_name": emitted.reference("aws_lambda_function", "function_name"),
            "function_version": emitted.reference("aws_lambda_function", "version"),
        }
        assert emitted.function["publish"] is True
        assert emitted.mapping["function_name"] == emitted.reference("aws_lambda_alias", "arn")
        assert emitted.address("aws_lambda_alias") in emitted.mapping["depends_on"]

    def test_is_returned_by_the_property(self, emit: Emit, stack: TerraformStack) -> None:
        assert isinstance(emit(lambda_alias_props={}).pattern.lambda_alias, LambdaAlias)
        other = DynamoDBStreamsToLambda(stack, "other", lambda_function_props=ZIP_FUNCTION)
        assert other.lambda_alias is None

    @pytest.mark.parametrize("as_struct", [False, True])
    def test_can_share_the_batches_with_another_version(self, emit: Emit, as_struct: bool) -> None:
        weights = {"2": 0.1}
        block = {"additional_version_weights": weights}
        routing = LambdaAliasRoutingConfig(additional_version_weights=weights) if as_struct else block
        emitted = emit(lambda_alias_props={"name": "blue", "description": "Canary.", "routing_config": routing})
        alias = emitted.only("aws_lambda_alias")
        assert alias["name"] == "blue"
        assert alias["description"] == "Canary."
        assert alias["routing_config"] == block

    @pytest.mark.parametrize("region", [{"region": "eu-west-2"}])
    def test_has_the_region_of_the_function(self, emit: Emit, region: dict[str, str]) -> None:
        emitted = emit(lambda_alias_props={}, lambda_function_props=region, dynamo_table_props=region)
        assert emitted.only("aws_lambda_alias")["region"] == "eu-west-2"

    def test_of_a_function_that_is_not_published_is_refused(self, mistakes_of: MistakesOf) -> None:
        mistakes = mistakes_of(lambda_alias_props={}, lambda_function_props={"publish": False})
        assert "an alias needs a published version" in mistakes["lambda_function_props.publish"]

    def test_of_an_existing_function_is_refused(self, mistakes_of: MistakesOf, stack: TerraformStack) -> None:
        mistakes = mistakes_of(lambda_alias_props={"name": "live"}, existing_lambda_obj=create_function(stack))
        assert "LambdaAlias" in mistakes[PROPS]

    @pytest.mark.parametrize("name", ["", "a b", "n" * 129, "12", None])
    def test_needs_a_name_that_lambda_accepts(self, mistakes_of: MistakesOf, name: object) -> None:
        assert list(mistakes_of(lambda_alias_props={"name": name})) == [f"{PROPS}.name"]

    @pytest.mark.parametrize("weights", [{"2": 1.5}, {"2": -0.1}, {"2": "0.1"}, {"2": 0.1, "3": 0.1}])
    def test_with_wrong_weights_is_refused(self, mistakes_of: MistakesOf, weights: object) -> None:
        mistakes = mistakes_of(lambda_alias_props={"routing_config": {"additional_version_weights": weights}})
        assert all("additional_version_weights" in property for property in mistakes)

    @pytest.mark.parametrize("function_name", ["orders", FUNCTION_ARN])
    def test_that_the_mapping_would_not_invoke_is_refused(self, mistakes_of: MistakesOf, function_name: str) -> None:
        mistakes = mistakes_of(lambda_alias_props={}, dynamo_event_source_props={"function_name": function_name})
        assert "$LATEST" in mistakes["dynamo_event_source_props.function_name"]


class TestGivenAlias:
    @pytest.mark.parametrize("attribute", ["function_name", "arn", "qualified_arn", "id"])
    def test_of_a_function_of_the_app_uses_the_functions_role(
        self, emit: Emit, stack: TerraformStack, attribute: str
    ) -> None:
        alias = create_alias(stack, getattr(create_function(stack), attribute))
        emitted = emit(existing_lambda_obj=alias)
        assert emitted.mapping["function_name"] == "${aws_lambda_alias.live.arn}"
        assert "aws_lambda_alias.live" in emitted.mapping["depends_on"]
        assert emitted.only("aws_iam_role_policy")["role"] == "${basename(aws_lambda_function.f.role)}"
        # A data source would be read before the function exists.
        assert "data" not in emitted.config
        assert emitted.pattern.lambda_function is alias
        assert emitted.pattern.lambda_alias is None

    def test_by_an_expression_written_as_text_uses_the_functions_role(self, emit: Emit, stack: TerraformStack) -> None:
        emitted = emit(existing_lambda_obj=create_alias(stack, "${aws_lambda_function.f.function_name}"))
        assert emitted.only("aws_iam_role_policy")["role"] == "${basename(aws_lambda_function.f.role)}"
        assert "data" not in emitted.config

    def test_of_a_data_source_uses_the_data_sources_role(self, emit: Emit, stack: TerraformStack) -> None:
        function = DataAwsLambdaFunction(stack, "d", function_name="orders")
        emitted = emit(existing_lambda_obj=create_alias(stack, function.function_name))
        assert emitted.only("aws_iam_role_policy")["role"] == "${basename(data.aws_lambda_function.d.role)}"
        assert list(emitted.all("aws_lambda_function", kind="data")) == ["d"]

    def test_of_another_stack_uses_that_stacks_function(self, stack: TerraformStack) -> None:
        app = App.of(stack)
        other = TerraformStack(app, "other")
        AwsProvider(other, "aws", region="eu-west-1")
        alias = create_alias(other, create_function(other).function_name)
        DynamoDBStreamsToLambda(stack, "pipeline", existing_lambda_obj=alias)
        app.synth()
        emitted = json.loads((Path(app.outdir) / "stacks" / "orders" / "cdk.tf.json").read_text())["resource"]
        (policy,) = emitted["aws_iam_role_policy"].values()
        assert policy["role"].startswith("${basename(data.terraform_remote_state.")
        (mapping,) = emitted["aws_lambda_event_source_mapping"].values()
        assert mapping["function_name"].startswith("${data.terraform_remote_state.")
        assert [address.split(".")[0] for address in mapping["depends_on"]] == ["aws_iam_role_policy"]

    @pytest.mark.parametrize("attribute", ["function_name", "arn"])
    def test_of_this_stack_with_a_function_of_another_one_uses_that_function(
        self, stack: TerraformStack, attribute: str
    ) -> None:
        app = App.of(stack)
        other = TerraformStack(app, "other")
        AwsProvider(other, "aws", region="eu-west-1")
        alias = create_alias(stack, getattr(create_function(other), attribute))
        DynamoDBStreamsToLambda(stack, "pipeline", existing_lambda_obj=alias)
        app.synth()
        emitted = json.loads((Path(app.outdir) / "stacks" / "orders" / "cdk.tf.json").read_text())["resource"]
        (policy,) = emitted["aws_iam_role_policy"].values()
        assert policy["role"].startswith("${basename(data.terraform_remote_state.")

    @pytest.mark.parametrize(
        ("function_name", "looked_up"),
        [
            ("orders", "orders"),
            ("orders:1", "orders"),
            (FUNCTION_ARN, FUNCTION_ARN),
            (f"{FUNCTION_ARN}:live", FUNCTION_ARN),
            ("123456789012:function:orders:$LATEST", "123456789012:function:orders"),
        ],
    )
    @pytest.mark.parametrize("kind", ["resource", "data source"])
    def test_by_a_name_looks_the_role_up(
        self, emit: Emit, stack: TerraformStack, function_name: str, looked_up: str, kind: str
    ) -> None:
        other = AwsProvider(stack, "other", alias="other", region="eu-west-1")
        arguments: dict[str, Any] = {"provider": other, "region": "eu-west-1"}
        if kind == "resource":
            alias: LambdaAlias | DataAwsLambdaAlias = create_alias(stack, function_name, **arguments)
        else:
            alias = DataAwsLambdaAlias(stack, "live", name="live", function_name=function_name, **arguments)
        emitted = emit(existing_lambda_obj=alias)
        (look_up,) = emitted.all("aws_lambda_function", kind="data").values()
        assert look_up == {"function_name": looked_up, "provider": "aws.other", "region": "eu-west-1"}
        (name,) = emitted.all("aws_lambda_function", kind="data")
        assert emitted.only("aws_iam_role_policy")["role"] == f"${{basename(data.aws_lambda_function.{name}.role)}}"
        address = "aws_lambda_alias.live" if kind == "resource" else "data.aws_lambda_alias.live"
        assert emitted.mapping["function_name"] == f"${{{address}.arn}}"

    def test_by_a_variable_looks_the_role_up(self, emit: Emit, stack: TerraformStack) -> None:
        variable = TerraformVariable(stack, "name", type="string")
        emitted = emit(existing_lambda_obj=create_alias(stack, variable.string_value))
        assert emitted.only("aws_lambda_function", kind="data") == {"function_name": "${var.name}"}

    def test_has_no_environment_to_set(self, mistakes_of: MistakesOf, stack: TerraformStack) -> None:
        alias = create_alias(stack, "orders")
        mistakes = mistakes_of(existing_lambda_obj=alias, table_environment_variable_name="TABLE")
        assert list(mistakes) == ["table_environment_variable_name"]


class TestQualifierOfADataSource:
    def test_is_what_the_mapping_invokes(self, emit: Emit, stack: TerraformStack) -> None:
        function = DataAwsLambdaFunction(stack, "d", function_name="orders", qualifier="live")
        emitted = emit(existing_lambda_obj=function)
        assert emitted.mapping["function_name"] == "${data.aws_lambda_function.d.qualified_arn}"
        assert emitted.only("aws_iam_role_policy")["role"] == "${basename(data.aws_lambda_function.d.role)}"

    @pytest.mark.parametrize("name", ["orders", FUNCTION_ARN, "123456789012:function:orders"])
    def test_as_a_part_of_the_name_is_refused(self, mistakes_of: MistakesOf, stack: TerraformStack, name: str) -> None:
        """The provider would give the ARN without the qualifier."""
        function = DataAwsLambdaFunction(stack, "d", function_name=f"{name}:live")
        message = mistakes_of(existing_lambda_obj=function)["existing_lambda_obj.function_name"]
        assert f'function_name="{name}", qualifier="live"' in message


class TestSnapStart:
    def test_with_an_alias_causes_no_warning(self, emit: Emit) -> None:
        assert emit(lambda_function_props=SNAP_START, lambda_alias_props={}).warnings == []

    def test_without_an_alias_causes_a_warning_with_the_fix(self, emit: Emit) -> None:
        (warning,) = emit(lambda_function_props={**SNAP_START, "publish": True}).warnings
        assert 'add lambda_alias_props={"name": "live"}' in warning

    @pytest.mark.parametrize("function_name", ["orders:live", f"{FUNCTION_ARN}:1", "${var.alias}"])
    def test_with_a_mapping_to_a_version_causes_no_warning(self, emit: Emit, function_name: str) -> None:
        mapping = {"function_name": function_name}
        assert emit(lambda_function_props=SNAP_START, dynamo_event_source_props=mapping).warnings == []

    def test_that_is_off_causes_no_warning(self, emit: Emit) -> None:
        assert emit(lambda_function_props={"snap_start": {"apply_on": "None"}}).warnings == []

    def test_of_an_existing_function_causes_a_warning(self, emit: Emit, stack: TerraformStack) -> None:
        snap_start = LambdaFunctionSnapStart(apply_on="PublishedVersions")
        (warning,) = emit(existing_lambda_obj=create_function(stack, snap_start=snap_start)).warnings
        assert "existing_lambda_obj=LambdaAlias" in warning


class TestDurableConfig:
    def test_with_an_alias_is_accepted_and_the_role_may_write_checkpoints(self, emit: Emit) -> None:
        emitted = emit(lambda_function_props=DURABLE, lambda_alias_props={})
        assert emitted.function["durable_config"] == DURABLE["durable_config"]
        actions, resource = emitted.permissions["CheckpointExecutions"]
        assert actions == {"lambda:CheckpointDurableExecution", "lambda:GetDurableExecutionState"}
        assert resource.startswith("arn:${data.aws_partition.")
        assert resource.endswith(":function:orders_pipeline:*")

    def test_with_a_given_log_group_has_the_data_sources_once(self, emit: Emit) -> None:
        logging = {"logging_config": {"log_format": "Text", "log_group": "/orders"}}
        emitted = emit(lambda_function_props={**DURABLE, **logging}, lambda_alias_props={})
        assert len(emitted.all("aws_partition", kind="data")) == 1

    @pytest.mark.parametrize("mapping", [{}, {"function_name": "orders"}])
    def test_with_an_unqualified_mapping_is_refused(self, mistakes_of: MistakesOf, mapping: dict[str, str]) -> None:
        mistakes = mistakes_of(lambda_function_props=DURABLE, dynamo_event_source_props=mapping)
        assert 'add lambda_alias_props={"name": "live"}' in mistakes["lambda_function_props.durable_config"]

    def test_with_a_mapping_as_a_struct_is_accepted(self, emit: Emit) -> None:
        mapping = LambdaEventSourceMappingConfig(function_name="orders:live", starting_position="LATEST")
        emitted = emit(lambda_function_props=DURABLE, dynamo_event_source_props=mapping)
        assert emitted.mapping["function_name"] == "orders:live"

    def test_of_an_existing_function_is_refused(self, mistakes_of: MistakesOf, stack: TerraformStack) -> None:
        durable = LambdaFunctionDurableConfig(execution_timeout=600)
        mistakes = mistakes_of(existing_lambda_obj=create_function(stack, durable_config=durable))
        assert "LambdaAlias" in mistakes["existing_lambda_obj.durable_config"]

    @pytest.mark.parametrize(("argument", "value"), [("execution_timeout", 901), ("retention_period", 91)])
    def test_beyond_the_limits_of_mappings_is_refused(self, mistakes_of: MistakesOf, argument: str, value: int) -> None:
        durable = {"durable_config": {**DURABLE["durable_config"], argument: value}}
        mistakes = mistakes_of(lambda_function_props=durable, lambda_alias_props={})
        assert list(mistakes) == [f"lambda_function_props.durable_config.{argument}"]

    def test_on_managed_instances_may_take_90_minutes(self, emit: Emit) -> None:
        arn = "arn:aws:lambda:eu-west-1:123456789012:capacity-provider:orders"
        provider = {"lambda_managed_instances_capacity_provider_config": {"capacity_provider_arn": arn}}
        props = {"durable_config": {"execution_timeout": 5400}, "capacity_provider_config": provider}
        emitted = emit(lambda_function_props=props, lambda_alias_props={})
        assert emitted.function["durable_config"] == {"execution_timeout": 5400}


class TestTenancyConfig:
    @pytest.mark.parametrize("alias", [None, {}])
    def test_is_refused(self, mistakes_of: MistakesOf, alias: object) -> None:
        mistakes = mistakes_of(lambda_function_props=TENANCY, lambda_alias_props=alias)
        assert "event source mapping" in mistakes["lambda_function_props.tenancy_config"]

    def test_of_an_existing_function_is_refused(self, mistakes_of: MistakesOf, stack: TerraformStack) -> None:
        tenancy = LambdaFunctionTenancyConfig(tenant_isolation_mode="PER_TENANT")
        mistakes = mistakes_of(existing_lambda_obj=create_function(stack, tenancy_config=tenancy))
        assert list(mistakes) == ["existing_lambda_obj.tenancy_config"]
