"""Sends requests to the search service: signed, within the time of the invocation, and repeated if a retry can help."""

import time
import zlib
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

import orjson

from indexer import tracing
from indexer.connection import Connection, NoResponseError, Response, UntrustedServerError
from indexer.credentials import Authenticate, CredentialsError, look_up_credentials
from indexer.deadline import Deadline
from indexer.settings import Settings
from indexer.signature import Request, encode_target

UNAUTHORIZED = 401
TOO_LARGE = 413
TOO_MANY_REQUESTS = 429
# An engine refuses a request that is larger than it can take now for as long as the size stays.
REFUSALS_OF_A_SIZE = 2
# The default level takes more than twice the time, for a body that is 6 % smaller.
GZIP_LEVEL = 1
# The format gzip with the largest window, in the notation of zlib.
GZIP_WINDOW_BITS = 31
# Shorter bodies gain nothing.
MIN_GZIP_BYTES = 1400

T = TypeVar("T")


class SearchUnavailableError(RuntimeError):
    """A whole request to the search service failed; Lambda must deliver the batch again."""


class RequestTooLargeError(Exception):
    """The body of a request is too large for the search service."""


class Usage(NamedTuple):
    """The work of a client since it was created.

    Attributes:
        requests: the requests sent, including retries.
        bytes_sent: the bytes of their bodies, as sent.
        seconds: the total time of the requests, without the pauses between them.
    """

    requests: int = 0
    bytes_sent: int = 0
    seconds: float = 0.0

    def since(self, earlier: "Usage") -> "Usage":
        """Return the work since an earlier time."""
        return Usage(
            self.requests - earlier.requests, self.bytes_sent - earlier.bytes_sent, self.seconds - earlier.seconds
        )


class _TemporaryError(Exception):
    """A request failed, and a retry can help."""

    def __init__(self, failure: str, status: int | None = None, retry_after: float = 0.0) -> None:
        super().__init__(failure)
        self.failure = failure
        self.status = status
        self.retry_after = retry_after


class SearchClient:
    """A client of one domain, cluster or collection. It is reused by later invocations.

    Attributes:
        usage: the work since the client was created. An invocation's own work is `client.usage.since(usage_before)`.
    """

    def __init__(self, settings: Settings) -> None:
        """Prepare the connection. The first request connects and looks up the credentials.

        Raises:
            SearchUnavailableError: if the certificate authorities cannot be loaded.
        """
        self.usage = Usage()
        self._settings = settings
        url = urlsplit(settings.endpoint)
        # Without a user name and password, even if the settings did not refuse them.
        self._host = url.netloc.rpartition("@")[2]
        self._endpoint = f"{url.scheme}://{self._host}{url.path}"
        self._path_prefix = url.path
        self._authenticate: Authenticate | None = None
        try:
            self._connection = Connection(settings.endpoint, ca_bundle=settings.ca_bundle)
        except OSError as error:
            raise SearchUnavailableError(
                f"SEARCH_CA_BUNDLE={settings.ca_bundle!r}: must be a readable PEM file with certificates: "
                f"{error.strerror or error}"
            ) from None

    def post(
        self, path: str, body: bytes, *, parse: Callable[[Any], T], deadline: Deadline, can_shrink: bool = False
    ) -> T:
        """Send a POST request, and return the parsed response. See `request`."""
        return self.request("POST", path, body, parse=parse, deadline=deadline, can_shrink=can_shrink)

    def request(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        parse: Callable[[Any], T],
        deadline: Deadline,
        can_shrink: bool = False,
    ) -> T:
        """Send a request, and return the parsed response.

        The request is sent again after 429 and 5xx, after a broken connection, and after a response that is not JSON or
        that cannot be parsed. Every request of this function can be repeated. The pause before a retry is at least as
        long as the service's `Retry-After`. No request is sent after the deadline, except that the first request of an
        invocation has at least `deadline.FIRST_REQUEST_SECONDS`.

        Args:
            method: the HTTP method.
            path: the path of the API, and possibly a query.
            body: JSON, or newline-delimited JSON for `_bulk`.
            parse: converts the JSON of the response to the result.
            deadline: the end of the time for requests and retries.
            can_shrink: whether the caller can send the request in smaller parts. Then a second 429 is reported as a
                request that is too large.

        Raises:
            RequestTooLargeError: if the service answers 413, or 429 twice and `can_shrink` is true.
            SearchUnavailableError: if the service refuses the request, or the deadline has passed. The message has the
                status, the error type and the cause, and no content of the items.
        """
        request = Request(method, encode_target(self._path_prefix + path), *self._encode(path, body))
        attempts = refusals_of_size = 0
        failure = "no time was left to send it"
        while seconds := deadline.begin_request(self._settings.request_timeout):
            attempts += 1
            try:
                return self._send(request, parse, seconds)
            except _TemporaryError as error:
                failure = error.failure
                refusals_of_size += error.status == TOO_MANY_REQUESTS
                if can_shrink and refusals_of_size == REFUSALS_OF_A_SIZE:
                    raise RequestTooLargeError from None
                if not deadline.pause_before_retry(attempts - 1, at_least=error.retry_after):
                    break
        raise SearchUnavailableError(f"{method} {self._endpoint}{path} failed after {attempts} attempts: {failure}")

    def _encode(self, path: str, body: bytes) -> tuple[dict[str, str], bytes]:
        """Return the headers and the body to send."""
        headers = {"host": self._host, "accept-encoding": "identity"}
        if body:
            is_bulk = path.partition("?")[0].endswith("/_bulk")
            headers["content-type"] = "application/x-ndjson" if is_bulk else "application/json"
        if self._settings.compress:
            headers["accept-encoding"] = "gzip"
            if len(body) >= MIN_GZIP_BYTES:
                headers["content-encoding"] = "gzip"
                body = zlib.compress(body, GZIP_LEVEL, GZIP_WINDOW_BITS)
        return headers, body

    def _send(self, request: Request, parse: Callable[[Any], T], seconds: float) -> T:
        """Send a request once, and return the parsed response.

        Raises:
            _TemporaryError: if a retry can help.
        """
        end = time.monotonic() + seconds
        added = self._authentication_headers(request, seconds)
        status = None
        begin = time.time()
        try:
            response = self._connection.request(
                request.method,
                request.target,
                headers={**request.headers, **added},
                body=request.body,
                seconds=end - time.monotonic(),
            )
            status = response.status
        except UntrustedServerError as error:
            raise SearchUnavailableError(
                f"the TLS connection to {self._endpoint} failed: {error}: the certificate must be signed by "
                f"{self._settings.ca_bundle or 'a public certificate authority, or set SEARCH_CA_BUNDLE'}"
            ) from None
        except NoResponseError as error:
            raise _TemporaryError(str(error)) from None
        finally:
            self._record(request, status, begin)
        if status >= 300:
            raise self._refusal(response, added)
        try:
            return parse(orjson.loads(_decoded(response)))
        except orjson.JSONDecodeError:
            raise _TemporaryError("a response that is not JSON") from None
        except (AttributeError, KeyError, TypeError, ValueError, zlib.error):
            raise _TemporaryError("a response of an unexpected shape") from None

    def _authentication_headers(self, request: Request, seconds: float) -> dict[str, str]:
        end = time.monotonic() + seconds
        try:
            if self._authenticate is None:
                self._authenticate = look_up_credentials(self._settings, seconds=seconds)
            return self._authenticate(request, end - time.monotonic())
        except CredentialsError as error:
            raise SearchUnavailableError(str(error)) from None

    def _refusal(self, response: Response, added: Mapping[str, str]) -> Exception:
        """Return the error for a response that is not a success."""
        status = response.status
        if status == TOO_LARGE:
            return RequestTooLargeError()
        # Only refusals need this import, which takes several milliseconds.
        from indexer.refusals import describe_refusal

        # Some explanations quote a header without the name of the scheme.
        secrets = [secret for value in added.values() for secret in (value, value.rpartition(" ")[2])]
        failure = describe_refusal(status, response.body, field_paths=self._settings.log_field_paths, secrets=secrets)
        if status == TOO_MANY_REQUESTS or status >= 500:
            return _TemporaryError(failure, status, _seconds_to_wait(response.headers.get("retry-after", "")))
        if status == UNAUTHORIZED:
            # The secret may have been rotated: the next delivery reads it again.
            self._authenticate = None
        return SearchUnavailableError(f"{self._endpoint} refused a request: {failure}")

    def _record(self, request: Request, status: int | None, begin: float) -> None:
        """Add a request to the usage and to the trace."""
        end = time.time()
        self.usage = Usage(
            self.usage.requests + 1,
            self.usage.bytes_sent + len(request.body),
            self.usage.seconds + end - begin,
        )
        path = request.target.partition("?")[0]
        url = f"{self._endpoint}{path.removeprefix(self._path_prefix)}"
        tracing.send_subsegment(method=request.method, url=url, start=begin, end=end, status=status)


def _decoded(response: Response) -> bytes:
    if response.headers.get("content-encoding") == "gzip":
        return zlib.decompress(response.body, GZIP_WINDOW_BITS)
    return response.body


def _seconds_to_wait(retry_after: str) -> float:
    """Return the seconds in a header `Retry-After`, which has seconds or a date; 0 if it has neither."""
    if retry_after.strip().isdecimal():
        return float(retry_after)
    try:
        return max(0.0, parsedate_to_datetime(retry_after).timestamp() - time.time())
    except (ValueError, OverflowError):
        return 0.0
