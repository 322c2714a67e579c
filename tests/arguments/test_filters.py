"""Filter patterns: the shape that Lambda accepts and that can match a stream record, and the rules that write them."""

import json
import math
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from ddb_stream_lambda import (
    FilterRule,
    PatternError,
    begins_with,
    empty,
    ends_with,
    exists,
    filter_pattern,
    is_equal,
    not_equals,
    not_exists,
    null,
    or_,
)
from cdktf import TerraformStack, TerraformVariable, Token
from ddb_stream_lambda.arguments.filters import RECORD, STREAM_RECORD, check_filter_pattern, number_text
from hypothesis import given
from hypothesis import strategies as st

from tests.support.calls import Emit
from tests.support.emitted import Emitted
from tests.support.mistakes import messages_of

P = "pattern"
IMAGE = "pattern.dynamodb.NewImage"


def mistakes_in(pattern: Any, stream_view: str | None = None) -> dict[str, str]:
    return messages_of(
        lambda mistakes: check_filter_pattern(pattern, stream_view=stream_view, property=P, mistakes=mistakes)
    )


def is_json(pattern: Any) -> bool:
    """Return whether the pattern is a mapping that survives JSON."""
    try:
        return isinstance(pattern, dict) and bool(json.loads(json.dumps(pattern)) == pattern)
    except TypeError:
        return False


def new_image(attributes: Any) -> dict[str, Any]:
    return {"dynamodb": {"NewImage": attributes}}


# The examples of https://docs.aws.amazon.com/lambda/latest/dg/with-ddb-filtering.html and of the table of operators,
# and other patterns that match a record.
RIGHT: list[Any] = [
    {"eventName": ["INSERT"]},
    {"eventName": ["INSERT", "MODIFY"], "eventSource": ["aws:dynamodb"], "awsRegion": [{"prefix": "eu-"}]},
    {"eventName": [{"anything-but": ["REMOVE"]}]},
    {"eventName": [{"anything-but": "REMOVE"}]},
    {"eventName": [{"prefix": "IN"}, {"suffix": "FY"}, {"equals-ignore-case": "remove"}]},
    {"eventName": ["REMOVE"], "userIdentity": {"type": ["Service"], "principalId": ["dynamodb.amazonaws.com"]}},
    {"eventName": ["INSERT"], "dynamodb": {"OldImage": {"status": {"S": [{"exists": False}]}}}},
    {"dynamodb": {"Keys": {"CustomerName": {"S": ["AnyCompany Industries"]}}}},
    {"dynamodb": {"Keys": {"Number": {"N": ["4567"]}}}},
    {"dynamodb": {"SizeBytes": [{"numeric": [">", 0, "<=", 1000]}, {"numeric": ["=", 5]}], "SequenceNumber": ["111"]}},
    {"dynamodb": {"ApproximateCreationDateTime": [{"numeric": [">=", 1678831218]}]}},
    {"dynamodb": {"StreamViewType": ["NEW_IMAGE"]}},
    new_image({"Organizations": {"L": {"S": [{"exists": True}]}}}),
    new_image({"address": {"M": {"city": {"S": ["Rome", {"suffix": "a"}]}}}}),
    new_image({"tags": {"SS": ["new"]}, "counts": {"NS": ["1"]}, "file": {"B": ["AAE="]}, "files": {"BS": ["AAE="]}}),
    new_image({"paid": {"BOOL": [True]}, "note": {"NULL": [True, {"exists": False}]}}),
    new_image({"name": {"S": ["", {"equals-ignore-case": "alice"}, {"prefix": {"equals-ignore-case": "b"}}]}}),
    new_image({"name": {"S": [{"anything-but": {"prefix": "x"}}, {"anything-but": {"suffix": "y"}}]}}),
    new_image({"name": {"S": [{"anything-but": {"equals-ignore-case": ["x", "y"]}}]}}),
    new_image({"name": {"S": [{"anything-but": {"prefix": ["x", "y"]}}, {"anything-but": {"suffix": ["x", "y"]}}]}}),
    new_image({"total": {"N": ["5", "-0.5", "1E+100", {"prefix": "1"}, {"anything-but": ["0"]}]}}),
    new_image({"status": {"$or": [{"S": ["open"]}, {"N": ["1"]}]}}),
    {"$or": [{"eventName": ["INSERT"]}, new_image({"status": {"S": ["open"]}})]},
    {"dynamodb": {"$or": [{"Keys": {"id": {"S": ["1"]}}}, {"NewImage": {"status": {"S": ["open"]}}}]}},
    # AWS's own example names a key twice.
    '{"dynamodb": {"NewImage": {"a": {"S": ["1"]}}}, "dynamodb": {"OldImage": {"a": {"S": ["2"]}}}}',
]

