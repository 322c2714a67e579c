"""The function, its role and its log group: defaults, arguments over them, its code, given functions."""

from pathlib import Path
from typing import Any

import pytest
from ddb_stream_lambda import Code, DynamoDBStreamsToLambda
from cdktf import TerraformStack, TerraformVariable, Testing
from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from cdktf_cdktf_provider_aws.data_aws_lambda_function import DataAwsLambdaFunction
from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.lambda_function import (
    LambdaFunction,
    LambdaFunctionConfig,
    LambdaFunctionEnvironment,
)

from tests.support.calls import HELLO, ZIP_FUNCTION, Emit, MistakesOf

ROLE_ARN = "arn:aws:iam::123456789012:role/service/orders/worker"
IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/orders:1"
WITHOUT_CODE = {"code": None, "runtime": "python3.13", "handler": "index.handler"}
WITHOUT_ZIP = {"code": None, "runtime": None, "handler": None}
FROM_S3 = {"s3_bucket": "code", "s3_key": "orders.zip"}


def test_a_new_function_has_the_defaults_of_the_contract(emit: Emit) -> None:
    emitted = emit()
    function = emitted.function
    archive = function.pop("filename")
    assert archive.startswith("assets/code-hello/")
    assert archive.endswith("/hello.zip")
    assert function == {
        "function_name": "orders_pipeline",
        "role": emitted.reference("aws_iam_role", "arn"),
        "runtime": "python3.13",
        "handler": "index.handler",
        "source_code_hash": Code.from_asset(HELLO).pack().source_code_hash,
        "tracing_config": {"mode": "Active"},
        "depends_on": [emitted.address("aws_iam_role_policy"), emitted.address("aws_cloudwatch_log_group")],
    }


def test_the_new_function_is_a_property(emit: Emit) -> None:
    assert isinstance(emit().pattern.lambda_function, LambdaFunction)


def test_the_mapping_invokes_the_function(emit: Emit) -> None:
    emitted = emit()
    assert emitted.mapping["function_name"] == emitted.reference("aws_lambda_function", "arn")


def test_arguments_are_laid_over_the_defaults(emit: Emit) -> None:
    arguments: dict[str, Any] = {
        "architectures": ["arm64"],
        "description": "Indexes orders.",
        "environment": {"variables": {"LOG_level": "INFO"}},
        "ephemeral_storage": {"size": 1024},
        "function_name": "orders",
        "layers": ["arn:aws:lambda:eu-west-1:123456789012:layer:tools:1"],
        "memory_size": 512,
        "reserved_concurrent_executions": -1,
        "tags": {"Cost_centre": "7"},
        "timeout": 60,
    }
    function = emit(lambda_function_props=arguments).function
    assert {key: function[key] for key in arguments} == arguments


def test_the_providers_struct_does_as_well_as_a_mapping(stack: TerraformStack) -> None:
    struct = LambdaFunctionConfig(
        function_name="orders",
        role=ROLE_ARN,
        s3_bucket="code",
        s3_key="orders.zip",
        runtime="python3.13",
        handler="index.handler",
        environment=LambdaFunctionEnvironment(variables={"A_b": "c"}),
    )
    DynamoDBStreamsToLambda(stack, "pipeline", lambda_function_props=struct)
    expected = {"function_name": "orders", "role": ROLE_ARN, "environment": {"variables": {"A_b": "c"}}}
    assert Testing.to_have_resource_with_properties(Testing.synth(stack), "aws_lambda_function", expected)


@pytest.mark.parametrize("runtime", ["nodejs10.x", "nodejs20.x", "nodejs24.x"])
def test_node_reuses_connections_from_version_ten_on(emit: Emit, runtime: str) -> None:
    function = emit(lambda_function_props={"runtime": runtime}).function
    assert function["environment"] == {"variables": {"AWS_NODEJS_CONNECTION_REUSE_ENABLED": "1"}}


@pytest.mark.parametrize("runtime", ["nodejs8.10", "nodejs", "python3.13", "java21", "provided.al2023"])
def test_no_other_runtime_gets_nodes_environment(emit: Emit, runtime: str) -> None:
    assert "environment" not in emit(lambda_function_props={"runtime": runtime}).function


def test_a_variable_of_the_environment_keeps_the_others(emit: Emit) -> None:
    props = {"runtime": "nodejs22.x", "environment": {"variables": {"INDEX": "orders"}}}
    assert emit(lambda_function_props=props).function["environment"]["variables"] == {
        "AWS_NODEJS_CONNECTION_REUSE_ENABLED": "1",
        "INDEX": "orders",
    }


