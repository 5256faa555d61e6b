"""Optimiser steps, averages, penalties and norms by hand, for every back end."""

import math
from dataclasses import replace

import numpy as np
import pytest

from halflight import kernels
from tests.halflight.kernels.backends import AT_LENGTH
from tests.halflight.kernels.cases import all_cases


@pytest.fixture(params=AT_LENGTH)
def backend(request):
    return kernels.load(request.param)


def on(backend, *values):
    """Arrays in the back end's memory."""
    return [backend.to_device(np.asarray(v, np.float64)) for v in values]


def one(backend):
    """What says that all gradients were finite."""
    return backend.to_device(np.ones(1))


STEPS = [
    case
    for case in all_cases()
    if "finite" in case.arguments and case.kernel != "keep_finite" and case.arguments["w"].size < 99
]


@pytest.mark.parametrize("case", STEPS, ids=lambda case: case.kernel)
def test_a_step_with_gradients_that_are_not_finite_changes_nothing(backend, case):
    rejected = replace(case, arguments=case.arguments | {"finite": np.zeros(1)})
    for name, received in rejected.run(backend).items():
        np.testing.assert_array_equal(received, case.arguments[name], name)


def test_copy_if(backend):
    for flag in (0.0, 1.0):
        for wanted in (False, True):
            y, x, given = on(backend, [[1.0, 2.0]], [[3.0, np.nan]], [flag])
            backend.copy_if(y, x, given, wanted)
            expected = [[3.0, np.nan]] if bool(flag) is wanted else [[1.0, 2.0]]
            np.testing.assert_array_equal(backend.to_host(y), expected)


def test_limit_norm_by_hand(backend):
    """Norms add as the root of 9 + 16 = 5^2: a limit of 5 keeps every byte, one of 2.5 halves."""
    x, squares = on(backend, [3.0, -4.2], [9.0, 16.0])
    for limit, factor in ((5.0, 1.0), (2.5, 0.5)):
        backend.limit_norm(x, squares, limit)
        np.testing.assert_array_equal(
            backend.to_host(x), factor * np.array([3.0, -4.2], backend.FLOAT)
        )


def test_lion_by_hand(backend):
    """Signs of 0.5 m + 0.5 g: those of 1, -0.5 and 0; the first weight decays by a half too."""
    w, g, m = on(backend, [4.0, 2.0, 0.0], [3.0, 0.0, 1.0], [-1.0, -1.0, -1.0])
    backend.lion_step(w, g, m, one(backend), 1.0, 0.5, 0.75, 0.5)
    np.testing.assert_array_equal(backend.to_host(w), [1.0, 2.0, 0.0])
    np.testing.assert_array_equal(backend.to_host(m), [0.0, -0.75, -0.5])


def test_sgd_decays_first(backend):
    w, g, velocity = on(backend, [8.0], [2.0], [0.0])
    backend.sgd_step(w, g, velocity, one(backend), 0.5, 0.0, False, 0.25)
    assert backend.to_host(w) == 8.0 - 0.5 * 0.25 * 8.0 - 0.5 * 2.0


def test_adagrad_by_hand(backend):
    """7 + 3^2 = 16; the root of 16 + 9 is 5."""
    w, g, squares = on(backend, [2.0], [3.0], [7.0])
    backend.adagrad_step(w, g, squares, one(backend), 5.0, 9.0, 0.125)
    assert backend.to_host(squares) == 16.0
    np.testing.assert_allclose(backend.to_host(w), [2.0 - 5.0 * 0.125 * 2.0 - 3.0], rtol=1e-6)


def test_adadelta_by_hand(backend):
    """Squares 0.5 * 14 + 0.5 * 4 = 9, and 9 + 7 = 4^2; change -sqrt(2 + 7) / 4 * 2 = -1.5."""
    w, g, squares, changes = on(backend, [1.0], [2.0], [14.0], [2.0])
    backend.adadelta_step(w, g, squares, changes, one(backend), 2.0, 0.5, 7.0, 0.0)
    assert backend.to_host(squares) == 9.0
    assert backend.to_host(changes) == 0.5 * 2.0 + 0.5 * 1.5**2
    np.testing.assert_allclose(backend.to_host(w), [1.0 - 2.0 * 1.5], rtol=1e-6)


@pytest.mark.parametrize(
    ("mean", "velocity", "expected"),
    [
        (None, None, 10.0 - 4.0 / 5.0),
        ([2.0], None, 10.0 - 4.0 / 4.0),  # 16 - 3^2 + 9 = 4^2
        (None, [2.0], 10.0 - (0.25 * 2.0 + 4.0 / 5.0)),
        ([2.0], [2.0], 10.0 - (0.25 * 2.0 + 4.0 / 4.0)),
    ],
)
def test_rmsprop_by_hand(backend, mean, velocity, expected):
    """Squares 0.5 * 16 + 0.5 * 4^2 = 16, and 16 + 9 = 5^2; the mean 0.5 * 2 + 0.5 * 4 = 3."""
    w, g, squares = on(backend, [10.0], [4.0], [16.0])
    mean, velocity = (v if v is None else on(backend, v)[0] for v in (mean, velocity))
    numbers = (1.0, 0.5, 0.25, 9.0, 0.0)
    backend.rmsprop_step(w, g, squares, mean, velocity, one(backend), *numbers)
    assert backend.to_host(squares) == 16.0
    np.testing.assert_allclose(backend.to_host(w), [expected], rtol=1e-6)
    if mean is not None:
        assert backend.to_host(mean) == 3.0


