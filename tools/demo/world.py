"""The interface through which the story acts and looks. The tests have a double of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

Value = str | int | Decimal
Item = dict[str, Value]


@dataclass(frozen=True)
class StreamRecord:
    """A record of the table's stream.

    Attributes:
        change: INSERT, MODIFY or REMOVE.
        id: the item's key.
        sequence_number: the record's sequence number.
    """

    change: str
    id: str
    sequence_number: str


@dataclass(frozen=True)
class Invocation:
    """A finished invocation of the function.

    Attributes:
        sequence_numbers: those of the records that it got.
        error: why it failed; None if all its records are done.
    """

    sequence_numbers: Sequence[str]
    error: str | None = None


@dataclass(frozen=True)
class FailedBatch:
    """A message in the dead-letter queue.

    Attributes:
        condition: why Lambda gave the records up.
        size: the number of records.
        first: the sequence number of the first record.
        last: that of the last one.
    """

    condition: str
    size: int
    first: str
    last: str


@dataclass(frozen=True)
class Redriven:
    """The result of `ddb-stream-lambda redrive`.

    Attributes:
        exit_code: its exit code.
        records: the number of records that it sent.
        output: its output.
    """

    exit_code: int
    records: int
    output: str


class World(Protocol):
    """The deployed example, and the commands that change it.

    Attributes:
        retries: how often the event source mapping retries a batch.
        urls: the servers that were started.
    """

    retries: int
    urls: Sequence[str]

    def deploy(self) -> int:
        """Deploy the example with a mistake in its code, and return the number of resources."""

    def deploy_mended(self) -> None:
        """Deploy the example again, with code that has no mistake."""

    def destroy_is_refused(self) -> bool:
        """Return whether `terraform destroy` refuses to destroy the table."""

    def lift_protections(self) -> None:
        """Deploy the example without the protections of its table."""

    def destroy(self) -> int:
        """Destroy the example, and return the number of resources."""

    def put(self, *items: Item) -> None:
        """Put items into the table in one call."""

    def set_amount(self, id: str, amount: int) -> None:
        """Change an item."""

    def delete(self, id: str) -> None:
        """Delete an item."""

    def items(self) -> Mapping[str, Item]:
        """Return the table's items by key."""

    def stream(self) -> Sequence[StreamRecord]:
        """Return all records of the stream."""

    def invocations(self) -> Sequence[Invocation]:
        """Return all finished invocations."""

    def documents(self) -> Mapping[str, Item]:
        """Return the documents of the index by id, without the fields that the function adds."""

    def indexed_positions(self) -> Mapping[str, str]:
        """Return the sequence number of the record that last changed the index, for each id; also of deleted ones."""

    def failed_batches(self) -> Sequence[FailedBatch]:
        """Return the messages in the dead-letter queue. They stay there."""

    def redrive(self) -> Redriven:
        """Run `ddb-stream-lambda redrive` for the queue."""

    def leftovers(self) -> Sequence[str]:
        """Return what is left of the example in the emulator: tables, functions, queues, roles and alarms."""
