"""Figures of a classification draw from ordinary, empty and one-sided tables, without a warning."""

import numpy as np
import pandas as pd
import pytest

from halflight import nn, tasks
from halflight.nn import presets
from halflight.report import classes
from halflight.report.saving import png_bytes
from halflight.scores.classes import SCORES

STARS = tasks.get("star_galaxy")


def tables(count=200, seed=0):
    rng = np.random.default_rng(seed)
    label = (rng.random(count) < 0.5).astype(float)
    found = {}
    for name, skill in (("fine_tuned", 3.0), ("forest", 4.0), ("cut", 2.0)):
        rank = skill * (label - 0.5) + rng.normal(size=count)
        found[name] = pd.DataFrame(
            {
                "id": np.arange(count),
                "label": label,
                "rank": rank,
                "value": 1 / (1 + np.exp(-skill * rank)),
                "magnitude": rng.uniform(15, 22, count),
                "kind": np.where(label > 0, "single_star", "compact_galaxy"),
            }
        )
    return found


def bins(rows=4):
    edges = np.linspace(16, 22, rows + 1)
    table = []
    for method in ("fine_tuned", "forest"):
        for k in range(rows):
            row = {"dataset": "survey", "against": "reference", "method": method, "by": "magnitude"}
            row |= {"bin_low": edges[k], "bin_high": edges[k + 1]}
            for name in SCORES:
                row |= {name: 0.9 - 0.02 * k, f"{name}_low": 0.85, f"{name}_high": 0.95}
            table.append(row)
    return pd.DataFrame(table)


def drawn(figure):
    assert png_bytes(figure).startswith(b"\x89PNG")
    return figure


@pytest.mark.parametrize("name", ["reliability", "roc"])
@pytest.mark.parametrize("kind", ["ordinary", "few", "empty", "one class"])
def test_methods_side_by_side(name, kind):
    given = tables()
    match kind:
        case "few":
            given = {method: table.head(3) for method, table in given.items()}
        case "empty":
            given = {}
        case "one class":
            given = {method: table[table["label"] > 0] for method, table in given.items()}
    drawn(classes.FIGURES[name](given, dataset="survey"))


@pytest.mark.parametrize("kind", ["ordinary", "one bin", "empty", "nan"])
def test_scores_by_magnitude(kind):
    table = bins()
    match kind:
        case "one bin":
            table = bins(1)
        case "empty":
            table = table.iloc[:0]
        case "nan":
            table[list(SCORES)] = np.nan
    draw = classes.FIGURES["completeness_and_purity"]
    drawn(draw(table, dataset="survey", against="reference"))


def test_the_hardest_are_wrong_and_the_worst_first():
    table = tables()["fine_tuned"]
    worst = classes.wrong_cases(table, 12)
    own = np.where(worst["label"] > 0, worst["value"], 1 - worst["value"])
    assert (own < 0.5).all()
    assert (np.diff(own) >= 0).all()
    image = np.random.default_rng(0).normal(0.2, 0.1, (len(worst), 44, 44, 5))
    image[0, ..., 1] = np.nan
    drawn(classes.FIGURES["hardest"](image, worst, title="Hardest"))
    drawn(classes.FIGURES["hardest"](image[:0], worst.iloc[:0], title="Hardest"))


@pytest.mark.parametrize("preset", ["band_net", "star_galaxy_net"])
def test_maps_of_the_first_third_and_sixth_layer_are_of_the_network_itself(preset):
    if preset == "band_net":
        network = presets.build(preset, backend="reference", filters=(4, 4, 4, 4), core_filters=2)
    else:
        network = presets.build(preset, backend="reference", filters=(2, 2, 2), dense_units=4)
    rng = np.random.default_rng(0)
    inputs = {
        name: rng.normal(size=(2, *shape)).astype(np.float32)
        for name, shape in zip(network.input_names, network.input_shapes, strict=True)
    }
    found = classes.maps_of(network, inputs, lambda i, o: nn.Model(i, o, backend="reference"))
    assert len(found) == 3
    assert all(array.ndim == 4 and len(array) == 2 for array in found.values())
    assert all((array >= 0).all() for array in found.values()) or preset == "star_galaxy_net"
    images = {"star": inputs["image"][0], "galaxy": inputs["image"][1]}
    drawn(classes.FIGURES["activations"](images, found))
    drawn(classes.FIGURES["activations"](images, {}))


def test_the_task_names_figures_that_there_are():
    assert set(STARS.figures) == set(classes.FIGURES)
