"""The run: every source has its row, in order, whatever was cut, measured or kept before."""

import numpy as np
import pandas as pd
import pytest

from halflight import images
from halflight.measuring import measure_targets, targets_of_image, targets_of_stamps
from halflight.measuring.run import whole_or_text
from halflight.quality import FLAGS
from halflight.results.kept import Rows
from tests.halflight.measuring.conftest import IDS, PLACES, RUN, SCALE
from tests.tiny import discs, write_raw


def targets(folder, options, **more):
    settings = images.Options(**options | more)
    opened = images.open_field(folder / "a.fits", settings)
    return targets_of_image(opened, str(folder / "sources.csv"), str(folder / "psf.fits"), settings)


def test_one_row_a_source_in_the_order_asked(folder, options, stand_in):
    rows = measure_targets(targets(folder, options), stand_in, Rows(), RUN).rows
    assert rows["id"].tolist() == [*IDS, 77]
    np.testing.assert_allclose(rows["x"][:5], [x for x, _ in PLACES])
    assert np.isfinite(rows["half_light_radius"][:5]).all()
    np.testing.assert_allclose(
        rows["half_light_radius"][:5], SCALE * rows["half_light_radius_pix"][:5], rtol=1e-6
    )
    assert rows["flags"][4] & FLAGS["edge"]
    assert rows["flags"][5] & FLAGS["not_measured"]
    assert rows["flags"][5] & FLAGS["no_pixels"]
    assert np.isnan(rows["half_light_radius_pix"][5])
    assert rows["magnitude"][:5].between(15, 25).all()


def test_angles_are_those_that_were_drawn(folder, options, stand_in):
    rows = measure_targets(targets(folder, options), stand_in, Rows(), RUN).rows
    expected = np.array([0, 30, 60, 90]) % 180
    apart = (rows["position_angle_image"][:4] - expected + 90) % 180 - 90
    assert np.abs(apart).max() < 10
    apart = (rows["position_angle"][:4] - (expected + 90) + 90) % 180 - 90  # north up, east left
    assert np.abs(apart).max() < 10


def test_kept_rows_are_not_measured_again_and_nothing_differs(folder, options, stand_in):
    asked = targets(folder, options)
    whole = measure_targets(asked, stand_in, Rows(), RUN).rows
    kept = Rows()
    for cut in asked.cut(np.array([1, 3])):
        found = measure_targets(asked, stand_in, Rows(), RUN).rows.iloc[cut.rows]
        kept.keep(cut.rows, found.drop(columns=["id", "x", "y", "ra", "dec", "run"]))
    stand_in.calls.clear()
    # The stand-in's error bars depend on the place in a chunk, and only they may differ.
    resumed = measure_targets(asked, stand_in, kept, RUN).rows
    assert stand_in.calls == [3]
    names = ["id", "x", "half_light_radius", "axis_ratio", "position_angle", "magnitude", "flags"]
    pd.testing.assert_frame_equal(resumed[names], whole[names], check_exact=True)


def test_the_order_asked_decides_no_number(folder, options, stand_in):
    asked = targets(folder, options)
    turned = asked.sources.iloc[::-1].reset_index(drop=True)
    settings = images.Options(**options)
    opened = images.open_field(folder / "a.fits", settings)
    table = turned[["id", "x", "y"]]
    other = targets_of_image(opened, table, str(folder / "psf.fits"), settings)
    first = measure_targets(asked, stand_in, Rows(), RUN).rows
    second = measure_targets(other, stand_in, Rows(), RUN).rows
    assert second["id"].tolist() == [77, *IDS[::-1]]
    same = first["half_light_radius"].to_numpy()[::-1]
    np.testing.assert_array_equal(second["half_light_radius"], same)


def test_no_zero_point_is_no_magnitude(folder, options, stand_in):
    from astropy.io import fits

    with fits.open(folder / "a.fits") as hdus:
        bare = folder / "bare.fits"
        header = hdus[0].header.copy()
        del header["MAGZERO"]
        fits.writeto(bare, hdus[0].data, header, overwrite=True)
    settings = images.Options(**options | {"zero_point": None})
    opened = images.open_field(bare, settings)
    catalogue = str(folder / "sources.csv")
    asked = targets_of_image(opened, catalogue, str(folder / "psf.fits"), settings)
    rows = measure_targets(asked, stand_in, Rows(), RUN).rows
    assert rows["magnitude"].isna().all()
    assert rows["magnitude_16"].isna().all()
    assert (rows["flags"] & FLAGS["no_zero_point"] != 0).all()


@pytest.mark.slow
def test_classical_columns_stand_beside(folder, options, stand_in):
    rows = measure_targets(
        targets(folder, options), stand_in, Rows(), RUN, classical=True, flag_names=True
    ).rows
    inside = rows.iloc[:4]
    true = 4 * 1.1774 * SCALE  # of the drawn Gaussian, before... the PSF was not added to it
    assert (rows["sersic_fit_status"][:4] == "ok").all()
    assert inside["sersic_fit_half_light_radius"].between(0.7 * true, 1.02 * true).all()
    assert inside["aperture_observed_radius"].between(0.5 * true, 1.3 * true).all()
    apart = (inside["sersic_fit_position_angle"] - inside["position_angle"] + 90) % 180 - 90
    assert apart.abs().max() < 12
    assert (inside["sersic_fit_magnitude"] - inside["magnitude"]).abs().max() < 0.3
    assert rows["sersic_fit_status"][5] == rows["aperture_status"][5] == "no stamp"
    assert "no_pixels" in rows["flag_names"][5]


def test_stamps_of_a_folder_have_no_place(tmp_path, stand_in):
    table, image, sigma, psf = discs(5)
    write_raw(tmp_path / "stamps", table, image, sigma, psf)

    rows = measure_targets(targets_of_stamps(tmp_path / "stamps"), stand_in, Rows(), RUN).rows
    assert rows["id"].tolist() == [100, 101, 102, 103, 104]
    assert rows["x"].isna().all()
    assert rows["position_angle"].isna().all()
    assert np.isfinite(rows["position_angle_image"]).all()
    np.testing.assert_allclose(rows["pixel_scale"], 0.396)


def test_ids_that_are_neither_integers_nor_text_become_text():
    assert whole_or_text(pd.Series([1.5, np.inf])).tolist() == ["1.5", "inf"]
    assert whole_or_text(pd.Series([True, False])).tolist() == ["True", "False"]
    assert whole_or_text(pd.Series(["a", "é"])).tolist() == ["a", "é"]
    assert whole_or_text(pd.Series([2**63 - 1])).tolist() == [2**63 - 1]


def test_without_a_zero_point_the_depth_of_sdss_is_assumed_and_no_magnitude_told(
    folder, options, stand_in, monkeypatch
):
    seen = []
    measure = stand_in.measure

    def spy(image, sigma, psf, *, instrument, **rest):
        seen.append((instrument.zero_point, float(np.median(sigma[np.isfinite(sigma)]))))
        return measure(image, sigma, psf, instrument=instrument, **rest)

    monkeypatch.setattr(stand_in, "measure", spy)
    rows = measure_targets(targets(folder, options, zero_point=None), stand_in, Rows(), RUN).rows
    for zero_point, noise in seen:
        assert zero_point - 2.5 * np.log10(noise) == pytest.approx(26.34, abs=0.01)
        assert -2.5 * np.log10(0.029) + 22.5 == pytest.approx(26.34, abs=0.01)
    assert seen
    assert rows["magnitude"].isna().all()
    assert (rows["flags"][:5] & FLAGS["no_zero_point"] != 0).all()
