"""A proxy in front of the emulator that makes chosen calls fail."""

from __future__ import annotations

import http.client
import json
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

# Headers that the proxy sets itself or that apply only to one connection.
CONNECTION_HEADERS = ("transfer-encoding", "content-length", "connection", "server", "date")
# Calls of services whose requests do not name the operation: method and address to the operation.
ADDRESSES = {
    r"POST /2015-03-31/functions/[^/]+/invocations": "Invoke",
    r"POST /2015-03-31/functions": "CreateFunction",
    r"GET /[^/?]+\?.*list-type=2.*": "ListObjectsV2",
    r"GET /[^/?]+/[^?]+(\?x-id=GetObject)?": "GetObject",
    r"PUT /[^/?]+/[^?]+(\?x-id=PutObject)?": "PutObject",
    r"DELETE /[^/?]+/[^?]+(\?.*)?": "DeleteObject",
}


@dataclass
class Fault:
    """An error that some calls of an operation get.

    Attributes:
        operation: the API's name of the operation, for example "GetRecords".
        code: the error's code, for example "ThrottlingException".
        status: the status of the answer.
        skip: the number of calls that succeed first.
        times: the number of calls that fail then.
        after: whether the call is done before it fails, so that only its answer is lost.
    """

    operation: str
    code: str
    status: int
    skip: int
    times: int
    after: bool


class FaultProxy:
    """A proxy in front of the emulator that makes chosen calls fail, holds calls, or answers 503 for some time.

    Attributes:
        url: the proxy's address.
        calls: the number of calls by operation, failed ones included.
        holding: whether a request that creates a function is held without an answer.
        held: set when such a request arrives.
        refused: the number of requests that were answered with 503.
    """

    def __init__(self, emulator_url: str) -> None:
        address = emulator_url.removeprefix("http://")
        self.calls: Counter[str] = Counter()
        self.holding = False
        self.held = threading.Event()
        self.refused = 0
        self._faults: list[Fault] = []
        self._actions: list[tuple[str, int, Callable[[], object]]] = []
        self._outage_seconds = 0.0
        self._outage_end: float | None = None
        self._lock = threading.Lock()
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: Any) -> None:
                pass

            def handle_request(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                operation = name_operation(self.command, self.path, dict(self.headers), body)
                if proxy.holding and operation == "CreateFunction":
                    proxy.held.set()
                    while proxy.holding:
                        time.sleep(0.05)
                    self.close_connection = True
                    return
                if proxy.refuses():
                    self.respond(503, b"", {})
                    return
                fault = proxy.take_fault(operation)
                if fault is None or fault.after:
                    upstream = http.client.HTTPConnection(address)
                    upstream.request(self.command, self.path, body, dict(self.headers))
                    response = upstream.getresponse()
                    content = response.read()
                if fault is None:
                    self.respond(response.status, content, dict(response.getheaders()))
                else:
                    self.respond(fault.status, *error_answer(fault))

            def respond(self, status: int, body: bytes, headers: dict[str, str]) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    if name.lower() not in CONNECTION_HEADERS:
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = handle_request  # noqa: N815  # http.server's names

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def fail(
        self,
        operation: str,
        code: str = "InternalServerError",
        *,
        status: int | None = None,
        skip: int = 0,
        times: int = 1,
        after: bool = False,
    ) -> None:
        """Answer calls of an operation with an error; see `Fault` for the arguments.

        The status is 500 for codes that contain "Internal" or "Service", otherwise 400.
        """
        if status is None:
            status = 500 if re.search("Internal|Service", code) else 400
        with self._lock:
            self._faults.append(Fault(operation, code, status, skip, times, after))

    def before(self, operation: str, action: Callable[[], object], *, skip: int = 0) -> None:
        """Do something, once, when a call of an operation arrives, for example kill the caller."""
        with self._lock:
            self._actions.append((operation, self.calls[operation] + skip, action))

    def reset(self) -> None:
        """Forget all faults, actions and counts."""
        with self._lock:
            self._faults, self._actions = [], []
            self.calls.clear()

    def take_fault(self, operation: str) -> Fault | None:
        """Count a call, do the actions that wait for it, and return the fault that it gets, if any."""
        with self._lock:
            due = [item for item in self._actions if item[0] == operation and item[1] <= self.calls[operation]]
            self._actions = [item for item in self._actions if item not in due]
            self.calls[operation] += 1
            found = None
            for fault in self._faults:
                if fault.operation == operation and fault.skip:
                    fault.skip -= 1
                elif fault.operation == operation and fault.times and found is None:
                    fault.times -= 1
                    found = fault
        for _, _, action in due:
            action()
        return found

    def start_outage(self, seconds: float) -> None:
        """Answer every request with 503, from the next request on and for the given time after it."""
        with self._lock:
            self.refused = 0
            self._outage_seconds = seconds
            self._outage_end = None

    def refuses(self) -> bool:
        """Return whether a request that arrives now is answered with 503, and count it if so."""
        with self._lock:
            if self._outage_end is None:
                self._outage_end = time.monotonic() + self._outage_seconds
            refused = time.monotonic() < self._outage_end
            self.refused += refused
            return refused

    def close(self) -> None:
        self.holding = False
        self._server.shutdown()
        self._server.server_close()


def name_operation(method: str, address: str, headers: Mapping[str, str], body: bytes) -> str:
    """Return the API's name of the operation that a request calls, or its method and path."""
    named = {name.lower(): value for name, value in headers.items()}
    if target := named.get("x-amz-target"):
        return target.rpartition(".")[2]
    if body.startswith((b"Action=", b"Version=")):
        return parse_qs(body.decode())["Action"][0]
    for pattern, operation in ADDRESSES.items():
        if re.fullmatch(pattern, f"{method} {address}".rstrip("/")):
            return operation
    return f"{method} {urlsplit(address).path}"


def error_answer(fault: Fault) -> tuple[bytes, dict[str, str]]:
    """Return an error's body and headers, in the form that its service uses."""
    message = f"{fault.code} from the proxy of the tests"
    if fault.operation.endswith(("Object", "ObjectsV2")):
        body = f"<Error><Code>{fault.code}</Code><Message>{message}</Message></Error>"
        return body.encode(), {"Content-Type": "application/xml"}
    headers = {"Content-Type": "application/x-amz-json-1.0", "x-amzn-ErrorType": fault.code}
    return json.dumps({"__type": fault.code, "message": message}).encode(), headers
