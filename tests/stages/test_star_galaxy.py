"""The second task through every stage: each does for a class what it does for a size."""

import json

import numpy as np
import pandas as pd
import pytest

from halflight import files, params, store, tasks, training
from halflight.classical import separation
from halflight.estimator import Estimator
from halflight.instrument import SDSS
from halflight.labelled import LabelledStamps
from halflight.measuring.job import Job
from halflight.paths import TaskPaths
from halflight.quality import FLAGS, names_of
from halflight.report.formatting import format_number
from halflight.scores.probability import roc_auc
from stages import (
    bright_to_faint,
    bright_to_faints,
    classical,
    combine,
    evaluate,
    finetune,
    prepare,
    real_field,
    real_sky,
    real_stamps,
    sections,
    train,
)
from tests.bands import BANDS, sources, survey
from tests.stages.conftest import write_params
from tests.tiny import write_raw

PLACE = TaskPaths("star_galaxy")
TASK = tasks.get("star_galaxy")
TINY = {
    "prepare.stamp_size": 16,
    "prepare.psf_size": 9,
    "prepare.split": {
        "broad": {"fractions": [0.7, 0.3, 0.0], "patches": "stamps"},
        "sky_like": {"fractions": [0.0, 0.4, 0.6], "patches": "stamps"},
        "sandbox": {"fractions": [0.4, 0.3, 0.3], "patches": "fields"},
        "recorded": {"fractions": [0.5, 0.25, 0.25], "patches": "rows"},
        "sdss": {"fractions": [0.6, 0.15, 0.25], "patches": "fields"},
    },
    "classical.trees": 20,
    "classical.folds": 2,
    "train.model": {"preset": "band_net", "filters": [8], "core_pixels": 8, "core_filters": 4},
    "train.device": "cpu",
    "train.decisive": 0.8,
    "train.epochs": 3,
    "train.warmup_epochs": 0,
    "train.learning_rate": 0.01,
    "train.ema_momentum": 0.9,
    "finetune.epochs": 1,
    "finetune.warmup_epochs": 0,
    "finetune.from_scratch_epochs": 1,
    "evaluate.bootstrap": 10,
    "bright_to_faint.magnitude": 18.0,
    "bright_to_faint.bootstrap": 5,
}
PROVENANCE = {"endpoint": "sandbox", "release": 17, "band": "ugriz", "sql": "SELECT 1"}


@pytest.fixture(scope="module")
def place(root, tmp_path_factory):
    """A repository in which every stage of the task has run, on stamps of a few pixels."""
    folder = tmp_path_factory.mktemp("star_galaxy")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("DVC_ROOT", raising=False)
        patch.setenv("HALFLIGHT_PROCESSES", "1")
        write_params(root, {f"star_galaxy.{name}": value for name, value in TINY.items()})
        table, *arrays = sources(120)
        table["tier"] = np.where(np.arange(120) < 90, "broad", "sky_like")
        write_raw(PLACE.stamps("simulated"), table, *arrays, instrument=SDSS)
        write_raw(PLACE.stamps("survey"), *survey(120), instrument=SDSS, origin="sandbox")
        for dataset in ("simulated", "survey"):
            prepare.main("star_galaxy", dataset)
            classical.main("star_galaxy", dataset)
        train.main("star_galaxy")
        combine.main("star_galaxy")
        finetune.main("star_galaxy")
        evaluate.main("star_galaxy")
        files.write_json(PLACE.provenance, PROVENANCE)
        yield folder


@pytest.fixture
def here(place, monkeypatch):
    monkeypatch.chdir(place)
    return place


def test_stamps_are_prepared_as_luptitudes_corrected_for_dust(here):
    ready = store.read_stamps(PLACE.prepared("survey"))
    raw = store.read_stamps(PLACE.stamps("survey"))
    assert ready["image"].shape[1:] == (16, 16, 5)
    row = int(ready.table["source_index"].iloc[3])
    flux = raw["image"][row][2:18, 2:18, 2] * 1e-9 * 10 ** (0.4 * 0.1)
    expected = 2.5 / np.log(10) * np.arcsinh(flux / (2 * 1.2e-10))
    np.testing.assert_allclose(ready["image"][3][..., 2], expected, rtol=1e-4, atol=1e-5)


