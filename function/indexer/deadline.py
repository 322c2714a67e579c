"""How much of the invocation's time is left, and how to wait within it."""

import random
import time
from collections.abc import Callable

_FIRST_WAIT = 0.1
_LONGEST_WAIT = 5.0
_DOUBLINGS = 6


class Deadline:
    """The end of the time that requests and waits may take."""

    def __init__(
        self,
        seconds: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[float, float], float] = random.uniform,
    ) -> None:
        """Begin to count; clock, sleep and jitter are exchangeable for tests."""
        self._clock = clock
        self._sleep = sleep
        self._jitter = jitter
        self._end = clock() + seconds

    def remaining(self) -> float:
        """Return the seconds that are left, 0 when it has passed."""
        return max(0.0, self._end - self._clock())

    def wait(self, attempt: int) -> bool:
        """Wait before another try: a random time up to a bound that doubles with each attempt, counted from 0.

        Returns False, without waiting, when the time left is shorter than the wait.
        """
        pause = self._jitter(0, min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** min(attempt, _DOUBLINGS)))
        if pause >= self.remaining():
            return False
        self._sleep(pause)
        return True
