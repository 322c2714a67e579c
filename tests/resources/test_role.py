"""The execution role: a new role, the role that the function names, and the role of an existing function."""

import json

import pytest
from ddb_stream_lambda import DynamoDBStreamsToLambda, LambdaRoleProps
from cdktf import TerraformStack, TerraformVariable
from cdktf_cdktf_provider_aws.data_aws_lambda_function import DataAwsLambdaFunction
from cdktf_cdktf_provider_aws.iam_policy import IamPolicy
from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.lambda_function import LambdaFunction
from ddb_stream_lambda.resources.role import name_of
from hypothesis import given
from hypothesis import strategies as st

from tests.support.arns import ROLE_ARN
from tests.support.calls import ZIP_FUNCTION, Emit, MistakesOf, new_stack
from tests.support.emitted import Emitted

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
        assert "the known names are description, force_detach_policies" in mistakes["lambda_role_props.inline"]

    @pytest.mark.parametrize("name", ["", "n" * 65, "a b", "a/b"])
    def test_needs_a_name_that_iam_accepts(self, mistakes_of: MistakesOf, name: str) -> None:
        assert "64" in mistakes_of(lambda_role_props={"name": name})["lambda_role_props.name"]

    def test_has_the_other_arguments_of_the_props(self, emit: Emit) -> None:
        arguments = {
            "name_prefix": "orders-",
            "description": "Reads the orders.",
            "max_session_duration": 43200,
            "force_detach_policies": True,
        }
        role = emit(lambda_role_props=arguments).only("aws_iam_role")
        assert arguments.items() <= role.items()
        assert "name" not in role

    @pytest.mark.parametrize(
        ("argument", "value"),
        [
            ("name_prefix", "n" * 39),
            ("name_prefix", "a/"),
            ("max_session_duration", 3599),
            ("max_session_duration", 43201),
            ("description", "d" * 1001),
            ("path", "service"),
            ("path", "/service"),
        ],
    )
    def test_with_values_that_iam_would_refuse_is_refused(
        self, mistakes_of: MistakesOf, argument: str, value: object
    ) -> None:
        assert list(mistakes_of(lambda_role_props={argument: value})) == [f"lambda_role_props.{argument}"]

    def test_with_a_name_and_a_prefix_is_refused(self, mistakes_of: MistakesOf) -> None:
        mistakes = mistakes_of(lambda_role_props={"name": "worker", "name_prefix": "worker-"})
        assert list(mistakes) == ["lambda_role_props.name_prefix"]

    def test_takes_expressions(self, emit: Emit, stack: TerraformStack) -> None:
        text = TerraformVariable(stack, "text", type="string").string_value
        number = TerraformVariable(stack, "number", type="number").number_value
        arguments = {"name_prefix": text, "description": text, "path": text, "max_session_duration": number}
        role = emit(lambda_role_props=arguments).only("aws_iam_role")
        assert role["path"] == "${var.text}"
        assert role["max_session_duration"] == "${var.number}"


READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
INSIGHTS = "arn:aws:iam::aws:policy/service-role/CloudWatchLambdaInsightsExecutionRolePolicy"


class TestManagedPolicies:
    def test_are_attached_and_the_mapping_and_the_function_depend_on_them(
        self, emit: Emit, stack: TerraformStack
    ) -> None:
        policy = IamPolicy(stack, "policy", policy="{}").arn
        emitted = emit(lambda_role_props={"policy_arns": [READ_ONLY, policy]})
        attachments = emitted.all("aws_iam_role_policy_attachment")
        assert {name: attachment["policy_arn"] for name, attachment in attachments.items()} == {
            "pipeline_read_only_access": READ_ONLY,
            "pipeline_policy": "${aws_iam_policy.policy.arn}",
        }
        role = emitted.reference("aws_iam_role", "name")
        assert {attachment["role"] for attachment in attachments.values()} == {role}
        for address in (f"aws_iam_role_policy_attachment.{name}" for name in attachments):
            assert address in emitted.mapping["depends_on"]
            assert address in emitted.function["depends_on"]

    def test_keep_their_addresses_in_another_order(self) -> None:
        """Terraform would exchange the policies of two attachments, and could detach one after it attached it."""

        def addresses_of(policy_arns: list[str]) -> dict[str, str]:
            stack = new_stack()
            roles: LambdaRoleProps = {"policy_arns": policy_arns}
            pattern = DynamoDBStreamsToLambda(
                stack, "pipeline", lambda_function_props=ZIP_FUNCTION, lambda_role_props=roles
            )
            attachments = Emitted(stack, pattern).all("aws_iam_role_policy_attachment")
            return {name: attachment["policy_arn"] for name, attachment in attachments.items()}

        assert addresses_of([READ_ONLY, INSIGHTS]) == addresses_of([INSIGHTS, READ_ONLY])

    def test_of_the_same_name_are_attached_both(self, emit: Emit) -> None:
        policies = [f"arn:aws:iam::{account}:policy/orders" for account in ("aws", "123456789012")]
        emitted = emit(lambda_role_props={"policy_arns": policies})
        assert len(emitted.all("aws_iam_role_policy_attachment")) == 2

    @pytest.mark.parametrize("wrong", ["ReadOnlyAccess", ROLE_ARN, READ_ONLY])
    def test_that_are_no_policies_or_are_attached_twice_are_refused(self, mistakes_of: MistakesOf, wrong: str) -> None:
        mistakes = mistakes_of(lambda_role_props={"policy_arns": [READ_ONLY, wrong]})
        assert list(mistakes) == ["lambda_role_props.policy_arns[1]"]

    def test_must_be_known_at_synth(self, mistakes_of: MistakesOf, stack: TerraformStack) -> None:
        policies = TerraformVariable(stack, "policies", type="list(string)").list_value
        mistakes = mistakes_of(lambda_role_props={"policy_arns": policies})
        assert "known when the app is synthesized" in mistakes["lambda_role_props.policy_arns"]


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

    @pytest.mark.parametrize(
        ("role", "name"),
        [
            ("${var.role_arn}", "${basename(var.role_arn)}"),
            ('${module.roles.arns["worker"]}', '${basename(module.roles.arns["worker"])}'),
            (
                "arn:aws:iam::${var.account}:role/${var.role}",
                '${basename("arn:aws:iam::${var.account}:role/${var.role}")}',
            ),
        ],
    )
    def test_can_be_an_expression_written_as_text(self, emit: Emit, role: str, name: str) -> None:
        emitted = emit(lambda_function_props={"role": role})
        assert emitted.function["role"] == role
        assert emitted.only("aws_iam_role_policy")["role"] == name

    def test_can_mix_a_token_with_an_expression_written_as_text(self, emit: Emit, stack: TerraformStack) -> None:
        account = TerraformVariable(stack, "account", type="string").string_value
        emitted = emit(lambda_function_props={"role": f"arn:aws:iam::{account}:role/${{var.role}}"})
        name = '${basename(format("%[2]s%[1]s%[3]s%[4]s", var.account, "arn:aws:iam::", ":role/", var.role))}'
        assert emitted.only("aws_iam_role_policy")["role"] == name

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
