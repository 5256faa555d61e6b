"""Initial values: moments, bounds and orthogonality."""

import json
import math

import numpy as np
import pytest

from halflight.nn import initializers
from halflight.nn.configuration import plain
from halflight.nn.initializers import INITIALIZERS, VarianceScaling, fans

SHAPE = (5, 5, 24, 40)
FAN_IN, FAN_OUT = 25 * 24, 25 * 40
TRUNCATED = 0.8796  # deviation of a unit normal cut at two deviations
DEVIATIONS = {
    "zeros": 0.0,
    "ones": 0.0,
    "constant": 0.0,
    "random_normal": 0.05,
    "random_uniform": 0.05 / math.sqrt(3),
    "truncated_normal": 0.05 * TRUNCATED,
    "variance_scaling": math.sqrt(1 / FAN_IN),
    "glorot_normal": math.sqrt(2 / (FAN_IN + FAN_OUT)),
    "glorot_uniform": math.sqrt(2 / (FAN_IN + FAN_OUT)),
    "he_normal": math.sqrt(2 / FAN_IN),
    "he_uniform": math.sqrt(2 / FAN_IN),
    "lecun_normal": math.sqrt(1 / FAN_IN),
    "lecun_uniform": math.sqrt(1 / FAN_IN),
    "orthogonal": math.sqrt(1 / FAN_IN),
}
LIMITS = {  # the largest absolute value, in deviations
    "random_uniform": math.sqrt(3),
    "truncated_normal": 2 / TRUNCATED,
    "variance_scaling": 2 / TRUNCATED,
    "glorot_normal": 2 / TRUNCATED,
    "glorot_uniform": math.sqrt(3),
    "he_normal": 2 / TRUNCATED,
    "he_uniform": math.sqrt(3),
    "lecun_normal": 2 / TRUNCATED,
    "lecun_uniform": math.sqrt(3),
}


def rng() -> np.random.Generator:
    return np.random.Generator(np.random.Philox(key=[1, 2]))


def test_every_initializer_has_a_deviation():
    assert set(DEVIATIONS) | {"identity"} == set(INITIALIZERS)


@pytest.mark.parametrize("name", DEVIATIONS)
def test_moments(name):
    values = initializers.get(name)(SHAPE, rng())
    assert values.shape == SHAPE
    assert values.dtype == np.float64
    assert values.std() == pytest.approx(DEVIATIONS[name], rel=0.02)
    if name != "ones":
        assert abs(values.mean()) <= 4 * DEVIATIONS[name] / math.sqrt(values.size)
    np.testing.assert_array_equal(values, initializers.get(name)(SHAPE, rng()))


@pytest.mark.parametrize("name", LIMITS)
def test_bounds(name):
    largest = np.abs(initializers.get(name)(SHAPE, rng())).max() / DEVIATIONS[name]
    assert 0.99 * LIMITS[name] <= largest <= 1.0001 * LIMITS[name]


@pytest.mark.parametrize("mode", ["fan_in", "fan_out", "fan_avg"])
@pytest.mark.parametrize("distribution", ["truncated_normal", "untruncated_normal", "uniform"])
def test_variance_scaling(mode, distribution):
    n = {"fan_in": FAN_IN, "fan_out": FAN_OUT, "fan_avg": (FAN_IN + FAN_OUT) / 2}[mode]
    values = VarianceScaling(3.0, mode, distribution)(SHAPE, rng())
    assert values.var() == pytest.approx(3.0 / n, rel=0.03)
    beyond = np.abs(values).max() / values.std()
    assert (beyond > 3) == (distribution == "untruncated_normal")


def test_uniform_and_truncated_draws_are_those_of_their_definitions():
    limit = math.sqrt(6.0 / (FAN_IN + FAN_OUT))
    expected = rng().uniform(-limit, limit, SHAPE)
    np.testing.assert_array_equal(initializers.GlorotUniform()(SHAPE, rng()), expected)
    generator = rng()
    values = generator.standard_normal(SHAPE)
    while (outside := np.abs(values) > 2).any():
        values[outside] = generator.standard_normal(int(outside.sum()))
    values *= math.sqrt(2.0 / FAN_IN) / 0.87962566103423978
    np.testing.assert_array_equal(initializers.HeNormal()(SHAPE, rng()), values)


def test_fans():
    assert fans((7, 9)) == (7, 9)
    assert fans(SHAPE) == (600, 1000)
    assert fans((8,)) == (8, 8)


def test_identity():
    np.testing.assert_array_equal(
        initializers.Identity(2.0)((2, 3), rng()), [[2.0, 0.0, 0.0], [0.0, 2.0, 0.0]]
    )


@pytest.mark.parametrize("shape", [(30, 12), (12, 30), (3, 3, 4, 8)])
def test_orthogonal(shape):
    matrix = initializers.Orthogonal(gain=2.0)(shape, rng()).reshape(-1, shape[-1])
    product = matrix.T @ matrix if matrix.shape[0] >= matrix.shape[1] else matrix @ matrix.T
    np.testing.assert_allclose(product, 4 * np.eye(len(product)), atol=1e-12)


@pytest.mark.parametrize("name", INITIALIZERS)
def test_configuration_round_trip(name):
    made = initializers.get(name)
    assert initializers.get(json.loads(json.dumps(plain(made)))) == made
    assert initializers.get(type(made).__name__) == made


def test_other_names_of_keras():
    assert initializers.get("uniform") == initializers.RandomUniform(-0.05, 0.05)
    assert initializers.get("normal") == initializers.RandomNormal(0.0, 0.05)
    assert initializers.get("zero") == initializers.Zeros()
    assert initializers.get("one") == initializers.Ones()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: initializers.get("zeroes"), "known are constant, glorot_normal"),
        (lambda: initializers.Orthogonal()((3,), rng()), "at least two axes"),
        (lambda: initializers.Identity()((3, 3, 3), rng()), "Identity: needs two axes"),
        (lambda: initializers.get({"class": "os.system", "config": {}}), "unknown class"),
        (
            lambda: initializers.RandomNormal(stddev=-1.0),
            "stddev must be .* at least 0",
        ),
        (lambda: initializers.RandomUniform(1.0, 0.0), "minval must be at most maxval"),
        (
            lambda: initializers.Constant("1"),
            "value must be a finite number, received '1'",
        ),
        (lambda: VarianceScaling(0.0), "scale must be a finite number above 0"),
        (lambda: VarianceScaling(mode="fan"), "mode must be one of"),
        (lambda: VarianceScaling(distribution="gauss"), "distribution must be one of"),
    ],
)
def test_errors(make, message):
    with pytest.raises(ValueError, match=message):
        make()
