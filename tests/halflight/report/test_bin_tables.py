"""Tables of scores in bins: what they compare, what stands out, and how open ends are said."""

import numpy as np
import pandas as pd
import pytest

from halflight.report.bin_tables import (
    Grid,
    bound_table,
    comparable_bins,
    coverage_table,
    label,
    scatter_table,
)


def make_bins(**columns):
    row = {
        "dataset": "simulated", "method": "network", "galaxies": "all", "by": "magnitude",
        "bin_low": 15.0, "bin_high": 16.0, "count": 1200, "without_error": 0, "bias": 0.0,
        "nmad": 0.03, "nmad_low": 0.025, "nmad_high": 0.035, "outlier_fraction": 0.0,
        "coverage_68": 0.68, "coverage_95": 0.95, "crb_nmad": 0.02,
    }  # fmt: skip
    return pd.DataFrame(row | columns)


def test_the_main_table_by_hand():
    bins = make_bins(method=["network", "aperture"], nmad=[0.03, 0.1], nmad_low=[0.025, np.nan])
    table = scatter_table(bins, "simulated")
    assert table.columns == ["method", "15–16"]
    assert table.rows == [
        ["galaxies", "1\u202f200"],
        ["network", "0.0300"],
        ["aperture", "0.100"],
        ["Cramér–Rao bound", "0.0200"],
    ]
    assert table.details == {(1, 1): "0.0250–0.0350"}
    assert table.bold == {(1, 1)}


def test_bins_stand_in_their_order_and_open_ends_are_said():
    lows, highs = [3.0, np.nan, 0.8, 1.5], [np.nan, 0.8, 1.5, 3.0]
    bins = make_bins(by="size_over_psf", bin_low=lows, bin_high=highs, nmad=[0.4, 0.1, 0.2, 0.3])
    table = scatter_table(bins, "simulated", "size_over_psf")
    assert table.columns == ["method", "< 0.8", "0.8–1.5", "1.5–3", "> 3"]
    assert table.rows[1] == ["network", "0.100", "0.200", "0.300", "0.400"]
    assert table.bold == set()  # one method alone is not the best of any
    assert label(np.nan, np.nan) == "all"


def test_a_method_that_measured_fewer_galaxies_says_so():
    bins = make_bins(method=["network", "sersic_fit"], count=[1200, 1100])
    details = scatter_table(bins, "simulated").details
    assert details == {(1, 1): "0.0250–0.0350", (2, 1): "0.0250–0.0350, of 1\u202f100"}


def test_an_empty_bin_is_not_measured():
    bins = make_bins(count=[0], nmad=np.nan, nmad_low=np.nan, nmad_high=np.nan, crb_nmad=np.nan)
    table = scatter_table(bins, "simulated")
    assert table.rows == [["galaxies", "0"], ["network", "not measured"]]  # and no row of a bound
    assert scatter_table(bins.head(0), "simulated").rows == []


def test_a_method_without_a_bin_is_not_measured_there():
    bins = pd.concat([make_bins(bin_low=[15.0, 16.0], bin_high=[16.0, 17.0]),
                      make_bins(method=["aperture"], nmad=0.01)])  # fmt: skip
    table = scatter_table(bins, "simulated")
    assert table.rows[2] == ["aperture", "0.0100", "not measured"]
    assert table.bold == {(2, 1)}


def test_bins_against_the_truth_are_preferred_where_measured():
    bins = make_bins(dataset="survey", against=["reference", "truth"], nmad=[0.05, 0.07])
    rows, against = comparable_bins(bins, "survey")
    assert (against, rows["nmad"].tolist()) == ("truth", [0.07])
    rows, against = comparable_bins(bins.assign(nmad=[0.05, np.nan]), "survey")
    assert (against, rows["nmad"].tolist()) == ("reference", [0.05])


def test_a_fit_is_not_judged_against_itself():
    bins = make_bins(dataset="survey", method=["scene_fit", "fine_tuned"])
    assert comparable_bins(bins, "survey")[0]["method"].tolist() == ["fine_tuned"]


def test_coverage_of_68_per_cent_has_that_of_95_below_it():
    bins = make_bins(method=["network", "aperture"], coverage_68=[0.65, np.nan])
    table = coverage_table(bins, "simulated")
    assert [row[0] for row in table.rows] == ["galaxies", "network"]  # who has error bars
    assert table.rows[1][1] == "65.0\u202f%"
    assert table.details == {(1, 1): "95.0\u202f%"}


def test_only_isolated_single_galaxies_are_held_against_the_bound():
    bins = make_bins(
        galaxies=["all", "isolated_single", "isolated_bulge_disc"], nmad=[9.0, 0.03, 9]
    )
    whole = make_bins(by=["all"], galaxies="isolated_single", bin_low=np.nan, bin_high=np.nan)
    table = bound_table(pd.concat([bins, whole]))
    assert table.columns == ["method", "15–16", "all"]
    assert table.rows[1] == ["network", "1.5", "1.5"]
    assert table.details[1, 1] == "1.2–1.8"
    assert bound_table(bins.assign(crb_nmad=np.nan)).rows == []


@pytest.mark.parametrize("score", ["nmad", "count"])
def test_a_grid_holds_every_score(score):
    bins = make_bins(method=["aperture", "network"], nmad=[0.2, 0.1], count=[7, 9])
    found = Grid.of_rows(bins).of(score)
    assert found.tolist() == {"nmad": [[0.1], [0.2]], "count": [[9.0], [7.0]]}[score]