def test_judges_are_there_for_the_survey_and_pixels_alone_for_what_has_no_catalogue(here):
    measured = pd.read_parquet(PLACE.classical("survey"))
    names = [f"{method}_star_probability" for method in TASK.classical]
    assert set(names) <= set(measured)
    assert len(measured) == len(store.read_stamps(PLACE.prepared("survey")))
    simulated = pd.read_parquet(PLACE.classical("simulated"))
    assert "spread_star_probability" in simulated


def test_the_estimator_is_the_trained_network_and_says_what_it_tells(here):
    trained, estimator = Estimator.load(PLACE.trained), Estimator.load(PLACE.estimator)
    assert estimator.describe() == trained.describe()
    assert estimator.describe()["task"]["classes"] == ["galaxy", "star"]
    assert list(estimator.training_range) == ["psf_half_light_radius"]


def test_every_estimator_keeps_the_threshold_of_the_parameters(here):
    places = (PLACE.trained, PLACE.estimator, *map(PLACE.finetuned, ("fine_tuned", "from_scratch")))
    found = [Estimator.load(place) for place in places]
    assert {each.task.decisive for each in found} == {0.8}, "as TINY has it"


def test_what_is_left_open_is_that_of_the_estimators_threshold_and_of_one_that_validation_chose(
    here,
):
    told, table = json.loads(PLACE.metrics.read_text())["decided"], pd.read_parquet(PLACE.decided)
    assert set(told) == set(table["method"]) == {"fine_tuned", "stacked", "forest"}
    predictions = pd.read_parquet(PLACE.predictions)
    objects = pd.read_parquet(PLACE.objects)
    joined = predictions.merge(objects, on=["dataset", "id"])
    for method, own in told.items():
        assert own["decisive"] == 0.8
        here_of = (joined["dataset"] == "survey") & (joined["method"] == method)
        rows = joined[here_of & joined["is_star_reference"].notna()]
        p, star = rows["value"], rows["is_star_reference"] > 0.5
        decided = np.maximum(p, 1 - p) >= 0.8
        assert own["undecided"] == pytest.approx(1 - decided.mean())
        if decided.any():
            assert own["wrong"] == pytest.approx(((p > 0.5) != star)[decided].mean())


def test_a_run_may_have_a_threshold_of_its_own(here, tmp_path):
    table, image, sigma, psf = sources(12)
    folder = tmp_path / "stamps"
    write_raw(folder, table, image, sigma, psf, instrument=SDSS)

    def measured(**options):
        job = Job([str(folder)], tmp_path / "stars.csv", model=str(PLACE.trained), **options)
        return job.run().rows

    for options, least in (({}, 0.8), ({"decisive": 0.55}, 0.55), ({"decisive": 0.999}, 0.999)):
        rows = measured(**options)
        p = rows["star_probability"]
        undecided = rows["flags"] & FLAGS["undecided"] != 0
        assert undecided.tolist() == (np.maximum(p, 1 - p) < least).tolist()
    with pytest.raises(ValueError, match="decisive must be above 0.5 and below 1, received 0.4"):
        measured(decisive=0.4)
    with pytest.raises(ValueError, match="decisive, 0.9, is of a model that tells classes"):
        Job([str(folder)], tmp_path / "stars.csv", decisive=0.9).run()


def test_objects_of_no_class_teach_nothing_and_are_judged(here):
    data = store.read_stamps(PLACE.prepared("survey")).table
    labels = Estimator.load(PLACE.finetuned("fine_tuned")).provenance["labels"]
    known = data["is_star"].notna()
    assert labels["train"] == int((known & (data["split"] == "train")).sum())
    judged = pd.read_parquet(PLACE.classical("survey"))
    assert judged["forest_star_probability"].notna().all()


