"""The size of the inline policies of one role."""

import pytest
from ddb_stream_lambda import DynamoDBStreamsToLambda, RoleStatement
from cdktf import TerraformStack, Testing
from cdktf_cdktf_provider_aws.data_aws_lambda_function import DataAwsLambdaFunction
from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.iam_role_policy import IamRolePolicy
from cdktf_cdktf_provider_aws.provider import AwsProvider
from ddb_stream_lambda.resources.policy_size import EXPECTED_EXPRESSION_LENGTH, characters_of

from tests.support.arns import ROLE_ARN
from tests.support.calls import ZIP_FUNCTION, Emit
from tests.support.emitted import Emitted


def statement_of(characters: int) -> RoleStatement:
    return {"Action": "es:ESHttpPost", "Resource": "arn:" + "x" * characters}


def warnings_of(stack: TerraformStack, role: str, count: int, **inputs: object) -> list[list[str]]:
    """Create patterns on one role; return the warnings of each."""
    props = {**ZIP_FUNCTION, "role": role}
    patterns = [
        DynamoDBStreamsToLambda(stack, f"pipeline{number}", lambda_function_props=props, **inputs)  # type: ignore[arg-type]
        for number in range(count)
    ]
    return [Emitted(stack, pattern).warnings for pattern in patterns]


def test_white_space_is_not_counted_and_an_expression_has_an_expected_length() -> None:
    assert characters_of('{"a": "b c"}\n') == 10
    assert characters_of('"${element(split(":", x), 4)}"') == EXPECTED_EXPRESSION_LENGTH + 2


def test_the_pattern_that_exceeds_the_limit_of_a_role_warns(stack: TerraformStack) -> None:
    role = IamRole(stack, "worker", assume_role_policy="{}")
    warned = [bool(warnings) for warnings in warnings_of(stack, role.arn, 16)]
    assert not any(warned[:10])
    assert warned[-1]


def test_the_warning_names_the_role_the_limit_and_the_fix(stack: TerraformStack) -> None:
    (warning,) = warnings_of(stack, ROLE_ARN, 1, lambda_role_statements=[statement_of(10_000)])[0]
    assert "the inline policies of the role worker have about" in warning
    assert "IAM allows 10240 for one role: give each function its own role" in warning


def test_the_patterns_of_all_stacks_of_the_app_are_counted() -> None:
    app = Testing.app()
    found = []
    for name in ("one", "two"):
        stack = TerraformStack(app, name)
        AwsProvider(stack, "aws", region="eu-west-1")
        found += warnings_of(stack, ROLE_ARN, 1, lambda_role_statements=[statement_of(5_000)])
    assert [len(warnings) for warnings in found] == [0, 1]


def test_the_other_policies_of_the_app_on_the_role_are_counted(stack: TerraformStack) -> None:
    role = IamRole(stack, "worker", assume_role_policy="{}")
    IamRolePolicy(stack, "other", role=role.id, policy="x" * 7_000)
    assert warnings_of(stack, role.arn, 1, lambda_role_statements=[statement_of(3_000)])[0] != []


def test_patterns_with_their_own_roles_are_not_counted_together(stack: TerraformStack) -> None:
    for name in ("one", "two"):
        pattern = DynamoDBStreamsToLambda(
            stack, name, lambda_function_props=ZIP_FUNCTION, lambda_role_statements=[statement_of(6_000)]
        )
        assert Emitted(stack, pattern).warnings == []


def test_the_policies_of_other_roles_are_not_counted(stack: TerraformStack) -> None:
    for name in ("one", "two"):
        given = DataAwsLambdaFunction(stack, name, function_name=name)
        pattern = DynamoDBStreamsToLambda(stack, f"of-{name}", existing_lambda_obj=given)
        assert Emitted(stack, pattern).warnings == []


@pytest.mark.parametrize(("characters", "warns"), [(9_000, False), (10_000, True)])
def test_the_statements_of_a_new_role_are_counted(emit: Emit, characters: int, warns: bool) -> None:
    assert bool(emit(lambda_role_statements=[statement_of(characters)]).warnings) == warns


def test_a_policy_that_is_not_written_is_not_counted(emit: Emit) -> None:
    emitted = emit(
        lambda_function_props={"role": ROLE_ARN},
        lambda_role_statements=[statement_of(11_000)],
        grant_permissions=False,
        silence_warnings=["grant_permissions"],
    )
    assert emitted.warnings == []
