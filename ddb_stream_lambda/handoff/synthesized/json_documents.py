"""JSON documents inside arguments, such as policies: read with their expressions, written like ``jsonencode``.

A bundle's HCL writes a document with Terraform's function ``jsonencode``. A bundle's JSON contains the text that
``jsonencode`` returns, so that both formats produce the same plan. A document for which this is not certain stays the
text that it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from . import templates
from .json_text import read_json

# Arguments of the AWS provider's resources that hold a JSON document. The provider compares them as JSON: it ignores
# changes of spacing and of the order of keys (see SuppressEquivalentPolicyDiffs, SuppressEquivalentJSONDiffs and
# NormalizeJsonString in its source). All other text stays as it is, even if it looks like JSON: the spacing of a
# function's environment variable may matter to the function.
DOCUMENT_ARGUMENTS = frozenset(
    {
        "access_policies",
        "access_policy",
        "assume_role_policy",
        "container_definitions",
        "dashboard_body",
        "delivery_policy",
        "event_pattern",
        "filter_policy",
        "policy",
        "policy_document",
        "redrive_allow_policy",
        "redrive_policy",
        "resource_policy",
    }
)
# The same in nested blocks: the block's name and the argument.
NESTED_DOCUMENT_ARGUMENTS = frozenset({("inline_policy", "policy")})
AWS_TYPE = re.compile(r"aws_\w+")
# An expression in a document is written as text and not with ``jsonencode`` unless its value is a string without any
# character that JSON escapes. This is known of the identifiers that AWS makes: ARNs, account ids, names of regions.
# The ARN of an object in S3 contains its key, which can be any text.
REFERENCE = (
    r"(data\.)?aws_(?!s3_(bucket_)?objects?\.)[a-z0-9_]+\.[A-Za-z_][\w-]*"
    r"(\[(\d+|count\.index|each\.key|\"[\w./:-]*\")\])?"
    r"(\.[a-z0-9_]+(\[\d+\])?)*\.([a-z0-9_]+_)?(arn|account_id|partition|dns_suffix|region)"
)
# A reference, or a part of an ARN.
SAFE_EXPRESSION = re.compile(rf'{REFERENCE}|element\(split\(":", {REFERENCE}\), \d+\)|split\(":", {REFERENCE}\)\[\d+\]')
# `jsonencode` escapes these characters: https://developer.hashicorp.com/terraform/language/functions/jsonencode
ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
# The versions of Terraform escape these control characters differently.
VERSION_SPECIFIC = re.compile("[\b\f]")
ESCAPED_SEQUENCE = re.compile(r"([$%])\1\{")
# Terraform's numbers have 512 bits.
MAX_DIGITS = 150
# While a document is read, characters of this private use area replace its expressions.
PLACEHOLDERS = range(0xF0000, 0xFFFFD)


class Document(str):
    """The text of a JSON document that ``jsonencode`` returns for `content`.

    Attributes:
        content: the document, with templates as its strings.
    """

    __slots__ = ("content",)

    content: Any


def with_documents(blocks: Mapping[str, Any]) -> dict[str, Any]:
    """Return the blocks with a `Document` in each argument that holds one."""
    return {
        name: {type: _in_type(type, content) for type, content in block.items()}
        if name in ("resource", "data") and isinstance(block, dict)
        else block
        for name, block in blocks.items()
    }


def read_document(argument: str, value: object) -> Any:
    """Return the content of the JSON document in an argument, with templates as its strings.

    Args:
        argument: the argument's name.
        value: the argument's value.

    Returns:
        The content; None if the argument holds no document, or if it cannot be read because of its expressions.
    """
    return _read(value) if argument in DOCUMENT_ARGUMENTS and isinstance(value, str) else None


def exact_document(value: object) -> Document | None:
    """Return the JSON document that is in a string.

    Returns:
        The document; None if there is none, or if ``jsonencode`` might not return the same text.
    """
    if not isinstance(value, str):
        return None
    sequences = [part for part in templates.parts_of(value) if isinstance(part, templates.TemplateSequence)]
    if not all(part.expression and SAFE_EXPRESSION.fullmatch(part.expression) for part in sequences):
        return None
    content = _read(value)
    if content is None or not _is_exact(content):
        return None
    document = Document(write_document(content))
    document.content = content
    return document


def _read(template: str) -> Any:
    unused = (character for character in map(chr, PLACEHOLDERS) if character not in template)
    placeholders: dict[str, str] = {}
    text = ""
    for part in templates.parts_of(template):
        if isinstance(part, templates.LiteralText):
            text += _unescape(part.text)
        else:
            placeholder = next(unused)
            placeholders[placeholder] = part.text
            text += placeholder
    try:
        content = read_json(text)
    except ValueError:
        return None
    return _with_expressions(content, placeholders) if isinstance(content, (dict, list)) else None


def write_document(document: Any) -> str:
    """Return the text that ``jsonencode`` produces: no spaces, sorted keys. Expressions stay as they are."""
    if isinstance(document, dict):
        entries = (f"{_quoted(key)}:{write_document(document[key])}" for key in sorted(document))
        return "{" + ",".join(entries) + "}"
    if isinstance(document, list):
        return "[" + ",".join(map(write_document, document)) + "]"
    if isinstance(document, str):
        return _quoted(document)
    if isinstance(document, (float, Decimal)):
        return _without_exponent(Decimal(repr(document)) if isinstance(document, float) else document)
    return json.dumps(document)


def escape_template(text: str) -> str:
    """Return the template whose value is the text."""
    return text.replace("${", "$${").replace("%{", "%%{")


def _in_type(type: str, resources: Any) -> Any:
    if not AWS_TYPE.fullmatch(type) or not isinstance(resources, dict):
        return resources
    return {name: _in_arguments(arguments) for name, arguments in resources.items()}


def _in_arguments(arguments: Any) -> Any:
    if not isinstance(arguments, dict):
        return arguments
    changed = dict(arguments)
    for name, value in arguments.items():
        if name in DOCUMENT_ARGUMENTS:
            changed[name] = exact_document(value) or value
        for block, argument in NESTED_DOCUMENT_ARGUMENTS:
            if name == block:
                changed[name] = _in_blocks(value, argument)
    return changed


def _in_blocks(value: Any, argument: str) -> Any:
    if isinstance(value, list):
        return [_in_blocks(item, argument) for item in value]
    if isinstance(value, dict) and argument in value:
        return {**value, argument: exact_document(value[argument]) or value[argument]}
    return value


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


def _unescape(literal: str) -> str:
    """Return the value of a template's literal text."""
    return ESCAPED_SEQUENCE.sub(r"\1{", literal)


