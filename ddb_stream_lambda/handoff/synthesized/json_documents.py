"""JSON documents inside arguments, such as policies: read with their expressions, written like ``jsonencode``.

A bundle's HCL writes a document with Terraform's function ``jsonencode``. A bundle's JSON contains the text that
``jsonencode`` returns, so that both formats produce the same plan.
"""

from __future__ import annotations

import json
from typing import Any

from . import templates

# Arguments that hold a JSON document whose spacing has no meaning. All other text stays as it is, even if it looks like
# JSON: the spacing of a function's environment variable may matter to the function.
DOCUMENT_ARGUMENTS = frozenset(
    {"assume_role_policy", "policy", "pattern", "redrive_policy", "redrive_allow_policy", "access_policy"}
)
# While a document is read, characters of Unicode's private use area replace its expressions. No policy holds them.
FIRST_PLACEHOLDER = 0xE000
MAX_PLACEHOLDERS = 0x1900
# jsonencode escapes these characters: https://developer.hashicorp.com/terraform/language/functions/jsonencode
ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def read_document(argument: str, value: object) -> Any:
    """Return the JSON document in an argument, with templates as its strings.

    Args:
        argument: the argument's name.
        value: the argument's value.

    Returns:
        The document; None if the argument holds none, or if it cannot be read because of its expressions.
    """
    if argument not in DOCUMENT_ARGUMENTS or not isinstance(value, str):
        return None
    parts = templates.parts_of(value)
    if len(parts) > MAX_PLACEHOLDERS:
        return None
    text = "".join(
        part.text if isinstance(part, templates.LiteralText) else chr(FIRST_PLACEHOLDER + index)
        for index, part in enumerate(parts)
    )
    try:
        document = json.loads(text)
    except ValueError:
        return None
    if not isinstance(document, (dict, list)):
        return None
    return _with_expressions(document, parts)


def write_document(document: Any) -> str:
    """Return the text that ``jsonencode`` produces: no spaces, sorted keys. Expressions stay as they are."""
    if isinstance(document, dict):
        entries = (f"{_quoted(key)}:{write_document(document[key])}" for key in sorted(document))
        return "{" + ",".join(entries) + "}"
    if isinstance(document, list):
        return "[" + ",".join(map(write_document, document)) + "]"
    if isinstance(document, str):
        return _quoted(document)
    return json.dumps(document)


def _quoted(template: str) -> str:
    parts = (
        part.text if isinstance(part, templates.TemplateSequence) else _escaped(part.text)
        for part in templates.parts_of(template)
    )
    return '"' + "".join(parts) + '"'


def _escaped(text: str) -> str:
    escaped = json.dumps(text, ensure_ascii=False)[1:-1]
    for character, replacement in ESCAPES.items():
        escaped = escaped.replace(character, replacement)
    return escaped


def _with_expressions(value: Any, parts: list[templates.LiteralText | templates.TemplateSequence]) -> Any:
    """Replace the placeholders in a document with the expressions."""
    if isinstance(value, dict):
        return {_with_expressions(key, parts): _with_expressions(item, parts) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_expressions(item, parts) for item in value]
    if isinstance(value, str):
        return "".join(
            parts[ord(character) - FIRST_PLACEHOLDER].text
            if FIRST_PLACEHOLDER <= ord(character) < FIRST_PLACEHOLDER + len(parts)
            else character
            for character in value
        )
    return value
