"""The keys of the table: attributes and secondary indexes, and what an expression turns off."""

from typing import Any

import pytest
from cdktf import Fn, TerraformIterator, TerraformStack, TerraformVariable, Token

from tests.support.bindings import needs_argument
from tests.support.calls import Emit, MistakesOf

PROPS = "dynamo_table_props"


def index(**arguments: Any) -> dict[str, Any]:
    """Return a global secondary index on the table's own key."""
    return {"name": "by-id", "hash_key": "id", "projection_type": "ALL", **arguments}


def local_index(**arguments: Any) -> dict[str, Any]:
    return {"name": "by-time", "range_key": "time", "projection_type": "ALL", **arguments}


@pytest.mark.parametrize(
    ("props", "property", "message"),
    [
        ({"hash_key": ""}, "hash_key", "1 to 255 characters"),
        ({"range_key": "n" * 256}, "range_key", "1 to 255 characters"),
        ({"range_key": "id"}, "range_key", "is the hash_key too"),
        ({"global_secondary_index": [index(range_key="id")]}, "global_secondary_index[0].range_key", "is the hash_key"),
        ({"global_secondary_index": [index(name="by id")]}, "global_secondary_index[0].name", "3 to 255 characters"),
        ({"global_secondary_index": [index(), index()]}, "global_secondary_index[1].name", "another index has this"),
        (
            {"global_secondary_index": [index(projection_type="EVERYTHING")]},
            "global_secondary_index[0].projection_type",
            "ALL or KEYS_ONLY or INCLUDE",
        ),
        (
            {"global_secondary_index": [index(projection_type="INCLUDE")]},
            "global_secondary_index[0].non_key_attributes",
            "needs the attributes to include",
        ),
        (
            {"global_secondary_index": [index(non_key_attributes=["total"])]},
            "global_secondary_index[0].non_key_attributes",
            "includes no attributes by name",
        ),
        (
            {"global_secondary_index": [index(projection_type="INCLUDE", non_key_attributes=["a"] * 21)]},
            "global_secondary_index[0].non_key_attributes",
            "at most 20",
        ),
        (
            {
                "global_secondary_index": [
                    index(name=f"index-{number}", projection_type="INCLUDE", non_key_attributes=["a"] * 20)
                    for number in range(6)
                ]
            },
            "global_secondary_index",
            "100 at most",
        ),
        ({"local_secondary_index": [local_index()]}, "range_key", "needs a table with a range_key"),
        (
            {"range_key": "time", "local_secondary_index": [local_index(name=f"by-{n}aa") for n in range(6)]},
            "local_secondary_index",
            "at most 5",
        ),
    ],
)
def test_a_wrong_key_or_index_is_refused(
    mistakes_of: MistakesOf, props: dict[str, Any], property: str, message: str
) -> None:
    assert message in mistakes_of(dynamo_table_props=props)[f"{PROPS}.{property}"]


def test_twenty_one_global_indexes_are_accepted_since_the_quota_can_be_raised(emit: Emit) -> None:
    indexes = [index(name=f"index-{number}") for number in range(21)]
    assert len(emit(dynamo_table_props={"global_secondary_index": indexes}).table["global_secondary_index"]) == 21


