"""Terraform's native syntax, HCL: blocks and expressions. `hcl_tool` lays them out and checks them."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from ..errors import ConfigurationError
from ..synthesized import templates
from ..synthesized.json_documents import Document, escape_template
from ..synthesized.json_text import write_json
from .schema import METADATA, BlockSchema, Body, Kind, bodies_of, join

COMMENT_WIDTH = 100
MAX_LIST_WIDTH = 90
IDENTIFIER = re.compile(r"[A-Za-z_][\w-]*", re.ASCII)
# At the start of an object, `for` begins another expression. The others are quoted to be read as text by people, too.
KEYWORDS = frozenset({"for", "in", "if", "else", "endif", "endfor", "null", "true", "false"})
# An expression with a line break or a comment needs parentheses around it.
SEVERAL_LINES = re.compile(r"\n|#|//|/\*|<<")
# Meta-arguments that Terraform's style guide puts first and last.
FIRST_ARGUMENTS = ("count", "for_each", "provider")
LAST_ARGUMENTS = ("depends_on",)
LAST_BLOCKS = ("connection", "provisioner", "lifecycle")
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
# In HCL: https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md#quoted-template-expressions. JSON knows more.
SHORT_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
# The categories of characters that are written as escapes: control characters, separators of lines and paragraphs,
# invisible characters, and private ones.
ESCAPED_CATEGORIES = frozenset({"Cc", "Cf", "Zl", "Zp", "Co", "Cn"})
# The spaces that the marks `~` remove: those of Go's `unicode.IsSpace`.
SPACES = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))


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
        """Return the block's lines, without layout."""
        sections = [
            [f"# {comment}" for comment in self.inner_comments],
            [f"{name} = {text}" for name, text in self.arguments if "\n" not in text],
            *([f"{name} = {text}"] for name, text in self.arguments if "\n" in text),
            *(block.lines() for block in self.blocks),
            [f"{name} = {text}" for name, text in self.last_arguments],
        ]
        body: list[str] = []
        for section in filter(None, sections):
            body += ["", *section] if body else section
        head = [f"# {comment}" for comment in self.comments]
        if not body:
            return [*head, f"{self.header} {{}}"]
        return [*head, f"{self.header} {{", *body, "}"]


def write_blocks(blocks: Iterable[Block]) -> str:
    """Return the text of a file with these blocks."""
    return "\n\n".join("\n".join(block.lines()) for block in blocks) + "\n"


def write_comment(text: str) -> list[str]:
    """Return the text as the lines of a comment, without Markdown's backticks."""
    return textwrap.wrap(text.replace("`", ""), COMMENT_WIDTH, break_on_hyphens=False, break_long_words=False)


def build_blocks(
    name: str, value: Any, schema: BlockSchema, address: str, first: Sequence[str] = ()
) -> Iterator[tuple[Body, Block]]:
    """Yield each block of a value in Terraform's JSON syntax, and the block of HCL.

    Args:
        name: the type of the blocks.
        value: their arguments by their labels, in Terraform's JSON syntax.
        schema: their schema.
        address: the address of the value, for errors.
        first: the arguments that come first, in this order. The others follow, sorted by their names.

    Raises:
        ConfigurationError: if the schema does not have a block or an argument, or HCL cannot write a value.
    """
    for body in bodies_of(value, schema.labels, address):
        header = " ".join([name, *(_write_label(label, body.address) for label in body.labels)])
        yield body, build_block(header, body.arguments, schema.of(body.labels, body.address), body.address, first)


def build_block(
    header: str, arguments: Mapping[str, Any], schema: BlockSchema, address: str, first: Sequence[str] = ()
) -> Block:
    """Build a block: each argument becomes an argument or nested blocks, according to the schema.

    Args:
        header: the block's type and labels.
        arguments: the arguments, in Terraform's JSON syntax.
        schema: the schema of the block.
        address: the block's address, for errors.
        first: the arguments that come first, in this order. The others follow, sorted by their names.

    Raises:
        ConfigurationError: if the schema does not have an argument, or HCL cannot write a value.
    """
    block = Block(header)
    meta = [name for name in FIRST_ARGUMENTS if name not in first]
    order = [*meta, *first, *sorted(set(arguments).difference(LAST_BLOCKS)), *LAST_BLOCKS]
    for name in sorted(arguments, key=order.index):
        value = arguments[name]
        path = join(address, name)
        nested, kind = schema.block(name), schema.kind(name)
        if nested is not None:
            block.blocks += [inner for _, inner in build_blocks(name, value, nested, path)]
        elif name == METADATA:
            continue
        elif name in schema.uncertain and _has_objects(value):
            raise ConfigurationError(
                f"{path}: the provider bindings do not say whether this is a block or an argument; run "
                "`terraform init` in the stack's folder in cdktf.out, or use --format json"
            )
        elif kind is None or not IDENTIFIER.fullmatch(name):
            raise ConfigurationError(f"{path}: unknown argument, which cannot be written as HCL; use --format json")
        else:
            target = block.last_arguments if name in LAST_ARGUMENTS else block.arguments
            try:
                target.append((name, write_expression(value, kind)))
            except ValueError as error:
                raise ConfigurationError(f"{path}: {error}") from error
    return block


