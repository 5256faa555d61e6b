"""The judgement of stamps: defects are refused by their reason, and nothing honest is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from halflight.surveys.errors import StampError
from halflight.surveys.pixels import judge

SIZE = 64


def stamp(seed=0, flux=200.0, width=3.0):
    """A galaxy in noise, with ten binary digits a pixel as in SDSS's frames."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:SIZE, :SIZE] - (SIZE - 1) / 2
    light = np.exp(-np.hypot(x, y) / width)
    image = flux * light / light.sum()
    sigma = 0.005 * np.sqrt((image / 0.005 + 150) / 4.7 + 1.3)
    image = image + sigma * rng.standard_normal(image.shape)
    mantissa, exponent = np.frexp(image)
    image = np.ldexp(np.rint(mantissa * 1024) / 1024, exponent)
    return image.astype(np.float32), sigma.astype(np.float32)


@given(st.integers(0, 1000), st.floats(0, 3000), st.floats(1.5, 20))
def test_an_honest_stamp_passes(seed, flux, width):
    judge(*stamp(seed, flux, width), "here")


def zero_half(image, sigma):
    image[:, : SIZE // 2] = 0


def zero_corner(image, sigma):
    image[:4, :4] = 0


def constant_row(image, sigma):
    image[7] = image[7, 0]


def constant_column(image, sigma):
    image[:, 50] = 0.02


def filled_block(image, sigma):
    image[10:20, 30:38] = 0.1


def full_well(image, sigma):
    np.minimum(image, np.sort(image.ravel())[-40], out=image)


def model_instead(image, sigma):
    image[:32, :32] = np.random.default_rng(1).normal(0, 0.001, (32, 32))


def other_gain(image, sigma):
    sigma /= 4


def bursts(image, sigma):
    image[32:] += np.random.default_rng(1).normal(0, 0.3, (32, SIZE))


def mostly_bad(image, sigma):
    image[:40], sigma[:40] = np.nan, np.inf


def infinite(image, sigma):
    image[:40] = np.inf


@pytest.mark.parametrize(
    ("defect", "reason"),
    [
        (zero_half, "exact zeros"),
        (zero_corner, "exact zeros"),
        (constant_row, "constant pixels"),
        (constant_column, "constant pixels"),
        (filled_block, "plateau"),
        (full_well, "plateau"),
        (model_instead, "too little scatter"),
        (other_gain, "too much scatter"),
        (bursts, "too much scatter"),
        (mostly_bad, "bad pixels"),
        (infinite, "bad pixels"),
    ],
)
def test_a_defect_is_refused_by_its_reason(defect, reason):
    image, sigma = stamp(flux=800.0)
    defect(image, sigma)
    with pytest.raises(StampError, match="^here: ") as caught:
        judge(image, sigma, "here")
    assert caught.value.reason == reason


def test_some_bad_pixels_are_no_defect():
    image, sigma = stamp()
    image[:20], sigma[:20] = np.nan, np.inf
    judge(image, sigma, "here")
