"""Joining two measurements: by hand, and better than either on galaxies that were not fitted on."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from halflight.combination import ALONE, LEAST_COUNT, WRONG_ERROR, Combination, TooFewError
from halflight.predictive import ONE_SIGMA, quantile

AMONG_OTHERS = {"blend_power": 0.1, "misfit_weight": 0.01}
TRUSTING = Combination(fit_scale=1.0, wrong_share=1e-12, network_scale=1.0, **AMONG_OTHERS)
WARY = Combination(fit_scale=1.2, wrong_share=0.1, network_scale=1.1, **AMONG_OTHERS)
SIZES = st.floats(0.01, 1.0)


def one(combination, *numbers, contamination=0.0, misfit=0.0, dof=5.0):
    every = (*numbers, contamination, misfit, dof)
    joined = combination.joined(*(np.array([number]) for number in every))
    return [values[0] for values in joined]


def test_two_honest_measurements_are_weighed_by_their_variances():
    value, sigma, dof = one(TRUSTING, 1.0, 0.1, 2.0, 0.2)
    assert value == pytest.approx(0.8 * 1.0 + 0.2 * 2.0)
    assert sigma == pytest.approx(np.sqrt(1 / (100 + 25)))
    assert dof == math.inf


@settings(max_examples=40, deadline=None)
@given(st.floats(-2.0, 2.0), SIZES, st.floats(-2.0, 2.0), SIZES)
def test_median_and_intervals_are_those_of_the_product_of_both(fit, e, network, s):
    y = np.linspace(-15.0, 15.0, 300_001)
    narrow, broad = (stats.norm(fit, np.hypot(1.2 * e, off)) for off in (0.0, WRONG_ERROR))
    density = (0.9 * narrow.pdf(y) + 0.1 * broad.pdf(y)) * stats.norm(network, 1.1 * s).pdf(y)
    below = np.cumsum(density) / density.sum()
    low, lower, middle, upper, high = np.interp(
        [0.025, 0.5 - ONE_SIGMA / 2, 0.5, 0.5 + ONE_SIGMA / 2, 0.975], below, y
    )
    value, sigma, dof = one(WARY, fit, e, network, s)
    assert value == pytest.approx(middle, abs=2e-4)
    assert sigma == pytest.approx((upper - lower) / 2, rel=1e-2, abs=2e-4)
    told = quantile(0.975, dof) * sigma
    wide = np.clip((high - low) / 2, quantile(0.975) * sigma, quantile(0.975, 1.0) * sigma)
    assert told == pytest.approx(wide, rel=1e-2, abs=4e-4)


def test_a_fit_far_from_the_network_is_held_for_wrong_and_the_bar_holds_both():
    near, far = one(WARY, 1.0, 0.01, 1.2, 0.2), one(WARY, 1.0, 0.01, 3.0, 0.2)
    assert near[0] == pytest.approx(1.0, abs=0.01)
    assert far[0] > 1.05
    assert far[1] > 5 * near[1]


def test_where_one_has_no_answer_the_other_counts_alone():
    nan = np.nan
    assert one(TRUSTING, nan, nan, 2.0, 0.2) == [2.0, 0.2, 5.0]
    assert one(TRUSTING, 1.0, 0.1, nan, nan) == pytest.approx([1.0, 0.1, math.inf])
    assert np.isnan(one(TRUSTING, nan, 0.1, nan, 0.2)).all()


def test_both_widen_by_others_light_and_the_fit_by_what_it_leaves_over():
    _, sigma, _ = one(TRUSTING, 1.0, 0.1, 1.0, 0.2, contamination=99 * ALONE)
    assert sigma == pytest.approx(100**0.1 * np.sqrt(1 / (100 + 25)))
    value, sigma, _ = one(TRUSTING, 1.0, 0.1, 2.0, 0.2, misfit=300.0)
    assert value == pytest.approx(1.5)
    assert sigma == pytest.approx(0.2 / np.sqrt(2))


def test_a_fit_of_which_not_all_is_known_is_none():
    nan = np.nan
    assert one(TRUSTING, 1.0, 0.1, 2.0, 0.2, contamination=nan) == [2.0, 0.2, 5.0]
    assert one(TRUSTING, 1.0, 0.1, 2.0, 0.2, misfit=nan) == [2.0, 0.2, 5.0]


def galaxies(count, seed, *, blended=0.0):
    """Faint and bright ones: a fit at the bound but for outliers, a network that never fails.

    blended: of them, whose errors are thrice what both say.
    """
    rng = np.random.default_rng(seed)
    truth = rng.normal(0.5, 0.6, count)
    bound = np.exp(rng.uniform(np.log(0.005), np.log(0.3), count))
    failed = rng.random(count) < 0.06
    close = rng.random(count) < blended
    worse, spread = np.where(close, 3.0, 1.0), np.hypot(0.05, 0.6 * bound)
    off = 1.3 * worse * bound * rng.normal(size=count)
    fit = truth + np.where(failed, rng.normal(0, 1.0, count), off)
    network = truth + worse * spread * rng.normal(size=count)
    return fit, bound, network, spread, np.where(close, 0.3, 0.0), np.zeros(count), truth


def test_fitted_on_some_it_beats_both_on_others_with_honest_errors():
    joint = Combination.fitted(*galaxies(700, 1))
    assert joint.fit_scale == pytest.approx(1.3, rel=0.15)
    assert joint.network_scale == pytest.approx(1.0, rel=0.15)
    *measured, truth = galaxies(4000, 2)
    value, sigma, dof = joint.joined(*measured, np.full(4000, math.inf))

    def typical(values):
        return np.median(np.abs(values - truth))

    off = np.abs(value - truth)
    assert typical(value) < 0.95 * min(typical(measured[0]), typical(measured[2]))
    assert np.mean(off > 0.3) < 0.5 * np.mean(np.abs(measured[0] - truth) > 0.3)
    assert np.mean(off < sigma) == pytest.approx(0.68, abs=0.03)
    assert np.mean(off < sigma * quantile(0.975, dof)) == pytest.approx(0.95, abs=0.02)


def test_the_bar_of_blends_is_as_honest_as_that_of_the_others():
    joint = Combination.fitted(*galaxies(900, 5, blended=0.1))
    assert joint.blend_power == pytest.approx(np.log(3) / np.log(1 + 0.3 / ALONE), rel=0.15)
    *measured, truth = galaxies(4000, 6, blended=0.5)
    value, sigma, _ = joint.joined(*measured, np.full(4000, math.inf))
    for close in (False, True):
        these = (measured[4] > 0) == close
        inside = np.abs(value - truth)[these] < sigma[these]
        assert np.mean(inside) == pytest.approx(0.68, abs=0.03)


def test_few_galaxies_without_blends_leave_what_is_known_of_blends():
    joint = Combination.fitted(*galaxies(LEAST_COUNT, 7))
    assert (joint.blend_power, joint.misfit_weight) == pytest.approx((0.11, 0.0136), rel=0.02)


def test_galaxies_without_a_measurement_do_not_count_in_the_fit():
    arrays = galaxies(200, 3)
    holes = [np.append(array, [np.nan, 1.0]) for array in arrays]
    holes[0][-1] = np.nan
    assert Combination.fitted(*holes) == Combination.fitted(*arrays)


def test_too_few_galaxies_are_told():
    with pytest.raises(TooFewError, match=f"at least {LEAST_COUNT} galaxies .* received 12"):
        Combination.fitted(*galaxies(12, 4))


def test_it_survives_json():
    assert Combination.from_dict(WARY.to_dict()) == WARY
    with pytest.raises(ValueError, match="a combination is made of"):
        Combination.from_dict({"scale": 1.0})
    with pytest.raises(ValueError, match="positive numbers"):
        Combination.from_dict(WARY.to_dict() | {"fit_scale": -1.0})
