"""Sends operations in `_bulk` requests: as few as the limits allow."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from indexer.answers import Answer, Status, parse_answer
from indexer.deadline import Deadline
from indexer.operations import Operation
from indexer.search_client import RequestTooLargeError, SearchClient
from indexer.settings import Settings


class _Entry(NamedTuple):
    """An operation with its position among all operations, and its lines in the body of the request."""

    position: int
    operation: Operation
    body: bytes


def send(
    operations: Sequence[Operation], *, client: SearchClient, settings: Settings, deadline: Deadline
) -> list[Answer]:
    """Send operations, and return one answer for each, in the same order.

    Operations that the service has no capacity for (429, 5xx) are sent again with growing random pauses, without the
    others, until the deadline. After it their status is BUSY.

    Args:
        operations: the operations.
        client: the client of the search service.
        settings: the limits of a request.
        deadline: the end of the time for requests and retries.

    Raises:
        SearchUnavailableError: if a whole request failed.
    """
    answers: dict[int, Answer] = {}
    pending = list(range(len(operations)))
    attempt = 0
    while pending:
        for part in _split([(position, operations[position]) for position in pending], settings):
            answers.update(_post(part, client=client, deadline=deadline))
        pending = [position for position in pending if answers[position].status is Status.BUSY]
        if not pending or not deadline.pause_before_retry(attempt):
            break
        attempt += 1
    return [answers[position] for position in range(len(operations))]


def _split(numbered: list[tuple[int, Operation]], settings: Settings) -> Iterator[list[_Entry]]:
    """Yield the operations in parts that each fit in one request."""
    part: list[_Entry] = []
    size = 0
    for position, operation in numbered:
        body = operation.body()
        if part and (size + len(body) > settings.bulk_max_bytes or len(part) == settings.bulk_max_operations):
            yield part
            part, size = [], 0
        part.append(_Entry(position, operation, body))
        size += len(body)
    if part:
        yield part


def _post(part: list[_Entry], *, client: SearchClient, deadline: Deadline) -> dict[int, Answer]:
    """Send one request, and return the answers by position."""

    def parse(response: Any) -> dict[int, Answer]:
        items = zip(part, response["items"], strict=True)
        return {entry.position: parse_answer(entry.operation, item) for entry, item in items}

    body = b"".join(entry.body for entry in part)
    try:
        return client.post("/_bulk", body, parse=parse, deadline=deadline)
    except RequestTooLargeError:
        return _post_halves(part, client=client, deadline=deadline)


def _post_halves(part: list[_Entry], *, client: SearchClient, deadline: Deadline) -> dict[int, Answer]:
    if len(part) == 1:
        (entry,) = part
        reason = f"status 413, the document is too large: {len(entry.body)} bytes"
        return {entry.position: Answer(Status.REJECTED, reason)}
    middle = len(part) // 2
    first = _post(part[:middle], client=client, deadline=deadline)
    return first | _post(part[middle:], client=client, deadline=deadline)
