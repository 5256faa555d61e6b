"""The study of what is noticed: every kind is spoilt, measured by both runs, scored and told of."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from halflight import classical
from halflight.joint import COMBINATION, Joint
from halflight.measurer import Measurer
from halflight.paths import REPORTS, TaskPaths
from halflight.trials.apart import told_apart
from halflight.trials.corruptions import CORRUPTIONS
from stages import combine, domain
from tests.tiny import R, discs, estimator, network

FOLDER = REPORTS / "domain" / "radius"
PLACE = TaskPaths("radius")


@pytest.fixture
def ready(surveyed, estimators, configure, monkeypatch):
    """A default run, and the package's model: another network, with a join like the default's."""
    estimators()
    monkeypatch.setattr("halflight.combination.LEAST_COUNT", 5)
    combine.main("radius")
    joint = Joint.load(PLACE.estimator)
    joint.save(estimator(network=network(seed=1)), surveyed / "shipped")
    monkeypatch.setattr("halflight.models.find", lambda: surveyed / "shipped")
    few = [each for each in CORRUPTIONS if each.__name__ in ("blank", "sky_left_in", "smoothed")]
    monkeypatch.setattr(domain, "CORRUPTIONS", few)
    configure({"radius.domain.stamps": 6, "radius.domain.bootstrap": 20})
    return surveyed / "shipped"


@pytest.fixture
def studied(ready):
    domain.main("radius")


def test_every_kind_has_its_scores_and_what_contradicts_itself_is_noticed(studied):
    scores = pd.read_csv(FOLDER / "scores.csv")
    assert scores.groupby(["run", "kind"]).size().to_dict() == {
        (run, kind): 6
        for run in ("default", "package")
        for kind in ("honest", "blank", "sky_left_in", "smoothed")
    }
    for run, one in scores.groupby("run"):
        areas = told_apart(one, seed=1, repeats=20).set_index("kind")
        assert areas.loc["sky_left_in", "flagged"] == 1.0, run
        assert areas.loc["sky_left_in", "auroc"] >= 0.5
        assert (areas["auroc_low"] <= areas["auroc_high"]).all()
    text = (FOLDER / "README.md").read_text()
    assert text.count("| default | ") == text.count("| package | ") == 3
    assert "A sky of 10 sigma that was not subtracted" in text
    assert "each spoilt in 3 ways" in text
    assert (FOLDER / "roc.png").read_bytes().startswith(b"\x89PNG")


def test_the_same_stamps_are_spoilt_alike_again(studied):
    before = {path.name: path.read_bytes() for path in FOLDER.iterdir()}
    domain.main("radius")
    assert {path.name: path.read_bytes() for path in FOLDER.iterdir()} == before


def test_a_run_without_a_combination_is_named(ready):
    (ready / COMBINATION).unlink()
    with pytest.raises(ValueError, match=r"of the run package has no combination\.json"):
        domain.main("radius")


def test_runs_that_ask_alike_share_their_fits_and_answer_as_a_measurer_does(ready, monkeypatch):
    measurers = [Measurer.load(folder) for folder in (PLACE.estimator, ready)]
    asked, fit_scenes = [], classical.fit_scenes

    def counted(*stamps, **options):
        asked.append(options["detection_threshold"])
        return fit_scenes(*stamps, **options)

    monkeypatch.setattr(classical, "fit_scenes", counted)
    stamps, joints = discs(3)[1:], [each.joint for each in measurers]
    fits = list(domain.fitted(joints, stamps, R, "scene_fit"))
    assert len(asked) == 1
    for measurer, fit in zip(measurers, fits, strict=True):
        seen = measurer.estimator.measure(*stamps, instrument=R)
        joined = measurer.joint.joined(measurer.estimator.task, seen, fit)
        pd.testing.assert_frame_equal(joined, measurer.measure(*stamps, instrument=R, tier="best"))
    asked.clear()
    other = replace(joints[0], settings=joints[0].settings.changed(detection_threshold=5.0))
    third = replace(joints[0], settings=joints[0].settings.changed(stamps=7))
    again = list(domain.fitted([joints[0], other, third], stamps, R, "scene_fit"))
    assert asked == [3.0, 5.0]
    np.testing.assert_array_equal(again[0]["scene_fit_x"], again[2]["scene_fit_x"])
