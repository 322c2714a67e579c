"""The function: its defaults, a new function with its code, and existing functions."""

from pathlib import Path
from typing import Any

import pytest
from ddb_stream_lambda import Code, DynamoDBStreamsToLambda
from cdktf import App, AssetType, TerraformAsset, TerraformStack, TerraformVariable, Testing
from cdktf_cdktf_provider_aws.data_aws_lambda_function import DataAwsLambdaFunction
from cdktf_cdktf_provider_aws.lambda_function import (
    LambdaFunction,
    LambdaFunctionConfig,
    LambdaFunctionEnvironment,
)
from cdktf_cdktf_provider_aws.sqs_queue import SqsQueue

from tests.support.arns import ACCESS_POINT_ARN, KEY_ARN, ROLE_ARN
from tests.support.bindings import needs_argument
from tests.support.calls import HELLO, VPC, ZIP_FUNCTION, Emit, MistakesOf

PROPS = "lambda_function_props"
IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/orders:1"
# SHA-256 in base64, as Lambda reports it.
DIGEST = "HBaK2wDSCOQvkzFFKfH6nAQn62MjPO2pWl21K3ASpxk="
WITHOUT_CODE = {"code": None, "runtime": "python3.13", "handler": "index.handler"}
WITHOUT_ZIP = {"code": None, "runtime": None, "handler": None}
FILE_SYSTEM = {"arn": ACCESS_POINT_ARN, "local_mount_path": "/mnt/orders"}
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


class TestCreatedFunction:
    def test_can_be_changed(self, emit: Emit) -> None:
        emitted = emit()
        function = emitted.pattern.created_lambda_function
        assert function is not None
        function.put_environment(variables={"INDEX": "orders"})
        assert emitted.function["environment"] == {"variables": {"INDEX": "orders"}}

    def test_is_none_for_an_existing_function(self, emit: Emit, stack: TerraformStack) -> None:
        assert emit(existing_lambda_obj=create_function(stack)).pattern.created_lambda_function is None


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
            ("memory_size", 127),
            ("memory_size", 10_241),
            ("reserved_concurrent_executions", -2),
            ("publish_to", "LATEST"),
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