def test_a_centred_variance_is_never_negative(backend):
    """One gradient over and over has no variance, and rounding must not make it negative."""
    w, g, squares, mean = on(backend, np.zeros(100), np.linspace(10, 90, 100), *np.zeros((2, 100)))
    numbers = (1e-3, 0.5, 0.0, 1e-12, 0.0)
    for _ in range(100):
        backend.rmsprop_step(w, g, squares, mean, None, one(backend), *numbers)
    assert np.isfinite(backend.to_host(w)).all()


def test_amsgrad_keeps_the_largest(backend):
    """v falls from 8 to 4, but the root of 16 counts; bias corrections are 1/2 at step 1."""
    w, g, m, v, v_max = on(backend, [1.0], [0.0], [2.0], [8.0], [16.0])
    backend.amsgrad_step(w, g, m, v, v_max, one(backend), 1.0, 0.5, 0.75, 0.0, 0.0, 1)
    assert (backend.to_host(v), backend.to_host(v_max)) == (6.0, 16.0)
    np.testing.assert_allclose(backend.to_host(w), [1.0 - 0.5 / 0.5 * 1.0 / 4.0], rtol=1e-6)
    (g,) = on(backend, [9.0])
    backend.amsgrad_step(w, g, m, v, v_max, one(backend), 0.0, 0.5, 0.75, 0.0, 0.0, 2)
    assert backend.to_host(v_max) == backend.to_host(v) == 0.75 * 6.0 + 0.25 * 81.0


def test_adamax_by_hand(backend):
    """u = max(0.5 * 8, |-3|) = 4, then max(2, |-3|) = 3; m = -1.5, then -2.25."""
    w, g, m, u = on(backend, [1.0], [-3.0], [0.0], [8.0])
    backend.adamax_step(w, g, m, u, one(backend), 1.0, 0.5, 0.5, 1.0, 0.0, 1)
    assert backend.to_host(u) == 4.0
    np.testing.assert_allclose(backend.to_host(w), [1.0 + 2.0 * 1.5 / 5.0], rtol=1e-6)
    backend.adamax_step(w, g, m, u, one(backend), 1.0, 0.5, 0.5, 1.0, 0.0, 2)
    assert backend.to_host(u) == 3.0
    np.testing.assert_allclose(backend.to_host(w), [1.6 + 2.25 / 0.75 / 4.0], rtol=1e-6)


def test_nadam_by_hand(backend):
    """m_hat = 0.5 * 1 / (1 - 0.25 * 0.5) + (1 - 0.25) * 2 / (1 - 0.25); v_hat = 2^2."""
    w, g, m, v = on(backend, [1.0], [2.0], [0.0], [0.0])
    numbers = (1.0, 0.25, 0.5, 0.25, 0.5, 0.75, 2.0, 0.0, 1)
    backend.nadam_step(w, g, m, v, one(backend), *numbers)
    assert (backend.to_host(m), backend.to_host(v)) == (1.0, 1.0)
    np.testing.assert_allclose(backend.to_host(w), [1.0 - (0.5 / 0.875 + 2.0) / 4.0], rtol=1e-6)


def test_average_by_hand(backend):
    average, w = on(backend, [4.0, 0.1], [8.0, 0.1])
    backend.average_step(average, w, one(backend), 0.75)
    assert backend.to_host(average)[0] == 5.0
    assert backend.to_host(average)[1] == backend.to_host(w)[1]


def test_clip_by_hand(backend):
    (x,) = on(backend, [-3.0, -1.0, 0.5, 2.0, np.inf, np.nan])
    backend.clip(x, 1.0)
    np.testing.assert_array_equal(backend.to_host(x), [-1.0, -1.0, 0.5, 1.0, 1.0, np.nan])


def test_regularize_by_hand(backend):
    """0.5 * (3 + 1) + 0.25 * (9 + 1) = 4.5; gradients 0.5 sign(w) + 0.5 w on top of 10."""
    w, dw = on(backend, [[3.0], [0.0], [-1.0]], [[10.0], [10.0], [10.0]])
    for gradient in (None, dw):
        penalty = backend.empty((1,))
        backend.regularize(penalty, gradient, w, 0.5, 0.25)
        assert backend.to_host(penalty) == 4.5
    np.testing.assert_array_equal(backend.to_host(dw).ravel(), [12.0, 10.0, 9.0])


def test_max_norm_by_hand(backend):
    """Columns of norm 5 (to 2.5), 2.5 (kept, to the byte) and 0."""
    (w,) = on(backend, [[3.0, 1.5, 0.0], [4.0, -2.0, 0.0]])
    backend.max_norm(w, one(backend), 2.5)
    received = backend.to_host(w)
    np.testing.assert_allclose(received[:, 0], [1.5, 2.0], rtol=1e-6)
    np.testing.assert_array_equal(received[:, 1:], [[1.5, 0.0], [-2.0, 0.0]])
    assert math.hypot(*received[:, 0].astype(float)) <= 2.5
