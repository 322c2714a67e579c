"""The expressions in a text, which is a template of Terraform, and the text's form in HCL."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

import cdktf

from .tokens import MARK, as_string, is_token

# The start of an expression `${` or of a directive `%{`. A doubled sign is Terraform's escape for the literal text:
# https://developer.hashicorp.com/terraform/language/expressions/strings
SEQUENCE_START = re.compile(r"\$+\{|%+\{")

BRACE = re.compile(r"[{}]")


def escape_for_hcl(text: str) -> str:
    """Return a text in the form that cdktf writes correctly as HCL, between quotes.

    cdktf escapes no backslash, no quote after one, and no quote in a text with an expression. It leaves a quote that
    is escaped already. Text of several lines becomes a heredoc, which has no escapes.
    https://github.com/hashicorp/terraform-cdk/blob/v0.21.0/packages/cdktf/lib/hcl/render.ts (escapeQuotes)
    """
    if "\n" in text or "\r" in text or not ("\\" in text or '"' in text):
        return text
    parts = split_template(text)
    return "".join(part if is_expression else re.sub(r'(["\\])', r"\\\1", part) for part, is_expression in parts)


def part_of(text: str, separator: str, index: int) -> str:
    """Return one of the parts between separators: the text, or an expression if Terraform must split it.

    The functions of cdktf take literal text and tokens. They escape an expression, so that Terraform would read it as
    literal text. And in an expression that is text, cdktf writes a token without ``${}``, but only before the first
    ``}`` of that text.
    https://github.com/hashicorp/terraform-cdk/blob/v0.21.0/packages/cdktf/lib/tokens/string-fragments.ts (mapTokens)

    Args:
        text: Literal text, a token, an expression ``${...}``, or text that holds several of them.
        separator: The separator.
        index: The number of the part, from 0. It must be in the text.

    Raises:
        ValueError: If tokens are mixed with parts of a template after which cdktf would write them wrongly.
    """
    if not is_token(text):
        return text.split(separator)[index]
    if MARK.fullmatch(text):
        return as_string(cdktf.Fn.element(cdktf.Fn.split(separator, text), index))
    return f"${{element(split({json.dumps(separator)}, {value_of(text)}), {index})}}"


def value_of(text: str) -> str:
    """Return the value of a template as the inside of an expression, for a call of one of Terraform's functions.

    Args:
        text: An expression ``${...}``, or text that holds expressions, tokens, or both.

    Raises:
        ValueError: If tokens are mixed with parts of a template after which cdktf would write them wrongly.
    """
    parts = list(split_template(text))
    return _without_marks(text, parts) if MARK.search(text) is None else _with_marks(text, parts)


def _without_marks(text: str, parts: Sequence[tuple[str, bool]]) -> str:
    """Return the expression for a template without tokens."""
    if len(parts) == 1 and text.startswith("${") and parts[0][1]:
        return _inside(text)
    # A template in quotes. In its expressions Terraform reads the quotes itself.
    return '"' + "".join(part if is_expression else _quoted(part)[1:-1] for part, is_expression in parts) + '"'


def _with_marks(text: str, parts: Sequence[tuple[str, bool]]) -> str:
    """Return the expression for a template in which tokens are mixed with expressions: the tokens come first."""
    arguments: dict[int, str] = {}
    for number, (part, is_expression) in enumerate(parts):
        if not is_expression:
            arguments[number] = _quoted(part)
        elif MARK.fullmatch(part):
            arguments[number] = part
        else:
            arguments[number] = _inside(part)
            has_mark = MARK.search(part) is not None
            if part.startswith("%") or (has_mark and BRACE.search(MARK.sub("", arguments[number]))):
                message = f"{text} mixes tokens with a template that has braces; name the value in a TerraformLocal"
                raise ValueError(message)
    order = sorted(arguments, key=lambda number: (MARK.search(arguments[number]) is None, number))
    verbs = "".join(f"%[{order.index(number) + 1}]s" for number in arguments)
    return f'format("{verbs}", {", ".join(arguments[number] for number in order)})'


def _inside(expression: str) -> str:
    """Return the inside of an expression ``${...}``, without the marks ``~`` that remove white space next to it."""
    return expression[2:-1].removeprefix("~").removesuffix("~").strip()


def _quoted(text: str) -> str:
    """Return literal text of a template between quotes."""
    return json.dumps(text, ensure_ascii=False)


def split_template(text: str) -> Iterator[tuple[str, bool]]:
    """Yield the parts of a text, each with whether it is an expression ``${...}`` or a directive ``%{...}``.

    ``$${`` is literal text: Terraform's escape for ``${``, which IAM's policy variables need. An expression without an
    end is literal text too.
    """
    start = position = 0
    while (found := SEQUENCE_START.search(text, position)) is not None:
        end = _end_of_expression(text, found.end()) if len(found[0]) == 2 else None
        if end is None:
            position = found.end()
            continue
        if start < found.start():
            yield text[start : found.start()], False
        yield text[found.start() : end], True
        start = position = end
    if start < len(text):
        yield text[start:], False


def _end_of_expression(text: str, position: int) -> int | None:
    """Return the position after the brace that closes the expression; None if there is none."""
    depth = 1
    while position < len(text):
        match text[position]:
            case '"':
                end = _end_of_string(text, position + 1)
                if end is None:
                    return None
                position = end
                continue
            case "{":
                depth += 1
            case "}":
                depth -= 1
        position += 1
        if depth == 0:
            return position
    return None


def _end_of_string(text: str, position: int) -> int | None:
    """Return the position after the quote that closes a string inside an expression; None if there is none."""
    while position < len(text):
        if text[position] == "\\":
            position += 2
        elif text[position] == '"':
            return position + 1
        elif text.startswith("$${", position):
            position += 3
        elif text.startswith("${", position):
            end = _end_of_expression(text, position + 2)
            if end is None:
                return None
            position = end
        else:
            position += 1
    return None