class TestBlocks:
    @pytest.mark.parametrize(
        ("block", "argument"),
        [
            ({"ephemeral_storage": {"size": 511}}, "ephemeral_storage.size"),
            ({"ephemeral_storage": {"size": 10_241}}, "ephemeral_storage.size"),
            ({"snap_start": {"apply_on": "Versions"}}, "snap_start.apply_on"),
            ({"logging_config": {"log_format": "json"}}, "logging_config.log_format"),
            (
                {"logging_config": {"log_format": "JSON", "system_log_level": "ERROR"}},
                "logging_config.system_log_level",
            ),
            (
                {"logging_config": {"log_format": "JSON", "application_log_level": "info"}},
                "logging_config.application_log_level",
            ),
            (
                {"logging_config": {"log_format": "Text", "application_log_level": "INFO"}},
                "logging_config.application_log_level",
            ),
            ({"dead_letter_config": {"target_arn": "events"}}, "dead_letter_config.target_arn"),
            (
                {"dead_letter_config": {"target_arn": "arn:aws:s3:::failed"}},
                "dead_letter_config.target_arn",
            ),
            ({"file_system_config": FILE_SYSTEM}, "file_system_config"),
            (
                {"file_system_config": {**FILE_SYSTEM, "local_mount_path": "/orders"}, "vpc_config": VPC},
                "file_system_config.local_mount_path",
            ),
            ({"layers": ["arn:aws:lambda:eu-west-1:123456789012:layer:tools:1"] * 6}, "layers"),
            ({"architectures": ["arm64", "x86_64"]}, "architectures"),
            ({"replacement_security_group_ids": ["sg-1"]}, "replacement_security_group_ids"),
            ({"s3_object_version": "3"}, "s3_object_version"),
        ],
    )
    def test_with_wrong_values_are_refused(self, mistakes_of: MistakesOf, block: dict[str, Any], argument: str) -> None:
        assert list(mistakes_of(lambda_function_props=block)) == [f"{PROPS}.{argument}"]

    def test_with_a_key_for_an_image_are_refused(self, mistakes_of: MistakesOf) -> None:
        mistakes = mistakes_of(lambda_function_props=WITHOUT_ZIP | {"image_uri": IMAGE, "source_kms_key_arn": KEY_ARN})
        assert list(mistakes) == [f"{PROPS}.source_kms_key_arn"]

    def test_can_hold_expressions(self, emit: Emit, stack: TerraformStack) -> None:
        text = TerraformVariable(stack, "text", type="string").string_value
        number = TerraformVariable(stack, "number", type="number").number_value
        texts = TerraformVariable(stack, "texts", type="list(string)").list_value
        blocks = {
            "architectures": texts,
            "ephemeral_storage": {"size": number},
            "layers": texts,
            "logging_config": {"log_format": text, "system_log_level": text},
            "memory_size": number,
            "publish_to": text,
            "reserved_concurrent_executions": number,
            "snap_start": {"apply_on": text},
        }
        function = emit(lambda_function_props=blocks).function
        assert function["architectures"] == "${var.texts}"
        assert function["snap_start"] == {"apply_on": "${var.text}"}


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

    @pytest.mark.parametrize("subnets", [["subnet-1"], "variable"])
    def test_in_a_vpc_are_those_of_the_managed_policy(
        self, emit: Emit, stack: TerraformStack, subnets: list[str] | str
    ) -> None:
        if subnets == "variable":
            subnets = TerraformVariable(stack, "subnets", type="list(string)").list_value
        vpc_config = {**VPC, "subnet_ids": subnets}
        assert emit(lambda_function_props={"vpc_config": vpc_config}).permissions["JoinVpc"] == (
            {
                "ec2:CreateNetworkInterface",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeSubnets",
                "ec2:DeleteNetworkInterface",
                "ec2:AssignPrivateIpAddresses",
                "ec2:UnassignPrivateIpAddresses",
            },
            "*",
        )

    def test_of_a_function_in_a_vpc_are_removed_after_it(self, emit: Emit) -> None:
        """Terraform destroys in the reverse order of the dependencies."""
        emitted = emit(lambda_function_props={"vpc_config": VPC})
        assert emitted.address("aws_iam_role_policy") in emitted.function["depends_on"]

    @pytest.mark.parametrize(
        ("target", "action"),
        [
            ("arn:aws:sqs:eu-west-1:123456789012:events", "sqs:SendMessage"),
            ("arn:aws-cn:sns:cn-north-1:123456789012:events", "sns:Publish"),
            ("${aws_sqs_queue.events.arn}", "sqs:SendMessage"),
            ("${data.aws_sns_topic.events.arn}", "sns:Publish"),
        ],
    )
    def test_to_send_failed_events(self, emit: Emit, target: str, action: str) -> None:
        emitted = emit(lambda_function_props={"dead_letter_config": {"target_arn": target}})
        assert emitted.permissions["SendFailedEvents"] == ({action}, target)
        assert emitted.warnings == []

    def test_to_send_failed_events_to_a_queue_of_the_app(self, emit: Emit, stack: TerraformStack) -> None:
        target = SqsQueue(stack, "events").arn
        emitted = emit(lambda_function_props={"dead_letter_config": {"target_arn": target}})
        assert emitted.permissions["SendFailedEvents"] == ({"sqs:SendMessage"}, "${aws_sqs_queue.events.arn}")
        assert "EncryptFailedEvents" not in emitted.permissions

    def test_of_the_stack_with_a_customer_managed_key_lets_the_role_use_it(
        self, emit: Emit, stack: TerraformStack
    ) -> None:
        queue = SqsQueue(stack, "events", kms_master_key_id="alias/events")
        emitted = emit(lambda_function_props={"dead_letter_config": {"target_arn": queue.arn}})
        (key,) = emitted.all("aws_kms_key", kind="data")
        actions = {"kms:Decrypt", "kms:GenerateDataKey*"}
        assert emitted.permissions["EncryptFailedEvents"] == (actions, f"${{data.aws_kms_key.{key}.arn}}")

    @pytest.mark.parametrize("arn", [ACCESS_POINT_ARN, "${aws_efs_access_point.orders.arn}"])
    def test_to_mount_a_file_system_are_only_for_its_access_point(self, emit: Emit, arn: str) -> None:
        file_system = {"arn": arn, "local_mount_path": "/mnt/orders"}
        emitted = emit(lambda_function_props={"file_system_config": file_system, "vpc_config": VPC})
        (statement,) = [found for found in emitted.statements if found["Sid"] == "MountFileSystem"]
        assert statement["Action"] == ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"]
        assert statement["Condition"] == {"StringEquals": {"elasticfilesystem:AccessPointArn": arn}}
        assert emitted.warnings == []

    def test_for_the_key_of_the_environment_are_not_needed(self, emit: Emit) -> None:
        """Lambda creates a grant for the execution role with the permissions of whoever deploys the function."""
        environment = {"kms_key_arn": KEY_ARN, "environment": {"variables": {"INDEX": "orders"}}}
        assert "kms" not in str(emit(lambda_function_props=environment).permissions)

    def test_for_code_signing_and_the_key_of_the_archive_are_not_needed(self, emit: Emit) -> None:
        signing = "arn:aws:lambda:eu-west-1:123456789012:code-signing-config:csc-0123456789abcdef0"
        props = {"code_signing_config_arn": signing, "source_kms_key_arn": KEY_ARN}
        assert "kms" not in str(emit(lambda_function_props=props).permissions)


