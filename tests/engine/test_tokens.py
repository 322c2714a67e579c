"""Values in messages: every token becomes its Terraform expression."""

import cdktf
import jsii
import pytest
from ddb_stream_lambda import TableByArn
from cdktf import Fn, TerraformIterator, TerraformStack, TerraformVariable, Token
from cdktf_cdktf_provider_aws.dynamodb_table import DynamodbTable, DynamodbTableTtl
from ddb_stream_lambda._engine.tokens import describe, is_token


@pytest.fixture
def variable(stack: TerraformStack) -> TerraformVariable:
    return TerraformVariable(stack, "any", type="any")


@jsii.implements(cdktf.IStringProducer)
class Broken:
    """Raises an error when the stack is synthesized."""

    def produce(self, context: object) -> str:
        raise LookupError


class Unprintable:
    def __repr__(self) -> str:
        raise LookupError


def test_a_token_of_each_type_becomes_its_expression(stack: TerraformStack, variable: TerraformVariable) -> None:
    table = DynamodbTable(stack, "table", name="table")
    values = {
        variable.string_value: "${var.any}",
        f"a-{variable.string_value}-{table.arn}": "a-${var.any}-${aws_dynamodb_table.table.arn}",
        variable.number_value: "${var.any}",
        "${var.any}": "${var.any}",
        "text": "text",
    }
    for value, expression in values.items():
        assert describe(value, stack) == expression
    assert describe(variable.boolean_value, stack) == "${var.any}"
    assert describe(variable.list_value, stack) == "${var.any}"
    assert describe(variable.list_value[0], stack) == "${var.any}"
    assert describe(table.tags_all, stack) == "${aws_dynamodb_table.table.tags_all}"
    assert describe(next(iter(table.tags_all)), stack) == "${aws_dynamodb_table.table.tags_all}"
    assert describe(Token.as_number_list("${var.any}"), stack) == "${var.any}"
    assert describe(Fn.length_of(variable.value), stack) == "${length(var.any)}"
    each = TerraformIterator.from_list(variable.list_value)
    assert describe(each.get_number_map("a"), stack) == "${each.value.a}"
    assert describe(each.value, stack) == "${each.value}"


def test_tokens_in_other_values(stack: TerraformStack, variable: TerraformVariable) -> None:
    text, number = variable.string_value, variable.number_value
    assert describe([text, (number, {"a": text}), {text: 1}], stack) == [
        "${var.any}",
        ("${var.any}", {"a": "${var.any}"}),
        {"${var.any}": 1},
    ]
    assert describe(DynamodbTableTtl(enabled=True, attribute_name=text), stack) == {
        "enabled": True,
        "attribute_name": "${var.any}",
    }
    assert repr(describe(TableByArn(arn="arn", stream_arn=text), stack)) == (
        "TableByArn(arn='arn', stream_arn='${var.any}', kms_key_arn=None)"
    )


@pytest.mark.parametrize("value", [None, True, 3, 1.5, "text", ["a"], ("a",), {"a": 1}, {1, 2}, b"bytes", print, 3j])
def test_other_values_stay_as_they_are(stack: TerraformStack, value: object) -> None:
    assert describe(value, stack) == value


def test_any_value_is_described(stack: TerraformStack, variable: TerraformVariable) -> None:
    endless: list[object] = [variable.string_value]
    endless.append(endless)
    assert "…" in repr(describe(endless, stack))
    assert repr(describe(Unprintable(), stack)) == "<Unprintable>"
    assert describe(cdktf.Lazy.string_value(Broken()), stack) == "${…}"
    assert describe(variable.string_value, None) == "${…}"
    assert describe(variable.string_value, cdktf.Testing.app()) == "${…}"


def test_the_parts_of_a_token_are_tokens(stack: TerraformStack, variable: TerraformVariable) -> None:
    assert is_token(variable.list_value[0])
    assert is_token(next(iter(DynamodbTable(stack, "table", name="table").tags_all)))


@pytest.mark.parametrize("number", [0, -1, 10**300, 10**400, 1.5])
def test_a_plain_number_is_no_token(number: float) -> None:
    assert not is_token(number)
