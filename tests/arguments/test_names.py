"""The names: stable, readable, within the service's limit, and different for two paths."""

import pytest
from ddb_stream_lambda import DynamoDBStreamsToLambda
from cdktf import TerraformStack
from constructs import Construct
from ddb_stream_lambda.arguments.names import breaks_rule, unique_name
from ddb_stream_lambda.limits import FUNCTION_NAME, QUEUE_NAME, ROLE_NAME, TABLE_NAME, NameRule
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.support.calls import ZIP_FUNCTION, new_stack
from tests.support.emitted import Emitted

RULES = {"function": FUNCTION_NAME, "role": ROLE_NAME, "queue": QUEUE_NAME, "table": TABLE_NAME}
# The characters of construct ids, with separators that a simple join of the path would confuse.
IDS = st.text("ab-_. AZ9ä", min_size=1, max_size=70)
PATHS = st.lists(IDS, min_size=2, max_size=4).map("/".join)


def names_of(stack: TerraformStack, id: str) -> dict[str, str]:
    """Return the names of a pattern's resources."""
    emitted = Emitted(stack, DynamoDBStreamsToLambda(stack, id, lambda_function_props=ZIP_FUNCTION))
    return {
        "table": emitted.table["name"],
        "function": emitted.function["function_name"],
        "role": emitted.only("aws_iam_role")["name"],
        "queue": emitted.queue["name"],
    }


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_an_unambiguous_path_is_the_name(rule: NameRule) -> None:
    assert unique_name("orders-dev/pipeline", rule) == "orders-dev_pipeline"


def test_the_names_do_not_change_between_releases() -> None:
    names = [
        unique_name("orders_dev/pipeline", FUNCTION_NAME),
        unique_name("orders-dev/" + "p" * 120, QUEUE_NAME, suffix="-dlq"),
        unique_name("Orders/pipeline", ROLE_NAME, case_sensitive=False),
    ]
    assert names == [
        "orders-dev_pipeline-8309ef2c",
        "orders-dev_pppppppppppppppppppppppppppppppppppppppppppppppppppppppp-95b0251e-dlq",
        "Orders_pipeline-c2ed5386",
    ]


@given(path=PATHS, rule=st.sampled_from(list(RULES.values())), suffix=st.sampled_from(["", "-dlq"]))
def test_every_name_is_within_the_limit(path: str, rule: NameRule, suffix: str) -> None:
    assert not breaks_rule(unique_name(path, rule, suffix=suffix), rule)


@given(paths=st.tuples(PATHS, PATHS), rule=st.sampled_from(list(RULES.values())))
def test_two_paths_have_two_names(paths: tuple[str, str], rule: NameRule) -> None:
    assume(paths[0] != paths[1])
    assert unique_name(paths[0], rule) != unique_name(paths[1], rule)


@given(paths=st.tuples(PATHS, PATHS))
def test_two_roles_differ_by_more_than_case(paths: tuple[str, str]) -> None:
    assume(paths[0] != paths[1])
    one, two = (unique_name(path, ROLE_NAME, case_sensitive=False) for path in paths)
    assert one.lower() != two.lower()


def test_an_id_of_120_characters_gives_names_within_the_limits() -> None:
    for resource, name in names_of(new_stack(), "p" * 120).items():
        assert not breaks_rule(name, RULES[resource])


def test_ids_that_differ_in_the_last_character_give_different_names() -> None:
    one, two = (names_of(new_stack(), "p" * 119 + last) for last in "ab")
    assert not set(one.items()) & set(two.items())


def test_two_stages_of_a_stack_have_different_names() -> None:
    dev, prod = (names_of(new_stack(name), "pipeline") for name in ("orders-dev", "orders-prod"))
    assert not set(dev.values()) & set(prod.values())


def test_a_pattern_in_a_construct_has_the_whole_path_in_its_names() -> None:
    stack = new_stack()
    inner = Construct(stack, "billing")
    pattern = DynamoDBStreamsToLambda(inner, "pipeline", lambda_function_props=ZIP_FUNCTION)
    assert Emitted(stack, pattern).table["name"] == "orders_billing_pipeline"
