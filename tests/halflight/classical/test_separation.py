"""The judges of stars and galaxies: the cut, the pixels' spread, trees and a kernel machine."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from halflight.classical.separation import JUDGES, features, separated, spread_model
from halflight.classical.separation.catalogue import BANDS, COLUMNS
from halflight.classical.separation.learners import forest, judged, logistic
from halflight.scores.probability import roc_auc

SETTINGS = SimpleNamespace(seed=1, cut=0.145, trees=20, least_leaf=2, folds=3)


def catalogue(count=240, seed=0):
    """Stars and galaxies that concentration and sizes tell apart, the faint ones less well."""
    rng = np.random.default_rng(seed)
    star = (rng.random(count) < 0.5).astype(float)
    magnitude = rng.uniform(16, 22, count)
    noise = 0.02 * 10 ** (0.2 * (magnitude - 18))
    extent = np.where(star > 0, 0.0, rng.uniform(0.05, 1.0, count)) + noise * rng.normal(size=count)
    table = {name: np.full(count, 1.0) for name in COLUMNS}
    for band in BANDS:
        model = magnitude + rng.normal(0, 0.2, count)
        table |= {f"model_magnitude_{band}": model, f"cmodel_magnitude_{band}": model}
        table |= {f"psf_magnitude_{band}": model + extent, f"extinction_{band}": 0.1}
        table |= {f"psf_fwhm_{band}": 1.3}
    table |= {"petro_r50": 1.0 + extent, "id": np.arange(count), "ra": rng.random(count)}
    return pd.DataFrame(table), star, np.arange(count) // 20


def stamps(radii, seed=0, flux=200.0, side=44):
    """Gaussian stamps of a PSF of 1.5 pixels, broadened by these radii, and their PSFs."""
    rng = np.random.default_rng(seed)
    at = np.arange(side) - (side - 1) / 2
    shift = rng.uniform(-0.5, 0.5, (2, len(radii)))
    image = np.empty((len(radii), side, side))
    for k, radius in enumerate(radii):
        width = np.hypot(1.5, radius)
        profile = np.exp(
            -0.5 * ((at - shift[0, k]) ** 2 + (at[:, None] - shift[1, k]) ** 2) / width**2
        )
        image[k] = flux * profile / profile.sum() + rng.normal(0, 0.1, (side, side))
    square = np.arange(-12, 13) ** 2
    psf = np.exp(-0.5 * (square[:, None] + square) / 1.5**2)
    return image, np.full_like(image, 0.1), np.tile(psf / psf.sum(), (len(radii), 1, 1))


def judge(table, star, groups, spread=None, learns=None, **changes):
    count = len(table)
    return separated(
        table,
        np.linspace(-5, 5, count) if spread is None else spread,
        star,
        probability="star_probability",
        learns=np.arange(count) < count // 2 if learns is None else learns,
        groups=groups,
        settings=SimpleNamespace(**vars(SETTINGS) | changes),
    )


def test_points_have_no_spread_and_galaxies_have_it_wherever_they_lie_in_the_pixel():
    spread = spread_model(*stamps(np.zeros(40)))
    assert abs(np.median(spread)) < 0.5
    assert 0.5 < np.std(spread) < 1.5
    assert spread_model(*stamps(np.full(20, 1.0))).min() > 10.0


def test_a_bad_pixel_is_left_out_and_nothing_is_nan():
    image, sigma, psf = stamps(np.zeros(2))
    whole = spread_model(image, sigma, psf)
    image[0, 20, 20], sigma[0, 22, 22] = 1e6, np.inf
    sigma[0, 20, 20] = np.inf
    assert abs(spread_model(image, sigma, psf)[0] - whole[0]) < 2.0
    image[1] = np.nan
    psf[0] = np.nan
    assert np.isnan(spread_model(image, sigma, psf)).all()


def test_features_are_of_the_catalogue_and_never_of_places_or_names():
    table, *_ = catalogue()
    found = features(table)
    assert found.shape == (len(table), 31)
    moved = table.assign(id=table["id"][::-1].to_numpy(), ra=0.0, run=7, field=3)
    pd.testing.assert_frame_equal(features(moved), found)
    np.testing.assert_allclose(found["magnitude_r"], table["model_magnitude_r"] - 0.1)
    np.testing.assert_allclose(
        found["psf_less_cmodel_r"], table["psf_magnitude_r"] - table["cmodel_magnitude_r"]
    )


def test_every_judge_gives_a_probability_and_a_cut_decides():
    table, star, groups = catalogue()
    found = judge(table, star, groups)
    assert [name for name in JUDGES if f"{name}_star_probability" in found] == list(JUDGES)
    for name in JUDGES:
        p = found[f"{name}_star_probability"]
        assert p.between(0, 1).all()
    concentration = table["psf_magnitude_r"] - table["cmodel_magnitude_r"]
    np.testing.assert_array_equal(found["cut_star_probability"], (concentration <= 0.145) * 1.0)
    np.testing.assert_array_equal(found["cut_rank"], -concentration)
    for name in ("forest", "svm"):
        assert roc_auc(found[f"{name}_star_probability"], star) > 0.9


def test_no_judge_is_shown_what_it_judges():
    _, star, groups = catalogue()
    seen = []

    class Learner:
        def fit(self, x, y):
            self.rows = set(x[:, 0])
            return self

        def predict_proba(self, x):
            seen.append((self.rows, set(x[:, 0])))
            return np.tile([0.5, 0.5], (len(x), 1))

    values = np.arange(len(star), dtype=float)[:, np.newaxis]
    learns = np.arange(len(star)) < 160
    judged(Learner, values, star, groups, learns=learns, folds=4)
    assert len(seen) == 5
    for fitted, asked in seen:
        assert not fitted & asked
        assert not {row // 20 for row in fitted} & {row // 20 for row in asked}
        assert max(fitted) < 160


def test_shuffled_labels_leave_nothing_to_find():
    table, star, groups = catalogue(600)
    shuffled = np.random.default_rng(3).permutation(star)
    found = judge(table, shuffled, groups, learns=np.ones(600, bool))
    for name in ("forest", "svm"):
        assert abs(roc_auc(found[f"{name}_star_probability"], shuffled) - 0.5) < 0.08


def test_places_and_names_tell_nothing():
    table, star, groups = catalogue(400)
    values = table[["id", "ra"]].to_numpy(float)
    learner = lambda: forest(seed=1, trees=30, least_leaf=2)  # noqa: E731
    p = judged(learner, values, star, groups, learns=np.ones(400, bool), folds=4)
    assert abs(roc_auc(p, star) - 0.5) < 0.1


def test_what_a_catalogue_does_not_know_is_judged_all_the_same():
    table, star, groups = catalogue()
    table.loc[200:, ["petro_r50", "model_magnitude_u"]] = np.nan
    table.loc[210:, "psf_magnitude_r"] = np.nan
    found = judge(table, star, groups)
    assert found["forest_star_probability"].notna().all()
    assert found["svm_star_probability"].notna().all()
    assert found["cut_star_probability"].isna().tolist() == [False] * 210 + [True] * 30


def test_without_a_catalogue_the_pixels_are_judged_alone():
    _, star, groups = catalogue()
    spread = np.where(star > 0, 0.0, 8.0)
    spread[5] = np.nan
    found = judge(pd.DataFrame(index=range(240)), star, groups, spread=spread)
    assert list(found) == ["spread_star_probability", "spread_rank"]
    assert np.isnan(found["spread_star_probability"][5])
    known = found["spread_star_probability"].notna()
    assert roc_auc(found["spread_star_probability"][known], star[known]) == 1.0


def test_a_judge_needs_two_classes_in_two_groups():
    values, groups = np.zeros((6, 1)), np.arange(6) // 3
    everything = np.ones(6, bool)
    for labels, fields in ((np.ones(6), groups), (np.tile([0.0, 1.0], 3), np.zeros(6))):
        with pytest.raises(ValueError, match="two classes in two groups"):
            judged(logistic, values, labels, fields, learns=everything, folds=2)


def test_the_same_seed_gives_the_same_forest():
    table, star, groups = catalogue()
    one, other = judge(table, star, groups), judge(table, star, groups)
    pd.testing.assert_frame_equal(one, other)
