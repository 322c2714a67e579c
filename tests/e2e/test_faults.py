"""What goes wrong while terraform works: it is killed, it runs twice, the AWS answers 5xx for a while."""

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

from .emulation import Emulator
from .story import Story
from .terraform import Provider, Terraform


class Gate:
    """A proxy before the emulator that can hold the creation of a function back, or answer 503 for a while."""

    def __init__(self, url: str) -> None:
        address = url.removeprefix("http://")
        self.holds = False
        self.held = threading.Event()
        self.broken_until = 0.0
        self.refused = 0
        gate = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: Any) -> None:
                pass

            def pass_on(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if gate.holds and self.command == "POST" and self.path.rstrip("/").endswith("/functions"):
                    gate.held.set()
                    while gate.holds:
                        time.sleep(0.05)
                    self.close_connection = True
                    return
                if time.monotonic() < gate.broken_until:
                    gate.refused += 1
                    self.answer(503, b"")
                    return
                upstream = http.client.HTTPConnection(address)
                upstream.request(self.command, self.path, body, dict(self.headers))
                answer = upstream.getresponse()
                self.answer(answer.status, answer.read(), dict(answer.getheaders()))

            def answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
                self.send_response(status)
                for name, value in (headers or {}).items():
                    if name.lower() not in ("transfer-encoding", "content-length", "connection", "server", "date"):
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = pass_on  # noqa: N815

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.holds = False
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture(scope="module")
def gate(emulator: Emulator) -> Iterator[Gate]:
    gate = Gate(emulator.url)
    yield gate
    gate.close()


@pytest.fixture(scope="module")
def stack(gate: Gate, provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Terraform:
    folder: Path = tmp_path_factory.mktemp("faults")
    terraform = Terraform(folder / "stack", provider)
    terraform.write(Story(effects=folder / "effects"))
    terraform.deploy_to(gate.url)
    terraform.init()
    return terraform


def test_a_second_apply_is_refused_by_the_lock_and_one_killed_half_way_converges_when_run_again(
    gate: Gate, stack: Terraform
) -> None:
    gate.holds = True
    first = stack.start("apply", "-auto-approve")
    assert gate.held.wait(60), "the apply came to the function"
    assert "Error acquiring the state lock" in stack.run("apply", "-auto-approve", ends_with=1)
    os.killpg(first.pid, signal.SIGKILL)  # the provider's process too, which would try again
    first.communicate()
    gate.holds = False
    stack.apply()
    stack.run("plan", "-detailed-exitcode")


def test_an_aws_that_answers_5xx_for_a_while_is_tried_again(gate: Gate, stack: Terraform) -> None:
    gate.refused = 0
    gate.broken_until = time.monotonic() + 4
    stack.run("plan", "-detailed-exitcode")
    assert gate.refused > 0