class TestCode:
    def test_can_be_a_filename(self, emit: Emit) -> None:
        emitted = emit(lambda_function_props=WITHOUT_CODE | {"filename": "orders.zip"})
        assert emitted.function["filename"] == "orders.zip"
        assert "source_code_hash" not in emitted.function
        (warning,) = emitted.warnings
        assert "source_code_hash=Fn.filebase64sha256" in warning

    def test_in_a_file_that_is_there_has_its_hash(self, emit: Emit, tmp_path: Path) -> None:
        archive = tmp_path / "orders.zip"
        archive.write_bytes(b"orders")
        emitted = emit(lambda_function_props=WITHOUT_CODE | {"filename": str(archive)})
        assert emitted.function["source_code_hash"] == "HBaK2wDSCOQvkzFFKfH6nAQn62MjPO2pWl21K3ASpxk="
        assert emitted.warnings == []

    def test_in_a_file_of_the_output_has_its_hash(self, emit: Emit, stack: TerraformStack) -> None:
        """Terraform reads a relative path from the stack's output folder."""
        archive = Path(App.of(stack).outdir) / "stacks" / "orders" / "build" / "orders.zip"
        archive.parent.mkdir(parents=True)
        archive.write_bytes(b"orders")
        emitted = emit(lambda_function_props=WITHOUT_CODE | {"filename": "build/orders.zip"})
        assert emitted.function["source_code_hash"] == "HBaK2wDSCOQvkzFFKfH6nAQn62MjPO2pWl21K3ASpxk="
        assert emitted.warnings == []

    def test_in_a_file_keeps_the_hash_of_the_user(self, emit: Emit, tmp_path: Path) -> None:
        archive = tmp_path / "orders.zip"
        archive.write_bytes(b"orders")
        source = {"filename": str(archive), "source_code_hash": "abc"}
        assert emit(lambda_function_props=WITHOUT_CODE | source).function["source_code_hash"] == "abc"

    @needs_argument("LambdaFunctionProps", "code_sha256")
    def test_in_a_file_with_the_hash_that_lambda_reports_gets_no_other(self, emit: Emit, tmp_path: Path) -> None:
        archive = tmp_path / "orders.zip"
        archive.write_bytes(b"orders")
        source = {"filename": str(archive), "code_sha256": DIGEST}
        emitted = emit(lambda_function_props=WITHOUT_CODE | source)
        assert emitted.function["code_sha256"] == DIGEST
        assert "source_code_hash" not in emitted.function
        assert emitted.warnings == []

    @needs_argument("LambdaFunctionProps", "code_sha256")
    @pytest.mark.parametrize("digest", [DIGEST, '${filebase64sha256("orders.zip")}'])
    def test_in_s3_with_the_hash_that_lambda_reports_causes_no_warning(self, emit: Emit, digest: str) -> None:
        assert emit(lambda_function_props=WITHOUT_CODE | FROM_S3 | {"code_sha256": digest}).warnings == []

    @needs_argument("LambdaFunctionProps", "code_sha256")
    @pytest.mark.parametrize("digest", ["abc", "0" * 64])
    def test_with_a_hash_that_lambda_never_reports_is_refused(self, mistakes_of: MistakesOf, digest: str) -> None:
        mistakes = mistakes_of(lambda_function_props=WITHOUT_CODE | FROM_S3 | {"code_sha256": digest})
        assert "SHA-256 of the archive in base64" in mistakes[f"{PROPS}.code_sha256"]

    @needs_argument("LambdaFunctionProps", "code_sha256")
    def test_that_the_pattern_packs_takes_no_hash_that_lambda_reports(self, mistakes_of: MistakesOf) -> None:
        mistakes = mistakes_of(lambda_function_props={"code_sha256": DIGEST})
        assert "the pattern computes the hash" in mistakes[f"{PROPS}.code_sha256"]

    @needs_argument("LambdaFunctionProps", "code_sha256")
    def test_in_an_image_with_its_digest_causes_no_warning(self, emit: Emit) -> None:
        """Lambda reports the digest of an image, which is not in base64."""
        image = {"image_uri": "orders:latest", "code_sha256": "0" * 64}
        assert emit(lambda_function_props=WITHOUT_ZIP | image).warnings == []

    def test_in_an_image_with_a_hash_causes_no_warning(self, emit: Emit) -> None:
        """The provider deploys the image when the hash changes."""
        image = {"image_uri": "orders:latest", "source_code_hash": "abc"}
        assert emit(lambda_function_props=WITHOUT_ZIP | image).warnings == []

    def test_in_an_asset_of_cdktf_needs_no_hash(self, emit: Emit, stack: TerraformStack, tmp_path: Path) -> None:
        """The path of an asset has the hash of its content."""
        (tmp_path / "orders.zip").write_bytes(b"orders")
        asset = TerraformAsset(stack, "asset", path=str(tmp_path / "orders.zip"), type=AssetType.FILE)
        assert emit(lambda_function_props=WITHOUT_CODE | {"filename": asset.path}).warnings == []

    def test_in_a_file_that_only_terraform_knows_causes_a_warning(self, emit: Emit) -> None:
        filename = {"filename": "${data.archive_file.code.output_path}"}
        (warning,) = emit(lambda_function_props=WITHOUT_CODE | filename).warnings
        assert "source_code_hash" in warning

    def test_in_a_directory_by_filename_is_refused(self, mistakes_of: MistakesOf, tmp_path: Path) -> None:
        mistakes = mistakes_of(lambda_function_props=WITHOUT_CODE | {"filename": str(tmp_path)})
        assert "Code.from_asset" in mistakes[f"{PROPS}.filename"]

    def test_in_s3_without_a_version_and_a_hash_causes_a_warning(self, emit: Emit) -> None:
        (warning,) = emit(lambda_function_props=WITHOUT_CODE | FROM_S3).warnings
        assert "s3_object_version" in warning

    @pytest.mark.parametrize("known", [{"s3_object_version": "3"}, {"source_code_hash": "abc"}])
    def test_in_s3_with_a_version_or_a_hash_causes_no_warning(self, emit: Emit, known: dict[str, str]) -> None:
        assert emit(lambda_function_props=WITHOUT_CODE | FROM_S3 | known).warnings == []

    @pytest.mark.parametrize("image", ["orders", "orders:latest", "orders:1", "${aws_ecr_repository.orders.arn}:1"])
    def test_in_an_image_without_a_digest_causes_a_warning(self, emit: Emit, image: str) -> None:
        (warning,) = emit(lambda_function_props=WITHOUT_ZIP | {"image_uri": image}).warnings
        assert "@sha256:" in warning

    @pytest.mark.parametrize(
        "image",
        [f"orders@sha256:{'0' * 64}", f"orders:1@sha256:{'0' * 64}", "${var.image}", "orders@${var.digest}"],
    )
    def test_in_an_image_with_a_digest_or_an_expression_causes_no_warning(self, emit: Emit, image: str) -> None:
        assert emit(lambda_function_props=WITHOUT_ZIP | {"image_uri": image}).warnings == []

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


