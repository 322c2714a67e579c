"""Finds the location of a construct before it is created."""

from __future__ import annotations

from ..errors import Mistakes, PatternError
from . import tokens
from .installation import DISTRIBUTIONS, OTHER_TOOL, TOOL
from .scopes import Location, is_in_other_tool, locate


def locate_new(scope: object, id: object) -> Location:
    """Return the location that a new construct will have; raise `PatternError` if it cannot be created there."""
    parent = locate(scope)
    mistakes = Mistakes(str(id), show=lambda value: value if parent is None else tokens.describe(value, parent.stack))
    if not isinstance(id, str) or not id.strip():
        mistakes.add("id", id, "must be text that is unique in its scope, such as pipeline")
    elif tokens.is_token(id) or "/" in id:
        mistakes.add("id", id, "must be plain text without / and Terraform expressions, such as pipeline")
    if parent is None:
        message = f"must be a TerraformStack of {TOOL}, or a construct in one, such as self"
        if is_in_other_tool(scope):
            message += f"; this one belongs to {OTHER_TOOL}: for an app on it, install {DISTRIBUTIONS[OTHER_TOOL]}"
        mistakes.add("scope", scope, message)
        raise PatternError(mistakes.path, mistakes.found)
    mistakes.raise_any()
    return Location(f"{parent.path}/{id}", parent.stack)
