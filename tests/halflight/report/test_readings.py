"""Captions: what a picture shows in this run, and nothing that it does not show."""

import numpy as np
import pytest

from halflight.report import inspection, readings
from halflight.report.inputs import check_inputs
from halflight.report.learning import of_learning


@pytest.fixture(scope="module")
def data(small_inputs):
    return check_inputs(**small_inputs)


def without(inputs, *methods):
    """The inputs without these methods."""
    changed = {
        name: inputs[name][~inputs[name]["method"].isin(methods)]
        for name in ("predictions", "bins")
    }
    return check_inputs(**inputs | changed)


def test_the_hero_names_who_measured_and_counts_who_is_right(data, small_inputs):
    text = readings.of_hero(data)
    assert "(network + scene fit)" in text
    assert "Of these 12, " in text
    others = readings.of_hero(without(small_inputs, "combined", "fine_tuned"))
    assert "(network, then network, zero-shot)" in others


def test_the_hero_says_scene_fit_only_where_one_is_drawn(data, make_inputs):
    assert "scene fit's" not in readings.of_hero(data)
    real = check_inputs(**make_inputs("recorded", simulated=300, survey=100))
    assert "or the scene fit's where no truth is known" in readings.of_hero(real)


def test_the_bound_is_named_only_where_it_is_drawn(data, small_inputs):
    assert "Cramér–Rao" in readings.of_magnitude(data, "simulated")
    bins = small_inputs["bins"].assign(crb_nmad=np.nan)
    unbounded = check_inputs(**small_inputs | {"bins": bins})
    assert "Cramér" not in readings.of_magnitude(unbounded, "simulated")
    assert "Cramér" not in readings.of_properties(unbounded, "simulated")


def test_intervals_are_promised_only_where_they_are_drawn(data, small_inputs):
    """The bootstrap of a single field has none."""
    none = dict.fromkeys(("nmad_low", "nmad_high", "coverage_68_low", "coverage_68_high"), np.nan)
    transfer = small_inputs["transfer"].assign(nmad_low=np.nan, nmad_high=np.nan)
    bins = small_inputs["bins"].assign(**none)
    bare = check_inputs(**small_inputs | {"bins": bins, "transfer": transfer})
    for read in (
        lambda one: readings.of_magnitude(one, "survey"),
        lambda one: readings.of_properties(one, "survey"),
        readings.of_transfer,
    ):
        assert "bootstrap" in read(data)
        assert "bootstrap" not in read(bare)


def test_the_least_scatter_is_counted_by_bins(data):
    bins = data.bins[(data.bins["dataset"] == "simulated") & (data.bins["by"] == "magnitude")]
    bins = bins[bins["galaxies"] == "all"]
    best = bins.loc[bins.groupby("bin_low")["nmad"].idxmin(), "method"].value_counts()
    text = readings.of_magnitude(data, "simulated")
    for title, name in (("network + scene fit", "combined"), ("aperture", "aperture")):
        if name in best:
            assert f"{title} in {best[name]} of {best.sum()} bins" in text
        else:
            assert title not in text


def test_the_answer_is_worst_where_its_bins_say(data):
    text = readings.of_properties(data, "simulated")
    assert text.startswith("Above the scatter")
    assert "Network + scene fit scatters most by R over the PSF's at " in text


def test_residuals_are_summed_up(data):
    text = readings.of_comparison(data, "simulated", "combined", "truth")
    assert "of 300 galaxies" in text
    assert "each point is a galaxy" in text
    assert "against the true R and" in text
    assert "against the predicted R" in text


def test_what_has_no_error_bar_is_counted(small_inputs):
    table = small_inputs["predictions"].copy()
    rows = (table["method"] == "scene_fit") & (table["dataset"] == "simulated")
    table.loc[table.index[rows][:7], "sigma"] = np.nan
    text = readings.of_calibration(
        check_inputs(**small_inputs | {"predictions": table}), "simulated"
    )
    assert "no error bar: scene fit 7." in text
    assert "Left out" not in readings.of_calibration(check_inputs(**small_inputs), "simulated")


def test_a_missing_pixel_is_named_only_where_there_is_one(data, small_inputs):
    assert "missing" not in readings.of_gallery(data)
    stamps = small_inputs["gallery"]["survey"]
    image = stamps["image"].copy()
    image[0, 3, 3] = np.nan
    gallery = small_inputs["gallery"] | {"survey": stamps | {"image": image}}
    text = readings.of_gallery(check_inputs(**small_inputs | {"gallery": gallery}))
    assert "missing: 1 stamps" in text


def test_nothing_measured_is_said(inputs):
    nothing = dict.fromkeys(set(inputs) - {"provenance"})
    empty = check_inputs(**inputs | nothing)
    for text in (
        readings.of_hero(empty),
        readings.of_magnitude(empty, "survey"),
        readings.of_properties(empty, "survey"),
        readings.of_comparison(empty, "survey", "combined", "truth"),
        readings.of_calibration(empty, "simulated"),
        readings.of_transfer(empty),
        readings.of_gallery(empty),
        readings.of_sizes(empty),
        of_learning(empty.history, readings.NOTHING),
        inspection.of_examples(empty, "simulated", "combined", "truth"),
        inspection.of_filters(empty.sight),
        inspection.of_maps(empty.sight),
        inspection.of_occlusion(empty.sight),
    ):
        assert text == readings.NOTHING
