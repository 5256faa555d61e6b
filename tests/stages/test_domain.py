"""The study of what is noticed: every kind is spoilt, measured, scored and told of."""

import pandas as pd
import pytest

from halflight.paths import REPORTS
from halflight.trials.corruptions import CORRUPTIONS
from stages import combine, domain

FOLDER = REPORTS / "domain" / "radius"


@pytest.fixture
def studied(surveyed, estimators, configure, monkeypatch):
    estimators()
    monkeypatch.setattr("halflight.combination.LEAST_COUNT", 5)
    combine.main("radius")
    few = [each for each in CORRUPTIONS if each.__name__ in ("blank", "sky_left_in", "smoothed")]
    monkeypatch.setattr(domain, "CORRUPTIONS", few)
    configure({"radius.domain.stamps": 6, "radius.domain.bootstrap": 20})
    domain.main("radius")


def test_every_kind_has_its_scores_and_what_contradicts_itself_is_noticed(studied):
    scores = pd.read_csv(FOLDER / "scores.csv")
    assert scores["kind"].value_counts().to_dict() == dict.fromkeys(
        ("honest", "blank", "sky_left_in", "smoothed"), 6
    )
    areas = domain.told_apart(scores, seed=1, repeats=20).set_index("kind")
    assert areas.loc["sky_left_in", "flagged"] == 1.0
    assert areas.loc["sky_left_in", "auroc"] >= 0.5
    assert (areas["auroc_low"] <= areas["auroc_high"]).all()
    text = (FOLDER / "README.md").read_text()
    assert text.count("\n| ") == 3 + 1
    assert "A sky of 10 sigma that was not subtracted" in text
    assert (FOLDER / "roc.png").read_bytes().startswith(b"\x89PNG")


def test_the_same_stamps_are_spoilt_alike_again(studied):
    before = {path.name: path.read_bytes() for path in FOLDER.iterdir()}
    domain.main("radius")
    assert {path.name: path.read_bytes() for path in FOLDER.iterdir()} == before


def test_areas_by_hand():
    scores = pd.DataFrame(
        {
            "kind": ["honest"] * 3 + ["blank"] * 3,
            "id": [1, 2, 3] * 2,
            "magnitude": [15.0, 16.0, 20.0] * 2,
            "domain_score": [0.1, 0.5, 0.6, 0.5, 2.0, float("inf")],
        }
    )
    [row] = domain.told_apart(scores, seed=1, repeats=5).to_dict("records")
    # Of nine pairs seven are in order, one is a tie: .5 beside .1, .5 and .6.
    assert row["auroc"] == pytest.approx((3 + 3 + 1 + 0.5) / 9)
    assert row["auroc_bright"] == pytest.approx((2 + 1 + 0.5) / 4)
    assert row["flagged"] == pytest.approx(2 / 3)
