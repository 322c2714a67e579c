"""Lists the stored records that the index refused, and sends them again."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from indexer.batch import BatchIndexer
from indexer.deadline import Deadline
from indexer.operations import Transform
from indexer.search_client import SearchClient
from indexer.settings import Settings

# A stored record can have about 1 MB: two images of up to 400 KB each, as JSON text.
PAGE_SIZE = 50
MAX_REASONS = 20


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """A stored record that the index refused.

    Attributes:
        id: the id of the document that stores it.
        rejected_at: the time of the refusal in milliseconds since 1970.
        reason: the reason of the refusal.
        sequence_number: the record's sequence number.
        stream_arn: the ARN of the record's stream.
        record: the record, or None if the document does not have one.
    """

    id: str
    rejected_at: int
    reason: str
    sequence_number: str
    stream_arn: str
    record: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Overview:
    """The stored records of an index, counted.

    Attributes:
        count: the number of records.
        oldest: the time of the first refusal in milliseconds since 1970, or None if it is not known.
        reasons: the most frequent reasons with their number of records.
    """

    count: int
    oldest: int | None
    reasons: dict[str, int]


@dataclass(slots=True)
class Resent:
    """The result of sending records again.

    Attributes:
        done: the number of records that were indexed, or that a newer change replaced. They are no longer stored.
        refused: for each record that stays stored, the id of the document that stores it, and the reason.
        undeleted: the number of records that are done, but could not be deleted from the store. Sending them again
            changes nothing.
    """

    done: int = 0
    refused: dict[str, str] = field(default_factory=dict)
    undeleted: int = 0


def count_rejected(sink: str, *, client: SearchClient, deadline: Deadline) -> Overview:
    """Count the stored records.

    Args:
        sink: the index that stores them.
        client: the client of the search service.
        deadline: the end of the time for requests and retries.

    Raises:
        SearchUnavailableError: if the request failed.
    """

    def parse(response: Any) -> Overview:
        count = response["hits"]["total"]["value"]
        # Without an index there are no aggregations in the response.
        found = response.get("aggregations")
        if not count or not found:
            return Overview(0, None, {})
        reasons = {bucket["key"]: bucket["doc_count"] for bucket in found["reasons"]["buckets"]}
        oldest = found["oldest"]["value"]
        return Overview(count, None if oldest is None else int(oldest), reasons)

    body = {
        "size": 0,
        "track_total_hits": True,
        "aggs": {
            "oldest": {"min": {"field": "rejected_at"}},
            "reasons": {"terms": {"field": "reason.keyword", "size": MAX_REASONS}},
        },
    }
    return client.post(_search_path(sink), json.dumps(body).encode(), parse=parse, deadline=deadline)


def read_rejected(
    sink: str, *, client: SearchClient, until: int, limit: int | None, seconds: float
) -> Iterator[list[StoredRecord]]:
    """Yield the stored records in pages, the oldest first.

    The pages are correct although records are deleted between them. A page begins with the time of the last record, and
    leaves out the records of that time that were already read. So it needs no unique field to sort by, and also works
    with an index that was created without the template.

    Args:
        sink: the index that stores them.
        client: the client of the search service.
        until: the time of the last refusal to read, in milliseconds since 1970.
        limit: the number of records to read at most, or None for all.
        seconds: the time for the requests of one page.

    Raises:
        SearchUnavailableError: if a request failed.
    """
    since = 0
    seen: set[str] = set()
    while limit is None or limit > 0:
        body = {
            "size": PAGE_SIZE if limit is None else min(PAGE_SIZE, limit),
            "sort": [{"rejected_at": "asc"}],
            "query": {
                "bool": {
                    "filter": [{"range": {"rejected_at": {"gte": since, "lte": until}}}],
                    "must_not": [{"ids": {"values": sorted(seen)}}],
                }
            },
        }
        page = client.post(
            _search_path(sink),
            json.dumps(body).encode(),
            parse=lambda response: [_parse_hit(hit) for hit in response["hits"]["hits"]],
            deadline=Deadline(seconds),
        )
        if not page:
            return
        if page[-1].rejected_at != since:
            since = page[-1].rejected_at
            seen = set()
        seen |= {stored.id for stored in page if stored.rejected_at == since}
        if limit is not None:
            limit -= len(page)
        yield page


def resend(
    page: list[StoredRecord],
    *,
    sink: str,
    client: SearchClient,
    settings: Settings,
    transform: Transform,
    seconds: float,
) -> Resent:
    """Index stored records again, and delete those from the store that are done.

    A record that is refused again stays as it is. After an interruption the records can be sent again: the index keeps
    the newest change of each item.

    Args:
        page: the stored records.
        sink: the index that stores them.
        client: the client of the search service.
        settings: the function's configuration.
        transform: the team's function that shapes documents.
        seconds: the time for the requests.

    Raises:
        SearchUnavailableError: if a whole request failed. All records are still stored.
        SettingsError: if the records do not fit the function's configuration.
    """
    result = Resent()
    # Without storing refused records: these are stored already.
    settings = replace(settings, store_rejected=False)
    deadline = Deadline(seconds)
    done: list[StoredRecord] = []
    # Sequence numbers are unique within one stream only.
    by_stream: dict[str, list[StoredRecord]] = {}
    for stored in page:
        if stored.record is None:
            result.refused[stored.id] = f"the document {stored.id} has no record in its field `record`"
        else:
            by_stream.setdefault(stored.stream_arn, []).append(stored)
    for batch in by_stream.values():
        indexer = BatchIndexer(client=client, settings=settings, transform=transform, deadline=deadline)
        report = indexer.index([stored.record for stored in batch if stored.record is not None])
        for stored in batch:
            if stored.sequence_number in report.failures:
                result.refused[stored.id] = report.failures[stored.sequence_number]
            else:
                done.append(stored)
    result.done = len(done)
    if done:
        result.undeleted = _delete(done, sink=sink, client=client, deadline=deadline)
    return result


def _delete(stored: list[StoredRecord], *, sink: str, client: SearchClient, deadline: Deadline) -> int:
    """Delete documents of the store, and return the number of those that could not be deleted."""

    def parse(response: Any) -> int:
        return sum(item["delete"]["status"] not in (200, 404) for item in response["items"])

    lines = [orjson.dumps({"delete": {"_index": sink, "_id": entry.id}}) + b"\n" for entry in stored]
    return client.post("/_bulk", b"".join(lines), parse=parse, deadline=deadline)


def _search_path(sink: str) -> str:
    # The index does not exist before the first refusal.
    return f"/{sink}/_search?ignore_unavailable=true"


def _parse_hit(hit: dict[str, Any]) -> StoredRecord:
    source = hit["_source"]
    try:
        record = json.loads(source["record"])
        number = record["dynamodb"]["SequenceNumber"]
        stream_arn = record["eventSourceARN"]
        if not isinstance(number, str) or not isinstance(stream_arn, str):
            raise TypeError
    except (KeyError, TypeError, ValueError):
        record, number, stream_arn = None, hit["_id"], ""
    return StoredRecord(
        id=hit["_id"],
        rejected_at=hit["sort"][0],
        reason=str(source.get("reason", "")),
        sequence_number=number,
        stream_arn=stream_arn,
        record=record,
    )
