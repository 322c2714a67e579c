"""Retries, errors, authentication, logs and counters of the client, with a server that misbehaves."""

import base64
import json
import logging
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from email.utils import formatdate
from pathlib import Path
from typing import Any

import botocore.exceptions
import pytest

from indexer import deadline as deadlines
from indexer.credentials import CredentialsError, look_up_credentials
from indexer.deadline import Deadline
from indexer.search_client import RequestTooLargeError, SearchClient, SearchUnavailableError
from indexer.settings import Settings, load_settings
from indexer.signature import AwsCredentials, Request
from tests.function.harness import Clock
from tests.function.scripted_server import ScriptedServer, Step, response, sends, silence, then_close

BODY = b'{"text":"item content"}\n'
SECRET_ARN = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:search-a1b2c3"
TOKEN = "session-token+/="
# As AWS explains a wrong signature and a wrong header.
SIGNATURE_MISMATCH = (
    "The request signature we calculated does not match the signature you provided.\n\n"
    f"The Canonical String for this request should have been\n'POST\n/_bulk\n\nx-amz-security-token:{TOKEN}'"
)
NOT_AUTHORIZED = (
    "User: arn:aws:sts::123456789012:assumed-role/indexer/indexer is not authorized to perform: es:ESHttpPost "
    "because no identity-based policy allows the es:ESHttpPost action"
)


def settings(url: str, **environment: str) -> Settings:
    return load_settings({"SEARCH_ENDPOINT": url, "SEARCH_SERVICE": "none", "SEARCH_REGION": "eu-west-1"} | environment)


def send(client: SearchClient, deadline: Deadline, *, path: str = "/_bulk", can_shrink: bool = False) -> Any:
    return client.post(path, BODY, parse=lambda answer: answer, deadline=deadline, can_shrink=can_shrink)


@pytest.fixture
def aws_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret-key")
    monkeypatch.setenv("AWS_SESSION_TOKEN", TOKEN)


def test_any_method_can_be_sent_with_a_query(clock: Clock) -> None:
    with ScriptedServer(response(200, b'{"found":true}')) as server:
        client = SearchClient(settings(server.url + "/search"))

        answer = client.request("GET", "/orders/_doc/a?realtime=true", parse=dict, deadline=clock.deadline(5))

        assert answer == {"found": True}
        assert server.requests[0][0].startswith("GET /search/orders/_doc/a?realtime=true HTTP/1.1\r\n")


@pytest.mark.parametrize(
    ("path", "content_type"), [("/_bulk?timeout=5s", "application/x-ndjson"), ("/_mget", "application/json")]
)
def test_the_content_type_fits_the_api(clock: Clock, path: str, content_type: str) -> None:
    with ScriptedServer(response()) as server:
        send(SearchClient(settings(server.url)), clock.deadline(5), path=path)

        assert f"content-type: {content_type}\r\n" in server.requests[0][0]


def test_a_compressed_answer_is_read(clock: Clock) -> None:
    body = zlib.compress(b'{"x":1}', wbits=31)
    with ScriptedServer(response(200, body, "Content-Encoding: gzip")) as server:
        assert send(SearchClient(settings(server.url, COMPRESS="on")), clock.deadline(5)) == {"x": 1}

        assert "accept-encoding: gzip\r\n" in server.requests[0][0]


@pytest.mark.parametrize(
    "failure",
    [
        response(429),
        response(503, b"<html>"),
        response(200, b""),
        response(200, b"not gzip", "Content-Encoding: gzip"),
        then_close(lambda _: False),
        then_close(lambda connected: sends(connected, b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}")),
    ],
    ids=["429", "503", "no body", "not gzip", "closed connection", "half an answer"],
)
def test_a_request_is_sent_again_after_a_failure_that_can_pass(clock: Clock, failure: Step) -> None:
    with ScriptedServer(failure, response(200, b'{"items":[]}')) as server:
        deadline = clock.deadline(5)

        assert send(SearchClient(settings(server.url)), deadline) == {"items": []}
        assert deadline.retries == 1


def test_a_request_is_not_sent_again_after_a_refusal(clock: Clock) -> None:
    with ScriptedServer(response(302, b"", "Location: http://127.0.0.1:1/")) as server:
        with pytest.raises(SearchUnavailableError, match="refused a request: status 302, no reason given"):
            send(SearchClient(settings(server.url)), clock.deadline(5))

        assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("retry_after", "low", "high"),
    [
        (lambda: "7", 7, 7),
        (lambda: formatdate(time.time() + 20, usegmt=True), 15, 20),
        (lambda: formatdate(time.time() - 20, usegmt=True), 0.1, 0.1),
        (lambda: "soon", 0.1, 0.1),
        (lambda: "-3", 0.1, 0.1),
    ],
    ids=["seconds", "date", "past date", "text", "negative"],
)
def test_the_pause_is_as_long_as_the_service_requires(
    clock: Clock, retry_after: Callable[[], str], low: float, high: float
) -> None:
    with ScriptedServer(response(503, b"", f"Retry-After: {retry_after()}"), response()) as server:
        begin = clock.now()
        send(SearchClient(settings(server.url)), clock.deadline(60))

        assert low <= round(clock.now() - begin, 3) <= high


