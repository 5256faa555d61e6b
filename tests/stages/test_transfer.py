"""Transfer: every arm learns what it may, from as many labels as it is given."""

import shutil

import numpy as np
import pandas as pd
import pytest

from halflight import params, store
from halflight.estimator import Estimator
from halflight.files import Path
from halflight.nn import Model
from halflight.paths import TaskPaths
from stages import transfer, transfer_sky, transfers
from stages.finetune import labelled_survey
from stages.transfer import ARMS, measured_of

PLACE = TaskPaths("radius").of_study("transfer")


@pytest.fixture
def trained(surveyed, estimators, configure):
    default = TaskPaths("radius")
    for name in ("survey", "prepared", "classical"):
        shutil.copytree(default.data / name, PLACE.data / name)
    estimators()
    configure({"radius.transfer.labels": [4], "radius.transfer.bootstrap": 20})


def weights(network: Model, pattern: str) -> dict[str, np.ndarray]:
    return {name: a for name, a in network.get_weights().items() if name.startswith(pattern)}


@pytest.mark.parametrize("arm", ARMS)
def test_an_arm_changes_what_it_may_learn_and_nothing_else(trained, task, arm):
    settings = params.read("radius.finetune").changed(max_labels=4, **ARMS[arm])
    data = labelled_survey(task, PLACE, settings)
    before = Estimator.load(TaskPaths("radius").trained).network
    train = params.read("radius.train")
    found = transfer.trained_arm(task, data, train, settings, arm, "cpu").network
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


def test_every_number_of_labels_is_measured_and_the_table_has_every_arm(trained, task, capsys):
    for arm in ARMS:
        transfer.main("radius", arm, "1")
        table = pd.read_parquet(measured_of("radius", arm, "1"))
        assert sorted(table["labels"].unique()) == [4, 20]
        ready = store.read_stamps(PLACE.prepared("survey")).table
        of_test = ready.loc[ready["split"] == "test", "id"]
        assert all(set(rows["id"]) == set(of_test) for _, rows in table.groupby("labels"))
    transfers.main("radius")
    text = Path("reports/transfer/radius/README.md").read_text()
    assert text.count("| all layers |") == text.count("| head alone |") == 2
    assert "| zero-shot | 0 |" in text


def test_other_seeds_take_other_labels(trained, task):
    settings = params.read("radius.finetune").changed(max_labels=4)
    one, other = (
        labelled_survey(task, PLACE, settings.changed(seed=seed)).train.tolist() for seed in (1, 2)
    )
    assert sorted(one) != sorted(other)


def test_the_study_has_a_sky_of_its_own(configure, here):
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
    transfer_sky.main("radius")
    stamps = store.read_stamps(PLACE.stamps("survey"))
    assert stamps.origin == "sandbox"
    assert set(stamps.table["run"]) == {752, 1302}
    ready = store.read_stamps(PLACE.prepared("survey"))
    measured = pd.read_parquet(PLACE.classical("survey"))
    assert measured["id"].tolist() == ready.table["id"].tolist()
    assert not TaskPaths("radius").stamps("survey").exists()


def test_a_sky_that_cannot_be_is_named(configure, here):
    configure({"radius.transfer.sandbox": {"field_per_strip": 1}})
    with pytest.raises(ValueError, match="field_per_strip"):
        transfer_sky.main("radius")
