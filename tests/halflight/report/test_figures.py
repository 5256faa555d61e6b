"""Every figure draws from ordinary, empty, sparse and NaN-ridden tables, without a warning."""

import subprocess
import sys

import matplotlib.figure
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from scipy import stats

from halflight.report.contents import FIGURES, pictures
from halflight.report.figures import out_of_domain, pipeline
from halflight.report.figures.pipeline import FLOWS, STAGES
from halflight.report.inputs import COLUMNS, check_inputs
from halflight.report.saving import png_bytes

NAMES = [
    "hero",
    "residual_against_magnitude_simulated",
    "scores_by_property_simulated",
    "predicted_against_true_simulated",
    "calibration_simulated",
    "examples_simulated",
    "residual_against_magnitude_survey",
    "scores_by_property_survey",
    "predicted_against_true_survey",
    "calibration_survey",
    "examples_survey",
    "transfer",
    "gallery",
    "size_distributions",
    "learning_curves",
    "first_filters",
    "feature_maps",
    "occlusion",
]
TABLES = ("predictions", "objects", "bins", "history", "transfer")


def empty(inputs):
    nothing = dict.fromkeys((*TABLES, "metrics", "gallery", "examples", "sight"))
    return inputs | nothing


def riddled(inputs, fraction):
    rng = np.random.Generator(np.random.Philox(key=[3, 5]))
    damaged = {}
    for name in TABLES:
        table = inputs[name].copy()
        for column, numeric in COLUMNS[name].items():
            if numeric and column not in ("bin_low", "bin_high", "count", "epoch"):
                holes = rng.uniform(size=len(table)) < fraction
                table[column] = table[column].astype(float).mask(holes)
        damaged[name] = table
    gallery = {
        name: stamps | {"image": np.full_like(stamps["image"], np.nan)}
        for name, stamps in inputs["gallery"].items()
    }
    return inputs | damaged | {"gallery": gallery}


def single(inputs):
    objects = inputs["objects"].groupby("dataset").head(1)
    keys = objects[["dataset", "id"]]
    gallery = {
        name: {key: value if key == "pixel_scale" else value[:1] for key, value in stamps.items()}
        for name, stamps in inputs["gallery"].items()
    }
    return inputs | {
        "examples": None,
        "objects": objects,
        "predictions": inputs["predictions"].merge(keys, on=["dataset", "id"]),
        "bins": inputs["bins"].head(1),
        "history": inputs["history"].head(1),
        "transfer": inputs["transfer"].head(1),
        "gallery": gallery,
    }


CASES = {
    "ordinary": lambda inputs: inputs,
    "empty": empty,
    "half NaN": lambda inputs: riddled(inputs, 0.5),
    "all NaN": lambda inputs: riddled(inputs, 1.1),
    "one row": single,
}


@pytest.fixture(scope="module", params=CASES)
def shown(request, small_inputs):
    data = check_inputs(**CASES[request.param](small_inputs))
    return {picture.name: picture for picture in pictures(data)}


@pytest.mark.parametrize("name", NAMES)
def test_every_picture_draws(shown, name):
    figure = shown[name].draw()
    assert isinstance(figure, matplotlib.figure.Figure)
    content = png_bytes(figure)
    assert content.startswith(b"\x89PNG")
    assert len(content) <= 200_000


def test_the_pictures_are_those_of_the_page_and_use_every_figure(inputs):
    data = check_inputs(**inputs)
    shown = pictures(data)
    assert [picture.name for picture in shown] == NAMES
    assert {name for name in FIGURES if any(p.name.startswith(name) for p in shown)} == set(FIGURES)


def test_empty_parts_say_not_measured(inputs):
    data = check_inputs(**empty(inputs))
    for picture in pictures(data):
        if picture.name == "pipeline":
            continue
        words = " ".join(text.get_text() for text in picture.draw().findobj(matplotlib.text.Text))
        assert "not measured" in words, picture.name


def test_figures_leave_the_global_style_alone(inputs):
    before = dict(matplotlib.rcParams)
    FIGURES["learning_curves"](check_inputs(**inputs).history)
    assert dict(matplotlib.rcParams) == before


def test_pyplot_is_never_imported():
    code = "import sys, halflight.report; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def words_of(figure):
    return [text.get_text() for text in figure.findobj(matplotlib.text.Text)]


