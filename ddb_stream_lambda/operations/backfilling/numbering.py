"""The sequence numbers and ids of the records that a run makes of items.

The sequence numbers of a real stream have 21 digits or more. The numbers of a run have 20 digits:

    number = (seconds from 1970 to the start of the run) * 10**10 + (position of the record in its unit)

1. Compared as integers, every number is below every number of the stream. So a function that keeps the record with the
   larger number never prefers an item of a run to a real change.
2. The numbers of a later run are above all those of an earlier one. So the later run wins. The start of a run comes
   from AWS's clock, so that two machines agree about the order.
3. The numbers rise within a unit, as those of a stream rise within a shard. Two units can have the same numbers, but an
   item is in one unit only.

The sample function builds its document versions from these numbers (`function/indexer/versions.py`). Its versions begin
with the creation of the stream that the record names. So an item of a run also wins over every change of a former
stream of the table.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

POSITIONS = 10**10
FIRST_SECOND, LAST_SECOND = 10**9, 10**10 - 1  # 10 digits: from 2001 to 2286
# The sample function looks up whether an item was deleted if its record is not recent. The margin is for clocks that
# differ.
MARGIN = timedelta(minutes=5)


@dataclass(frozen=True)
class Run:
    """One run over all items of a source, with all its interruptions.

    Attributes:
        id: an id that no other run has.
        started: the start of the run.
    """

    id: str
    started: datetime

    @property
    def written_at(self) -> datetime:
        """The time of the write that the records of a scan state: safely before the run."""
        return self.started - MARGIN

    def sequence_number(self, position: int) -> str:
        """Return the sequence number of a record.

        Args:
            position: the position of the record in its unit, from 0.

        Raises:
            ValueError: if the start of the run or the position is out of range.
        """
        seconds = int(self.started.timestamp())
        if not FIRST_SECOND <= seconds <= LAST_SECOND:
            raise ValueError(f"a run must start from 2001 to 2286, not at {self.started}")
        if not 0 <= position < POSITIONS:
            raise ValueError(f"a unit has at most {POSITIONS} records, not {position + 1}")
        return str(seconds * POSITIONS + position)

    def event_id(self, keys: Mapping[str, Any]) -> str:
        """Return the id of the record of an item: the same in every attempt of this run, and different in other runs.

        Args:
            keys: the item's key attributes as JSON.
        """
        text = json.dumps([self.id, keys], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    def to_json(self) -> dict[str, Any]:
        """Return the run as JSON."""
        return {"id": self.id, "started": self.started.isoformat()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Run:
        """Return the run of `to_json`."""
        return cls(data["id"], datetime.fromisoformat(data["started"]).astimezone(UTC))
