"""The function: its defaults, a new function with its code, and existing functions."""

from pathlib import Path
from typing import Any

import pytest
from ddb_stream_lambda import Code, DynamoDBStreamsToLambda
from cdktf import TerraformStack, TerraformVariable, Testing
from cdktf_cdktf_provider_aws.data_aws_lambda_function import DataAwsLambdaFunction
from cdktf_cdktf_provider_aws.lambda_function import (
    LambdaFunction,
    LambdaFunctionConfig,
    LambdaFunctionEnvironment,
)

from tests.support.arns import ROLE_ARN
from tests.support.calls import HELLO, VPC, ZIP_FUNCTION, Emit, MistakesOf

PROPS = "lambda_function_props"
IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/orders:1"
WITHOUT_CODE = {"code": None, "runtime": "python3.13", "handler": "index.handler"}
WITHOUT_ZIP = {"code": None, "runtime": None, "handler": None}
FROM_S3 = {"s3_bucket": "code", "s3_key": "orders.zip"}


def create_function(stack: TerraformStack) -> LambdaFunction:
    """Create a function of the app, outside the pattern."""
    return LambdaFunction(stack, "given", function_name="given", role=ROLE_ARN, image_uri=IMAGE)


def look_up_function(stack: TerraformStack) -> DataAwsLambdaFunction:
    """Create a data source for a function."""
    return DataAwsLambdaFunction(stack, "given", function_name="given")


def test_a_new_function_has_the_defaults(emit: Emit) -> None:
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


def test_the_property_returns_the_new_function(emit: Emit) -> None:
    assert isinstance(emit().pattern.lambda_function, LambdaFunction)


def test_the_mapping_invokes_the_new_function(emit: Emit) -> None:
    emitted = emit()
    assert emitted.mapping["function_name"] == emitted.reference("aws_lambda_function", "arn")


class TestProps:
    def test_override_the_defaults(self, emit: Emit) -> None:
        arguments: dict[str, Any] = {
            "architectures": ["arm64"],
            "description": "Indexes orders.",
            "environment": {"variables": {"LOG_level": "INFO"}},
            "ephemeral_storage": {"size": 1024},
            "function_name": "orders",
            "layers": ["arn:aws:lambda:eu-west-1:123456789012:layer:tools:1"],
            "memory_size": 512,
            "reserved_concurrent_executions": -1,
            "tags": {"Cost_center": "7"},
            "timeout": 60,
        }
        function = emit(lambda_function_props=arguments).function
        assert {key: function[key] for key in arguments} == arguments

    def test_can_be_a_struct_of_the_provider(self, stack: TerraformStack) -> None:
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

    def test_can_be_terraform_expressions(self, emit: Emit, stack: TerraformStack) -> None:
        size = TerraformVariable(stack, "size", type="number")
        name = TerraformVariable(stack, "name", type="string")
        props = {"memory_size": size.number_value, "function_name": name.string_value, "timeout": size.value}
        emitted = emit(lambda_function_props=props)
        assert emitted.function["memory_size"] == "${var.size}"
        assert emitted.function["timeout"] == "${var.size}"
        assert emitted.function["function_name"] == "${var.name}"
        assert emitted.only("aws_cloudwatch_log_group")["name"] == "/aws/lambda/${var.name}"

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
    def test_that_lambda_would_refuse_are_refused(self, mistakes_of: MistakesOf, argument: str, value: object) -> None:
        message = mistakes_of(lambda_function_props={argument: value})[f"{PROPS}.{argument}"]
        assert f"= {value!r}: must be" in message

    def test_need_a_function_name(self, mistakes_of: MistakesOf) -> None:
        mistakes = mistakes_of(lambda_function_props={"function_name": None})
        assert "AWS requires it" in mistakes[f"{PROPS}.function_name"]

    def test_with_an_unknown_tracing_mode_are_refused(self, mistakes_of: MistakesOf) -> None:
        mistakes = mistakes_of(lambda_function_props={"tracing_config": {"mode": "active"}})
        assert "did you mean Active?" in mistakes[f"{PROPS}.tracing_config.mode"]

    def test_with_an_unknown_architecture_are_refused(self, mistakes_of: MistakesOf) -> None:
        mistakes = mistakes_of(lambda_function_props={"architectures": ["amd64"]})
        assert "x86_64 or arm64" in mistakes[f"{PROPS}.architectures[0]"]