def test_hero_prints_the_truth_and_the_measurement(inputs):
    data = check_inputs(**inputs)
    figure = FIGURES["hero"](data.gallery, data.predictions, data.objects, survey_name="a sky")
    first = ("simulated", data.gallery["simulated"].id[0])
    truth = data.objects.set_index(["dataset", "id"]).loc[first]
    joint = data.predictions.set_index(["dataset", "id", "method"]).loc[(*first, "combined")]
    radius, error = np.exp(joint["value"]), joint["sigma"]
    words = words_of(figure)
    assert f"true {np.exp(truth['truth']):.2f}″" in words
    assert f"{radius:.2f} ± {radius * error:.2f}″" in words
    assert "Survey: a sky" in words
    assert sum("bold: network + scene fit ± 1σ" in word for word in words) == 2


def test_hero_prints_the_networks_answer_where_there_is_no_joint_one(inputs):
    known = inputs["predictions"]
    data = check_inputs(**inputs | {"predictions": known[known["method"] != "combined"]})
    figure = FIGURES["hero"](data.gallery, data.predictions, data.objects, survey_name="a sky")
    words = " ".join(words_of(figure))
    assert "bold: network ± 1σ" in words
    assert "bold: network, fine-tuned ± 1σ" in words


def test_hero_says_scene_fit_where_no_truth_is_known(make_inputs):
    data = check_inputs(**make_inputs("recorded", simulated=300, survey=100))
    words = words_of(
        FIGURES["hero"](data.gallery, data.predictions, data.objects, survey_name="SDSS")
    )
    assert sum(word.startswith("scene fit ") for word in words) == 6
    assert sum(word.startswith("true ") for word in words) == 6


def test_labels_with_dollar_signs_are_not_mathematics(inputs):
    data = check_inputs(**inputs)
    stamps = dict(inputs["gallery"]["survey"])
    stamps["labels"] = [r"$\frac{broken$"] * len(stamps["labels"])
    data = check_inputs(**inputs | {"gallery": {"survey": stamps}})
    assert png_bytes(FIGURES["gallery"](data.gallery)).startswith(b"\x89PNG")


def test_transfer_leaves_out_the_fit_against_itself(inputs):
    transfer = check_inputs(**inputs).transfer
    figure = FIGURES["transfer"](transfer)
    left, right = figure.axes
    assert "is this reference" in [text.get_text() for text in left.texts]
    assert "0.0500" in [text.get_text() for text in right.texts]
    assert "0.0500" not in [text.get_text() for text in left.texts]


def test_transfer_shows_every_label_count():
    transfer = pd.DataFrame(
        {
            "arm": ["fine_tuned"] * 3,
            "against": ["reference"] * 3,
            "count_labels": [500, 50, 2000],
            "nmad": [0.1, 0.2, 0.05],
            "nmad_low": 0.04,
            "nmad_high": 0.22,
            "bias": 0.0,
            "outlier_fraction": 0.01,
        }
    )
    rows = [label.get_text() for label in FIGURES["transfer"](transfer).axes[0].get_yticklabels()]
    assert rows == [
        "fine-tuned\n50 labels",
        "fine-tuned\n500 labels",
        "fine-tuned\n2\u202f000 labels",
    ]


def test_pit_bars_are_the_histogram(inputs):
    data = check_inputs(**inputs)
    figure = FIGURES["calibration"](data.predictions, data.objects, dataset="simulated")
    histograms = [axes for axes in figure.findobj(Axes) if axes.patches]
    titles = [axes.get_title(loc="left") for axes in histograms]
    assert titles == ["network", "network + scene fit", "scene fit", "Sérsic fit"]
    for axes in histograms:
        assert np.mean([bar.get_height() for bar in axes.patches]) == pytest.approx(1)


def test_a_heavy_tail_that_is_stated_is_not_overconfident(inputs):
    """The coverage of Student's t with its degrees of freedom, and without them."""
    rng = np.random.Generator(np.random.Philox(key=[8, 1]))
    known = inputs["objects"]
    known = known[known["dataset"] == "simulated"]
    scale = 0.1 / stats.t(2).ppf(stats.norm.cdf(1))
    table = known[["dataset", "id"]].assign(method="combined", sigma=0.1)
    table["value"] = known["truth"] + scale * rng.standard_t(2, len(known))
    held = []
    for dof in (2.0, np.inf):
        data = check_inputs(**inputs | {"predictions": table.assign(dof=dof)})
        figure = FIGURES["calibration"](data.predictions, data.objects, dataset="simulated")
        [words] = [word for word in words_of(figure) if "network + scene fit: " in word]
        held.append(float(words.split(" / ")[1].split("\u202f")[0]))
    assert held[0] == pytest.approx(95.0, abs=1.5)
    assert held[1] < 92.0


