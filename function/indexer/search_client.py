"""Sends requests to the search service: compressed, signed, and repeated if a retry can help."""

import gzip
import json
import logging
from collections.abc import Callable
from typing import Any, TypeVar

from opensearchpy import OpenSearch, Urllib3HttpConnection
from opensearchpy.exceptions import ConnectionError as NoResponseError
from opensearchpy.exceptions import SerializationError, SSLError, TransportError

from indexer.deadline import Deadline
from indexer.settings import Settings

UNAUTHORIZED = 401
TOO_LARGE = 413
TOO_MANY_REQUESTS = 429
# The default level 9 takes more than twice the time, for a body that is 6 % smaller.
GZIP_LEVEL = 1
# Shorter bodies gain nothing.
MIN_GZIP_BYTES = 1400
MIN_TIMEOUT_SECONDS = 1.0

# The client logs whole requests to this logger at level INFO, and Lambda's log level setting can enable that level.
logging.getLogger("opensearchpy.trace").disabled = True

T = TypeVar("T")


class SearchUnavailableError(RuntimeError):
    """A whole request to the search service failed; Lambda must deliver the batch again."""


class RequestTooLargeError(Exception):
    """The body of a request is too large for the search service."""


class SearchClient:
    """A client of one domain, cluster or collection. It is reused by later invocations."""

    def __init__(self, settings: Settings) -> None:
        """Keep the settings. The first request connects and looks up the credentials."""
        self._settings = settings
        self._client: OpenSearch | None = None

    def post(
        self, path: str, body: bytes, *, parse: Callable[[Any], T], deadline: Deadline, can_shrink: bool = False
    ) -> T:
        """Send a POST request, and return the parsed response.

        The request is sent again after 429 and 5xx, after a broken connection, and after a response that is not JSON or
        that cannot be parsed. Every request of this function can be repeated. At least one attempt is made, even after
        the deadline.

        Args:
            path: the path of the API.
            body: JSON, or newline-delimited JSON for `_bulk`.
            parse: converts the JSON of the response to the result.
            deadline: the end of the time for requests and retries.
            can_shrink: whether the caller can send a smaller body instead.

        Raises:
            RequestTooLargeError: if the service answers 413, or if it answers 429 twice and the caller can send a
                smaller body.
            SearchUnavailableError: if the service refuses the request, or the deadline has passed. The message has the
                status and the error type, and no content of the items.
        """
        headers = {"content-type": "application/x-ndjson" if path.startswith("/_bulk") else "application/json"}
        if self._settings.compress:
            headers["accept-encoding"] = "gzip"
            if len(body) >= MIN_GZIP_BYTES:
                headers["content-encoding"] = "gzip"
                body = gzip.compress(body, GZIP_LEVEL)
        transport = self._connected().transport
        attempt = 0
        while True:
            timeout = min(self._settings.request_timeout, max(deadline.remaining(), MIN_TIMEOUT_SECONDS))
            try:
                response = transport.perform_request("POST", path, body=body, headers=headers, timeout=timeout)
            except SSLError as error:
                raise SearchUnavailableError(
                    f"the TLS connection to {self._settings.endpoint} failed: {error.error}"
                ) from None
            except NoResponseError as error:
                failure = f"no response ({type(error.info).__name__})"
            except TransportError as error:
                failure = self._temporary_failure(error)
                if can_shrink and attempt and error.status_code == TOO_MANY_REQUESTS:
                    raise RequestTooLargeError from None
            except SerializationError:
                failure = "a response that is not JSON"
            else:
                try:
                    return parse(response)
                except (AttributeError, KeyError, TypeError, ValueError):
                    failure = "a response of an unexpected shape"
            if not deadline.pause_before_retry(attempt):
                raise SearchUnavailableError(
                    f"POST {self._settings.endpoint}{path} failed after {attempt + 1} attempts: {failure}"
                )
            attempt += 1

    def _temporary_failure(self, error: TransportError) -> str:
        """Return the description of an error that a retry can solve; raise an exception for any other error."""
        status = int(error.status_code)
        if status == TOO_LARGE:
            raise RequestTooLargeError from None
        error_type = error.error if str(error.error).isidentifier() else "no error type"
        failure = f"status {status}, {error_type}"
        if status == TOO_MANY_REQUESTS or status >= 500:
            return failure
        if status == UNAUTHORIZED:
            # The secret may have been rotated: the next delivery reads it again.
            self._client = None
        raise SearchUnavailableError(f"{self._settings.endpoint} refused a request: {failure}") from None

    def _connected(self) -> OpenSearch:
        if self._client is None:
            self._client = OpenSearch(
                hosts=[self._settings.endpoint],
                http_auth=look_up_credentials(self._settings),
                connection_class=Urllib3HttpConnection,
                max_retries=0,
            )
        return self._client


def look_up_credentials(settings: Settings) -> Any:
    """Return the value for the client's `http_auth`: a signer, user name and password, or None for no authentication.

    Raises:
        SearchUnavailableError: if there are no AWS credentials, or the secret does not have the expected content.
    """
    if settings.service == "none":
        return None
    # Only the first request needs this import, which takes 0.1 s.
    from botocore.session import get_session

    session = get_session()
    if settings.service == "basic":
        # The secret's region is the fourth part of its ARN. It can differ from the function's region.
        client = session.create_client("secretsmanager", region_name=settings.secret_arn.split(":")[3])
        try:
            secret = json.loads(client.get_secret_value(SecretId=settings.secret_arn)["SecretString"])
            return secret["username"], secret["password"]
        except (KeyError, TypeError, ValueError):
            raise SearchUnavailableError(
                'the secret of SEARCH_SECRET_ARN must be JSON with "username" and "password"'
            ) from None
    from opensearchpy import Urllib3AWSV4SignerAuth

    credentials = session.get_credentials()
    if credentials is None:
        raise SearchUnavailableError("there are no AWS credentials to sign requests with: give the function a role")
    return Urllib3AWSV4SignerAuth(credentials, settings.region, settings.service)
