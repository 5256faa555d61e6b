"""Recurrent and embedding kernels: two steps of one unit by hand, copies, and what is refused."""

import math
import re

import numpy as np
import pytest

from halflight import kernels
from tests.halflight.kernels.backends import EVERYWHERE, ON_CPU, ON_GPU

X = (0.5, -1.0)  # the projected input of the two steps, where one value is enough
CLOSE = {"rtol": 2e-6, "atol": 0}


@pytest.fixture(params=EVERYWHERE)
def backend(request):
    return kernels.load(request.param)


def on(backend, *values):
    """Arrays in the back end's memory."""
    return [backend.to_device(np.asarray(v, np.float64)) for v in values]


def sigmoid(x):
    return 1.0 / (1.0 + math.exp(-x))


@pytest.mark.parametrize(
    ("activation", "f"),
    [
        ("linear", lambda x: x),
        ("relu", lambda x: max(x, 0.0)),
        ("sigmoid", sigmoid),
        ("tanh", math.tanh),
    ],
)
def test_simple_rnn_by_hand(backend, activation, f):
    y, w = on(backend, np.reshape(X, (1, 2, 1)), [[3.0]])
    backend.simple_rnn_forward(y, w, activation, False)
    first = f(0.5)
    np.testing.assert_allclose(backend.to_host(y).ravel(), [first, f(-1.0 + 3.0 * first)], **CLOSE)
    (y,) = on(backend, np.reshape(X, (1, 2, 1)))
    backend.simple_rnn_forward(y, w, activation, True)
    last = f(-1.0)
    np.testing.assert_allclose(backend.to_host(y).ravel(), [f(0.5 + 3.0 * last), last], **CLOSE)


def test_simple_rnn_gradient_by_hand(backend):
    """Linear, y = (x1, x2 + 3 x1), cotangent (1, 10): dx = (1 + 30, 10), dw = 10 x1."""
    y, w, dy, dw = on(backend, [[[2.0], [5.0]]], [[3.0]], [[[1.0], [10.0]]], [[100.0]])
    backend.simple_rnn_forward(y, w, "linear", False)
    np.testing.assert_array_equal(backend.to_host(y).ravel(), [2.0, 11.0])
    backend.simple_rnn_backward(dy, dw, y, w, "linear", False)
    np.testing.assert_array_equal(backend.to_host(dy).ravel(), [31.0, 10.0])
    assert backend.to_host(dw) == 120.0


def test_lstm_by_hand(backend):
    """Gates i, f, g, o of two steps: projections 0.1 .. 0.4 and -0.5 .. -0.8, weights 1 .. 4."""
    gates, w = on(backend, [[[0.1, 0.2, 0.3, 0.4], [-0.5, -0.6, -0.7, -0.8]]], [[1, 2, 3, 4]])
    y, c = backend.empty((1, 2, 1)), backend.empty((1, 2, 1))
    backend.lstm_forward(y, c, gates, w, False)
    cell_1 = sigmoid(0.1) * math.tanh(0.3)
    y_1 = sigmoid(0.4) * math.tanh(cell_1)
    kept = sigmoid(-0.6 + 2.0 * y_1) * cell_1
    cell_2 = kept + sigmoid(-0.5 + 1.0 * y_1) * math.tanh(-0.7 + 3.0 * y_1)
    y_2 = sigmoid(-0.8 + 4.0 * y_1) * math.tanh(cell_2)
    np.testing.assert_allclose(backend.to_host(c).ravel(), [cell_1, cell_2], **CLOSE)
    np.testing.assert_allclose(backend.to_host(y).ravel(), [y_1, y_2], **CLOSE)


def test_gru_by_hand(backend):
    """Reset after the product; z, r, h with weights 1, 2, 3, biases 0.1 .. and 0.01 .."""
    x, w = [[[0.1, 0.2, 0.3], [-0.5, -0.6, -0.7]]], [[1.0, 2.0, 3.0]]
    gates, w, b = on(backend, x, w, [[0.1, 0.2, 0.3], [0.01, 0.02, 0.03]])
    y, inner = backend.empty((1, 2, 1)), backend.empty((1, 2, 1))
    backend.gru_forward(y, inner, gates, w, b, False)
    z, r = sigmoid(0.1 + 0.1 + 0.01), sigmoid(0.2 + 0.2 + 0.02)
    y_1 = (1.0 - z) * math.tanh(0.3 + 0.3 + r * 0.03)
    z, r = sigmoid(-0.5 + 0.11 + y_1), sigmoid(-0.6 + 0.22 + 2.0 * y_1)
    inside = 3.0 * y_1 + 0.03
    y_2 = z * y_1 + (1.0 - z) * math.tanh(-0.7 + 0.3 + r * inside)
    np.testing.assert_allclose(backend.to_host(y).ravel(), [y_1, y_2], **CLOSE)
    np.testing.assert_allclose(backend.to_host(inner).ravel(), [0.03, inside], **CLOSE)