def test_every_method_is_scored_on_the_same_objects_and_all_scores_are_there(here):
    metrics = json.loads(PLACE.metrics.read_text())
    scores = metrics["star_probability"]
    assert set(scores) == {"simulated", "survey", "survey_truth"}
    assert set(scores["survey"]) == {
        *("zero_shot", "fine_tuned", "from_scratch", "stacked", "forest", "svm", "cut", "spread"),
    }
    counts = {found["count"] for found in scores["survey"].values()}
    assert len(counts) == 1
    for found in scores["survey"].values():
        assert {"auc", "average_precision", "mse", "calibration_error"} <= set(found)
        assert {"galaxy_purity", "star_completeness", "number_error", "auc_low"} <= set(found)
    assert scores["survey"]["forest"]["auc"] > 0.9
    assert "log_loss" not in scores["survey"]["cut"]
    assert set(metrics["paired"]["mse"]) == {"difference", "low", "high"}


def test_bins_and_transfer_hold_every_method(here):
    bins, transfer = pd.read_csv(PLACE.bins), pd.read_csv(PLACE.transfer)
    assert set(bins["by"]) == {"all", "magnitude"}
    assert {"auc", "mse", "bin_low", "method"} <= set(bins)
    assert {"zero_shot", "fine_tuned", "from_scratch", "forest"} <= set(transfer["arm"])
    zero = transfer[transfer["arm"] == "zero_shot"]
    assert (zero["count_labels"] == 0).all()


def test_the_evaluation_s_probabilities_are_the_estimator_s_to_the_bit(here):
    predictions = pd.read_parquet(PLACE.predictions)
    found = predictions[predictions["method"] == "fine_tuned"].set_index("id")["value"]
    stamps = store.read_stamps(PLACE.stamps("survey"))
    table = Estimator.load(PLACE.finetuned("fine_tuned")).measure_stamps(stamps)
    measured = pd.Series(table["star_probability"].to_numpy(), index=stamps.table["id"])
    np.testing.assert_array_equal(measured.loc[found.index], found)


@pytest.mark.parametrize("bands", ["r", "gr", "ugri", "zirgu"])
def test_any_of_the_bands_in_any_order_give_a_probability_and_a_flag(here, bands):
    estimator = Estimator.load(PLACE.trained)
    table, image, sigma, psf = sources(8)
    chosen = [BANDS.index(band) for band in bands]
    parts = [array[..., chosen] for array in (image, sigma, psf)]
    dust = table[[f"extinction_{band}" for band in bands]].to_numpy()
    camera = SDSS.with_bands(bands)
    found = estimator.measure(*parts, instrument=camera, extinction=dust)
    assert found["star_probability"].between(0, 1).all()
    flagged = found["flags"] & FLAGS["missing_band"] != 0
    assert flagged.all() if len(bands) < 5 else not flagged.any()
    whole = [np.full_like(array, np.nan) for array in (image, sigma, psf)]
    for array, part in zip(whole, parts, strict=True):
        array[..., chosen] = part
    dusty = np.full((8, 5), np.nan)
    dusty[:, chosen] = dust
    same = estimator.measure(*whole, extinction=dusty)
    pd.testing.assert_frame_equal(found, same)


def test_no_band_no_measurement_and_a_strange_band_is_refused(here):
    estimator = Estimator.load(PLACE.trained)
    _, image, sigma, psf = sources(3)
    image[1] = np.nan
    found = estimator.measure(image, sigma, psf)
    assert np.isnan(found["star_probability"]).tolist() == [False, True, False]
    assert found["flags"][1] & FLAGS["not_measured"]
    assert found["flags"][0] & FLAGS["no_extinction"]
    camera = SDSS.__class__("another", 0.396, ("y",))
    with pytest.raises(ValueError, match=r"takes any of the bands u, g, r, i, z .* are y"):
        estimator.measure(*(a[..., :1] for a in (image, sigma, psf)), instrument=camera)


