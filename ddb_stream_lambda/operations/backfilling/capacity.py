"""Bounds the read capacity that the scan of a table consumes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

# A request reads 1 MB at most, which is 128 read units if the reads are eventually consistent.
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Scan.html
MAX_PAGE_ITEMS = 10_000
FIRST_PAGE_ITEMS = 100


class Pace:
    """Keeps the consumed read units of all threads below a rate, on average from the start on.

    The cost of a page is estimated before it is read, and corrected by what DynamoDB reports. The next page waits until
    the units are paid. The size of the pages follows from the cost of the items so far, so that one page costs about
    one second.

    Args:
        units_per_second: the bound; None for no bound.
        clock: returns the time in seconds.
        wait: waits for a number of seconds, or until the run stops.
    """

    def __init__(
        self,
        units_per_second: float | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[float], object] = time.sleep,
    ) -> None:
        self.units_per_second = units_per_second
        self._clock = clock
        self._wait = wait
        self._lock = threading.Lock()
        self._paid_until = clock()
        self._items = 0
        self._units = 0.0

    @property
    def consumed(self) -> float:
        """The read units so far."""
        return self._units

    def page_items(self) -> int | None:
        """Return the maximum number of items of the next page; None for DynamoDB's own limit."""
        if self.units_per_second is None:
            return None
        with self._lock:
            if not self._items or not self._units:
                return FIRST_PAGE_ITEMS
            return max(1, min(MAX_PAGE_ITEMS, int(self.units_per_second * self._items / self._units)))

    def before_page(self) -> float:
        """Wait until the pages so far are paid, and return the estimated cost of the next one."""
        if self.units_per_second is None:
            return 0.0
        with self._lock:
            now = self._clock()
            begin = max(self._paid_until, now)
            # A page of unknown cost is estimated at a second, so that threads do not all begin at once.
            estimate = self.units_per_second if not self._units else self._page_units()
            self._paid_until = begin + estimate / self.units_per_second
        if begin > now:
            self._wait(begin - now)
        return estimate

    def after_page(self, *, items: int, units: float, estimate: float) -> None:
        """Add the cost of a page.

        Args:
            items: the number of items that DynamoDB read.
            units: the consumed read units.
            estimate: the estimate of `before_page`.
        """
        with self._lock:
            self._items += items
            self._units += units
            if self.units_per_second is not None:
                self._paid_until += (units - estimate) / self.units_per_second

    def _page_units(self) -> float:
        return min(self.units_per_second or 0.0, self._units / max(1, self._items) * MAX_PAGE_ITEMS)
