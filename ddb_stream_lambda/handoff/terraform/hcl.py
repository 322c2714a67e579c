"""Terraform's native syntax, HCL: blocks and expressions, written as ``terraform fmt`` formats them."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..errors import ConfigurationError
from ..synthesized import templates
from ..synthesized.json_documents import read_document
from .provider_schema import BlockSchema

INDENT = "  "
COMMENT_WIDTH = 100
MAX_LIST_WIDTH = 90
IDENTIFIER = re.compile(r"[A-Za-z_][\w-]*")
# Meta-arguments that Terraform's style guide puts first.
FIRST_META_ARGUMENTS = ("count", "for_each", "provider")
# Arguments whose strings are references, not text.
REFERENCE_ARGUMENTS = frozenset({"depends_on", "provider", "ignore_changes", "replace_triggered_by", "to"})
# The order of a policy's keys in AWS's documentation.
POLICY_KEYS = (
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


class RawHcl(str):
    """Text that is HCL already, and not a template."""

    __slots__ = ()


@dataclass
class Block:
    """A block of HCL.

    Attributes:
        header: its type and labels, such as ``resource "aws_sqs_queue" "dead_letters"``.
        arguments: the names and expressions of its arguments, in their order.
        blocks: its nested blocks.
        last_arguments: the arguments after the nested blocks.
        comments: the lines of the comment before the block.
        inner_comments: the lines of the comment at the start of its body.
    """

    header: str
    arguments: list[tuple[str, str]] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    last_arguments: list[tuple[str, str]] = field(default_factory=list)
    comments: Sequence[str] = ()
    inner_comments: Sequence[str] = ()

    def lines(self) -> list[str]:
        """Return the block's lines, without indentation."""
        one_line = [argument for argument in self.arguments if "\n" not in argument[1]]
        sections = [
            [f"# {comment}" for comment in self.inner_comments],
            _aligned(one_line),
            *(_aligned([argument]) for argument in self.arguments if "\n" in argument[1]),
            *(block.lines() for block in self.blocks),
            _aligned(self.last_arguments),
        ]
        body: list[str] = []
        for section in filter(None, sections):
            body += ["", *section] if body else section
        head = [f"# {comment}" for comment in self.comments]
        if not body:
            return [*head, f"{self.header} {{}}"]
        return [*head, f"{self.header} {{", *_indented(body), "}"]


def write_blocks(blocks: Iterable[Block]) -> str:
    """Return the text of a file with these blocks."""
    return "\n\n".join("\n".join(block.lines()) for block in blocks) + "\n"


def write_comment(text: str) -> list[str]:
    """Return the text as the lines of a comment, without Markdown's backticks."""
    return textwrap.wrap(text.replace("`", ""), COMMENT_WIDTH, break_on_hyphens=False, break_long_words=False)


def build_block(
    header: str, arguments: Mapping[str, Any], schema: BlockSchema, *, address: str, first: Sequence[str] = ()
) -> Block:
    """Build a block: each argument becomes an argument or nested blocks, according to the schema.

    Args:
        header: the block's type and labels.
        arguments: the arguments, in Terraform's JSON syntax.
        schema: the schema of the block.
        address: the block's address, for errors.
        first: the arguments that come first, in this order. The others follow, sorted by their names.

    Raises:
        ConfigurationError: if the schema does not have an argument.
    """
    block = Block(header)
    order = [*FIRST_META_ARGUMENTS, *first, *sorted(arguments)]
    for name in sorted(arguments, key=order.index):
        value = arguments[name]
        if value is None:
            continue
        if name in schema.blocks:
            block.blocks += _nested_blocks(name, value, schema.blocks[name], address=f"{address}.{name}")
        elif name == "dynamic":
            block.blocks += _dynamic_blocks(value, schema, address=address)
        elif name in schema.arguments:
            block.arguments.append((name, write_expression(value, name)))
        else:
            raise ConfigurationError(
                f"{address}.{name}: unknown argument, which cannot be written as HCL; use --format json"
            )
    return block


