"""Residuals, running quantiles, PIT values and coverage, by hand and against known laws."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from halflight.report.residuals import (
    coverage_band,
    coverage_curve,
    join,
    known_reference,
    reference_name,
    running_quantiles,
    with_error_bars,
)
from halflight.scores.statistics import pit_values


def test_join_keeps_finite_rows_of_one_method():
    objects = pd.DataFrame(
        {
            "dataset": ["survey", "survey", "simulated"],
            "id": [1, 2, 1],
            "magnitude": [17.0, 18, 19],
            "reference": [0.5, np.nan, 9.0],
            "truth": [0.4, 0.6, 9.0],
        }
    )
    predictions = pd.DataFrame(
        {
            "dataset": "survey",
            "id": [2, 1, 1],
            "method": ["zero_shot", "zero_shot", "aperture"],
            "value": [0.7, 0.45, 5.0],
            "sigma": [0.1, np.nan, np.nan],
            "dof": np.inf,
        }
    )
    against = {"dataset": "survey", "method": "zero_shot"}
    rows = join(predictions, objects, against="reference", **against)
    assert rows[["id", "predicted", "expected"]].to_numpy().tolist() == [[1, 0.45, 0.5]]
    rows = join(predictions, objects, against="truth", **against)
    assert rows["expected"].tolist() == [0.6, 0.4]
    assert known_reference(objects, "survey") == "truth"
    assert known_reference(objects.assign(truth=np.nan), "survey") == "reference"


def test_reference_names():
    assert reference_name("simulated", "reference") == "true R"
    assert reference_name("survey", "truth") == "true R"
    assert reference_name("survey", "reference") == "R of the scene fit"


def test_running_quantiles_of_a_known_law():
    rng = np.random.Generator(np.random.Philox(key=[1, 1]))
    x = rng.uniform(size=60_000)
    centre, low, median, high = running_quantiles(x, 2 * x + rng.normal(0, 0.1, x.size))
    np.testing.assert_allclose(median, 2 * centre, atol=0.01)
    assert len(centre) == 12
    assert np.all((low < median) & (median < high))


@pytest.mark.parametrize(("count", "groups"), [(0, 0), (19, 0), (20, 1), (45, 2), (9999, 12)])
def test_running_quantiles_need_twenty_points_each(count, groups):
    assert running_quantiles(np.arange(count, dtype=float), np.zeros(count)).shape == (4, groups)


def test_honest_errors_have_uniform_pit_and_diagonal_coverage():
    rng = np.random.Generator(np.random.Philox(key=[2, 1]))
    sigma = rng.uniform(0.05, 0.3, 20_000)
    pit = pit_values(rng.normal(0, sigma), sigma)
    assert stats.kstest(pit, "uniform").pvalue > 0.01
    levels = np.linspace(0, 1, 11)
    assert np.all(np.abs(coverage_curve(pit, levels) - levels) <= coverage_band(len(pit), levels))


def test_errors_half_too_small_cover_38_percent():
    rng = np.random.Generator(np.random.Philox(key=[2, 2]))
    pit = pit_values(rng.normal(0, 0.2, 50_000), np.full(50_000, 0.1))
    covered = coverage_curve(pit, np.array([0.6827]))
    assert covered == pytest.approx(stats.norm.cdf(0.5) - stats.norm.cdf(-0.5), abs=0.01)


def test_unusable_error_bars_are_left_out():
    rows = pd.DataFrame({"expected": 0.0, "predicted": 0.0, "sigma": [np.nan, 0.0, -1, np.inf, 1]})
    assert with_error_bars(rows)["sigma"].tolist() == [1]