class TestEnvironment:
    @pytest.mark.parametrize("runtime", ["nodejs10.x", "nodejs20.x", "nodejs24.x"])
    def test_of_node_10_and_later_reuses_connections(self, emit: Emit, runtime: str) -> None:
        function = emit(lambda_function_props={"runtime": runtime}).function
        assert function["environment"] == {"variables": {"AWS_NODEJS_CONNECTION_REUSE_ENABLED": "1"}}

    @pytest.mark.parametrize("runtime", ["nodejs8.10", "nodejs", "python3.13", "java21", "provided.al2023"])
    def test_of_other_runtimes_is_empty(self, emit: Emit, runtime: str) -> None:
        assert "environment" not in emit(lambda_function_props={"runtime": runtime}).function

    def test_keeps_the_default_variable_next_to_another_one(self, emit: Emit) -> None:
        props = {"runtime": "nodejs22.x", "environment": {"variables": {"INDEX": "orders"}}}
        assert emit(lambda_function_props=props).function["environment"]["variables"] == {
            "AWS_NODEJS_CONNECTION_REUSE_ENABLED": "1",
            "INDEX": "orders",
        }

    def test_can_override_the_default_variable(self, emit: Emit) -> None:
        variables = {"AWS_NODEJS_CONNECTION_REUSE_ENABLED": "0"}
        props = {"runtime": "nodejs22.x", "environment": {"variables": variables}}
        assert emit(lambda_function_props=props).function["environment"]["variables"] == variables


class TestPermissions:
    def test_to_send_traces_are_granted_with_active_tracing(self, emit: Emit) -> None:
        actions = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}
        assert emit().permissions["SendTraces"] == (actions, "*")

    @pytest.mark.parametrize("tracing", [None, {"mode": "PassThrough"}])
    def test_to_send_traces_are_missing_without_active_tracing(self, emit: Emit, tracing: object) -> None:
        assert "SendTraces" not in emit(lambda_function_props={"tracing_config": tracing}).permissions

    def test_to_send_traces_are_granted_with_a_terraform_expression(self, emit: Emit, stack: TerraformStack) -> None:
        mode = TerraformVariable(stack, "mode", type="string").string_value
        assert "SendTraces" in emit(lambda_function_props={"tracing_config": {"mode": mode}}).permissions

    def test_in_a_vpc_cover_the_network_interfaces(self, emit: Emit) -> None:
        assert emit(lambda_function_props={"vpc_config": VPC}).permissions["JoinVpc"] == (
            {
                "ec2:CreateNetworkInterface",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DeleteNetworkInterface",
                "ec2:AssignPrivateIpAddresses",
                "ec2:UnassignPrivateIpAddresses",
            },
            "*",
        )


