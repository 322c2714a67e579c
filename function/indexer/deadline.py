"""The end of an invocation's time, and the pauses before retries."""

import random
import time
from collections.abc import Callable

FIRST_PAUSE_SECONDS = 0.1
MAX_PAUSE_SECONDS = 5.0
# After 6 doublings the pause is longer than MAX_PAUSE_SECONDS; more would only make a large number.
MAX_DOUBLINGS = 6


class Deadline:
    """The end of the time for requests and pauses.

    Attributes:
        retries: the number of pauses before a retry so far.
    """

    def __init__(
        self,
        seconds: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[float, float], float] = random.uniform,
    ) -> None:
        """Set the deadline.

        Args:
            seconds: the time from now to the deadline.
            clock: returns the current time in seconds. Tests replace it.
            sleep: pauses for some seconds. Tests replace it.
            jitter: returns a random number between two bounds. Tests replace it.
        """
        self.retries = 0
        self._clock = clock
        self._sleep = sleep
        self._jitter = jitter
        self._end = clock() + seconds

    def remaining(self) -> float:
        """Return the seconds until the deadline, or 0 after it."""
        return max(0.0, self._end - self._clock())

    def pause_before_retry(self, attempt: int) -> bool:
        """Pause for a random time, up to a bound that doubles with each attempt.

        Args:
            attempt: the number of attempts before the one that failed.

        Returns:
            True after the pause, or False without a pause if it would last beyond the deadline.
        """
        doublings = min(attempt, MAX_DOUBLINGS)
        pause = self._jitter(0, min(MAX_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2**doublings))
        if pause >= self.remaining():
            return False
        self._sleep(pause)
        self.retries += 1
        return True
