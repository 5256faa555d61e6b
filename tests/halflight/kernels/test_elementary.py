"""The polynomials of elementary.py against libraries in double precision, and at their ends."""

import numpy as np
import pytest
from scipy.special import ndtr

from halflight.kernels import elementary
from halflight.kernels.cpu.machine.compiler import compiled

EXPONENTS = np.linspace(-87.3, 88.7, 300_001)
BELOW_ZERO = np.concatenate([np.linspace(-104.0, 0.0, 200_001), -np.logspace(-30, 0, 50_001)])
UNIT = np.concatenate([np.linspace(0.0, 1.0, 200_001), np.logspace(-30, 0, 50_001)])


def _on_floats(function, x):
    scalar = compiled(entry=True)(function)
    x = np.asarray(x, np.float32)
    return x.astype(np.float64), np.array([scalar(value) for value in x], np.float64)


@pytest.mark.parametrize(
    ("function", "x", "truth"),
    [
        (elementary.exp, EXPONENTS, np.exp),
        (elementary.expm1_below_zero, BELOW_ZERO, np.expm1),
        (elementary.log1p_of_unit, UNIT, np.log1p),
        (elementary.log_of_normal, np.logspace(-37, 38, 300_001), np.log),
        (elementary.log_of_normal, np.linspace(0.5, 2.0, 300_001), np.log),
    ],
)
def test_within_two_units_in_the_last_place(function, x, truth):
    x, received = _on_floats(function, x)
    expected = truth(x)
    error = np.abs(received - expected) / np.spacing(np.abs(expected).astype(np.float32))
    assert error.max() < 2.0


def test_normal_cdf_and_cosine():
    x, received = _on_floats(elementary.normal_cdf, np.linspace(-14.0, 6.0, 200_001))
    np.testing.assert_allclose(received, ndtr(x), rtol=0, atol=2e-7)
    low = (x < 0.0) & (x > -13.0)
    assert np.all(np.abs(received / ndtr(x) - 1.0)[low] < 4e-7 * (1.0 + x * x)[low])
    turns, received = _on_floats(elementary.cos_of_turns, np.linspace(0.0, 1.0, 200_001))
    np.testing.assert_allclose(received, np.cos(2.0 * np.pi * turns), rtol=0, atol=2e-7)


def test_exp_at_its_ends():
    x, received = _on_floats(
        elementary.exp, [-np.inf, -200.0, -103.0, -90.0, 0.0, 88.7, 88.8, 300.0, np.inf, np.nan]
    )
    with np.errstate(over="ignore"):
        expected = np.exp(x).astype(np.float32)
    finest = float(np.finfo(np.float32).smallest_subnormal)
    np.testing.assert_allclose(received, expected, rtol=2e-7, atol=finest)
    assert np.isnan(_on_floats(elementary.expm1_below_zero, [np.nan])[1])
    assert _on_floats(elementary.expm1_below_zero, [-np.inf])[1] == -1.0
