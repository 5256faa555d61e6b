"""The section of a classification: its sentences and tables hold the numbers that were scored."""

import itertools

import numpy as np
import pandas as pd
import pytest

from halflight import tasks
from halflight.report import classes
from halflight.report.classification import (
    Levels,
    Seen,
    Wrong,
    check_classes,
    classification,
    labelled,
)
from halflight.report.classification.readings import stars_found
from halflight.report.formatting import format_fraction, format_number
from halflight.report.page import render_html, render_markdown, shown
from halflight.scores import decisions
from halflight.scores.classes import SCORES, compared, score
from halflight.scores.probability import purity_at

TASK = tasks.get("star_galaxy")
SKILL = {"fine_tuned": 2.6, "stacked": 3.6, "forest": 2.9, "cut": 2.0}
OPTIONS = {"galaxy_completeness": 0.96, "star_purity": 0.97, "seed": 1, "bootstrap": 20}
EDGES = tuple(itertools.pairwise([15.0, 18.0, 20.0, 22.0]))


def evaluated(count=300, seed=3, *, truth=True, methods=tuple(SKILL)):
    """Predictions and objects of a survey and of a simulation, as an evaluation writes them."""
    rng = np.random.default_rng(seed)
    objects, predictions = [], []
    for dataset, names in (("simulated", ["network"]), ("survey", methods)):
        star = (rng.random(count) < 0.4).astype(float)
        table = pd.DataFrame(
            {
                "dataset": dataset,
                "id": np.arange(count) + 1000,
                "magnitude": rng.uniform(15, 22, count),
                "kind": np.where(star > 0, "single_star", "compact_galaxy") if truth else "",
                "group": (np.arange(count) // 20).astype(str),
                "is_star_truth": star if truth or dataset == "simulated" else np.nan,
                "is_star_reference": star,
            }
        )
        objects.append(table)
        for name in names:
            odds = SKILL.get(name, 4.0) * (star - 0.5) + rng.normal(size=count)
            rows = table[["dataset", "id"]].assign(
                method=name, quantity="star_probability", value=1 / (1 + np.exp(-2 * odds))
            )
            predictions.append(rows.assign(rank=rows["value"]))
    return pd.concat(predictions, ignore_index=True), pd.concat(objects, ignore_index=True)


def inputs_of(endpoint="sandbox", **changes):
    predictions, objects = evaluated(truth=endpoint == "sandbox", **changes)
    metrics, bins = score(TASK, predictions, objects, edges=EDGES, **OPTIONS)
    paired = compared(TASK, predictions, objects, **OPTIONS)
    tables = labelled(TASK, predictions, objects)
    levels = Levels(0.96, 0.97, 0.9, 0.01)
    decided, told = decisions.scored(
        TASK,
        predictions,
        objects,
        {name: (table["value"], table["label"]) for name, table in tables.items()},
        decisive=levels.decisive,
        wrong=levels.decided_wrong,
        edges=EDGES,
        seed=1,
        bootstrap=20,
    )
    wrong = classes.wrong_cases(tables["fine_tuned"], 999) if "fine_tuned" in tables else None
    none = pd.DataFrame(columns=["id", "label", "value", "magnitude", "kind"])
    image = np.random.default_rng(0).normal(0.2, 0.1, (12, 12, 12, 5))
    return {
        "provenance": {"endpoint": endpoint, "release": 17, "band": "ugriz", "sql": "SELECT 1"},
        "tables": tables,
        "bins": bins,
        "decided": decided,
        "told": told,
        "metrics": metrics["star_probability"] | {"device": {"train": "cpu"}},
        "paired": paired or None,
        "history": pd.DataFrame(
            {
                "arm": "train",
                "epoch": np.arange(8),
                "loss": np.linspace(0.6, 0.1, 8),
                "val_loss": [0.6, 0.3, 0.2, 0.15, 0.14, 0.2, 0.25, 0.3],
                "learning_rate": 0.001,
            }
        ),
        "levels": levels,
        "wrong": Wrong(none if wrong is None else wrong, image),
        "seen": Seen(
            {"A star": image[0], "a galaxy": image[1]},
            {"first": np.random.default_rng(1).random((2, 6, 6, 10))},
        ),
    }


@pytest.fixture(scope="module")
def inputs():
    return inputs_of()


def section_of(inputs, **changes):
    data = check_classes(**(inputs | changes))
    return classification(data, task=TASK.name, title=TASK.title, figures=TASK.figures)


def test_the_headline_has_the_scores_of_answer_and_forest_and_what_they_differ_by(inputs):
    found, scores = section_of(inputs).headline, inputs["metrics"]["survey"]
    assert found.startswith("Network and forest together tell stars from galaxies with AUC ")
    for method in ("stacked", "forest"):
        assert f"AUC {format_number(scores[method]['auc'], 4)} (" in found
    difference = inputs["paired"]["mse"]["difference"]
    assert f"MSE by {format_number(difference, 2)}" in found
    assert difference < 0
    assert ", better" in found
    assert "synthetic survey's test fields" in found
    assert "that has seen no survey reaches AUC" in found


@pytest.mark.parametrize(
    ("endpoint", "words"),
    [
        ("sandbox", "of the synthetic survey's test fields, by their synthetic spectra"),
        ("sdss", "of the survey's test fields, by their spectra"),
        ("recorded", "of the survey's test fields, by the catalogue's own type"),
    ],
)
def test_what_is_synthetic_is_called_so_and_nothing_else(endpoint, words):
    section = section_of(inputs_of(endpoint))
    assert words in section.headline
    said = " ".join([section.headline, *section.limits, *(p.reading for p in section.pictures)])
    assert ("synthetic" in said) == (endpoint == "sandbox")
    assert ("judged by itself" in said) == (endpoint == "recorded")
    titles = [table.title for part in section.parts for table in part.tables]
    assert any("known truth" in title for title in titles) == (endpoint == "sandbox")


@pytest.mark.parametrize(
    ("low", "high", "difference", "words"),
    [
        (-0.02, -0.01, -0.015, "better"),
        (0.01, 0.02, 0.015, "worse"),
        (-0.01, 0.02, 0.005, "may be none"),
    ],
)
def test_a_difference_is_told_by_its_interval_alone(inputs, low, high, difference, words):
    paired = {"mse": {"difference": difference, "low": low, "high": high}}
    section = section_of(inputs, paired=paired)
    assert words in section.headline
    [row] = section.parts[1].tables[0].rows
    assert words in row[2]
    assert section.summary["paired"] == {"mse": difference}


def test_a_method_that_does_better_than_the_answer_is_named(inputs):
    metrics = {name: dict(own) for name, own in inputs["metrics"].items()}
    metrics["survey"]["forest"] = metrics["survey"]["forest"] | {"auc": 0.9999, "mse": 0.5}
    found = section_of(inputs, metrics=metrics).headline
    assert "Best here of all is in AUC that of the random forest, 0.9999." in found


def test_without_a_forest_there_is_no_comparison_and_the_network_answers():
    section = section_of(inputs_of(methods=("fine_tuned",)))
    assert section.headline.startswith("The network, fine-tuned tells stars from galaxies")
    assert "forest" not in section.headline
    assert section.parts[1].tables[0].rows == []
    assert "paired" not in section.summary


def test_without_any_score_the_section_says_so_and_every_figure_draws():
    inputs = inputs_of()
    nothing = {
        "tables": {},
        "bins": None,
        "decided": None,
        "told": None,
        "metrics": {},
        "paired": None,
        "history": None,
        "wrong": Wrong(inputs["wrong"].table.head(0), inputs["wrong"].image[:0]),
        "seen": Seen(),
    }
    section = section_of(inputs, **nothing)
    assert "not measured" in section.headline
    assert section.summary == {}
    for picture in section.pictures:
        assert picture.reading.startswith("Nothing was measured")
        assert picture.draw().get_axes()


def test_every_score_stands_in_the_table_and_the_best_is_bold(inputs):
    ranked, table = section_of(inputs).parts[0].tables
    scores = inputs["metrics"]["survey"]
    assert [row[0] for row in table.rows] == [
        "network, fine-tuned", "network + forest", "random forest", "psfMag − cModelMag"
    ]  # fmt: skip
    told = {name for one in (ranked, table) for name in one.columns[3:]}
    assert len(told) == len(SCORES)
    column = 3
    assert table.columns[column] == "MSE"
    order = ["fine_tuned", "stacked", "forest", "cut"]
    least = min(range(4), key=lambda row: scores[order[row]]["mse"])
    assert [row for row in range(4) if (row, column) in table.bold] == [least]
    assert table.rows[least][column] == format_number(scores[order[least]]["mse"], 3)


def test_bins_have_the_counts_and_scores_of_their_objects(inputs):
    auc = section_of(inputs).parts[2].tables[0]
    assert auc.columns == ["method", "15–18", "18–20", "20–22"]
    table = inputs["tables"]["stacked"]
    counts = [
        ((table["magnitude"] >= low) & (table["magnitude"] < high)).sum() for low, high in EDGES
    ]
    assert auc.rows[0] == ["objects", *map(str, counts)]


def decided_of(inputs, least, method="stacked", **bins):
    table = inputs["tables"][method]
    for low, high in bins.values():
        table = table[(table["magnitude"] >= low) & (table["magnitude"] < high)]
    p, star = table["value"], table["label"] > 0.5
    decided = np.maximum(p, 1 - p) >= least
    return decided, decided & ((p > 0.5) != star)


def test_what_is_left_open_is_told_by_threshold_and_by_magnitude(inputs):
    parts = {part.heading or part.folded: part for part in section_of(inputs).parts}
    every, chosen = parts["What is left open"].tables
    at = every.columns.index("network + forest: open")
    rows = {row[0]: row for row in every.rows}
    assert {"0.5", "0.9, the flag", "0.99"} <= set(rows)
    for name, least in (("0.5", 0.5), ("0.9, the flag", 0.9)):
        decided, wrong = decided_of(inputs, least)
        told = [format_fraction(1 - decided.mean()), format_fraction(wrong.sum() / decided.sum())]
        assert rows[name][at : at + 2] == told
    assert all("–" in text for text in every.details.values())
    [own] = [row for row in chosen.rows if row[0] == "network + forest"]
    decided, wrong = decided_of(inputs, inputs["told"]["stacked"]["chosen"])
    assert own[1] == "300"
    assert own[3:] == [format_fraction(1 - decided.mean()), format_fraction(wrong[decided].mean())]
    assert wrong[decided].mean() <= 0.01, "as it was chosen on the same objects here"
    [table] = parts["What is left open by magnitude"].tables
    assert table.columns == ["method", "15–18", "18–20", "20–22"]
    row = [each[0] for each in table.rows].index("network + forest")
    decided, wrong = decided_of(inputs, 0.9, bin=EDGES[1])
    assert table.rows[row][2] == format_fraction(1 - decided.mean())
    assert table.details[row, 2] == f"wrong: {wrong.sum()} of {decided.sum()}"


def test_captions_count_what_is_drawn(inputs):
    pictures = {picture.name: picture for picture in section_of(inputs).pictures}
    wrong = inputs["wrong"].table
    assert f"{int(wrong['label'].sum())} of the stars" in pictures["hardest"].reading
    assert "8 channels that differ most" in pictures["activations"].reading
    assert "first 10 of 10" in pictures["activations"].reading
    stacked = inputs["tables"]["stacked"]
    sure = np.maximum(stacked["value"], 1 - stacked["value"]) >= 0.98
    assert f"{int(sure.sum())} objects have a class" in pictures["reliability"].reading
    bars = np.isfinite(inputs["bins"]["auc_low"]).any()
    assert ("bars are 68 %" in pictures["completeness_and_purity"].reading) == bars


def test_the_levels_of_the_parameters_are_those_that_are_named_and_drawn(inputs):
    section = section_of(inputs, levels=Levels(0.9, 0.8, 0.9, 0.01))
    assert "purity of galaxies, 90 % complete" in section.parts[0].tables[0].columns
    pictures = {picture.name: picture for picture in section.pictures}
    assert "90 % complete" in pictures["roc"].reading
    axes = pictures["completeness_and_purity"].draw().get_axes()
    titles = [one.get_title(loc="left") for one in axes]
    assert "completeness of stars, 80 % pure" in titles
    lines = pictures["roc"].draw().get_axes()[1].get_lines()
    assert any(list(line.get_xdata()) == [0.9, 0.9] for line in lines)


def test_the_legend_of_the_curves_lies_outside_both_panels(inputs):
    figure = next(p for p in section_of(inputs).pictures if p.name == "roc").draw()
    figure.canvas.draw()
    [legend] = figure.legends
    box = legend.get_window_extent()
    assert len(legend.get_texts()) == len(SKILL)
    assert not any(box.overlaps(axes.get_window_extent()) for axes in figure.get_axes())
    assert all(axes.get_legend() is None for axes in figure.get_axes())


def test_stars_found_at_a_price_by_hand():
    rank, star = np.array([5.0, 4.0, 3.0, 2.0, 1.0, 0.0]), np.array([1, 1, 0, 1, 0, 0.0])
    assert stars_found(rank, star, 0.0) == pytest.approx(2 / 3)
    assert stars_found(rank, star, 0.34) == 1.0
    assert stars_found(-rank, star, 0.5) == 0.0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"paired": [1]}, r"metrics\['paired'\] must be a mapping"),
        ({"paired": {"auc": {"low": 1}}}, r"\['auc'\] needs difference, low, high"),
        (
            {"paired": {"auc": dict.fromkeys(("difference", "low", "high"), "x")}},
            "must be a number",
        ),
        ({"metrics": {"survey": {"forest": {"auc": "high"}}}}, "must be a number, received"),
        ({"metrics": {"survey": {"oracle": {"auc": 1.0}}}}, "unknown method 'oracle'"),
        ({"metrics": {"moon": {}}}, "metrics hold 'moon'"),
        ({"told": [1]}, r"metrics\['decided'\] must be a mapping"),
        (
            {"told": {"forest": {"chosen": 0.9}}},
            r"\['decided'\]\['forest'\] must be what .*validated",
        ),
        ({"told": {"oracle": {"validated": 9}}}, r"\['decided'\]\['oracle'\] must be what a known"),
        ({"decided": pd.DataFrame({"least": [1.0]})}, "'decided' lacks the column"),
        ({"bins": pd.DataFrame({"auc": [1.0]})}, "'class_bins' lacks the column"),
        ({"provenance": {"endpoint": "hubble"}}, "provenance lacks"),
    ],
)
def test_what_is_wrong_is_named(inputs, changes, message):
    with pytest.raises(ValueError, match=message):
        check_classes(**(inputs | changes))