def test_nodes_default_variable_can_be_replaced(emit: Emit) -> None:
    variables = {"AWS_NODEJS_CONNECTION_REUSE_ENABLED": "0"}
    props = {"runtime": "nodejs22.x", "environment": {"variables": variables}}
    assert emit(lambda_function_props=props).function["environment"]["variables"] == variables


class TestRole:
    def test_is_created_for_the_function_alone(self, emit: Emit) -> None:
        emitted = emit()
        role = emitted.only("aws_iam_role")
        assert role["name"] == "orders_pipeline"
        assert '"Service": "lambda.amazonaws.com"' in role["assume_role_policy"]
        assert isinstance(emitted.pattern.lambda_role, IamRole)

    def test_takes_its_arguments(self, emit: Emit) -> None:
        arguments = {
            "name": "worker",
            "path": "/service/",
            "permissions_boundary": "arn:aws:iam::123456789012:policy/boundary",
            "tags": {"Team": "orders"},
        }
        role = emit(lambda_role_props=arguments).only("aws_iam_role")
        assert {key: role[key] for key in arguments} == arguments

    def test_takes_no_other_argument(self, mistakes_of: MistakesOf) -> None:
        assert (
            "the known names are name, path"
            in mistakes_of(lambda_role_props={"inline": "x"})["lambda_role_props.inline"]
        )

    @pytest.mark.parametrize("name", ["", "n" * 65, "a b", "a/b"])
    def test_is_refused_a_name_that_iam_would_refuse(self, mistakes_of: MistakesOf, name: str) -> None:
        assert "64" in mistakes_of(lambda_role_props={"name": name})["lambda_role_props.name"]

    def test_given_by_arn_is_used_and_gets_the_grants(self, emit: Emit) -> None:
        emitted = emit(lambda_function_props={"role": ROLE_ARN})
        assert emitted.function["role"] == ROLE_ARN
        assert emitted.all("aws_iam_role") == {}
        assert emitted.only("aws_iam_role_policy")["role"] == "worker"
        assert emitted.pattern.lambda_role is None

    def test_given_as_a_token_gets_the_grants_by_the_name_in_its_arn(self, emit: Emit, stack: TerraformStack) -> None:
        role = IamRole(stack, "given", assume_role_policy="{}", path="/service/")
        emitted = emit(lambda_function_props={"role": role.arn})
        assert emitted.only("aws_iam_role_policy")["role"] == "${basename(aws_iam_role.given.arn)}"

    def test_given_beside_role_props_is_refused(self, mistakes_of: MistakesOf) -> None:
        mistakes = mistakes_of(lambda_function_props={"role": ROLE_ARN}, lambda_role_props={"name": "worker"})
        assert "lambda_function_props.role" in mistakes["lambda_role_props"]


class TestLogGroup:
    def test_is_terraforms_with_a_stated_retention(self, emit: Emit) -> None:
        emitted = emit()
        group = emitted.only("aws_cloudwatch_log_group")
        assert group == {"name": "/aws/lambda/orders_pipeline", "retention_in_days": 365}
        assert isinstance(emitted.pattern.log_group, CloudwatchLogGroup)

    def test_follows_the_functions_name(self, emit: Emit) -> None:
        emitted = emit(lambda_function_props={"function_name": "indexer"})
        assert emitted.only("aws_cloudwatch_log_group")["name"] == "/aws/lambda/indexer"

    def test_can_be_changed_through_the_property(self, emit: Emit) -> None:
        emitted = emit()
        emitted.pattern.log_group.retention_in_days = 30
        assert emitted.only("aws_cloudwatch_log_group")["retention_in_days"] == 30

    def test_named_in_the_props_is_the_users_own(self, emit: Emit) -> None:
        emitted = emit(lambda_function_props={"logging_config": {"log_format": "JSON", "log_group": "/orders"}})
        assert emitted.all("aws_cloudwatch_log_group") == {}
        assert emitted.pattern.log_group is None
        resource = emitted.grants["WriteLogs"][1]
        assert resource.endswith(":log-group:/orders:*")
        assert "data.aws_partition" in resource