class TestEnvironmentVariables:
    @pytest.mark.parametrize("name", ["AWS_REGION", "_HANDLER", "LAMBDA_TASK_ROOT"])
    def test_that_lambda_sets_are_refused(self, mistakes_of: MistakesOf, name: str) -> None:
        mistakes = mistakes_of(lambda_function_props={"environment": {"variables": {name: "x"}}})
        assert "Lambda reserves" in mistakes[f"lambda_function_props.environment.variables[{name!r}]"]

    @pytest.mark.parametrize("name", ["A", "1A", "_A", "A-B", "A.B", ""])
    def test_with_a_name_that_lambda_refuses_are_refused(self, mistakes_of: MistakesOf, name: str) -> None:
        mistakes = mistakes_of(lambda_function_props={"environment": {"variables": {name: "x"}}})
        assert "rename it" in mistakes[f"lambda_function_props.environment.variables[{name!r}]"]

    @pytest.mark.parametrize("name", ["A1", "TABLE_NAME", "PYTHONPATH", "AWS_LAMBDA_EXEC_WRAPPER", "TZ", "${var.name}"])
    def test_with_any_other_name_are_kept(self, emit: Emit, name: str) -> None:
        emitted = emit(lambda_function_props={"environment": {"variables": {name: "x"}}})
        assert emitted.function["environment"] == {"variables": {name: "x"}}


def test_a_wrong_name_is_reported_once(mistakes_of: MistakesOf) -> None:
    assert list(mistakes_of(lambda_function_props={"function_name": "a b"})) == ["lambda_function_props.function_name"]


@pytest.mark.parametrize("name", ["role", "kms_key_arn", "code_signing_config_arn"])
def test_a_name_instead_of_an_arn_is_refused(mistakes_of: MistakesOf, name: str) -> None:
    assert "must be an ARN" in mistakes_of(lambda_function_props={name: "orders"})[f"lambda_function_props.{name}"]


def test_a_layer_without_an_arn_is_refused(mistakes_of: MistakesOf) -> None:
    layers = ["${var.layer}", "orders"]
    assert "must be an ARN" in mistakes_of(lambda_function_props={"layers": layers})["lambda_function_props.layers[1]"]
