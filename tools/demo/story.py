"""The steps of the demo. Each shows what happens, and checks that it is true."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from .screen import Screen
from .world import Invocation, Item, StreamRecord, World

T = TypeVar("T")

DEPLOY = "1. Deploy the example with Terraform"
FOLLOW = "2. Write, change and delete: the way of each record"
POISON = "3. A record that the function cannot process: bisection, retries, dead-letter queue"
REDRIVE = "4. Mend the function, and send the record again: ddb-stream-lambda redrive"
DESTROY = "5. Destroy it"
TITLES = (DEPLOY, FOLLOW, POISON, REDRIVE, DESTROY)

BATCH = range(3, 11)
POISONED = "order-8"
COUPON = "FREE"


class UntrueError(Exception):
    """The demo shows something that is not true; the message has what was expected and what was found."""


class Story:
    """The steps.

    Attributes:
        checks: the number of things that were checked.
    """

    def __init__(self, world: World, screen: Screen, *, patience: float = 60, pause: float = 0.05) -> None:
        """Set how long the story waits.

        Args:
            world: what the story acts on.
            screen: where it is shown.
            patience: the seconds to wait for something that must happen.
            pause: the seconds between two looks.
        """
        self.checks = 0
        self._world = world
        self._screen = screen
        self._patience = patience
        self._pause = pause

    def run(self) -> None:
        """Run all steps.

        Raises:
            UntrueError: if something is not as the demo shows it.
        """
        self.deploy()
        self.follow_records()
        self.send_poison()
        self.redrive()
        self.destroy()

    def deploy(self) -> None:
        """Deploy the example."""
        self._screen.title(DEPLOY)
        with self._screen.waiting("terraform init, apply: about a minute, most of it for the queue …"):
            self._resources = self._world.deploy()
        self._screen.line("terraform", f"init, apply: {self._resources} resources added")
        self._check(self._resources > 0, "the example is deployed", f"{self._resources} resources")

    def follow_records(self) -> None:
        """Write, change and delete items, one after the other, and follow each record to the index."""
        self._screen.title(FOLLOW)
        self._follow("put", "INSERT", "order-1", 10, lambda: self._world.put(_order(1)))
        self._follow("put", "INSERT", "order-2", 20, lambda: self._world.put(_order(2)))
        self._follow("update", "MODIFY", "order-1", 15, lambda: self._world.set_amount("order-1", 15))
        self._follow("delete", "REMOVE", "order-2", None, lambda: self._world.delete("order-2"))
        self._check_equality()

    def send_poison(self) -> None:
        """Write items in one batch, one of which the function cannot process, until it is in the queue."""
        self._screen.title(POISON)
        before, seen = len(self._world.stream()), len(self._world.invocations())
        orders = [_order(number) for number in BATCH]
        for order in orders:
            if order["id"] == POISONED:
                order["coupon"] = COUPON
        self._world.put(*orders)
        self._screen.line("table", f"put {len(orders)} orders; {POISONED} has a coupon, on which the function exits")
        records = self._wait(
            f"{len(orders)} records in the stream", lambda: _enough(self._world.stream()[before:], len(orders))
        )
        poison = next(record for record in records if record.id == POISONED)
        shown = 0

        def batch_is_over() -> bool:
            nonlocal shown
            invocations = self._world.invocations()[seen:]
            for invocation in invocations[shown:]:
                self._show(invocation)
            shown = len(invocations)
            done = {
                number for invocation in invocations if not invocation.error for number in invocation.sequence_numbers
            }
            return len(done) >= len(orders) - 1 and bool(self._world.failed_batches())

        self._wait("the other records to be done, and a message in the queue", batch_is_over)
        (message, *others) = self._world.failed_batches()
        self._screen.line("queue", f"{message.condition}: {message.size} record, {message.first}", failed=True)
        self._check_bisection(self._world.invocations()[seen:], records, poison)
        found = (message.condition, message.size, message.first, message.last, len(others))
        self._check(
            found == ("RetryAttemptsExhausted", 1, poison.sequence_number, poison.sequence_number, 0),
            "the queue has one message: where the record is in the stream, not the record",
            f"{message}, and {len(others)} more",
        )
        items, documents = self._world.items(), self._world.documents()
        missing = items.keys() - documents.keys()
        self._check(
            missing == {POISONED} and all(documents[id] == item for id, item in items.items() if id != POISONED),
            f"the index has all items of the table but {POISONED}",
            f"missing are {sorted(missing)}",
        )
        self._poison = poison

    def redrive(self) -> None:
        """Deploy mended code, and send the record of the queue again."""
        self._screen.title(REDRIVE)
        with self._screen.waiting("terraform apply …"):
            self._world.deploy_mended()
        self._screen.line("terraform", "apply: the function without the mistake")
        seen = len(self._world.invocations())
        redriven = self._world.redrive()
        self._screen.line("redrive", f"{redriven.records} record sent, exit code {redriven.exit_code}")
        self._check(
            (redriven.exit_code, redriven.records) == (0, 1), "redrive read the record from the stream", redriven.output
        )
        number = self._poison.sequence_number
        self._wait_for_function(number, seen)
        self._wait_for_index(POISONED, number)
        self._wait("an empty queue", lambda: not self._world.failed_batches())
        self._screen.line("queue", "empty")
        self._check_equality()

    def destroy(self) -> None:
        """Destroy the example, with the steps for a table that is retained."""
        self._screen.title(DESTROY)
        with self._screen.waiting("terraform destroy …"):
            refused = self._world.destroy_is_refused()
        self._check(refused, "terraform destroy is refused: the table is retained", "it was not refused")
        with self._screen.waiting("terraform apply …"):
            self._world.lift_protections()
        self._screen.line("terraform", "apply: without the table's two protections")
        with self._screen.waiting("terraform destroy: half a minute, most of it for the queue …"):
            destroyed = self._world.destroy()
        self._screen.line("terraform", f"destroy: {destroyed} resources destroyed")
        leftovers = self._world.leftovers()
        self._check(
            destroyed == self._resources and not leftovers,
            "nothing is left",
            f"{destroyed} of {self._resources} resources destroyed; left are {', '.join(leftovers) or 'none'}",
        )

    def _follow(self, verb: str, change: str, id: str, amount: int | None, write: Callable[[], None]) -> None:
        before, seen = len(self._world.stream()), len(self._world.invocations())
        write()
        self._screen.line("table", f"{verb} {id}" + ("" if amount is None else f", amount {amount}"))
        (record,) = self._wait("a record in the stream", lambda: _enough(self._world.stream()[before:], 1))
        self._require((record.change, record.id) == (change, id), f"the record is {change} of {id}", str(record))
        self._screen.line("stream", f"{change} {id}, sequence number {record.sequence_number}")
        self._wait_for_function(record.sequence_number, seen)
        self._wait_for_index(id, record.sequence_number)
        document = self._world.documents().get(id)
        expected = None if amount is None else amount
        found = None if document is None else document.get("amount")
        self._require(found == expected, f"the amount of {id} in the index is {expected}", f"it is {found}")

    def _wait_for_function(self, number: str, seen: int) -> None:
        """Wait until the function has processed a record, and show it.

        Args:
            number: the record's sequence number.
            seen: the number of invocations before.
        """

        def find() -> Invocation | None:
            return next((one for one in self._world.invocations()[seen:] if number in one.sequence_numbers), None)

        invocation = self._wait(f"the function to get the record {number}", find)
        self._require(invocation.error is None, f"the function processes the record {number}", str(invocation.error))
        self._screen.line("function", f"{_count(invocation)}: done")

    def _wait_for_index(self, id: str, number: str) -> None:
        """Wait until the index has the change of a record, and show it."""
        self._wait(f"the index to have the record {number}", lambda: self._world.indexed_positions().get(id) == number)
        document = self._world.documents().get(id)
        shown = f"tombstone of {id}" if document is None else f"document {id}, amount {document.get('amount')}"
        self._screen.line("index", f"{shown}, sequence number {number}")

    def _show(self, invocation: Invocation) -> None:
        count = _count(invocation)
        if invocation.error is None:
            self._screen.line("function", f"{count}: done")
        else:
            self._screen.line("function", f"{count}: {invocation.error}", failed=True)

    def _check_bisection(
        self, invocations: Sequence[Invocation], records: Sequence[StreamRecord], poison: StreamRecord
    ) -> None:
        """Check that batches were halved down to the poisoned record, and only that was retried."""
        sizes = [len(one.sequence_numbers) for one in invocations if one.error]
        for invocation in invocations:
            self._require(
                (invocation.error is not None) == (poison.sequence_number in invocation.sequence_numbers),
                "an invocation fails if and only if it has the record of the poisoned item",
                str(invocation),
            )
        single = sizes.count(1)
        split = sizes[: len(sizes) - single]
        halves = all(later in (size // 2, size - size // 2) for size, later in zip(split, [*split[1:], 1], strict=True))
        self._check(
            bool(split) and halves and split[0] == len(records),
            f"the failing batch was halved: {' → '.join(map(str, [*split, 1]))}",
            f"the failing invocations had {sizes} records",
        )
        self._check(
            single == 1 + self._world.retries,
            f"only the poisoned record was retried, {self._world.retries} times",
            f"{single} invocations had only this record",
        )

    def _check_equality(self) -> None:
        items, documents = self._world.items(), self._world.documents()
        different = sorted(id for id in items.keys() | documents.keys() if items.get(id) != documents.get(id))
        self._check(
            not different and bool(items),
            f"the index equals the table: {len(items)} item{'' if len(items) == 1 else 's'}",
            f"different are {different}",
        )

    def _check(self, is_true: bool, claim: str, found: str) -> None:
        """Show that a claim is true.

        Raises:
            UntrueError: if it is not.
        """
        self._require(is_true, claim, found)
        self._screen.check(claim)

    def _require(self, is_true: bool, claim: str, found: str) -> None:
        if not is_true:
            raise UntrueError(f"not true: {claim}; found: {found}")
        self.checks += 1

    def _wait(self, expected: str, look: Callable[[], T | None]) -> T:
        """Return the first result of a look that is not empty.

        Raises:
            UntrueError: if there is none in time.
        """
        end = time.monotonic() + self._patience
        while True:
            if found := look():
                self.checks += 1
                return found
            if time.monotonic() >= end:
                raise UntrueError(f"not true: waited {self._patience:g} s for {expected}")
            time.sleep(self._pause)


def _order(number: int) -> Item:
    return {"id": f"order-{number}", "amount": 10 * number}


def _enough(records: Sequence[StreamRecord], count: int) -> Sequence[StreamRecord] | None:
    return records if len(records) >= count else None


def _count(invocation: Invocation) -> str:
    count = len(invocation.sequence_numbers)
    return f"{count} record{'' if count == 1 else 's'}"
