"""Describes a response with an error status without the content of the items."""

import re
from collections.abc import Iterable
from typing import Any

import orjson

UNAUTHORIZED = 401
FORBIDDEN = 403
MAX_EXPLANATION_LENGTH = 500
# The reasons of these errors name users, roles, actions and indexes. The reasons of other errors can quote the request.
EXPLAINED_TYPES = {"security_exception", "cluster_block_exception", "index_create_block_exception", "Forbidden"}
ERROR_TYPE = re.compile(r"[A-Za-z]\w*")


def describe_refusal(status: int, body: bytes, *, secrets: Iterable[str]) -> str:
    """Return the status with the types of the error, and for 401 and 403 with the service's explanation.

    Args:
        status: the HTTP status.
        body: the response.
        secrets: the values of the request's headers that must not appear. AWS quotes headers in some explanations.
    """
    try:
        response = orjson.loads(body)
    except ValueError:
        response = None
    if not isinstance(response, dict):
        return f"status {status}, no error type"
    error = response.get("error")
    types = _error_types(error)
    description = f"status {status}, {' caused by '.join(types) or 'no error type'}"
    explanation = _explanation(response, error) if status in {UNAUTHORIZED, FORBIDDEN} else ""
    for secret in secrets:
        explanation = explanation.replace(secret, "***")
    return f"{description}: {explanation}" if explanation else description


def _error_types(error: Any) -> list[str]:
    """Return the type of an engine's error, and those of its causes."""
    types: list[str] = []
    while isinstance(error, dict):
        if ERROR_TYPE.fullmatch(str(error.get("type"))):
            types.append(error["type"])
        error = error.get("caused_by")
    return types


def _explanation(response: dict[str, Any], error: Any) -> str:
    """Return the first line of the explanation by AWS, or by the engine's security plugin."""
    text = response.get("message") or response.get("Message")
    if isinstance(error, dict) and error.get("type") in EXPLAINED_TYPES:
        text = error.get("reason")
    # AWS explains a wrong signature with the whole signed request, including the session token, in the next lines.
    first_line = text.partition("\n")[0].strip() if isinstance(text, str) else ""
    return first_line[:MAX_EXPLANATION_LENGTH]
