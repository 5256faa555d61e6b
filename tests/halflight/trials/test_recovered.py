"""Results beside their truths: who is wrong, who is flagged, and what a score is of."""

import numpy as np
import pandas as pd
import pytest

from halflight.quality import FLAGS
from halflight.trials.recovered import LEAST_COUNT, SCORES, flag_shares, recovered, scores

COUNT = 200


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(1)
    true = rng.uniform(0.5, 5.0, COUNT)
    truths = pd.DataFrame({"id": np.arange(COUNT), "magnitude": 17.0, "half_light_radius": true})
    ln = np.log(true) + 0.1 * rng.standard_normal(COUNT)
    ln[:10] += 1.0
    ends = {"": 0.0, "_2_5": -1.96, "_16": -1.0, "_84": 1.0, "_97_5": 1.96}
    found = {f"half_light_radius{name}": np.exp(ln + 0.1 * k) for name, k in ends.items()}
    flags = np.full(COUNT, FLAGS["noise_measured"])
    flags[:6] |= FLAGS["neighbour"]
    flags[100:110] |= FLAGS["edge"]
    results = pd.DataFrame(found).assign(id=truths["id"], flags=flags)
    results.loc[20, results.columns.str.startswith("half_light")] = np.nan
    return recovered(truths, results)


def test_wrong_is_who_is_far_off_or_not_measured(table):
    assert table["wrong"][:10].all()
    assert table["wrong"][20]
    assert np.isnan(table["residual"][20])
    assert not table.loc[20, ["inside_68", "inside_95"]].any()


def test_scores_are_those_of_the_draws(table):
    found = scores(table, seed=1, bootstrap=50)
    assert (found["count"], found["not_measured"]) == (COUNT, 1)
    assert found["nmad"] == pytest.approx(0.1, rel=0.2)
    assert found["bias"] == pytest.approx(0.0, abs=0.02)
    assert found["coverage_68"] == pytest.approx(0.65, abs=0.08)
    assert found["coverage_95"] == pytest.approx(0.9, abs=0.05)
    wrong = table["wrong"].sum()
    assert found["outlier_fraction"] == wrong / COUNT
    assert found["wrong_flagged"] == pytest.approx(6 / wrong)
    assert found["right_flagged"] == pytest.approx(10 / (COUNT - wrong))
    for name in SCORES:
        assert found[f"{name}_low"] <= found[name] <= found[f"{name}_high"]
    assert scores(table, seed=1, bootstrap=50) == found


def test_flags_of_the_whole_image_say_nothing_of_a_row(table):
    assert {n: (w, r) for n, w, r in flag_shares(table)} == {
        "edge": (0, 10),
        "neighbour": (6, 0),
    }


def test_too_few_have_no_score(table):
    few = scores(table.head(LEAST_COUNT - 1), seed=1, bootstrap=5)
    assert few["count"] == LEAST_COUNT - 1
    assert all(np.isnan(few[name]) for name in SCORES)


def test_other_sources_are_refused(table):
    with pytest.raises(ValueError, match="same sources"):
        recovered(table, table.assign(id=table["id"] + 1))