def test_the_command_gives_the_probability_and_flags_from_the_bands_there_are(here, tmp_path):
    table, image, sigma, psf = sources(6)
    chosen = [BANDS.index(band) for band in "gri"]
    folder, camera = tmp_path / "stamps", SDSS.with_bands("gri")
    write_raw(folder, table, *(a[..., chosen] for a in (image, sigma, psf)), instrument=camera)
    model = PLACE.trained
    job = Job([str(folder)], tmp_path / "stars.csv", model=str(model), flag_names=True)
    rows = job.run().rows
    found = Estimator.load(model).measure_stamps(store.read_stamps(folder))
    np.testing.assert_array_equal(rows["star_probability"], found["star_probability"])
    assert rows["flag_names"].str.contains("missing_band").all()
    assert not rows["flag_names"].str.contains("no_extinction").any()
    written = pd.read_csv(tmp_path / "stars.csv", comment="#")
    assert written["star_probability"].tolist() == rows["star_probability"].tolist()
    assert rows["half_light_radius"].isna().all()


def test_what_may_not_be_trusted_has_a_result_and_a_named_flag(here, tmp_path):
    table, image, sigma, psf = sources(8)
    image *= 30.0  # bright enough to fill a pixel
    wide = np.random.default_rng(5).normal(0.0, 0.05, (8, 44, 44, 5)).astype(np.float32)
    wide[:, 12:-12, 12:-12] = image
    image, sigma = wide, np.full_like(wide, 0.05)
    at = np.arange(44) - 21.5
    apart = np.hypot(at, at[:, None])
    image[2] = np.minimum(image[2], 0.1 * image[2].max())  # saturated
    image[3] += 0.9 * image[3].max() * np.exp(-0.5 * (apart.T / 40.0) ** 2)[..., None]  # large
    image[4] += np.roll(image[4], (7, 5), axis=(0, 1))  # crowded
    image[5, 21, 22, 2] = np.nan  # a bad pixel in the middle
    image[6, ..., 0] = np.nan  # no u
    write_raw(tmp_path / "stamps", table, image, sigma, psf, instrument=SDSS)
    job = Job([str(tmp_path / "stamps")], tmp_path / "stars.csv", model=str(PLACE.trained))
    found = job.run().rows
    assert found["star_probability"].between(0, 1).all()
    names = [set(names_of(int(flags))) for flags in found["flags"]]
    for row, flag in (
        (2, "saturated"),
        (3, "sky_not_zero"),
        (4, "neighbour"),
        (5, "masked"),
        (6, "missing_band"),
    ):
        assert flag in names[row], (row, names[row])
        assert flag not in names[0] | names[1], flag


def test_from_bright_to_faint_every_arm_judges_the_test_split_and_stands_in_the_table(here):
    for arm in bright_to_faint.ARMS:
        bright_to_faint.main("star_galaxy", arm, "1")
    bright_to_faints.main("star_galaxy")
    ready = store.read_stamps(PLACE.prepared("survey")).table
    test = set(ready["id"][ready["split"] == "test"])
    found = {
        arm: pd.read_parquet(bright_to_faint.measured_of("star_galaxy", arm, "1"))
        for arm in bright_to_faint.ARMS
    }
    for table in found.values():
        assert set(table["id"]) == test
        assert table["star_probability"].between(0, 1).all()
    assert len({tuple(table["star_probability"]) for table in found.values()}) == len(found)
    text = (here / "reports/bright_to_faint/star_galaxy/README.md").read_text()
    assert all(title in text for title in bright_to_faints.TITLES.values())
    assert (found["zero_shot"]["labels"] == 0).all()
    taught = int(found["fine_tuned"]["labels"].iloc[0])
    assert taught < int(found["all"]["labels"].iloc[0])
    for arm in ("weighted", "weighted_by_magnitude"):
        left = found[arm]["effective_labels"].iloc[0]
        assert 1 <= left < taught == found[arm]["labels"].iloc[0]
        row = next(
            r for r in text.split("\n") if r.startswith(f"| {bright_to_faints.TITLES[arm]} |")
        )
        assert f"| {left:.0f} of {taught} |" in row
    with pytest.raises(ValueError, match="there is no arm 'none'"):
        bright_to_faint.main("star_galaxy", "none", "1")


