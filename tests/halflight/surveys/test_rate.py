"""The limit of queries a minute, on a clock of our own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from halflight.surveys.errors import SurveyParameterError
from halflight.surveys.rate import RateLimiter


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds


@given(st.integers(1, 60), st.lists(st.floats(0, 20), min_size=1, max_size=200))
def test_never_more_than_the_limit_in_any_minute(per_minute, gaps):
    clock, passed = Clock(), []
    limiter = RateLimiter(per_minute, clock=lambda: clock.now, sleep=clock.sleep)
    for gap in gaps:
        clock.now += gap
        limiter.acquire()
        passed.append(clock.now)
    for first, later in zip(passed, passed[per_minute:], strict=False):
        assert later - first >= 60 - 1e-6


def test_sixty_pass_at_once_and_the_next_waits_a_minute():
    clock = Clock()
    limiter = RateLimiter(60, clock=lambda: clock.now, sleep=clock.sleep)
    for _ in range(60):
        limiter.acquire()
    assert clock.now == 1000
    limiter.acquire()
    assert clock.now == 1060


@pytest.mark.parametrize("per_minute", [0, 61])
def test_bad_limit(per_minute):
    with pytest.raises(SurveyParameterError, match=f"received {per_minute}"):
        RateLimiter(per_minute)
