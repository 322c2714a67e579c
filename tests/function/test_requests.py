"""The number, size, compression and signature of the requests."""

import hashlib
import json
from typing import Any

import pytest

from indexer.credentials import CredentialsError, look_up_credentials
from indexer.search_client import SearchClient, SearchUnavailableError
from indexer.settings import load_settings
from tests.function.harness import Clock, Indexer
from tests.function.search_server import SearchServer, status
from tests.function.stream_events import put

LARGE = {"text": {"S": "x" * 390_000}}


def test_a_batch_is_one_request(indexer: Indexer, server: SearchServer) -> None:
    indexer.index(*(put(number, str(number)) for number in range(1, 1001)))

    assert len(server.requests) == 1
    assert len(server.documents()) == 1000


def test_a_batch_over_the_byte_limit_is_split(server: SearchServer, clock: Clock) -> None:
    indexer = Indexer(server.url, clock, BULK_MAX_BYTES="1000000")

    report = indexer.index(*(put(number, str(number), LARGE) for number in range(1, 8)))

    assert report.failures == {}
    assert len(server.documents()) == 7
    assert [len(request.operations) for request in server.bulks()] == [2, 2, 2, 1]
    assert all(len(request.body) <= 1_000_000 for request in server.bulks())


def test_a_batch_over_the_operation_limit_is_split(server: SearchServer, clock: Clock) -> None:
    indexer = Indexer(server.url, clock, BULK_MAX_OPERATIONS="2")

    indexer.index(*(put(number, str(number)) for number in range(1, 6)))

    assert [len(request.operations) for request in server.bulks()] == [2, 2, 1]


def test_an_item_over_the_byte_limit_gets_its_own_request(server: SearchServer, clock: Clock) -> None:
    indexer = Indexer(server.url, clock, BULK_MAX_BYTES="100000")

    indexer.index(put(1, "a", LARGE), put(2, "b", LARGE))

    assert [len(request.operations) for request in server.bulks()] == [1, 1]
    assert set(server.documents()) == {"a", "b"}


def test_a_body_that_the_service_refuses_as_too_large_is_halved(server: SearchServer, clock: Clock) -> None:
    indexer = Indexer(server.url, clock, COMPRESS="off")
    server.max_body_bytes = 1_000_000

    report = indexer.index(*(put(number, str(number), LARGE) for number in range(1, 6)))

    assert report.failures == {}
    assert len(server.documents()) == 5


def test_only_the_document_that_is_too_large_is_reported(server: SearchServer, clock: Clock) -> None:
    indexer = Indexer(server.url, clock, COMPRESS="off")
    server.max_body_bytes = 100_000

    report = indexer.index(put(1, "a"), put(2, "b", LARGE), put(3, "c"))

    assert list(report.failures) == ["2"]
    assert "413" in report.failures["2"]
    assert set(server.documents()) == {"a", "c"}


def test_large_bodies_can_be_compressed(server: SearchServer, clock: Clock) -> None:
    Indexer(server.url, clock, COMPRESS="on").index(put(1, "a", LARGE))

    sent = {name.lower(): value for name, value in server.bulks()[-1].headers.items()}
    assert sent["content-encoding"] == "gzip"
    assert int(sent["content-length"]) < 390_000 / 10


def test_bodies_are_not_compressed_by_default(indexer: Indexer, server: SearchServer) -> None:
    indexer.index(put(1, "a", LARGE))

    sent = {name.lower() for name in server.bulks()[-1].headers}
    assert "content-encoding" not in sent


@pytest.mark.parametrize("service", ["es", "aoss"])
def test_requests_are_signed_with_the_body_that_is_sent(
    server: SearchServer, clock: Clock, monkeypatch: pytest.MonkeyPatch, service: str
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token")
    indexer = Indexer(server.url, clock, SEARCH_SERVICE=service, SEARCH_REGION="eu-west-1")

    indexer.index(put(1, "a", LARGE))

    request = server.bulks()[-1]
    sent = {name.lower(): value for name, value in request.headers.items()}
    assert f"/eu-west-1/{service}/aws4_request" in sent["authorization"]
    assert sent["x-amz-security-token"] == "token"
    assert sent["x-amz-content-sha256"] == hashlib.sha256(request.sent).hexdigest()


def test_a_request_without_credentials_is_not_sent(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botocore.session.Session.get_credentials", lambda _: None)
    environment = {"SEARCH_ENDPOINT": "http://127.0.0.1:1", "AWS_REGION": "eu-west-1"}

    with pytest.raises(SearchUnavailableError, match="no AWS credentials"):
        SearchClient(load_settings(environment)).post("/_bulk", b"", parse=dict, deadline=clock.deadline(1))


class SecretsManager:
    """A session and client of Secrets Manager, with the secret's values one after the other."""

    def __init__(self, *secrets: str) -> None:
        self.secrets = list(secrets)
        self.requested: list[str] = []

    def create_client(self, service: str, region_name: str, config: Any) -> "SecretsManager":
        assert (service, region_name) == ("secretsmanager", "eu-central-1")
        return self

    def get_secret_value(self, **request: str) -> dict[str, str]:
        self.requested.append(request["SecretId"])
        return {"SecretString": self.secrets.pop(0)}


SECRET_ARN = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:search-a1b2c3"
BASIC = {"SEARCH_SERVICE": "basic", "SEARCH_SECRET_ARN": SECRET_ARN}


def secret(password: str) -> str:
    return json.dumps({"username": "indexer", "password": password})


def test_basic_authentication_uses_the_user_name_and_password_of_the_secret(
    server: SearchServer, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    manager = SecretsManager(secret("open sesame"))
    monkeypatch.setattr("botocore.session.get_session", lambda: manager)
    indexer = Indexer(server.url, clock, **BASIC)

    indexer.index(put(1))
    indexer.index(put(2))

    sent = {name.lower(): value for name, value in server.bulks()[-1].headers.items()}
    assert sent["authorization"] == "Basic aW5kZXhlcjpvcGVuIHNlc2FtZQ=="
    assert manager.requested == [SECRET_ARN]


def test_a_rotated_secret_is_read_again(server: SearchServer, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    manager = SecretsManager(secret("old"), secret("new"))
    monkeypatch.setattr("botocore.session.get_session", lambda: manager)
    indexer = Indexer(server.url, clock, **BASIC)
    server.fail(status(401))
    with pytest.raises(SearchUnavailableError):
        indexer.index(put(1))

    indexer.index(put(1))

    assert len(manager.requested) == 2


@pytest.mark.parametrize("text", ["hunter2", '{"username":"hunter2"}', '["hunter2"]'])
def test_the_error_for_an_invalid_secret_does_not_show_the_secret(
    clock: Clock, server: SearchServer, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setattr("botocore.session.get_session", lambda: SecretsManager(text))

    with pytest.raises(CredentialsError, match="SEARCH_SECRET_ARN") as raised:
        look_up_credentials(Indexer(server.url, clock, **BASIC).settings, seconds=5)

    assert "hunter2" not in str(raised.value)