def test_a_label_that_is_none_is_told(here, tmp_path, monkeypatch):
    table = pd.read_parquet(PLACE.prepared("survey") / store.TABLE)
    monkeypatch.chdir(tmp_path)
    import shutil

    shutil.copytree(here, tmp_path, dirs_exist_ok=True)
    wrong = table.assign(is_star=table["is_star"].where(table["id"] != 1001, 0.5))
    files.write_parquet(PLACE.prepared("survey") / store.TABLE, wrong)
    with pytest.raises(ValueError, match=r"is_star must be 1 for a star.* received 0.5"):
        finetune.main("star_galaxy")


def section():
    return sections.section(params.load(), "star_galaxy")


def test_the_page_tells_the_answer_beside_the_forest_in_its_own_numbers(here):
    found, metrics = section(), json.loads(PLACE.metrics.read_text())
    scores = metrics["star_probability"]["survey"]
    assert [picture.name for picture in found.pictures] == list(TASK.figures)
    assert "of the synthetic survey's test fields" in found.headline
    for method in ("stacked", "forest"):
        assert f"AUC {format_number(scores[method]['auc'], 4)}" in found.headline
    assert found.summary["survey"]["mse"] == scores["stacked"]["mse"]
    assert found.summary["survey"]["forest_auc"] == scores["forest"]["auc"]
    assert found.summary["paired"]["mse"] == metrics["paired"]["mse"]["difference"]
    assert set(found.summary["simulated"]) >= {"auc", "spread_mse"}


def test_every_figure_of_the_section_draws_from_what_the_stages_wrote(here):
    for picture in section().pictures:
        assert picture.draw().get_axes(), picture.name
        assert (sections.__file__.rpartition("/stages/")[0] / files.Path(picture.source)).exists()


def test_what_the_section_needs_is_there_and_missing_files_are_named(here, tmp_path, monkeypatch):
    assert sections.missing(("star_galaxy",)) == {}
    monkeypatch.chdir(tmp_path)
    found = sections.missing(("star_galaxy",))
    assert found[PLACE.metrics] == found[PLACE.decided] == "evaluate@star_galaxy"
    assert found[PLACE.finetuned("fine_tuned")] == "finetune@star_galaxy"


@pytest.fixture
def field(here, monkeypatch):
    """A field of twenty objects as the endpoint gives them, all of one field."""
    table, image, sigma, psf = sources(20, seed=9)
    table = table.rename(columns={"kind": "unused"}).assign(
        id=np.arange(20) + 5000, ra=1.0, dec=2.0, x=0.0, y=0.0, run=94, camcol=1, field=12
    )
    table["rowc"] = np.linspace(100.0, 1300.0, 20)
    monkeypatch.setattr(real_field, "field_of", lambda _: (table, image, sigma, psf))
    return table


def test_every_object_is_named_with_what_each_method_says(field, capsys):
    real_field.main("star_galaxy")
    folder = real_field.kept_in("star_galaxy")
    objects = pd.read_csv(folder / "objects.csv")
    assert objects["id"].tolist() == field["id"].tolist()
    methods = ("fine_tuned", "zero_shot", "from_scratch", "stacked", "forest", "svm", "cut")
    assert objects[[*methods, "twin_0", "twin_0.3"]].apply(lambda c: c.between(0, 1)).all().all()
    scores = pd.read_csv(folder / "scores.csv")
    assert set(scores["method"]) == {*methods, "spread"}
    assert set(scores["against"]) == {"reference"}
    assert (scores["auc_low"] <= scores["auc_high"])[scores["by"] == "all"].all()
    assert (folder / "wrong.png").read_bytes().startswith(b"\x89PNG")
    assert "fine_tuned" in capsys.readouterr().out


