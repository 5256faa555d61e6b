"""Transfer: every arm learns what it may, from as many labels as it is given."""

import shutil

import numpy as np
import pandas as pd
import pytest

from halflight import files, params, store
from halflight.estimator import Estimator
from halflight.files import Path
from halflight.nn import Model
from halflight.paths import TaskPaths
from halflight.simulation import simulate_stamp
from halflight.surveys import SurveyError
from stages import transfer, transfer_sky, transfers
from stages.transfer import ARMS, measured_of
from stages.transfer_labels import labelled, touching, truths
from stages.transfer_places import SKIES, place_of

FEW = {"count": 60, "first": 2700000, "clearance": 5.0, "window": 186}
FEW["fractions"] = [0.625, 0.125, 0.25]


def bring(sky, **columns):
    """The tiny survey's stamps as those of a sky, with more columns in both tables."""
    default, place = TaskPaths("radius"), place_of("radius", sky)
    for name in ("survey", "prepared", "classical"):
        shutil.copytree(default.data / name, place.data / name)
    for folder in (place.stamps("survey"), place.prepared("survey")):
        path = folder / "table.parquet"
        table = pd.read_parquet(path)
        files.write_parquet(path, table.assign(**{k: v(table) for k, v in columns.items()}))


@pytest.fixture
def trained(surveyed, estimators, configure):
    bring("sandbox")
    estimators()
    configure({"radius.transfer.labels": [4], "radius.transfer.bootstrap": 20})


