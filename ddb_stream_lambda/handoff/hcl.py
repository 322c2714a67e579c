"""Terraform's JSON syntax as HCL, laid out as ``terraform fmt`` does."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from . import documents, templates
from .configuration import Configuration, Resource
from .errors import ConfigurationError
from .schema import Body

INDENT = "  "
COMMENT_WIDTH = 100
IDENTIFIER = re.compile(r"[A-Za-z_][\w-]*")
# What every resource takes beside its provider's arguments, first to last.
META_FIRST = ("count", "for_each", "provider")
META_LAST = ("lifecycle", "depends_on")
# Arguments whose strings are references, not text.
REFERENCES = frozenset({"depends_on", "provider", "ignore_changes", "replace_triggered_by", "to"})
IMPORT = ("to", "id", "provider")
LIFECYCLE = Body(
    {"create_before_destroy", "prevent_destroy", "ignore_changes", "replace_triggered_by"},
    {"precondition": Body({"condition", "error_message"}), "postcondition": Body({"condition", "error_message"})},
)
VARIABLE = Body(
    {"description", "type", "default", "nullable", "sensitive", "ephemeral"},
    {"validation": Body({"condition", "error_message"})},
)
OUTPUT = Body(
    {"description", "value", "sensitive", "ephemeral", "depends_on"},
    {"precondition": Body({"condition", "error_message"})},
)
# A policy as AWS's documentation writes one.
POLICY_ORDER = (
    "Version",
    "Id",
    "Statement",
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
)
# As a reader wants them: what it is for, what it takes, what it is without.
VARIABLE_ORDER = ("description", "type", "default", "nullable", "sensitive", "ephemeral")


@dataclass
class Block:
    """A block of HCL.

    Attributes:
        header: its type and labels, such as ``resource "aws_sqs_queue" "dead_letters"``.
        arguments: name and expression, in their order.
        blocks: the nested ones.
        last: arguments that stand after the nested blocks.
        comments: lines before it; `inner` lines at its top.
        inner: comments at its top.
    """

    header: str
    arguments: list[tuple[str, str]] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    last: list[tuple[str, str]] = field(default_factory=list)
    comments: Sequence[str] = ()
    inner: Sequence[str] = ()

    def lines(self) -> list[str]:
        """The block's lines, not indented."""
        short = [entry for entry in self.arguments if "\n" not in entry[1]]
        sections = [
            [f"# {comment}" for comment in self.inner],
            _aligned(short),
            *(_aligned([entry]) for entry in self.arguments if "\n" in entry[1]),
            *(block.lines() for block in self.blocks),
            _aligned(self.last),
        ]
        body: list[str] = []
        for section in filter(None, sections):
            body += ["", *section] if body else section
        head = [f"# {comment}" for comment in self.comments]
        if not body:
            return [*head, f"{self.header} {{}}"]
        return [*head, f"{self.header} {{", *_indented(body), "}"]


def file_of(blocks: Iterable[Block]) -> str:
    """The text of a file."""
    return "\n\n".join("\n".join(block.lines()) for block in blocks) + "\n"


def block_of(header: str, given: Mapping[str, Any], body: Body, where: str, *, first: Sequence[str] = ()) -> Block:
    """A block of the arguments given, each as an argument or as nested blocks, as its body says.

    Args:
        header: the block's type and labels.
        given: the arguments in Terraform's JSON syntax.
        body: which of them are blocks.
        where: the block's address, for errors.
        first: arguments that stand first, in this order; the others follow in that of their names.

    Raises:
        ConfigurationError: for an argument that the body does not know.
    """
    block = Block(header)
    order = [*META_FIRST, *first, *sorted(given)]
    for name in sorted(given, key=order.index):
        value = given[name]
        if value is None:
            continue
        if name in body.blocks:
            block.blocks += _nested(name, value, body.blocks[name], f"{where}.{name}")
        elif name == "dynamic":
            block.blocks += _dynamic(value, body, where)
        elif name in body.arguments:
            block.arguments.append((name, expression(value, name)))
        else:
            raise ConfigurationError(f"{where}.{name}: unknown, so that it cannot be written as HCL; use --format json")
    return block


def resource_block(resource: Resource, body: Body) -> Block:
    """The block of a resource or a data source."""
    known = Body(body.arguments | {"count", "for_each", "provider"}, body.blocks)
    given = {key: value for key, value in resource.arguments.items() if key not in META_LAST}
    header = f'{"data" if resource.data else "resource"} "{resource.type}" "{resource.name}"'
    block = block_of(header, given, known, resource.address, first=("name", "function_name", "alarm_name"))
    if lifecycle := resource.arguments.get("lifecycle"):
        block.blocks.append(block_of("lifecycle", lifecycle, LIFECYCLE, f"{resource.address}.lifecycle"))
    if depends_on := resource.arguments.get("depends_on"):
        block.last.append(("depends_on", expression(depends_on, "depends_on")))
    return block


def variable_blocks(configuration: Configuration) -> list[Block]:
    """The variables' blocks."""
    return [
        block_of(
            f'variable "{name}"',
            {**given, "type": Raw(given["type"])} if "type" in given else given,
            VARIABLE,
            f"var.{name}",
            first=VARIABLE_ORDER,
        )
        for name, given in sorted(configuration.variables.items())
    ]


