"""Spoilt measurements are told apart from honest ones by their score."""

import pandas as pd
import pytest

from halflight.trials.apart import told_apart


def test_areas_by_hand():
    scores = pd.DataFrame(
        {
            "kind": ["honest"] * 3 + ["blank"] * 3,
            "id": [1, 2, 3] * 2,
            "magnitude": [15.0, 16.0, 20.0] * 2,
            "domain_score": [0.1, 0.5, 0.6, 0.5, 2.0, float("inf")],
        }
    )
    [row] = told_apart(scores, seed=1, repeats=5).to_dict("records")
    # Of nine pairs seven are in order, one is a tie: .5 beside .1, .5 and .6.
    assert row["auroc"] == pytest.approx((3 + 3 + 1 + 0.5) / 9)
    assert row["auroc_bright"] == pytest.approx((2 + 1 + 0.5) / 4)
    assert row["flagged"] == pytest.approx(2 / 3)
