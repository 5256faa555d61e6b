"""Trying again: how long to wait after a failure that may pass, and when to give up."""

import datetime
import hashlib
import logging
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TypeVar

from halflight.surveys.errors import SurveyError, SurveyParameterError, UnavailableError

T = TypeVar("T")

# Seconds of pauses for one request, all together. SkyServer's own limit is a minute: whoever asks
# for more than two is down for the day, and a person should know.
LONGEST_WAIT = 120.0

_log = logging.getLogger(__name__)


class Transient(Exception):  # noqa: N818 - a signal inside the room, never seen by a caller
    """One try failed in a way that may pass.

    `retry_after` [s] is the pause asked for, `kind` the error that it is when no try is left.
    """

    def __init__(
        self,
        problem: str,
        retry_after: float | None = None,
        kind: type[SurveyError] = UnavailableError,
    ) -> None:
        super().__init__(problem)
        self.retry_after, self.kind = retry_after, kind


def parse_retry_after(value: str | None, now: float) -> float | None:
    """Seconds to wait from an HTTP `Retry-After` header (RFC 9110, 10.2.3), or None without one.

    `value` is a number of seconds or an HTTP date; `now` is the current time [s since 1970]. A
    value that is neither is treated as absent.
    """
    if value is None:
        return None
    if re.fullmatch("[0-9]+", value.strip()):  # isdigit() holds for more, such as a superscript
        return float(value)
    try:
        date = parsedate_to_datetime(value)
        if date.tzinfo is None:
            date = date.replace(tzinfo=datetime.UTC)
        return max(0.0, date.timestamp() - now)
    except (ValueError, TypeError, LookupError, OverflowError):
        return None


@dataclass(frozen=True)
class RetryPolicy:
    """Exponential back-off: wait `backoff` x 2^k x (1 to 1.5) seconds after the k-th failed try.

    The jitter comes from a hash of the name and the try, so that simultaneous downloads do not
    knock in step and yet every run waits the same. `sleep` is injectable for tests.
    """

    retries: int
    backoff: float
    sleep: Callable[[float], None] = time.sleep

    def __post_init__(self) -> None:
        if self.retries < 0:
            raise SurveyParameterError(f"retries must be >= 0, received {self.retries}")
        if self.backoff < 0:
            raise SurveyParameterError(f"backoff must be >= 0 seconds, received {self.backoff}")

    def wait_seconds(self, name: str, attempt: int) -> float:
        """Seconds to wait after failed try number `attempt` (0-based) of what is called `name`."""
        digest = hashlib.sha256(f"{name}#{attempt}".encode()).digest()
        jitter = int.from_bytes(digest[:4], "big") / 2**32
        return float(self.backoff * 2**attempt * (1.0 + 0.5 * jitter))

    def run(self, name: str, attempt_once: Callable[[], T]) -> T:
        """Call `attempt_once` until it returns.

        Raises the last failure's kind, `UnavailableError` for most, when tries or patience run out.
        """
        tries = self.retries + 1
        attempt, waited = 0, 0.0
        while True:
            try:
                return attempt_once()
            except Transient as error:
                pause = max(self.wait_seconds(name, attempt), error.retry_after or 0.0)
                if attempt + 1 == tries or waited + pause > LONGEST_WAIT:
                    asked = (
                        f"; the server asked for a pause of {error.retry_after:.0f} s"
                        if error.retry_after
                        else ""
                    )
                    raise error.kind(
                        f"{name}: {error} (gave up after {attempt + 1} of {tries} tries{asked}). "
                        "Check the server and the network and run again: whole files are kept. "
                        "`survey.retries`, `backoff`, `timeout` and `deadline` set the patience."
                    ) from error
                _log.warning(
                    "%s: %s; try %d of %d in %.1f s", name, error, attempt + 2, tries, pause
                )
                self.sleep(pause)
                attempt, waited = attempt + 1, waited + pause
