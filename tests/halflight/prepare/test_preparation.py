"""The preparation of a stamp: one fixed stretch that keeps the flux, whatever else is prepared."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from halflight.prepare import Preparation, stretch, unstretch

PREPARATION = Preparation(
    stamp_size=4, psf_size=3, image_softening=1.0, psf_softening=0.001, max_bad_fraction=0.05
)


def stamps(count=5, bands=1):
    rng = np.random.default_rng(0)
    image = rng.normal(0, 0.03, (count, 8, 8, bands)).astype(np.float32)
    psf = rng.dirichlet(np.ones(25), (count, bands)).reshape(count, bands, 5, 5)
    psf = np.ascontiguousarray(np.moveaxis(psf, 1, -1)).astype(np.float32)
    return image, np.full_like(image, 0.03), psf


def test_a_prepared_stamp_by_hand():
    image, sigma, psf = stamps()
    image[0, 2, 2], image[0, 5, 5], image[0, 0, 0] = 0.03 * np.sinh(2.0), np.nan, np.nan
    psf[0, 1, 1] = 0.001 * np.sinh(3.0)
    ready = PREPARATION.apply(image, sigma, psf)
    assert ready.image.shape == (5, 4, 4, 1)
    assert ready.psf.shape == (5, 3, 3, 1)
    assert ready.image[0, 0, 0, 0] == pytest.approx(2.0, rel=1e-6)
    assert ready.image[0, 3, 3, 0] == 0.0
    assert ready.psf[0, 0, 0, 0] == pytest.approx(3.0, rel=1e-6)
    assert ready.bad_fraction[0] == np.float32(2 / 64)  # of the whole stamp, not of its middle
    assert not ready.bad_fraction[1:].any()
    assert ready.noise.tolist() == [[np.float32(0.03)]] * 5
    assert {a.dtype for a in ready[:-1]} == {np.dtype(np.float32)}
    assert not ready.missing.any()
    assert ready.image.flags.c_contiguous
    assert ready.psf.flags.c_contiguous
    assert list(ready.inputs) == ["image", "psf"]


def test_what_a_stamp_becomes_does_not_depend_on_its_company():
    image, sigma, psf = stamps()
    together = PREPARATION.apply(image, sigma, psf)
    image[1:] *= 100
    for row, others in ((slice(0, 1), image), (slice(0, 1), image[:1])):
        alone = PREPARATION.apply(others[row], sigma[row], psf[row])
        assert alone.image.tobytes() == together.image[row].tobytes()
        assert alone.psf.tobytes() == together.psf[row].tobytes()


def test_a_stamp_looks_the_same_in_any_unit_and_its_noise_is_the_median_of_what_is_seen():
    image, sigma, psf = stamps(bands=2)
    sigma[0, :2], sigma[0, 2, 2:5], sigma[1], sigma[2, ..., 1] = 9.0, np.nan, np.inf, 0.12
    in_nanomaggies = PREPARATION.apply(image, sigma, psf)
    in_counts = PREPARATION.apply(image * 4096, sigma * 4096, psf)
    np.testing.assert_array_equal(in_counts.image, in_nanomaggies.image)
    np.testing.assert_array_equal(in_counts.noise, in_nanomaggies.noise * 4096)
    expected = np.array([[0.03] * 2, [np.nan] * 2, [0.03, 0.12], [0.03] * 2, [0.03] * 2])
    np.testing.assert_array_equal(in_nanomaggies.noise, expected.astype(np.float32))


def test_the_callers_arrays_are_not_changed():
    image, sigma, psf = stamps()
    image[0, 0, 0] = np.nan
    before = [a.tobytes() for a in (image, sigma, psf)]
    PREPARATION.apply(image, sigma, psf)
    assert [a.tobytes() for a in (image, sigma, psf)] == before


@pytest.mark.parametrize("kind", [">f4", ">f8", "<f8"])
def test_the_byte_order_and_the_width_of_pixels_do_not_matter(kind):
    arrays = stamps()
    for one, other in zip(
        PREPARATION.apply(*arrays),
        PREPARATION.apply(*(a.astype(kind) for a in arrays)),
        strict=True,
    ):
        assert other.dtype == (bool if one.dtype == bool else np.float32)
        assert one.tobytes() == other.tobytes()


@settings(max_examples=50, deadline=None)
@given(hnp.arrays(np.float32, (3, 8, 8, 2), elements=st.floats(-10, 1000, width=32)))
def test_the_stretch_keeps_the_flux_and_the_order_of_pixels(pixels):
    stretched = stretch(pixels, 0.03)
    np.testing.assert_allclose(unstretch(stretched, 0.03), pixels, rtol=2e-5, atol=2e-6)
    order = np.argsort(pixels.ravel(), kind="stable")
    assert (np.diff(stretched.ravel()[order]) >= 0).all()
    np.testing.assert_array_equal(np.sign(stretched), np.sign(pixels))


def test_the_stretch_of_any_finite_pixel_is_finite():
    extremes = np.array([-3.4e38, -1e30, 1e30, 3.4e38], np.float32)
    stretched = stretch(extremes, 0.001)
    assert np.isfinite(stretched).all()
    assert (np.diff(stretched) > 0).all()
    assert extremes.tolist() == np.array([-3.4e38, -1e30, 1e30, 3.4e38], np.float32).tolist()


def test_the_stretch_is_linear_in_the_noise_and_logarithmic_in_bright_pixels():
    noise = np.array([-0.003, 0.0, 0.003], np.float32)
    np.testing.assert_allclose(stretch(noise, 0.03), noise / 0.03, rtol=2e-3)
    bright = stretch(np.array([100.0, 1000.0], np.float32), 0.03)
    assert bright[1] - bright[0] == pytest.approx(np.log(10), rel=1e-5)


def test_every_stamp_needs_a_psf():
    image, sigma, psf = stamps()
    psf[3, 0, 0], psf[4, 2, 2] = np.nan, np.inf
    with pytest.raises(ValueError, match=r"PSF of 2 of 5 .*the first that of stamp 3"):
        PREPARATION.apply(image, sigma, psf)
    masked = np.ma.masked_invalid(psf)
    with pytest.raises(ValueError, match=r"PSF of 2 of 5"):
        PREPARATION.apply(image, sigma, masked)


@pytest.mark.parametrize("name", ["image_softening", "psf_softening"])
@pytest.mark.parametrize("value", [0.0, -1.0, np.nan, np.inf])
def test_a_softening_that_cannot_be_is_refused(name, value):
    with pytest.raises(ValueError, match=f"{name} must be positive and finite"):
        Preparation(**PREPARATION.to_dict() | {name: value})


@pytest.mark.parametrize("value", [-0.1, 1.1, np.nan])
def test_a_fraction_that_cannot_be_is_refused(value):
    with pytest.raises(ValueError, match="max_bad_fraction must be 0 to 1"):
        Preparation(**PREPARATION.to_dict() | {"max_bad_fraction": value})


def test_a_preparation_survives_a_file_and_refuses_another_kind():
    values = PREPARATION.to_dict()
    assert Preparation.from_dict(values) == PREPARATION
    for wrong in (values | {"mean": 0.4}, {k: v for k, v in values.items() if k != "psf_size"}):
        with pytest.raises(ValueError, match="a preparation has the keys"):
            Preparation.from_dict(wrong)