def test_a_pause_beyond_the_deadline_is_an_error_at_once(clock: Clock) -> None:
    with ScriptedServer(response(429, b"", "Retry-After: 3600")) as server:
        begin = clock.now()
        with pytest.raises(SearchUnavailableError, match="failed after 1 attempts: status 429"):
            send(SearchClient(settings(server.url)), clock.deadline(60))

        assert clock.now() == begin


def test_only_the_first_request_of_an_invocation_is_sent_after_the_deadline(clock: Clock) -> None:
    with ScriptedServer(response(), response()) as server:
        client, deadline = SearchClient(settings(server.url)), clock.deadline(-5)
        send(client, deadline)

        with pytest.raises(SearchUnavailableError, match="after 0 attempts: no time was left"):
            send(client, deadline)

        assert len(server.requests) == 1


def test_a_slow_answer_ends_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadlines, "FIRST_REQUEST_SECONDS", 0)

    with ScriptedServer(silence, response()) as server:
        with pytest.raises(SearchUnavailableError, match=r"after 1 attempts: no response within 0\.\d s"):
            send(SearchClient(settings(server.url)), Deadline(0.2))

        assert len(server.requests) <= 1


def test_reading_a_secret_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()

    with pytest.raises(
        CredentialsError, match=r"took longer than 0\.1 s: check that the function's network has a route"
    ):
        authorization(monkeypatch, "basic", lambda: str(released.wait(10)), seconds=0.1)

    released.set()


def test_a_size_that_is_refused_twice_is_too_large(clock: Clock) -> None:
    with ScriptedServer(response(429), response(503), response(429), response()) as server:
        with pytest.raises(RequestTooLargeError):
            send(SearchClient(settings(server.url)), clock.deadline(60), can_shrink=True)

        assert len(server.requests) == 3


def test_a_request_that_cannot_shrink_is_sent_until_the_deadline(clock: Clock) -> None:
    with ScriptedServer(response(429), response(429), response(429), response()) as server:
        assert send(SearchClient(settings(server.url)), clock.deadline(60)) == {}


def test_the_usage_counts_every_attempt(clock: Clock) -> None:
    with ScriptedServer(response(), response(503), response()) as server:
        client = SearchClient(settings(server.url))
        send(client, clock.deadline(60))
        before = client.usage

        send(client, clock.deadline(60))

        used = client.usage.since(before)
        assert (used.requests, used.bytes_sent) == (2, 2 * len(BODY))
        assert 0 < used.seconds < client.usage.seconds


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize(
    ("body", "explanation"),
    [
        ({"Message": NOT_AUTHORIZED}, f"{NOT_AUTHORIZED}: A policy of AWS does not permit the request"),
        ({"message": SIGNATURE_MISMATCH}, "The request signature we calculated does not match the signature"),
        ({"message": f"Authorization is 'Basic {TOKEN}'\n{TOKEN}"}, "Authorization is 'Basic ***'"),
        (
            {
                "error": {
                    "type": "security_exception",
                    "reason": "no permissions for [indices:data/write/bulk] and User [name=a, b=c]",
                }
            },
            "security_exception: no permissions for [indices:data/write/bulk] and User [name=a, …]: The search service",
        ),
        (
            {"error": {"type": "x_exception", "reason": "item content", "caused_by": {"type": "y_exception"}}},
            "x_exception, caused by y_exception",
        ),
        ({"error": "item content"}, "unnamed error"),
        ({"message": None, "error": {"type": "item content", "caused_by": "item content"}}, "unnamed error"),
        ({"message": {"text": "item content"}}, "unnamed error"),
        (["item content"], "no reason given"),
    ],
)
@pytest.mark.usefixtures("aws_credentials")
def test_the_error_has_the_explanation_of_the_service_without_content_and_secrets(
    clock: Clock, status: int, body: Any, explanation: str
) -> None:
    with ScriptedServer(response(status, json.dumps(body).encode())) as server:
        with pytest.raises(SearchUnavailableError) as raised:
            send(SearchClient(settings(server.url, SEARCH_SERVICE="es")), clock.deadline(5))

        text = str(raised.value)
        assert f"{server.url} refused a request: status {status}, {explanation}" in text
        assert "item content" not in text
        assert TOKEN not in text


