"""Decisions: what is left open and what is wrong of the rest, by hand and by what must hold."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from halflight import tasks
from halflight.scores.decisions import LEAST, decided_from, least_decisive, scored

TASK = tasks.get("star_galaxy")
P = np.array([0.99, 0.95, 0.9, 0.7, 0.4, 0.08, 0.02])
STAR = np.array([1, 1, 0, 1, 1, 0, 0.0])  # wrong about 0.9 and 0.4


@pytest.mark.parametrize(
    ("least", "decided", "mistakes"),
    [(0.5, 7, 2), (0.7, 6, 1), (0.9, 5, 1), (0.91, 4, 0), (0.99, 1, 0), (0.999, 0, 0)],
)
def test_by_hand(least, decided, mistakes):
    found = decided_from(P, STAR, least)
    assert (found.decided, found.mistakes) == (decided, mistakes)
    assert found.undecided == pytest.approx(1 - decided / 7)
    assert found.wrong == pytest.approx(mistakes / decided) if decided else np.isnan(found.wrong)


@pytest.mark.parametrize(
    ("wrong", "least"), [(0.01, 0.92), (1 / 6, 0.7), (0.2, 0.7), (2 / 7, 0.5), (0.4, 0.5)]
)
def test_the_least_that_serves_by_hand(wrong, least):
    assert least_decisive(P, STAR, wrong) == least


def test_none_serves_where_the_surest_is_wrong_and_of_nothing_nothing_is_known():
    assert np.isnan(least_decisive([0.99, 0.6], [0.0, 1.0], 0.1))
    assert np.isnan(least_decisive([], [], 0.1))
    assert np.isnan(decided_from([], [], 0.9).undecided)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1000), st.floats(0.001, 0.3), st.integers(1, 80))
def test_the_threshold_keeps_what_it_promises_and_no_lower_one_does(seed, wrong, count):
    rng = np.random.default_rng(seed)
    p = rng.random(count).round(2)
    star = (rng.random(count) < p).astype(float)
    least = least_decisive(p, star, wrong)
    sure = np.maximum(p, 1 - p)
    if np.isfinite(least):
        assert decided_from(p, star, least).wrong <= wrong + 1e-9
    for lower in sure[~(sure >= least)]:
        assert decided_from(p, star, lower).wrong > wrong


def test_test_objects_are_judged_by_the_threshold_in_use_and_by_their_own_method_s():
    rng = np.random.default_rng(2)
    star = (rng.random(400) < 0.5).astype(float)
    p = np.clip(star + rng.normal(0, 0.45, 400), 0.0, 1.0)
    objects = pd.DataFrame(
        {
            "dataset": "survey",
            "id": np.arange(400),
            "magnitude": np.where(np.arange(400) < 100, 17.0, 21.0),
            "group": (np.arange(400) // 40).astype(str),
            "is_star_truth": np.nan,
            "is_star_reference": star,
        }
    )
    predictions = objects[["dataset", "id"]].assign(
        method="forest", quantity="star_probability", value=p, rank=p
    )
    other = predictions.assign(method="svm")
    table, told = scored(
        TASK,
        pd.concat([predictions, other]),
        objects,
        {"forest": (P, STAR)},
        decisive=0.9,
        wrong=0.01,
        edges=[(16.0, 18.0), (18.0, 20.0), (20.0, 22.0)],
        seed=1,
        bootstrap=30,
    )
    assert set(table["method"]) == set(told) == {"forest"}, "no other has been validated"
    assert told["forest"]["validated"] == 7
    assert told["forest"]["chosen"] == 0.92
    assert set(table["least"]) == {*LEAST, 0.9, 0.92}
    whole = table[table["by"] == "all"].set_index("least")
    assert whole["decisive"].tolist() == (whole.index == 0.9).tolist()
    assert whole["chosen"].tolist() == (whole.index == 0.92).tolist()
    for name, least in (("", 0.9), ("chosen_", 0.92)):
        found = decided_from(p, star, least)
        assert (
            told["forest"][f"{name}undecided"] == whole.loc[least, "undecided"] == found.undecided
        )
        assert told["forest"][f"{name}wrong"] == whole.loc[least, "wrong"] == found.wrong
    assert (whole["undecided_low"] <= whole["undecided_high"]).all()
    bins = table[(table["by"] == "magnitude") & (table["decisive"] == 1)]
    assert bins["bin_low"].tolist() == [16.0, 20.0], "a bin without objects has no row"
    assert bins["decided"].sum() == whole.loc[0.9, "decided"]
    assert bins["mistakes"].sum() == whole.loc[0.9, "mistakes"]
