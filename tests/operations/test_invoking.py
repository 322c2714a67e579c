"""Batches: size, order, partial responses, retries, bisection, the limit of a request, and the errors of AWS."""

from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError
from ddb_stream_lambda.operations.errors import AwsError
from ddb_stream_lambda.operations.events import encode_event
from ddb_stream_lambda.operations.invoking import Invoker, Outcome
from hypothesis import given
from hypothesis import strategies as st

from .fakes import FIRST, FUNCTION, FakeLambda, client_error, lambda_record, numbers_of


def invoker(client: FakeLambda, **options: Any) -> Invoker:
    settings: dict[str, Any] = {"batch_size": 3, "sleep": lambda seconds: None, **options}
    return Invoker(client, FUNCTION, **settings)


def records(count: int) -> list[dict[str, Any]]:
    return [lambda_record(FIRST + index) for index in range(count)]


def failures_of(*numbers: int) -> dict[str, Any]:
    return {"batchItemFailures": [{"itemIdentifier": str(number)} for number in numbers]}


def test_records_go_in_order_in_batches_of_the_given_size() -> None:
    client = FakeLambda()
    done: list[int] = []
    assert invoker(client).send(records(7), on_batch=done.append) == Outcome(7)
    assert client.batches == [[FIRST, FIRST + 1, FIRST + 2], [FIRST + 3, FIRST + 4, FIRST + 5], [FIRST + 6]]
    assert done == [3, 6, 7]
    assert client.functions == {FUNCTION}


def test_no_records_need_no_invocation() -> None:
    client = FakeLambda()
    assert invoker(client).send([]) == Outcome(0)
    assert client.batches == []


@pytest.mark.parametrize("response", [None, {}, {"batchItemFailures": []}, {"batchItemFailures": None}, "ok", 5, [1]])
def test_response_without_failures_is_a_success(response: object) -> None:
    assert invoker(FakeLambda(lambda records: response)).send(records(2)) == Outcome(2)


def test_partial_response_continues_from_the_lowest_failed_record() -> None:
    seen: set[int] = set()

    def handler(batch: list[Any]) -> Any:
        numbers = numbers_of(batch)
        failed = [number for number in numbers if number in (FIRST + 1, FIRST + 2) and number not in seen]
        seen.update(failed)
        return failures_of(*reversed(failed))

    client = FakeLambda(handler)
    assert invoker(client).send(records(4)) == Outcome(4)
    assert client.batches == [[FIRST, FIRST + 1, FIRST + 2], [FIRST + 1, FIRST + 2, FIRST + 3]]


def test_record_that_always_fails_ends_the_sending_after_the_attempts() -> None:
    client = FakeLambda(lambda batch: failures_of(FIRST + 1) if FIRST + 1 in numbers_of(batch) else None)
    outcome = invoker(client, bisect=True).send(records(4))
    assert outcome.done == 1
    assert outcome.error == f"the function returned batchItemFailures with the sequence number {FIRST + 1}"
    assert len(client.batches) == 3


@pytest.mark.parametrize("identifier", ["", None, "7", 7])
def test_unknown_identifier_is_a_failure_of_the_whole_batch(identifier: object) -> None:
    client = FakeLambda(lambda batch: {"batchItemFailures": [{"itemIdentifier": identifier}]})
    outcome = invoker(client).send(records(2))
    assert outcome.done == 0
    assert "unknown itemIdentifier" in str(outcome.error)


def poison(number: int) -> Any:
    def handler(batch: list[Any]) -> None:
        if number in numbers_of(batch):
            raise ValueError("amount is\nnot a number")

    return handler


def test_function_error_fails_the_batch_with_the_error_of_the_function() -> None:
    client = FakeLambda(poison(FIRST + 4))
    outcome = invoker(client).send(records(6))
    assert outcome == Outcome(3, "the function failed: ValueError: amount is not a number")
    assert client.batches[1:] == [[FIRST + 3, FIRST + 4, FIRST + 5]] * 3


