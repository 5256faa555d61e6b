"""A limit on how often something is done: SkyServer refuses more than 60 queries a minute."""

import threading
import time
from collections import deque
from collections.abc import Callable

from halflight.surveys.errors import SurveyParameterError

# https://skyserver.sdss.org/dr17/SearchTools/sql: "60 queries per minute".
SKYSERVER_LIMIT = 60


class RateLimiter:
    """Let at most `per_minute` calls pass in any 60 seconds; the others wait their turn.

    Safe for several threads. `clock` (seconds, monotonic) and `sleep` are injectable for tests.
    """

    def __init__(
        self,
        per_minute: int,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if not 1 <= per_minute <= SKYSERVER_LIMIT:
            raise SurveyParameterError(
                f"queries_per_minute must be between 1 and SkyServer's limit of {SKYSERVER_LIMIT}, "
                f"received {per_minute}"
            )
        self._passed: deque[float] = deque(maxlen=per_minute)
        self._clock, self._sleep, self._lock = clock, sleep, threading.Lock()

    def acquire(self) -> None:
        """Return when one more call may be made, and count it."""
        with self._lock:
            if len(self._passed) == self._passed.maxlen:
                wait = self._passed[0] + 60.0 - self._clock()
                if wait > 0:
                    self._sleep(wait)
            self._passed.append(self._clock())
