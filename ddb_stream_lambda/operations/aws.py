"""Clients of AWS, and errors of AWS as one line without secrets."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from .errors import AwsError, UsageError

try:
    import boto3
    import boto3.exceptions
    import botocore.exceptions
    from botocore.config import Config
except ImportError:  # the extra `operations` is not installed; `Connection.client` reports it
    boto3 = None

# The requirement of the extra `operations`. No name of a distribution is in this file: it is part of the worker's
# archive, which is the same in both distributions.
REQUIREMENT = "boto3>=1.34,<2"
USER_AGENT = "ddb_stream_lambda"
# A synchronous invocation can take 15 minutes.
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MAX_FUNCTION_SECONDS = 900
READ_TIMEOUT = 60
MAX_ATTEMPTS = 8
MAX_MESSAGE_LENGTH = 300

THROTTLES = frozenset(
    {
        "EC2ThrottledException",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "ResourceConflictException",  # Lambda is updating the function
        "SlowDown",
        "SnapStartNotReadyException",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
CREDENTIALS = "set AWS_PROFILE or AWS_ACCESS_KEY_ID, give --profile, or sign in with `aws sso login`"
REGION = "give --region, or set AWS_REGION"
# Error code of AWS -> the reason. The messages of these errors can hold parts of the request, so they are not shown.
SIGNATURES = {
    "ExpiredToken": "the credentials have expired",
    "ExpiredTokenException": "the credentials have expired",
    "IncompleteSignature": "the credentials are not complete",
    "InvalidAccessKeyId": "the access key does not exist",
    "InvalidClientTokenId": "the access key does not exist",
    "InvalidSignatureException": "the secret access key does not fit, or the clock of this machine is wrong",
    "MissingAuthenticationToken": "the credentials are not complete",
    "RequestExpired": "the clock of this machine is wrong",
    "SignatureDoesNotMatch": "the secret access key does not fit, or the clock of this machine is wrong",
    "UnrecognizedClientException": "the access key does not exist, or not in this Region",
}
DENIED = frozenset({"AccessDenied", "AccessDeniedException", "AccessDeniedByPolicy", "UnauthorizedOperation", "403"})
SECRETS = re.compile(
    r"(?:AKIA|ASIA)[A-Z0-9]{12,}|(?i:(?:security-token|signature|credential|secret)[\w-]*)[=:]\s*\S+|(?<=//)[^/\s@]+@"
)


@dataclass
class Connection:
    """The account and Region that a command works in.

    Endpoints can also be set by the variables of AWS's tools: AWS_ENDPOINT_URL, and AWS_ENDPOINT_URL_SQS and so on.

    Attributes:
        region: the Region; that of the environment or the profile by default.
        profile: the profile of AWS's configuration files.
        endpoint_url: the endpoint of all services, such as an emulator's.
    """

    region: str | None = None
    profile: str | None = None
    endpoint_url: str | None = None
    _clients: dict[tuple[str, str | None, bool], Any] = field(default_factory=dict, repr=False)

    def client(self, service: str, *, region: str | None = None, repeats: bool | None = None) -> Any:
        """Return a client of a service. Threads can share it.

        Requests are repeated with growing pauses if AWS throttles them or has an internal error. Those to Lambda are
        sent once, because a repeated invocation is a second invocation; `invoking.Invoker` repeats them.

        Args:
            service: the name of the service, such as "sqs".
            region: the Region of the resource, if its ARN has one.
            repeats: whether requests are repeated; by default, those to all services but Lambda.

        Raises:
            UsageError: if boto3 is not installed, or the Region, the profile or the endpoint is missing or wrong.
        """
        if boto3 is None:
            raise UsageError("boto3 is not installed", f"run: pip install '{REQUIREMENT}'")
        repeats = service != "lambda" if repeats is None else repeats
        key = (service, region, repeats)
        if key not in self._clients:
            is_lambda = service == "lambda"
            config = Config(
                retries={"mode": "standard", "total_max_attempts": MAX_ATTEMPTS if repeats else 1},
                read_timeout=MAX_FUNCTION_SECONDS + READ_TIMEOUT if is_lambda else READ_TIMEOUT,
                tcp_keepalive=True,
                max_pool_connections=50,
                user_agent_extra=USER_AGENT,
            )
            with calling(f"create the client of {service}"):
                name = self.region or region or _region_of_environment()
                session = boto3.Session(profile_name=self.profile, region_name=name)
                try:
                    self._clients[key] = session.client(
                        service, region_name=region, endpoint_url=self.endpoint_url, config=config
                    )
                except ValueError as error:
                    raise UsageError(
                        f"the endpoint of {service} is not a URL: {one_line(str(error))}",
                        "give --endpoint-url http://HOST:PORT, or correct AWS_ENDPOINT_URL",
                    ) from None
        return self._clients[key]


def _region_of_environment() -> str | None:
    """Return AWS_REGION, which AWS's other tools read, where boto3 reads only AWS_DEFAULT_REGION."""
    return os.environ.get("AWS_DEFAULT_REGION") or os.environ.get("AWS_REGION") or None


