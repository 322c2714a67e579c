"""Converts the position of a change to a version that a search engine can compare.

The position of a change has two parts. The first is the creation of its stream: a table gets a new stream when its
stream is disabled and enabled again, when its view type changes, and when it is restored under its name. The sequence
numbers of the new stream can be lower than those before. The second part is the record's sequence number, a decimal
number of up to 40 digits. The external version of a document is a signed 64-bit integer:

    version = 41 * 10**17 + (seconds from 2014 to the stream's creation) * 21 * 10**8 + offset
    offset  = (number of digits - 20) * 10**8 + (the first 8 digits)    if the sequence number has 21 to 40 digits
    offset  = (number of digits) * 10**6 + (the first 6 digits)         if it has 1 to 20 digits

DynamoDB had no streams before 2014. The sequence numbers of a real stream have 21 digits or more.

1. The offset never decreases from one sequence number of a stream to the next, larger one. If both have the same number
   of digits, the first digits of the smaller number are at most those of the larger one. If the smaller number has
   fewer digits, its first term is smaller by at least the factor, and the second term is less than the factor. From 20
   to 21 digits, the offset grows from less than 21 * 10**6 to more than 10**8.
2. The offset is less than 21 * 10**8. So every version of a later second is larger than every one of an earlier second.
3. Former releases used the version (number of digits) * 10**17 + (the first 17 digits). For up to 40 digits it is less
   than 41 * 10**17. So every version is larger than every version of a former release.
4. The largest version fits in 63 bits until April 2091.

It follows that a smaller version always belongs to an earlier change: the engine never takes an older change for a
newer one. Two changes share a version only if their sequence numbers have the same length and the same first digits.
For such a tie the full positions are compared: every document and tombstone stores its sequence number (see
`indexer.batch`).
"""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

EPOCH = datetime(2014, 1, 1, tzinfo=UTC)
FIRST_VERSION = 41 * 10**17
VERSIONS_PER_SECOND = 21 * 10**8
# AWS: DynamoDB Streams API Reference, StreamRecord, SequenceNumber: at most 40 digits.
MAX_DIGITS = 40
MAX_VERSION = 2**63 - 1

# Someone else's `_update` adds 1 to a version. A version that is larger by more than this belongs to a later change.
MAX_UPDATES = 10_000


class Position(NamedTuple):
    """The position of a change among all changes of its table. A later change has a larger position.

    Attributes:
        created: the seconds from 2014 to the creation of the change's stream.
        number: the sequence number of the change.
    """

    created: int
    number: int

    @property
    def created_at(self) -> float:
        """The creation of the change's stream in seconds since 1970."""
        return EPOCH.timestamp() + self.created


def creation_from_label(label: str) -> int:
    """Return the seconds from 2014 to the creation of a stream.

    Two streams of one table cannot be created in the same second: DynamoDB takes several seconds for each.

    Args:
        label: the stream's label, the last part of its ARN, such as 2026-01-01T00:00:00.000.

    Raises:
        ValueError: if the label is not a time from 2014 to 2091.
    """
    created = (datetime.fromisoformat(label).replace(tzinfo=UTC) - EPOCH) // timedelta(seconds=1)
    if not 0 <= created < (MAX_VERSION - FIRST_VERSION) // VERSIONS_PER_SECOND:
        raise ValueError(f"the stream label {label!r} is not between 2014 and 2091")
    return created


def version_of(created: int, sequence_number: str) -> int:
    """Return the external version of a change (1 to 2**63 - 1).

    Args:
        created: the seconds from 2014 to the creation of the change's stream.
        sequence_number: the sequence number of the change.

    Raises:
        ValueError: if the sequence number does not have 1 to 40 decimal digits, without leading zeros.
    """
    if not (sequence_number.isascii() and sequence_number.isdigit()):
        raise ValueError(f"sequence number {sequence_number!r} is not a decimal number")
    digits = sequence_number.lstrip("0") or "0"
    length = len(digits)
    if length > MAX_DIGITS:
        raise ValueError(f"the sequence number has {length} digits; it must have at most {MAX_DIGITS}")
    offset = (length - 20) * 10**8 + int(digits[:8]) if length > 20 else length * 10**6 + int(digits[:6])
    return FIRST_VERSION + created * VERSIONS_PER_SECOND + offset


def creation_from_version(version: int) -> int | None:
    """Return the seconds from 2014 to the creation of the stream that a version belongs to.

    Returns:
        The seconds, or None for the version of a former release, which does not show its stream.
    """
    return (version - FIRST_VERSION) // VERSIONS_PER_SECOND if version >= FIRST_VERSION else None
