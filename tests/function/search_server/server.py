"""The HTTP interface of the engine, with faults."""

import gzip
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from .api import Api
from .engine import Engine

# Gets the correct response, and returns the status and body to send instead, or None to cut the connection.
Fault = Callable[[bytes], tuple[int, bytes] | None]


def status(code: int, kind: str = "some_exception") -> Fault:
    return lambda _: (code, json.dumps({"error": {"type": kind, "reason": "…"}, "status": code}).encode())


def no_failure(response: bytes) -> tuple[int, bytes]:
    return 200, response


def cut_after_applying(_: bytes) -> None:
    return None


def malformed(response: bytes) -> Fault:
    return lambda _: (200, response)


@dataclass
class Request:
    """A request that the server received.

    Attributes:
        method: the HTTP method.
        path: the path and the query.
        headers: the headers.
        sent: the body as it was sent.
        body: the body without compression.
    """

    method: str
    path: str
    headers: dict[str, str]
    sent: bytes
    body: bytes

    @property
    def operations(self) -> list[dict[str, Any]]:
        """The action lines of a `_bulk` request."""
        lines = iter(self.body.splitlines())
        operations = []
        for line in lines:
            operations.append(json.loads(line))
            if "delete" not in operations[-1]:
                next(lines)
        return operations


class SearchServer:
    """An engine with an HTTP interface.

    Attributes:
        url: its endpoint.
        engine: its state.
        requests: the requests that it received.
        max_body_bytes: the size of the largest request body that it accepts, without compression.
    """

    def __init__(self, now: Callable[[], float] = lambda: 0.0) -> None:
        self.engine = Engine(now)
        self.requests: list[Request] = []
        self.faults: list[tuple[Fault, bool]] = []
        self.max_body_bytes = 100 * 2**20
        self._api = Api(self.engine)
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            wbufsize = -1

            def do_POST(self) -> None:
                response = server.respond(self)
                if response is None:
                    self.close_connection = True
                    self.connection.shutdown(2)
                    return
                code, body = response
                self.send_response(code)
                self.send_header("content-type", "application/json; charset=UTF-8")
                if "gzip" in self.headers.get("accept-encoding", ""):
                    body = gzip.compress(body, 1)
                    self.send_header("content-encoding", "gzip")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_PUT = do_DELETE = do_POST  # noqa: N815

            def log_message(self, *_: object) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self.url = f"http://127.0.0.1:{self._http.server_port}"

    def fail(self, *faults: Fault, applied: bool = False) -> None:
        """Make the next requests fail, one for each fault.

        Args:
            faults: the failures.
            applied: whether the engine carries out the requests although they fail.
        """
        self.faults += [(fault, applied) for fault in faults]

    def respond(self, http: BaseHTTPRequestHandler) -> tuple[int, bytes] | None:
        body = http.rfile.read(int(http.headers.get("content-length", 0)))
        sent = body
        if http.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(sent)
        if len(body) > self.max_body_bytes:
            return 413, b""
        self.requests.append(Request(http.command, http.path, dict(http.headers.items()), sent, body))
        fault, applied = self.faults.pop(0) if self.faults else (None, True)
        answer = 200, b""
        if applied:
            answer = self._api.answer(http.command, http.path, http.headers.get("content-type", ""), body)
        return answer if fault is None else fault(answer[1])

    def documents(self, index: str = "orders") -> dict[str, dict[str, Any]]:
        """Return the documents of an index by id, without the field that the function adds."""
        found = {id_: json.loads(source) for id_, source in self.engine.sources(index).items()}
        return {
            id_: {name: document[name] for name in document if name != "_sequence_number"}
            for id_, document in found.items()
        }

    def bulks(self) -> list[Request]:
        return [request for request in self.requests if request.path.split("?")[0] == "/_bulk"]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()