def write_expression(value: Any, argument: str = "") -> str:
    """Return the HCL expression of a value in Terraform's JSON syntax.

    Args:
        value: the value. Its strings are templates.
        argument: the name of the argument, which decides whether the value holds references or a JSON document.
    """
    if isinstance(value, RawHcl):
        return str(value)
    if argument in REFERENCE_ARGUMENTS:
        return _write_references(value)
    document = read_document(argument, value)
    if document is not None:
        return f"jsonencode({write_expression(_in_policy_order(document))})"
    if isinstance(value, str):
        return _write_string(value)
    if isinstance(value, list):
        return _write_list([write_expression(item) for item in value])
    if isinstance(value, Mapping):
        if not value:
            return "{}"
        entries = [(_write_key(key), write_expression(item)) for key, item in value.items()]
        return "\n".join(["{", *_indented(_aligned(entries)), "}"])
    return json.dumps(value)


def _in_policy_order(document: Any) -> Any:
    if isinstance(document, Mapping):
        order = [*POLICY_KEYS, *sorted(document)]
        return {key: _in_policy_order(document[key]) for key in sorted(document, key=order.index)}
    return [_in_policy_order(item) for item in document] if isinstance(document, list) else document


def _write_references(value: Any) -> str:
    if not isinstance(value, list):
        return str(value)
    references = [str(item) for item in value]
    return _write_list(references, one_line=len(references) < 2)


def _write_list(items: Sequence[str], *, one_line: bool | None = None) -> str:
    """Return a list. By default, it is on one line if that is short enough."""
    joined = f"[{', '.join(items)}]"
    if one_line is None:
        one_line = "\n" not in joined and len(joined) <= MAX_LIST_WIDTH
    if one_line:
        return joined
    return "\n".join(["[", *_indented(line for item in items for line in f"{item},".split("\n")), "]"])


def _write_key(key: str) -> str:
    return key if IDENTIFIER.fullmatch(key) else _write_string(key)


def _write_string(template: str) -> str:
    expression = templates.sole_expression(template)
    if expression is not None:
        return expression
    parts = (
        part.text if isinstance(part, templates.TemplateSequence) else json.dumps(part.text, ensure_ascii=False)[1:-1]
        for part in templates.parts_of(template)
    )
    return '"' + "".join(parts) + '"'


def _nested_blocks(name: str, value: Any, schema: BlockSchema, *, address: str) -> list[Block]:
    contents = value if isinstance(value, list) else [value]
    if not all(isinstance(content, Mapping) for content in contents):
        raise ConfigurationError(
            f"{address}: HCL has no expression for a whole block; use --format json, or a dynamic block"
        )
    return [build_block(name, content, schema, address=address) for content in contents]


def _dynamic_blocks(value: Any, schema: BlockSchema, *, address: str) -> list[Block]:
    blocks = []
    for name, dynamic in value.items():
        if name not in schema.blocks:
            raise ConfigurationError(f"{address}.dynamic.{name}: unknown block; use --format json")
        settings = {key: item for key, item in dynamic.items() if key != "content"}
        if "iterator" in settings:
            settings["iterator"] = RawHcl(settings["iterator"])
        dynamic_schema = BlockSchema({"for_each", "iterator", "labels"})
        block = build_block(f'dynamic "{name}"', settings, dynamic_schema, address=f"{address}.dynamic.{name}")
        content = dynamic.get("content", {})
        block.blocks.append(build_block("content", content, schema.blocks[name], address=f"{address}.{name}"))
        blocks.append(block)
    return blocks


def _aligned(entries: Sequence[tuple[str, str]]) -> list[str]:
    """Return ``name = expression`` lines. The equals signs of adjacent one-line entries are aligned."""
    lines: list[str] = []
    group: list[tuple[str, str]] = []

    def end_group() -> None:
        width = max((len(name) for name, _ in group), default=0)
        lines.extend(f"{name:{width}} = {text}" for name, text in group)
        group.clear()

    for name, text in entries:
        if "\n" in text:
            end_group()
            lines.extend(f"{name} = {text}".split("\n"))
        else:
            group.append((name, text))
    end_group()
    return lines


def _indented(lines: Iterable[str]) -> list[str]:
    return [INDENT + line if line else line for line in lines]