def test_gru_reset_before_by_hand(backend):
    gates, w = on(backend, [[[0.1, 0.2, 0.3], [-0.5, -0.6, -0.7]]], [[1.0, 2.0, 3.0]])
    y = backend.empty((1, 2, 1))
    backend.gru_reset_before_forward(y, gates, w, False)
    y_1 = (1.0 - sigmoid(0.1)) * math.tanh(0.3)
    z, r = sigmoid(-0.5 + y_1), sigmoid(-0.6 + 2.0 * y_1)
    y_2 = z * y_1 + (1.0 - z) * math.tanh(-0.7 + 3.0 * (r * y_1))
    np.testing.assert_allclose(backend.to_host(y).ravel(), [y_1, y_2], **CLOSE)


def test_copies_of_steps(backend):
    x, last = on(backend, np.arange(6.0).reshape(1, 3, 2), [[8.0, 9.0]])
    y, whole = backend.empty((1, 2)), backend.empty((1, 3, 2))
    backend.take_time(y, x, 1)
    np.testing.assert_array_equal(backend.to_host(y), [[2.0, 3.0]])
    backend.put_time(whole, last, 2)
    np.testing.assert_array_equal(backend.to_host(whole).ravel(), [0, 0, 0, 0, 8, 9])
    backend.reverse_time(whole, x)
    np.testing.assert_array_equal(backend.to_host(whole).ravel(), [4, 5, 2, 3, 0, 1])
    backend.multiply_forward(x, x, whole)
    np.testing.assert_array_equal(backend.to_host(x).ravel(), [0, 5, 4, 9, 0, 5])


def test_embedding_by_hand(backend):
    w, dw, dy = on(backend, [[1, 2], [3, 4], [5, 6]], np.ones((3, 2)), [[[1, 2], [10, 20], [3, 5]]])
    index, y = backend.to_device(np.array([[2, 0, 2]])), backend.empty((1, 3, 2))
    backend.embedding_forward(y, index, w)
    np.testing.assert_array_equal(backend.to_host(y)[0], [[5, 6], [1, 2], [5, 6]])
    backend.embedding_backward(dw, dy, index)
    np.testing.assert_array_equal(backend.to_host(dw), [[11, 21], [1, 1], [5, 8]])


WRONG = (-1, 3, 2**31 - 1, -(2**31))


@pytest.mark.parametrize("name", ON_CPU)
@pytest.mark.parametrize("wrong", WRONG)
def test_embedding_refuses_indices_outside_the_table(name, wrong):
    backend = kernels.load(name)
    w, y = backend.zeros((3, 2)), backend.zeros((2, 2))
    index = backend.to_device(np.array([0, wrong]))
    rule = re.escape(f"index holds {wrong}, expected 0 to 2")
    with pytest.raises(ValueError, match=f"embedding_forward: {rule}"):
        backend.embedding_forward(y, index, w)
    with pytest.raises(ValueError, match=f"embedding_backward: {rule}"):
        backend.embedding_backward(w, y, index)
    assert not w.any()
    assert not y.any()


class TestOnTheGpu:
    pytestmark = ON_GPU

    @pytest.mark.parametrize("wrong", WRONG)
    def test_rows_of_indices_outside_the_table_are_nan(self, wrong):
        """Nobody waits there for an error; and no gradient goes anywhere else."""
        backend = kernels.load("cuda")
        w, dw, dy = on(backend, [[1, 2], [3, 4], [5, 6]], np.zeros((3, 2)), [[7, 8], [9, 10]])
        index, y = backend.to_device(np.array([1, wrong])), backend.empty((2, 2))
        backend.embedding_forward(y, index, w)
        np.testing.assert_array_equal(backend.to_host(y), [[3, 4], [np.nan, np.nan]])
        backend.embedding_backward(dw, dy, index)
        np.testing.assert_array_equal(backend.to_host(dw), [[0, 0], [7, 8], [0, 0]])


def test_steps_and_activations_that_do_not_exist(backend):
    x, y = backend.zeros((1, 3, 2)), backend.zeros((1, 2))
    for time in (-1, 3):
        with pytest.raises(ValueError, match=f"take_time: time {time} lies outside the 3 steps"):
            backend.take_time(y, x, time)
        with pytest.raises(ValueError, match=f"put_time: time {time} lies outside the 3 steps"):
            backend.put_time(x, y, time)
    with pytest.raises(ValueError, match="activation is 'elu', expected one of linear, relu"):
        backend.simple_rnn_forward(x, backend.zeros((2, 2)), "elu", False)
    with pytest.raises(ValueError, match=r"gates has shape \(1, 3, 9\), expected \(n, t, 4u\)"):
        backend.lstm_forward(x, x, backend.zeros((1, 3, 9)), backend.zeros((2, 8)), False)
