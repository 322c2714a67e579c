"""A connection to an HTTP server on which each request ends in time, also if the server is slow at every step.

The timeouts of `http.client` and of the libraries that are built on it apply to each step: a server that sends one byte
a second never exceeds them. Here each step gets the time that is left for the whole request.
"""

import contextlib
import http.client
import io
import select
import socket
import ssl
import time
from collections.abc import Mapping
from email.message import Message
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from indexer.deadline import call_within

# The requests of most events with few records are smaller, and fit in one TLS record.
MAX_UNSENT_BYTES = 16 * 1024


class Response(NamedTuple):
    """A whole response."""

    status: int
    headers: Message
    body: bytes


class NoResponseError(Exception):
    """The server could not be reached, or did not answer completely and in time. A retry can help."""


class UntrustedServerError(Exception):
    """The server's certificate is not valid. A retry cannot help."""


class Connection:
    """A connection to one server. It is kept for later requests, and made again when it is broken."""

    def __init__(self, endpoint: str, *, ca_bundle: str = "") -> None:
        """Load the certificate authorities. The first request connects.

        Args:
            endpoint: the server's URL.
            ca_bundle: the path of a PEM file with the only certificate authorities to trust. Default: the system's.

        Raises:
            OSError: if the file cannot be read, or has no certificates.
        """
        url = urlsplit(endpoint)
        self._host = url.hostname or ""
        self._port = url.port or (443 if url.scheme == "https" else 80)
        # Takes 30 ms, so it belongs in the cold start and not in the first request.
        self._tls = ssl.create_default_context(cafile=ca_bundle or None) if url.scheme == "https" else None
        self._http: http.client.HTTPConnection | None = None
        self._socket: _TimedSocket | None = None

    def request(self, method: str, target: str, *, headers: Mapping[str, str], body: bytes, seconds: float) -> Response:
        """Send a request, and return the whole response.

        Args:
            method: the HTTP method.
            target: the percent-encoded path and query.
            headers: the headers. `content-length` is added.
            body: the content to send.
            seconds: the time for everything: looking up the name, connecting, TLS, sending and receiving.

        Raises:
            NoResponseError: if there is no complete response in that time.
            UntrustedServerError: if the server's certificate is not valid.
        """
        seconds = max(seconds, 0.0)
        end = time.monotonic() + seconds
        try:
            return self._exchange(method, target, headers, body, end)
        except BaseException as error:
            self.close()
            if isinstance(error, ssl.SSLCertVerificationError):
                raise UntrustedServerError(error.verify_message) from None
            if isinstance(error, TimeoutError):
                raise NoResponseError(f"no response within {seconds:.1f} s") from None
            if isinstance(error, OSError | http.client.HTTPException):
                # The text of an HTTPException can quote the response.
                reason = getattr(error, "strerror", None) or type(error).__name__
                raise NoResponseError(f"no response ({reason})") from None
            raise

    def close(self) -> None:
        """Close the connection. The next request makes a new one."""
        if self._http is not None:
            self._http.close()
        self._http = self._socket = None

    def _exchange(self, method: str, target: str, headers: Mapping[str, str], body: bytes, end: float) -> Response:
        client = self._connected(end)
        # The server can refuse a large body with a response before it received all of it.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            client.request(method, target, body=body, headers=dict(headers))
        response = client.getresponse()
        with response:
            return Response(response.status, response.headers, response.read())

    def _connected(self, end: float) -> http.client.HTTPConnection:
        """Return the kept connection, or a new one, which fails at the given time."""
        if self._http is None or self._socket is None or self._is_broken():
            self.close()
            self._socket = _TimedSocket(self._connect(end), end)
            self._http = http.client.HTTPConnection(self._host, self._port)
            self._http.sock = self._socket
            # Without this, `http.client` would replace a broken connection without the time limit.
            self._http.auto_open = 0
        self._socket.end = end
        return self._http

    def _is_broken(self) -> bool:
        """Return whether the kept connection cannot send another request.

        Before a request, nothing can be received except the end of the connection: the service closed it, for example
        while Lambda had frozen the function.
        """
        if self._http is None or self._http.sock is None:
            return True
        readable, _, _ = select.select([self._http.sock], [], [], 0)
        return bool(readable)

    def _connect(self, end: float) -> socket.socket:
        """Return a connection to the first of the host's addresses that answers."""
        addresses = call_within(
            _remaining(end), lambda: socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
        )
        failure: OSError = TimeoutError()
        for position, (family, kind, protocol, _, address) in enumerate(addresses):
            connected = socket.socket(family, kind, protocol)
            try:
                # One address that does not answer must not use up the time of the others.
                connected.settimeout(_remaining(end) / (len(addresses) - position))
                connected.connect(address)
                # The headers and a large body are sent separately; the body must not wait for an acknowledgment.
                connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if self._tls is None:
                    return connected
                connected.settimeout(_remaining(end))
                return self._tls.wrap_socket(connected, server_hostname=self._host)
            except ssl.SSLCertVerificationError:
                connected.close()
                raise
            except OSError as error:
                connected.close()
                failure = error
        raise failure


class _TimedSocket:
    """A socket for `http.client` whose operations all end at the same time.

    It sends the headers together with a small body: one packet instead of two.

    Attributes:
        end: the time on the monotonic clock at which operations fail.
    """

    def __init__(self, connected: socket.socket, end: float) -> None:
        self._socket = connected
        self._unsent = b""
        self.end = end

    def limit_next_step(self) -> None:
        self._socket.settimeout(_remaining(self.end))

    def sendall(self, data: bytes) -> None:
        if len(self._unsent) + len(data) <= MAX_UNSENT_BYTES:
            self._unsent += data
        else:
            self._flush()
            self._send(data)

    def _flush(self) -> None:
        unsent, self._unsent = self._unsent, b""
        self._send(unsent)

    def _send(self, data: bytes) -> None:
        # The timeout of `SSLSocket.sendall` applies to each part that it sends.
        left = memoryview(data)
        while left:
            self.limit_next_step()
            left = left[self._socket.send(left) :]

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Return a file of the response. The whole request has been written by then."""
        # The server can refuse a large body with a response before it received all of it.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._flush()
        return io.BufferedReader(_TimedReader(self, self._socket.makefile("rb", buffering=0)), 64 * 1024)

    def fileno(self) -> int:
        return self._socket.fileno()

    def close(self) -> None:
        self._socket.close()


class _TimedReader(io.RawIOBase):
    """Reads from a timed socket. It keeps the socket open until it is closed itself, like the files of a socket."""

    def __init__(self, timed: _TimedSocket, raw: socket.SocketIO) -> None:
        self._timed = timed
        self._raw = raw

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._timed.limit_next_step()
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


def _remaining(end: float) -> float:
    """Return the seconds until a time.

    Raises:
        TimeoutError: if it has passed.
    """
    seconds = end - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds
