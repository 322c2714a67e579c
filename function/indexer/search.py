"""Requests to the search service: signed, compressed, and repeated where another try can help."""

import gzip
import json
import logging
from collections.abc import Callable
from typing import Any, TypeVar

from opensearchpy import OpenSearch, Urllib3HttpConnection
from opensearchpy.exceptions import ConnectionError as NoConnection
from opensearchpy.exceptions import SerializationError, SSLError, TransportError

from indexer.deadline import Deadline
from indexer.settings import Settings

_TOO_MANY_REQUESTS = 429
_TOO_LARGE = 413
_UNAUTHORIZED = 401
# The slowest level, which gzip takes by itself, needs more than twice the time for a body 6 % smaller.
_GZIP_LEVEL = 1
# Shorter bodies gain nothing.
_GZIP_FROM = 1400
_SHORTEST_TIMEOUT = 1.0


# The client writes whole requests, contents and all, to this logger at INFO, a level that Lambda may set for all.
logging.getLogger("opensearchpy.trace").disabled = True

T = TypeVar("T")


class SearchUnavailableError(RuntimeError):
    """The search service did not take a request as a whole; the batch has to be delivered again."""


class RequestTooLargeError(Exception):
    """The search service takes only smaller request bodies."""


class Search:
    """A client of one domain, cluster or collection, kept from one invocation to the next."""

    def __init__(self, settings: Settings) -> None:
        """Remember the settings; nothing is connected or signed before the first call."""
        self._settings = settings
        self._client: OpenSearch | None = None
        self.retries = 0

    def post(self, path: str, body: bytes, read: Callable[[Any], T], deadline: Deadline) -> T:
        """Send newline-delimited or plain JSON and return what read makes of the answer's JSON.

        429, 5xx, broken connections and answers that are no JSON or that read fails on are tried again until the
        deadline: every request of this function can be repeated. At least one attempt is made. Raises
        RequestTooLargeError for 413, and SearchUnavailableError when the request was refused or time ran out; its
        message names status and kind, never content.
        """
        headers = {"content-type": "application/x-ndjson" if path == "/_bulk" else "application/json"}
        if self._settings.compress:
            headers["accept-encoding"] = "gzip"
            if len(body) >= _GZIP_FROM:
                headers["content-encoding"] = "gzip"
                body = gzip.compress(body, _GZIP_LEVEL)
        transport = self._connected().transport
        attempt = 0
        while True:
            # The first attempt is made even when hardly any time is left.
            timeout = min(self._settings.request_timeout, max(deadline.remaining(), _SHORTEST_TIMEOUT))
            try:
                answer = transport.perform_request("POST", path, body=body, headers=headers, timeout=timeout)
            except SSLError as error:
                raise SearchUnavailableError(f"TLS with {self._settings.endpoint} failed: {error.error}") from None
            except NoConnection as error:
                failure = f"no answer ({type(error.info).__name__})"
            except TransportError as error:
                failure = self._explain(error)
            except SerializationError:
                failure = "an answer that is not JSON"
            else:
                try:
                    return read(answer)
                except (AttributeError, KeyError, TypeError, ValueError):
                    failure = "an answer that makes no sense"
            if not deadline.wait(attempt):
                raise SearchUnavailableError(
                    f"{path} at {self._settings.endpoint} failed after {attempt + 1} attempts: {failure}"
                )
            attempt += 1
            self.retries += 1

    def _explain(self, error: TransportError) -> str:
        status = int(error.status_code)
        if status == _TOO_LARGE:
            raise RequestTooLargeError from None
        kind = error.error if str(error.error).isidentifier() else "no error type"
        failure = f"status {status}, {kind}"
        if status == _TOO_MANY_REQUESTS or status >= 500:
            return failure
        if status == _UNAUTHORIZED:
            # A rotated secret is read again with the next delivery.
            self._client = None
        raise SearchUnavailableError(f"{self._settings.endpoint} refused a request: {failure}") from None

    def _connected(self) -> OpenSearch:
        if self._client is None:
            self._client = OpenSearch(
                hosts=[self._settings.endpoint],
                http_auth=_authentication(self._settings),
                connection_class=Urllib3HttpConnection,
                max_retries=0,
            )
        return self._client


def _authentication(settings: Settings) -> Any:
    if settings.service == "none":
        return None
    # Needed by the first request only, and a tenth of a second to import.
    from botocore.session import get_session

    session = get_session()
    if settings.service == "basic":
        # The region is the ARN's fourth part; the secret may live in another one than the function.
        client = session.create_client("secretsmanager", region_name=settings.secret_arn.split(":")[3])
        try:
            secret = json.loads(client.get_secret_value(SecretId=settings.secret_arn)["SecretString"])
            return secret["username"], secret["password"]
        except (KeyError, TypeError, ValueError):
            msg = 'the secret of SEARCH_SECRET_ARN is not JSON with "username" and "password"'
            raise SearchUnavailableError(msg) from None
    from opensearchpy import Urllib3AWSV4SignerAuth

    credentials = session.get_credentials()
    if credentials is None:
        raise SearchUnavailableError("no AWS credentials to sign requests with: does the function have a role?")
    return Urllib3AWSV4SignerAuth(credentials, settings.region, settings.service)
