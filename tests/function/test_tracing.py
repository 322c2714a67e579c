"""The subsegments for AWS X-Ray."""

import contextlib
import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from indexer.deadline import Deadline
from indexer.search_client import SearchClient, SearchUnavailableError
from indexer.settings import load_settings
from indexer.tracing import send_subsegment
from tests.function.scripted_server import ScriptedServer, Step, response, then_close

TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1;Lineage=a:1|b:2"


@pytest.fixture
def daemon(monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.settimeout(10)
        monkeypatch.setenv("AWS_XRAY_DAEMON_ADDRESS", f"127.0.0.1:{listening.getsockname()[1]}")
        monkeypatch.setenv("_X_AMZN_TRACE_ID", TRACE)
        yield listening


def receive(daemon: socket.socket) -> dict[str, Any]:
    header, _, document = daemon.recv(65_536).partition(b"\n")
    assert json.loads(header) == {"format": "json", "version": 1}
    received: dict[str, Any] = json.loads(document)
    return received


def send(url: str) -> None:
    client = SearchClient(load_settings({"SEARCH_ENDPOINT": url, "SEARCH_SERVICE": "none"}))
    client.post("/_bulk?timeout=5s", b"{}\n", parse=dict, deadline=Deadline(5))


def test_each_request_is_a_subsegment_of_the_invocation(daemon: socket.socket) -> None:
    with ScriptedServer(response(503), response()) as server:
        send(server.url)

        documents = [receive(daemon), receive(daemon)]

    assert [document["http"]["response"]["status"] for document in documents] == [503, 200]
    assert documents[0]["id"] != documents[1]["id"]
    for document in documents:
        assert len(document["id"]) == 16
        assert document["start_time"] <= document["end_time"]
        assert (document["type"], document["name"], document["namespace"]) == ("subsegment", "search", "remote")
        assert (document["trace_id"], document["parent_id"]) == (
            "1-5759e988-bd862e3fe1be46a994272793",
            "53995c3f42cd8ad8",
        )
        assert document["http"]["request"] == {"method": "POST", "url": f"{server.url}/_bulk"}


@pytest.mark.parametrize(
    ("answer", "flags", "http"),
    [
        (response(200), set(), {"response": {"status": 200}}),
        (response(403), {"error"}, {"response": {"status": 403}}),
        (response(429), {"error", "throttle"}, {"response": {"status": 429}}),
        (response(500), {"fault"}, {"response": {"status": 500}}),
        (then_close(lambda _: False), {"fault"}, {}),
    ],
)
def test_the_flags_say_who_failed(daemon: socket.socket, answer: Step, flags: set[str], http: dict[str, Any]) -> None:
    with ScriptedServer(answer, response()) as server, contextlib.suppress(SearchUnavailableError):
        send(server.url)
    document = receive(daemon)

    assert {flag for flag in ("error", "throttle", "fault") if document[flag]} == flags
    del document["http"]["request"]
    assert document["http"] == http


@pytest.mark.parametrize(
    "trace", ["", "nonsense", TRACE.replace("Sampled=1", "Sampled=0"), "Sampled=1;Root=1-2-3", "Sampled=1;Parent=1"]
)
def test_an_invocation_that_is_not_traced_sends_nothing(
    daemon: socket.socket, monkeypatch: pytest.MonkeyPatch, trace: str
) -> None:
    monkeypatch.setenv("_X_AMZN_TRACE_ID", trace)
    send_subsegment(method="POST", url="not traced", start=1, end=2, status=200)
    monkeypatch.setenv("_X_AMZN_TRACE_ID", TRACE)
    send_subsegment(method="POST", url="traced", start=1, end=2, status=200)

    assert receive(daemon)["http"]["request"]["url"] == "traced"


@pytest.mark.parametrize("address", ["", "nowhere", "host:port", "[::1]:2000", "127.0.0.1:99999", "256.1.1.1:2000"])
def test_a_daemon_that_cannot_be_reached_is_ignored(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    """Nothing is raised."""
    monkeypatch.setenv("_X_AMZN_TRACE_ID", TRACE)
    monkeypatch.setenv("AWS_XRAY_DAEMON_ADDRESS", address)

    send_subsegment(method="POST", url="https://host", start=1, end=2, status=200)
