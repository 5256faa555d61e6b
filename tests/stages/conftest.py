"""A small repository of discs, in which stages run."""

import contextlib
import shutil

import numpy as np
import pandas as pd
import pytest
import yaml

from halflight import files, params
from halflight.joint import FIT_ALONE
from halflight.paths import DATASETS, TaskPaths
from stages import combine, evaluate
from tests.tiny import PREPARATION, RADIUS, discs, estimator, write_prepared, write_raw

PLACE = TaskPaths("radius")
TINY = {
    "radius.train.model": {"preset": "radius_net", "filters": [4, 8], "dense_units": 8},
    "radius.train.device": "cpu",
    "radius.prepare.stamp_size": 16,
    "radius.prepare.psf_size": 9,
    "radius.train.epochs": 1,
    "radius.train.warmup_epochs": 0,
    "radius.finetune.epochs": 1,
    "radius.finetune.warmup_epochs": 0,
    "radius.finetune.from_scratch_epochs": 2,
    "radius.evaluate.bootstrap": 20,
    "radius.classical.stamps": 5,
    "report.gallery": 4,
    "capacity.epochs": 2,
}


@pytest.fixture
def configure(root):
    """Write params.yaml, tiny, with some values replaced by their dotted names."""

    def write(changes):
        write_params(root, changes)

    return write


def write_params(root, changes):
    """Write a tiny params.yaml into the current folder, with some values replaced."""
    tree = yaml.safe_load((root / "params.yaml").read_text())
    for name, value in {**TINY, **changes}.items():
        *parents, last = name.split(".")
        node = tree
        for key in parents:
            node = node[key]
        node[last] = value
    files.write_text(files.Path("params.yaml"), yaml.safe_dump(tree))


@pytest.fixture
def here(tmp_path, monkeypatch, configure):
    """An empty repository, the current folder, with tiny parameters."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    monkeypatch.setenv("HALFLIGHT_PROCESSES", "1")
    configure({})
    return tmp_path


def splits(count):
    """Splits of `count` stamps: half of them to train, a quarter to validate, a quarter to test."""
    return np.resize(["train", "test", "train", "validation"], count).astype(object)


def classical_table(table, seed=0):
    """Measurements of stamps by the classical methods, with errors of a few per cent."""
    rng = np.random.default_rng(seed)
    ln_radius, count = np.log(table["half_light_radius"].to_numpy()), len(table)
    return pd.DataFrame(
        {
            "id": table["id"].to_numpy(),
            "scene_fit_ln_radius": ln_radius + 0.05 * rng.normal(size=count),
            "sersic_fit_ln_radius": ln_radius + 0.06,
            "scene_fit_ln_radius_error": 0.05,
            "scene_fit_ln_axis_ratio": np.log(table["axis_ratio"].to_numpy()),
            "scene_fit_ln_axis_ratio_error": 0.05,
            "scene_fit_magnitude": table["magnitude"].to_numpy(),
            "scene_fit_magnitude_error": 0.05,
            **dict.fromkeys((f"scene_fit_{name}" for name in FIT_ALONE), 0.2),
            "scene_fit_psf_half_light_radius": 0.7,
            "scene_fit_chi_square_per_pixel": 1.0 + 0.01 * rng.normal(size=count),
            "scene_fit_contamination": rng.exponential(0.01, size=count),
            "scene_fit_misfit": rng.exponential(3.0, size=count),
            "scene_fit_x": 0.1 * rng.normal(size=count),
            "scene_fit_y": 0.1 * rng.normal(size=count),
            "scene_fit_converged": True,
            "scene_fit_sersic_n": 1.0,
            "scene_fit_axis_ratio": table["axis_ratio"].to_numpy(),
            "scene_fit_position_angle": np.arange(count) / 100,
            "aperture_ln_radius": ln_radius + 0.1 * rng.normal(size=count),
        }
    )


@pytest.fixture
def surveyed(here):
    """Stamps of both data sets, raw and prepared, and their classical measurements."""
    write_survey()
    return here


def write_survey():
    """Write both data sets into the current folder.

    The third stamp of either is not prepared, so that the rows of the two folders differ.
    """
    for number, dataset in enumerate(DATASETS):
        table, *arrays = discs(40, seed=number)
        table["position_angle"] = np.arange(40) / 10
        table[["x", "y"]] = 0.0
        if dataset == "survey":
            table["id"] += 1000
            table["true_half_light_radius"] = table["half_light_radius"]
            table = table.drop(columns="position_angle")
            table[["run", "camcol"]] = 752, 1
            table["field"] = 100 + 10 * (np.arange(40) // 5)
        origin = {"simulated": "simulated", "survey": "sandbox"}[dataset]
        write_raw(PLACE.stamps(dataset), table, *arrays, origin=origin)
        keep = np.delete(np.arange(40), 2)
        prepared = table.iloc[keep].assign(split=splits(39))
        folder = PLACE.prepared(dataset)
        stamps = write_prepared(folder, prepared, *(a[keep] for a in arrays), origin=origin)
        files.write_parquet(folder / "table.parquet", stamps.table.assign(source_index=keep))
        files.write_json(PLACE.preparation(dataset), PREPARATION.to_dict())
        measured = classical_table(table.iloc[keep])
        if dataset == "simulated":
            measured = measured[prepared["split"].to_numpy() != "train"].assign(bound=0.02)
        shuffled = measured.sample(frac=1, random_state=0)  # rows are found by id
        files.write_parquet(PLACE.classical(dataset), shuffled)


@pytest.fixture
def full_asked(surveyed, configure):
    """The tier of which a finished tiny run's params.yaml asks for a few stamps more."""
    tier = next(iter(params.read("radius.simulate").tiers))
    asked = {"tier": tier, "count": 40, "first": 20_000_000, "train": {"epochs": 2}}
    configure({"radius.full": asked, "radius.evaluate.bootstrap": 20})
    return tier