def write_expression(value: Any, kind: Kind = Kind.TEMPLATE) -> str:
    """Return the HCL expression of a value in Terraform's JSON syntax.

    Args:
        value: the value.
        kind: what the value's strings are.

    Raises:
        ValueError: if HCL cannot write a template.
    """
    if isinstance(value, Document):
        return f"jsonencode({write_expression(_in_policy_order(value.content))})"
    if isinstance(value, str):
        if kind is Kind.CODE:
            return str(value)
        return _write_string(value if kind is Kind.TEMPLATE else escape_template(value))
    if isinstance(value, (list, tuple)):
        # A list of addresses grows line by line.
        one_line = len(value) < 2 if kind is Kind.CODE else None
        return _write_list([write_expression(item, kind) for item in value], one_line=one_line)
    if isinstance(value, Mapping):
        if not value:
            return "{}"
        entries = (
            f"{_write_key(key, kind)} = {write_expression(item, kind.of_key(key))}" for key, item in value.items()
        )
        return "\n".join(["{", *entries, "}"])
    return str(value) if isinstance(value, Decimal) else write_json(value)


def _in_policy_order(document: Any) -> Any:
    if isinstance(document, Mapping):
        order = [*POLICY_KEYS, *sorted(document)]
        return {key: _in_policy_order(document[key]) for key in sorted(document, key=order.index)}
    return [_in_policy_order(item) for item in document] if isinstance(document, list) else document


def _has_objects(value: Any) -> bool:
    return isinstance(value, Mapping) or (isinstance(value, list) and any(map(_has_objects, value)))


def _write_list(items: Sequence[str], *, one_line: bool | None = None) -> str:
    """Return a list. By default, it is on one line if that is short enough."""
    joined = f"[{', '.join(items)}]"
    if one_line is None:
        one_line = "\n" not in joined and len(joined) <= MAX_LIST_WIDTH
    return joined if one_line else "\n".join(["[", *(f"{item}," for item in items), "]"])


def _write_label(label: str, address: str) -> str:
    if not IDENTIFIER.fullmatch(label):
        raise ConfigurationError(f"{address}: {label!r} is not a name that Terraform allows; rename it")
    return f'"{label}"'


def _write_key(key: str, kind: Kind) -> str:
    if kind is Kind.CODE or (IDENTIFIER.fullmatch(key) and key not in KEYWORDS):
        return key
    template = key if kind is Kind.TEMPLATE else escape_template(key)
    expression = templates.sole_expression(template)
    return _write_string(template) if expression is None else f"({_on_several_lines(expression)})"


def _write_string(template: str) -> str:
    parts = templates.parts_of(template)
    if len(parts) == 1 and isinstance(parts[0], templates.TemplateSequence):
        # Next to no text, a mark does nothing.
        expression = _without_mark(parts[0]).expression
        if expression is not None:
            text = _on_several_lines(expression)
            return expression if text == expression else f"({text})"
    parts = _without_marks(parts)
    text = "".join(part.text for part in parts if isinstance(part, templates.LiteralText))
    if parts and not text and len(parts) > sum(isinstance(part, templates.TemplateSequence) for part in parts):
        # Without the spaces, the template would be its expression, whose value may be no text.
        raise ValueError("the marks ~ remove all text around the expression; use --format json, or remove the text")
    written = (part.text if isinstance(part, templates.TemplateSequence) else _escape(part.text) for part in parts)
    return '"' + "".join(written) + '"'


def _on_several_lines(expression: str) -> str:
    """Return the expression on separate lines if it has several, so that a comment or a heredoc in it ends."""
    return f"\n{expression}\n" if SEVERAL_LINES.search(expression) else expression


def _escape(text: str) -> str:
    return "".join(SHORT_ESCAPES.get(character) or _escape_invisible(character) for character in text)


def _escape_invisible(character: str) -> str:
    if unicodedata.category(character) not in ESCAPED_CATEGORIES:
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _without_marks(
    parts: Sequence[templates.LiteralText | templates.TemplateSequence],
) -> list[templates.LiteralText | templates.TemplateSequence]:
    """Return a template without the marks ``~``, which remove spaces next to a sequence.

    In JSON, a mark removes spaces up to the end of a line; between quotes in HCL, it removes all. So a template with
    marks and line breaks is written without those spaces.
    """
    if not any(isinstance(part, templates.LiteralText) and "\n" in part.text for part in parts):
        return list(parts)
    result = list(parts)
    for index, part in enumerate(parts):
        if not isinstance(part, templates.TemplateSequence):
            continue
        if part.text[2] == "~" and index:
            _change(result, index - 1, lambda text: _on_last_line(text, str.rstrip))
        if part.text[-2] == "~" and index + 1 < len(parts):
            _change(result, index + 1, lambda text: _on_first_line(text, str.lstrip))
        result[index] = _without_mark(part)
    return result


def _without_mark(part: templates.TemplateSequence) -> templates.TemplateSequence:
    content = part.text[2:-1].removeprefix("~").removesuffix("~")
    return templates.TemplateSequence(f"{part.text[:2]}{content}}}")


def _change(
    parts: list[templates.LiteralText | templates.TemplateSequence], index: int, change: Callable[[str], str]
) -> None:
    part = parts[index]
    if isinstance(part, templates.LiteralText):
        parts[index] = templates.LiteralText(change(part.text))


def _on_first_line(text: str, strip: Callable[[str, str], str]) -> str:
    end = text.find("\n") + 1 or len(text)
    return strip(text[:end], SPACES) + text[end:]


def _on_last_line(text: str, strip: Callable[[str, str], str]) -> str:
    start = text.rfind("\n", 0, len(text) - 1) + 1
    return text[:start] + strip(text[start:], SPACES)