def output_blocks(configuration: Configuration) -> list[Block]:
    """The outputs' blocks."""
    return [
        block_of(f'output "{name}"', given, OUTPUT, f"output.{name}", first=("description", "value"))
        for name, given in sorted(configuration.outputs.items())
    ]


def import_blocks(configuration: Configuration) -> list[Block]:
    """The import blocks."""
    return [
        Block(
            "import",
            [
                (name, given[name] if name in REFERENCES else expression(given[name]))
                for name in IMPORT
                if name in given
            ],
        )
        for given in configuration.blocks.get("import", [])
    ]


def settings_block(settings: Mapping[str, Any]) -> Block:
    """The ``terraform`` block.

    Args:
        settings: its ``required_version`` and ``required_providers``.
    """
    providers = [(name, expression(given)) for name, given in settings["required_providers"].items()]
    return Block(
        "terraform",
        [("required_version", expression(settings["required_version"]))],
        [Block("required_providers", providers)] if providers else [],
    )


def comment(text: str) -> list[str]:
    """Text as the lines of a comment."""
    return textwrap.wrap(text.replace("`", ""), COMMENT_WIDTH, break_on_hyphens=False, break_long_words=False)


class Raw(str):
    """Text that is HCL already."""

    __slots__ = ()


def expression(value: Any, argument: str = "") -> str:
    """The HCL expression of a value in Terraform's JSON syntax.

    Args:
        value: the value; its strings are templates.
        argument: the argument that takes it, which may hold references or a JSON document.
    """
    if isinstance(value, Raw):
        return str(value)
    if argument in REFERENCES:
        return f"[{', '.join(value)}]" if isinstance(value, list) and len(value) < 2 else _references(value)
    document = documents.read(argument, value)
    if document is not None:
        return f"jsonencode({expression(_ordered(document))})"
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, list):
        return _list([expression(item) for item in value])
    if isinstance(value, Mapping):
        if not value:
            return "{}"
        entries = [(_key(key), expression(item)) for key, item in value.items()]
        return "\n".join(["{", *_indented(_aligned(entries)), "}"])
    return json.dumps(value)


def _ordered(document: Any) -> Any:
    if isinstance(document, Mapping):
        order = [*POLICY_ORDER, *sorted(document)]
        return {key: _ordered(document[key]) for key in sorted(document, key=order.index)}
    return [_ordered(item) for item in document] if isinstance(document, list) else document


def _references(value: Any) -> str:
    return _list([str(item) for item in value], long=True) if isinstance(value, list) else str(value)


def _list(items: Sequence[str], *, long: bool = False) -> str:
    joined = f"[{', '.join(items)}]"
    if not long and "\n" not in joined and len(joined) <= 90:
        return joined
    return "\n".join(["[", *_indented(line for item in items for line in f"{item},".split("\n")), "]"])


def _key(key: str) -> str:
    return key if IDENTIFIER.fullmatch(key) else _string(key)


def _string(text: str) -> str:
    sole = templates.sole_expression(text)
    if sole is not None:
        return sole
    return (
        '"'
        + "".join(
            part.text if isinstance(part, templates.Sequence) else json.dumps(part.text, ensure_ascii=False)[1:-1]
            for part in templates.parts_of(text)
        )
        + '"'
    )


def _nested(name: str, value: Any, body: Body, where: str) -> list[Block]:
    given = value if isinstance(value, list) else [value]
    if not all(isinstance(item, Mapping) for item in given):
        raise ConfigurationError(
            f"{where} is a block, but an expression is given for it, which HCL cannot say; use "
            "--format json, or a dynamic block"
        )
    return [block_of(name, item, body, where) for item in given]


def _dynamic(value: Any, body: Body, where: str) -> list[Block]:
    blocks = []
    for name, given in value.items():
        if name not in body.blocks:
            raise ConfigurationError(f"{where}.dynamic.{name}: no block of that name; use --format json")
        settings = {key: item for key, item in given.items() if key != "content"}
        if "iterator" in settings:
            settings["iterator"] = Raw(settings["iterator"])
        block = block_of(f'dynamic "{name}"', settings, Body({"for_each", "iterator", "labels"}), where)
        block.blocks.append(block_of("content", given.get("content", {}), body.blocks[name], f"{where}.{name}"))
        blocks.append(block)
    return blocks


def _aligned(entries: Sequence[tuple[str, str]]) -> list[str]:
    """``name = expression`` lines, the equals signs of adjacent single-line ones beneath each other."""
    lines: list[str] = []
    group: list[tuple[str, str]] = []

    def flush() -> None:
        width = max((len(name) for name, _ in group), default=0)
        lines.extend(f"{name:{width}} = {text}" for name, text in group)
        group.clear()

    for name, text in entries:
        if "\n" in text:
            flush()
            lines.extend(f"{name} = {text}".split("\n"))
        else:
            group.append((name, text))
    flush()
    return lines


def _indented(lines: Iterable[str]) -> list[str]:
    return [INDENT + line if line else line for line in lines]
