"""JSON documents inside arguments, such as policies: read with their expressions, written as ``jsonencode`` does.

The JSON form of a bundle carries the text that Terraform's ``jsonencode`` makes of the HCL form, so that both plan the
same bytes.
"""

from __future__ import annotations

import json
from typing import Any

from . import templates

# Arguments that hold a JSON document whose spacing nobody reads. Any other text is left as it is, even if it looks like
# JSON: a function's environment variable is its own business.
ARGUMENTS = frozenset(
    {"assume_role_policy", "policy", "pattern", "redrive_policy", "redrive_allow_policy", "access_policy"}
)
# Private-use characters, which no policy holds, stand for the expressions while the document is read.
FIRST_MARK = 0xE000
MARKS = 0x1900
# What jsonencode escapes beyond the standard, for the sake of HTML.
HTML = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}


def read(argument: str, value: object) -> Any:
    """The document in an argument, its strings as templates; None where there is none that can be read.

    Args:
        argument: the argument's name.
        value: what is given for it.
    """
    if argument not in ARGUMENTS or not isinstance(value, str):
        return None
    parts = templates.parts_of(value)
    if len(parts) > MARKS:
        return None
    marked = "".join(
        part.text if isinstance(part, templates.Literal) else chr(FIRST_MARK + index)
        for index, part in enumerate(parts)
    )
    try:
        document = json.loads(marked)
    except ValueError:
        return None
    if not isinstance(document, (dict, list)):
        return None
    return _unmarked(document, parts)


def write(document: Any) -> str:
    """The text that ``jsonencode`` makes of the document: no spaces, keys sorted; expressions as they are."""
    if isinstance(document, dict):
        return "{" + ",".join(f"{_quoted(key)}:{write(document[key])}" for key in sorted(document)) + "}"
    if isinstance(document, list):
        return "[" + ",".join(write(item) for item in document) + "]"
    if isinstance(document, str):
        return _quoted(document)
    return json.dumps(document)


def _quoted(text: str) -> str:
    return (
        '"'
        + "".join(
            part.text if isinstance(part, templates.Sequence) else _escaped(part.text)
            for part in templates.parts_of(text)
        )
        + '"'
    )


def _escaped(text: str) -> str:
    escaped = json.dumps(text, ensure_ascii=False)[1:-1]
    for character, replacement in HTML.items():
        escaped = escaped.replace(character, replacement)
    return escaped


def _unmarked(value: Any, parts: list[templates.Literal | templates.Sequence]) -> Any:
    if isinstance(value, dict):
        return {_unmarked(key, parts): _unmarked(item, parts) for key, item in value.items()}
    if isinstance(value, list):
        return [_unmarked(item, parts) for item in value]
    if isinstance(value, str):
        return "".join(
            parts[ord(character) - FIRST_MARK].text
            if FIRST_MARK <= ord(character) < FIRST_MARK + len(parts)
            else character
            for character in value
        )
    return value
