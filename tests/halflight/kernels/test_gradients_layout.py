"""Gradients of the kernels that merge, move and enlarge, along a random direction in float64."""

import numpy as np
import pytest

from tests.halflight.kernels.cases.case import normal
from tests.halflight.kernels.test_gradients import RNG, K, check, filled


def test_global_max_pool():
    index = np.zeros((2, 5), np.int32)
    check(
        lambda x: filled(K.global_max_pool_forward, (2, 5), index, x),
        lambda dy, x: [filled(K.global_max_pool_backward, x.shape, dy, index)],
        RNG.permutation(70).astype(float).reshape(2, 7, 5),
    )


@pytest.mark.parametrize("name", ["maximum", "minimum"])
def test_extremum(name):
    def forward(a, b):
        return filled(getattr(K, f"{name}_forward"), a.shape, a, b)

    def backward(dy, a, b):
        y, left = forward(a, b), dy.copy()
        gradients = [filled(K.extremum_backward, x.shape, left, x, y) for x in (a, b)]
        assert not left.any()
        return gradients

    a = normal(RNG, 3, 5)
    check(forward, backward, a, a + RNG.choice([-0.5, 0.5], a.shape))


def test_concatenate():
    def forward(a, b):
        y = np.empty((2, 3, 7))
        K.concatenate_forward(y, 0, a)
        K.concatenate_forward(y, 3, b)
        return y

    def backward(dy, a, b):
        return (
            filled(K.concatenate_backward, a.shape, dy, 0),
            filled(K.concatenate_backward, b.shape, dy, 3),
        )

    check(forward, backward, normal(RNG, 2, 3, 3), normal(RNG, 2, 3, 4))


def test_pad_and_crop():
    small, large, corner = (2, 3, 4, 5), (2, 6, 5, 5), (2, 1)
    check(
        lambda x: filled(K.pad2d, large, x, *corner),
        lambda dy, x: [filled(K.crop2d, x.shape, dy, *corner)],
        normal(RNG, *small),
    )
    check(
        lambda x: filled(K.crop2d, small, x, *corner),
        lambda dy, x: [filled(K.pad2d, x.shape, dy, *corner)],
        normal(RNG, *large),
    )


def test_permute():
    check(
        lambda x: filled(K.permute, (4, 2, 3), x, (2, 0, 1)),
        lambda dy, x: [filled(K.permute, x.shape, dy, (1, 2, 0))],
        normal(RNG, 2, 3, 4),
    )


@pytest.mark.parametrize("kernel", ["upsample2d_nearest", "upsample2d_bilinear"])
@pytest.mark.parametrize("size", [(2, 2), (3, 1), (4, 5)])
def test_upsample(kernel, size):
    forward, backward = (getattr(K, f"{kernel}_{way}") for way in ("forward", "backward"))
    check(
        lambda x: filled(forward, (2, 3 * size[0], 4 * size[1], 5), x, size),
        lambda dy, x: [filled(backward, x.shape, dy, size)],
        normal(RNG, 2, 3, 4, 5),
    )


@pytest.mark.parametrize(
    ("kernel", "arguments"),
    [
        ("random_orientation", (tuple(range(8)), 3, 9)),
        ("random_shift", ((-2, 3), (-4, 1), 3, 9)),
    ],
)
def test_augment(kernel, arguments):
    forward, backward = (getattr(K, f"{kernel}_{way}") for way in ("forward", "backward"))
    check(
        lambda x: filled(forward, x.shape, x, *arguments),
        lambda dy, x: [filled(backward, x.shape, dy, *arguments)],
        normal(RNG, 30, 4, 4, 2),
    )
