"""The domain: honest galaxies lie within it, and each indicator alone leads out of it."""

import json

import numpy as np
import pandas as pd
import pytest

from halflight.domain import INDICATORS, Domain, indicators
from halflight.quality import FLAGS
from tests.tiny import DOMAIN


@pytest.fixture(scope="module")
def known():
    return np.abs(np.random.default_rng(1).normal(size=(4000, len(INDICATORS))))


def test_one_in_a_hundred_known_galaxies_lies_without(known):
    domain = Domain.fitted(known)
    assert (domain.score(known) > 1).mean() == pytest.approx(0.01, abs=0.001)
    others = np.abs(np.random.default_rng(2).normal(size=known.shape))
    assert (domain.score(others) > 1).mean() == pytest.approx(0.01, abs=0.006)


@pytest.mark.parametrize("number", range(len(INDICATORS)))
def test_one_indicator_is_enough_and_the_more_the_further(known, number):
    domain, stamps = Domain.fitted(known), np.zeros((3, len(INDICATORS)))
    stamps[:, number] = [6.0, 12.0, np.inf]
    near, far, beyond = domain.score(stamps)
    assert 1 < near < far < beyond == np.inf


def test_contradictions_are_infinitely_far_and_other_flags_are_not():
    flags = np.array([0, FLAGS["saturated"], FLAGS["edge"], FLAGS["noise_unlike_sigma"]])
    score = DOMAIN.score(np.zeros((4, len(INDICATORS))), flags)
    assert score.tolist() == [0.0, np.inf, 0.0, np.inf]


def test_what_the_indicators_are_by_hand():
    fits = pd.DataFrame(
        {
            "psf_half_light_radius": [0.5, np.nan],
            "chi_square_per_pixel": [np.exp(-0.2), np.nan],
            "x": [0.3, np.nan],
            "y": [-0.4, np.nan],
            "ln_radius": [np.log(2.0), np.nan],
        }
    )
    found = indicators(fits, np.array([3.0, np.nan]))
    np.testing.assert_allclose(found[0], [0.2, 3.0, 1.0, np.log(0.25)])
    assert np.isinf(found[1]).all()


def test_known_galaxies_that_are_all_alike_and_fits_that_failed_still_tell_a_scale():
    found = np.vstack([np.full((50, len(INDICATORS)), 0.3), np.full((2, len(INDICATORS)), np.inf)])
    domain = Domain.fitted(found)
    assert (domain.score(found)[:50] <= 1).all()
    assert np.isinf(domain.score(found)[50:]).all()


def test_it_is_kept_to_the_last_digit(known):
    domain = Domain.fitted(known)
    assert Domain.from_dict(json.loads(json.dumps(domain.to_dict()))) == domain


@pytest.mark.parametrize(
    "change",
    [
        {"limit": 0.0},
        {"limit": "far"},
        {"limit": None},
        {"middle": {}},
        {"middle": []},
        {"usual": dict.fromkeys(INDICATORS, 0.0)},
        {"usual": dict.fromkeys(INDICATORS, float("nan"))},
        {"more": 1},
    ],
)
def test_damaged_values_are_refused(change):
    with pytest.raises(ValueError, match="domain|middle|usual|limit|could not convert"):
        Domain.from_dict({**DOMAIN.to_dict(), **change})
