"""Turning and moving images: values worked out by hand, chances, inverses and refusals."""

import math
import re

import numpy as np
import pytest

from halflight import kernels
from halflight.kernels.randomness import random_below
from halflight.prepare import orient
from tests.halflight.kernels.backends import ON_CPU
from tests.halflight.kernels.cases.case import normal

SEED, STEP = 3, 9


@pytest.fixture(params=ON_CPU)
def backend(request):
    return kernels.load(request.param)


def apply(backend, kernel, x, *arguments, step=STEP):
    y = backend.empty(np.shape(x))
    x = backend.to_device(np.asarray(x, np.float64))
    getattr(backend, kernel)(y, x, *arguments, SEED, step)
    return backend.to_host(y)


# 1 2 3      By hand: 1 is a quarter turn counter-clockwise (the last column becomes the first row),
# 4 5 6      4 mirrors the columns, and 5, 6 and 7 turn the mirrored image once, twice, thrice.
# 7 8 9
ORIENTED = {
    0: [1, 2, 3, 4, 5, 6, 7, 8, 9],
    1: [3, 6, 9, 2, 5, 8, 1, 4, 7],
    2: [9, 8, 7, 6, 5, 4, 3, 2, 1],
    3: [7, 4, 1, 8, 5, 2, 9, 6, 3],
    4: [3, 2, 1, 6, 5, 4, 9, 8, 7],
    5: [1, 4, 7, 2, 5, 8, 3, 6, 9],
    6: [7, 8, 9, 4, 5, 6, 1, 2, 3],
    7: [9, 6, 3, 8, 5, 2, 7, 4, 1],
}


@pytest.mark.parametrize("orientation", ORIENTED)
def test_orientations_by_hand(backend, orientation):
    x = np.arange(1.0, 10.0).reshape(1, 3, 3, 1)
    y = apply(backend, "random_orientation_forward", x, (orientation,))
    assert y.ravel().tolist() == ORIENTED[orientation]
    np.testing.assert_array_equal(y, orient(x, orientation))


@pytest.mark.parametrize("kernel", ["random_orientation", "random_shift"])
def test_all_are_equally_likely_and_each_sample_has_its_own(backend, kernel):
    samples = 8000
    if kernel == "random_orientation":
        arguments, kinds = [tuple(range(8))], 8
    else:
        arguments, kinds = [(-1, 1), (-1, 0)], 6
    x = np.zeros((samples, 5, 5, 1))
    x[:, 2, 3], x[:, 1, 3] = 1.0, 2.0
    seen = apply(backend, f"{kernel}_forward", x, *arguments)
    _, which, counts = np.unique(
        seen.reshape(samples, -1), axis=0, return_inverse=True, return_counts=True
    )
    assert len(counts) == kinds
    error = math.sqrt(samples / kinds * (1 - 1 / kinds))
    assert np.all(np.abs(counts - samples / kinds) < 4.5 * error)
    same = np.mean(which.ravel()[1:] == which.ravel()[:-1])  # neighbours agree by chance alone
    assert abs(same - 1 / kinds) < 4.5 * error / samples * math.sqrt(kinds)
    again = apply(backend, f"{kernel}_forward", x, *arguments)
    np.testing.assert_array_equal(again, seen)
    other = apply(backend, f"{kernel}_forward", x, *arguments, step=STEP + 1)
    assert not np.array_equal(other, seen)


def test_backward_turns_back(backend):
    x = normal(np.random.default_rng(1), 40, 4, 4, 3)
    y = apply(backend, "random_orientation_forward", x, tuple(range(8)))
    back = apply(backend, "random_orientation_backward", y, tuple(range(8)))
    np.testing.assert_array_equal(back, x)


# 1 2 3
# 4 5 6
MOVED = {
    (0, 0): [1, 2, 3, 4, 5, 6],
    (1, 0): [0, 0, 0, 1, 2, 3],
    (-1, 0): [4, 5, 6, 0, 0, 0],
    (0, 2): [0, 0, 1, 0, 0, 4],
    (-1, -1): [5, 6, 0, 0, 0, 0],
    (2, 0): [0, 0, 0, 0, 0, 0],
    (0, -3): [0, 0, 0, 0, 0, 0],
}


@pytest.mark.parametrize("shift", MOVED)
def test_shifts_by_hand_and_zeros_enter(backend, shift):
    x = np.arange(1.0, 7.0).reshape(1, 2, 3, 1)
    down, right = ((pixels, pixels) for pixels in shift)
    y = apply(backend, "random_shift_forward", x, down, right)
    assert y.ravel().tolist() == MOVED[shift]
    opposite = MOVED.get((-shift[0], -shift[1]))
    back = apply(backend, "random_shift_backward", x, down, right)
    assert opposite is None or back.ravel().tolist() == opposite


def test_the_shift_back_is_the_adjoint(backend):
    """<shift(x), y> = <x, shift back(y)>, of small integers and so exactly."""
    rng = np.random.default_rng(2)
    x, y = rng.integers(-9, 9, (2, 30, 5, 4, 2)).astype(float)
    arguments = ((-5, 5), (-3, 4))
    moved = apply(backend, "random_shift_forward", x, *arguments)
    back = apply(backend, "random_shift_backward", y, *arguments)
    assert np.sum(moved * y) == np.sum(x * back) != 0.0


def test_the_two_numbers_of_a_word_by_hand():
    """Halves 2^31 and 2^32 - 1 of a word are 1/2 and just below 1 of their bounds."""
    word = np.uint64((2**31 << 32) | (2**32 - 1))
    assert random_below(word, np.uint64(7), np.uint64(7)) == (3, 6)
    assert random_below(word, np.uint64(2**32), np.uint64(2**32)) == (2**31, 2**32 - 1)


@pytest.mark.parametrize(
    ("kernel", "shape", "arguments", "message"),
    [
        ("orientation", (1, 3, 3, 1), [(0, 8)], "expected one or more integers of 0 to 7"),
        ("orientation", (1, 3, 3, 1), [(-1,)], "orientations are (-1,)"),
        ("orientation", (1, 3, 3, 1), [(0.5,)], "orientations are (0.5,)"),
        ("orientation", (1, 3, 3, 1), [()], "orientations are ()"),
        ("orientation", (1, 2, 3, 1), [(0, 5)], "needs square images, received 2 by 3"),
        ("shift", (1, 2, 3, 1), [(0, 3), (0, 0)], "down is (0, 3), expected integers"),
        ("shift", (1, 2, 3, 1), [(0, 0), (-4, 0)], "right is (-4, 0), expected integers (least"),
        ("shift", (1, 2, 3, 1), [(1, 0), (0, 0)], "down is (1, 0)"),
        ("shift", (1, 2, 3, 1), [(0, 0), (0, 0, 0)], "right is (0, 0, 0)"),
        ("shift", (1, 2, 3, 1), [(0, 0.5), (0, 0)], "down is (0, 0.5)"),
    ],
)
@pytest.mark.parametrize("way", ["forward", "backward"])
def test_what_does_not_fit_is_refused(backend, kernel, shape, arguments, message, way):
    output, x = backend.zeros(shape), backend.to_device(np.ones(shape))
    with pytest.raises(ValueError, match=rf"^random_{kernel}_{way}: .*{re.escape(message)}"):
        getattr(backend, f"random_{kernel}_{way}")(output, x, *arguments, SEED, STEP)
    assert not backend.to_host(output).any()
