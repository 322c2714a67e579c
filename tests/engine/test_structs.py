"""The values of the bindings' configuration structs."""

import pytest
from cdktf import TerraformStack
from cdktf_cdktf_provider_aws.dynamodb_table import DynamodbTableConfig, DynamodbTableTtl
from ddb_stream_lambda._engine.structs import values_of


def test_a_struct_has_the_values_that_were_given() -> None:
    ttl = DynamodbTableTtl(attribute_name="expires")
    assert values_of(ttl) == {"attribute_name": "expires"}
    assert values_of(DynamodbTableConfig(name="orders", ttl=ttl)) == {"name": "orders", "ttl": ttl}


@pytest.mark.parametrize("value", [{"a": 1}, "text", 3, None, [1], DynamodbTableTtl, TerraformStack], ids=repr)
def test_any_other_value_is_returned_as_it_is(value: object) -> None:
    assert values_of(value) is value
