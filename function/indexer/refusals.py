"""Describes a response with an error status: the cause and the fix, without content of the items and credentials."""

from collections.abc import Iterable
from typing import Any

import orjson

from indexer.reasons import UNNAMED_TYPE, describe_error, explain_error

# AWS explains these before the request gets to the engine.
EXPLAINED_BY_AWS = (401, 403)
MAX_EXPLANATION_LENGTH = 500


def describe_refusal(status: int, body: bytes, *, field_paths: bool, secrets: Iterable[str]) -> str:
    """Return the status with the description of the error, and with the fix if it is known.

    Args:
        status: the HTTP status.
        body: the response.
        field_paths: whether field paths appear, see `indexer.reasons.describe_error`.
        secrets: the values of the request's headers that must not appear. AWS quotes headers in some explanations.
    """
    try:
        response = orjson.loads(body)
    except ValueError:
        response = None
    error = response.get("error") or response if isinstance(response, dict) else None
    description = describe_error(error, field_paths=field_paths)
    if description == UNNAMED_TYPE and error is response and status in EXPLAINED_BY_AWS:
        description = _explanation_of_gateway(error, secrets)
    advice = explain_error(error)
    text = f"status {status}, {description}"
    return f"{text}: {advice.text}" if advice and advice.text else text


def _explanation_of_gateway(response: dict[str, Any], secrets: Iterable[str]) -> str:
    """Return an explanation of AWS that has no known shape.

    AWS writes it before the request gets to the engine, from the headers only. So it has no content of the items.
    """
    text = response.get("message") or response.get("Message")
    if not isinstance(text, str):
        return UNNAMED_TYPE
    # The lines after the first one can be the whole signed request, including the session token.
    line = text.partition("\n")[0]
    for secret in secrets:
        line = line.replace(secret, "***")
    return line[:MAX_EXPLANATION_LENGTH]