def test_published_stamps_are_judged_for_every_width_and_one_text_tells_both(
    field, monkeypatch, tmp_path
):
    rng = np.random.default_rng(3)
    folder = tmp_path / "stamps/kim_brunner"
    folder.mkdir(parents=True)
    labels = np.resize([1.0, -1.0], 4)
    np.save(folder / "sdss_test_images.npy", rng.uniform(22, 24, (4, 5, 48, 48)).astype("f4"))
    np.save(folder / "sdss_test_labels.npy", labels)
    monkeypatch.setattr(real_stamps, "recorded_folder", lambda _: tmp_path)
    real_stamps.main("star_galaxy")
    found = pd.read_csv(real_field.kept_in("star_galaxy") / "stamps.csv")
    assert found["is_star"].tolist() == [1.0, 0.0, 1.0, 0.0]
    widths = [c for c in found if c.startswith("fine_tuned_")]
    assert len(widths) == 8
    assert found[widths].apply(lambda c: c.between(0, 1)).all().all()
    assert found[widths].nunique(axis=1).min() > 1
    real_field.main("star_galaxy")
    real_sky.main("star_galaxy")
    text = (real_field.kept_in("star_galaxy") / "README.md").read_text()
    assert "Acknowledge SDSS" in text
    objects = pd.read_csv(real_field.kept_in("star_galaxy") / "objects.csv")
    wrong = real_field.wrong_ones(objects, "is_star", "fine_tuned")
    for name in wrong["id"]:
        assert f"\n| {name} |" in text
    right = set(objects["id"]) - set(wrong["id"])
    assert not any(f"\n| {name} |" in text for name in right)
    assert text.count("\n| fine-tuned |") == text.count("\n| zero-shot |") == 8


def test_the_wrong_ones_by_hand():
    objects = pd.DataFrame(
        {
            "id": [1, 2, 3, 4, 5],
            "is_star": [1.0, 1.0, 0.0, 0.0, np.nan],
            "fine_tuned": [0.9, 0.4, 0.99, 0.1, 0.99],
        }
    )
    assert real_field.wrong_ones(objects, "is_star", "fine_tuned")["id"].tolist() == [3, 2]


def test_no_identifier_and_no_position_changes_a_probability(here, tmp_path):
    table, image, sigma, psf = sources(8)
    estimator = Estimator.load(PLACE.trained)
    found = []
    for number, moved in enumerate((table, table.assign(id=table["id"] * 7919, ra=1.0, dec=2.0))):
        folder = tmp_path / str(number)
        write_raw(folder, moved, image, sigma, psf, instrument=SDSS)
        found.append(estimator.measure_stamps(store.read_stamps(folder))["star_probability"])
    pd.testing.assert_series_equal(*found)
    survey = store.read_stamps(PLACE.stamps("survey")).table
    elsewhere = survey.assign(
        **{name: survey[name].to_numpy()[::-1] for name in ("id", "run", "camcol", "field")}
    )
    pd.testing.assert_frame_equal(separation.features(survey), separation.features(elsewhere))


@pytest.mark.thorough
def test_labels_at_random_teach_nothing_on_average(here):
    """One shuffle leans one way or the other, as classes lie apart; many do not lean."""
    trained = Estimator.load(PLACE.trained)
    ready = store.read_stamps(PLACE.prepared("simulated"))
    label = ready.table["is_star"].to_numpy()
    settings = params.read("star_galaxy.train").changed(epochs=2)
    areas = []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        rows = rng.permutation(len(label))
        train, rest = rows[:80], rows[80:]
        shuffled = label.copy()
        shuffled[train] = rng.permutation(label[train])
        data = LabelledStamps.of(
            TASK, ready, shuffled[:, np.newaxis], train=train, validation=train[:20]
        )
        fresh = training.new_estimator(
            TASK, data, trained.preparation, settings, backend="cpu", seed=seed, provenance={}
        )
        fitted, _ = training.fit(
            fresh,
            data,
            settings,
            name=f"shuffled-{seed}",
            checkpoints=here / ".checkpoints",
            identity=str(seed),
            code="",
        )
        inputs = {name: ready[name][rest] for name in TASK.inputs}
        [odds] = fitted.predict(inputs)
        areas.append(roc_auc(odds[:, 0], label[rest]))
    error = np.std(areas, ddof=1) / np.sqrt(len(areas))
    assert abs(np.mean(areas) - 0.5) < 3.5 * error
