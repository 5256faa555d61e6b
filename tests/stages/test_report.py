"""The report: the headline quantity alone, and a gallery that spans the magnitudes."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from halflight import __version__, files, paths, store, tasks
from halflight.paths import TaskPaths
from halflight.tasks import Quantity
from stages import combine, evaluate, report
from stages.sections import measurement
from stages.sections.reading import provenance_of

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
    shown = measurement.gallery(stamps, objects_of(stamps, rows), "simulated", angles, 4)
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
        shown = measurement.gallery(stamps, objects_of(stamps, rows), "simulated", angles, 12)
        expected = stamps.table.iloc[rows].sort_values("magnitude")["id"]
        assert shown["id"] == expected.tolist()


def test_only_objects_of_the_data_set_are_shown(stamps):
    objects = objects_of(stamps, np.arange(40))
    objects.loc[objects["id"] > 110, "dataset"] = "survey"
    shown = measurement.gallery(stamps, objects, "simulated", np.zeros(40), 12)
    assert sorted(shown["id"]) == list(range(100, 111))


@pytest.fixture
def handed(surveyed, estimators, of_radius, monkeypatch):
    """What the page is made from, for a task of two quantities; no page is drawn."""
    estimators()
    combine.main("radius")
    evaluate.main("radius")
    source = {"endpoint": "sandbox", "release": 17, "band": "r", "sql": "SELECT 1"}
    files.write_json(PLACE.provenance, source)
    for path, arms in (
        (PLACE.trained_history, ["train"]),
        (PLACE.finetuned_history, ["fine_tuned", "from_scratch"]),
    ):
        curve = {"arm": arms, "epoch": 0, "loss": 1.0, "val_loss": 1.0, "learning_rate": 0.1}
        files.write_csv(path, pd.DataFrame(curve))
    shape = replace(tasks.get("radius"))
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

    def write_report(folder, sections, **options):
        seen.update(options, folder=folder, sections=sections)
        return []

    def section(data, **options):
        seen.update(options, data=data)

    monkeypatch.setattr(report, "write_report", write_report)
    monkeypatch.setattr(measurement, "measurement", section)
    monkeypatch.setattr(measurement.Estimator, "load", lambda _: SimpleNamespace(provenance={}))
    monkeypatch.setattr(measurement, "seen", lambda *_: None)
    monkeypatch.setattr(measurement, "examples", lambda *_: [])
    report.main()
    return seen


def test_the_page_shows_the_headline_quantity_alone(handed):
    data = handed["data"]
    for table in (data.predictions, data.bins, data.transfer):
        assert "quantity" not in table
    assert not data.predictions[["dataset", "id", "method"]].duplicated().any()
    scores = files.read_json(PLACE.metrics)
    assert data.metrics == scores["ln_radius"]
    assert data.devices == scores["device"]
    objects = data.objects
    assert {"truth", "reference", "bound"} <= set(objects)
    assert not [name for name in objects if name.startswith("ln_radius")]
    assert data.history["arm"].tolist() == ["train", "fine_tuned", "from_scratch"]


def test_the_ellipses_of_survey_stamps_are_those_of_the_reference(handed):
    shown = handed["data"].gallery["survey"]
    measured = pd.read_parquet(PLACE.classical("survey")).set_index("id")
    expected = np.radians(measured.loc[list(shown.id), "scene_fit_position_angle"])
    np.testing.assert_array_equal(shown.position_angle, expected)
    simulated = handed["data"].gallery["simulated"]
    truth = store.read_stamps(PLACE.stamps("simulated")).table.set_index("id")
    np.testing.assert_array_equal(
        simulated.position_angle, truth.loc[list(simulated.id), "position_angle"]
    )
    assert len(simulated.id) == len(shown.id) == 4


def test_the_page_has_the_title_and_every_parameter(handed):
    assert (handed["folder"], handed["title"]) == (paths.REPORTS, "halflight")
    assert handed["params"]["radius"]["train"]["epochs"] == 1
    assert (handed["task"], len(handed["sections"])) == ("radius", 1)


def test_the_network_is_looked_at_and_the_fit_explains_what_is_shown(
    copied, of_radius, monkeypatch
):
    handed = []
    monkeypatch.setattr(report, "write_report", lambda *_, **__: [])
    monkeypatch.setattr(measurement, "measurement", lambda data, **_: handed.append(data))
    report.main()
    [data] = handed
    assert data.trained_by == __version__
    assert data.sight.filters.shape == (4, 5, 5, 1)
    assert next(values.shape[-1] for values in data.sight.maps.values()) == 4
    assert data.sight.value_change.shape == (len(data.sight.labels), 12, 12)
    assert np.abs(data.sight.value_change).max() > 0
    for dataset in ("simulated", "survey"):
        shown = data.examples[dataset]
        assert {one.group for one in shown} == {"best", "worst", "random"}
        models = [one for one in shown if one.model is not None]
        assert models
        for one in models:  # a fit leaves less than there was
            assert np.square(one.image - one.model).sum() < np.square(one.image).sum()


def test_all_that_is_missing_is_named_with_the_stage_that_makes_it(surveyed):
    with pytest.raises(ValueError, match="missing: ") as caught:
        report.main()
    said = str(caught.value)
    assert "\n" not in said
    for path, stage in (
        (PLACE.metrics, "evaluate@radius"),
        (PLACE.estimator, "combine@radius"),
        (PLACE.finetuned_history, "finetune@radius"),
    ):
        assert f"{path} (of stage {stage})" in said
    assert str(PLACE.stamps("simulated")) not in said
    assert not paths.REPORTS.exists()


@pytest.mark.parametrize(
    ("kept", "fault"), [([], "must be a mapping"), ({"endpoint": "sandbox"}, "lacks")]
)
def test_a_provenance_that_is_none_is_named_by_its_file(tmp_path, monkeypatch, kept, fault):
    monkeypatch.chdir(tmp_path)
    place = TaskPaths("radius")
    files.write_json(place.provenance, kept)
    with pytest.raises(ValueError, match=rf"survey/provenance.json: .*{fault}.*run `dvc repro`"):
        provenance_of(place)


def test_without_git_the_run_says_so_and_stages_that_did_not_run_here_too(
    whole, of_radius, monkeypatch
):
    monkeypatch.chdir(whole)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(whole.parent))
    known = report.circumstances()
    assert "commit" not in known.facts
    assert known.changed is None
    assert "git gave no answer: " in known.compared
    assert {run.why for run in known.stages} == {"did not run here"}
    assert [run.stage for run in known.stages][:2] == ["sky", "download@radius"]
    assert "cpu in train" in known.facts["networks of radius"]