class TestCode:
    def test_can_be_a_filename(self, emit: Emit) -> None:
        function = emit(lambda_function_props=WITHOUT_CODE | {"filename": "orders.zip"}).function
        assert function["filename"] == "orders.zip"
        assert "source_code_hash" not in function

    def test_can_be_in_s3(self, emit: Emit) -> None:
        source = FROM_S3 | {"s3_object_version": "3", "source_code_hash": "abc"}
        function = emit(lambda_function_props=WITHOUT_CODE | source).function
        assert source.items() <= function.items()
        assert "filename" not in function

    def test_can_be_an_image(self, emit: Emit) -> None:
        function = emit(lambda_function_props=WITHOUT_ZIP | {"image_uri": IMAGE}).function
        assert function["image_uri"] == IMAGE
        assert function["package_type"] == "Image"

    def test_that_is_missing_is_refused_with_the_four_sources(self, mistakes_of: MistakesOf) -> None:
        message = mistakes_of(lambda_function_props=WITHOUT_CODE)[f"{PROPS}.code"]
        for source in ("Code.from_asset", "filename", "s3_bucket and s3_key", "image_uri"):
            assert source in message

    @pytest.mark.parametrize("other", [{"filename": "a.zip"}, FROM_S3, {"image_uri": IMAGE}])
    def test_with_two_sources_is_refused(self, mistakes_of: MistakesOf, other: dict[str, str]) -> None:
        mistakes = mistakes_of(lambda_function_props=other)
        assert any("more than one source" in message for message in mistakes.values())

    @pytest.mark.parametrize(("given", "missing"), [("s3_bucket", "s3_key"), ("s3_key", "s3_bucket")])
    def test_in_s3_needs_a_bucket_and_a_key(self, mistakes_of: MistakesOf, given: str, missing: str) -> None:
        mistakes = mistakes_of(lambda_function_props=WITHOUT_CODE | {given: "x"})
        assert list(mistakes) == [f"{PROPS}.{missing}"]

    @pytest.mark.parametrize("missing", ["runtime", "handler"])
    def test_in_a_zip_archive_needs_a_runtime_and_a_handler(self, mistakes_of: MistakesOf, missing: str) -> None:
        mistakes = mistakes_of(lambda_function_props={missing: None})
        assert list(mistakes) == [f"{PROPS}.{missing}"]
        assert "a zip archive needs it" in mistakes[f"{PROPS}.{missing}"]

    @pytest.mark.parametrize("argument", ["runtime", "handler"])
    def test_in_an_image_takes_no_runtime_and_no_handler(self, mistakes_of: MistakesOf, argument: str) -> None:
        props = WITHOUT_ZIP | {"image_uri": IMAGE, argument: "x"}
        assert "image" in mistakes_of(lambda_function_props=props)[f"{PROPS}.{argument}"]

    def test_in_a_missing_directory_is_refused(self, mistakes_of: MistakesOf, tmp_path: Path) -> None:
        code = Code.from_asset(tmp_path / "nowhere")
        assert "nowhere" in mistakes_of(lambda_function_props={"code": code})[f"{PROPS}.code"]

    def test_in_a_missing_file_is_refused(self, mistakes_of: MistakesOf, tmp_path: Path) -> None:
        props = WITHOUT_CODE | {"filename": str(tmp_path / "nowhere.zip")}
        assert "nowhere.zip" in mistakes_of(lambda_function_props=props)[f"{PROPS}.filename"]

    def test_together_with_a_hash_is_refused(self, mistakes_of: MistakesOf) -> None:
        mistakes = mistakes_of(lambda_function_props={"source_code_hash": "abc"})
        assert list(mistakes) == [f"{PROPS}.source_code_hash"]

    @pytest.mark.parametrize("code", ["function", 3, b"zip", Path("function")])
    def test_of_another_type_is_refused(self, mistakes_of: MistakesOf, code: object) -> None:
        assert "Code" in mistakes_of(lambda_function_props={"code": code})[f"{PROPS}.code"]


class TestExistingFunction:
    def test_of_the_app_is_used_and_none_is_created(self, emit: Emit, stack: TerraformStack) -> None:
        function = create_function(stack)
        emitted = emit(existing_lambda_obj=function)
        assert emitted.pattern.lambda_function is function
        assert emitted.mapping["function_name"] == "${aws_lambda_function.given.arn}"
        assert list(emitted.all("aws_lambda_function")) == ["given"]

    def test_as_a_data_source_is_used(self, emit: Emit, stack: TerraformStack) -> None:
        function = look_up_function(stack)
        emitted = emit(existing_lambda_obj=function)
        assert emitted.pattern.lambda_function is function
        assert emitted.mapping["function_name"] == "${data.aws_lambda_function.given.arn}"

    def test_can_be_used_by_two_patterns(self, stack: TerraformStack) -> None:
        function = look_up_function(stack)
        for name in ("one", "two"):
            DynamoDBStreamsToLambda(stack, name, existing_lambda_obj=function)
        emitted = Testing.synth(stack)
        for name in ("orders_one", "orders_two"):
            assert Testing.to_have_resource_with_properties(emitted, "aws_iam_role_policy", {"name": name})

    def test_together_with_props_is_refused(self, mistakes_of: MistakesOf, stack: TerraformStack) -> None:
        mistakes = mistakes_of(existing_lambda_obj=look_up_function(stack), lambda_function_props=ZIP_FUNCTION)
        assert "existing_lambda_obj" in mistakes[PROPS]

    @pytest.mark.parametrize("value", ["orders", 3, ROLE_ARN, ZIP_FUNCTION, LambdaFunction])
    def test_of_an_unknown_type_is_refused(self, mistakes_of: MistakesOf, value: object) -> None:
        assert "DataAwsLambdaFunction" in mistakes_of(existing_lambda_obj=value)["existing_lambda_obj"]


def test_a_call_without_a_function_is_refused_with_both_inputs(mistakes_of: MistakesOf) -> None:
    mistakes = mistakes_of(existing_lambda_obj=None)
    assert "give lambda_function_props or existing_lambda_obj" in mistakes[PROPS]