class TestAnExpression:
    """A key that is an expression can be any attribute, so that no attribute is reported as unused."""

    ATTRIBUTES = (("id", "S"), ("total", "N"))

    @pytest.fixture
    def attributes(self) -> list[dict[str, str]]:
        return [{"name": name, "type": type} for name, type in self.ATTRIBUTES]

    def test_for_all_indexes_lets_attributes_be_unused(
        self, emit: Emit, stack: TerraformStack, attributes: list[dict[str, str]]
    ) -> None:
        names = TerraformVariable(stack, "indexes", type="list(string)").list_value
        iterator = TerraformIterator.from_list(names)
        dynamic = iterator.dynamic({"name": iterator.value, "hash_key": "total", "projection_type": "ALL"})
        table = emit(dynamo_table_props={"global_secondary_index": dynamic, "attribute": attributes}).table
        assert table["attribute"] == attributes
        assert "dynamic" in table

    @pytest.mark.parametrize("key", ["hash_key", "range_key"])
    def test_for_a_key_of_an_index_lets_attributes_be_unused(
        self, emit: Emit, stack: TerraformStack, attributes: list[dict[str, str]], key: str
    ) -> None:
        expression = Token.as_string(TerraformVariable(stack, "key", type="string").string_value)
        indexes = [index(**{key: expression})]
        table = emit(dynamo_table_props={"global_secondary_index": indexes, "attribute": attributes}).table
        assert table["attribute"] == attributes

    def test_for_a_key_of_the_table_can_name_an_attribute(self, emit: Emit, stack: TerraformStack) -> None:
        key = TerraformVariable(stack, "key", type="string").string_value
        attributes = [{"name": "pk", "type": "N"}]
        table = emit(dynamo_table_props={"hash_key": key, "attribute": attributes}).table
        assert table["attribute"] == attributes

    def test_for_an_attribute_can_name_a_key(self, emit: Emit, stack: TerraformStack) -> None:
        name = TerraformVariable(stack, "key", type="string").string_value
        table = emit(dynamo_table_props={"attribute": [{"name": name, "type": "N"}]}).table
        assert table["attribute"] == [{"name": "${var.key}", "type": "N"}]

    def test_for_all_attributes_is_written_as_it_is(self, emit: Emit, stack: TerraformStack) -> None:
        attributes = TerraformVariable(stack, "attributes", type="list(object({name=string, type=string}))")
        table = emit(dynamo_table_props={"attribute": Token.as_any(attributes.string_value)}).table
        assert table["attribute"] == "${var.attributes}"

    @pytest.mark.parametrize("argument", ["name", "projection_type"])
    def test_for_an_argument_of_an_index_is_not_checked(self, emit: Emit, stack: TerraformStack, argument: str) -> None:
        value = Fn.lower(TerraformVariable(stack, "value", type="string").string_value)
        table = emit(dynamo_table_props={"global_secondary_index": [index(**{argument: value})]}).table
        assert table["global_secondary_index"][0][argument] == "${lower(var.value)}"

    def test_for_the_included_attributes_is_not_checked(self, emit: Emit, stack: TerraformStack) -> None:
        names = TerraformVariable(stack, "names", type="list(string)").list_value
        indexes = [index(projection_type="INCLUDE", non_key_attributes=names)]
        table = emit(dynamo_table_props={"global_secondary_index": indexes}).table
        assert table["global_secondary_index"][0]["non_key_attributes"] == "${var.names}"


HASHES = [{"attribute_name": f"hash-{number}", "key_type": "HASH"} for number in range(5)]
ID = {"attribute_name": "id", "key_type": "HASH"}
RANGES = [{"attribute_name": f"range-{number}", "key_type": "RANGE"} for number in range(5)]


def index_with(*key_schema: object, **arguments: Any) -> dict[str, Any]:
    """Return a global secondary index with a key schema."""
    return {"name": "by-keys", "key_schema": list(key_schema), "projection_type": "ALL", **arguments}


def attributes_of(*key_schema: dict[str, str]) -> list[dict[str, str]]:
    return [{"name": part["attribute_name"], "type": "S"} for part in key_schema]


