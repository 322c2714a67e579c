"""`_bulk` requests: as few as the limits allow, each operation tried until it has an answer or time is up."""

from collections.abc import Iterator, Sequence
from typing import Any

from indexer.deadline import Deadline
from indexer.operations import Answer, Operation, Status, read_answer
from indexer.search import RequestTooLargeError, Search
from indexer.settings import Settings


def send(operations: Sequence[Operation], search: Search, settings: Settings, deadline: Deadline) -> list[Answer]:
    """Return one answer for each operation, in order.

    Operations that the service has no capacity for (429, 5xx) are sent again, alone, with growing random pauses until
    the deadline; then their status is BUSY. Raises SearchUnavailableError when a whole request failed.
    """
    answers: dict[int, Answer] = {}
    pending = list(range(len(operations)))
    attempt = 0
    while pending:
        for part in _parts([(at, operations[at]) for at in pending], settings):
            answers.update(_post(part, search, deadline))
        pending = [at for at in pending if answers[at].status is Status.BUSY]
        if not pending or not deadline.wait(attempt):
            break
        attempt += 1
        search.retries += 1
    return [answers[at] for at in range(len(operations))]


_Part = list[tuple[int, Operation, bytes]]


def _parts(numbered: list[tuple[int, Operation]], settings: Settings) -> Iterator[_Part]:
    part: _Part = []
    size = 0
    for at, operation in numbered:
        body = operation.body()
        if part and (size + len(body) > settings.bulk_max_bytes or len(part) == settings.bulk_max_operations):
            yield part
            part, size = [], 0
        part.append((at, operation, body))
        size += len(body)
    if part:
        yield part


def _post(part: _Part, search: Search, deadline: Deadline) -> dict[int, Answer]:
    def read(answer: Any) -> dict[int, Answer]:
        return {
            at: read_answer(operation, item) for (at, operation, _), item in zip(part, answer["items"], strict=True)
        }

    try:
        return search.post("/_bulk", b"".join(body for _, _, body in part), read, deadline)
    except RequestTooLargeError:
        return _halves(part, search, deadline)


def _halves(part: _Part, search: Search, deadline: Deadline) -> dict[int, Answer]:
    if len(part) == 1:
        ((at, _, body),) = part
        return {at: Answer(Status.REJECTED, f"status 413, the document is too large: {len(body)} bytes")}
    middle = len(part) // 2
    return _post(part[:middle], search, deadline) | _post(part[middle:], search, deadline)
