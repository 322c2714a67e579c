"""Terraform's string templates."""

import pytest
from ddb_stream_lambda.handoff.synthesized import templates
from hypothesis import given
from hypothesis import strategies as st


@given(st.text('ab${}%"\\~', max_size=30))
def test_parts_are_the_whole_template(text: str) -> None:
    assert "".join(part.text for part in templates.parts_of(text)) == text


@pytest.mark.parametrize("text", ["$${var.a}", "%%{ if a }", "a $${b} c"])
def test_escaped_sequence_is_text(text: str) -> None:
    assert templates.expressions_of(text) == []
    assert templates.parts_of(text) == [templates.LiteralText(text)]


@pytest.mark.parametrize(
    ("text", "expression"),
    [("${ var.a }", "var.a"), ("${var.a}-b", None), ("${~ var.a ~}", None), ("%{ if a }", None), ("var.a", None)],
)
def test_sole_expression(text: str, expression: str | None) -> None:
    assert templates.sole_expression(text) == expression