@pytest.fixture
def estimators():
    """Save an untrained estimator where each stage after `train` looks for one."""
    return write_estimators


def write_estimators():
    """Write the estimators of `estimators` into the current folder."""
    estimator().save(PLACE.trained)
    for number, arm in enumerate(("fine_tuned", "from_scratch"), start=10):
        ours = estimator().calibrated((np.full((4, 3), 2.0), np.ones((4, 3))), np.zeros((4, 3)))
        ours = ours.with_provenance(labels={"train": number}, device="cpu")
        ours.save(PLACE.finetuned(arm))


@pytest.fixture
def task():
    """The task that the discs belong to."""
    return RADIUS


@pytest.fixture(scope="module")
def whole(tmp_path_factory, root):
    """A repository in which every stage but the report has run, on discs."""
    folder = tmp_path_factory.mktemp("whole")
    with contextlib.chdir(folder), pytest.MonkeyPatch.context() as patch:
        patch.setenv("HALFLIGHT_PROCESSES", "1")
        write_params(root, {})
        write_survey()
        write_estimators()
        combine.main("radius")
        evaluate.main("radius")
        sql = {"rows": "SELECT 1"}
        provenance = {"endpoint": "sandbox", "release": 17, "band": "r", "sql": sql, "counts": {}}
        provenance |= {"dropped": {"frame edge": 1}, "files": []}
        files.write_json(PLACE.provenance, provenance)
        for path, arm in (
            (PLACE.trained_history, "train"),
            (PLACE.finetuned_history, "fine_tuned"),
        ):
            columns = {"epoch": [0], "loss": 1.0, "val_loss": 1.0, "learning_rate": 0.1}
            files.write_csv(path, pd.DataFrame(columns).assign(arm=arm))
    return folder


@pytest.fixture
def of_radius(monkeypatch):
    """The page has the section of the discs' task alone."""
    monkeypatch.setattr("stages.sections.NAMES", ("radius",))


@pytest.fixture
def copied(whole, tmp_path, monkeypatch):
    """A copy of it, the current folder."""
    folder = tmp_path / "copy"
    shutil.copytree(whole, folder)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HALFLIGHT_PROCESSES", "1")
    return folder
