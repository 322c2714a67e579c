"""The exception: it can be pickled and copied, and shows Terraform's expressions."""

import copy
import pickle

import pytest
from ddb_stream_lambda import DynamoDBStreamsToLambda, PatternError
from cdktf import TerraformStack, TerraformVariable, Token
from cdktf_cdktf_provider_aws.sqs_queue import SqsQueue
from ddb_stream_lambda.errors import Mistake

from tests.support.calls import ZIP_FUNCTION, Emit, MistakesOf


class Unpicklable:
    """A value that no pickle can contain."""

    def __reduce__(self) -> str:
        raise TypeError("cannot be pickled")

    def __repr__(self) -> str:
        return "<unpicklable>"


ERROR = PatternError("orders/pipeline", [Mistake("a", 1, "wrong"), Mistake("b", {"x": [Unpicklable()]}, "also wrong")])


class TestPickle:
    @pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
    def test_keeps_the_message_the_path_and_the_mistakes(self, protocol: int) -> None:
        loaded = pickle.loads(pickle.dumps(ERROR, protocol))
        assert type(loaded) is PatternError
        assert str(loaded) == str(ERROR)
        assert loaded.path == "orders/pipeline"
        assert loaded.mistakes[0] == ERROR.mistakes[0]

    def test_has_the_text_of_a_value_that_is_no_plain_data(self) -> None:
        loaded = pickle.loads(pickle.dumps(ERROR))
        assert repr(loaded.mistakes[1].value) == "{'x': [<unpicklable>]}"
        assert pickle.loads(pickle.dumps(loaded)).mistakes == loaded.mistakes

    def test_of_a_value_that_is_a_construct(self, emit: Emit, stack: TerraformStack) -> None:
        with pytest.raises(PatternError) as caught:
            emit(sqs_dlq_queue_props={"name": SqsQueue(stack, "queue")})
        assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


@pytest.mark.parametrize("copied", [copy.copy(ERROR), copy.deepcopy(ERROR)])
def test_a_copy_keeps_the_values(copied: PatternError) -> None:
    assert str(copied) == str(ERROR)
    assert copied.mistakes[1].value is ERROR.mistakes[1].value


class TestExpressions:
    """A wrong value of the engine is shown as Terraform's expression."""

    def test_of_strings_lists_maps_and_numbers(self, mistakes_of: MistakesOf, stack: TerraformStack) -> None:
        variable = TerraformVariable(stack, "x", type="any")
        for wrong in (
            variable.string_value,
            [variable.string_value],
            variable.list_value,
            Token.as_string_map(variable.value),
            Token.as_number(variable.value),
            variable.value,
            {"nested": (variable.string_value, Token.as_number(variable.value))},
        ):
            shown = mistakes_of(grant_permissions=wrong)["grant_permissions"]
            assert "${var.x}" in shown
            assert "TfToken" not in shown
            assert "e+298" not in shown

    def test_in_a_message(self, mistakes_of: MistakesOf, stack: TerraformStack) -> None:
        variable = TerraformVariable(stack, "x", type="string")
        values = {"function_response_types": f"{variable.string_value}-a"}
        message = mistakes_of(dynamo_event_source_props={"filter_criteria": values | {"filter": variable.string_value}})
        assert all("TfToken" not in text for text in message.values())

    def test_in_the_id_of_a_construct(self, stack: TerraformStack) -> None:
        variable = TerraformVariable(stack, "x", type="string")
        with pytest.raises(PatternError) as caught:
            DynamoDBStreamsToLambda(stack, variable.string_value, lambda_function_props=ZIP_FUNCTION)
        assert "id = '${var.x}': must be plain text" in str(caught.value)
        assert "TfToken" not in str(caught.value)

    def test_a_list_that_contains_itself_is_shown(self, mistakes_of: MistakesOf) -> None:
        endless: list[object] = []
        endless.append(endless)
        assert "…" in mistakes_of(grant_permissions=endless)["grant_permissions"]

    def test_a_value_without_a_token_stays_the_same_object(self, emit: Emit) -> None:
        value = object()
        with pytest.raises(PatternError) as caught:
            emit(grant_permissions=value)
        assert caught.value.mistakes[0].value is value