@contextmanager
def calling(action: str) -> Iterator[None]:
    """Report an error of AWS in the block as an error of the command.

    Args:
        action: the request in words, such as "read the queue orders-dlq".

    Raises:
        AwsError: if AWS refuses the request or cannot be reached.
        UsageError: if the Region, the profile or the parameters are wrong.
    """
    if boto3 is None:
        yield
        return
    try:
        yield
    except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError, boto3.exceptions.Boto3Error) as error:
        raise translate(error, action) from error


def translate(error: Exception, action: str) -> AwsError | UsageError:
    """Return the error of a command for an error of boto3.

    Args:
        error: the error.
        action: the request in words.
    """
    exceptions = botocore.exceptions
    match error:
        case exceptions.ClientError():
            return _translate_answer(error.response, action)
        case exceptions.NoCredentialsError() | exceptions.PartialCredentialsError():
            return AwsError(f"cannot {action}: no credentials of AWS were found", CREDENTIALS)
        case exceptions.TokenRetrievalError() | exceptions.SSOError() | exceptions.CredentialRetrievalError():
            return AwsError(f"cannot {action}: the credentials could not be retrieved or have expired", CREDENTIALS)
        case exceptions.NoRegionError():
            return UsageError(f"cannot {action}: no Region is set", REGION)
        case exceptions.InvalidRegionError():
            return UsageError(f"cannot {action}: {one_line(str(error))}", REGION)
        case exceptions.ProfileNotFound() | exceptions.ConfigParseError() | exceptions.ConfigNotFound():
            return UsageError(f"cannot {action}: {one_line(str(error))}", "give --profile the name of a profile")
        case exceptions.ParamValidationError():
            return UsageError(f"cannot {action}: {one_line(str(error))}", "correct the value")
        case exceptions.HTTPClientError() | exceptions.ConnectionError() | exceptions.IncompleteReadError():
            fix = "check the network, --region and --endpoint-url, and run the command again"
            return AwsError(f"cannot {action}: AWS could not be reached: {one_line(str(error))}", fix)
        case _:
            return AwsError(f"cannot {action}: {one_line(str(error))}", "correct the configuration of AWS's tools")


def _translate_answer(response: Mapping[str, Any], action: str) -> AwsError:
    code = str(response.get("Error", {}).get("Code", ""))
    name = code.rpartition(".")[2]
    message = one_line(str(response.get("Error", {}).get("Message", "") or "no message"))
    if name in SIGNATURES:
        return AwsError(f"cannot {action}: {SIGNATURES[name]} ({code})", CREDENTIALS, code=name)
    if name in DENIED:
        fix = "grant the permission to the role or user that runs the command"
        return AwsError(f"cannot {action}: {message} ({code})", fix, code=name)
    if name in THROTTLES or _status(response) >= 500:
        fix = "run the command again; what is done stays done"
        return AwsError(f"cannot {action}: {message} ({code})", fix, code=name)
    fix = "check the name, --region and --profile"
    return AwsError(f"cannot {action}: {message} ({code})", fix, code=name)


def code_of(error: Exception) -> str:
    """Return the error code of AWS of a `botocore.exceptions.ClientError`, without its namespace."""
    return str(error.response.get("Error", {}).get("Code", "")).rpartition(".")[2]  # type: ignore[attr-defined]


def is_passing(error: BaseException | None) -> bool:
    """Return whether an error of boto3 may be gone in a moment: a throttle, an internal error, a lost connection."""
    if isinstance(error, botocore.exceptions.ClientError):
        return code_of(error) in THROTTLES or _status(error.response) == 429 or _status(error.response) >= 500
    exceptions = botocore.exceptions
    return isinstance(error, exceptions.HTTPClientError | exceptions.ConnectionError | exceptions.IncompleteReadError)


def _status(response: Mapping[str, Any]) -> int:
    return int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def one_line(text: str, limit: int = MAX_MESSAGE_LENGTH) -> str:
    """Return a text as one line of limited length, without secrets and characters that control a terminal."""
    text = SECRETS.sub("…", " ".join(text.split()))
    text = "".join(character if character.isprintable() else ascii(character)[1:-1] for character in text)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def region_of(arn: str) -> str | None:
    """Return the Region of an ARN; None if it has none."""
    parts = arn.split(":", 5)
    return (parts[3] or None) if len(parts) == 6 and parts[0] == "arn" else None
