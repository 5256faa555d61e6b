"""Combine: what joins network and fit is fitted on validation alone, and kept with both."""

import numpy as np
import pandas as pd
import pytest

from halflight import files, store
from halflight.estimator import Estimator
from halflight.joint import COMBINATION, Joint
from stages import combine
from tests.stages.conftest import PLACE


@pytest.fixture
def combined(surveyed, estimators, monkeypatch):
    estimators()
    monkeypatch.setattr("halflight.combination.LEAST_COUNT", 5)
    combine.main("radius")


def test_the_estimator_is_the_trained_one_with_a_combination_of_every_quantity(combined):
    joint = Joint.load(PLACE.estimator)
    assert set(joint.combinations) == {"ln_radius", "ln_axis_ratio", "magnitude"}
    stamps = store.read_stamps(PLACE.stamps("simulated"))
    pd.testing.assert_frame_equal(
        Estimator.load(PLACE.estimator).measure_stamps(stamps),
        Estimator.load(PLACE.trained).measure_stamps(stamps),
    )


def test_test_stamps_decide_nothing(combined):
    before = (PLACE.estimator / COMBINATION).read_bytes()
    splits = store.read_stamps(PLACE.prepared("simulated")).table.set_index("id")["split"]
    measured = pd.read_parquet(PLACE.classical("simulated"))
    of_test = (splits[measured["id"]] == "test").to_numpy()
    measured.loc[of_test, "scene_fit_ln_radius"] += 3.0
    files.write_parquet(PLACE.classical("simulated"), measured)
    combine.main("radius")
    assert (PLACE.estimator / COMBINATION).read_bytes() == before
    measured.loc[~of_test, "scene_fit_ln_radius"] += np.linspace(-3.0, 3.0, (~of_test).sum())
    files.write_parquet(PLACE.classical("simulated"), measured)
    combine.main("radius")
    assert (PLACE.estimator / COMBINATION).read_bytes() != before


def test_too_small_a_validation_split_joins_nothing_and_says_so(surveyed, estimators, capsys):
    estimators()
    combine.main("radius")
    assert Joint.load(PLACE.estimator) is None
    assert "are not joined: a combination is fitted on at least 30" in capsys.readouterr().out
