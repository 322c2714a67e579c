"""Dependency specifiers: names, extras, versions and markers."""

import pytest
from ddb_stream_lambda.code.specifiers import Requirement, normalize_name
from hypothesis import given
from hypothesis import strategies as st
from packaging.utils import canonicalize_name


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("alpha", Requirement("alpha", "")),
        ("My_Alpha == 1.0", Requirement("my-alpha", "== 1.0")),
        ("alpha>=1,<2", Requirement("alpha", ">=1,<2")),
        ("alpha (==1.0)", Requirement("alpha", "(==1.0)")),
        ("alpha[Fast_Path, other]==1", Requirement("alpha", "==1", frozenset({"fast-path", "other"}))),
        ("alpha==1 ; os_name == 'nt'", Requirement("alpha", "==1", marker="os_name == 'nt'")),
        ("alpha;extra=='x'", Requirement("alpha", "", marker="extra=='x'")),
    ],
)
def test_parts_of_a_specifier(text: str, expected: Requirement) -> None:
    assert Requirement.parse(text) == expected


@pytest.mark.parametrize("text", ["", "./alpha", "-e .", "==1.0", "[extra]==1.0"])
def test_other_text_is_not_a_specifier(text: str) -> None:
    assert Requirement.parse(text) is None


@given(st.text("aZ9-_.", min_size=1))
def test_names_are_normalized_as_packaging_does(name: str) -> None:
    assert normalize_name(name) == canonicalize_name(name)
