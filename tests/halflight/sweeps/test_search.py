"""What a sweep tries next: every point of a grid once, draws that follow from their number."""

import itertools

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from halflight.params import Sweep
from halflight.sweeps import bayesian, search
from halflight.sweeps.experiment import Cost, Experiment, Score
from halflight.sweeps.importance import TOGETHER, importances, variance_shares


def sweep(kind="grid", **parts):
    common = {"question": "Which?", "search": kind, "minimise": "a.json:b"}
    return Sweep.model_validate(common | parts)


def finished(number, score, steps=(), **settings):
    return Experiment(number, settings, "finished", Score(score), steps=steps)


def test_a_grid_has_every_combination_once_in_the_order_of_the_file():
    wanted = sweep(parameters={"x": [1, 2], "y": ["a", [3], None]})
    assert search.count(wanted) == 6
    points = [search.settings_of(wanted, number, []) for number in range(6)]
    assert [(p["x"], p["y"]) for p in points] == list(itertools.product([1, 2], ["a", [3], None]))


@given(st.integers(0, 10_000), st.integers(0, 2**63 - 1))
def test_a_random_draw_follows_from_its_number_and_lies_in_its_range(number, seed):
    ranges = {
        "rate": {"low": 1e-5, "high": 0.01, "log": True},
        "share": {"low": 0.0, "high": 0.25},
        "layers": {"low": 2, "high": 5},
        "units": {"low": 1, "high": 512, "log": True},
        "name": ["SGD", "Lion"],
    }
    wanted = sweep("random", trials=3, seed=seed, parameters=ranges)
    drawn = search.settings_of(wanted, number, [])
    assert drawn == search.settings_of(wanted, number, [finished(0, 1.0, **drawn)])
    assert 1e-5 <= drawn["rate"] <= 0.01
    assert 0 <= drawn["share"] <= 0.25
    assert drawn["layers"] in {2, 3, 4, 5}
    assert type(drawn["units"]) is int
    assert 1 <= drawn["units"] <= 512
    assert drawn["name"] in {"SGD", "Lion"}
    assert len(f"{drawn['rate']:e}".rstrip("0").partition("e")[0].replace(".", "")) <= 10
    assert float(f"{drawn['rate']:.4g}") in (drawn["rate"], 1e-5, 0.01)


def test_draws_fill_a_logarithmic_range_evenly():
    wanted = sweep(
        "random",
        trials=400,
        parameters={
            "rate": {"low": 1e-4, "high": 1.0, "log": True},
            "units": {"low": 1, "high": 2, "log": True},
        },
    )
    points = [search.settings_of(wanted, number, []) for number in range(400)]
    decades = np.bincount([int(-np.log10(p["rate"])) for p in points], minlength=4)
    assert decades.min() > 70  # 100 expected, 9 is one standard deviation
    # ln(1.5 / 0.5) to ln(2.5 / 1.5): two thirds are 1.
    assert 240 < sum(p["units"] == 1 for p in points) < 360


SPACE = {
    "x": {"low": 0.001, "high": 10.0, "log": True},
    "n": {"low": 1, "high": 8},
    "how": ["a", [1, 2], None],
}


def test_a_bayesian_search_finds_a_minimum_that_chance_misses():
    def score(settings):
        penalty = {"a": 1.0, "[1, 2]": 0.0, "None": 2.0}[str(settings["how"])]
        return np.log(settings["x"] / 0.05) ** 2 + abs(settings["n"] - 3) + penalty

    def best(kind, seed):
        wanted, past = sweep(kind, trials=30, seed=seed, parameters=SPACE), []
        for number in range(30):
            chosen = search.settings_of(wanted, number, past)
            past.append(finished(number, float(score(chosen)), **chosen))
        return min(one.score.value for one in past)

    learnt = [best("bayesian", seed) for seed in range(2)]
    drawn = [best("random", seed) for seed in range(2)]
    assert np.mean(learnt) < np.mean(drawn)