class TestCode:
    def test_from_a_file_name_passes_through(self, emit: Emit) -> None:
        function = emit(lambda_function_props=WITHOUT_CODE | {"filename": "orders.zip"}).function
        assert function["filename"] == "orders.zip"
        assert "source_code_hash" not in function

    def test_from_s3_passes_through(self, emit: Emit) -> None:
        props = WITHOUT_CODE | FROM_S3 | {"s3_object_version": "3", "source_code_hash": "abc"}
        function = emit(lambda_function_props=props).function
        given = {"s3_bucket": "code", "s3_key": "orders.zip", "s3_object_version": "3", "source_code_hash": "abc"}
        assert given.items() <= function.items()
        assert "filename" not in function

    def test_from_an_image_passes_through_as_an_image(self, emit: Emit) -> None:
        function = emit(lambda_function_props=WITHOUT_ZIP | {"image_uri": IMAGE}).function
        assert function["image_uri"] == IMAGE
        assert function["package_type"] == "Image"

    def test_that_is_missing_is_refused_with_the_four_ways(self, mistakes_of: MistakesOf) -> None:
        message = mistakes_of(lambda_function_props=WITHOUT_CODE)["lambda_function_props.code"]
        for way in ("Code.from_asset", "filename", "s3_bucket and s3_key", "image_uri"):
            assert way in message

    @pytest.mark.parametrize("other", [{"filename": "a.zip"}, FROM_S3, {"image_uri": IMAGE}])
    def test_from_two_places_is_refused(self, mistakes_of: MistakesOf, other: dict[str, str]) -> None:
        mistakes = mistakes_of(lambda_function_props=other)
        assert any("more than one source" in message for message in mistakes.values())

    @pytest.mark.parametrize(("given", "missing"), [("s3_bucket", "s3_key"), ("s3_key", "s3_bucket")])
    def test_from_half_of_s3_is_refused(self, mistakes_of: MistakesOf, given: str, missing: str) -> None:
        mistakes = mistakes_of(lambda_function_props=WITHOUT_CODE | {given: "x"})
        assert list(mistakes) == [f"lambda_function_props.{missing}"]

    @pytest.mark.parametrize("missing", ["runtime", "handler"])
    def test_in_a_zip_needs_a_runtime_and_a_handler(self, mistakes_of: MistakesOf, missing: str) -> None:
        mistakes = mistakes_of(lambda_function_props={missing: None})
        assert list(mistakes) == [f"lambda_function_props.{missing}"]

    @pytest.mark.parametrize("argument", ["runtime", "handler"])
    def test_in_an_image_takes_no_runtime_and_no_handler(self, mistakes_of: MistakesOf, argument: str) -> None:
        props = WITHOUT_ZIP | {"image_uri": IMAGE, argument: "x"}
        assert "image" in mistakes_of(lambda_function_props=props)[f"lambda_function_props.{argument}"]

    def test_that_does_not_exist_is_refused(self, mistakes_of: MistakesOf, tmp_path: Path) -> None:
        code = Code.from_asset(tmp_path / "nowhere")
        assert "nowhere" in mistakes_of(lambda_function_props={"code": code})["lambda_function_props.code"]

    def test_in_a_file_that_does_not_exist_is_refused(self, mistakes_of: MistakesOf, tmp_path: Path) -> None:
        props = WITHOUT_CODE | {"filename": str(tmp_path / "nowhere.zip")}
        assert "nowhere.zip" in mistakes_of(lambda_function_props=props)["lambda_function_props.filename"]

    def test_brings_its_own_hash(self, mistakes_of: MistakesOf) -> None:
        mistakes = mistakes_of(lambda_function_props={"source_code_hash": "abc"})
        assert list(mistakes) == ["lambda_function_props.source_code_hash"]

    @pytest.mark.parametrize("code", ["function", 3, b"zip", Path("function")])
    def test_of_another_kind_is_refused(self, mistakes_of: MistakesOf, code: object) -> None:
        assert "Code" in mistakes_of(lambda_function_props={"code": code})["lambda_function_props.code"]


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("function_name", "a b"),
        ("function_name", "n" * 65),
        ("function_name", ""),
        ("timeout", 0),
        ("timeout", 901),
        ("package_type", "zip"),
    ],
)
def test_an_argument_that_lambda_would_refuse_is_refused(mistakes_of: MistakesOf, argument: str, value: object) -> None:
    assert (
        f"= {value!r}: must be"
        in mistakes_of(lambda_function_props={argument: value})[f"lambda_function_props.{argument}"]
    )


def test_a_tracing_mode_that_lambda_does_not_know_is_refused(mistakes_of: MistakesOf) -> None:
    mistakes = mistakes_of(lambda_function_props={"tracing_config": {"mode": "active"}})
    assert "did you mean Active?" in mistakes["lambda_function_props.tracing_config.mode"]


def test_an_architecture_that_lambda_does_not_know_is_refused(mistakes_of: MistakesOf) -> None:
    mistakes = mistakes_of(lambda_function_props={"architectures": ["amd64"]})
    assert "x86_64 or arm64" in mistakes["lambda_function_props.architectures[0]"]


