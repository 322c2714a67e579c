"""The Terraform expressions: how they are recognized, and how a token becomes a value of its argument's type."""

import math
from collections.abc import Callable

import cdktf
import pytest
from cdktf import Fn, TerraformStack, TerraformVariable, Token
from cdktf_cdktf_provider_aws.kms_key import KmsKey
from ddb_stream_lambda._engine import tokens


@pytest.mark.parametrize(
    "encode",
    [
        Token.as_string,
        Token.as_number,
        Token.as_list,
        Token.as_string_map,
        Token.as_any,
        lambda value: Fn.join(",", ["a", Token.as_string(value)]),
        lambda _: "${var.name}",
        lambda _: "prefix-${var.name}",
    ],
    ids=["string", "number", "list", "map", "any", "function", "text", "text with a prefix"],
)
def test_an_expression_is_a_token(encode: Callable[[object], object]) -> None:
    assert tokens.is_token(encode({"a": 1}))


@pytest.mark.parametrize("type", ["string", "number", "bool", "list(string)", "map(string)"])
def test_a_variable_is_a_token(stack: TerraformStack, type: str) -> None:
    variable = TerraformVariable(stack, "x", type=type)
    for value in (variable.value, variable.string_value, variable.number_value, variable.boolean_value):
        assert tokens.is_token(value)
    assert tokens.is_token(variable.list_value)


@pytest.mark.parametrize(
    "value",
    [
        *("", "text", "$", "{}", "$name"),
        *(0, -1, 10**12, 1.5, math.inf, -math.inf, math.nan, True, False, None),
        *([], ["a"], ("a",), [1], {}, {"a": "b"}, {1: 2}, str),
    ],
    ids=repr,
)
def test_a_plain_value_is_no_token(value: object) -> None:
    assert not tokens.is_token(value)


class TestConversion:
    """A token of any type becomes the token for an argument's type, and resolves to the same expression."""

    @pytest.fixture
    def resolvable(self, stack: TerraformStack) -> cdktf.IResolvable:
        value: cdktf.IResolvable = TerraformVariable(stack, "x").value
        return value

    def resolve(self, value: object, stack: TerraformStack) -> object:
        return cdktf.Tokenization.resolve(
            value, preparing=False, resolver=cdktf.DefaultTokenResolver(cdktf.StringConcat()), scope=stack
        )

    def test_gives_a_value_of_the_type(self, resolvable: cdktf.IResolvable) -> None:
        assert isinstance(tokens.as_string(resolvable), str)
        assert isinstance(tokens.as_number(resolvable), float)
        assert isinstance(tokens.as_list(resolvable), list)
        assert isinstance(tokens.as_map(resolvable), dict)
        assert tokens.as_bool(resolvable) is resolvable

    def test_gives_the_same_expression(self, resolvable: cdktf.IResolvable, stack: TerraformStack) -> None:
        for convert in (tokens.as_string, tokens.as_number, tokens.as_bool, tokens.as_list, tokens.as_map):
            converted = convert(resolvable)
            assert self.resolve(converted, stack) == "${var.x}"

    def test_keeps_a_value_of_the_type(self) -> None:
        assert tokens.as_string("${var.x}") == "${var.x}"
        assert tokens.as_number(3) == 3
        assert tokens.as_list(("#{TfToken[1]}",)) == ["#{TfToken[1]}"]
        assert tokens.as_map({"&{TfToken[1]}": "x"}) == {"&{TfToken[1]}": "x"}


def test_the_address_of_a_resource_is_its_type_and_name(stack: TerraformStack) -> None:
    assert tokens.address_of(KmsKey(stack, "orders")) == "aws_kms_key.orders"
    assert tokens.address_of("aws_kms_key.orders") == "aws_kms_key.orders"


def test_the_expression_of_a_token_is_in_the_language_of_terraform(stack: TerraformStack) -> None:
    assert tokens.expression_of(KmsKey(stack, "orders").arn, stack) == "${aws_kms_key.orders.arn}"
