"""Sends operations in `_bulk` requests: as few as the limits allow."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from indexer.answers import INTERNAL_SERVER_ERROR, Answer, Status, parse_answer
from indexer.deadline import Deadline
from indexer.operations import Operation
from indexer.search_client import RequestTooLargeError, SearchClient, SearchUnavailableError
from indexer.settings import Settings

# An answer then has only the fields that `parse_answer` reads: a sixth of the bytes.
FILTER_PATH = "errors,items.*.status,items.*.error"
# The longest time in seconds for which an engine waits for an inactive primary shard. Without a limit it holds the
# whole request for a minute, with the operations of all healthy shards.
MAX_SHARD_TIMEOUT = 5.0
# A document that gets an internal error this often, while others succeed, is the cause of the error.
MAX_INTERNAL_ERRORS = 3


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

    A refused document is sent once more before its status is REJECTED: shards that learn a new field at the same time
    refuse documents which they accept a moment later. A document is also rejected if it causes an internal error (500)
    again and again while other documents succeed.

    Args:
        operations: the operations.
        client: the client of the search service.
        settings: the limits of a request.
        deadline: the end of the time for requests and retries.

    Raises:
        SearchUnavailableError: if a whole request failed, and no operation has an answer yet.
    """
    answers: dict[int, Answer] = {}
    sendings = _Sendings()
    pending: Sequence[int] = range(len(operations))
    attempt = 0
    while pending:
        _send_once(pending, operations, answers, client=client, settings=settings, deadline=deadline)
        pending = sendings.needing_another(pending, answers)
        if not pending:
            break
        if not deadline.pause_before_retry(attempt):
            for position in pending:
                if answers[position].status is Status.REJECTED:
                    reason = f"{answers[position].reason}; there was no time to send it a second time"
                    answers[position] = Answer(Status.BUSY, reason, answers[position].code)
            break
        attempt += 1
    return [answers[position] for position in range(len(operations))]


class _Sendings:
    """Decides which operations are sent again."""

    def __init__(self) -> None:
        self._refusals: Counter[int] = Counter()
        self._internal_errors: Counter[int] = Counter()

    def needing_another(self, positions: Iterable[int], answers: dict[int, Answer]) -> list[int]:
        """Return the positions of the operations to send again, and replace the answers that have become final."""
        found = []
        others_succeed = any(answer.status >= Status.DONE for answer in answers.values())
        for position in positions:
            answer = answers[position]
            if answer.status is Status.REJECTED:
                self._refusals[position] += 1
                # An answer without a code does not come from the service, and would be the same again.
                if answer.code and self._refusals[position] == 1:
                    found.append(position)
            elif answer.status is Status.BUSY:
                self._internal_errors[position] += answer.code == INTERNAL_SERVER_ERROR
                if others_succeed and self._internal_errors[position] >= MAX_INTERNAL_ERRORS:
                    answers[position] = Answer(Status.REJECTED, answer.reason, answer.code)
                else:
                    found.append(position)
        return found


def _send_once(
    positions: Iterable[int],
    operations: Sequence[Operation],
    answers: dict[int, Answer],
    *,
    client: SearchClient,
    settings: Settings,
    deadline: Deadline,
) -> None:
    """Send the operations at some positions once, and store their answers.

    Raises:
        SearchUnavailableError: if a whole request failed, and no operation has an answer yet.
    """
    parts = list(_split([(position, operations[position]) for position in positions], settings))
    found: dict[int, Answer] = {}
    try:
        for part in parts:
            _post(part, found, client=client, settings=settings, deadline=deadline)
    except SearchUnavailableError as error:
        if not answers and not found:
            raise
        # The indexed records count as done. The other records are reported, and Lambda delivers them again.
        for entry in (entry for part in parts for entry in part if entry.position not in found):
            # The answer to an earlier request has the cause.
            earlier = answers.get(entry.position)
            reason = str(error) if earlier is None else f"{earlier.reason}; then {error}"
            found[entry.position] = Answer(Status.BUSY, reason)
    answers.update(found)


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


def _post(
    part: list[_Entry], answers: dict[int, Answer], *, client: SearchClient, settings: Settings, deadline: Deadline
) -> None:
    """Send one request, and store the answers by position. A body that is too large is sent as two halves."""

    def parse(response: Any) -> dict[int, Answer]:
        items = zip(part, response["items"], strict=True)
        return {
            entry.position: parse_answer(entry.operation, item, field_paths=settings.log_field_paths)
            for entry, item in items
        }

    body = b"".join(entry.body for entry in part)
    path = _path(settings, deadline)
    try:
        answers.update(client.post(path, body, parse=parse, deadline=deadline, can_shrink=len(part) > 1))
    except RequestTooLargeError:
        if len(part) == 1:
            reason = f"status 413, the document is too large: {len(body)} bytes"
            answers[part[0].position] = Answer(Status.REJECTED, reason)
            return
        middle = len(part) // 2
        for half in (part[:middle], part[middle:]):
            _post(half, answers, client=client, settings=settings, deadline=deadline)


def _path(settings: Settings, deadline: Deadline) -> str:
    if settings.service == "aoss":
        # OpenSearch Serverless does not document these parameters. It has no shards that its users can see.
        return "/_bulk"
    # The half leaves time for the answer.
    seconds = min(MAX_SHARD_TIMEOUT, settings.request_timeout / 2, deadline.remaining() / 2)
    return f"/_bulk?timeout={int(seconds * 1000)}ms&filter_path={FILTER_PATH}"
