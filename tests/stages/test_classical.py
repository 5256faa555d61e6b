"""Classical measurements: of which stamps, by which methods, and whose bound."""

import numpy as np
import pandas as pd
import pytest

from halflight import store
from stages import classical

from .conftest import PLACE


@pytest.fixture
def asked(monkeypatch):
    """What the stage asks of the methods, which do not run: a radius is a stamp's brightness."""
    seen = {}

    def measure_stamps(image, sigma, psf, **options):
        seen["measure"] = {"image": image, "sigma": sigma, "psf": psf, **options}
        return pd.DataFrame({"sersic_fit_ln_radius": image.sum(axis=(1, 2))})

    def radius_bounds(table, psf, **options):
        seen["bound"] = {"table": table, "psf": psf, **options}
        return table["half_light_radius"].to_numpy() / 100

    monkeypatch.setattr("halflight.classical.measure_stamps", measure_stamps)
    monkeypatch.setattr("halflight.classical.radius_bounds", radius_bounds)
    return seen


def test_of_simulated_stamps_the_first_of_validation_and_test_are_measured(surveyed, asked):
    classical.main("radius", "simulated")
    table = pd.read_parquet(PLACE.classical("simulated"))
    prepared = store.read_stamps(PLACE.prepared("simulated")).table
    of = {split: rows["id"].tolist() for split, rows in prepared.groupby("split")}
    assert table["id"].tolist() == of["validation"][:5] + of["test"][:5]
    raw = store.read_stamps(PLACE.stamps("simulated"))
    row_of = pd.Series(np.arange(len(raw)), index=raw.table["id"])
    rows = row_of[table["id"]].to_numpy()
    for name in ("image", "sigma", "psf"):
        np.testing.assert_array_equal(asked["measure"][name], raw[name][rows][..., 0])
    np.testing.assert_array_equal(table["bound"], raw.table["half_light_radius"].iloc[rows] / 100)
    np.testing.assert_array_equal(asked["bound"]["psf"], raw["psf"][rows][..., 0])
    assert (asked["bound"]["stamp_size"], asked["bound"]["pixel_scale"]) == (20, 0.396)


def test_a_split_smaller_than_asked_for_is_measured_whole(surveyed, asked, configure):
    configure({"radius.classical.stamps": 1000})
    classical.main("radius", "simulated")
    splits = store.read_stamps(PLACE.prepared("simulated")).table["split"]
    assert len(pd.read_parquet(PLACE.classical("simulated"))) == (splits != "train").sum()


def test_of_the_survey_every_prepared_stamp_is_measured_without_a_bound(surveyed, asked):
    classical.main("radius", "survey")
    table = pd.read_parquet(PLACE.classical("survey"))
    prepared = store.read_stamps(PLACE.prepared("survey")).table
    assert table["id"].tolist() == prepared["id"].tolist()
    raw = store.read_stamps(PLACE.stamps("survey"))["image"][:]
    np.testing.assert_array_equal(
        table["sersic_fit_ln_radius"], np.delete(raw, 2, axis=0)[..., 0].sum(axis=(1, 2))
    )
    assert "bound" not in table
    assert "bound" not in asked


def test_the_methods_are_the_tasks_and_the_settings_the_parameters(surveyed, asked, configure):
    configure({"radius.classical.detection_threshold": 2.5})
    classical.main("radius", "survey")
    options = asked["measure"]
    assert options["methods"] == ("scene_fit", "sersic_fit", "aperture")
    assert options["detection_threshold"] == 2.5
    assert options["beliefs"].pixel_scale == 0.396
    assert options["processes"] == 1


def test_stamps_that_are_not_there_are_told(here):
    with pytest.raises(FileNotFoundError, match="no stamps at"):
        classical.main("radius", "simulated")
