"""The report: the headline quantity alone, and a gallery that spans the magnitudes."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from halflight import files, paths, store
from halflight.tasks import Quantity
from stages import combine, evaluate, report

from .conftest import PLACE

RATIO = Quantity("axis_ratio", "axis_ratio", "axis ratio", "q")


@pytest.fixture
def stamps(surveyed):
    return store.read_stamps(PLACE.stamps("simulated"))


def objects_of(stamps, rows):
    table = stamps.table.iloc[rows]
    return table[["id", "magnitude"]].assign(dataset="simulated")


def test_the_gallery_is_evenly_spaced_in_the_order_of_magnitudes(stamps):
    rows = np.arange(40)[::-1]
    angles = np.arange(40) / 10
    shown = report.gallery(stamps, objects_of(stamps, rows), "simulated", angles, 4)
    expected = stamps.table.sort_values("magnitude").iloc[[0, 13, 26, 39]]
    assert shown["id"] == expected["id"].tolist()
    assert shown["labels"] == [f"r = {magnitude:.1f}" for magnitude in expected["magnitude"]]
    np.testing.assert_array_equal(shown["position_angle"], angles[expected.index])
    np.testing.assert_array_equal(shown["image"], stamps["image"][expected.index][..., 0])
    np.testing.assert_array_equal(shown["sigma"], stamps["sigma"][expected.index][..., 0])
    assert shown["pixel_scale"] == 0.396


def test_a_gallery_of_fewer_objects_than_asked_for_shows_each_once(stamps):
    angles = np.zeros(40)
    for rows in ([5, 9, 7], [5]):
        shown = report.gallery(stamps, objects_of(stamps, rows), "simulated", angles, 12)
        expected = stamps.table.iloc[rows].sort_values("magnitude")["id"]
        assert shown["id"] == expected.tolist()


def test_only_objects_of_the_data_set_are_shown(stamps):
    objects = objects_of(stamps, np.arange(40))
    objects.loc[objects["id"] > 110, "dataset"] = "survey"
    shown = report.gallery(stamps, objects, "simulated", np.zeros(40), 12)
    assert sorted(shown["id"]) == list(range(100, 111))


@pytest.fixture
def handed(surveyed, estimators, monkeypatch):
    """What the page is made from, for a task of two quantities; no page is drawn."""
    estimators()
    combine.main("radius")
    evaluate.main("radius")
    files.write_json(PLACE.provenance, {"endpoint": "sandbox"})
    for path, arms in (
        (PLACE.trained_history, ["train"]),
        (PLACE.finetuned_history, ["fine_tuned", "from_scratch"]),
    ):
        curve = {"arm": arms, "epoch": 0, "loss": 1.0, "val_loss": 1.0, "learning_rate": 0.1}
        files.write_csv(path, pd.DataFrame(curve))
    shape = replace(report.tasks.get("radius"))
    shape = replace(shape, quantities=(*shape.quantities, RATIO))
    monkeypatch.setattr("halflight.tasks.get", {"radius": shape}.__getitem__)
    for path, read, write in (
        (PLACE.predictions, pd.read_parquet, files.write_parquet),
        (PLACE.bins, pd.read_csv, files.write_csv),
        (PLACE.transfer, pd.read_csv, files.write_csv),
    ):
        table = read(path)
        write(path, pd.concat([table.assign(quantity="axis_ratio"), table]))
    metrics = files.read_json(PLACE.metrics)
    files.write_json(PLACE.metrics, {"axis_ratio": {"simulated": {}}, **metrics})
    seen = {}

    def write_report(folder, **parts):
        seen.update(parts, folder=folder)
        return []

    monkeypatch.setattr(report, "write_report", write_report)
    report.main("radius")
    return seen


def test_the_page_shows_the_headline_quantity_alone(handed):
    for name in ("predictions", "bins", "transfer"):
        assert "quantity" not in handed[name]
    keys = handed["predictions"][["dataset", "id", "method"]]
    assert not keys.duplicated().any()
    scores = files.read_json(PLACE.metrics)
    assert handed["metrics"] == {**scores["ln_radius"], "device": scores["device"]}
    objects = handed["objects"]
    assert {"truth", "reference", "bound"} <= set(objects)
    assert not [name for name in objects if name.startswith("ln_radius")]
    assert handed["history"]["arm"].tolist() == ["train", "fine_tuned", "from_scratch"]


def test_the_ellipses_of_survey_stamps_are_those_of_the_reference(handed):
    shown = handed["gallery"]["survey"]
    measured = pd.read_parquet(PLACE.classical("survey")).set_index("id")
    expected = np.radians(measured.loc[shown["id"], "scene_fit_position_angle"])
    np.testing.assert_array_equal(shown["position_angle"], expected)
    simulated = handed["gallery"]["simulated"]
    truth = store.read_stamps(PLACE.stamps("simulated")).table.set_index("id")
    np.testing.assert_array_equal(
        simulated["position_angle"], truth.loc[simulated["id"], "position_angle"]
    )
    assert len(simulated["id"]) == len(shown["id"]) == 4


def test_the_page_has_the_title_and_every_parameter(handed):
    assert (handed["folder"], handed["title"]) == (paths.REPORTS, "halflight")
    assert handed["params"]["radius"]["train"]["epochs"] == 1
