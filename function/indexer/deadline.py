"""The end of an invocation's time, and the pauses before retries."""

import random
import threading
import time
from collections.abc import Callable
from typing import TypeVar

FIRST_PAUSE_SECONDS = 0.1
MAX_PAUSE_SECONDS = 5.0
# After 6 doublings the pause is longer than MAX_PAUSE_SECONDS; more would only make a large number.
MAX_DOUBLINGS = 6
# The time that the first request of an invocation has at least. It is shorter than the time that the handler keeps for
# reporting the failures.
FIRST_REQUEST_SECONDS = 1.0

T = TypeVar("T")


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
        self._has_begun = False

    def remaining(self) -> float:
        """Return the seconds until the deadline, or 0 after it."""
        return max(0.0, self._end - self._clock())

    def begin_request(self, limit: float) -> float:
        """Return the seconds that a request may take that begins now: 0 if it must not be sent.

        The first request of an invocation may take FIRST_REQUEST_SECONDS at least, also after the deadline. So each
        invocation can send a request.

        Args:
            limit: the seconds that any request may take.
        """
        seconds = self.remaining() if self._has_begun else max(self.remaining(), FIRST_REQUEST_SECONDS)
        self._has_begun = True
        return min(limit, seconds)

    def pause_before_retry(self, attempt: int, *, at_least: float = 0.0) -> bool:
        """Pause for a random time, up to a bound that doubles with each attempt.

        Args:
            attempt: the number of attempts before the one that failed.
            at_least: the shortest pause in seconds, which the service requires.

        Returns:
            True after the pause, or False without a pause if it would last beyond the deadline.
        """
        doublings = min(attempt, MAX_DOUBLINGS)
        pause = max(at_least, self._jitter(0, min(MAX_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2**doublings)))
        if pause >= self.remaining():
            return False
        self._sleep(pause)
        self.retries += 1
        return True


def call_within(seconds: float, function: Callable[[], T]) -> T:
    """Call a function that has no timeout, and return its result.

    Args:
        seconds: the time to wait for the result.
        function: it runs in another thread, which is left behind if it takes too long.

    Raises:
        TimeoutError: if the function takes longer.
    """
    results: list[T] = []
    errors: list[Exception] = []

    def run() -> None:
        try:
            results.append(function())
        except Exception as error:  # raised again below, in the caller's thread
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if errors:
        raise errors[0]
    if not results:
        raise TimeoutError
    return results[0]