# Pattern -> the property and the words of its mistake.
WRONG: list[tuple[Any, str, str]] = [
    # The whole pattern.
    ("", P, "must be a JSON object"),
    ("{'eventName': ['INSERT']}", P, "must be a JSON object"),
    ('["INSERT"]', P, "must be a JSON object"),
    ('{"dynamodb": {"SizeBytes": [NaN]}}', P, "must be a JSON object"),
    ({}, P, "must not be empty"),
    ({1: ["x"]}, "pattern[1]", "the keys of a pattern are text"),
    ("x" * 10, P, "must be a JSON object"),
    (new_image({"a": {"S": ["x" * 4100]}}), P, "at most 4096 characters"),
    # Top-level keys.
    ({"body": {"status": ["open"]}}, "pattern.body", "filter a DynamoDB stream by"),
    ({"data": {"status": ["open"]}}, "pattern.data", "key of another event source"),
    ({"status": ["open"]}, "pattern.status", "a stream record has the keys awsRegion, dynamodb"),
    ({"EventName": ["INSERT"]}, "pattern.EventName", "did you mean eventName?"),
    ({"event_name": ["INSERT"]}, "pattern.event_name", "did you mean eventName?"),
    ({"NewImage": {"a": {"S": ["x"]}}}, "pattern.NewImage", '{"dynamodb": {"NewImage": …}}'),
    ({"dynamodb": {"eventName": ["INSERT"]}}, "pattern.dynamodb.eventName", 'move it out of "dynamodb"'),
    ({"dynamodb": {"newImage": {"a": {"S": ["x"]}}}}, "pattern.dynamodb.newImage", "did you mean NewImage?"),
    ({"userIdentity": {"Type": ["Service"]}}, "pattern.userIdentity.Type", "did you mean type?"),
    # Lists at the leaves.
    ({"eventName": "INSERT"}, "pattern.eventName", 'must be a list of the values that match; write ["INSERT"]'),
    ({"eventName": {"prefix": "IN"}}, "pattern.eventName", 'write [{"prefix": "IN"}]'),
    ({"eventName": []}, "pattern.eventName", "an empty list matches nothing"),
    ({"eventName": [["INSERT"]]}, "pattern.eventName[0]", "must be text, a number, true, false or an operator"),
    ({"userIdentity": [{"exists": False}]}, "pattern.userIdentity", "a list matches only values at the lowest level"),
    ({"dynamodb": ["x"]}, "pattern.dynamodb", "must be an object with one or more of"),
    ({"dynamodb": {"NewImage": [{"exists": True}]}}, IMAGE, "must be an object of attributes"),
    (new_image({}), IMAGE, "must not be empty"),
    # Event names, and other values that are known.
    ({"eventName": ["insert"]}, "pattern.eventName[0]", "did you mean INSERT?"),
    ({"eventName": ["DELETE"]}, "pattern.eventName[0]", "must be INSERT or MODIFY or REMOVE"),
    ({"eventName": [{"anything-but": ["UPDATE"]}]}, "pattern.eventName[0]['anything-but'][0]", "must be INSERT or"),
    ({"eventName": [{"prefix": "DEL"}]}, "pattern.eventName[0].prefix", "the values are INSERT, MODIFY, REMOVE"),
    ({"eventName": [{"suffix": "insert"}]}, "pattern.eventName[0].suffix", "never matches"),
    ({"eventName": [{"equals-ignore-case": "delete"}]}, "pattern.eventName[0]['equals-ignore-case']", "never matches"),
    ({"eventSource": ["aws:sqs"]}, "pattern.eventSource[0]", "must be aws:dynamodb"),
    ({"dynamodb": {"StreamViewType": ["NEW"]}}, "pattern.dynamodb.StreamViewType[0]", "must be KEYS_ONLY or"),
    # Type letters.
    (
        new_image({"status": ["open"]}),
        f"{IMAGE}.status",
        'needs the type letter of the attribute, such as {"S": ["open"]}',
    ),
    (new_image({"total": [5]}), f"{IMAGE}.total", '{"N": ["5"]}'),
    (new_image({"paid": True}), f"{IMAGE}.paid", '{"BOOL": [true]}'),
    (new_image({"note": [None]}), f"{IMAGE}.note", '{"NULL": [true]}'),
    (new_image({"a": [{"exists": True}]}), f"{IMAGE}.a", '{"S": [{"exists": true}]}'),
    (new_image({"a": {"s": ["x"]}}), f"{IMAGE}.a.s", "did you mean S?"),
    (new_image({"a": {"String": ["x"]}}), f"{IMAGE}.a.String", "must be a type letter of DynamoDB (S, N, B"),
    (new_image({"a": {"city": {"S": ["x"]}}}), f"{IMAGE}.a.city", 'are under M: {"M": {"city": …}}'),
    (new_image({"a": {"M": {"city": ["x"]}}}), f"{IMAGE}.a.M.city", "needs the type letter"),
    (new_image({"a": {"L": [{"S": "x"}]}}), f"{IMAGE}.a.L", "needs the type letter"),
    (new_image({"a": {"S": "x"}}), f"{IMAGE}.a.S", 'write ["x"]'),
    ({"dynamodb": {"Keys": {"id": ["x"]}}}, "pattern.dynamodb.Keys.id", "needs the type letter"),
    ({"dynamodb": {"OldImage": {"id": ["x"]}}}, "pattern.dynamodb.OldImage.id", "needs the type letter"),
    # Values of another type than the record's.
    (new_image({"a": {"N": [5]}}), f"{IMAGE}.a.N[0]", 'numbers in a stream record are text; write "5"'),
    (new_image({"a": {"NS": [1.5]}}), f"{IMAGE}.a.NS[0]", 'write "1.5"'),
    (new_image({"a": {"N": ["5.0"]}}), f"{IMAGE}.a.N[0]", 'DynamoDB writes this number as "5"'),
    (new_image({"a": {"N": ["five"]}}), f"{IMAGE}.a.N[0]", "must be a number as text"),
    (new_image({"a": {"S": [5]}}), f"{IMAGE}.a.S[0]", 'the record has text here; write "5"'),
    (new_image({"a": {"S": [True]}}), f"{IMAGE}.a.S[0]", 'write "true"'),
    (new_image({"a": {"S": [None]}}), f"{IMAGE}.a.S[0]", '{"NULL": [true]}'),
    (new_image({"a": {"BOOL": ["true"]}}), f"{IMAGE}.a.BOOL[0]", "without quotation marks"),
    (new_image({"a": {"BOOL": [1]}}), f"{IMAGE}.a.BOOL[0]", "the record has true or false here"),
    (new_image({"a": {"NULL": [False]}}), f"{IMAGE}.a.NULL[0]", "NULL is always true"),
    (new_image({"a": {"NULL": ["true"]}}), f"{IMAGE}.a.NULL[0]", "the record has only true here; write true"),
    ({"dynamodb": {"SizeBytes": ["5"]}}, "pattern.dynamodb.SizeBytes[0]", "write it without quotation marks"),
    (new_image({"a": {"N": [Decimal(5)]}}), f"{IMAGE}.a.N[0]", "not Decimal"),
    # Operators.
    (new_image({"a": {"S": [{"begins-with": "x"}]}}), f"{IMAGE}.a.S[0]['begins-with']", "unknown; the operators are"),
    (new_image({"a": {"S": [{"wildcard": "x*"}]}}), f"{IMAGE}.a.S[0].wildcard", "unknown; the operators are"),
    (new_image({"a": {"S": [{"anything_but": ["x"]}]}}), f"{IMAGE}.a.S[0].anything_but", "did you mean anything-but?"),
    (new_image({"a": {"S": [{"prefix": "x", "suffix": "y"}]}}), f"{IMAGE}.a.S[0]", "exactly one operator"),
    (new_image({"a": {"S": [{}]}}), f"{IMAGE}.a.S[0]", "exactly one operator"),
    (new_image({"a": {"S": [{"prefix": ["x"]}]}}), f"{IMAGE}.a.S[0].prefix", "must be text"),
    (new_image({"a": {"S": [{"suffix": 5}]}}), f"{IMAGE}.a.S[0].suffix", 'must be text; write "5"'),
    (new_image({"a": {"BOOL": [{"prefix": "t"}]}}), f"{IMAGE}.a.BOOL[0].prefix", "prefix compares text"),
    (new_image({"a": {"S": [{"exists": "true"}]}}), f"{IMAGE}.a.S[0].exists", "must be true or false"),
    (new_image({"a": {"S": [{"anything-but": []}]}}), f"{IMAGE}.a.S[0]['anything-but']", "must not be empty"),
    (new_image({"a": {"S": [{"anything-but": ["x", 5]}]}}), f"{IMAGE}.a.S[0]['anything-but']", "a list of texts, or"),
    (new_image({"a": {"S": [{"anything-but": [None]}]}}), f"{IMAGE}.a.S[0]['anything-but']", "a list of texts, or"),
    (
        new_image({"a": {"S": [{"anything-but": True}]}}),
        f"{IMAGE}.a.S[0]['anything-but']",
        "must be text, a number, or",
    ),
    (new_image({"a": {"N": [{"anything-but": [0]}]}}), f"{IMAGE}.a.N[0]['anything-but'][0]", 'write "0"'),
    (new_image({"a": {"N": [{"anything-but": [0]}]}}), f"{IMAGE}.a.N[0]['anything-but'][0]", "excludes no record"),
    (new_image({"a": {"S": [{"anything-but": {"prefix": []}}]}}), f"{IMAGE}.a.S[0]['anything-but'].prefix", "empty"),
    (new_image({"a": {"L": [{"S": ["x"]}]}}), f"{IMAGE}.a.L", 'such as {"S": ["x"]}'),
    (new_image({"a": {"N": [10**400]}}), f"{IMAGE}.a.N[0]", "numbers in a stream record are text"),
    (new_image({"a": {"N": [{"anything-but": 0}]}}), f"{IMAGE}.a.N[0]['anything-but']", 'write "0"'),
    (
        new_image({"a": {"BOOL": [{"anything-but": [True]}]}}),
        f"{IMAGE}.a.BOOL[0]['anything-but']",
        "write [true] or [false]",
    ),
    (new_image({"a": {"S": [{"anything-but": {"numeric": 1}}]}}), f"{IMAGE}.a.S[0]['anything-but']", "one of prefix"),
    (
        new_image({"a": {"S": [{"anything-but": {"prefix": ""}}]}}),
        f"{IMAGE}.a.S[0]['anything-but'].prefix",
        "not be empty",
    ),
    (
        new_image({"a": {"S": [{"anything-but": {"suffix": 1}}]}}),
        f"{IMAGE}.a.S[0]['anything-but'].suffix",
        "must be text",
    ),
    # Numeric.
    (
        new_image({"a": {"N": [{"numeric": [">", 5]}]}}),
        f"{IMAGE}.a.N[0].numeric",
        "numbers in a stream record are text",
    ),
    (new_image({"a": {"S": [{"numeric": ["=", 5]}]}}), f"{IMAGE}.a.S[0].numeric", "compare ranges in the function"),
    ({"eventVersion": [{"numeric": [">", 1]}]}, "pattern.eventVersion[0].numeric", "the record has text here"),
    *(
        ({"dynamodb": {"SizeBytes": [{"numeric": operand}]}}, "pattern.dynamodb.SizeBytes[0].numeric", words)
        for operand, words in [
            (5, "must be an operator and a number"),
            ([], "must be an operator and a number"),
            ([">"], "must be an operator and a number"),
            ([5, ">"], "the operators are =, <"),
            (["!=", 5], "the operators are =, <"),
            ([">", "5"], "must be an operator and a number"),
            ([">", True], "must be an operator and a number"),
            ([">", 0, "<"], "must be an operator and a number"),
            (["=", 0, "<", 5], "a range begins with > or >="),
            (["<", 5, ">", 0], "a range begins with > or >="),
            ([">", 5, "<=", 5], "must be lower than the second"),
        ]
    ),
    # $or.
    ({"$or": {"eventName": ["INSERT"]}}, "pattern['$or']", "two or more objects"),
    ({"$or": [{"eventName": ["INSERT"]}]}, "pattern['$or']", "two or more objects"),
    ({"$or": [{"eventName": ["INSERT"]}, "x"]}, "pattern['$or'][1]", "must be an object"),
    ({"$or": [{"eventName": ["INSERT"]}, {"body": ["x"]}]}, "pattern['$or'][1].body", "never matches"),
    (new_image({"a": {"$or": [{"S": ["x"]}, {"N": [1]}]}}), f"{IMAGE}.a['$or'][1].N[0]", 'write "1"'),
    # An image that the events do not have.
    (
        {"eventName": ["INSERT"], "dynamodb": {"OldImage": {"a": {"S": ["x"]}}}},
        "pattern.dynamodb.OldImage",
        "the records of INSERT have no OldImage",
    ),
    (
        {"eventName": ["REMOVE"], "dynamodb": {"NewImage": {"a": {"S": [{"anything-but": ["x"]}]}}}},
        "pattern.dynamodb.NewImage",
        "the records of REMOVE have no NewImage",
    ),
]