@pytest.mark.parametrize("damage", ["stranger", "twice", "method"])
def test_predictions_that_fit_no_object_are_refused(damage):
    predictions, objects = evaluated(40)
    match damage:
        case "stranger":
            predictions.loc[0, "id"] = 7
        case "twice":
            predictions = pd.concat([predictions, predictions.head(1)])
        case "method":
            predictions.loc[0, "method"] = "oracle"
    with pytest.raises(ValueError, match=r"no row in 'objects'|more than one row|\['oracle'\]"):
        labelled(TASK, predictions, objects)


def test_one_class_alone_is_told_without_a_curve():
    predictions, objects = evaluated(60)
    stars = objects[objects["is_star_reference"] > 0]
    kept = predictions.merge(stars[["dataset", "id"]])
    tables = labelled(TASK, kept, stars)
    metrics, bins = score(TASK, kept, stars, edges=EDGES, **OPTIONS)
    inputs = inputs_of() | {"tables": tables, "bins": bins, "paired": None}
    section = section_of(inputs, metrics=metrics["star_probability"])
    assert "not measured" in section.headline
    for picture in section.pictures:
        assert picture.draw().get_axes()


def test_the_section_stands_on_both_pages(inputs):
    section = section_of(inputs)
    images = {picture.name: b"\x89PNG" for picture in shown([section])}
    html = render_html([section], images, title="halflight", params={})
    markdown = render_markdown([section], title="halflight", params={})
    for name in TASK.figures:
        assert f'id="{name}"' in html
        assert f"figures/{name}.png" in markdown
    assert html.count('alt=""') == 0


def test_every_purity_that_is_told_lies_in_the_panel(inputs):
    tables = {name: table.assign(rank=-table["rank"]) for name, table in inputs["tables"].items()}
    right = classes.FIGURES["roc"](tables, dataset="survey").get_axes()[1]
    told = [purity_at(-t["rank"], 1 - t["label"], 0.96) for t in tables.values()]
    assert min(told) < 0.8
    assert right.get_ylim()[0] < min(told)


def test_no_picture_of_one_task_has_the_name_of_another_s():
    names = [name for task in tasks.NAMES for name in tasks.get(task).figures]
    assert len(set(names)) == len(names)
