"""Many stamps: order, determinism over processes, and rows for the unusable."""

import numpy as np
import pandas as pd
import pytest

from halflight import params
from halflight.classical import Beliefs, fit_scenes, measure_stamps, radius_bound, radius_bounds
from halflight.half_light import Component
from halflight.instrument import PIXEL_SCALE, ZERO_POINT

from .test_sersic import NOISE

BELIEFS = Beliefs(params.read("radius.classical").scene, PIXEL_SCALE, ZERO_POINT)
SIZE = {"stamp_size": 96, "pixel_scale": PIXEL_SCALE}


@pytest.fixture(scope="module")
def stamps(make_stamp):
    made = [make_stamp(flux=20.0 + 10.0 * i, radius=1.0 + 0.1 * i, seed=i) for i in range(20)]
    image, sigma, psf = (
        np.stack([getattr(stamp, name) for stamp in made]) for name in ("image", "sigma", "psf")
    )
    image[3] = np.nan
    psf[4, 0, 0] = np.nan
    return image, sigma, psf


def test_the_same_bytes_for_any_number_of_processes(stamps):
    one = measure_stamps(*stamps, beliefs=BELIEFS, processes=1)
    two = measure_stamps(*stamps, beliefs=BELIEFS, processes=2)
    pd.testing.assert_frame_equal(one, two, check_exact=True)
    assert len(one) == 20
    expected = np.log(1.0 + 0.1 * np.arange(20))
    for method in ("scene_fit", "sersic_fit"):
        good = one[f"{method}_converged"].to_numpy(dtype=bool)
        assert np.flatnonzero(~good).tolist() == [3, 4]
        pull = (one[f"{method}_ln_radius"] - expected) / one[f"{method}_ln_radius_error"]
        assert np.abs(pull[good]).max() < 4.5
        assert "usable" in one[f"{method}_status"][3]
    assert "PSF" in one["aperture_status"][4]


def test_scenes_alone_are_fitted_without_a_word(stamps, capfd):
    some = [array[:5] for array in stamps]
    done = []
    table, images = fit_scenes(*some, beliefs=BELIEFS, images=True, progress=done.append)
    assert capfd.readouterr() == ("", "")
    assert done == [5]
    measured = measure_stamps(*some, beliefs=BELIEFS, methods=["scene_fit"])
    pd.testing.assert_frame_equal(table.add_prefix("scene_fit_"), measured, check_exact=True)
    assert images.target.shape == images.neighbours.shape == images.sky.shape == some[0].shape
    assert (images.target[3] == 0.0).all()
    assert images.target[0].max() > 5 * np.median(some[1][0])
    none, _ = fit_scenes(*(array[:0] for array in stamps), beliefs=BELIEFS)
    assert none.columns.tolist() == table.columns.tolist()
    with pytest.raises(ValueError, match=r"psf \(n, P, P\)"):
        fit_scenes(stamps[0], stamps[1], stamps[2][:3], beliefs=BELIEFS)


def test_memory_maps_serve(stamps, tmp_path):
    for name, array in zip("isp", stamps, strict=True):
        np.save(tmp_path / name, array[:5])
    mapped = [np.load(tmp_path / f"{name}.npy", mmap_mode="r") for name in "isp"]
    first = measure_stamps(*mapped, beliefs=BELIEFS, methods=["aperture"])
    second = measure_stamps(*(array[:5] for array in stamps), beliefs=BELIEFS, methods=["aperture"])
    pd.testing.assert_frame_equal(first, second, check_exact=True)
    assert not [name for name in first if "_fit_" in name]


def test_bounds_of_simulated_galaxies(psf):
    profile = ("half_light_radius", "axis_ratio", "position_angle", "sersic_n")
    row = dict(zip(profile, (2.0, 0.6, 0.1, 1.0), strict=True))
    row |= {"flux": 50.0, "components": 1, "bulge_fraction": 0.0, "x": 0.2, "y": -0.1, **NOISE}
    bulge = dict(zip((f"bulge_{name}" for name in profile), (0.8, 0.7, 0.1, 2.0), strict=True))
    disc = dict(zip((f"disc_{name}" for name in profile), (2.5, 0.5, 0.1, 1.0), strict=True))
    two = {"sersic_n": np.nan, "components": 2, "bulge_fraction": 0.3} | bulge | disc
    table = pd.DataFrame([row | dict.fromkeys(bulge | disc, np.nan), row | two])
    bounds = radius_bounds(table, np.stack([psf, psf]), **SIZE)
    place = {"psf": psf, "x": 0.2, "y": -0.1, **NOISE, **SIZE}
    single = radius_bound([Component(1.0, 2.0, 0.6, 0.1, 50.0)], **place)
    parts = Component(2.0, 0.8, 0.7, 0.1, 15.0), Component(1.0, 2.5, 0.5, 0.1, 35.0)
    both = radius_bound(parts, known_n=(False, True), **place)
    np.testing.assert_allclose(bounds, [single, both], rtol=1e-6)
    with pytest.raises(ValueError, match="equally long"):
        radius_bounds(table, psf[None], **SIZE)
    with pytest.raises(ValueError, match="truths lacks disc_axis_ratio"):
        radius_bounds(table.drop(columns="disc_axis_ratio"), np.stack([psf, psf]), **SIZE)


def test_names_what_is_wrong(stamps):
    with pytest.raises(ValueError, match="methods must be some of"):
        measure_stamps(*stamps, beliefs=BELIEFS, methods=["galfit"])
    with pytest.raises(ValueError, match="processes must be at least 1"):
        measure_stamps(*stamps, beliefs=BELIEFS, processes=0)
    with pytest.raises(ValueError, match=r"psf \(n, P, P\)"):
        measure_stamps(stamps[0], stamps[1], stamps[2][:3], beliefs=BELIEFS)