def test_an_explanation_of_an_unknown_shape_is_not_shown_because_it_can_quote_the_request(clock: Clock) -> None:
    body = {"error": {"type": "some_exception", "reason": "item content"}, "message": "item content"}
    refusing = ScriptedServer(response(400, json.dumps(body).encode()))
    with refusing as server, pytest.raises(SearchUnavailableError) as raised:
        send(SearchClient(settings(server.url)), clock.deadline(5))

    assert "status 400, some_exception" in str(raised.value)
    assert "item content" not in str(raised.value)


def test_a_password_in_the_endpoint_does_not_appear(clock: Clock) -> None:
    with ScriptedServer(response(404)) as server:
        unchecked = settings(server.url)
        object.__setattr__(unchecked, "endpoint", server.url.replace("//", "//user:hunter2@"))

        with pytest.raises(SearchUnavailableError) as raised:
            send(SearchClient(unchecked), clock.deadline(5))

        assert f"{server.url} refused" in str(raised.value)
        assert "hunter2" not in server.requests[0][0] + str(raised.value)


@pytest.mark.usefixtures("aws_credentials")
def test_no_log_has_content_or_secrets(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("anything").debug("a log at this level")
    with ScriptedServer(response(503), response()) as server:
        send(SearchClient(settings(server.url, SEARCH_SERVICE="es")), clock.deadline(5))

    logged = " ".join(str(vars(record)) for record in caplog.records)
    assert "a log at this level" in logged
    assert not any(secret in logged for secret in ("item content", TOKEN, "secret-key", "AKIDEXAMPLE"))


@pytest.mark.parametrize("content", [None, "not a certificate"])
def test_an_unreadable_private_certificate_authority_is_reported(tmp_path: Path, content: str | None) -> None:
    bundle = tmp_path / "ca.pem"
    bundle.write_text("")
    unchecked = settings("https://127.0.0.1:1", SEARCH_SERVICE="es", SEARCH_CA_BUNDLE=str(bundle))
    if content is None:
        bundle.unlink()
    else:
        bundle.write_text(content)

    with pytest.raises(SearchUnavailableError, match=r"SEARCH_CA_BUNDLE=.*must be a readable PEM file"):
        SearchClient(unchecked)


class SecretsManager:
    """A session and client of Secrets Manager."""

    def __init__(self, read: Callable[[], str]) -> None:
        self.read = read

    def create_client(self, _service: str, *, region_name: str, config: Any) -> "SecretsManager":
        assert config.connect_timeout == config.read_timeout <= 0.5
        assert config.retries["total_max_attempts"] == 2
        return self

    def get_secret_value(self, **_: str) -> dict[str, str]:
        return {"SecretString": self.read()}


def authorization(monkeypatch: pytest.MonkeyPatch, service: str, read: Callable[[], str], seconds: float = 2) -> str:
    monkeypatch.setattr("botocore.session.get_session", lambda: SecretsManager(read))
    found = settings("https://search.example.com", SEARCH_SERVICE=service, SEARCH_SECRET_ARN=SECRET_ARN)
    authenticate = look_up_credentials(found, seconds=seconds)
    return authenticate(Request("POST", "/_bulk", {}, b""), 1)["authorization"]


def test_an_api_key_is_sent_as_elasticsearch_documents(monkeypatch: pytest.MonkeyPatch) -> None:
    encoded = base64.b64encode(b"VuaCfGcBCdbkQm-e5aOx:ui2lp2axTNmsyakw9tvNnw").decode()
    parts = {"id": "VuaCfGcBCdbkQm-e5aOx", "api_key": "ui2lp2axTNmsyakw9tvNnw", "encoded": "x"}

    found = [
        authorization(monkeypatch, "api_key", lambda secret=secret: json.dumps(secret))  # type: ignore[misc]
        for secret in ({"api_key": encoded}, parts)
    ]

    assert found == [f"ApiKey {encoded}"] * 2


@pytest.mark.parametrize("service", ["basic", "api_key"])
@pytest.mark.parametrize("text", ["hunter2", "{}", '{"username":"hunter2"}', '["hunter2"]', '{"api_key":"hunter2\\n"}'])
def test_the_error_for_an_invalid_secret_does_not_show_it(
    monkeypatch: pytest.MonkeyPatch, service: str, text: str
) -> None:
    with pytest.raises(CredentialsError, match="the secret of SEARCH_SECRET_ARN must be") as raised:
        authorization(monkeypatch, service, lambda: text)

    assert "hunter2" not in str(raised.value)


def raising(error: Exception) -> Callable[[], str]:
    def read() -> str:
        raise error

    return read


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            botocore.exceptions.ConnectTimeoutError(endpoint_url="https://secretsmanager"),
            r"failed: Connect timeout on endpoint.*check that the function's network has a route",
        ),
        (
            botocore.exceptions.ClientError(
                {"Error": {"Code": "AccessDeniedException", "Message": "User is not authorized"}}, "GetSecretValue"
            ),
            "failed: An error occurred .AccessDeniedException.*User is not authorized$",
        ),
        (botocore.exceptions.NoCredentialsError(), "failed: Unable to locate credentials"),
    ],
)
def test_the_error_for_an_unreadable_secret_has_the_cause(
    monkeypatch: pytest.MonkeyPatch, error: Exception, message: str
) -> None:
    with pytest.raises(CredentialsError, match=f"reading the secret of SEARCH_SECRET_ARN {message}"):
        authorization(monkeypatch, "basic", raising(error))


