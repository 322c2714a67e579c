"""Faults during a Terraform command: it is killed, it runs twice at the same time, AWS answers with errors."""

from __future__ import annotations

import http.client
import os
import signal
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from .emulator_process import Emulator
from .providers import Provider
from .recorder_stack import RecorderStack
from .terraform import Terraform, override_provider

# Headers that the proxy sets itself or that apply only to one connection.
CONNECTION_HEADERS = ("transfer-encoding", "content-length", "connection", "server", "date")


class FaultProxy:
    """A proxy in front of the emulator that can hold the creation of a function, or answer 503 for some time.

    Attributes:
        url: the proxy's address.
        holding: whether a request that creates a function is held without an answer.
        held: set when such a request arrives.
        refused: the number of requests that were answered with 503.
    """

    def __init__(self, emulator_url: str) -> None:
        address = emulator_url.removeprefix("http://")
        self.holding = False
        self.held = threading.Event()
        self.refused = 0
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
                if proxy.holding and self.command == "POST" and self.path.rstrip("/").endswith("/functions"):
                    proxy.held.set()
                    while proxy.holding:
                        time.sleep(0.05)
                    self.close_connection = True
                    return
                if proxy.refuses():
                    self.respond(503, b"", {})
                    return
                upstream = http.client.HTTPConnection(address)
                upstream.request(self.command, self.path, body, dict(self.headers))
                response = upstream.getresponse()
                self.respond(response.status, response.read(), dict(response.getheaders()))

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


@pytest.fixture(scope="module")
def proxy(emulator: Emulator) -> Iterator[FaultProxy]:
    proxy = FaultProxy(emulator.url)
    yield proxy
    proxy.close()


@pytest.fixture(scope="module")
def terraform(proxy: FaultProxy, provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Terraform:
    """An initialized stack whose provider calls the proxy."""
    folder: Path = tmp_path_factory.mktemp("faults")
    terraform = Terraform(folder / "stack", provider)
    terraform.synthesize(RecorderStack(effects=folder / "effects"))
    override_provider(terraform.folder, proxy.url)
    terraform.init()
    return terraform


def test_second_apply_is_locked_out_and_a_killed_apply_can_be_run_again(
    proxy: FaultProxy, terraform: Terraform
) -> None:
    proxy.holding = True
    first = terraform.start("apply", "-auto-approve")
    assert proxy.held.wait(180), "the apply did not reach the function"
    assert "Error acquiring the state lock" in terraform.run("apply", "-auto-approve", exit_code=1)
    os.killpg(first.pid, signal.SIGKILL)  # includes the provider's process, which would send the request again
    first.communicate()
    proxy.holding = False
    terraform.apply()
    terraform.run("plan", "-detailed-exitcode")


def test_provider_retries_while_aws_answers_503(proxy: FaultProxy, terraform: Terraform) -> None:
    proxy.start_outage(seconds=4)
    terraform.run("plan", "-detailed-exitcode")
    assert proxy.refused > 0
