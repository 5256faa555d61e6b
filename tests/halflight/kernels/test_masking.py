"""The kernels of masked sequences: packed steps by hand, and gradients of what is linear."""

import numpy as np
import pytest

from tests.halflight.kernels.cases.case import normal
from tests.halflight.kernels.test_gradients import RNG, K, check, filled

MASK = np.array([[0.0, 1.0, 0.0, 1.0, 0.0], [1.0, 0.0, 0.0, 0.0, 0.0], [0.0] * 5, [1.0] * 5])


@pytest.mark.parametrize(
    ("reverse", "packed", "spread"),
    [(False, [2, 4, 0, 0, 0], [0, 1, 1, 2, 2]), (True, [0, 0, 0, 2, 4], [4, 4, 5, 5, 0])],
)
def test_packed_and_spread_by_hand(reverse, packed, spread):
    x = np.arange(1.0, 6.0).reshape(1, 5, 1)
    found = filled(K.pack_steps, x.shape, x, MASK[:1], reverse)
    np.testing.assert_array_equal(found.ravel(), packed)
    found = filled(K.spread_steps, x.shape, x, MASK[:1], reverse)
    np.testing.assert_array_equal(found.ravel(), spread)


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize(("forward", "backward"), [("pack", "unpack"), ("spread", "gather")])
def test_gradients(forward, backward, reverse):
    shape = (4, 5, 3)
    check(
        lambda x: filled(getattr(K, f"{forward}_steps"), shape, x, MASK, reverse),
        lambda dy, _: [filled(getattr(K, f"{backward}_steps"), shape, dy, MASK, reverse)],
        normal(RNG, *shape),
    )


def test_gradient_of_the_mean():
    check(
        lambda x: filled(K.masked_average_forward, (4, 3), x, MASK),
        lambda dy, x: [filled(K.masked_average_backward, x.shape, dy, MASK)],
        normal(RNG, 4, 5, 3),
    )
