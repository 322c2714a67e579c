"""How many requests of what size, compressed and signed how."""

import hashlib
import json

import pytest

from conftest import Clock, Indexer
from indexer.search import Search, SearchUnavailableError, _authentication
from indexer.settings import load
from search_server import SearchServer, status
from stream_events import put

LARGE = {"text": {"S": "x" * 390_000}}


def test_a_batch_is_one_request(indexer: Indexer, server: SearchServer) -> None:
    indexer.index(*(put(number, str(number)) for number in range(1, 1001)))

    assert len(server.requests) == 1
    assert len(indexer.documents()) == 1000


def test_a_batch_over_the_limit_of_bytes_is_split(server: SearchServer, clock: Clock) -> None:
    indexer = Indexer(server, clock, BULK_MAX_BYTES="1000000")

    report = indexer.index(*(put(number, str(number), LARGE) for number in range(1, 8)))

    assert report.failures == {}
    assert len(indexer.documents()) == 7
    assert [len(request.operations) for request in server.bulks()] == [2, 2, 2, 1]
    assert all(len(request.body) <= 1_000_000 for request in server.bulks())


def test_a_batch_over_the_limit_of_operations_is_split(server: SearchServer, clock: Clock) -> None:
    indexer = Indexer(server, clock, BULK_MAX_OPERATIONS="2")

    indexer.index(*(put(number, str(number)) for number in range(1, 6)))

    assert [len(request.operations) for request in server.bulks()] == [2, 2, 1]


def test_an_item_larger_than_the_limit_is_sent_alone(server: SearchServer, clock: Clock) -> None:
    indexer = Indexer(server, clock, BULK_MAX_BYTES="100000")

    indexer.index(put(1, "a", LARGE), put(2, "b", LARGE))

    assert [len(request.operations) for request in server.bulks()] == [1, 1]
    assert set(indexer.documents()) == {"a", "b"}


def test_a_body_that_the_service_finds_too_large_is_halved(server: SearchServer, clock: Clock) -> None:
    indexer = Indexer(server, clock, COMPRESS="off")
    server.largest_body = 1_000_000

    report = indexer.index(*(put(number, str(number), LARGE) for number in range(1, 6)))

    assert report.failures == {}
    assert len(indexer.documents()) == 5


def test_a_document_that_the_service_finds_too_large_is_reported_alone(server: SearchServer, clock: Clock) -> None:
    indexer = Indexer(server, clock, COMPRESS="off")
    server.largest_body = 100_000

    report = indexer.index(put(1, "a"), put(2, "b", LARGE), put(3, "c"))

    assert list(report.failures) == ["2"]
    assert "413" in report.failures["2"]
    assert set(indexer.documents()) == {"a", "c"}


def test_large_bodies_are_compressed(indexer: Indexer, server: SearchServer) -> None:
    indexer.index(put(1, "a", LARGE))

    sent = {name.lower(): value for name, value in server.bulks()[-1].headers.items()}
    assert sent["content-encoding"] == "gzip"
    assert int(sent["content-length"]) < 390_000 / 10


def test_compression_can_be_turned_off(server: SearchServer, clock: Clock) -> None:
    Indexer(server, clock, COMPRESS="off").index(put(1, "a", LARGE))

    sent = {name.lower() for name in server.bulks()[-1].headers}
    assert "content-encoding" not in sent


@pytest.mark.parametrize("service", ["es", "aoss"])
def test_requests_are_signed_as_sent(
    server: SearchServer, clock: Clock, monkeypatch: pytest.MonkeyPatch, service: str
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token")
    indexer = Indexer(server, clock, SEARCH_SERVICE=service, SEARCH_REGION="eu-west-1")

    indexer.index(put(1, "a", LARGE))

    request = server.bulks()[-1]
    sent = {name.lower(): value for name, value in request.headers.items()}
    assert f"/eu-west-1/{service}/aws4_request" in sent["authorization"]
    assert sent["x-amz-security-token"] == "token"
    assert sent["x-amz-content-sha256"] == hashlib.sha256(request.sent).hexdigest()


def test_without_credentials_a_signed_request_is_not_sent(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botocore.session.Session.get_credentials", lambda _: None)
    environment = {"SEARCH_ENDPOINT": "http://127.0.0.1:1", "AWS_REGION": "eu-west-1"}

    with pytest.raises(SearchUnavailableError, match="no AWS credentials"):
        Search(load(environment)).post("/_bulk", b"", dict, clock.deadline(1))


class Vault:
    """Secrets Manager as far as it is needed."""

    def __init__(self, *secrets: str) -> None:
        self.secrets = list(secrets)
        self.asked: list[str] = []

    def create_client(self, service: str, region_name: str) -> "Vault":
        assert (service, region_name) == ("secretsmanager", "eu-central-1")
        return self

    def get_secret_value(self, **request: str) -> dict[str, str]:
        self.asked.append(request["SecretId"])
        return {"SecretString": self.secrets.pop(0)}


SECRET_ARN = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:search-a1b2c3"
BASIC = {"SEARCH_SERVICE": "basic", "SEARCH_SECRET_ARN": SECRET_ARN}


def secret(password: str) -> str:
    return json.dumps({"username": "indexer", "password": password})


def test_basic_authentication_takes_user_and_password_from_the_secret(
    server: SearchServer, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault = Vault(secret("open sesame"))
    monkeypatch.setattr("botocore.session.get_session", lambda: vault)
    indexer = Indexer(server, clock, **BASIC)

    indexer.index(put(1))
    indexer.index(put(2))

    sent = {name.lower(): value for name, value in server.bulks()[-1].headers.items()}
    assert sent["authorization"] == "Basic aW5kZXhlcjpvcGVuIHNlc2FtZQ=="
    assert vault.asked == [SECRET_ARN]


def test_a_rotated_secret_is_read_again(server: SearchServer, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    vault = Vault(secret("old"), secret("new"))
    monkeypatch.setattr("botocore.session.get_session", lambda: vault)
    indexer = Indexer(server, clock, **BASIC)
    server.fail(status(401))
    with pytest.raises(SearchUnavailableError):
        indexer.index(put(1))

    indexer.index(put(1))

    assert len(vault.asked) == 2


@pytest.mark.parametrize("text", ["hunter2", '{"username":"hunter2"}', '["hunter2"]'])
def test_a_secret_of_another_shape_is_named_but_not_shown(
    clock: Clock, server: SearchServer, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setattr("botocore.session.get_session", lambda: Vault(text))

    with pytest.raises(SearchUnavailableError, match="SEARCH_SECRET_ARN") as raised:
        _authentication(Indexer(server, clock, **BASIC).settings)

    assert "hunter2" not in str(raised.value)
