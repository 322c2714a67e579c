"""A record that the index refuses: kept as a whole, with its key and the reason, so that it can be sent again."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from indexer.changes import Change, Stream
from indexer.settings import rejected_index


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """A record that cannot be indexed.

    Attributes:
        stream: the stream that the record comes from.
        sequence_number: the record's sequence number.
        document_id: the id of the record's document, or None if the record has no key that can be read.
        record: the stream record.
        reason: the reason, without any content of the item.
    """

    stream: Stream
    sequence_number: str
    document_id: str | None
    record: Mapping[str, Any]
    reason: str

    @classmethod
    def of_change(cls, change: Change, reason: str) -> "Rejection":
        """Return the rejection of a change."""
        return cls(
            stream=change.stream,
            sequence_number=change.sequence_number,
            document_id=change.id,
            record=change.record,
            reason=reason,
        )

    @property
    def index(self) -> str:
        """The name of the index that stores the record."""
        return rejected_index(self.stream.index_name)

    @property
    def id(self) -> str:
        """The id in that index. A record that is refused again replaces its first copy."""
        return f"{self.stream.label}/{self.sequence_number}"

    def encode(self, rejected_at: float) -> bytes:
        """Return the JSON to store.

        The record and its keys are stored as text, so that no index refuses them.

        Args:
            rejected_at: the time in seconds since 1970; the JSON has milliseconds.
        """
        return orjson.dumps(
            {
                "rejected_at": int(rejected_at * 1000),
                "table": self.stream.table,
                "index": self.stream.index_name,
                "document_id": self.document_id,
                "stream_arn": self.stream.arn,
                "sequence_number": self.sequence_number,
                "keys": _text(self.record.get("dynamodb", {}).get("Keys")),
                "reason": self.reason,
                "record": _text(self.record),
            }
        )


def _text(value: Any) -> str:
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        # orjson refuses half of a surrogate pair, integers beyond 64 bits and more than 254 levels.
        return json.dumps(value)
