"""Connections with a server that is slow, or closes connections: every request ends in time."""

import socket
import ssl
import subprocess
import threading
from pathlib import Path

import pytest

from indexer.connection import Connection, NoResponseError, Response, UntrustedServerError
from tests.function.scripted_server import ScriptedServer, Step, response, sends, silence, then_close, trickle

# The time of a request that must fail, and of one that must succeed.
SHORT, LONG = 0.2, 10.0
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"


def send(connection: Connection, *, body: bytes = b"{}", seconds: float = LONG) -> Response:
    return connection.request("POST", "/_bulk", headers={"host": "localhost"}, body=body, seconds=seconds)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a certificate for 127.0.0.1, with its key in the same file."""
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=test"
    extensions = ["-addext", "subjectAltName=IP:127.0.0.1", "-addext", "keyUsage=critical,digitalSignature,keyCertSign"]
    subprocess.run(
        [*command.split(), *extensions, "-keyout", path, "-out", path.with_suffix(".crt")],
        check=True,
        capture_output=True,
    )
    path.write_text(path.read_text() + path.with_suffix(".crt").read_text())
    return path


def server_context(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.mark.parametrize(
    "slow",
    [silence, trickle(b"x" * 1000, HEAD), trickle(HEAD), trickle(b"x" * 1000, b"HTTP/1.1 200 OK\r\nSlow: ")],
    ids=["no answer", "a body in single bytes", "a head in single bytes", "an endless header"],
)
def test_a_slow_answer_ends_in_time(slow: Step) -> None:
    with ScriptedServer(slow) as server, pytest.raises(NoResponseError, match=r"no response within 0\.2 s"):
        send(Connection(server.url), seconds=SHORT)


@pytest.mark.parametrize("size", [0, 1_000_000], ids=["receives nothing", "receives slowly"])
def test_sending_to_a_slow_server_ends_in_time(size: int) -> None:
    body = b"x" * 60_000_000
    received = [0]

    def receive(connected: socket.socket) -> bool:
        while not ended.wait(0.02):
            received.append(len(connected.recv(size)) if size else 0)
        return False

    ended = threading.Event()
    with ScriptedServer(receive, reads=False) as server:
        with pytest.raises(NoResponseError, match=r"no response within 0\.2 s"):
            send(Connection(server.url), body=body, seconds=SHORT)
        ended.set()

    # The end of the time stopped the sending, and not only the waiting for the answer.
    assert sum(received) < len(body) / 2


@pytest.mark.parametrize("begin", [b"", b"\x16\x03"])
def test_a_slow_tls_handshake_ends_in_time(begin: bytes) -> None:
    slow_server = ScriptedServer(trickle(b"\x03" * 1000, begin), reads=False)
    with slow_server as server, pytest.raises(NoResponseError, match=r"no response within 0\.2 s"):
        send(Connection(server.url.replace("http:", "https:")), seconds=SHORT)


def test_a_slow_name_resolution_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: released.wait(LONG))

    with pytest.raises(NoResponseError, match=r"no response within 0\.2 s"):
        send(Connection("http://localhost:9"), seconds=SHORT)

    released.set()


def test_a_request_without_time_is_not_sent() -> None:
    with ScriptedServer(response()) as server:
        with pytest.raises(NoResponseError, match=r"no response within 0\.0 s"):
            send(Connection(server.url), seconds=0)

        assert server.connections == 0


def test_the_error_for_an_unknown_name_has_its_cause(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)

    with pytest.raises(NoResponseError, match="Name or service not known"):
        send(Connection("http://search.invalid"))


def test_the_next_address_is_tried_when_one_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedServer(response()) as server:
        port = int(server.url.rpartition(":")[2])
        stream = (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "")
        addresses = [(*stream, ("127.0.0.1", 1)), (*stream, ("127.0.0.1", port))]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: addresses)

        assert send(Connection("http://search.invalid")).status == 200


def test_requests_share_a_connection() -> None:
    with ScriptedServer(response(), response(500, b"broken"), response()) as server:
        connection = Connection(server.url)

        answers = [(answer.status, answer.body) for answer in (send(connection), send(connection), send(connection))]

        assert answers == [(200, b"{}"), (500, b"broken"), (200, b"{}")]
        assert server.connections == 1


@pytest.mark.parametrize(
    "closing",
    [then_close(response()), response(200, b"{}", "Connection: close")],
    ids=["unannounced", "announced"],
)
def test_a_connection_that_the_server_closed_is_replaced_before_sending(closing: Step) -> None:
    with ScriptedServer(closing, response()) as server:
        connection = Connection(server.url)
        send(connection)
        while not connection._is_broken():  # the end arrives in its own time
            pass

        assert send(connection).status == 200
        assert server.connections == 2


def test_a_connection_that_failed_is_replaced() -> None:
    with ScriptedServer(silence, response()) as server:
        connection = Connection(server.url)
        with pytest.raises(NoResponseError):
            send(connection, seconds=SHORT)

        assert send(connection).status == 200
        assert server.connections == 2


def test_a_body_in_chunks_is_joined() -> None:
    chunks = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n1\r\n \r\n0\r\n\r\n"

    with ScriptedServer(lambda connected: sends(connected, chunks)) as server:
        assert send(Connection(server.url)).body == b"{} "


@pytest.mark.parametrize("begin", [HEAD + b"half", b"HTTP/1.1", b"", b"secret\r\n\r\n"])
def test_an_incomplete_answer_is_an_error_that_does_not_quote_it(begin: bytes) -> None:
    with ScriptedServer(lambda connected: sends(connected, begin, keeps_open=False)) as server:
        with pytest.raises(NoResponseError, match="no response") as raised:
            send(Connection(server.url))

        assert "secret" not in str(raised.value)


def test_an_answer_is_received_although_the_server_did_not_read_the_whole_body() -> None:
    with ScriptedServer(then_close(response(413, b"")), reads=False) as server:
        assert send(Connection(server.url), body=b"x" * 20_000_000).status == 413


def test_a_private_certificate_authority_is_trusted(certificate: Path) -> None:
    with ScriptedServer(response(), response(), tls=server_context(certificate)) as server:
        connection = Connection(server.url, ca_bundle=str(certificate))

        assert (send(connection).status, send(connection, body=b"x" * 1_000_000).status) == (200, 200)
        assert server.connections == 1


def test_a_certificate_of_an_unknown_authority_is_refused(certificate: Path) -> None:
    with ScriptedServer(response(), tls=server_context(certificate)) as server:
        with pytest.raises(UntrustedServerError, match="self-signed certificate"):
            send(Connection(server.url))

        assert server.requests == []


def test_a_certificate_for_another_host_is_refused(certificate: Path) -> None:
    tls_server = ScriptedServer(response(), tls=server_context(certificate))
    with tls_server as server, pytest.raises(UntrustedServerError, match="not valid for 'localhost'"):
        send(Connection(server.url.replace("127.0.0.1", "localhost"), ca_bundle=str(certificate)))


def test_a_slow_answer_over_tls_ends_in_time(certificate: Path) -> None:
    slow_server = ScriptedServer(trickle(b"x" * 1000, HEAD), tls=server_context(certificate))
    with slow_server as server, pytest.raises(NoResponseError, match=r"no response within 0\.2 s"):
        send(Connection(server.url, ca_bundle=str(certificate)), seconds=SHORT)
