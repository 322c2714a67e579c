"""Generated configurations: HCL has the same meaning as the JSON, by the parser's reading, or it is refused."""

import contextlib
import json
from decimal import Decimal
from typing import Any

import pytest
from ddb_stream_lambda.handoff.errors import ConfigurationError
from ddb_stream_lambda.handoff.synthesized.json_text import read_json, write_json
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .conftest import Convert

EXAMPLES = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
EXPRESSIONS = [
    "${var.a}",
    "${ var.a }",
    '${var.a ? "x" : "$${y}"}',
    '${join("}", ["{", "\\"", "\\\\"])}',
    '${[for k, v in var.m : "${k}-${v}" if v != null]}',
    "${{ for k in var.l : k => upper(k) }}",
    "${(1 + 2) * 3}",
    "${\n  var.a\n  + 1 # }\n}",
    '${<<E\n a\n  }"b\nE\n}',
    "${~ var.a ~}",
    "%{ if var.a ~}\n x\n%{ else }y%{ endif ~}\n",
    "%{ for k in var.l }${k},%{ endfor }",
    "${null}",
    "${5}",
    "${true}",
    "$${a}",
    "%%{a}",
    "$",
    "%",
    "$$",
    "END",
    "jsonencode(",
    '${jsonencode({"a" = var.a})}',
]
CHARACTERS = st.characters(codec="utf-8")
# Text between the expressions. A dollar or percent sign before an expression would escape it.
PIECES = st.text(CHARACTERS, max_size=5) | st.sampled_from(["\n", " \n ", '"', "\\", "\\n", "<>&", "{", "}", "é", "é"])
TEMPLATES = st.lists(st.sampled_from(EXPRESSIONS) | PIECES, max_size=4).map("".join)
NUMBERS = (
    st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.decimals(allow_nan=False, allow_infinity=False)
)
TEXTS = st.text(CHARACTERS, max_size=8)
CONSTANTS = st.none() | st.booleans() | NUMBERS


def values(texts: st.SearchStrategy[str], keys: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    return st.recursive(
        CONSTANTS | texts,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
        max_leaves=6,
    )


# Well-formed configurations, of which each is written. Ill-formed templates are errors in Terraform, too, so the texts
# that are mixed from pieces may be refused.


PLAIN = st.text(CHARACTERS.filter(lambda character: character not in "$%"), max_size=8)


@EXAMPLES
@given(value=values(st.sampled_from(EXPRESSIONS) | PLAIN, PLAIN | st.sampled_from(["${var.a}", "a${var.a}", "$${a}"])))
def test_value_is_written(convert: Convert, value: Any) -> None:
    # Two texts can be the same key for Terraform; such objects are invalid.
    convert({"locals": {"value": with_different_keys(value)}})


@EXAMPLES
@given(value=values(TEXTS | st.sampled_from(EXPRESSIONS), TEXTS))
def test_default_of_a_variable_is_written(convert: Convert, value: Any) -> None:
    convert({"variable": {"it": {"default": with_different_keys(value), "description": str(value)}}})


@EXAMPLES
@given(value=values(TEMPLATES, TEMPLATES))
def test_mixed_text_is_written_or_refused(convert: Convert, value: Any) -> None:
    attempt(convert, {"locals": {"value": value}, "resource": {"aws_sqs_queue": {"it": {"policy": value}}}})


NAMES = st.sampled_from(
    [
        "name",
        "tags",
        "policy",
        "attribute",
        "ttl",
        "dynamic",
        "lifecycle",
        "depends_on",
        "provider",
        "provisioner",
        "connection",
        "count",
        "for_each",
        "source",
        "providers",
        "value",
        "type",
        "default",
        "validation",
        "to",
        "from",
        "content",
        "it",
        "assert",
        "data",
        "precondition",
        "//",
        "aws",
        "ignore_changes",
        "enabled",
        "id",
        "for",
    ]
)
UNUSUAL = st.recursive(
    CONSTANTS | TEMPLATES | NAMES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)
BODIES = UNUSUAL | st.dictionaries(NAMES, UNUSUAL, max_size=5)
LABELED = st.dictionaries(NAMES, BODIES, max_size=2) | BODIES
BLOCKS = st.fixed_dictionaries(
    {},
    optional={
        "resource": st.dictionaries(st.sampled_from(["aws_dynamodb_table", "aws_sqs_queue", "terraform_data"]), LABELED)
        | UNUSUAL,
        "data": st.dictionaries(st.just("aws_region"), LABELED) | UNUSUAL,
        **dict.fromkeys(("provider", "variable", "output", "module", "check", "locals"), LABELED),
        **{name: BODIES | st.lists(BODIES, max_size=2) for name in ("moved", "removed", "import")},
    },
)


@EXAMPLES
@given(blocks=BLOCKS)
def test_unusual_configuration_is_written_or_refused(convert: Convert, blocks: dict[str, Any]) -> None:
    attempt(convert, blocks)


@EXAMPLES
@given(value=values(TEXTS, TEXTS))
def test_json_text_is_read_as_it_was_written(value: Any) -> None:
    text = write_json(value)
    assert exact(write_json(read_json(text))) == exact(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": "\\ud800"}', "a: half of a surrogate pair"),
        ('{"\\udfff": 1}', "half of a surrogate pair"),
        ('{"a": {"b": 1, "b": 2}}', "b is given twice"),
        ("[" * 20_000 + "]" * 20_000, "nested more than 100 levels deep"),
        ('{"a":' * 150 + "1" + "}" * 150, "nested more than 100 levels deep"),
        ('{"a": NaN}', "NaN is not JSON"),
        ("1" * 5000, "more than 4000 digits"),
        ('{"a": 1', "delimiter"),
    ],
)
def test_json_text_that_cannot_be_kept_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_json(text)


def exact(text: str) -> Any:
    return json.loads(text, parse_float=Decimal, parse_int=Decimal)


def attempt(convert: Convert, blocks: dict[str, Any]) -> None:
    """Write the blocks; an error of the configuration is right, any other error fails the test."""
    with contextlib.suppress(ConfigurationError):
        convert(blocks)


def with_different_keys(value: Any) -> Any:
    """Give the objects keys that are certainly different, with the generated text in front."""
    if isinstance(value, dict):
        return {f"{key}{index}": with_different_keys(item) for index, (key, item) in enumerate(value.items())}
    return [with_different_keys(item) for item in value] if isinstance(value, list) else value
