"""Tiers: one kind of galaxy is drawn, measured by every method and scored; one table of all."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from halflight import files, params, tasks
from halflight.paths import TaskPaths
from halflight.tables import read_csv
from stages import combine, tier, tier_survey, tiers
from stages.runs import both_runs
from stages.tier import scores_of

RADIUS = tasks.get("radius")
# Of each method: its runs, each with the orientations of a stamp; both are NaN of a fit.
ANSWERS = {
    ("aperture", None, None),
    ("sersic_fit", None, None),
    ("scene_fit", None, None),
    ("network", "default", 8),
    ("network", "package", 8),
    ("network", "package", 1),
    ("combined", "default", 8),
    ("combined", "package", 8),
}
KINDS = {
    "isolated": {
        "count": 6,
        "first": 3_000_000,
        "population": {"bulge_disc_fraction": 0.0, "neighbour_density": 0.0},
        "scene": {"size_scatter": 0.5},
    },
    "blended": {
        "count": 6,
        "first": 3_000_000,
        "population": {"companion_fraction": 1.0},
        "scene": {},
    },
}


@pytest.fixture
def measured(surveyed, estimators, configure, monkeypatch):
    estimators()
    monkeypatch.setattr("halflight.combination.LEAST_COUNT", 5)
    combine.main("radius")
    configure(
        {
            "radius.tiers.kinds": KINDS,
            "radius.simulate.stamp_size": 96,  # what the package's network sees
            "radius.simulate.psf_size": 25,
            "radius.evaluate.magnitude_edges": [14.0, 17.0, 20.5],
        }
    )
    for kind in KINDS:
        tier.main("radius", kind)

    def of_small_stamps(task, *, backend):
        """Both runs, the package's with the network of the default one: here stamps are small."""
        default, package = both_runs(task, backend=backend)
        return default, replace(default, run=package.run)

    monkeypatch.setattr(tier_survey, "both_runs", of_small_stamps)
    monkeypatch.setattr(tier_survey, "place_of", lambda task, _: TaskPaths(task))
    tier_survey.main("radius")


def test_every_method_of_every_run_is_scored_on_every_kind(measured, capsys):
    for kind in KINDS:
        table = pd.read_csv(scores_of("radius", kind))
        of_all = table[(table["by"] == "all") & (table["galaxies"] == "all")]
        rows = of_all[of_all["quantity"] == "ln_radius"].astype(object)
        answers = rows[["method", "run", "orientations"]].where(rows.notna(), None)
        assert set(answers.itertuples(index=False, name=None)) == ANSWERS
        assert len(rows) == len(ANSWERS)
        assert (of_all["count"] <= 6).all()
    isolated = pd.read_csv(scores_of("radius", "isolated"))
    assert "isolated_single" in set(isolated["galaxies"])
    by_run = isolated[isolated["method"] == "network"].groupby(["run", "orientations"])["bias"]
    assert by_run.first().nunique() == 3  # each is a measurement of its own
    tiers.main("radius")
    table = files.Path("reports/tiers/radius/README.md").read_text()
    assert "Synthetic galaxies" in table
    start, _, _ = table.partition("## Beside the bound")
    assert start.count("| isolated |") == start.count("| blended |") == len(ANSWERS)
    assert start.count("| survey |") == len(ANSWERS)
    assert "| isolated | package | network | 1 | 6 |" in table
    assert "| isolated | - | scene fit | - | 6 |" in table


def test_what_each_takes_is_told(measured, capsys):
    tier.main("radius", "blended")
    told = capsys.readouterr().out
    for name in (
        "scene_fit, sersic_fit, aperture together",
        "network default by 8",
        "network package by 8",
        "network package by 1",
        "its join package by 8",
    ):
        assert f"  {name}: " in told


def test_the_package_is_held_by_all_its_orientations(measured):
    scores = read_csv(scores_of("radius", "isolated"), orientations="number")
    own = tiers.of_package(scores, RADIUS)
    assert set(own["quantity"]) == {"ln_radius"}
    assert set(own["run"].dropna()) == {"package"}
    assert set(own["orientations"].dropna()) == {8}


