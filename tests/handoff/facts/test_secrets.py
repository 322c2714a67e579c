"""The values that look like secrets, and those that do not."""

import json
from typing import Any

import pytest
from ddb_stream_lambda.handoff.errors import ConfigurationError, UsageError
from ddb_stream_lambda.handoff.facts.secrets import check_secrets, find_secrets
from ddb_stream_lambda.handoff.synthesized.configuration import Configuration

VALUE = "hunter2"
KEY = "AKIA" + "ABCDEFGHIJKLMNOP"


def in_resource(type: str = "aws_x", **arguments: Any) -> dict[str, Any]:
    return {"resource": {type: {"a": arguments}}}


@pytest.mark.parametrize(
    ("blocks", "address"),
    [
        ({"variable": {"a": {"sensitive": True, "default": VALUE}}}, "var.a.default"),
        ({"variable": {"a": {"sensitive": True, "default": {"user": VALUE}}}}, "var.a.default"),
        ({"variable": {"a": {"ephemeral": True, "default": VALUE}}}, "var.a.default"),
        ({"variable": {"db_password": {"default": VALUE}}}, "var.db_password.default"),
        ({"variable": {"a": {"default": {"password": VALUE}}}}, "var.a.default.password"),
        ({"output": {"a": {"sensitive": True, "value": VALUE}}}, "output.a.value"),
        ({"locals": {"api_key": VALUE}}, "local.api_key"),
        ({"locals": {"a": {"token": VALUE}}}, "local.a.token"),
        ({"module": {"m": {"source": "./m", "auth_token": VALUE}}}, "module.m.auth_token"),
        ({"provider": {"aws": [{"region": "x", "secret_key": VALUE}]}}, "provider.aws[0].secret_key"),
        ({"provider": {"aws": {"access_key": VALUE}}}, "provider.aws.access_key"),
        ({"terraform": {"backend": {"s3": {"bucket": "b", "secret_key": VALUE}}}}, "backend.s3.secret_key"),
        ({"terraform": {"backend": {"pg": {"conn_str": "postgres://u:p@h/db"}}}}, "backend.pg.conn_str"),
        (in_resource("aws_db_instance", password=VALUE), "aws_db_instance.a.password"),
        (in_resource("aws_db_instance", password=12345), "aws_db_instance.a.password"),
        (
            in_resource("aws_secretsmanager_secret_version", secret_string=VALUE),
            "aws_secretsmanager_secret_version.a.secret_string",
        ),
        (in_resource(master_user=[{"master_password_wo": VALUE}]), "aws_x.a.master_user[0].master_password_wo"),
        (in_resource(environment={"variables": {"DB_PASSWORD": VALUE}}), "aws_x.a.environment.variables.DB_PASSWORD"),
        (in_resource(environment={"variables": {"apiKey": VALUE}}), "aws_x.a.environment.variables.apiKey"),
        (
            in_resource(container_definitions=json.dumps([{"environment": [{"name": "DB_PASSWORD", "value": VALUE}]}])),
            "aws_x.a.container_definitions[0].environment[0].DB_PASSWORD",
        ),
        (in_resource(note='${sensitive("hunter2")}'), "aws_x.a.note"),
        (in_resource(user_data=f"export AWS_ACCESS_KEY_ID={KEY}"), "aws_x.a.user_data"),
        (in_resource(content="-----BEGIN RSA PRIVATE KEY-----\nx"), "aws_x.a.content"),
        (in_resource(url="https://user:hunter2@example.org"), "aws_x.a.url"),
        ({"data": {"http": {"a": {"request_headers": {"X-Api-Key": VALUE}}}}}, "data.http.a.request_headers.X-Api-Key"),
    ],
)
def test_secret_is_refused_by_its_address_and_its_value_is_not_printed(blocks: dict[str, Any], address: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        check_secrets(Configuration(blocks))
    assert f"\n  {address}: " in str(caught.value)
    for value in (VALUE, KEY, "12345", "u:p"):
        assert value not in str(caught.value)


@pytest.mark.parametrize(
    "blocks",
    [
        {"variable": {"password": {"sensitive": True}}},
        {"variable": {"password": {"sensitive": True, "default": None}}},
        {"variable": {"password": {"sensitive": True, "default": ""}}},
        {"output": {"a": {"sensitive": True, "value": "${aws_x.a.password}"}}},
        in_resource(password="${var.password}"),
        in_resource(password=None, token="", manage_master_user_password=True, password_reset_required=True),
        in_resource(secret_arn="x", secret_id="x", token_endpoint="x", password_policy="x", secret_name="x"),
        in_resource(environment={"variables": {"API_KEY": "arn:aws:secretsmanager:eu-west-1:1:secret:x"}}),
        in_resource(environment={"variables": {"SEARCH_SECRET_ARN": "x", "TOKEN_URL": "https://example.org"}}),
        in_resource(attribute=[{"name": "token", "type": "S"}], hash_key="token"),
        in_resource(url="https://${var.user}:${var.password}@example.org"),
        in_resource(content='{"broken": '),
        {"provider": {"aws": {"access_key": "${var.key}"}}},
    ],
)
def test_what_is_no_secret_is_accepted(blocks: dict[str, Any]) -> None:
    check_secrets(Configuration(blocks))


def test_value_with_the_name_of_a_secret_can_be_accepted() -> None:
    blocks = in_resource(token="month", password="x")
    check_secrets(Configuration(blocks), ["aws_x.a.token", "aws_x.a.password"])
    with pytest.raises(ConfigurationError, match=r"aws_x\.a\.password"):
        check_secrets(Configuration(blocks), ["aws_x.a.token"])


@pytest.mark.parametrize(
    ("blocks", "address"),
    [
        ({"variable": {"a": {"sensitive": True, "default": VALUE}}}, "var.a.default"),
        ({"provider": {"aws": {"secret_key": VALUE}}}, "provider.aws.secret_key"),
        ({"terraform": {"backend": {"s3": {"secret_key": VALUE}}}}, "backend.s3.secret_key"),
        (in_resource(note=KEY), "aws_x.a.note"),
        ({}, "aws_x.a.password"),
    ],
)
def test_certain_or_unknown_secret_cannot_be_accepted(blocks: dict[str, Any], address: str) -> None:
    with pytest.raises(UsageError, match="names no value that looks like a secret only by its name"):
        check_secrets(Configuration(blocks), [address])


def test_secrets_are_found_in_a_document_with_many_levels() -> None:
    assert list(find_secrets(Configuration(in_resource(text="[" * 100_000)))) == []
