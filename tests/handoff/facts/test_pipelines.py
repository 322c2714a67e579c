"""The resources that belong to a pattern, and the stream that each pattern reads."""

from typing import Any

import pytest
from ddb_stream_lambda.handoff.facts.descriptions import describe
from ddb_stream_lambda.handoff.facts.pipelines import ids_in_patterns, read_pipelines
from ddb_stream_lambda.handoff.synthesized.configuration import Configuration
from ddb_stream_lambda.handoff.synthesized.patterns import read_patterns


def placed(path: str, **arguments: Any) -> dict[str, Any]:
    return {"//": {"metadata": {"path": path}}, **arguments}


def stack(mark: Any) -> dict[str, Any]:
    """Two patterns, and a queue of another team whose path begins like one of them."""
    return {
        "//": {"ddb_stream_lambda": mark},
        "resource": {
            "aws_sqs_queue": {
                "orders_dlq": placed("shop/orders/dead-letter-queue"),
                "returns_dlq": placed("shop/re.turns/dead-letter-queue"),
                "payments": placed("shop/orders/payments"),
            },
            "aws_lambda_event_source_mapping": {
                name: placed(path, event_source_arn=f"${{aws_dynamodb_table.{name}.stream_arn}}")
                for name, path in (("orders", "shop/orders/mapping"), ("returns", "shop/re.turns/mapping"))
            },
        },
    }


MARK = {
    "shop/orders": ["dead-letter-queue", "mapping", "table"],
    "shop/re%2Eturns": ["dead-letter-queue", "mapping"],
}


def configuration(mark: Any) -> Configuration:
    content = stack(mark)
    return Configuration({"resource": content["resource"]}, read_patterns(content))


def test_only_marked_resources_belong_to_a_pattern() -> None:
    assert ids_in_patterns(configuration(MARK)) == {
        "aws_sqs_queue.orders_dlq": "dead-letter-queue",
        "aws_sqs_queue.returns_dlq": "dead-letter-queue",
        "aws_lambda_event_source_mapping.orders": "mapping",
        "aws_lambda_event_source_mapping.returns": "mapping",
    }


def test_each_pattern_has_its_own_stream_and_queue() -> None:
    content = stack({"shop/orders": ["event-source-mapping", "dead-letter-queue"], "shop/b": []})
    content["resource"]["aws_lambda_event_source_mapping"]["orders"] = placed(
        "shop/orders/event-source-mapping", event_source_arn="${aws_dynamodb_table.orders.stream_arn}"
    )
    empty, orders = read_pipelines(Configuration({"resource": content["resource"]}, read_patterns(content)))
    assert (empty.path, empty.queue, empty.stream_arn) == ("shop/b", None, "")
    assert orders.queue is not None
    assert orders.queue.address == "aws_sqs_queue.orders_dlq"
    assert orders.stream_arn == "${aws_dynamodb_table.orders.stream_arn}"


@pytest.mark.parametrize("mark", [None, [], "text", {"shop/orders": None}, {"shop/orders": [1, None]}])
def test_damaged_mark_marks_nothing(mark: Any) -> None:
    assert ids_in_patterns(configuration(mark)) == {}


def test_queue_of_another_team_is_not_called_a_dead_letter_queue() -> None:
    (queue,) = (entry for entry in configuration(MARK).resources if entry.name == "payments")
    assert describe(queue, pattern_id=None) == "Messages are kept for 4 days (the SQS default)."
