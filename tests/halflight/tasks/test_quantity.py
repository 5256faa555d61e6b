"""A quantity: what is learnt, what is meant, and where tables hold it."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from halflight.tasks import Quantity

LN_RADIUS = Quantity("ln_radius", "half_light_radius", "radius", "R", "arcsec", logarithmic=True)
RATIO = Quantity("axis_ratio", "axis_ratio", "axis ratio", "q")


def test_of_a_logarithmic_quantity_the_natural_logarithm_is_learnt():
    learnt = LN_RADIUS.learnt(np.array([1.0, np.e, 0.0, -2.0, np.nan, np.inf]))
    np.testing.assert_array_equal(learnt, [0.0, 1.0, np.nan, np.nan, np.nan, np.inf])
    assert LN_RADIUS.physical(np.array([0.0, np.log(2.5)])) == pytest.approx([1.0, 2.5])


def test_any_other_quantity_is_learnt_as_it_is():
    values = np.array([-1.0, 0.0, 0.3, np.nan])
    np.testing.assert_array_equal(RATIO.learnt(values), values)
    np.testing.assert_array_equal(RATIO.physical(values), values)


@pytest.mark.parametrize("quantity", [LN_RADIUS, RATIO], ids=lambda quantity: quantity.name)
@given(st.lists(st.floats(1e-30, 1e30), min_size=1), st.sampled_from(["<f8", ">f4", "<f4"]))
def test_the_physical_value_comes_back_from_the_learnt_one(quantity, values, kind):
    physical = np.array(values, kind)
    learnt = quantity.learnt(physical)
    assert learnt.dtype == np.dtype(np.float64)
    np.testing.assert_allclose(quantity.physical(learnt), physical.astype(float), rtol=1e-12)


def test_a_truth_is_read_from_its_column_and_is_nan_where_there_is_none():
    table = pd.DataFrame({"half_light_radius": [1.0, np.e], "true_half_light_radius": [np.e, -1.0]})
    np.testing.assert_array_equal(LN_RADIUS.truth(table), [0.0, 1.0])
    np.testing.assert_array_equal(LN_RADIUS.truth(table, "true_"), [1.0, np.nan])
    np.testing.assert_array_equal(RATIO.truth(table), [np.nan, np.nan])
    assert LN_RADIUS.truth(table.iloc[:0]).shape == (0,)


def test_a_measurement_is_read_as_learnt_before_it_is_read_as_physical():
    table = pd.DataFrame(
        {
            "sersic_fit_ln_radius": [0.5, np.nan],
            "sersic_fit_ln_radius_error": [0.1, np.nan],
            "sersic_fit_half_light_radius": [9.0, 9.0],
            "aperture_half_light_radius": [np.e, 0.0],
        }
    )
    values, errors = LN_RADIUS.measured(table, "sersic_fit")
    np.testing.assert_array_equal(values, [0.5, np.nan])
    np.testing.assert_array_equal(errors, [0.1, np.nan])
    values, errors = LN_RADIUS.measured(table, "aperture")
    np.testing.assert_array_equal(values, [1.0, np.nan])
    assert np.isnan(errors).all()


def test_what_a_method_does_not_measure_is_nan():
    table = pd.DataFrame({"sersic_fit_ln_radius": [0.5]})
    for array in RATIO.measured(table, "sersic_fit"):
        np.testing.assert_array_equal(array, [np.nan])
