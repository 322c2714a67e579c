"""Expressions of Terraform: the calls of functions in them, and the parts of a path that are known before a run."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from . import templates

CALL = re.compile(r"(?<![\w.:-])([a-z][a-z0-9]*)\s*\(")
CALL_WITHOUT_ARGUMENTS = re.compile(r"([a-z][a-z0-9]*)\s*\((.*)\)", re.DOTALL)
LOCAL = re.compile(r"local\.([\w-]+)")
HEREDOC = re.compile(r"<<-?[ \t]*([\w-]+)[ \t]*\n(.*?)^[ \t]*\1[ \t]*$", re.DOTALL | re.MULTILINE)
COMMENT = re.compile(r"#[^\n]*|//[^\n]*|/\*.*?\*/", re.DOTALL)
OPENING, CLOSING = "([{", ")]}"
# The deepest chain of local values and templates that is followed.
MAX_DEPTH = 20


@dataclass(frozen=True)
class Call:
    """A call of a function.

    Attributes:
        function: the function's name.
        arguments: the expressions of its arguments.
    """

    function: str
    arguments: tuple[str, ...]


@dataclass(frozen=True)
class Scope:
    """The values around an expression that are known before a run.

    Attributes:
        module: the folder of the module, relative to the folder of the root module.
        local_values: the local values that are strings, by their names. They are templates.
    """

    module: str
    local_values: Mapping[str, str]


def calls_of(expression: str) -> Iterator[Call]:
    """Yield the calls in an expression, those in its strings' templates included."""
    blank = list(expression)
    for start, end in _strings(expression):
        for inner in templates.expressions_of(expression[start + 1 : end - 1]):
            yield from calls_of(inner)
        blank[start:end] = "\0" * (end - start)
    for match in CALL.finditer("".join(blank)):
        yield Call(match[1], tuple(_arguments(expression, match.end())))


def string_literals(expression: str) -> Iterator[str]:
    """Yield the strings of an expression as templates, those in their templates included."""
    for start, end in _strings(expression):
        text = expression[start + 1 : end - 1]
        yield text
        for inner in templates.expressions_of(text):
            yield from string_literals(inner)


def without_comments(hcl: str) -> tuple[str, list[str]]:
    """Return the text of a file in HCL without comments and heredocs, and the texts of its heredocs as templates."""
    heredocs = [match[2] for match in HEREDOC.finditer(hcl)]
    hcl = HEREDOC.sub('""', hcl)
    kept, position = [], 0
    while position < len(hcl):
        if hcl[position] == '"':
            end = templates.end_of_string(hcl, position + 1) or position + 1
            kept.append(hcl[position:end])
        elif match := COMMENT.match(hcl, position):
            end = match.end()
        else:
            end = position + 1
            kept.append(hcl[position])
        position = end
    return "".join(kept), heredocs


def known_parts(template: str, scope: Scope, depth: int = 0) -> list[str | None]:
    """Return the parts of a template: the text of each part that is known before a run, and None for each other."""
    parts: list[str | None] = []
    for part in templates.parts_of(template):
        if isinstance(part, templates.LiteralText):
            parts.append(part.text.replace("$${", "${").replace("%%{", "%{"))
        else:
            parts += [None] if part.expression is None else known_parts_of_expression(part.expression, scope, depth + 1)
    return parts


def known_parts_of_expression(expression: str, scope: Scope, depth: int = 0) -> list[str | None]:
    """Return the parts of an expression's text, like `known_parts`."""
    expression = expression.strip()
    if depth > MAX_DEPTH:
        return [None]
    if expression.startswith('"') and templates.end_of_string(expression, 1) == len(expression):
        return known_parts(_unescaped(expression[1:-1]), scope, depth)
    if expression == "path.module":
        return [scope.module]
    if expression in ("path.root", "path.cwd"):
        return ["."]
    if (match := LOCAL.fullmatch(expression)) and match[1] in scope.local_values:
        return known_parts(scope.local_values[match[1]], scope, depth + 1)
    if match := CALL_WITHOUT_ARGUMENTS.fullmatch(expression):
        arguments = list(_arguments(expression, match.start(2)))
        if match[1] in ("abspath", "tostring") and len(arguments) == 1:
            return known_parts_of_expression(arguments[0], scope, depth + 1)
        if match[1] == "join" and len(arguments) == 2:
            return _joined(arguments[0], arguments[1].strip(), scope, depth + 1)
    return [None]


def _joined(separator: str, items: str, scope: Scope, depth: int) -> list[str | None]:
    if not (items.startswith("[") and items.endswith("]")):
        return [None]
    parts: list[str | None] = []
    for index, item in enumerate(_arguments(f"{items[1:-1]})", 0)):
        if index:
            parts += known_parts_of_expression(separator, scope, depth)
        parts += known_parts_of_expression(item, scope, depth)
    return parts


def _arguments(expression: str, position: int) -> Iterator[str]:
    """Yield the arguments of a call, from the position after its parenthesis."""
    start, depth = position, 0
    while position < len(expression):
        character = expression[position]
        if character == '"':
            position = templates.end_of_string(expression, position + 1) or len(expression)
            continue
        if character in CLOSING and depth == 0:
            break
        if character == "," and depth == 0:
            yield expression[start:position].strip()
            start = position + 1
        depth += (character in OPENING) - (character in CLOSING)
        position += 1
    if last := expression[start:position].strip():
        yield last


def _strings(expression: str) -> Iterator[tuple[int, int]]:
    """Yield the positions of the strings in an expression, quotes included."""
    position = 0
    while (start := expression.find('"', position)) >= 0:
        end = templates.end_of_string(expression, start + 1)
        if end is not None:
            yield start, end
        position = end or start + 1


def _unescaped(text: str) -> str:
    """Return a string of HCL without the escapes of its literal parts."""
    parts = []
    for part in templates.parts_of(text):
        if isinstance(part, templates.LiteralText):
            try:
                parts.append(json.loads(f'"{part.text}"', strict=False))
            except ValueError:
                parts.append(part.text)
        else:
            parts.append(part.text)
    return "".join(parts)