def test_each_property_has_its_bins_and_every_method_its_line(inputs):
    data = check_inputs(**inputs)
    figure = FIGURES["scores_by_property"](data.bins, dataset="simulated")
    scatter = figure.axes[:4]
    assert [axes.get_title(loc="left").replace("\n", " ") for axes in scatter] == [
        "R over the PSF's", "Sérsic index", "axis ratio", "neighbours' light over the galaxy's",
    ]  # fmt: skip
    rows = data.bins[(data.bins["by"] == "axis_ratio") & (data.bins["galaxies"] == "all")]
    for method in ("combined", "aperture"):
        mine = rows[(rows["method"] == method) & (rows["dataset"] == "simulated")]
        drawn = [line.get_ydata().tolist() for line in scatter[2].lines]
        assert mine["nmad"].tolist() in drawn


def test_a_line_breaks_at_an_empty_bin():
    bins = pd.DataFrame(
        {
            "dataset": "simulated",
            "method": "network",
            "bin_low": [15.0, 16, 17],
            "bin_high": [16.0, 17, 18],
            "count": [9, 0, 9],
            "bias": [0.1, np.nan, 0.2],
            "nmad": [0.1, np.nan, 0.3],
            "nmad_low": [0.05, np.nan, 0.2],
            "nmad_high": [0.2, np.nan, 0.4],
            "crb_nmad": np.nan,
        }
    )
    axes = FIGURES["residual_against_magnitude"](bins, dataset="simulated").axes[0]
    line = next(line for line in axes.lines if len(line.get_ydata()) == 3)
    np.testing.assert_array_equal(line.get_ydata(), [0.1, np.nan, 0.3])
    assert not any("bound" in text.get_text() for text in axes.texts)


def test_the_pipeline_shows_the_stages_in_order():
    assert list(STAGES) == [
        "download", "simulate", "prepare", "classical", "train", "combine", "finetune", "evaluate",
        "report",
    ]  # fmt: skip
    words = words_of(pipeline.draw())
    assert set(STAGES) <= set(words)
    assert {flow.words for flow in FLOWS} <= set(words)


@pytest.mark.parametrize("kinds", [2, 3, 4, 12])
def test_what_is_told_apart_worst_is_named_in_its_order_where_no_curve_is(kinds):
    rng = np.random.default_rng(kinds)
    names = ["honest", *(f"spoilt_in_way_{k}" for k in range(kinds))]
    scores = pd.DataFrame(
        {
            "kind": np.repeat(names, 60),
            "domain_score": np.concatenate([rng.normal(k, 1.0, 60) for k in range(kinds + 1)]),
        }
    )
    areas = pd.DataFrame({"kind": names[1:], "auroc": np.linspace(0.6, 0.99, kinds)})
    areas = areas.assign(auroc_low=areas["auroc"], auroc_high=1.0, auroc_bright=areas["auroc"])
    figure = out_of_domain.draw(scores, "honest", areas.sample(frac=1.0, random_state=1))
    assert png_bytes(figure).startswith(b"\x89PNG")
    [legend], panels = figure.legends, figure.get_axes()
    told = [text.get_text() for text in legend.get_texts()]
    expected = [f"spoilt in way {k}: {areas['auroc'][k]:.2f}" for k in range(min(kinds, 3))]
    assert told[:3] == expected
    more = ["spoilt in way 3: 0.99"] if kinds == 4 else [f"the other {kinds - 3}"]
    assert told[3:] == (more if kinds > 3 else [])
    boxes = [legend.get_window_extent(), panels[1].get_legend().get_window_extent()]
    for box in boxes:
        assert not any(box.overlaps(axes.get_window_extent()) for axes in panels)
        assert box.x0 >= 0
        assert box.x1 <= figure.bbox.x1
    assert not any(axes.texts for axes in panels)
    title = panels[1]._left_title.get_window_extent()
    assert not boxes[1].overlaps(title)
