"""The check of a bundle's HCL: parsed by HashiCorp's parser, it must have the same meaning as the JSON configuration.

Each value of the configuration is compared. A difference is an error with the value's address; such a bundle is never
written.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any

from ..errors import ConfigurationError
from ..facts.constraints import Requirements
from ..facts.stack import DescribedResource
from ..synthesized import templates
from ..synthesized.configuration import Configuration
from ..synthesized.json_documents import Document, escape_template, write_document
from .hcl_files import ADDRESSES, hcl_files, kinds_of
from .hcl_tool import HclTool
from .language import root_schema
from .provider_schema import read_schemas
from .schema import METADATA, BlockSchema, Kind, bodies_of, join

MAX_SHOWN = 120
MAX_DIFFERENCES = 10
JSONENCODE = "${jsonencode("
MISSING = object()
# A heredoc always ends with a line break. The character before it keeps it from a mark at the end of the template.
HEREDOC_ENDING = "|\n"
COMMENTS = ("#", "//", "/*")


@dataclass(frozen=True)
class Difference:
    """A value of the JSON that the HCL does not have.

    Attributes:
        address: the address of the value.
        expected: the value in the JSON configuration.
        found: the value that the parser read from the HCL.
    """

    address: str
    expected: Any
    found: Any

    def __str__(self) -> str:
        return f"{self.address}: JSON has {_shown(self.expected)}, HCL has {_shown(self.found)}"


class Form(Enum):
    """The form in which the parser reads the JSON's text for a question."""

    EXPRESSION = "an item of a list"
    TEMPLATE = "a heredoc, which has no escapes, as JSON has none after it is read"
    DOCUMENT = "the argument of jsonencode"


@dataclass(frozen=True)
class Question:
    """A value that only the parser can compare.

    Attributes:
        difference: the difference, if the answer is not the same.
        form: the form of the text.
        text: HCL with the argument `v`.
    """

    difference: Difference
    form: Form
    text: str


def checked_hcl_files(
    *,
    configuration: Configuration,
    requirements: Requirements,
    resources: Sequence[DescribedResource],
    stack_folder: Path | None,
    tool: HclTool,
    check: bool,
) -> dict[str, str]:
    """Return the text of each file of the configuration in HCL, laid out and checked.

    Args:
        configuration: the configuration.
        requirements: the constraints on Terraform and the providers.
        resources: the data sources and resources, in the order of the file.
        stack_folder: the stack's folder.
        tool: the formatter and the parser.
        check: whether the files are checked.

    Raises:
        ConfigurationError: if the configuration cannot be written as HCL with the same meaning.
    """
    schema = root_schema(read_schemas(kinds_of(configuration), stack_folder))
    files = hcl_files(configuration=configuration, requirements=requirements, resources=resources, schema=schema)
    if check:
        tool.require_parser()
    files = tool.format(files)
    if check:
        check_hcl(files, {**configuration.blocks, "terraform": requirements.block}, schema, tool)
    return files


def check_hcl(files: Mapping[str, str], blocks: Mapping[str, Any], schema: BlockSchema, tool: HclTool) -> None:
    """Check that HCL has the same meaning as a configuration in Terraform's JSON syntax.

    Args:
        files: the text of each file by its name.
        blocks: the configuration's blocks by their type.
        schema: the schema of the configuration.
        tool: the parser.

    Raises:
        ConfigurationError: with the address and both values of each difference.
    """
    parsed, errors = tool.parse({"all": "\n".join(files.values())})
    if errors:
        parsed, errors = tool.parse(files)
        messages = [f"{name}: {message}" for name, message in errors.items()]
        raise ConfigurationError(_message(messages or ["the files together are not HCL"]))
    found = _read(parsed["all"])
    results = list(_compare_body(blocks, found, schema, ""))
    differences = [result for result in results if isinstance(result, Difference)]
    questions = [result for result in results if isinstance(result, Question)]
    if questions:
        answers, _ = tool.parse({str(index): question.text for index, question in enumerate(questions)})
        for index, question in enumerate(questions):
            answer = answers.get(str(index))
            if answer is None or not _is_same_answer(_read(answer).get("v"), question):
                differences.append(question.difference)
    if differences:
        raise ConfigurationError(_message([str(difference) for difference in differences]))


