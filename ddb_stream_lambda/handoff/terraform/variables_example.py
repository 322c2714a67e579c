"""The file ``terraform.tfvars.example``, which an operator copies and fills in for each environment."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from ..facts.variables import Variable
from .hcl import write_expression
from .schema import Kind

WIDTH = 100


def variables_example(variables: Sequence[Variable]) -> str:
    """Return the file's text: required variables first, then the others as comments with their defaults."""
    if not variables:
        return "# This stack has no variables.\n"
    in_order = sorted(variables, key=lambda variable: (not variable.is_required, variable.name))
    return "\n\n".join(map(_section, in_order)) + "\n"


def _section(variable: Variable) -> str:
    text = " ".join(filter(None, [variable.description, *variable.error_messages]))
    lines = textwrap.wrap(text, WIDTH, initial_indent="# ", subsequent_indent="# ")
    if variable.is_required:
        value = '"CHANGE-ME"' if variable.type in (None, "string") else "null"
        lines.append(f"{variable.name} = {value}")
    else:
        assignment = f"{variable.name} = {write_expression(variable.default, Kind.TEXT)}"
        lines += [f"# {line}" for line in _indented(assignment)]
    return "\n".join(lines)


def _indented(text: str) -> Iterator[str]:
    """Yield the lines of a value. A line that opens or closes an object or a list ends or begins with a bracket."""
    depth = 0
    for line in text.split("\n"):
        depth -= line.startswith(("}", "]"))
        yield "  " * depth + line
        depth += line.endswith(("{", "["))