def _without_exponent(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _is_exact(value: Any) -> bool:
    """Return whether it is certain what ``jsonencode`` returns for the value."""
    if isinstance(value, dict):
        if len(value) > 1 and any(templates.expressions_of(key) for key in value):
            # The order of the keys depends on the expression's value.
            return False
        return all(_is_exact(key) and _is_exact(item) for key, item in value.items())
    if isinstance(value, list):
        return all(map(_is_exact, value))
    if isinstance(value, str):
        return not VERSION_SPECIFIC.search(value)
    if isinstance(value, (int, float, Decimal)):
        number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
        is_negative_zero = number.is_zero() and number.is_signed()
        return abs(number.adjusted()) + len(number.as_tuple().digits) < MAX_DIGITS and not is_negative_zero
    return True


def _with_expressions(value: Any, placeholders: Mapping[str, str]) -> Any:
    """Return the document with templates as its strings: the placeholders become expressions again."""
    if isinstance(value, dict):
        return dict(_entries(value, placeholders))
    if isinstance(value, list):
        return [_with_expressions(item, placeholders) for item in value]
    if isinstance(value, str):
        template = escape_template(value)
        for placeholder, sequence in placeholders.items():
            template = template.replace(placeholder, sequence)
        return template
    return value


def _entries(value: Mapping[str, Any], placeholders: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    for key, item in value.items():
        yield _with_expressions(key, placeholders), _with_expressions(item, placeholders)
