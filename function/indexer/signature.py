"""Signs requests with AWS Signature Version 4.

botocore has a signer too. With the packages that it imports, it would add more than a third to the CPU time of a cold
start. The tests compare this module with it.

The rules: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hmac
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple
from urllib.parse import parse_qsl, quote

ALGORITHM = "AWS4-HMAC-SHA256"
# A proxy may change this header.
UNSIGNED_HEADERS = {"accept-encoding"}


class Request(NamedTuple):
    """A request without authentication.

    Attributes:
        method: the HTTP method.
        target: the path and query, as returned by `encode_target`.
        headers: the headers, with names in lower case. They include `host`.
        body: the content, as it is sent.
    """

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


class AwsCredentials(NamedTuple):
    """The credentials of a role or user. The token is empty for a user."""

    access_key: str
    secret_key: str
    token: str


def encode_target(path: str) -> str:
    """Return the path and query in the percent-encoding that AWS signs.

    A service that encodes the received query again before it verifies the signature gets the same text.

    Args:
        path: the path, and possibly a query. A percent sign begins an encoded character.
    """
    path, _, query = path.partition("?")
    encoded_path = quote(path, safe="/%~")
    if not query:
        return encoded_path
    pairs = parse_qsl(query, keep_blank_values=True)
    return encoded_path + "?" + "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in pairs)


def sign(request: Request, *, region: str, service: str, credentials: AwsCredentials, now: datetime) -> dict[str, str]:
    """Return the headers that sign a request.

    Args:
        request: the request.
        region: the region of the service.
        service: the service's name in signatures, such as `es`.
        credentials: the credentials to sign with.
        now: the current time in UTC.
    """
    time = now.strftime("%Y%m%dT%H%M%SZ")
    # OpenSearch Serverless requires the hash as a header too.
    body_hash = sha256(request.body).hexdigest()
    added = {"x-amz-date": time, "x-amz-content-sha256": body_hash}
    if credentials.token:
        added["x-amz-security-token"] = credentials.token
    headers = {name: value for name, value in request.headers.items() if name not in UNSIGNED_HEADERS}
    signed = dict(sorted((headers | added).items()))
    names = ";".join(signed)
    path, _, query = request.target.partition("?")
    canonical_request = "\n".join(
        [
            request.method,
            # The path is encoded twice for every service except S3.
            quote(_remove_dot_segments(path), safe="/~"),
            # Names are compared before values, so "a=1" comes before "a-b=1".
            "&".join("=".join(pair) for pair in sorted(part.split("=", 1) for part in query.split("&") if part)),
            *(f"{name}:{' '.join(value.split())}" for name, value in signed.items()),
            "",
            names,
            body_hash,
        ]
    )
    scope = f"{time[:8]}/{region}/{service}/aws4_request"
    text = "\n".join([ALGORITHM, time, scope, sha256(canonical_request.encode()).hexdigest()])
    key = f"AWS4{credentials.secret_key}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    authorization = f"Credential={credentials.access_key}/{scope}, SignedHeaders={names}, Signature={signature}"
    return {**added, "authorization": f"{ALGORITHM} {authorization}"}


def _remove_dot_segments(path: str) -> str:
    """Return the path without empty, `.` and `..` segments, as the services see it (RFC 3986, section 5.2.4)."""
    segments: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del segments[-1:]
        elif segment not in {"", "."}:
            segments.append(segment)
    last = "/" if path.endswith("/") and segments else ""
    return "/" + "/".join(segments) + last