@pytest.fixture
def everywhere(trained):
    """Stamps of every sky: those of the injected have truths, those of the recorded have none."""
    far = {"rowc": lambda t: 100.0 * (t["id"] % 7), "colc": lambda t: 300.0 * (t["id"] // 7 % 5)}
    bring("injected", **far, window=lambda t: (t["id"] % 6).astype(str))
    bring("recorded", **far, true_half_light_radius=lambda t: t["id"] * np.nan)


def weights(network: Model, pattern: str) -> dict[str, np.ndarray]:
    return {name: a for name, a in network.get_weights().items() if name.startswith(pattern)}


@pytest.mark.parametrize("arm", ARMS)
def test_an_arm_changes_what_it_may_learn_and_nothing_else(trained, task, arm):
    settings = params.read("radius.finetune").changed(max_labels=4, **ARMS[arm])
    data = labelled(task, "sandbox", settings)
    before = Estimator.load(TaskPaths("radius").trained).network
    train, place = params.read("radius.train"), place_of("radius", "sandbox")
    found = transfer.trained_arm(task, place, data, train, settings, arm, "cpu").network
    changed = {
        part: any(
            not np.array_equal(old, weights(found, part)[name])
            for name, old in weights(before, part).items()
            if "moving_" not in name
        )
        for part in ("trunk_", "psf_", "dense_", "head")
    }
    expected = dict.fromkeys(changed, arm not in ("statistics", "head")) | {"head": True}
    assert changed == expected  # the head's bias carries the calibration of all


def test_every_number_of_labels_is_measured_and_each_sky_has_a_table(everywhere, task, capsys):
    for sky in SKIES:
        for arm in ARMS:
            transfer.main("radius", sky, arm, "1")
            table = pd.read_parquet(measured_of("radius", sky, arm, "1"))
            assert sorted(table["labels"].unique()) == [4, 20]
            ready = store.read_stamps(place_of("radius", sky).prepared("survey")).table
            of_test = ready.loc[ready["split"] == "test", "id"]
            assert all(set(rows["id"]) == set(of_test) for _, rows in table.groupby("labels"))
    transfers.main("radius")
    text = Path("reports/transfer/radius/README.md").read_text()
    head, *parts = text.split("\n## ")
    assert "the seeds 1." in head
    assert [part.splitlines()[0] for part in parts] == [
        "A synthetic survey",
        "Synthetic galaxies in real frames",
        "The recorded survey",
    ]
    for part in parts:
        assert part.count("| all layers |") == part.count("| head alone |") == 2
        assert part.count("| zero-shot | 0 |") == 1
    assert ["Acknowledge SDSS" in part for part in parts] == [False, True, True]
    assert "Nobody knows a truth here" in parts[2]


def test_galaxies_fainter_than_any_simulated_are_counted_apart(everywhere, task, configure):
    configure({"radius.transfer.labels": [20], "radius.transfer.bootstrap": 20})
    path = place_of("radius", "recorded").prepared("survey") / "table.parquet"
    table = pd.read_parquet(path)
    faint = table.index[table["split"] == "test"]
    for sky in SKIES:
        for arm in ARMS:
            transfer.main("radius", sky, arm, "1")
    for count, tables_of_recorded in ((4, 1), (5, 2)):
        table.loc[faint[:count], "magnitude"] = 20.6
        files.write_parquet(path, table)
        transfers.main("radius")
        recorded = Path("reports/transfer/radius/README.md").read_text().split("\n## ")[-1]
        assert f"of {count} such {count} can be compared" in recorded
        assert recorded.count("| zero-shot | 0 |") == tables_of_recorded
        assert ("too few" in recorded) == (tables_of_recorded == 1)


def test_more_labels_than_there_are_are_all_there_are(trained, configure):
    configure({"radius.transfer.labels": [4, 20, 500]})
    transfer.main("radius", "sandbox", "statistics", "1")
    table = pd.read_parquet(measured_of("radius", "sandbox", "statistics", "1"))
    assert table["labels"].value_counts().to_dict() == {4: 10, 20: 10}
    assert not table.duplicated(["id", "labels"]).any()


@pytest.mark.parametrize("sky", ["sandbox", "injected"])
def test_other_seeds_take_other_labels_and_fewer_are_some_of_more(everywhere, task, sky):
    settings = params.read("radius.finetune").changed(max_labels=4)
    one, other = (
        labelled(task, sky, settings.changed(seed=seed)).train.tolist() for seed in (1, 2)
    )
    assert sorted(one) != sorted(other)
    assert labelled(task, sky, settings.changed(seed=1, max_labels=9)).train.tolist()[:4] == one


def test_labels_of_injected_galaxies_are_their_truths(everywhere, task):
    data = labelled(task, "injected", params.read("radius.finetune"))
    table = data.stamps.table
    radius = np.log(table["half_light_radius"] / data.stamps.instrument.pixel_scale)
    np.testing.assert_allclose(data.labels[:, 0], radius, rtol=1e-9)
    test = truths(task, "injected", params.read("radius.finetune"))
    np.testing.assert_allclose(test["truth"], np.log(test["half_light_radius"]))
    assert set(test["group"]) <= set("012345")


def test_the_truth_of_a_recorded_galaxy_is_a_fit_that_could_be_a_label(everywhere, task):
    place, fine = place_of("radius", "recorded"), params.read("radius.finetune")
    fits = pd.read_parquet(place.classical("survey")).set_index("id")
    test = truths(task, "recorded", fine)
    fits.loc[test["id"].iloc[0], "scene_fit_converged"] = False
    fits.loc[test["id"].iloc[1], "scene_fit_ln_radius_error"] = 0.3
    files.write_parquet(place.classical("survey"), fits.reset_index())
    found = truths(task, "recorded", fine)
    assert np.flatnonzero(found["truth"].isna()).tolist() == [0, 1]
    kept = found.iloc[2:]
    np.testing.assert_array_equal(kept["truth"], fits.loc[kept["id"], "scene_fit_ln_radius"])


def test_stamps_that_share_pixels_are_one_group():
    field = {"run": 1, "camcol": 1, "field": [1, 1, 1, 1, 2]}
    table = pd.DataFrame({**field, "rowc": [10.0, 60, 105, 10, 10], "colc": [10.0, 90, 20, 107, 9]})
    first, second, third, fourth, other = touching(table, 96)
    assert first == second == third == fourth != other  # the fourth by the second
    assert len(set(touching(table, 40))) == 5


def test_what_cannot_be_learnt_from_is_named(everywhere, task):
    place, fine = place_of("radius", "injected"), params.read("radius.finetune")
    path = place.prepared("survey") / "table.parquet"
    table = pd.read_parquet(path)
    files.write_parquet(path, table.assign(split="test"))
    with pytest.raises(ValueError, match=r"0 labels to learn .* raise radius\.transfer\.injected"):
        labelled(task, "injected", fine)
    files.write_parquet(path, table.assign(half_light_radius=np.nan))
    with pytest.raises(ValueError, match="injected.*no truth is known of 10 test galaxies"):
        truths(task, "injected", fine)
    with pytest.raises(ValueError, match="sandbox, injected, recorded; received 'moon'"):
        transfer.main("radius", "moon", "all", "1")


def test_seeds_of_different_numbers_of_labels_are_refused(trained, configure):
    for arm in ARMS:
        transfer.main("radius", "sandbox", arm, "1")
    configure({"radius.transfer.labels": [5]})
    transfer.main("radius", "sandbox", "all", "2")
    with pytest.raises(ValueError, match=r"sandbox: the seeds of all had .*\(4, 20\), \(5, 20\)"):
        transfers.main("radius")


def test_the_study_has_a_synthetic_sky_of_its_own(configure, here):
    few = {"runs": [752, 1302], "camcols": [1, 2, 3], "fields_per_strip": 1, "bands": ["r"]}
    configure(
        {
            "radius.transfer.sandbox": few,
            "radius.survey.selection.sandbox.where": "p.type = 3 AND p.cModelMag_r < 20",
            "sandbox.galaxies.counts.density": 5.0,
            "sandbox.stars.density": 10.0,
            "survey.endpoint": "recorded",
        }
    )
    transfer_sky.main("radius", "sandbox")
    place = place_of("radius", "sandbox")
    stamps = store.read_stamps(place.stamps("survey"))
    assert stamps.origin == "sandbox"
    assert set(stamps.table["run"]) == {752, 1302}
    ready = store.read_stamps(place.prepared("survey"))
    measured = pd.read_parquet(place.classical("survey"))
    assert measured["id"].tolist() == ready.table["id"].tolist()
    assert not TaskPaths("radius").stamps("survey").exists()


def test_a_sky_that_cannot_be_is_named(configure, here):
    configure({"radius.transfer.sandbox": {"field_per_strip": 1}})
    with pytest.raises(ValueError, match="field_per_strip"):
        transfer_sky.main("radius", "sandbox")


@pytest.fixture
def few_injected(configure, here, recorded_sky):
    def change(**values):
        configure(
            {
                "radius.transfer.injected": FEW | values,
                "radius.simulate.stamp_size": 32,
                "radius.simulate.psf_size": 25,
                "survey.recorded_sky": str(recorded_sky),
            }
        )

    change()
    return change


def test_galaxies_are_injected_so_that_no_two_splits_share_a_pixel(few_injected, task):
    transfer_sky.main("radius", "injected")
    place = place_of("radius", "injected")
    stamps = store.read_stamps(place.stamps("survey"))
    assert stamps["image"].shape == (60, 32, 32, 1)
    assert stamps.table["id"].tolist() == list(range(2700000, 2700060))
    settings = params.read("radius.simulate")
    truth, *_ = simulate_stamp(
        2700007, seed=settings.seed, stamp_size=32, psf_size=25, population=settings.population
    )
    row = stamps.table.iloc[7]
    assert row["half_light_radius"] == truth["half_light_radius"]
    assert row["magnitude"] == truth["magnitude"]
    ready = store.read_stamps(place.prepared("survey")).table
    reach = ready.groupby("split")["rowc"].agg(["min", "max"])
    assert reach.loc["train", "max"] + 32 <= reach.loc["validation", "min"]
    assert reach.loc["validation", "max"] + 32 <= reach.loc["test", "min"]
    bands = ready.assign(band=ready["rowc"] // 186)[["band", "split"]].drop_duplicates()
    assert bands["band"].is_unique
    inside = (ready[["rowc", "colc"]] % 186).to_numpy()
    assert inside.min() >= 16
    assert inside.max() <= 186 - 16
    data = labelled(task, "injected", params.read("radius.finetune"))
    assert len(data.train) > 20
    assert len(truths(task, "injected", params.read("radius.finetune"))) >= 10


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"first": 1000500}, "sdss_like and transfer.injected have stamps in common"),
        ({"first": 2800900}, "injected and transfer.injected have stamps in common"),
        ({"window": 31}, "transfer.injected.window must not be below .* 32; received 31"),
        ({"fractions": [0.5, 0.2, 0.2]}, "transfer.injected.fractions.* must sum to 1"),
    ],
)
def test_injected_galaxies_are_nobody_elses_and_fit_in_their_windows(few_injected, values, says):
    few_injected(**values)
    with pytest.raises(params.ParamsError, match=says):
        params.load()


def test_a_frame_without_empty_places_is_named(few_injected):
    few_injected(clearance=500.0)
    with pytest.raises(SurveyError, match="94-1-12-r: no pixel lies .* lower the clearance"):
        transfer_sky.main("radius", "injected")


def test_the_recorded_survey_is_prepared_and_measured(configure, here, recorded_sky):
    configure(
        {
            "radius.survey.selection.recorded.where": "p.type = 3 AND p.cModelMag_r < 19.2",
            "radius.survey.stamp_size": 32,
            "survey.recorded_sky": str(recorded_sky),
        }
    )
    transfer_sky.main("radius", "recorded")
    place = place_of("radius", "recorded")
    stamps = store.read_stamps(place.stamps("survey"))
    assert stamps.origin == "recorded"
    measured = pd.read_parquet(place.classical("survey"))
    assert measured["id"].isin(stamps.table["id"]).all()