class TestGivenFunction:
    def test_of_the_app_is_used_and_none_is_created(self, emit: Emit, stack: TerraformStack) -> None:
        function = LambdaFunction(stack, "given", function_name="given", role=ROLE_ARN, image_uri=IMAGE)
        emitted = emit(existing_lambda_obj=function)
        assert emitted.pattern.lambda_function is function
        assert emitted.mapping["function_name"] == "${aws_lambda_function.given.arn}"
        assert list(emitted.all("aws_lambda_function")) == ["given"]
        assert emitted.pattern.lambda_role is None
        assert emitted.pattern.log_group is None

    def test_gets_its_grants_on_the_role_whose_name_ends_the_arn(self, emit: Emit, stack: TerraformStack) -> None:
        function = LambdaFunction(stack, "given", function_name="given", role=ROLE_ARN, image_uri=IMAGE)
        assert emit(existing_lambda_obj=function).only("aws_iam_role_policy")["role"] == "worker"

    def test_gets_its_grants_on_a_role_of_the_app(self, emit: Emit, stack: TerraformStack) -> None:
        role = IamRole(stack, "worker", assume_role_policy="{}", path="/service/")
        function = LambdaFunction(stack, "given", function_name="given", role=role.arn, image_uri=IMAGE)
        policy = emit(existing_lambda_obj=function).only("aws_iam_role_policy")
        assert policy["role"] == "${basename(aws_iam_role.worker.arn)}"

    def test_as_a_data_source_gets_its_grants_on_its_role(self, emit: Emit, stack: TerraformStack) -> None:
        function = DataAwsLambdaFunction(stack, "given", function_name="given")
        emitted = emit(existing_lambda_obj=function)
        role = "${basename(data.aws_lambda_function.given.role)}"
        assert emitted.only("aws_iam_role_policy")["role"] == role
        assert emitted.mapping["function_name"] == "${data.aws_lambda_function.given.arn}"
        assert emitted.pattern.lambda_function is function

    def test_gets_stream_and_queue_grants_and_nothing_else(self, emit: Emit, stack: TerraformStack) -> None:
        function = DataAwsLambdaFunction(stack, "given", function_name="given")
        emitted = emit(existing_lambda_obj=function)
        assert set(emitted.grants) == {"ListStreams", "ReadStream", "SendFailedBatches"}

    def test_serves_two_patterns_whose_policies_have_names_of_their_own(self, stack: TerraformStack) -> None:
        function = DataAwsLambdaFunction(stack, "given", function_name="given")
        for name in ("one", "two"):
            DynamoDBStreamsToLambda(stack, name, existing_lambda_obj=function)
        emitted = Testing.synth(stack)
        for name in ("orders_one", "orders_two"):
            assert Testing.to_have_resource_with_properties(emitted, "aws_iam_role_policy", {"name": name})

    def test_beside_function_props_is_refused(self, mistakes_of: MistakesOf, stack: TerraformStack) -> None:
        function = DataAwsLambdaFunction(stack, "given", function_name="given")
        mistakes = mistakes_of(existing_lambda_obj=function, lambda_function_props=ZIP_FUNCTION)
        assert "existing_lambda_obj" in mistakes["lambda_function_props"]

    def test_beside_role_props_is_refused(self, mistakes_of: MistakesOf, stack: TerraformStack) -> None:
        function = DataAwsLambdaFunction(stack, "given", function_name="given")
        mistakes = mistakes_of(existing_lambda_obj=function, lambda_role_props={"name": "worker"})
        assert "existing_lambda_obj" in mistakes["lambda_role_props"]

    @pytest.mark.parametrize("value", ["orders", 3, ROLE_ARN, ZIP_FUNCTION, LambdaFunction])
    def test_of_no_known_kind_is_refused(self, mistakes_of: MistakesOf, value: object) -> None:
        assert "DataAwsLambdaFunction" in mistakes_of(existing_lambda_obj=value)["existing_lambda_obj"]


def test_an_absent_function_is_refused_with_both_ways(mistakes_of: MistakesOf) -> None:
    mistakes = mistakes_of(existing_lambda_obj=None)
    assert "existing_lambda_obj" in mistakes["lambda_function_props"]


def test_a_token_is_taken_for_any_scalar(emit: Emit, stack: TerraformStack) -> None:
    size = TerraformVariable(stack, "size", type="number")
    name = TerraformVariable(stack, "name", type="string")
    props = {"memory_size": size.number_value, "function_name": name.string_value, "timeout": size.value}
    emitted = emit(lambda_function_props=props)
    assert emitted.function["memory_size"] == "${var.size}"
    assert emitted.function["timeout"] == "${var.size}"
    assert emitted.function["function_name"] == "${var.name}"
    assert emitted.only("aws_cloudwatch_log_group")["name"] == "/aws/lambda/${var.name}"
