"""Modes to pixels, against NumPy's transforms."""

import numpy as np
import pytest

from halflight.kernels.scene.transform import fast_length, plan, to_pixels


@pytest.mark.parametrize(
    ("length", "width", "side"),
    [
        (48, 24, 40),
        (54, 27, 40),
        (54, 20, 54),
        (64, 17, 2),
        (96, 31, 72),
        (128, 64, 104),
        (6, 3, 6),
    ],
)
def test_pixels_are_those_of_numpy(length, width, side):
    """Images without the modes beyond a width, drawn from their half of the modes."""
    rng = np.random.default_rng(length)
    half = np.zeros((3, length, length // 2 + 1), np.complex128)  # by ky, as NumPy has it, and kx
    half[:, :, :width] = np.fft.rfft2(rng.normal(size=(3, length, length)))[:, :, :width]
    expected = np.fft.irfft2(half, s=(length, length))[:, :side, :side].transpose(0, 2, 1)
    modes = np.stack([half.real, half.imag], axis=1)[..., :width] / length**2
    planes, steps = np.full((3, side, side), np.nan, np.float32), plan(length)
    to_pixels(planes, modes.astype(np.float32), steps.radices, steps.turns)
    np.testing.assert_allclose(planes, expected, atol=3e-6)


@pytest.mark.parametrize(("length", "found"), [(2, 2), (47.3, 48), (51, 54), (55, 64), (129, 144)])
def test_lengths(length, found):
    assert fast_length(length) == found
    assert np.prod(plan(found).radices) == found
