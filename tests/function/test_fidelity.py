"""A document has everything that is in its item."""

import base64
import json
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.attributes import plain_item
from indexer.changes import Change
from indexer.document_ids import document_id
from indexer.documents import encode_document, field_name
from indexer.images import encode_image
from indexer.operations import Transform, returns_its_document
from indexer.settings import SettingsError
from tests.function.harness import Clock, Indexer
from tests.function.search_server import SearchServer
from tests.function.stream_events import ARN, Image, expired, put, record, remove
from transform import transform

PRECISE = "12345678901234567890123456789012345678"


def source(image: dict[str, Any], *, text_numbers: bool = False) -> bytes:
    return encode_document(plain_item(image, exclude=frozenset(), text_numbers=text_numbers), "1")


def document(image: dict[str, Any], **options: bool) -> Any:
    found = json.loads(source(image, **options), parse_float=Decimal)
    del found["_sequence_number"]
    return found


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"S": "text"}, "text"),
        ({"S": ""}, ""),
        ({"S": '\u0000\u2028\U0001f600"\\'}, '\u0000\u2028\U0001f600"\\'),
        ({"N": "0"}, 0),
        ({"N": "-17"}, -17),
        ({"N": "9223372036854775807"}, 2**63 - 1),
        ({"N": "0.1"}, Decimal("0.1")),
        ({"BOOL": True}, True),
        ({"BOOL": False}, False),
        ({"NULL": True}, None),
        ({"B": "AAH/"}, "AAH/"),
        ({"B": ""}, ""),
        ({"L": []}, []),
        ({"L": [{"N": "1"}, {"S": "x"}, {"L": [{"NULL": True}]}]}, [1, "x", [None]]),
        ({"M": {}}, {}),
        ({"M": {"a": {"M": {"b": {"BOOL": True}}}}}, {"a": {"b": True}}),
        ({"SS": ["b", "a"]}, ["a", "b"]),
        ({"NS": ["10", "9", "-1.5"]}, [Decimal("-1.5"), 9, 10]),
        ({"BS": ["/w==", "AA=="]}, ["/w==", "AA=="]),
    ],
)
def test_every_attribute_type_becomes_json(value: dict[str, Any], expected: object) -> None:
    assert document({"x": value}) == {"x": expected}


@pytest.mark.parametrize(
    "number", [PRECISE, "-" + PRECISE, "0." + PRECISE, "9" * 38 + "0" * 88, "1." + "3" * 37, "1E-130"]
)
def test_a_number_keeps_all_its_digits(number: str) -> None:
    stored = source({"x": {"N": number}}).decode()

    literal = stored.removeprefix('{"x":').removesuffix(',"_sequence_number":"1"}')
    assert Decimal(literal) == Decimal(number)
    assert len(Decimal(literal).as_tuple().digits) == len(Decimal(number).as_tuple().digits)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=20) | st.integers(-(10**38) + 1, 10**38 - 1))
def test_any_number_is_stored_unchanged(number: Decimal | int) -> None:
    assert document({"x": {"N": str(number)}}) == {"x": number}


def test_numbers_can_be_stored_as_text() -> None:
    image = {"x": {"N": PRECISE}, "y": {"NS": ["2", "1"]}, "z": {"M": {"n": {"N": "1.50"}}}}

    assert document(image, text_numbers=True) == {"x": PRECISE, "y": ["1", "2"], "z": {"n": "1.50"}}


def test_a_number_beyond_the_mapping_fails_as_a_number_but_not_as_text(server: SearchServer, clock: Clock) -> None:
    image = {"big": {"N": PRECISE}}

    assert list(Indexer(server.url, clock).index(put(1, "a", image)).rejections) == ["1"]
    assert Indexer(server.url, clock, NUMBERS="text").index(put(1, "a", image)).failures == {}


def test_a_set_gives_the_same_document_in_any_order() -> None:
    assert source({"x": {"SS": ["a", "b", "c"]}}) == source({"x": {"SS": ["c", "a", "b"]}})


@given(st.binary())
def test_a_binary_value_is_stored_as_base64(content: bytes) -> None:
    text = base64.b64encode(content).decode()

    assert document({"x": {"B": text}}) == {"x": text}


names = st.text("._% %25EFü", max_size=4) | st.sampled_from(["M", "S", "_sequence_number", "\t"])
number_texts = (
    st.integers(-(10**38), 10**38).map(str)
    | st.decimals().map(str)
    | st.from_regex(r"-?[0-9]{1,20}(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?", fullmatch=True)
    | st.sampled_from(["-0", "0.0", "007", "1.50", "0.0000001", "0.000001", "1E+125", "x", "²", "-", ""])
)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
scalars = (
    texts.map(lambda text: {"S": text})
    | number_texts.map(lambda number: {"N": number})
    | st.sampled_from([{"BOOL": True}, {"NULL": True}, {"B": "AAH/"}, {"X": 1}, {}, {"S": "a", "N": "1"}])
    | st.lists(texts, max_size=3).map(lambda members: {"SS": members})
    | st.lists(number_texts, max_size=3).map(lambda members: {"NS": members})
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda members: {"L": members})
        | st.dictionaries(names, inner, max_size=3).map(lambda members: {"M": members})
    ),
    max_leaves=8,
)


