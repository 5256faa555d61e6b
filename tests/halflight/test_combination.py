"""Joining two measurements: by hand, and better than either on galaxies that were not fitted on."""

import numpy as np
import pytest

from halflight.combination import LEAST_COUNT, Combination, TooFewError

PLAIN = Combination(fit_scale=1.0, floor=0.0, inflation=0.0, disagreement=0.0, scale=1.0)


def one(combination, *numbers):
    value, sigma = combination.joined(*(np.array([number]) for number in numbers))
    return value[0], sigma[0]


def test_two_honest_measurements_are_weighed_by_their_variances():
    value, sigma = one(PLAIN, 1.0, 0.1, 2.0, 0.2)
    assert value == pytest.approx(0.8 * 1.0 + 0.2 * 2.0)
    assert sigma == pytest.approx(np.sqrt(1 / (100 + 25)))


def test_every_number_by_hand():
    joint = Combination(fit_scale=2.0, floor=0.15, inflation=0.5, disagreement=0.3, scale=1.2)
    apart = 1.0 / np.hypot(0.1, 0.2) - 2.0
    error = np.hypot(0.2, 0.15) * (1.0 + 0.5 * apart)
    w = 0.04 / (0.04 + error**2)
    value, sigma = one(joint, 1.0, 0.1, 2.0, 0.2)
    assert value == pytest.approx(w * 1.0 + (1 - w) * 2.0)
    variance = 1 / (1 / error**2 + 25.0) + 0.3 * w * (1 - w)
    assert sigma == pytest.approx(1.2 * np.sqrt(variance))


def test_where_one_has_no_answer_the_other_counts_alone():
    nan = np.nan
    assert one(PLAIN, nan, nan, 2.0, 0.2) == (2.0, 0.2)
    assert one(PLAIN, 1.0, 0.1, nan, nan) == (1.0, 0.1)
    assert np.isnan(one(PLAIN, nan, 0.1, nan, 0.2)).all()


def galaxies(count, seed):
    """Faint and bright ones: a fit at the bound but for outliers, a network that never fails."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(0.5, 0.6, count)
    bound = np.exp(rng.uniform(np.log(0.005), np.log(0.3), count))
    failed = rng.random(count) < 0.06
    fit = truth + np.where(failed, rng.normal(0, 1.0, count), 1.3 * bound * rng.normal(size=count))
    spread = np.hypot(0.05, 0.6 * bound)
    return fit, bound, truth + spread * rng.normal(size=count), spread, truth


def test_fitted_on_some_it_beats_both_on_others_with_honest_errors():
    joint = Combination.fitted(*galaxies(700, 1))
    *measured, truth = galaxies(4000, 2)
    value, sigma = joint.joined(*measured)

    def typical(values):
        return np.median(np.abs(values - truth))

    assert typical(value) < 0.95 * min(typical(measured[0]), typical(measured[2]))
    assert np.mean(np.abs(value - truth) > 0.3) < 0.5 * np.mean(np.abs(measured[0] - truth) > 0.3)
    assert np.mean(np.abs(value - truth) < sigma) == pytest.approx(0.68, abs=0.04)


def test_galaxies_without_a_measurement_do_not_count_in_the_fit():
    arrays = galaxies(200, 3)
    holes = [np.append(array, [np.nan, 1.0]) for array in arrays]
    holes[0][-1] = np.nan
    assert Combination.fitted(*holes) == Combination.fitted(*arrays)


def test_too_few_galaxies_are_told():
    with pytest.raises(TooFewError, match=f"at least {LEAST_COUNT} galaxies .* received 12"):
        Combination.fitted(*galaxies(12, 4))


def test_it_survives_json():
    assert Combination.from_dict(PLAIN.to_dict()) == PLAIN
    with pytest.raises(ValueError, match="not made of"):
        Combination.from_dict({"scale": 1.0})
