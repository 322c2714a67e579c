"""The keys of the table: attributes and secondary indexes, and what an expression turns off."""

from typing import Any

import pytest
from cdktf import Fn, TerraformIterator, TerraformStack, TerraformVariable, Token

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