@settings(max_examples=300)
@given(st.dictionaries(names, values, max_size=4), st.booleans(), st.frozensets(names, max_size=2))
def test_the_conversion_in_one_pass_gives_the_same_bytes(
    image: dict[str, Any], text_numbers: bool, exclude: frozenset[str]
) -> None:
    def convert(*, in_one_pass: bool) -> bytes | None:
        try:
            if in_one_pass:
                return encode_image(image, "1", exclude=exclude, text_numbers=text_numbers)
            return encode_document(plain_item(image, exclude=exclude, text_numbers=text_numbers), "1")
        except (ArithmeticError, TypeError, ValueError):
            return None

    assert convert(in_one_pass=True) == convert(in_one_pass=False)


def test_the_transform_that_this_project_ships_is_recognized() -> None:
    assert returns_its_document(transform)


def of_the_team(document: dict[str, Any] | None, change: Change) -> dict[str, Any] | None:
    return document or None


@pytest.mark.parametrize(
    "other",
    [
        of_the_team,
        lambda document, change: document if change else None,
        partial(transform),
    ],
)
def test_any_other_transform_is_called(other: Transform) -> None:
    assert not returns_its_document(other)


@pytest.mark.parametrize("value", [{}, {"S": "a", "N": "1"}, {"X": "a"}, {"N": "NaN"}, {"N": "Infinity"}])
def test_an_invalid_attribute_value_is_refused(value: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"type|finite"):
        source({"x": value})


def test_field_names_that_the_engine_refuses_or_splits_are_encoded(indexer: Indexer, server: SearchServer) -> None:
    image: Image = {name: {"S": "x"} for name in ["a.b", "a..", ".", "_id", "_source", "_mine", " ", "%", "ü"]}
    image["a"] = {"M": {"": {"S": "x"}, "_id": {"S": "x"}, "b.c": {"N": "1"}}}

    report = indexer.index(put(1, "k", image))

    assert report.failures == {}
    assert server.documents()["k"] == {
        "id": "k",
        **dict.fromkeys(["a%2Eb", "a%2E%2E", "%2E", "%5Fid", "%5Fsource", "%5Fmine", "%20", "%25", "ü"], "x"),
        "a": {"%": "x", "_id": "x", "b%2Ec": 1},
    }


@given(st.text("._% %25EF", max_size=5), st.text("._% %25EF", max_size=5), st.booleans())
def test_different_attributes_never_share_a_field(one: str, other: str, root: bool) -> None:
    if one != other:
        assert field_name(one, root=root) != field_name(other, root=root)


def test_an_attribute_cannot_replace_the_sequence_number(indexer: Indexer, server: SearchServer) -> None:
    indexer.index(put(7, "a", {"_sequence_number": {"S": "999"}}))

    stored = json.loads(server.engine.sources("orders")["a"])
    assert stored == {"id": "a", "%5Fsequence_number": "999", "_sequence_number": "7"}


keys = st.fixed_dictionaries(
    {"p": st.text("a|%7C25é", min_size=1, max_size=4), "s": st.text("a|%7C25é", min_size=1, max_size=4)}
)


@given(keys, keys)
def test_different_keys_never_share_an_id(one: dict[str, str], other: dict[str, str]) -> None:
    ids = [document_id({name: {"S": value} for name, value in key.items()}, ("p", "s")) for key in (one, other)]

    assert (ids[0] == ids[1]) == (one == other)


@given(st.text("a%|é", min_size=1, max_size=2000))
def test_an_id_has_at_most_512_bytes(key: str) -> None:
    assert len(document_id({"id": {"S": key}}, ("id",)).encode()) <= 512


def test_the_id_of_a_plain_key_is_the_key() -> None:
    assert document_id({"id": {"S": "order-17"}}, ("id",)) == "order-17"
    assert document_id({"p": {"S": "eu"}, "s": {"N": "17"}}, ("p", "s")) == "eu|17"


def test_the_id_of_a_long_key_differs_from_every_short_id() -> None:
    hashed = document_id({"id": {"S": "x" * 2048}}, ("id",))

    assert hashed.startswith("%sha256:")
    assert document_id({"id": {"S": hashed}}, ("id",)) == hashed.replace("%", "%25")


