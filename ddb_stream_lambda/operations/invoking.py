"""Sends records to a function in batches, as an event source mapping does."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from .aws import calling, is_passing, one_line
from .errors import AwsError
from .events import Record, encode_event, encode_record, join_records

# The limit of a synchronous invocation: "Request must be smaller than 6291456 bytes for the InvokeFunction operation".
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MAX_PAYLOAD_BYTES = 6 * 1024 * 1024
# The event without records, {"Records":[]}, and a byte, since a request must be smaller than the limit.
EVENT_BYTES = len(encode_event([])) + 1
FIRST_PAUSE, MAX_PAUSE = 0.5, 20.0


@dataclass(frozen=True)
class Outcome:
    """The result of sending records in order.

    Attributes:
        done: the number of records that are done, counted from the first one.
        error: the reason that the next record failed; None if all are done.
        reached: whether the function received the next record. It did not if AWS throttled the invocation for long.
    """

    done: int
    error: str | None = None
    reached: bool = True


class Invoker:
    """Invokes a function with batches of records, one after another.

    A batch is done if the function returns no error and no batch item failures. After a partial batch response, the
    next batch begins with the lowest record that failed.
    https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html

    Args:
        client: a client of Lambda that does not repeat requests (`aws.Connection.client`). Threads can share it.
        function: the name or ARN of the function, with a version or an alias if it has one.
        batch_size: the maximum number of records in a batch.
        attempts: how often a batch is sent until it counts as failed.
        bisect: whether a batch that failed is sent in halves, so that only the record that fails is left.
        attempts_to_reach: how often a request is sent while AWS throttles it or has an internal error.
        sleep: waits for a number of seconds.
        max_bytes: the limit of a request.
    """

    def __init__(
        self,
        client: Any,
        function: str,
        *,
        batch_size: int,
        attempts: int = 3,
        bisect: bool = False,
        attempts_to_reach: int = 8,
        sleep: Callable[[float], object] = time.sleep,
        max_bytes: int = MAX_PAYLOAD_BYTES,
    ) -> None:
        self._client = client
        self.function = function
        self.batch_size = batch_size
        self._attempts = attempts
        self._bisect = bisect
        self._attempts_to_reach = attempts_to_reach
        self._sleep = sleep
        self._max_bytes = max_bytes

    def send(self, records: Sequence[Record], *, on_batch: Callable[[int], None] | None = None) -> Outcome:
        """Send records in order, until they are done or one of them fails.

        Args:
            records: the records, in the order of the stream.
            on_batch: called after each batch with the number of records that are done, counted from the first one.

        Raises:
            AwsError: if AWS refuses the invocation: credentials, permissions, a function that does not exist.
        """
        done, attempt, size = 0, 0, self.batch_size
        while done < len(records):
            encoded = self._fitting(records, done, size)
            count = len(encoded)
            if not count:
                length = len(encode_event(records[done : done + 1]))
                return Outcome(
                    done, f"the record is {length} bytes as an event, and Lambda takes less than {self._max_bytes}"
                )
            answer = self._invoke(records[done : done + count], join_records(encoded))
            done += answer.done
            if answer.done and on_batch is not None:
                on_batch(done)
            if answer.error is None:
                attempt, size = 0, self.batch_size
                continue
            attempt = 1 if answer.done else attempt + 1
            if attempt < self._attempts and not answer.is_final:
                self._sleep(_pause(attempt))
            elif self._bisect and answer.is_whole and count > 1:
                attempt, size = 0, count // 2
            else:
                return Outcome(done, answer.error, reached=not answer.is_final)
        return Outcome(done)

    def _fitting(self, records: Sequence[Record], start: int, size: int) -> list[bytes]:
        """Return the records from a position on that fit in one request, encoded."""
        fitting: list[bytes] = []
        length = EVENT_BYTES
        for record in records[start : start + size]:
            encoded = encode_record(record)
            length += len(encoded) + (1 if fitting else 0)  # a comma separates two records
            if length > self._max_bytes:
                break
            fitting.append(encoded)
        return fitting

    def _invoke(self, records: Sequence[Record], payload: bytes) -> _Answer:
        """Invoke the function once. Repeat the request while AWS throttles it or has an internal error."""
        reason = ""
        for attempt in range(1, self._attempts_to_reach + 1):
            try:
                with calling(f"invoke {self.function}"):
                    answer = self._client.invoke(FunctionName=self.function, Payload=payload)
                    body = answer["Payload"].read()
                return _read_answer(records, answer.get("FunctionError"), body)
            except AwsError as error:
                if not is_passing(error.__cause__):
                    raise
                reason = str(error)
                if attempt < self._attempts_to_reach:
                    self._sleep(_pause(attempt))
        return _Answer(0, reason, is_final=True)


@dataclass(frozen=True)
class _Answer:
    """The result of one invocation.

    Attributes:
        done: the number of records that are done, counted from the first one.
        error: the reason that the next record failed; None if all are done.
        is_whole: whether the batch failed as a whole, so that any of its records can be the reason.
        is_final: whether the request was repeated often enough.
    """

    done: int
    error: str | None = None
    is_whole: bool = False
    is_final: bool = False


def _read_answer(records: Sequence[Record], function_error: str | None, body: bytes) -> _Answer:
    try:
        response = json.loads(body or b"null")
    except ValueError:
        response = None
    if function_error:
        return _Answer(0, _error_text(function_error, response), is_whole=True)
    failures = response.get("batchItemFailures") if isinstance(response, dict) else None
    if not failures:
        return _Answer(len(records))
    positions = {str(record["dynamodb"]["SequenceNumber"]): index for index, record in enumerate(records)}
    try:
        failed = min(positions[failure["itemIdentifier"]] for failure in failures)
    except (KeyError, TypeError):
        # Lambda treats such a response as a failure of the whole batch.
        text = f"the function returned batchItemFailures with an unknown itemIdentifier: {failures}"
        return _Answer(0, one_line(text), is_whole=True)
    number = records[failed]["dynamodb"]["SequenceNumber"]
    return _Answer(failed, f"the function returned batchItemFailures with the sequence number {number}")


def _error_text(function_error: str, response: object) -> str:
    details = response if isinstance(response, dict) else {}
    parts = [str(details[name]) for name in ("errorType", "errorMessage") if details.get(name)]
    return one_line(f"the function failed: {': '.join(parts) or function_error}")


def _pause(attempt: int) -> float:
    """Return the seconds to wait after an attempt: doubled each time, with jitter, so that workers do not meet."""
    jitter = random.uniform(0.5, 1.0)  # noqa: S311  # not a secret
    return float(min(MAX_PAUSE, FIRST_PAUSE * 2 ** (attempt - 1)) * jitter)
