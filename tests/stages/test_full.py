"""Full: more stamps of the default run's population, and their network beside the default's."""

import pandas as pd
import pytest

from halflight import files, params, store
from halflight.paths import TaskPaths
from stages import combine, full, full_scores, full_stamps, train

ANSWERS = {("network", "simulated"), ("zero_shot", "survey")}


def test_it_learns_from_stamps_of_its_own_and_stands_beside_the_default_run(full_asked):
    full_stamps.main("radius")
    place = full_stamps.place_of("radius")
    stamps = store.read_stamps(place.stamps("simulated"))
    assert set(stamps.table["tier"]) == {full_asked}
    assert len(stamps) == 40
    default = store.read_stamps(TaskPaths("radius").stamps("simulated"))
    assert not set(stamps.table["id"]) & set(default.table["id"])

    train.main("radius")
    combine.main("radius")
    full.main("radius")
    assert len(pd.read_csv(place.trained_history)) == 2

    full_scores.main("radius")
    scores = pd.read_csv("reports/full/radius/scores.csv")
    assert set(scores["run"]) == {"default", "full"}
    by_one = scores[scores["orientations"] == 1]
    assert set(zip(by_one["method"], by_one["dataset"], strict=True)) == ANSWERS
    page = files.Path("reports/full/radius/README.md").read_text()
    assert "synthetic stamps" in page
    assert f"from {full_scores.stamps_of(place)} of the same population" in page
    assert page.count("| full |") == page.count("| default |") >= 4


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"tier": "cameras"}, r"full\.tier must be one of .*received 'cameras'"),
        ({"first": 0}, "have stamps in common"),
        ({"train": {"epoch": 3}}, r"full\.train\.epoch"),
        ({"count": 0}, r"full\.count"),
    ],
)
def test_a_run_that_cannot_be_is_named(full_asked, configure, change, message):
    asked = {"tier": full_asked, "count": 40, "first": 20_000_000, "train": {}}
    configure({"radius.full": asked | change})
    with pytest.raises(params.ParamsError, match=message):
        params.read("radius.full")
