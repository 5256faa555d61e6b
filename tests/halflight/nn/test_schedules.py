"""Learning rates at chosen steps, by hand."""

import json
import math

import pytest

from halflight.nn.configuration import plain
from halflight.nn.schedules import (
    SCHEDULES,
    Constant,
    CosineDecay,
    CosineDecayRestarts,
    ExponentialDecay,
    InverseTimeDecay,
    OneCycle,
    PiecewiseConstantDecay,
    PolynomialDecay,
    StepDecay,
    get,
)

# A schedule, and its rates by step.
ROWS = {
    "constant": (Constant(0.1), {0: 0.1, 7: 0.1}),
    "exponential": (
        ExponentialDecay(0.1, decay_steps=10, decay_rate=0.5),
        {0: 0.1, 5: 0.1 * math.sqrt(0.5), 10: 0.05, 20: 0.025},
    ),
    "exponential stairs": (
        ExponentialDecay(0.1, decay_steps=10, decay_rate=0.5, staircase=True),
        {9: 0.1, 10: 0.05, 19: 0.05},
    ),
    "inverse time": (
        InverseTimeDecay(0.6, decay_steps=10, decay_rate=2.0),
        {0: 0.6, 5: 0.3, 10: 0.2, 25: 0.1},
    ),
    "inverse time stairs": (
        InverseTimeDecay(0.6, decay_steps=10, decay_rate=2.0, staircase=True),
        {5: 0.6, 10: 0.2, 29: 0.12},
    ),
    "polynomial": (
        PolynomialDecay(1.0, decay_steps=10, end_learning_rate=0.2, power=2.0),
        {0: 1.0, 5: 0.4, 10: 0.2, 99: 0.2},
    ),
    "polynomial cycle": (  # beyond step 10 the fall takes 20 steps, beyond step 20 it takes 30
        PolynomialDecay(1.0, decay_steps=10, end_learning_rate=0.0, cycle=True),
        {0: 1.0, 5: 0.5, 10: 0.0, 15: 0.25, 20: 0.0, 24: 0.2},
    ),
    "piecewise": (
        PiecewiseConstantDecay((2, 5), (0.4, 0.2, 0.1)),
        {0: 0.4, 2: 0.4, 3: 0.2, 5: 0.2, 6: 0.1, 99: 0.1},
    ),
    "step": (StepDecay(0.8, step_size=3, factor=0.5), {0: 0.8, 2: 0.8, 3: 0.4, 6: 0.2}),
    "cosine": (
        CosineDecay(1.0, decay_steps=100, alpha=0.2),
        {0: 1.0, 50: 0.6, 100: 0.2, 999: 0.2},
    ),
    "cosine warm-up": (
        CosineDecay(0.0, decay_steps=100, warmup_target=2.0, warmup_steps=10),
        {0: 0.0, 5: 1.0, 10: 2.0, 60: 1.0, 110: 0.0},
    ),
    "restarts": (  # periods of 10, 20 and 40 steps; heights 1, 0.5 and 0.25
        CosineDecayRestarts(1.0, 10, t_mul=2.0, m_mul=0.5),
        {0: 1.0, 5: 0.5, 10: 0.5, 20: 0.25, 30: 0.25, 50: 0.125, 70: 0.125},
    ),
    "restarts of one length": (
        CosineDecayRestarts(1.0, 10, t_mul=1.0, m_mul=0.5, alpha=0.2),
        {0: 1.0, 5: 0.6, 10: 0.6, 15: 0.4, 10_000: 0.2},
    ),
    "one cycle": (  # up in 5 of 20 steps; half way down at step 12
        OneCycle(1.0, 20, pct_start=0.25, div_factor=4.0, final_div_factor=100.0),
        {0: 0.25, 5: 1.0, 12: 0.505, 19: 0.01, 99: 0.01},
    ),
    "one cycle linear": (
        OneCycle(1.0, 21, 0.5, div_factor=5.0, final_div_factor=10.0, anneal="linear"),
        {0: 0.2, 5: 0.2 + 0.8 * 5 / 10.5, 20: 0.1},
    ),
}


def test_every_schedule_has_a_row():
    assert {type(schedule) for schedule, _ in ROWS.values()} == set(SCHEDULES.values())


@pytest.mark.parametrize(("schedule", "rates"), ROWS.values(), ids=ROWS)
def test_rates_by_hand(schedule, rates):
    for step, rate in rates.items():
        assert schedule(step) == pytest.approx(rate, abs=1e-12), step


@pytest.mark.parametrize("schedule", [schedule for schedule, _ in ROWS.values()], ids=ROWS)
def test_configuration_round_trip(schedule):
    assert get(json.loads(json.dumps(plain(schedule)))) == schedule
    assert schedule.get_config() == plain(schedule)["config"]


def test_a_number_is_constant():
    assert get(0.1) == Constant(0.1)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: Constant(-0.1),
            "learning_rate must be .* of at least 0, received -0.1",
        ),
        (lambda: Constant("1e-3"), "received '1e-3'"),
        (lambda: ExponentialDecay(0.1, 0, 0.5), "decay_steps must be a positive integer"),
        (lambda: CosineDecay(0.1, 10, warmup_steps=5), "needs a warmup_target"),
        (lambda: CosineDecay(0.1, 10, 0, 1.0, -1), "warmup_steps must be an integer of at least 0"),
        (
            lambda: CosineDecayRestarts(0.1, 10, t_mul=0.5),
            "t_mul must be .* at least 1",
        ),
        (lambda: PolynomialDecay(0.1, 10, power=-1.0), "power must be .* of at least 0"),
        (lambda: PiecewiseConstantDecay((5, 2), (1, 2, 3)), "must be increasing integers"),
        (lambda: PiecewiseConstantDecay((5,), (1,)), "one more than the 1 boundaries"),
        (lambda: PiecewiseConstantDecay(5, (1,)), "boundaries must be a sequence, received 5"),
        (lambda: PiecewiseConstantDecay((), (-1,)), "values must be finite numbers of at least 0"),
        (lambda: StepDecay(0.1, 1.5), "step_size must be a positive integer, received 1.5"),
        (lambda: InverseTimeDecay(0.1, 1, -1.0), "decay_rate must be a finite number of at"),
        (lambda: OneCycle(0.1, 10, pct_start=1.0), "pct_start must be .* below 1, received 1.0"),
        (lambda: OneCycle(0.1, 10, anneal="cosine"), "must be one of 'cos', 'linear'"),
        (lambda: get({"class": "Constants", "config": {}}), "unknown class 'Constants'"),
    ],
)
def test_errors(make, message):
    with pytest.raises(ValueError, match=message):
        make()
