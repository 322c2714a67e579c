"""JSON documents inside arguments."""

import json
from typing import Any

from ddb_stream_lambda.handoff.synthesized import templates
from ddb_stream_lambda.handoff.synthesized.json_documents import read_document, write_document
from hypothesis import given
from hypothesis import strategies as st

JSON_VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs", "Co"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abc", min_size=1), inner),
    max_leaves=8,
)


@given(JSON_VALUE.filter(lambda document: isinstance(document, (dict, list))))
def test_document_is_the_same_after_reading_and_writing(document: Any) -> None:
    text = json.dumps(document)
    if not templates.expressions_of(text):
        read = read_document("policy", text)
        assert read == document
        assert json.loads(write_document(read)) == document


def test_characters_are_escaped_like_jsonencode() -> None:
    # The result of terraform console for: jsonencode("<>&\u2028\u2029é")
    assert write_document(["<>&\u2028\u2029é"]) == '["\\u003c\\u003e\\u0026\\u2028\\u2029é"]'


def test_only_documents_are_read() -> None:
    assert read_document("policy", '{"a": 1}') == {"a": 1}
    assert read_document("description", '{"a": 1}') is None
    assert read_document("policy", '"text"') is None
    assert read_document("policy", '{"a": ${var.b}}') is None
