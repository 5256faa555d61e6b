"""Colours of the synthetic sky: on the published locus, red and blue, reddened by dust."""

import numpy as np
import pytest

from halflight.params.sandbox import Sandbox as Parameters
from halflight.sandbox.colours import (
    LOCUS_RANGE,
    STELLAR_LOCUS,
    galaxy_colours,
    galaxy_redshift,
    quasar_colours,
    star_colours,
)
from halflight.sandbox.streams import Purpose, stream

BANDS = "ugriz"


def drawn(draw, count=400):
    """Colours u-g, g-r, r-i and i-z of many objects, (count, 4)."""
    rows = [draw(stream(k, Purpose.COLOURS)) for k in range(count)]
    magnitudes = np.array([[row[band] for band in BANDS] for row in rows])
    assert (magnitudes[:, 2] == 0).all()
    return magnitudes[:, :-1] - magnitudes[:, 1:]


def test_the_locus_agrees_with_itself():
    """g-r and r-i were fitted apart, as functions of their sum: it must come out again."""
    index = np.linspace(*LOCUS_RANGE, 50)
    polynomial = np.polynomial.polynomial.polyval
    both = polynomial(index, STELLAR_LOCUS["gr"]) + polynomial(index, STELLAR_LOCUS["ri"])
    np.testing.assert_allclose(both, index, atol=0.03)


def test_stars_scatter_about_the_locus(parameters: Parameters):
    colours = drawn(lambda rng: star_colours(18.0, parameters.colours, rng))
    index = colours[:, 1] + colours[:, 2]
    inside = (index > 0.2) & (index < 4.0)
    for number, name in enumerate(("ug", "gr", "ri", "iz")):
        expected = np.polynomial.polynomial.polyval(index, STELLAR_LOCUS[name])
        off = (colours[:, number] - expected)[inside]
        assert abs(np.median(off)) < 0.03
        assert np.std(off) < 2.5 * parameters.colours.star_scatter[number]


def test_the_fainter_the_more_dwarfs(parameters: Parameters):
    def red(magnitude):
        found = drawn(lambda rng: star_colours(magnitude, parameters.colours, rng))
        return ((found[:, 1] + found[:, 2]) > 1.8).mean()

    assert red(22.0) > red(15.0) + 0.15


def test_red_galaxies_are_redder_and_redden_with_redshift(parameters: Parameters):
    def median(red, redshift):
        found = drawn(lambda rng: galaxy_colours(red, redshift, parameters.colours, rng))
        return np.median(found, axis=0)

    assert median(True, 0.1)[1] == pytest.approx(0.95, abs=0.02)
    assert median(True, 0.1)[1] > median(False, 0.1)[1] + 0.3
    assert median(True, 0.4)[1] > median(True, 0.1)[1] + 0.4
    assert median(True, 3.0)[1] < 1.8


def test_redshifts_grow_with_magnitude(parameters: Parameters):
    def median(magnitude):
        rngs = (stream(k, Purpose.COLOURS) for k in range(300))
        return np.median([galaxy_redshift(magnitude, parameters.colours, rng) for rng in rngs])

    assert median(17.5) == pytest.approx(0.09, rel=0.1)
    assert median(22.0) == pytest.approx(0.09 * 10 ** (0.12 * 4.5), rel=0.1)


def test_quasars_are_blue_in_u():
    assert (drawn(quasar_colours)[:, 0] < 0.6).mean() > 0.95
