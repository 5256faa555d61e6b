"""Rows: stamp pixels become image pixels, arcsec and angles on the sky, with joint errors."""

import numpy as np
import pandas as pd
import pytest
from astropy.wcs import WCS
from hypothesis import given
from hypothesis import strategies as st

from halflight.quality import FLAGS
from halflight.results.rows import CORRELATION, Geometry, measured_rows, on_the_sky, unmeasured_rows

BOUNDS = {"_2_5": -1.959964, "_16": -1.0, "_84": 1.0, "_97_5": 1.959964}


def measured(radius=4.0, sigma_r=0.1, ratio=0.5, sigma_q=0.2, **more):
    row = {"half_light_radius": radius, "axis_ratio": ratio}
    for end, z in BOUNDS.items():
        row["half_light_radius" + end] = radius * np.exp(z * sigma_r)
        row["axis_ratio" + end] = ratio * np.exp(z * sigma_q)
    return pd.DataFrame([row | more])


def geometry(binning=1, scale=0.2, rotation=0.0, parity=1):
    values = (binning, scale, rotation, parity)
    return Geometry(*(np.array([v]) for v in values))


def test_a_binned_stamp_gives_lengths_of_the_image():
    rows = measured_rows(measured(), geometry(binning=4, scale=0.8)).iloc[0]
    assert rows["half_light_radius_pix"] == pytest.approx(16.0)
    assert rows["half_light_radius"] == pytest.approx(3.2)
    assert rows["half_light_radius_84"] == pytest.approx(3.2 * np.exp(0.1))
    assert rows["half_light_radius_circularised"] == pytest.approx(3.2 * np.sqrt(0.5))
    assert rows["half_light_radius_circularised_pix"] == pytest.approx(16 * np.sqrt(0.5))


def test_an_unknown_pixel_scale_leaves_pixels():
    rows = measured_rows(measured(), geometry(binning=2, scale=np.nan)).iloc[0]
    assert rows["half_light_radius_pix"] == pytest.approx(8.0)
    assert np.isnan(rows[["half_light_radius", "half_light_radius_circularised_16"]]).all()


@pytest.mark.parametrize("correlation", [-1.0, -0.6, 0.0, 0.9])
def test_the_circularised_error_is_that_of_draws_of_both(correlation):
    rng = np.random.default_rng(2)
    covariance = [[0.01, 0.02 * correlation], [0.02 * correlation, 0.04]]
    draws = rng.multivariate_normal([np.log(4.0), np.log(0.5)], covariance, 400_000)
    expected = np.quantile(np.exp(draws @ [1, 0.5]), [0.025, 0.1586553, 0.8413447, 0.975])
    table = measured(**{CORRELATION: correlation})
    rows = measured_rows(table, geometry(scale=1.0)).iloc[0]
    got = [rows["half_light_radius_circularised" + end] for end in BOUNDS]
    np.testing.assert_allclose(got, expected, rtol=2e-3)


def test_bounds_follow_from_an_error_where_it_is_all_there_is():
    table = measured(sersic_n=2.0, ln_sersic_n_error=0.2, magnitude=19.0)
    rows = measured_rows(table, geometry())
    got = rows.iloc[0][["sersic_n_2_5", "sersic_n_16", "sersic_n_84", "sersic_n_97_5"]]
    np.testing.assert_allclose(got.astype(float), 2 * np.exp(0.2 * np.array(list(BOUNDS.values()))))
    assert rows["magnitude"].tolist() == [19.0]
    assert rows["magnitude_16"].isna().all()


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("turn", [0.0, 37.0, 200.0])
@pytest.mark.parametrize("angle", [0.0, 10.0, 95.0, 179.0])
def test_a_position_angle_is_that_of_two_points_on_the_sky(mirrored, turn, angle):
    """An oracle: astropy's position angle between the ends of the axis, through the WCS."""
    from halflight.images.coordinates import SkyMap, orientation_of

    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.crval, wcs.wcs.crpix = [150.0, 40.0], [50.5, 50.5]
    c, s = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    wcs.wcs.cd = 5e-5 * np.array([[c, -s], [s, c]]) @ np.diag([1.0 if mirrored else -1.0, 1.0])
    here = np.array([49.5]), np.array([49.5])
    rotation, parity = orientation_of(SkyMap(wcs).jacobian(*here))
    step = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))])
    start, end = (wcs.pixel_to_world(*(49.5 + sign * step)) for sign in (-1, 1))
    expected = start.position_angle(end).deg % 180
    got = on_the_sky(np.full((5, 1), angle), rotation, parity)[0, 0]
    assert abs((got - expected + 90) % 180 - 90) < 0.01
    assert parity[0] == (-1 if mirrored else 1)


@given(
    angle=st.floats(-720, 720),
    error=st.floats(0, 80),
    rotation=st.floats(-180, 180),
    parity=st.sampled_from([-1, 1]),
)
def test_angles_keep_their_bounds_in_order_and_their_medians_in_range(
    angle, error, rotation, parity
):
    bounds = angle + error * np.array([0.0, -2.0, -1.0, 1.0, 2.0])[:, None]
    median, low, lower, upper, high = on_the_sky(bounds, np.array([rotation]), np.array([parity]))[
        :, 0
    ]
    assert 0 <= median < 180
    assert low <= lower + 1e-9 <= median + 2e-9 <= upper + 3e-9 <= high + 4e-9
    assert upper - lower == pytest.approx(2 * error, abs=1e-9)


def test_without_an_orientation_the_angle_is_the_images_alone():
    table = measured(position_angle=-30.0, position_angle_error=5.0)
    rows = measured_rows(table, geometry(rotation=np.nan, parity=0)).iloc[0]
    assert np.isnan(rows[["position_angle", "position_angle_16"]]).all()
    assert rows["position_angle_image"] == pytest.approx(150.0)
    assert rows["position_angle_image_84"] == pytest.approx(155.0)


def test_what_an_estimator_does_not_measure_is_nan():
    rows = measured_rows(pd.DataFrame({"half_light_radius": [2.0]}), geometry())
    assert rows["half_light_radius_pix"].tolist() == [2.0]
    others = rows.drop(columns=["half_light_radius", "half_light_radius_pix"])
    assert others.isna().all(axis=None)


def test_a_source_without_a_stamp_is_a_row_of_nan_with_its_flags():
    rows = unmeasured_rows(2, np.array([FLAGS["not_measured"], 3]))
    assert rows["flags"].tolist() == [8, 3]
    assert rows["half_light_radius"].isna().all()
    assert rows["binning"].tolist() == [1, 1]
