"""Looks up the credentials for the search service, and adds them to requests.

Lambda puts AWS credentials into the environment. Only a function that needs other credentials imports botocore, which
would make each cold start about twice as long.
"""

import base64
import json
import logging
import os
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

from indexer.deadline import call_within
from indexer.settings import Settings
from indexer.signature import AwsCredentials, Request, sign

T = TypeVar("T")

# The longest time of one attempt to connect to Secrets Manager, and of one attempt to receive the secret.
SECRET_TIMEOUT_SECONDS = 3.0
SECRET_ATTEMPTS = 2
NO_ROUTE = ": check that the function's network has a route to Secrets Manager (a NAT gateway, or a VPC endpoint)"
ENCODED_KEY = re.compile(r"[!-~]+")

# botocore logs the responses of Secrets Manager at level DEBUG, and Lambda's log level setting can enable that level.
for _name in ("botocore", "urllib3"):
    logging.getLogger(_name).setLevel(logging.INFO)


class CredentialsError(RuntimeError):
    """There are no usable credentials. The message has the cause and the fix, and no credentials."""


# Returns the headers that authenticate a request. The second argument is the seconds for renewing the credentials.
Authenticate = Callable[[Request, float], dict[str, str]]


def look_up_credentials(settings: Settings, *, seconds: float) -> Authenticate:
    """Look up credentials, and return the function that authenticates requests with them.

    AWS credentials come from the environment or from botocore's other sources, and secrets from Secrets Manager.

    Args:
        settings: the function's configuration.
        seconds: the time for it.

    Raises:
        CredentialsError: if there are no usable credentials.
    """
    if settings.service == "none":
        return lambda _request, _seconds: {}
    if settings.service in {"basic", "api_key"}:
        secret = _read_secret(settings.secret_arn, seconds)
        authorization = _basic(secret) if settings.service == "basic" else _api_key(secret)
        return lambda _request, _seconds: {"authorization": authorization}
    credentials = _aws_credentials_source(seconds)
    return lambda request, seconds: sign(
        request,
        region=settings.region,
        service=settings.service,
        credentials=credentials(seconds),
        now=datetime.now(UTC),
    )


def _aws_credentials_source(seconds: float) -> Callable[[float], AwsCredentials]:
    """Return a function that returns valid AWS credentials within the given seconds."""
    in_environment = AwsCredentials(
        os.environ.get("AWS_ACCESS_KEY_ID", ""),
        os.environ.get("AWS_SECRET_ACCESS_KEY", ""),
        os.environ.get("AWS_SESSION_TOKEN", ""),
    )
    if in_environment.access_key and in_environment.secret_key:
        return lambda _: in_environment

    def look_up() -> Any:
        from botocore.session import get_session

        return get_session().get_credentials()

    # With SnapStart, Lambda offers credentials over HTTP. botocore renews these before they expire.
    found = _call_botocore(look_up, seconds, action="looking up AWS credentials")
    if found is None:
        raise CredentialsError("there are no AWS credentials to sign requests with: give the function a role")

    def renew(seconds: float) -> AwsCredentials:
        frozen = _call_botocore(found.get_frozen_credentials, seconds, action="renewing the AWS credentials")
        return AwsCredentials(frozen.access_key, frozen.secret_key, frozen.token or "")

    return renew


def _read_secret(arn: str, seconds: float) -> dict[str, Any]:
    """Return the JSON object in a secret of Secrets Manager."""

    def read() -> str:
        from botocore.config import Config
        from botocore.session import get_session

        # Leaves time for the second attempt, and for the request itself.
        timeout = min(SECRET_TIMEOUT_SECONDS, seconds / (2 * SECRET_ATTEMPTS))
        config = Config(connect_timeout=timeout, read_timeout=timeout, retries={"total_max_attempts": SECRET_ATTEMPTS})
        # The secret's region is the fourth part of its ARN. It can differ from the function's region.
        client = get_session().create_client("secretsmanager", region_name=arn.split(":")[3], config=config)
        text: str = client.get_secret_value(SecretId=arn)["SecretString"]
        return text

    try:
        secret = json.loads(
            _call_botocore(read, seconds, action="reading the secret of SEARCH_SECRET_ARN", no_answer_hint=NO_ROUTE)
        )
    except (KeyError, ValueError):
        secret = None
    if not isinstance(secret, dict):
        raise CredentialsError("the secret of SEARCH_SECRET_ARN must be a JSON object")
    return secret


def _basic(secret: dict[str, Any]) -> str:
    """Return the header for a user name and password.

    See https://www.rfc-editor.org/rfc/rfc7617.
    """
    user, password = secret.get("username"), secret.get("password")
    if not isinstance(user, str) or not isinstance(password, str):
        raise CredentialsError('the secret of SEARCH_SECRET_ARN must be JSON with "username" and "password"')
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def _api_key(secret: dict[str, Any]) -> str:
    """Return the header for an API key.

    See https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-security-create-api-key.
    """
    id_, key = secret.get("id"), secret.get("api_key")
    if isinstance(id_, str) and isinstance(key, str):
        key = base64.b64encode(f"{id_}:{key}".encode()).decode()
    if not isinstance(key, str) or not ENCODED_KEY.fullmatch(key):
        raise CredentialsError(
            'the secret of SEARCH_SECRET_ARN must be JSON with "api_key" (the encoded key), or with "id" and "api_key"'
        )
    return f"ApiKey {key}"


def _call_botocore(function: Callable[[], T], seconds: float, *, action: str, no_answer_hint: str = "") -> T:
    """Call a function that uses botocore, and report its errors as errors of an action."""
    try:
        return call_within(seconds, function)
    except TimeoutError:
        raise CredentialsError(f"{action} took longer than {seconds:.1f} s{no_answer_hint}") from None
    except Exception as error:
        # The function imported botocore before it failed.
        from botocore import exceptions

        if not isinstance(error, exceptions.BotoCoreError | exceptions.ClientError):
            raise
        hint = no_answer_hint if isinstance(error, exceptions.ConnectionError | exceptions.HTTPClientError) else ""
        raise CredentialsError(f"{action} failed: {error}{hint}") from None