class TestPatterns:
    @pytest.mark.parametrize("pattern", RIGHT, ids=str)
    def test_that_match_are_accepted_as_a_mapping_and_as_text(self, pattern: Any) -> None:
        assert mistakes_in(pattern) == {}
        text = pattern if isinstance(pattern, str) else json.dumps(pattern)
        assert mistakes_in(text) == {}

    @pytest.mark.parametrize(("pattern", "property", "words"), WRONG, ids=str)
    def test_that_are_wrong_are_refused_at_the_part_that_is(self, pattern: Any, property: str, words: str) -> None:
        messages = mistakes_in(pattern)
        assert list(messages) == [property]
        assert words in messages[property]

    @pytest.mark.parametrize(("pattern", "property", "words"), [case for case in WRONG if is_json(case[0])], ids=str)
    def test_have_the_same_mistakes_as_text(self, pattern: Any, property: str, words: str) -> None:
        assert mistakes_in(json.dumps(pattern)).keys() == {property}

    @pytest.mark.parametrize("number", [math.inf, -math.inf, math.nan])
    def test_have_only_numbers_of_json(self, number: float) -> None:
        messages = mistakes_in({"dynamodb": {"SizeBytes": [number]}})
        assert "is no number in JSON" in messages["pattern.dynamodb.SizeBytes[0]"]

    def test_report_several_mistakes_together(self) -> None:
        pattern = {"eventName": "INSERT", "body": ["x"], **new_image({"a": ["x"]})}
        assert mistakes_in(pattern).keys() == {"pattern.eventName", "pattern.body", f"{IMAGE}.a"}

    def test_of_4096_characters_are_accepted(self) -> None:
        def text(length: int) -> str:
            start, end = '{"dynamodb": {"NewImage": {"a": {"S": ["', '"]}}}}'
            return start + "x" * (length - len(start) - len(end)) + end

        assert mistakes_in(text(4096)) == {}
        assert mistakes_in(text(4097)).keys() == {P}

    json_values = st.recursive(
        st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from(["S", "INSERT"]),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.text()
                | st.sampled_from(
                    [
                        "eventName",
                        "dynamodb",
                        "NewImage",
                        "S",
                        "N",
                        "$or",
                        "numeric",
                        "anything-but",
                        "prefix",
                        "exists",
                    ]
                ),
                inner,
            )
        ),
    )

    # The check measures time, and so fails on a machine that does other work too.
    @given(st.dictionaries(st.sampled_from(["eventName", "dynamodb", "$or", "x"]), json_values))
    def test_of_any_shape_are_checked_without_an_exception(self, pattern: dict[str, Any]) -> None:
        assert isinstance(mistakes_in(pattern), dict)


