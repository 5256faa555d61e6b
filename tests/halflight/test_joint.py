"""Joining a network's table with the fits of the same stamps."""

import numpy as np
import pandas as pd
import pytest

from halflight import params
from halflight.combination import Combination, TooFewError
from halflight.joint import DISAGREEMENT, FIT_ALONE, Joint, fitted_joint
from halflight.quality import FLAGS
from tests.tiny import DOMAIN, RADIUS, estimator

WARY = Combination(
    fit_scale=1.2, wrong_share=0.1, network_scale=1.1, blend_power=0.1, misfit_weight=0.01
)
COUNT = 40


@pytest.fixture(scope="module")
def settings(root):
    return params.read("radius.classical", path=root / "params.yaml")


@pytest.fixture
def truths():
    rng = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "half_light_radius": rng.uniform(1.0, 4.0, COUNT),
            "axis_ratio": rng.uniform(0.3, 1.0, COUNT),
            "magnitude": rng.uniform(15.0, 20.0, COUNT),
        }
    )


@pytest.fixture
def network(truths):
    values = RADIUS.truths(truths) + 0.1 * np.random.default_rng(2).normal(size=(COUNT, 3))
    table = RADIUS.table(values, np.full((COUNT, 3), 0.1), np.full((COUNT, 3), 6.0))
    return table.assign(bad_fraction=0.0, flags=0)


@pytest.fixture
def fits(truths):
    rng = np.random.default_rng(3)
    columns = {}
    for number, quantity in enumerate(RADIUS.quantities):
        off = 0.03 * rng.normal(size=COUNT)
        columns[f"scene_fit_{quantity.name}"] = RADIUS.truths(truths)[:, number] + off
        columns[f"scene_fit_{quantity.name}_error"] = 0.03
    columns |= {f"scene_fit_{name}": 2.0 for name in FIT_ALONE}
    columns |= {"scene_fit_x": 0.1, "scene_fit_y": 0.0, "scene_fit_psf_half_light_radius": 0.7}
    columns |= {"scene_fit_chi_square_per_pixel": np.linspace(0.98, 1.02, COUNT)}
    columns |= {"scene_fit_contamination": np.linspace(0.0, 0.5, COUNT)}
    columns |= {"scene_fit_misfit": np.linspace(40.0, 0.0, COUNT)}
    return pd.DataFrame(columns | {"scene_fit_converged": True})


def test_every_quantity_with_a_combination_is_joined_and_the_others_are_the_networks(
    settings, network, fits
):
    joint = Joint(settings, {"ln_radius": WARY}, DOMAIN)
    table = joint.joined(RADIUS, network, fits)
    value, sigma, dof = WARY.joined(
        fits["scene_fit_ln_radius"].to_numpy(),
        np.full(COUNT, 0.03),
        network["ln_radius"].to_numpy(),
        np.full(COUNT, 0.1),
        np.linspace(0.0, 0.5, COUNT),
        np.linspace(40.0, 0.0, COUNT),
        np.full(COUNT, 6.0),
    )
    np.testing.assert_array_equal(table["ln_radius"], value)
    np.testing.assert_array_equal(table["ln_radius_sigma"], sigma)
    np.testing.assert_array_equal(table["ln_radius_dof"], dof)
    np.testing.assert_array_equal(table["magnitude"], network["magnitude"])
    assert table["sersic_n"].tolist() == [2.0] * COUNT
    assert list(network.drop(columns=["bad_fraction", "flags"])) == list(table)[: 3 * 8 - 1]


def test_a_fit_that_failed_leaves_the_network_alone_and_is_flagged(settings, network, fits):
    fits.loc[3, "scene_fit_converged"] = False
    table = Joint(settings, {"ln_radius": WARY}, DOMAIN).joined(RADIUS, network, fits)
    alone = (table["flags"] & FLAGS["not_fitted"] != 0).tolist()
    assert alone == [row == 3 for row in range(COUNT)]
    assert table["ln_radius"][3] == network["ln_radius"][3]
    assert np.isnan(table["sersic_n"][3])


def test_two_far_apart_are_flagged(settings, network, fits):
    fits.loc[5, "scene_fit_ln_radius"] = network["ln_radius"][5] + 0.5
    table = Joint(settings, {"ln_radius": WARY}, DOMAIN).joined(RADIUS, network, fits)
    apart = 0.5 / np.hypot(0.03, 0.1)
    assert apart > DISAGREEMENT
    assert table["disagreement"][5] == pytest.approx(apart)
    assert (table["flags"] & FLAGS["methods_disagree"] != 0).tolist() == [
        row == 5 for row in range(COUNT)
    ]


def test_what_is_unlike_known_galaxies_is_flagged_with_its_score(settings, network, fits):
    fits.loc[2, "scene_fit_chi_square_per_pixel"] = 5.0
    fits.loc[4, "scene_fit_x"] = np.nan
    network.loc[6, "flags"] = FLAGS["sky_not_zero"]
    table = Joint(settings, {"ln_radius": WARY}, DOMAIN).joined(RADIUS, network, fits)
    assert table["domain_score"][2] == pytest.approx(np.log(5.0))
    assert table["domain_score"][[4, 6]].tolist() == [np.inf, np.inf]
    flagged = np.flatnonzero(table["flags"] & FLAGS["out_of_domain"])
    assert {2, 4, 6} <= set(flagged)
    assert (flagged == np.flatnonzero(table["domain_score"] > 1)).all()


def test_a_stamp_that_could_not_be_measured_stays_a_row_of_nan(settings, network, fits):
    network.loc[0, "flags"] = FLAGS["not_measured"]
    network.iloc[0, :-2] = np.nan
    table = Joint(settings, {"ln_radius": WARY}, DOMAIN).joined(RADIUS, network, fits)
    assert table.loc[0, :"companion_probability"].isna().all()
    assert table["flags"][0] & FLAGS["not_measured"]


def test_what_the_reference_does_not_measure_has_no_combination(settings, truths, network, fits):
    joint = fitted_joint(
        RADIUS, settings, truths, fits.drop(columns="scene_fit_magnitude"), network
    )
    assert set(joint.combinations) == {"ln_radius", "ln_axis_ratio"}
    with pytest.raises(TooFewError):
        fitted_joint(RADIUS, settings, truths[:9], fits[:9], network[:9])


def test_it_is_kept_beside_an_estimator(settings, tmp_path):
    joint = Joint(settings, {"ln_radius": WARY}, DOMAIN)
    joint.save(estimator(), tmp_path / "both")
    assert Joint.load(tmp_path / "both") == joint
    estimator().save(tmp_path / "alone")
    assert Joint.load(tmp_path / "alone") is None


@pytest.mark.parametrize(
    "text", ["[]", "{}", '{"settings": {}, "combinations": {}, "domain": {}}', "{"]
)
def test_a_damaged_file_is_named(tmp_path, text):
    (tmp_path / "combination.json").write_text(text)
    with pytest.raises(ValueError, match=r"combination\.json"):
        Joint.load(tmp_path)
