import numpy as np
import pandas as pd
import pytest

from halflight.sandbox.synthetic import SyntheticSky


@pytest.fixture(scope="module")
def objects(synthetic_sky: SyntheticSky) -> pd.DataFrame:
    return synthetic_sky.tables()["PhotoObjAll"]


@pytest.fixture(scope="module")
def matched(synthetic_sky: SyntheticSky, objects: pd.DataFrame) -> pd.DataFrame:
    """Galaxies with their truth."""
    truth = synthetic_sky.tables()["SyntheticTruth"]
    return truth[truth["is_star"] == 0].merge(objects, on=["objID", "thingId"])


def test_counts_are_those_of_the_sky(objects: pd.DataFrame) -> None:
    bright = objects[objects["cModelMag_r"] < 20]
    assert 60 < (bright["type"] == 3).sum() / 2 + (bright["type"] == 6).sum() / 2 < 260
    assert 100 < (objects["type"] == 3).sum() / 2 < 400


def test_identifiers_are_unique_and_of_their_field(
    objects: pd.DataFrame, synthetic_sky: SyntheticSky
) -> None:
    assert objects["objID"].is_unique
    assert (objects["objID"].to_numpy() >> 16 << 16 == objects["fieldID"].to_numpy()).all()
    assert set(objects["fieldID"]) == set(synthetic_sky.tables()["Field"]["fieldID"])


def test_types_follow_the_published_cut(objects: pd.DataFrame) -> None:
    galaxy = objects["psfMag_r"] - objects["cModelMag_r"] > 0.145
    assert ((objects["type"] == 3) == galaxy).all()


def test_most_galaxies_and_stars_are_told_apart(
    objects: pd.DataFrame, matched: pd.DataFrame
) -> None:
    bright = matched[matched["magnitude"] < 19]
    assert (bright["type"] == 3).mean() > 0.8
    stars = objects[~objects["objID"].isin(matched["objID"]) & (objects["psfMag_r"] < 19)]
    assert (stars["type"] == 6).mean() > 0.95


def test_magnitudes_scatter_about_the_truth(matched: pd.DataFrame) -> None:
    good = matched[matched["cModelMag_r"] > 0]
    pull = (good["cModelMag_r"] - good["magnitude"]) / np.hypot(good["cModelMagErr_r"], 0.0109)
    assert np.median(pull) == pytest.approx(0, abs=0.2)
    assert np.median(np.abs(pull)) == pytest.approx(0.6745, abs=0.15)


def test_radii_have_the_biases_of_real_catalogues(matched: pd.DataFrame) -> None:
    good = matched[(matched["magnitude"] < 21) & (matched["bulge_fraction"] == 0)]
    late = good[good["sersic_n"].between(0.9, 1.1)]
    early = good[good["sersic_n"].between(3.9, 4.1)]
    for rows, name in ((late, "expRad_r"), (early, "deVRad_r")):
        assert len(rows) >= 10
        error = np.log(rows[name] / rows["half_light_radius"])
        assert abs(np.median(error)) < 0.1
    small = matched[(matched["half_light_radius"] < 0.5) & (matched["petroR50_r"] > 0)]
    assert (small["petroR50_r"] > small["half_light_radius"]).mean() > 0.9


def test_sentinels_modes_and_flags(objects: pd.DataFrame) -> None:
    lost = (objects["petroR50_r"] == -9999).mean()
    assert 0 < lost < 0.05
    assert (objects["psfMag_g"] == -9999).all()
    assert (objects["calibStatus_g"] == 0).all()
    assert (objects["calibStatus_r"] == 1).all()
    primary = objects["rowc_r"].between(64.6, 1424.4)
    assert (objects.loc[primary, "mode"] == 1).all()
    saturated = (objects["flags_r"] & 0x40000) != 0
    assert (objects.loc[saturated, "clean"] == 0).all()
    assert 0.8 < (objects.loc[~saturated, "clean"] == 1).mean() < 1


def test_close_pairs_are_blended(objects: pd.DataFrame) -> None:
    for _, field in objects.groupby("fieldID"):
        places = field[["colc_r", "rowc_r"]].to_numpy()
        distance = np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1))
        np.fill_diagonal(distance, np.inf)
        # 1.5 arcsec, less the error of both positions
        assert distance.min() > (1.5 - 0.3) / 0.396


def test_the_field_table_agrees_with_camera_and_psf(synthetic_sky: SyntheticSky) -> None:
    fields = synthetic_sky.tables()["Field"]
    for key, (_, row) in zip(synthetic_sky.fields, fields.iterrows(), strict=True):
        calibration = synthetic_sky.calibrations(key)["r"]
        assert row["psfWidth_r"] == synthetic_sky.psfs(key)["r"].centre.width
        assert row["nMgyPerCount_r"] == calibration.nmgy_per_count
        sky_counts = row["sky_r"] * 0.396**2 / row["nMgyPerCount_r"]
        assert sky_counts == pytest.approx(calibration.sky)
        assert 0.6 < row["score"] < 1
        assert row["raMin"] < row["ra"] < row["raMax"]