def test_an_item_with_a_long_key_is_indexed_and_deleted(indexer: Indexer, server: SearchServer) -> None:
    key: Image = {"p": {"S": "ü" * 1024}, "s": {"B": base64.b64encode(b"x" * 1024).decode()}}
    indexer.index(put(1, key))
    assert len(server.documents()) == 1

    indexer.index(remove(2, key))

    assert server.documents() == {}


def test_an_item_of_400_kb_is_indexed_completely(indexer: Indexer, server: SearchServer) -> None:
    text = "ä" * 200_000

    indexer.index(put(1, "a", {"text": {"S": text}}))

    assert server.documents()["a"]["text"] == text


def test_an_item_of_the_maximum_depth_is_indexed(server: SearchServer, indexer: Indexer) -> None:
    server.engine.create_index("orders", {"settings": {"index.mapping.depth.limit": 64}})
    value: dict[str, Any] = {"S": "bottom"}
    for _ in range(31):
        value = {"L": [{"M": {"d": value}}]}

    assert indexer.index(put(1, "a", {"x": value})).failures == {}


def test_excluded_attributes_are_left_out(server: SearchServer, clock: Clock) -> None:
    indexer = Indexer(server.url, clock, EXCLUDE_ATTRIBUTES="password, notes")

    indexer.index(put(1, "a", {"password": {"S": "x"}, "notes": {"S": "y"}, "kept": {"M": {"notes": {"S": "z"}}}}))

    assert server.documents()["a"] == {"id": "a", "kept": {"notes": "z"}}


def test_a_transform_shapes_the_document(indexer: Indexer, server: SearchServer) -> None:
    indexer.index(
        put(1, "a"),
        transform=lambda document, change: (document or {}) | {"from": change.index, "half": Decimal("0.5")},
    )

    assert server.documents()["a"] == {"id": "a", "from": "orders", "half": 0.5}


def test_an_item_that_the_transform_leaves_out_is_not_in_the_index(indexer: Indexer, server: SearchServer) -> None:
    indexer.index(put(1, "a"), transform=lambda *_: None)

    assert server.documents() == {}


def test_an_indexed_item_that_the_transform_leaves_out_later_is_deleted(indexer: Indexer, server: SearchServer) -> None:
    indexer.index(put(1, "a"))

    indexer.index(put(2, "a"), transform=lambda *_: None)
    indexer.index(put(1, "a"))

    assert server.documents() == {}


def test_a_transform_can_keep_a_deleted_item(indexer: Indexer, server: SearchServer) -> None:
    def mark(document: dict[str, Any] | None, change: Change) -> dict[str, Any] | None:
        return {"id": change.id, "deleted": change.cause} if document is None else document

    indexer.index(put(1, "a"), put(2, "b"), transform=mark)
    indexer.index(remove(3, "a"), expired(4, "b"), transform=mark)

    assert server.documents() == {
        "a": {"id": "a", "deleted": "REMOVE"},
        "b": {"id": "b", "deleted": "EXPIRE"},
    }


def test_a_transform_shapes_the_documents_in_the_archive(server: SearchServer, clock: Clock) -> None:
    indexer = Indexer(server.url, clock, EXPIRED_ITEMS="archive")
    secret: Image = {"password": {"S": "x"}}

    indexer.index(
        expired(1, old_image=secret),
        transform=lambda document, change: {"id": (document or {})["id"], "cause": change.cause},
    )

    assert server.documents("orders-archive") == {"a": {"id": "a", "cause": "EXPIRE"}}


@dataclass
class Measurement:
    celsius: float = float("nan")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), Decimal("NaN"), {1, 2}, 2**70, Measurement()])
def test_a_value_of_the_transform_without_a_json_equivalent_is_rejected(indexer: Indexer, value: object) -> None:
    report = indexer.index(put(1), transform=lambda document, change: {"nested": [{"value": value}]})

    assert "TypeError" in report.rejections["1"]


def test_tables_whose_names_differ_only_by_case_cannot_share_an_index(server: SearchServer, clock: Clock) -> None:
    indexer = Indexer(server.url, clock, INDEX="case-{table}")
    indexer.index(record("INSERT", 1, table="Orders"))

    with pytest.raises(SettingsError, match="'Orders' and 'orders', whose names differ only by case"):
        indexer.index(record("INSERT", 2, table="orders"))


@pytest.mark.parametrize("arn", ["", "arn:aws:sqs:eu-west-1:123456789012:q", ARN.format("Orders", "latest")])
def test_a_record_that_does_not_name_a_stream_raises_an_error(indexer: Indexer, arn: str) -> None:
    with pytest.raises(ValueError, match=r"attach this function to a DynamoDB stream|isoformat"):
        indexer.index(put(1) | {"eventSourceARN": arn})
