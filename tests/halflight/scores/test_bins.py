"""Scores in bins: which object lies where, with which interval, and beside which bound."""

import numpy as np
import pandas as pd
import pytest

from halflight import params, tasks
from halflight.scores.bins import (
    BIN_SCORES,
    BOOTSTRAPPED,
    LEAST_COUNT,
    binned_scores,
    edges_of,
    scores_of,
)
from halflight.scores.statistics import bootstrap_by_group, implied_nmad, nmad

RADIUS = tasks.get("radius").headline
SETTINGS = params.read("radius.evaluate").changed(
    magnitude_edges=(14.0, 16.0, 18.0),
    size_over_psf_cuts=(0.8, 1.5),
    sersic_n_cuts=(2.0,),
    axis_ratio_cuts=(0.5,),
    crowding_cuts=(0.01, 0.1),
)
COUNT = 400


@pytest.fixture(scope="module")
def table():
    """Residuals of made-up galaxies, each its own group, half of them bulge and disc."""
    rng = np.random.Generator(np.random.Philox(key=[6, 1]))
    bound = np.exp(rng.normal(-3.5, 0.8, COUNT))
    two = rng.random(COUNT) < 0.5
    return pd.DataFrame(
        {
            "residual": 1.2 * bound * rng.standard_normal(COUNT),
            "sigma": np.where(np.arange(COUNT) % 10 == 0, np.nan, bound),
            "dof": np.inf,
            "group": np.arange(COUNT).astype(str),
            "bound": bound,
            "magnitude": rng.uniform(13.0, 19.0, COUNT),
            "size_over_psf": rng.lognormal(0.3, 0.6, COUNT),
            "sersic_n": np.where(two, np.nan, rng.uniform(0.5, 4.0, COUNT)),
            "axis_ratio": rng.uniform(0.2, 1.0, COUNT),
            "neighbour_flux_fraction": rng.exponential(0.02, COUNT) - 1e-9,
            "bulge_fraction": np.where(two, 0.4, 0.0),
        }
    )


def scored(table, bootstrap=20):
    edges = edges_of(SETTINGS)
    return pd.DataFrame(binned_scores(table, RADIUS, edges, seed=3, bootstrap=bootstrap))


def test_bins_of_magnitude_are_closed_and_others_open():
    edges = edges_of(SETTINGS)
    assert edges["magnitude"] == ((14.0, 16.0), (16.0, 18.0))
    assert edges["size_over_psf"] == ((-np.inf, 0.8), (0.8, 1.5), (1.5, np.inf))
    assert edges["sersic_n"] == ((-np.inf, 2.0), (2.0, np.inf))


@pytest.mark.parametrize(
    ("by", "inside"), [("magnitude", "most"), ("size_over_psf", "all"), ("axis_ratio", "all"),
                       ("neighbour_flux_fraction", "all"), ("sersic_n", "single")]
)  # fmt: skip
def test_every_object_lies_in_one_bin(table, by, inside):
    bins = scored(table)
    rows = bins[(bins["by"] == by) & (bins["galaxies"] == "all")]
    expected = {
        "all": COUNT,
        "single": int((table["bulge_fraction"] == 0).sum()),
        "most": int(table["magnitude"].between(14.0, 18.0, inclusive="left").sum()),
    }
    assert rows["count"].sum() == expected[inside]


def test_a_bin_holds_its_lower_edge_and_not_its_upper(table):
    on_edges = table.head(10).assign(magnitude=[14.0] * 5 + [16.0] * 5)
    rows = scored(on_edges)
    rows = rows[(rows["by"] == "magnitude") & (rows["galaxies"] == "all")]
    assert rows["count"].tolist() == [5, 5]