def _message(lines: list[str]) -> str:
    rest = [f"and {len(lines) - MAX_DIFFERENCES} more"] if len(lines) > MAX_DIFFERENCES else []
    return "the configuration cannot be written as HCL with the same meaning; use --format json:\n  " + "\n  ".join(
        [*lines[:MAX_DIFFERENCES], *rest]
    )


def _shown(value: Any) -> str:
    if value is MISSING:
        return "nothing"
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"


def _read(text: str) -> dict[str, Any]:
    return dict(json.loads(text, parse_float=Decimal))


def _compare_body(
    expected: Mapping[str, Any], found: Any, schema: BlockSchema, address: str
) -> Iterator[Difference | Question]:
    if not isinstance(found, Mapping):
        yield Difference(address, expected, found)
        return
    remaining = dict(found)
    for name, value in expected.items():
        if name == METADATA and schema.kind(name) is None:
            continue
        path = join(address, name) if address or name not in ADDRESSES else ADDRESSES[name]
        nested, kind = schema.block(name), schema.kind(name)
        content = remaining.pop(name, MISSING)
        if nested is not None:
            yield from _compare_blocks(value, content, nested, path)
        elif content is MISSING:
            yield Difference(path, value, content)
        else:
            yield from _compare(value, content, kind or Kind.TEMPLATE, path)
    for name, content in remaining.items():
        yield Difference(join(address, name), MISSING, content)


def _compare_blocks(expected: Any, found: Any, schema: BlockSchema, address: str) -> Iterator[Difference | Question]:
    """Compare blocks by their labels. Blocks with the same labels keep their order."""
    contents = _by_labels(found, schema.labels)
    for body in bodies_of(expected, schema.labels, address):
        same_labels = contents.get(body.labels, [])
        content = same_labels.pop(0) if same_labels else MISSING
        yield from _compare_body(body.arguments, content, schema.of(body.labels, body.address), body.address)
    for labels, rest in contents.items():
        for content in rest:
            yield Difference(".".join([address, *labels]), MISSING, content)


def _by_labels(found: Any, labels: int) -> dict[tuple[str, ...], list[Any]]:
    if found is MISSING:
        return {}
    if labels:
        if not isinstance(found, Mapping):
            return {("?",) * labels: [found]}
        return {
            (label, *rest): contents
            for label, item in found.items()
            for rest, contents in _by_labels(item, labels - 1).items()
        }
    return {(): list(found)} if isinstance(found, list) else {(): [found]}


def _compare(expected: Any, found: Any, kind: Kind, address: str) -> Iterator[Difference | Question]:
    if isinstance(expected, Document) and isinstance(found, str) and found.startswith(JSONENCODE):
        content = found.removeprefix(JSONENCODE).removesuffix(")}")
        yield Question(Difference(address, str(expected), found), Form.DOCUMENT, f"v = {content}\n")
    elif isinstance(expected, str):
        yield from _compare_text(expected, found, kind, address)
    elif isinstance(expected, Mapping):
        if not isinstance(found, Mapping):
            yield Difference(address, expected, found)
            return
        contents = {_normal(key): (key, item) for key, item in found.items()}
        for key, item in expected.items():
            name = key if kind is not Kind.TEXT else escape_template(key)
            _, content = contents.pop(_normal(name), (key, MISSING))
            yield from _compare(item, content, kind.of_key(key), f"{address}.{key}")
        for key, item in contents.values():
            yield Difference(f"{address}.{key}", MISSING, item)
    elif isinstance(expected, (list, tuple)):
        if not isinstance(found, list) or len(found) != len(expected):
            yield Difference(address, expected, found)
            return
        for index, (item, content) in enumerate(zip(expected, found, strict=True)):
            yield from _compare(item, content, kind, f"{address}[{index}]")
    elif not _same_constant(expected, found):
        yield Difference(address, expected, found)


