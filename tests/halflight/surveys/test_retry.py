"""The back-off: how long, how often, and what is said at the end."""

import datetime
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from halflight.surveys.errors import SurveyParameterError, UnavailableError
from halflight.surveys.retry import LONGEST_WAIT, RetryPolicy, Transient, parse_retry_after


def failing(times: int, retry_after: float | None = None):
    left = [times]

    def attempt() -> str:
        if left[0]:
            left[0] -= 1
            raise Transient("it broke", retry_after)
        return "done"

    return attempt


@given(st.text(), st.integers(0, 8), st.floats(0, 10))
def test_wait_grows_by_two_with_a_bounded_jitter(name, attempt, backoff):
    policy = RetryPolicy(retries=9, backoff=backoff)
    wait = policy.wait_seconds(name, attempt)
    assert backoff * 2**attempt <= wait <= 1.5 * backoff * 2**attempt
    assert wait == policy.wait_seconds(name, attempt)


def test_jitter_differs_between_names():
    policy = RetryPolicy(retries=1, backoff=1)
    assert len({policy.wait_seconds(f"file {n}", 0) for n in range(20)}) == 20


def test_success_after_failures():
    naps: list[float] = []
    assert RetryPolicy(retries=3, backoff=1, sleep=naps.append).run("x", failing(3)) == "done"
    assert len(naps) == 3
    assert naps == sorted(naps)


def test_giving_up_names_thing_problem_and_tries():
    policy = RetryPolicy(retries=2, backoff=0, sleep=lambda _: None)
    with pytest.raises(UnavailableError, match=r"the file: it broke \(gave up after 3 of 3 tries"):
        policy.run("the file", failing(3))


def test_retry_after_is_honoured_when_longer():
    naps: list[float] = []
    RetryPolicy(retries=1, backoff=0.1, sleep=naps.append).run("x", failing(1, retry_after=17))
    assert naps == [17]


def test_too_long_a_pause_gives_up_at_once():
    naps: list[float] = []
    policy = RetryPolicy(retries=5, backoff=0, sleep=naps.append)
    with pytest.raises(UnavailableError, match="pause of 121 s"):
        policy.run("x", failing(1, retry_after=LONGEST_WAIT + 1))
    assert naps == []


def test_other_errors_pass_through():
    with pytest.raises(ZeroDivisionError):
        RetryPolicy(retries=5, backoff=0).run("x", lambda: 1 / 0)


@pytest.mark.parametrize("options", [{"retries": -1, "backoff": 1}, {"retries": 1, "backoff": -1}])
def test_bad_parameters(options):
    with pytest.raises(SurveyParameterError, match=">= 0"):
        RetryPolicy(**options)


def test_retry_after_header():
    now = datetime.datetime(2024, 5, 1, tzinfo=datetime.UTC)
    later = format_datetime(now + datetime.timedelta(seconds=90), usegmt=True)
    assert parse_retry_after(None, 0) is None
    assert parse_retry_after("120", 0) == 120
    assert parse_retry_after(later, now.timestamp()) == 90
    assert parse_retry_after(later, now.timestamp() + 1000) == 0
    assert parse_retry_after("soon", 0) is None


@given(st.text() | st.from_regex(r"\A\w{3}, \d+ \w{3} \d+ \d+:\d+:\d+ \w+\Z"))
def test_no_retry_after_is_an_error(value):
    pause = parse_retry_after(value, 1e9)
    assert pause is None or pause >= 0


@pytest.mark.parametrize(
    "value", ["²", "-5", "", "1e9", "1.5", "0x10", "١٢", "Wed, 99 Foo 1", "\x00"]
)
def test_odd_values_of_retry_after_count_as_none(value):
    assert parse_retry_after(value, 0) is None


def test_pauses_add_up_to_no_more_than_the_longest():
    naps: list[float] = []
    policy = RetryPolicy(retries=9, backoff=0, sleep=naps.append)
    with pytest.raises(UnavailableError, match="gave up after 3 of 10 tries"):
        policy.run("x", failing(9, retry_after=LONGEST_WAIT / 2))
    assert sum(naps) == LONGEST_WAIT