def test_a_bins_scores_are_those_of_its_objects(table):
    bins = scored(table)
    [row] = bins[(bins["by"] == "size_over_psf") & (bins["bin_high"] == 0.8)].to_dict("records")
    inside = table[table["size_over_psf"] < 0.8]
    assert np.isnan(row["bin_low"])
    expected = scores_of(inside, RADIUS)
    assert {name: row[name] for name in expected if name in row} == {
        name: pytest.approx(value) for name, value in expected.items() if name != "pit_ks"
    }
    assert row["crb_nmad"] == pytest.approx(implied_nmad(inside["bound"]))
    interval = bootstrap_by_group(inside["residual"], inside["group"], nmad, seed=3, repeats=20)
    assert (row["nmad_low"], row["nmad_high"]) == pytest.approx((interval.low, interval.high))


def test_fields_of_different_sizes_are_drawn_whole(table):
    fields = table.assign(group=np.repeat(["a", "b", "c", "d"], [5, 95, 250, 50]))
    row = scored(fields).iloc[0]
    kept = fields.dropna(subset="sigma")
    held = np.abs(kept["residual"]) <= 1.96 * kept["sigma"]
    for name, statistic in (
        ("nmad", nmad),
        ("outlier_fraction", lambda drawn: np.mean(np.abs(drawn) > 0.3)),
    ):
        interval = bootstrap_by_group(
            fields["residual"], fields["group"], statistic, seed=3, repeats=20
        )
        ends = row[f"{name}_low"], row[f"{name}_high"]
        assert ends == pytest.approx((interval.low, interval.high))
    by_field = held.groupby(kept["group"]).mean()
    assert by_field.min() <= row["coverage_95_low"] < row["coverage_95_high"] <= by_field.max()


def test_intervals_hold_their_score_and_shrink_with_the_count(table):
    bins = scored(table, bootstrap=200)
    everything = bins.iloc[0]
    assert everything["by"] == everything["galaxies"] == "all"
    for name in BOOTSTRAPPED:
        assert (bins[f"{name}_low"].dropna() <= bins[f"{name}_high"].dropna()).all()
        assert everything[f"{name}_low"] <= everything[name] <= everything[f"{name}_high"]
    held = everything["coverage_68"]
    width = everything["coverage_68_high"] - everything["coverage_68_low"]
    assert width == pytest.approx(2 * np.sqrt(held * (1 - held) / 360), rel=0.35)


def test_isolated_galaxies_are_told_by_their_neighbours_and_components(table):
    bins = scored(table)
    alone = table["neighbour_flux_fraction"] < 0.01
    for kind, chosen in (
        ("isolated_single", alone & (table["bulge_fraction"] == 0)),
        ("isolated_bulge_disc", alone & (table["bulge_fraction"] > 0)),
    ):
        rows = bins[bins["galaxies"] == kind]
        assert set(rows["by"]) == {"all", "magnitude"}
        whole = rows[rows["by"] == "all"].iloc[0]
        assert whole["count"] == chosen.sum()
        assert whole["crb_nmad"] == pytest.approx(implied_nmad(table["bound"][chosen]))
        assert whole["nmad"] == pytest.approx(nmad(table["residual"][chosen]))


def test_a_survey_that_knows_no_neighbours_has_no_isolated_galaxies(table):
    bins = scored(table.assign(neighbour_flux_fraction=np.nan, bound=np.nan))
    assert set(bins["galaxies"]) == {"all"}
    assert "neighbour_flux_fraction" not in set(bins["by"])
    assert bins["crb_nmad"].isna().all()


def test_a_bin_of_few_objects_has_a_count_and_no_score(table):
    bins = scored(table.head(LEAST_COUNT - 1))
    assert bins["count"].iloc[0] == LEAST_COUNT - 1
    assert bins[list(BIN_SCORES)].isna().all(axis=None)


def test_without_error_bars_there_is_scatter_and_no_coverage(table):
    bins = scored(table.assign(sigma=np.nan))
    assert bins["without_error"].equals(bins["count"])
    assert bins["nmad_low"].notna().any()
    held = [name for name in BIN_SCORES if name.startswith(("coverage", "nll"))]
    assert bins[held].isna().all(axis=None)


def test_one_group_alone_has_no_intervals(table):
    bins = scored(table.assign(group="one field"))
    assert bins["nmad"].notna().any()
    assert bins[["nmad_low", "coverage_95_high"]].isna().all(axis=None)
