"""Training: the simulated training split, its truths, and an estimator that knows its origin."""

import numpy as np
import pandas as pd
import pytest

from halflight import files, store
from halflight.estimator import Estimator
from stages import train

from .conftest import PLACE


def contents(folder):
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_an_estimator_and_its_history_are_written_the_same_every_time(surveyed):
    train.main("radius")
    first = contents(PLACE.trained.parent)
    trained = Estimator.load(PLACE.trained)
    assert trained.provenance["trained_on"] == "simulated"
    assert trained.provenance["device"] == "cpu"
    assert trained.provenance["labels"] == {"train": 20, "validation": 9}
    assert trained.preparation.stamp_size == 16
    assert pd.read_csv(PLACE.trained_history)["arm"].tolist() == ["train"]
    assert not list((surveyed / ".checkpoints").iterdir())
    train.main("radius")
    assert contents(PLACE.trained.parent) == first


def test_a_stamp_without_a_truth_is_not_learnt_from(surveyed):
    table = store.read_stamps(PLACE.prepared("simulated")).table
    rows = np.flatnonzero(table["split"] == "train")[:3]
    table.loc[rows, "half_light_radius"] = [np.nan, 0.0, -1.0]
    files.write_parquet(PLACE.prepared("simulated") / "table.parquet", table)
    train.main("radius")
    trained = Estimator.load(PLACE.trained)
    assert trained.provenance["labels"] == {"train": 17, "validation": 9}


def test_other_stamps_and_other_settings_train_another_network(surveyed, configure):
    train.main("radius")
    first = contents(PLACE.trained)
    configure({"radius.train.seed": 2})
    train.main("radius")
    assert contents(PLACE.trained) != first


def test_an_empty_split_is_told(surveyed):
    table = store.read_stamps(PLACE.prepared("simulated")).table
    files.write_parquet(PLACE.prepared("simulated") / "table.parquet", table.assign(split="train"))
    with pytest.raises(ValueError, match="there is no stamp to validate: the split is empty"):
        train.main("radius")
    assert not PLACE.trained.exists()