def rows_of_scores(**columns):
    """Scores of the package's joint answer in one bin, and what differs."""
    row = {
        **{"quantity": "ln_radius", "method": "combined", "run": "package", "orientations": 8},
        **{"galaxies": "all", "by": "all", "bin_low": np.nan, "bin_high": np.nan},
        **{"count": 100, "without_error": 0, "nmad": 0.04, "crb_nmad": 0.02},
        **{"coverage_68": 0.68, "coverage_95": 0.95},
    }
    return row | columns


def test_bins_that_miss_stand_with_their_uncertainty_the_worst_first():
    magnitude = {"by": "magnitude", "bin_low": 14.0, "bin_high": 15.5}
    table = pd.DataFrame(
        [
            rows_of_scores(coverage_68=0.73, coverage_95=1.0),  # five points, and not more
            rows_of_scores(**magnitude, coverage_68=0.60, count=104, without_error=4),
            rows_of_scores(**magnitude | {"bin_high": np.nan}, coverage_95=0.80),
            rows_of_scores(**magnitude | {"bin_low": np.nan}, coverage_68=np.nan),
            rows_of_scores(**magnitude, run="default", coverage_68=0.1),
            rows_of_scores(**magnitude, method="scene_fit", run=None, coverage_68=0.1),
            rows_of_scores(**magnitude, galaxies="isolated_single", coverage_68=0.1),
            rows_of_scores(**magnitude, quantity="magnitude", coverage_68=0.1),
        ]
    )
    lines = list(tiers.misses({"alone": table}, RADIUS))
    assert "2 of 7, with" in lines[3]
    assert "which 1 of them exceed twofold" in lines[3]
    assert lines[-2:] == [
        "| alone | magnitude from 14 | 100 | 95% | 80.0% | -15.0 \u00b1 2.2 | -6.9 |",
        "| alone | magnitude 14 to 15.5 | 100 | 68% | 60.0% | -8.0 \u00b1 4.7 | -1.7 |",
    ]
    assert tiers.bin_of(rows_of_scores(by="sersic_n", bin_high=1.0)) == "sersic n below 1"
    assert tiers.bin_of(rows_of_scores()) == "all"


def test_scatter_stands_beside_the_bound_of_galaxies_alone():
    alone = {"galaxies": "isolated_bulge_disc"}
    magnitude = {"by": "magnitude", "bin_low": 14.0, "bin_high": 15.5}
    fit = {"method": "scene_fit", "run": None, "orientations": np.nan}
    table = pd.DataFrame(
        [
            rows_of_scores(nmad=0.9),  # of all galaxies, and none of the table
            rows_of_scores(**alone),
            rows_of_scores(**alone, **magnitude, nmad=0.05),
            rows_of_scores(**alone, **magnitude, nmad=0.9, count=49),
            rows_of_scores(**alone, **fit, count=99, nmad=0.03),
            rows_of_scores(**alone, run="default", nmad=0.9),
            rows_of_scores(galaxies="isolated_single", crb_nmad=np.nan),
        ]
    )
    lines = list(tiers.beside_bound({"pairs": table}, RADIUS))
    assert lines[-3] == ("| kind | profiles | galaxies | bound | network + scene fit | scene fit |")
    assert lines[-1] == "| pairs | bulge and disc | 100 | 0.0200 | 2.00 (2.50) | 1.50 |"


def test_the_same_stamps_are_drawn_again(measured):
    before = scores_of("radius", "blended").read_bytes()
    tier.main("radius", "blended")
    assert scores_of("radius", "blended").read_bytes() == before


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"population": {"companion_fraction": 2.0}}, "blended.population.companion_fraction"),
        ({"scene": {"size_scater": 2.0}}, "blended.scene.size_scater"),
        ({"first": 5}, "blended and .*|.* and blended have stamps in common"),
    ],
)
def test_a_kind_that_cannot_be_is_named(surveyed, configure, change, message):
    configure({"radius.tiers.kinds": {"blended": KINDS["blended"] | change}})
    with pytest.raises(params.ParamsError, match=message):
        params.read("radius.tiers")


def test_without_an_estimator_it_says_so(surveyed):
    with pytest.raises(FileNotFoundError, match="no estimator at"):
        tier.main("radius", "isolated")