@needs_argument("DynamodbTableGlobalSecondaryIndexProps", "key_schema")
class TestAKeySchema:
    """The key of a global index that can have several attributes, in place of its `hash_key` and `range_key`."""

    def test_is_written_with_its_attributes(self, emit: Emit) -> None:
        key_schema = [*HASHES[:4], *RANGES[:4]]
        attributes = [{"name": "id", "type": "S"}, *attributes_of(*key_schema)]
        props = {"global_secondary_index": [index_with(*key_schema)], "attribute": attributes}
        table = emit(dynamo_table_props=props).table
        assert table["global_secondary_index"] == [index_with(*key_schema)]
        assert table["attribute"] == attributes

    def test_can_have_the_keys_of_the_table(self, emit: Emit) -> None:
        table = emit(dynamo_table_props={"global_secondary_index": [index_with(ID)]}).table
        assert table["attribute"] == [{"name": "id", "type": "S"}]

    def test_needs_its_attributes_defined(self, mistakes_of: MistakesOf) -> None:
        mistakes = mistakes_of(dynamo_table_props={"global_secondary_index": [index_with(HASHES[0], RANGES[0])]})
        paths = [f"{PROPS}.global_secondary_index[0].key_schema[{number}].attribute_name" for number in range(2)]
        assert list(mistakes) == paths
        assert "is not defined" in mistakes[paths[0]]

    @pytest.mark.parametrize(
        ("index", "property", "message"),
        [
            (index_with(HASHES[0], hash_key="id"), ".hash_key", "the index has a key_schema"),
            (index_with(HASHES[0], range_key="id"), ".range_key", "the index has a key_schema"),
            (index_with(), ".key_schema", "an index needs a key"),
            ({"name": "by-id", "projection_type": "ALL"}, ".key_schema", "an index needs a key"),
            (index_with(*HASHES), ".key_schema", "1 to 4 attributes of type HASH"),
            (index_with(HASHES[0], *RANGES), ".key_schema", "up to 4 of RANGE"),
            (index_with(RANGES[0]), ".key_schema", "1 to 4 attributes of type HASH"),
            (index_with(HASHES[0], RANGES[0], HASHES[1]), ".key_schema[2].key_type", "move it up"),
            (index_with(ID, ID), ".key_schema[1].attribute_name", "is in this key twice"),
            (index_with(HASHES[0] | {"key_type": "SORT"}), ".key_schema[0].key_type", "HASH or RANGE"),
            (index_with(HASHES[0] | {"attribute_name": ""}), ".key_schema[0].attribute_name", "1 to 255 characters"),
            (index_with({"attribute_name": "hash-0"}), ".key_schema[0].key_type", "is required in this block"),
        ],
    )
    def test_that_is_wrong_is_refused(
        self, mistakes_of: MistakesOf, index: dict[str, Any], property: str, message: str
    ) -> None:
        props = {"global_secondary_index": [index], "attribute": [{"name": "id", "type": "S"}]}
        assert message in mistakes_of(dynamo_table_props=props)[f"{PROPS}.global_secondary_index[0]{property}"]

    def test_that_is_an_expression_lets_attributes_be_unused(self, emit: Emit, stack: TerraformStack) -> None:
        keys = Token.as_any(TerraformVariable(stack, "keys", type="any").string_value)
        index = {"name": "by-keys", "key_schema": keys, "projection_type": "ALL"}
        attributes = [{"name": "id", "type": "S"}, {"name": "customer", "type": "S"}]
        table = emit(dynamo_table_props={"global_secondary_index": [index], "attribute": attributes}).table
        assert table["attribute"] == attributes

    def test_with_expressions_in_its_parts_is_not_checked(self, emit: Emit, stack: TerraformStack) -> None:
        name, type = (TerraformVariable(stack, name, type="string").string_value for name in ("name", "type"))
        key = {"attribute_name": name, "key_type": type}
        table = emit(dynamo_table_props={"global_secondary_index": [index_with(key)]}).table
        (index,) = table["global_secondary_index"]
        assert index["key_schema"] == [{"attribute_name": "${var.name}", "key_type": "${var.type}"}]

    def test_of_a_restored_table_needs_the_key_of_the_table(self, mistakes_of: MistakesOf) -> None:
        props = {"restore_source_name": "orders", "global_secondary_index": [index_with(HASHES[0])]}
        assert "key of the source table" in mistakes_of(dynamo_table_props=props)[f"{PROPS}.hash_key"]


def test_an_index_without_a_key_is_reported_once(mistakes_of: MistakesOf) -> None:
    props = {"global_secondary_index": [{"name": "by-id", "projection_type": "ALL"}]}
    assert len(mistakes_of(dynamo_table_props=props)) == 1