def test_a_bug_in_reading_a_secret_stays_visible(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ZeroDivisionError):
        authorization(monkeypatch, "basic", raising(ZeroDivisionError()))


@pytest.fixture
def secrets_manager(monkeypatch: pytest.MonkeyPatch, aws_credentials: None) -> Iterator[ScriptedServer]:
    """A Secrets Manager on the loopback interface, which the real client of botocore uses."""
    with ScriptedServer() as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", server.url)
        yield server


def test_a_secret_is_read_without_logging_it(secrets_manager: ScriptedServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secret = json.dumps({"username": "indexer", "password": "hunter2"})
    secrets_manager.script.append(response(200, json.dumps({"SecretString": secret}).encode()))
    found = settings("https://search.example.com", SEARCH_SERVICE="basic", SEARCH_SECRET_ARN=SECRET_ARN)

    headers = look_up_credentials(found, seconds=30)(Request("POST", "/_bulk", {}, b""), 1)

    assert headers == {"authorization": "Basic " + base64.b64encode(b"indexer:hunter2").decode()}
    assert "/eu-central-1/secretsmanager/aws4_request" in secrets_manager.requests[0][0]
    logged = " ".join(str(vars(record)) for record in caplog.records)
    assert not any(secret in logged for secret in ("hunter2", TOKEN, "secret-key", "AKIDEXAMPLE"))


def test_a_secrets_manager_that_does_not_answer_is_reported_in_time(secrets_manager: ScriptedServer) -> None:
    secrets_manager.script += [silence, silence]
    client = SearchClient(settings("http://127.0.0.1:1", SEARCH_SERVICE="basic", SEARCH_SECRET_ARN=SECRET_ARN))

    with pytest.raises(
        SearchUnavailableError, match=r"SEARCH_SECRET_ARN.*check that the function's network has a route"
    ):
        send(client, Deadline(0))


def test_credentials_that_are_not_in_the_environment_are_renewed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    renewed = iter([AwsCredentials("AKID1", "key", "token1"), AwsCredentials("AKID2", "key", "token2")])

    class Session:
        def get_credentials(self) -> Any:
            return self

        def get_frozen_credentials(self) -> AwsCredentials:
            return next(renewed)

    monkeypatch.setattr("botocore.session.get_session", Session)
    authenticate = look_up_credentials(settings("https://search.example.com", SEARCH_SERVICE="es"), seconds=5)

    headers = [authenticate(Request("POST", "/_bulk", {"host": "x"}, b""), 5) for _ in range(2)]

    assert [added["x-amz-security-token"] for added in headers] == ["token1", "token2"]
    assert "Credential=AKID2/" in headers[1]["authorization"]
