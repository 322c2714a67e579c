"""The execution role: a new role, the role that the function names, and the role of an existing function."""

import json

import pytest
from cdktf import TerraformStack
from cdktf_cdktf_provider_aws.data_aws_lambda_function import DataAwsLambdaFunction
from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.lambda_function import LambdaFunction
from ddb_stream_lambda.resources.role import name_of
from hypothesis import given
from hypothesis import strategies as st

from tests.support.arns import ROLE_ARN
from tests.support.calls import Emit, MistakesOf

# The characters of IAM names.
IAM_CHARACTERS = "abcXYZ019-_+=,.@"


class TestNewRole:
    def test_can_be_assumed_only_by_lambda(self, emit: Emit) -> None:
        role = emit().only("aws_iam_role")
        assert role["name"] == "orders_pipeline"
        (statement,) = json.loads(role["assume_role_policy"])["Statement"]
        assert statement == {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }

    def test_is_returned_by_the_property(self, emit: Emit) -> None:
        assert isinstance(emit().pattern.lambda_role, IamRole)

    def test_has_the_arguments_of_the_props(self, emit: Emit) -> None:
        arguments = {
            "name": "worker",
            "path": "/service/",
            "permissions_boundary": "arn:aws:iam::123456789012:policy/boundary",
            "tags": {"Team": "orders"},
        }
        assert arguments.items() <= emit(lambda_role_props=arguments).only("aws_iam_role").items()

    def test_takes_no_other_argument(self, mistakes_of: MistakesOf) -> None:
        mistakes = mistakes_of(lambda_role_props={"inline": "x"})
        assert "the known names are name, path" in mistakes["lambda_role_props.inline"]

    @pytest.mark.parametrize("name", ["", "n" * 65, "a b", "a/b"])
    def test_needs_a_name_that_iam_accepts(self, mistakes_of: MistakesOf, name: str) -> None:
        assert "64" in mistakes_of(lambda_role_props={"name": name})["lambda_role_props.name"]


class TestRoleOfTheProps:
    def test_is_used_and_gets_the_policy(self, emit: Emit) -> None:
        emitted = emit(lambda_function_props={"role": ROLE_ARN})
        assert emitted.function["role"] == ROLE_ARN
        assert emitted.all("aws_iam_role") == {}
        assert emitted.only("aws_iam_role_policy")["role"] == "worker"
        assert emitted.pattern.lambda_role is None

    def test_can_be_a_terraform_expression(self, emit: Emit, stack: TerraformStack) -> None:
        role = IamRole(stack, "given", assume_role_policy="{}", path="/service/")
        emitted = emit(lambda_function_props={"role": role.arn})
        assert emitted.only("aws_iam_role_policy")["role"] == "${basename(aws_iam_role.given.arn)}"

    def test_together_with_role_props_is_refused(self, mistakes_of: MistakesOf) -> None:
        mistakes = mistakes_of(lambda_function_props={"role": ROLE_ARN}, lambda_role_props={"name": "worker"})
        assert "lambda_function_props.role" in mistakes["lambda_role_props"]


class TestRoleOfAnExistingFunction:
    def create_function(self, stack: TerraformStack, role: str) -> LambdaFunction:
        return LambdaFunction(stack, "given", function_name="given", role=role, image_uri="orders:1")

    def test_gets_the_policy_by_the_name_in_its_arn(self, emit: Emit, stack: TerraformStack) -> None:
        emitted = emit(existing_lambda_obj=self.create_function(stack, ROLE_ARN))
        assert emitted.only("aws_iam_role_policy")["role"] == "worker"
        assert emitted.pattern.lambda_role is None

    def test_can_be_a_role_of_the_app(self, emit: Emit, stack: TerraformStack) -> None:
        role = IamRole(stack, "worker", assume_role_policy="{}", path="/service/")
        policy = emit(existing_lambda_obj=self.create_function(stack, role.arn)).only("aws_iam_role_policy")
        assert policy["role"] == "${basename(aws_iam_role.worker.arn)}"

    def test_can_be_read_by_a_data_source(self, emit: Emit, stack: TerraformStack) -> None:
        function = DataAwsLambdaFunction(stack, "given", function_name="given")
        policy = emit(existing_lambda_obj=function).only("aws_iam_role_policy")
        assert policy["role"] == "${basename(data.aws_lambda_function.given.role)}"

    def test_together_with_role_props_is_refused(self, mistakes_of: MistakesOf, stack: TerraformStack) -> None:
        function = DataAwsLambdaFunction(stack, "given", function_name="given")
        mistakes = mistakes_of(existing_lambda_obj=function, lambda_role_props={"name": "worker"})
        assert "existing_lambda_obj" in mistakes["lambda_role_props"]


@given(
    path=st.lists(st.text(IAM_CHARACTERS, min_size=1, max_size=8), max_size=4),
    name=st.text(IAM_CHARACTERS, min_size=1, max_size=64),
)
def test_the_name_is_the_last_part_of_the_arn(path: list[str], name: str) -> None:
    assert name_of("/".join(["arn:aws:iam::123456789012:role", *path, name])) == name
