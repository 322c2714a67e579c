"""Statements of policies, the Sids that the pattern's own statements have, and the JSON text of a policy."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from cdktf import Fn

from .._engine.templates import split_template
from .._engine.tokens import is_resolvable, is_token

Statement = dict[str, Any]

# The parts that `json.dumps` writes wrongly: an expression that can have quotes, and a list or map of the engine. A
# plain reference and cdktf's own mark of an expression have nothing to escape.
NEEDS_PARTS = re.compile(r"[$%]\{(?!TfToken\[|[\w.-]+\})|[#&]\{TfToken\[")

PatternSid = Literal[
    "ListStreams",
    "ReadStream",
    "DecryptStream",
    "AccessTable",
    "UseTableKey",
    "SendFailedBatches",
    "EncryptFailedBatches",
    "WriteLogs",
    "SendTraces",
    "JoinVpc",
    "SendFailedEvents",
    "EncryptFailedEvents",
    "MountFileSystem",
    "CheckpointExecutions",
]


def allow(sid: PatternSid, actions: Sequence[str], resource: str | list[str]) -> Statement:
    """Return a statement that allows actions on a resource."""
    return {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": resource}


def policy_document(statements: Iterable[Statement]) -> str:
    """Return the JSON of a policy, which is correct in both outputs of cdktf, JSON and HCL.

    In HCL, cdktf writes text of one line between quotes. It escapes no quotes in text with an expression, and never
    escapes a backslash. Text of two lines becomes a heredoc, which needs no escapes. So such a policy ends with a line
    break, which has no meaning in JSON.
    https://github.com/hashicorp/terraform-cdk/blob/v0.21.0/packages/cdktf/lib/hcl/render.ts (renderString)
    """
    return to_document({"Version": "2012-10-17", "Statement": list(statements)})


def to_document(value: Any) -> str:
    """Return the JSON text of an argument that is a document; see `policy_document` for its line break."""
    text = to_json(value)
    return f"{text}\n" if re.search(r"[$%]\{|\\", text) else text


def to_json(value: Any) -> str:
    """Return the JSON text of a value that can contain Terraform expressions.

    It is the text of `json.dumps`, except that an expression in a string is not escaped: Terraform reads the quotes in
    ``${var.arns["orders"]}`` itself. A list or map that only Terraform knows becomes ``${jsonencode(...)}``.
    """
    try:
        text = json.dumps(value)
    except TypeError:  # a value of the engine
        return _to_json_by_parts(value)
    return _to_json_by_parts(value) if NEEDS_PARTS.search(text) else text


def _to_json_by_parts(value: Any) -> str:
    if is_resolvable(value) or (isinstance(value, list | tuple | dict) and is_token(value)):
        return str(Fn.jsonencode(value))
    match value:
        case str():
            parts = (part if is_expression else json.dumps(part)[1:-1] for part, is_expression in split_template(value))
            return '"' + "".join(parts) + '"'
        case Mapping():
            return "{" + ", ".join(f"{to_json(str(key))}: {to_json(item)}" for key, item in value.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(map(to_json, value)) + "]"
        case _:
            return json.dumps(value)
