"""Calculus of the recurrent and embedding kernels: gradients along a random direction."""

import numpy as np
import pytest

from halflight import kernels
from tests.halflight.kernels.cases.case import normal
from tests.halflight.kernels.test_gradients import check, filled

K = kernels.load("reference")
RNG = np.random.Generator(np.random.Philox(key=[12, 0]))
N, T, U = 3, 5, 4

both_ways = pytest.mark.parametrize("reverse", [False, True])


@both_ways
@pytest.mark.parametrize("activation", ["linear", "relu", "sigmoid", "tanh"])
def test_simple_rnn(activation, reverse):
    def forward(x, w):
        y = x.copy()
        K.simple_rnn_forward(y, w, activation, reverse)
        return y

    def backward(dy, x, w):
        dx, dw = dy.copy(), np.zeros_like(w)
        K.simple_rnn_backward(dx, dw, forward(x, w), w, activation, reverse)
        return dx, dw

    check(forward, backward, normal(RNG, N, T, U), 0.5 * normal(RNG, U, U))


@both_ways
def test_lstm(reverse):
    def run(x, w):
        y, c, gates = np.full((N, T, U), np.nan), np.full((N, T, U), np.nan), x.copy()
        K.lstm_forward(y, c, gates, w, reverse)
        return y, c, gates

    def backward(dy, x, w):
        (y, c, gates), dw = run(x, w), np.zeros_like(w)
        K.lstm_backward(gates, dw, dy, y, c, w, reverse)
        return gates, dw

    inputs = normal(RNG, N, T, 4 * U), 0.5 * normal(RNG, U, 4 * U)
    check(lambda *a: run(*a)[0], backward, *inputs)


@both_ways
def test_gru(reverse):
    def run(x, w, b):
        y, inner, gates = np.full((N, T, U), np.nan), np.full((N, T, U), np.nan), x.copy()
        K.gru_forward(y, inner, gates, w, b, reverse)
        return y, inner, gates

    def backward(dy, x, w, b):
        y, inner, gates = run(x, w, b)
        dw, db = np.zeros_like(w), np.zeros_like(b)
        K.gru_backward(gates, dw, db, dy, y, inner, w, reverse)
        return gates, dw, db

    inputs = normal(RNG, N, T, 3 * U), 0.5 * normal(RNG, U, 3 * U), normal(RNG, 2, 3 * U)
    check(lambda *a: run(*a)[0], backward, *inputs)


@both_ways
def test_gru_reset_before(reverse):
    def run(x, w):
        y, gates = np.full((N, T, U), np.nan), x.copy()
        K.gru_reset_before_forward(y, gates, w, reverse)
        return y, gates

    def backward(dy, x, w):
        (y, gates), dw = run(x, w), np.zeros_like(w)
        K.gru_reset_before_backward(gates, dw, dy, y, w, reverse)
        return gates, dw

    inputs = normal(RNG, N, T, 3 * U), 0.5 * normal(RNG, U, 3 * U)
    check(lambda *a: run(*a)[0], backward, *inputs)


def test_take_time_and_reverse_time():
    shape = (N, T, U)
    check(
        lambda x: filled(K.take_time, (N, U), x, 3),
        lambda dy, x: [filled(K.put_time, x.shape, dy, 3)],
        normal(RNG, *shape),
    )
    check(
        lambda x: filled(K.reverse_time, shape, x),
        lambda dy, _: [filled(K.reverse_time, shape, dy)],
        normal(RNG, *shape),
    )


def test_multiply():
    def backward(dy, a, b):
        return (
            filled(K.multiply_forward, a.shape, dy, b),
            filled(K.multiply_forward, b.shape, dy, a),
        )

    check(
        lambda a, b: filled(K.multiply_forward, a.shape, a, b),
        backward,
        normal(RNG, 3, 4),
        normal(RNG, 3, 4),
    )


def test_embedding():
    index = RNG.integers(0, 5, (4, 6), dtype=np.int32)

    def backward(dy, w):
        dw = np.zeros_like(w)
        K.embedding_backward(dw, dy, index)
        return [dw]

    check(lambda w: filled(K.embedding_forward, (4, 6, 3), index, w), backward, normal(RNG, 5, 3))