def test_a_bayesian_search_asks_the_same_after_a_kill_and_minds_what_runs():
    wanted = sweep("bayesian", trials=30, parameters=SPACE)
    past = [finished(n, float(n), x=0.01 * (n + 1), n=1 + n % 8, how="a") for n in range(12)]
    first = search.settings_of(wanted, 12, past)
    assert first == search.settings_of(wanted, 12, list(reversed(past)))
    beside = search.settings_of(wanted, 13, [*past, Experiment(12, first)])
    assert beside != first
    failed = Experiment(13, beside, "failed")
    assert set(search.settings_of(wanted, 14, [*past, failed])) == set(SPACE)


def test_a_training_below_the_others_median_is_given_up_and_not_too_early():
    wanted = sweep(
        "random",
        trials=9,
        parameters={"x": {"low": 0.0, "high": 1.0}},
        prune={"curve": "train/val/loss", "after": 2, "among": 3},
    )

    def curve(level, epochs):
        return tuple((epoch, level) for epoch in range(epochs))

    def running(level, epochs):
        return Experiment(9, {"x": 0.5}, steps=curve(level, epochs))

    past = [finished(n, float(n), curve(float(n), 6), x=0.1 * n) for n in range(5)]
    assert bayesian.hopeless(wanted, past, running(3.0, 3))
    assert not bayesian.hopeless(wanted, past, running(1.0, 3))
    assert not bayesian.hopeless(wanted, past, running(3.0, 2))  # so far only epochs 0 and 1
    assert not bayesian.hopeless(wanted, past[:2], running(9.0, 5))
    assert not bayesian.hopeless(wanted, past, running(9.0, 0))
    maximised = wanted.model_copy(update={"minimise": None, "maximise": "a.json:b"})
    assert bayesian.hopeless(maximised, past, running(1.0, 3))


def test_shares_of_the_variance_are_those_of_main_effects():
    # f(x, y) = 2 x + y on {-1, 1}^2: variances 4 and 1, no interaction.
    points = [
        finished(n, 2.0 * x + y, x=x, y=y)
        for n, (x, y) in enumerate(itertools.product([-1, 1], [-1, 1]))
    ]
    shares = variance_shares(["x", "y"], points)
    assert shares == pytest.approx({"x": 0.8, "y": 0.2, TOGETHER: 0.0})
    # f(x, y) = x y: nothing but interaction.
    points = [
        finished(n, float(x * y), x=x, y=y)
        for n, (x, y) in enumerate(itertools.product([-1, 1], [-1, 1]))
    ]
    assert variance_shares(["x", "y"], points) == pytest.approx({"x": 0, "y": 0, TOGETHER: 1})


@example([(0, 0, 0.0), (0, 0, 0.0), (1, 0, 0.0), (0, 1, 5e-324)])
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.floats(-9, 9)), min_size=4))
def test_shares_are_shares_on_a_grid_with_holes_too(rows):
    points = [finished(n, score, x=x, y=y) for n, (x, y, score) in enumerate(rows)]
    shares = importances(sweep(parameters={"x": [0, 1, 2], "y": [0, 1, 2]}), points)
    if shares:
        assert sum(shares.values()) == pytest.approx(1.0)
        assert min(shares.values()) >= 0


def test_importance_of_a_search_is_in_what_decides():
    wanted = sweep(
        "random",
        trials=30,
        parameters={"x": {"low": 0.0, "high": 1.0}, "y": {"low": 0.0, "high": 1.0}},
    )
    points = []
    for number in range(30):
        chosen = search.settings_of(wanted, number, [])
        points.append(finished(number, abs(chosen["x"] - 0.3), **chosen))
    shares = importances(wanted, points)
    assert shares["x"] > 0.8
    assert sum(shares.values()) == pytest.approx(1.0)
    assert importances(wanted, points[:3]) == {}
    assert importances(wanted, [finished(n, 1.0, x=0.1 * n, y=0.5) for n in range(9)]) == {}


def test_an_experiment_is_the_same_after_json():
    one = Experiment(
        3, {"x": [1, None]}, "finished", Score(1.0, 0.5, 2.0), {"a": Score(2.0)},
        ((0, 1.5),), ("killed", "finished"), Cost(1.0, 2.0, 3),
    )  # fmt: skip
    assert Experiment.of(one.plain()) == one
    for broken in ({}, None, one.plain() | {"status": "lost"}, one.plain() | {"score": None}):
        with pytest.raises(ValueError, match="is no experiment of a sweep"):
            Experiment.of(broken)