def _same_constant(expected: Any, found: Any) -> bool:
    """Return whether two values are the same null, the same boolean or the same number."""
    if expected is None or isinstance(expected, bool) or found is None or isinstance(found, bool):
        return expected is found
    if not isinstance(found, (int, Decimal)):
        return False
    return Decimal(repr(expected)) == found if isinstance(expected, float) else expected == found


def _compare_text(expected: str, found: Any, kind: Kind, address: str) -> Iterator[Difference | Question]:
    difference = Difference(address, expected, found)
    if kind is Kind.CODE:
        if not isinstance(found, str) or _normal(f"${{{expected}}}") != _normal(found):
            yield difference
    elif kind is Kind.TEXT:
        if not isinstance(found, str) or _nfc(escape_template(expected)) != _nfc(found):
            yield difference
    elif not isinstance(found, str) or _normal(expected) != _normal(found):
        yield _question(expected, difference)


def _question(template: str, difference: Difference) -> Question:
    expression = templates.sole_expression(template)
    if expression is not None:
        return Question(difference, Form.EXPRESSION, f"v = [\n{expression}\n]\n")
    mark = "END"
    while mark in template:
        mark += "D"
    return Question(difference, Form.TEMPLATE, f"v = <<{mark}\n{template}{HEREDOC_ENDING}{mark}\n")


def _is_same_answer(answer: Any, question: Question) -> bool:
    expected, found = question.difference.expected, question.difference.found
    if question.form is Form.DOCUMENT:
        return bool(write_document(_with_normal_keys(answer)) == expected)
    if question.form is Form.EXPRESSION:
        return isinstance(answer, list) and len(answer) == 1 and _same(answer[0], found)
    return (
        isinstance(answer, str)
        and answer.endswith(HEREDOC_ENDING)
        and _same(answer.removesuffix(HEREDOC_ENDING), found)
    )


def _same(one: Any, other: Any) -> bool:
    """Return whether the parser read the same value twice."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        first, second = ({_normal(key): item for key, item in value.items()} for value in (one, other))
        return first.keys() == second.keys() and all(_same(first[key], second[key]) for key in first)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, str) and isinstance(other, str):
        return _normal(one) == _normal(other)
    return type(one) is type(other) and bool(one == other)


def _with_normal_keys(value: Any) -> Any:
    """Return a parsed document with the keys that JSON has: `(x)` for `${x}`."""
    if isinstance(value, Mapping):
        return {_without_parentheses(key): _with_normal_keys(item) for key, item in value.items()}
    return [_with_normal_keys(item) for item in value] if isinstance(value, list) else value


def _without_parentheses(key: str) -> str:
    return f"${{{key[3:-2]}}}" if key.startswith("${(") and key.endswith(")}") else key


def _normal(template: str) -> str:
    """Return the template with normal Unicode, and each expression without spaces, comments and outer parentheses."""
    parts = templates.parts_of(template)
    return "".join(
        _nfc(part.text)
        if isinstance(part, templates.LiteralText)
        else part.text
        if part.expression is None
        else f"${{{_normal_expression(part.expression)}}}"
        for part in parts
    )


def _normal_expression(expression: str) -> str:
    expression = expression.strip()
    while expression.startswith("(") and _closing(expression) == len(expression) - 1:
        expression = expression[1:-1].strip()
    return "".join(part for part in _split(expression) if not part.isspace() and not part.startswith(COMMENTS))


def _closing(expression: str) -> int | None:
    """Return the position of the parenthesis that closes the first one."""
    depth = position = 0
    for part in _split(expression):
        depth += (part == "(") - (part == ")")
        if not depth:
            return position
        position += len(part)
    return None


def _split(expression: str) -> Iterator[str]:
    """Yield the strings, heredocs and comments of an expression, and its other characters."""
    position = 0
    while position < len(expression):
        skipped = templates.COMMENT_OR_HEREDOC.match(expression, position)
        end = skipped.end() if skipped else position + 1
        if expression[position] == '"':
            end = templates.end_of_string(expression, position + 1) or len(expression)
        yield expression[position:end]
        position = end


def _nfc(text: str) -> str:
    """Return the text in the form that Terraform gives to every string."""
    return unicodedata.normalize("NFC", text)
