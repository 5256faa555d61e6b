"""What runs have trained: read, by all orientations and by one, alone and joined with a fit."""

import pandas as pd
import pytest

from halflight import models, tasks
from halflight.joint import Joint
from halflight.paths import TaskPaths
from stages import combine
from stages.runs import both_runs
from stages.trained import Trained
from tests.stages.conftest import classical_table
from tests.tiny import SHAPE, discs

PLACE = TaskPaths("radius")
RADIUS = tasks.get("radius")


@pytest.fixture
def joined(surveyed, estimators, monkeypatch):
    estimators()
    monkeypatch.setattr("halflight.combination.LEAST_COUNT", 5)
    combine.main("radius")


def test_it_answers_alone_and_joined_and_by_one_orientation_alone(joined):
    table, *stamps = discs(6)
    fits = classical_table(table)
    whole = Trained.load("default", PLACE.estimator, RADIUS, backend="cpu")
    network = whole.estimator.measure(*stamps)
    answers = dict(whole.answers(RADIUS, network, fits, "zero_shot"))
    assert list(answers) == ["zero_shot", "combined"]
    pd.testing.assert_frame_equal(answers["zero_shot"], network)
    pd.testing.assert_frame_equal(
        answers["combined"], Joint.load(PLACE.estimator).joined(RADIUS, network, fits)
    )
    itself, one = whole.ways()
    assert itself is whole
    assert one.ways() == (one,)
    alone = one.estimator.measure(*stamps)
    assert list(dict(one.answers(RADIUS, alone, fits))) == ["network"]
    assert not alone["ln_radius"].equals(network["ln_radius"])
    scores = pd.DataFrame({"nmad": [0.1]})
    assert whole.told(scores).to_dict("records") == [
        {"nmad": 0.1, "run": "default", "orientations": 8}
    ]
    assert one.told(scores)["orientations"].to_list() == [1]


def test_the_package_stands_beside_the_default_run(joined):
    default, package = both_runs(RADIUS, backend="cpu")
    assert (default.run, package.run) == ("default", "package")
    assert package.joint == Joint.load(models.find())
    assert package.estimator.preparation.stamp_size == 96


def test_an_estimator_of_another_task_is_named(joined):
    with pytest.raises(ValueError, match="is of the task radius, and cannot stand for the run x"):
        Trained.load("x", PLACE.estimator, SHAPE, backend="cpu")
