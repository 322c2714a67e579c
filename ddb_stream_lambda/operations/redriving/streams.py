"""Reads the records of a failed batch from the stream, where they are for 24 hours.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Operations_Amazon_DynamoDB_Streams.html
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ..aws import calling
from ..errors import AwsError
from ..events import Record, record_from_stream, sequence_number

TRIMMED = "TrimmedDataAccessException"
EXPIRED_ITERATOR = "ExpiredIteratorException"
NOT_FOUND = "ResourceNotFoundException"
# An open shard that is read to its end gives empty pages for ever. Before the end, some in a row are normal.
MAX_EMPTY_PAGES = 100
EMPTY_PAGES_WITHOUT_PAUSE = 5
PAUSE_AFTER_EMPTY_PAGE = 0.2


@dataclass(frozen=True)
class ShardRange:
    """The records of a range that are still in the stream.

    Attributes:
        records: the records in order, as Lambda delivers them.
        is_trimmed: whether the beginning of the range, or all of it, has expired.
    """

    records: list[Record]
    is_trimmed: bool = False


class ShardReader:
    """Reads ranges of one shard. Ranges that follow each other are read with few requests.

    Args:
        client: a client of DynamoDB Streams.
        stream_arn: the ARN of the stream.
        shard_id: the shard.
        sleep: waits for a number of seconds.
    """

    def __init__(
        self, client: Any, stream_arn: str, shard_id: str, *, sleep: Callable[[float], object] = time.sleep
    ) -> None:
        self._client = client
        self._stream_arn = stream_arn
        self._shard_id = shard_id
        self._sleep = sleep
        # The page that was read last, and the iterator that follows it.
        self._page: list[Record] = []
        self._next: str | None = None

    def read(self, start: int, end: int) -> ShardRange:
        """Return the records from one sequence number to another one, both included.

        Raises:
            AwsError: if AWS refuses to read the stream.
        """
        try:
            return ShardRange(self._collect(start, end, self._pages(start)))
        except AwsError as error:
            if error.code == NOT_FOUND:  # the shard or the stream is gone
                return ShardRange([], is_trimmed=True)
            if error.code != TRIMMED:
                raise
        try:
            return ShardRange(self._collect(start, end, self._pages(None)), is_trimmed=True)
        except AwsError as error:
            if error.code in (NOT_FOUND, TRIMMED):
                return ShardRange([], is_trimmed=True)
            raise

    def _collect(self, start: int, end: int, pages: Iterator[list[Record]]) -> list[Record]:
        found: list[Record] = []
        for page in pages:
            found += [record for record in page if start <= sequence_number(record) <= end]
            if page and sequence_number(page[-1]) >= end:
                break
        return found

    def _pages(self, start: int | None) -> Iterator[list[Record]]:
        """Yield the pages from a sequence number on, or from the oldest record on, until the shard ends."""
        if start is not None and self._is_in_page(start):
            yield self._page
        else:
            self._page = []
            kind = {"ShardIteratorType": "TRIM_HORIZON"}
            if start is not None:
                kind = {"ShardIteratorType": "AT_SEQUENCE_NUMBER", "SequenceNumber": str(start)}
            self._next = self._iterator(kind)
        last: str | None = self._page[-1]["dynamodb"]["SequenceNumber"] if self._page else None
        empty = 0
        while self._next is not None and empty < MAX_EMPTY_PAGES:
            try:
                with calling(f"read the shard {self._shard_id} of {self._stream_arn}"):
                    answer = self._client.get_records(ShardIterator=self._next)
            except AwsError as error:
                if error.code != EXPIRED_ITERATOR:
                    raise
                if last is not None:
                    kind = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": last}
                elif start is not None:
                    kind = {"ShardIteratorType": "AT_SEQUENCE_NUMBER", "SequenceNumber": str(start)}
                else:
                    kind = {"ShardIteratorType": "TRIM_HORIZON"}
                self._next = self._iterator(kind)
                continue
            self._next = answer.get("NextShardIterator")
            page = [record_from_stream(record, stream_arn=self._stream_arn) for record in answer["Records"]]
            if not page:
                empty += 1
                if empty > EMPTY_PAGES_WITHOUT_PAUSE:
                    self._sleep(PAUSE_AFTER_EMPTY_PAGE)
                continue
            empty = 0
            self._page, last = page, page[-1]["dynamodb"]["SequenceNumber"]
            yield page

    def _is_in_page(self, number: int) -> bool:
        page = self._page
        return bool(page) and sequence_number(page[0]) <= number <= sequence_number(page[-1])

    def _iterator(self, kind: dict[str, Any]) -> str | None:
        with calling(f"read the shard {self._shard_id} of {self._stream_arn}"):
            answer = self._client.get_shard_iterator(StreamArn=self._stream_arn, ShardId=self._shard_id, **kind)
        iterator = answer.get("ShardIterator")
        return None if iterator is None else str(iterator)


def read_parents(client: Any, stream_arn: str) -> dict[str, str]:
    """Return the parent of each shard of a stream that has one. A parent's records are older than its children's.

    Raises:
        AwsError: if AWS refuses to describe the stream.
    """
    parents: dict[str, str] = {}
    position: dict[str, str] = {}
    while True:
        with calling(f"describe the stream {stream_arn}"):
            description = client.describe_stream(StreamArn=stream_arn, **position)["StreamDescription"]
        for shard in description.get("Shards", []):
            if shard.get("ParentShardId"):
                parents[shard["ShardId"]] = shard["ParentShardId"]
        last = description.get("LastEvaluatedShardId")
        if not last:
            return parents
        position = {"ExclusiveStartShardId": last}