class TestStreamView:
    @pytest.mark.parametrize(
        ("view", "image", "is_there"),
        [
            ("KEYS_ONLY", "Keys", True),
            ("KEYS_ONLY", "NewImage", False),
            ("KEYS_ONLY", "OldImage", False),
            ("NEW_IMAGE", "NewImage", True),
            ("NEW_IMAGE", "OldImage", False),
            ("OLD_IMAGE", "NewImage", False),
            ("OLD_IMAGE", "OldImage", True),
            ("NEW_AND_OLD_IMAGES", "NewImage", True),
            ("NEW_AND_OLD_IMAGES", "OldImage", True),
            (None, "NewImage", True),
            (None, "OldImage", True),
        ],
    )
    def test_decides_on_the_images(self, view: str | None, image: str, is_there: bool) -> None:
        messages = mistakes_in({"dynamodb": {image: {"a": {"S": ["x"]}}}}, view)
        assert (messages == {}) is is_there
        if not is_there:
            assert f"view type {view}, without {image}" in messages[f"pattern.dynamodb.{image}"]


class TestExpressions:
    def emitted(self, emit: Emit, pattern: Any) -> Emitted:
        return emit(dynamo_event_source_props={"filter_criteria": {"filter": [{"pattern": pattern}]}})

    def pattern(self, emit: Emit, pattern: Any) -> Any:
        return self.emitted(emit, pattern).mapping["filter_criteria"]["filter"][0]["pattern"]

    def test_in_the_text_of_a_mapping_are_kept(self, emit: Emit, stack: TerraformStack) -> None:
        status = TerraformVariable(stack, "status", type="string").string_value
        text = self.pattern(emit, new_image({"status": {"S": [status]}}))
        assert json.loads(text) == new_image({"status": {"S": ["${var.status}"]}})

    def test_of_other_types_are_written_by_terraform(self, emit: Emit, stack: TerraformStack) -> None:
        names = TerraformVariable(stack, "names", type="list(string)").list_value
        size = TerraformVariable(stack, "size", type="number").number_value
        paid = TerraformVariable(stack, "paid", type="bool").boolean_value
        pattern = {
            "eventName": names,
            "dynamodb": {"SizeBytes": [{"numeric": [">", size]}], "NewImage": {"paid": {"BOOL": [paid]}}},
        }
        assert self.pattern(emit, pattern) == (
            '{"eventName": ${jsonencode(var.names)}, "dynamodb": {"SizeBytes": [{"numeric": [">", '
            '${jsonencode(var.size)}]}], "NewImage": {"paid": {"BOOL": [${jsonencode(var.paid)}]}}}}'
        )

    def test_for_a_part_of_the_pattern_are_not_checked(self, stack: TerraformStack) -> None:
        part = TerraformVariable(stack, "part", type="any")
        for pattern in (
            {"dynamodb": Token.as_string_map(part.value)},
            {"dynamodb": part.value},
            {"$or": part.list_value},
            {"eventName": [{"anything-but": part.list_value}]},
            {"eventName": [{"numeric": part.list_value}]},
            {"eventName": [{"prefix": part.string_value}]},
            {"eventName": [{"exists": part.boolean_value}]},
            {"eventName": [part.number_value]},
            new_image({part.string_value: ["x"]}),
            new_image({"a": {part.string_value: ["x"]}}),
        ):
            assert mistakes_in(pattern) == {}

    def test_for_the_whole_pattern_are_kept(self, emit: Emit, stack: TerraformStack) -> None:
        pattern = TerraformVariable(stack, "pattern", type="string").string_value
        assert self.pattern(emit, pattern) == "${var.pattern}"

    def test_for_a_whole_mapping_are_written_by_terraform(self, emit: Emit, stack: TerraformStack) -> None:
        pattern = TerraformVariable(stack, "pattern", type="map(list(string))").value
        assert self.pattern(emit, Token.as_string_map(pattern)) == "${jsonencode(var.pattern)}"


