"""The plain truth refuses what cannot be drawn, and says why."""

import pytest

from halflight.simulation import Component, Galaxy, Psf, Star

GOOD = Component(2.0, 1.0, 0.5, 0.0, 10.0)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ((7.0, 1.0, 0.5, 0.0, 1.0), "sersic_n must be within"),
        ((1.0, 0.0, 0.5, 0.0, 1.0), "half_light_radius must be above 0"),
        ((1.0, 1.0, 1.2, 0.0, 1.0), "axis_ratio must be within"),
        ((1.0, 1.0, 0.0, 0.0, 1.0), "axis_ratio must be within"),
        ((1.0, 1.0, 0.5, 0.0, 0.0), "flux must be above 0"),
        ((1.0, float("nan"), 0.5, 0.0, 1.0), "half_light_radius must be above 0"),
    ],
)
def test_impossible_component(values, message):
    with pytest.raises(ValueError, match=message):
        Component(*values)


def test_galaxy_sums_its_components():
    assert Galaxy((GOOD, GOOD), 0.0, 0.0).flux == 20.0
    with pytest.raises(ValueError, match="at least one component"):
        Galaxy((), 0.0, 0.0)


def test_impossible_star():
    with pytest.raises(ValueError, match="flux must be above 0"):
        Star(-1.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"kind": "airy"}, "kind must be"),
        ({"width": 0.0}, "width must be above 0"),
        ({"e1": 0.8, "e2": 0.7}, r"\|e\| must be below 1"),
        ({"sigma_ratio": 0.5}, "sigma_ratio >= 1"),
        ({"wing_ratio": -0.1}, "wing_ratio >= 0"),
        ({"kind": "moffat", "beta": 1.0}, "beta must be above 1.1"),
    ],
)
def test_impossible_psf(values, message):
    with pytest.raises(ValueError, match=message):
        Psf(**{"kind": "double_gaussian", "width": 1.3} | values)
