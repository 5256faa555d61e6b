"""Aperture and segmentation beside sep, the SExtractor library, on the same stamps."""

import numpy as np
import pytest
import sep

from halflight.classical import measure_aperture, segment_stamp
from halflight.instrument import PIXEL_SCALE

CENTRE = 47.5  # pixels: the middle of a stamp of 96


def extracted(stamp, threshold):
    """sep's sources of a stamp by its matched filter, the Gaussian that ours smooths with."""
    image, sigma = (np.ascontiguousarray(a, np.float64) for a in (stamp.image, stamp.sigma))
    offset = np.arange(-3, 4)
    kernel = np.exp(-0.5 * np.add.outer(offset**2, offset**2) / 1.2**2)
    return sep.extract(image, threshold, err=sigma, minarea=5, filter_kernel=kernel)


def automatic(stamp):
    """sep's FLUX_AUTO and FLUX_RADIUS (pixels) of the source at the centre of a stamp."""
    image = np.ascontiguousarray(stamp.image, np.float64)
    sources = extracted(stamp, 3.0)
    nearest = np.argmin(np.hypot(sources["x"] - CENTRE, sources["y"] - CENTRE))
    source = sources[[nearest]]
    place = source["x"], source["y"]
    shape = source["a"], source["b"], source["theta"]
    kron, _ = sep.kron_radius(image, *place, *shape, 6.0)
    flux, _, _ = sep.sum_ellipse(image, *place, *shape, np.maximum(2.5 * kron, 3.5), subpix=5)
    radius, _ = sep.flux_radius(image, *place, [40.0], 0.5, normflux=flux, subpix=5)
    return flux[0], radius[0]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("shape", [(1.0, 0.9, 1.0), (2.0, 0.6, 1.5), (3.0, 0.4, 1.0)], ids=str)
def test_flux_auto_and_flux_radius_are_seps(make_stamp, shape, seed):
    radius, axis_ratio, n = shape
    stamp = make_stamp(flux=400.0, radius=radius, axis_ratio=axis_ratio, n=n, seed=seed)
    ours = measure_aperture(stamp.image, stamp.sigma, stamp.psf, pixel_scale=PIXEL_SCALE)
    flux, observed = automatic(stamp)
    assert ours.flux == pytest.approx(flux, rel=0.02)
    assert ours.observed_radius == pytest.approx(observed * PIXEL_SCALE, rel=0.02)


@pytest.mark.parametrize("count", range(5))
def test_the_same_sources_are_found(make_stamp, count):
    rng = np.random.default_rng(count)
    places = [(-12.0, -11.0), (11.0, -9.0), (-10.0, 12.0), (12.0, 11.0)][:count]
    stars = tuple((float(rng.uniform(20, 60)), x, y) for x, y in places)
    stamp = make_stamp(flux=150.0, radius=1.5, neighbours=stars, seed=count)
    found = segment_stamp(stamp.image, stamp.sigma, detection_threshold=8.0)
    theirs = extracted(stamp, 8.0)
    labels = [found.labels[round(float(s["y"])), round(float(s["x"]))] for s in theirs]
    assert len(theirs) == 1 + count
    assert sorted(labels) == sorted(set(found.labels.ravel()) - {0})  # one to one
