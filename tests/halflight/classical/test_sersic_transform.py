"""The tabulated transform against closed forms and GalSim."""

import galsim
import numpy as np
import pytest

from halflight.classical.sersic_transform import radial_table, sersic_b


def grid(table):
    return np.exp(table.start + table.step * np.arange(table.columns.shape[1]))


def test_gaussian_and_exponential_have_closed_forms():
    table = radial_table(0.5)
    np.testing.assert_allclose(
        table.columns[0], np.exp(-(grid(table) ** 2) / (4 * sersic_b(0.5))), atol=1e-6
    )
    table = radial_table(1.0)
    np.testing.assert_allclose(
        table.columns[0], (1 + (grid(table) / sersic_b(1.0)) ** 2) ** -1.5, atol=1e-6
    )


@pytest.mark.parametrize("n", [0.31, 0.77, 1.37, 2.5, 4.0, 6.2])
def test_equals_galsim(n):
    table = radial_table(n)
    k = grid(table)[::40]
    params = galsim.GSParams(kvalue_accuracy=1e-7, maximum_fft_size=32768)
    profile = galsim.Sersic(n, half_light_radius=1.0, gsparams=params)
    expected = [profile.kValue(value, 0.0).real for value in k]
    np.testing.assert_allclose(table.columns[0, ::40], expected, atol=2e-5)


@pytest.mark.parametrize("n", [0.6, 1.0, 3.3, 7.9])
def test_derivatives_are_those_of_the_table(n):
    table, step = radial_table(n), 1e-3
    ln_k = np.log(grid(table))
    above, below = radial_table(n * np.exp(step)), radial_table(n * np.exp(-step))
    by_n = (above.columns[0].astype(float) - below.columns[0]) / (2 * step)
    np.testing.assert_allclose(table.columns[2], by_n, atol=3e-4)
    by_k = np.gradient(table.columns[0].astype(float), ln_k)
    np.testing.assert_allclose(table.columns[1, 1:-1], by_k[1:-1], atol=3e-4)


@pytest.mark.parametrize("n", [0.1, 12.0, np.nan])
def test_refuses_an_index_outside_the_table(n):
    with pytest.raises(ValueError, match="sersic_n must lie in"):
        radial_table(n)