def test_bisection_leaves_only_the_record_that_fails() -> None:
    client = FakeLambda(poison(FIRST + 4))
    assert invoker(client, bisect=True).send(records(6)).done == 4


def test_request_stays_below_the_limit_and_keeps_the_order() -> None:
    batch = [lambda_record(FIRST + index, text={"S": "é" * 300}) for index in range(5)]
    limit = len(encode_event(batch[:2])) + 1
    client = FakeLambda()
    assert invoker(client, max_bytes=limit).send(batch) == Outcome(5)
    assert [len(sent) for sent in client.batches] == [2, 2, 1]
    assert max(client.payload_sizes) == limit - 1


def test_event_of_exactly_the_limit_is_split() -> None:
    batch = records(2)
    client = FakeLambda()
    assert invoker(client, max_bytes=len(encode_event(batch))).send(batch) == Outcome(2)
    assert [len(sent) for sent in client.batches] == [1, 1]


def test_record_above_the_limit_is_an_error_that_names_the_limit() -> None:
    batch = [*records(1), lambda_record(FIRST + 1, text={"S": "x" * 2000})]
    outcome = invoker(FakeLambda(), max_bytes=1000).send(batch)
    assert outcome.done == 1
    assert "Lambda takes less than 1000" in str(outcome.error)


@given(sizes=st.lists(st.integers(0, 400), max_size=20), batch_size=st.integers(1, 6), limit=st.integers(900, 2000))
def test_split_covers_every_record_once_in_order_within_both_limits(
    sizes: list[int], batch_size: int, limit: int
) -> None:
    client = FakeLambda()
    batch = [lambda_record(FIRST + index, text={"S": "ü" * size}) for index, size in enumerate(sizes)]
    outcome = Invoker(client, FUNCTION, batch_size=batch_size, max_bytes=limit).send(batch)
    sent = [number for numbers in client.batches for number in numbers]
    assert sent == numbers_of(batch)[: outcome.done]
    assert all(len(numbers) <= batch_size for numbers in client.batches)
    assert all(size < limit for size in client.payload_sizes)
    assert outcome.error is not None or outcome.done == len(sizes)


PASSING = [
    client_error("TooManyRequestsException", 429),
    client_error("ServiceException", 500),
    client_error("EC2ThrottledException", 502),
    client_error("ResourceConflictException", 409),
    ReadTimeoutError(endpoint_url="https://lambda"),
]


def test_throttles_and_internal_errors_are_repeated_with_growing_pauses() -> None:
    client, pauses = FakeLambda(errors=PASSING), list[float]()
    assert invoker(client, sleep=pauses.append).send(records(1)) == Outcome(1)
    assert len(client.batches) == 1
    assert len(pauses) == len(PASSING)
    assert pauses[-1] > pauses[0]


def test_outcome_shows_whether_the_function_was_reached() -> None:
    throttled = FakeLambda(errors=[client_error("TooManyRequestsException", 429)] * 100)
    assert not invoker(throttled).send(records(1)).reached
    assert invoker(FakeLambda(poison(FIRST))).send(records(1)).reached


def test_throttles_without_end_are_a_failure_that_keeps_the_records() -> None:
    client = FakeLambda(errors=[client_error("TooManyRequestsException", 429)] * 100)
    outcome = invoker(client).send(records(1))
    assert outcome.done == 0
    assert "TooManyRequestsException" in str(outcome.error)
    assert len(client.errors) == 92


@pytest.mark.parametrize("code", ["AccessDeniedException", "ResourceNotFoundException", "ExpiredTokenException"])
def test_refused_invocation_ends_the_command(code: str) -> None:
    client = FakeLambda(errors=[client_error(code)])
    with pytest.raises(AwsError, match=f"cannot invoke {FUNCTION}") as caught:
        invoker(client).send(records(1))
    assert caught.value.code == code
    assert client.batches == []
