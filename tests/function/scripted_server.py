"""A server on the loopback interface that answers each request with the next step of a script."""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable
from typing import Any, BinaryIO, Self

# Sends an answer, or misbehaves. When it returns false, the server closes the connection.
Step = Callable[[socket.socket], bool]

TRICKLE_SECONDS = 0.02


def response(status: int = 200, body: bytes = b"{}", *headers: str) -> Step:
    lines = [f"HTTP/1.1 {status} Some Reason", f"Content-Length: {len(body)}", *headers]
    return lambda connected: sends(connected, "\r\n".join(lines).encode() + b"\r\n\r\n" + body)


def sends(connected: socket.socket, data: bytes, *, keeps_open: bool = True) -> bool:
    connected.sendall(data)
    return keeps_open


def then_close(step: Step) -> Step:
    """Answer, and close the connection without announcing it."""
    return lambda connected: step(connected) and False


def trickle(data: bytes, begin: bytes = b"") -> Step:
    """Send one byte after the other with pauses. The whole takes much longer than the tests wait."""

    def step(connected: socket.socket) -> bool:
        connected.sendall(begin)
        for byte in data:
            time.sleep(TRICKLE_SECONDS)
            connected.sendall(bytes([byte]))
        return True

    return step


def silence(connected: socket.socket) -> bool:
    """Send nothing until the client closes the connection."""
    connected.recv(1)
    return False


class ScriptedServer:
    """A server with a script.

    Attributes:
        script: the next answers.
        requests: the head of each request, with its body.
        connections: the number of connections so far.
    """

    def __init__(self, *script: Step, tls: ssl.SSLContext | None = None, reads: bool = True) -> None:
        """Listen.

        Args:
            script: the answers.
            tls: the certificate to use. Default: no TLS.
            reads: whether requests are read before the answer.
        """
        self.script = list(script)
        self.requests: list[tuple[str, bytes]] = []
        self.connections = 0
        self._connected: socket.socket | None = None
        self._tls = tls
        self._reads = reads
        self._listener = socket.create_server(("127.0.0.1", 0))
        scheme = "https" if tls else "http"
        self.url = f"{scheme}://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def _serve(self) -> None:
        while True:
            try:
                connected, _ = self._listener.accept()
            except OSError:  # the test has ended
                return
            self.connections += 1
            self._connected = connected.dup()
            with self._connected, connected, contextlib.suppress(OSError):  # the client closed the connection
                self._answer(self._tls.wrap_socket(connected, server_side=True) if self._tls else connected)

    def _answer(self, connected: socket.socket) -> None:
        with connected, connected.makefile("rb") as received:
            while not self._reads or self._read_request(received):
                if not self.script or not self.script.pop(0)(connected):
                    return

    def _read_request(self, received: BinaryIO | Any) -> bool:
        head = b""
        while line := received.readline():
            head += line
            if line == b"\r\n":
                break
        else:
            return False
        text = head.decode()
        length = next((line for line in text.lower().splitlines() if line.startswith("content-length:")), ":0")
        self.requests.append((text, received.read(int(length.partition(":")[2]))))
        return True

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        if self._connected is not None:
            # The client may have kept the connection.
            with contextlib.suppress(OSError):
                self._connected.shutdown(socket.SHUT_RDWR)
        self._thread.join()
