"""Errors of AWS: one line with the request, the reason and the fix, and without secrets."""

import re
import sys
import tomllib
from pathlib import Path

import pytest
from botocore.exceptions import (
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
    ProfileNotFound,
)
from ddb_stream_lambda.operations import aws
from ddb_stream_lambda.operations.aws import Connection, calling, is_passing, one_line, region_of
from ddb_stream_lambda.operations.errors import AwsError, ExitCode, OperationError, UsageError

from .fakes import STREAM, client_error

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"

KEY = "AKIAIOSFODNN7EXAMPLE"


def message_of(error: Exception) -> str:
    with pytest.raises(OperationError) as caught, calling("read the queue dlq"):
        raise error
    text = str(caught.value)
    assert "\n" not in text
    assert text.startswith("cannot read the queue dlq: ")
    return text


def test_denied_permission_names_the_fix() -> None:
    text = message_of(client_error("AccessDeniedException", message="User: x is not authorized to perform: y"))
    assert text == (
        "cannot read the queue dlq: User: x is not authorized to perform: y (AccessDeniedException); "
        "grant the permission to the role or user that runs the command"
    )


@pytest.mark.parametrize("code", sorted(aws.SIGNATURES))
def test_error_of_a_signature_does_not_show_the_request(code: str) -> None:
    text = message_of(client_error(code, 403, f"The canonical string was x-amz-security-token:abc {KEY}"))
    assert "canonical" not in text
    assert KEY not in text
    assert "AWS_PROFILE" in text


def test_missing_credentials_name_the_ways_to_give_them() -> None:
    assert "no credentials of AWS were found; set AWS_PROFILE" in message_of(NoCredentialsError())


def test_unreachable_endpoint_names_the_options() -> None:
    text = message_of(EndpointConnectionError(endpoint_url="http://user:hidden@127.0.0.1:9"))
    assert "could not be reached" in text
    assert "--endpoint-url" in text
    assert "hidden" not in text


@pytest.mark.parametrize(
    ("error", "fix"),
    [
        (NoRegionError(), "give --region"),
        (ProfileNotFound(profile="x"), "give --profile"),
        (ParamValidationError(report="QueueUrl is empty\nand more"), "correct the value"),
    ],
)
def test_wrong_configuration_is_an_error_of_usage(error: Exception, fix: str) -> None:
    assert fix in message_of(error)
    with pytest.raises(UsageError) as caught, calling("x"):
        raise error
    assert caught.value.exit_code == ExitCode.USAGE


def test_namespace_of_an_error_code_is_ignored() -> None:
    with pytest.raises(AwsError) as caught, calling("x"):
        raise client_error("AWS.SimpleQueueService.NonExistentQueue")
    assert caught.value.code == "NonExistentQueue"
    assert caught.value.exit_code == ExitCode.REFUSED


def test_bug_of_the_program_is_not_an_error_of_aws() -> None:
    with pytest.raises(KeyError), calling("x"):
        raise KeyError("bug")


@pytest.mark.parametrize(
    ("error", "passing"),
    [
        (client_error("ThrottlingException"), True),
        (client_error("InternalServerError", 500), True),
        (client_error("Anything", 429), True),
        (EndpointConnectionError(endpoint_url="x"), True),
        (client_error("ValidationException"), False),
        (NoCredentialsError(), False),
    ],
)
def test_passing_errors(error: Exception, passing: bool) -> None:
    assert is_passing(error) is passing


def test_message_is_one_line_of_limited_length_without_secrets() -> None:
    text = one_line(f"first\nX-Amz-Security-Token=FwoGZX {KEY} \x1b[31m" + "x" * 1000)
    assert "\n" not in text
    assert "\x1b" not in text
    assert "FwoGZX" not in text
    assert KEY not in text
    assert len(text) == 300


def test_missing_boto3_is_an_error_with_the_requirement_of_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aws, "boto3", None)
    project = tomllib.loads(PYPROJECT.read_text())["project"]
    (requirement,) = project["optional-dependencies"]["operations"]
    with pytest.raises(UsageError, match=re.escape(f"boto3 is not installed; run: pip install '{requirement}'")):
        Connection().client("sqs")


def test_client_repeats_requests_except_those_to_lambda(monkeypatch: pytest.MonkeyPatch) -> None:
    connection = Connection(region="eu-west-1", endpoint_url="http://127.0.0.1:9")
    assert connection.client("sqs").meta.config.retries["total_max_attempts"] == 8
    function_client = connection.client("lambda")
    assert function_client.meta.config.retries["total_max_attempts"] == 1
    look_ups = connection.client("lambda", repeats=True)
    assert look_ups.meta.config.retries["total_max_attempts"] == 8
    assert function_client.meta.config.read_timeout > 900
    assert connection.client("lambda") is function_client


def test_region_of_a_resource_comes_before_that_of_the_connection() -> None:
    connection = Connection(region="eu-west-1")
    assert connection.client("dynamodbstreams", region="us-east-1").meta.region_name == "us-east-1"


@pytest.mark.parametrize("variable", ["AWS_REGION", "AWS_DEFAULT_REGION"])
def test_region_comes_from_either_variable(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, "eu-north-1")
    assert Connection().client("sqs").meta.region_name == "eu-north-1"


def test_unknown_profile_and_wrong_endpoint_are_errors_of_usage(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    with pytest.raises(UsageError, match="give --profile"):
        Connection(profile="absent", region="eu-west-1").client("sqs")
    with pytest.raises(UsageError, match="--endpoint-url http://HOST:PORT"):
        Connection(region="eu-west-1", endpoint_url="not a url").client("sqs")


@pytest.mark.parametrize(("arn", "region"), [(STREAM, "eu-west-1"), ("arn:aws:s3:::bucket", None), ("orders", None)])
def test_region_of_an_arn(arn: str, region: str | None) -> None:
    assert region_of(arn) == region


def test_core_is_imported_without_the_rest_of_the_package(tmp_path: Path) -> None:
    import subprocess

    (tmp_path / "operations").symlink_to(Path(aws.__file__).parent)
    code = "import operations.aws, operations.events, operations.invoking, operations.progress, sys; "
    code += "assert not [name for name in sys.modules if name in ('constructs', 'jsii', 'ddb_stream_lambda')]"
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