class TestRules:
    @pytest.mark.parametrize(
        ("rule", "pattern"),
        [
            (is_equal("open"), {"S": ["open"]}),
            (is_equal(5), {"N": ["5"]}),
            (is_equal(Decimal("5.50")), {"N": ["5.5"]}),
            (is_equal(True), {"BOOL": [True]}),
            (is_equal(b"\x00\x01"), {"B": ["AAE="]}),
            (is_equal(None), {"NULL": [True]}),
            (null(), {"NULL": [True]}),
            (empty(), {"S": [""]}),
            (not_equals("open"), {"S": [{"anything-but": ["open"]}]}),
            (not_equals(0), {"N": [{"anything-but": ["0"]}]}),
            (not_equals(True), {"BOOL": [False]}),
            (not_equals(None), {"NULL": [{"exists": False}]}),
            (begins_with("a"), {"S": [{"prefix": "a"}]}),
            (ends_with("z"), {"S": [{"suffix": "z"}]}),
            (exists("S"), {"S": [{"exists": True}]}),
            (not_exists("N"), {"N": [{"exists": False}]}),
            (or_(is_equal("a"), begins_with("b")), {"S": ["a", {"prefix": "b"}]}),
            (or_("a", 1), {"$or": [{"S": ["a"]}, {"N": ["1"]}]}),
            (or_(exists("S"), not_exists("S")), {"S": [{"exists": True}, {"exists": False}]}),
        ],
    )
    def test_write_the_type_letter(self, rule: FilterRule, pattern: dict[str, Any]) -> None:
        assert filter_pattern(new_image={"a": rule}) == new_image({"a": pattern})
        assert mistakes_in(filter_pattern(new_image={"a": rule})) == {}

    def test_for_any_type_name_each_letter(self) -> None:
        letters = ["S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS"]
        assert exists().pattern() == {"$or": [{letter: [{"exists": True}]} for letter in letters]}
        assert not_exists().pattern() == {letter: [{"exists": False}] for letter in letters}

    def test_can_be_plain_values_and_lists_and_mappings(self) -> None:
        conditions: dict[str, Any] = {"a": "x", "b": ["x", "y"], "c": {"city": begins_with("R"), "zip": 5}}
        assert filter_pattern(old_image=conditions)["dynamodb"] == {
            "OldImage": {
                "a": {"S": ["x"]},
                "b": {"S": ["x", "y"]},
                "c": {"M": {"city": {"S": [{"prefix": "R"}]}, "zip": {"N": ["5"]}}},
            }
        }

    def test_make_a_whole_pattern(self) -> None:
        pattern = filter_pattern(
            event_name=["INSERT", "MODIFY"],
            keys={"id": begins_with("order#")},
            new_image={"status": is_equal("paid")},
            old_image={"status": not_equals("paid")},
        )
        assert pattern == {
            "eventName": ["INSERT", "MODIFY"],
            "dynamodb": {
                "Keys": {"id": {"S": [{"prefix": "order#"}]}},
                "NewImage": {"status": {"S": ["paid"]}},
                "OldImage": {"status": {"S": [{"anything-but": ["paid"]}]}},
            },
        }
        assert filter_pattern(event_name="INSERT") == {"eventName": ["INSERT"]}

    def test_keep_expressions(self, stack: TerraformStack) -> None:
        variable = TerraformVariable(stack, "x", type="string")
        value = variable.string_value
        assert is_equal(value).pattern() == {"S": [value]}
        number = is_equal(variable.number_value).pattern()  # type: ignore[arg-type]
        assert str(number).startswith("{'N': ['${TfToken[")

    @pytest.mark.parametrize(
        ("make", "words"),
        [
            (lambda: is_equal(0.1), "write Decimal('0.1')"),  # type: ignore[arg-type]
            (lambda: is_equal(10**40), "at most 38 digits"),
            (lambda: is_equal(Decimal("NaN")), "at most 38 digits"),
            (lambda: is_equal({"a": 1}), "not dict"),  # type: ignore[arg-type]
            (lambda: begins_with(5), "must be text, not int"),  # type: ignore[arg-type]
            (lambda: ends_with(b"x"), "must be text, not bytes"),  # type: ignore[arg-type]
            (lambda: exists("M"), "a list or a map has no value by itself"),  # type: ignore[arg-type]
            (lambda: not_exists("x"), "must be one of S, N"),  # type: ignore[arg-type]
            (lambda: or_(), "needs at least one rule"),
            (lambda: filter_pattern(new_image={"a": 0.5}), "NewImage.a = 0.5"),  # type: ignore[dict-item]
            (lambda: filter_pattern(new_image={"a": []}), "needs at least one rule"),
            (lambda: filter_pattern(keys=["id"]), "Keys = ['id']"),  # type: ignore[arg-type]
        ],
    )
    def test_refuse_a_value_without_a_type_letter(self, make: Any, words: str) -> None:
        with pytest.raises(PatternError) as caught:
            make()
        assert words in str(caught.value)

    def test_refuse_an_expression_of_an_unknown_type(self, stack: TerraformStack) -> None:
        paid = TerraformVariable(stack, "paid", type="bool").boolean_value
        with pytest.raises(PatternError) as caught:
            is_equal(paid)  # type: ignore[arg-type]
        assert "has an unknown type" in str(caught.value)


