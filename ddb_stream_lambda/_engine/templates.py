"""The expressions in a text, which is a template of Terraform, and the text's form in HCL."""

from __future__ import annotations

import re
from collections.abc import Iterator

# The start of an expression `${` or of a directive `%{`. A doubled sign is Terraform's escape for the literal text:
# https://developer.hashicorp.com/terraform/language/expressions/strings
SEQUENCE_START = re.compile(r"\$+\{|%+\{")


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
