"""Initial values: variances, limits and orthogonality."""

import math

import numpy as np
import pytest

from core.nn import initializers
from core.nn.initializers import INITIALIZERS, fans

SHAPE = (5, 5, 24, 40)
DEVIATIONS = {
    "zeros": 0.0,
    "ones": 0.0,
    "constant": 0.0,
    "random_normal": 0.05,
    "glorot_uniform": math.sqrt(2 / (25 * 24 + 25 * 40)),
    "he_normal": math.sqrt(2 / (25 * 24)),
    "he_uniform": math.sqrt(2 / (25 * 24)),
    "orthogonal": math.sqrt(1 / (25 * 24)),
}


def rng() -> np.random.Generator:
    return np.random.Generator(np.random.Philox(key=[1, 2]))


def test_every_initializer_has_a_deviation():
    assert set(DEVIATIONS) == set(INITIALIZERS)


@pytest.mark.parametrize("name", INITIALIZERS)
def test_deviation(name):
    values = initializers.get(name)(SHAPE, rng())
    assert values.shape == SHAPE
    assert values.dtype == np.float64
    assert values.std() == pytest.approx(DEVIATIONS[name], rel=0.02)
    np.testing.assert_array_equal(values, initializers.get(name)(SHAPE, rng()))


def test_fans():
    assert fans((7, 9)) == (7, 9)
    assert fans(SHAPE) == (600, 1000)
    assert fans((8,)) == (8, 8)


def test_he_normal_is_truncated():
    values = initializers.HeNormal()((50, 400), rng())
    assert np.abs(values).max() <= 2 * math.sqrt(2 / 50) / 0.8796


@pytest.mark.parametrize("shape", [(30, 12), (12, 30), (3, 3, 4, 8)])
def test_orthogonal(shape):
    matrix = initializers.Orthogonal(gain=2.0)(shape, rng()).reshape(-1, shape[-1])
    product = matrix.T @ matrix if matrix.shape[0] >= matrix.shape[1] else matrix @ matrix.T
    np.testing.assert_allclose(product, 4 * np.eye(len(product)), atol=1e-12)


def test_errors():
    with pytest.raises(ValueError, match="known are zeros"):
        initializers.get("zeroes")
    with pytest.raises(ValueError, match="at least two axes"):
        initializers.Orthogonal()((3,), rng())
    with pytest.raises(ValueError, match="unknown class"):
        initializers.get({"class": "os.system", "config": {}})
