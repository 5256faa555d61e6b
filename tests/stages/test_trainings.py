"""Trainings: networks on fewer stamps and on their own are trained, scored and shown together."""

import pandas as pd
import pytest
import yaml

from halflight import files, params
from halflight.paths import TaskPaths
from stages import training, training_apart, training_stamps, trainings
from stages.training import scores_of

SAME = {"simulate": {}, "prepare": {}, "scene": {}, "train": {}}
APART = {
    "simulate": {
        "stamp_size": 32,
        "psf_size": 25,
        "tiers": {"lab": {"count": 40, "first": 5_000_000, "population": {"radius": [0.5, 3.0]}}},
    },
    "prepare": {
        "stamp_size": 24,
        "split": {"lab": {"fractions": [0.5, 0.25, 0.25], "patches": "stamps"}},
    },
    "scene": {"size_scatter": 0.6},
    "train": {"epochs": 2},
}
KINDS = {
    "few": {"stamps": 4, **SAME},
    "all": {"stamps": None, **SAME},
    "lab": {"stamps": None, **APART},
}


@pytest.fixture
def told(surveyed, configure):
    """A finished tiny run, whose params.yaml knows of three trainings."""
    configure({"radius.trainings.kinds": KINDS, "radius.evaluate.bootstrap": 20})
    return surveyed


def test_each_is_trained_on_what_it_says_and_all_stand_in_one_table(told, capsys):
    for kind in ("few", "all"):
        training.main("radius", kind)
    training_stamps.main("radius", "lab")
    training_apart.main("radius", "lab")
    tables = {kind: pd.read_csv(scores_of("radius", kind)) for kind in KINDS}
    learnt = {kind: set(table["learnt_from"]) for kind, table in tables.items()}
    assert learnt["few"] == {4}
    assert learnt["all"] > {4} or min(learnt["all"]) > 4
    assert learnt["lab"] == {20}
    for table in tables.values():
        assert {"network", "scene_fit", "sersic_fit", "aperture"} == set(table["method"])
        assert (table["r_squared"] <= 1).all()
        assert (table["r_squared_low"] <= table["r_squared_high"]).all()
    own = TaskPaths("radius/trainings/lab")
    assert files.Path("data/radius/trainings/lab") == own.data
    assert own.prepared("simulated").is_dir()

    trainings.main("radius")
    page = files.Path("reports/trainings/radius/README.md").read_text()
    assert page.startswith("# Half-light radius")
    assert "Synthetic galaxies" in page
    rows = [line for line in page.splitlines() if line.startswith(("| few", "| all", "| lab"))]
    assert len(rows) == 12
    assert "| few | network | 4 |" in page
    assert files.Path("reports/trainings/radius/training_size.png").stat().st_size > 10_000


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"train": {"epoch": 3}}, r"trainings\.kinds\.lab\.train\.epoch"),
        ({"simulate": {"stamp_size": 33}}, r"trainings\.kinds\.lab\.simulate\.stamp_size"),
        ({"prepare": {}}, r"trainings\.kinds\.lab\.prepare\.split has no rule for lab"),
        ({"stamps": 0}, r"trainings\.kinds\.lab\.stamps"),
    ],
)
def test_a_kind_that_cannot_be_is_named(surveyed, configure, change, message):
    configure({"radius.trainings.kinds": {"all": KINDS["all"], "lab": KINDS["lab"] | change}})
    with pytest.raises(params.ParamsError, match=message):
        params.read("radius.trainings")


def test_there_is_something_to_compare_with(surveyed, configure):
    configure({"radius.trainings.kinds": {"lab": KINDS["lab"]}})
    with pytest.raises(params.ParamsError, match="one at least without `simulate`"):
        params.read("radius.trainings")


def test_the_studys_stages_are_of_the_kinds_of_the_parameters(root):
    kinds = params.load(root / "params.yaml").radius.trainings.kinds
    stages = yaml.safe_load((root / "reports/trainings/dvc.yaml").read_text())["stages"]
    apart = [name for name, kind in kinds.items() if kind.simulate]
    assert stages["training_stamps"]["matrix"]["kind"] == apart
    assert stages["training_apart"]["matrix"]["kind"] == apart
    assert stages["training"]["matrix"]["kind"] == [k for k in kinds if k not in apart]