class TestPage:
    """The page about filters in the documentation."""

    PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "filters.md").read_text()

    def test_has_an_example_that_is_accepted(self, emit: Emit) -> None:
        (program,) = re.findall(r"^```python\n(.*?)^```", self.PAGE, re.DOTALL | re.MULTILINE)
        names: dict[str, Any] = {}
        exec(program, names)
        emitted = emit(dynamo_event_source_props=names["dynamo_event_source_props"])
        assert len(emitted.mapping["filter_criteria"]["filter"]) == 3
        assert emitted.warnings == []

    def test_lists_every_rule(self) -> None:
        listed = set(re.findall(r"^\| `(\w+)\(", self.PAGE, re.MULTILINE))
        rules = (begins_with, empty, ends_with, exists, is_equal, not_equals, not_exists, null, or_)
        assert listed == {rule.__name__ for rule in rules}

    def test_lists_every_key_of_the_record(self) -> None:
        for key in (*RECORD.keys, *STREAM_RECORD.keys):
            assert f"`{key}`" in self.PAGE


class TestNumberText:
    @pytest.mark.parametrize(
        ("value", "text"),
        [
            (0, "0"),
            (-0, "0"),
            ("-0.0", "0"),
            (1000, "1000"),
            ("1e3", "1000"),
            ("0.50", "0.5"),
            ("007", "7"),
            ("1e38", None),
            ("x", None),
            ("", None),
            ("Infinity", None),
        ],
    )
    def test_is_what_dynamodb_writes(self, value: int | str, text: str | None) -> None:
        assert number_text(value) == text

    @given(st.integers(-(10**37), 10**37))
    def test_of_a_whole_number_is_its_digits(self, value: int) -> None:
        assert number_text(value) == str(value)
