"""The tables of a classification: every score of every method, whole, by magnitude, in pairs."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from halflight.methods import METHODS, comparable, in_order
from halflight.report.bin_tables import Grid, label
from halflight.report.classification.data import ANSWERS_OF, ClassData
from halflight.report.classification.headline import scored, signed, told_apart
from halflight.report.formatting import format_count, format_fraction, format_number
from halflight.report.learning import verdict
from halflight.report.section import Table
from halflight.scores.classes import BETTER_HIGHER, SCORES

TITLES = {
    "survey": "Survey test objects, by {labels}",
    "survey_truth": "Survey test objects, by the known truth",
    "simulated": "Simulated test objects, by the truth",
}
KINDS = {
    "the order of objects": BETTER_HIGHER,
    "the probabilities themselves": tuple(name for name in SCORES if name not in BETTER_HIGHER),
}
"""The scores of a table, which one screen holds, by what they judge."""
BINNED = ("auc", "mse", "galaxy_purity", "star_completeness")
"""The scores that have a table by magnitude."""


def names_of(data: ClassData) -> dict[str, str]:
    """Every score in words, with the levels at which two of them are told."""
    complete, pure = data.levels.galaxy_completeness, data.levels.star_purity
    return {
        "auc": "AUC",
        "average_precision": "average precision",
        "galaxy_purity": f"purity of galaxies, {100 * complete:.3g} % complete",
        "star_completeness": f"completeness of stars, {100 * pure:.3g} % pure",
        "mse": "MSE",
        "calibration_error": "CAL",
        "number_error": "number of galaxies, off by",
        "log_loss": "log loss",
    }


def score_tables(data: ClassData, dataset: str) -> list[Table]:
    """Return every score of every method over all magnitudes, a table for each of KINDS.

    The best of a score is bold, the details give its bootstrap interval.
    """
    scores, names = data.metrics.get(dataset, {}), names_of(data)
    methods = [name for name in in_order(scores) if comparable(name, ANSWERS_OF[dataset])]
    title = TITLES[dataset].format(labels=data.labelled_by)
    tables = []
    for kind, shown in KINDS.items():
        columns = ["method", "objects", "stars", *(names[score] for score in shown)]
        table = Table(f"{title}: {kind}", columns, [])
        for method in methods:
            counts = [format_count(scores[method].get(name)) for name in ("count", "stars")]
            table.rows.append([METHODS[method].title, *counts])
        for column, score in enumerate(shown, start=3):
            values = [scores[method].get(score, np.nan) for method in methods]
            for row, (method, value) in enumerate(zip(methods, values, strict=True)):
                table.rows[row].append(_form(score)(value))
                if f"{score}_low" in scores[method] and f"{score}_high" in scores[method]:
                    table.details[row, column] = _span(score, scores[method])
            table.bold.update((row, column) for row in _best(score, np.array(values, float)))
        tables.append(table)
    return tables


def paired_table(data: ClassData) -> Table:
    """Return what every score of network and forest together is less that of the forest alone."""
    names = names_of(data)
    rows = [
        [names[score], signed(own["difference"]), told_apart(score, own)]
        for score in SCORES
        if (own := data.paired.get(score)) is not None
    ]
    spans = [
        " to ".join(signed(data.paired[score][end]) for end in ("low", "high"))
        for score in SCORES
        if score in data.paired
    ]
    return Table(
        "Network and forest together less the forest alone, on the same survey objects",
        ["score", "difference", "which is"],
        rows,
        details={(row, 1): text for row, text in enumerate(spans)},
    )


def bin_table(data: ClassData, score: str, dataset: str = "survey") -> Table:
    """Return one score of each method by magnitude, the best of a bin in bold.

    The details give the bootstrap intervals.
    """
    rows = rows_by_magnitude(data.bins, dataset, ANSWERS_OF[dataset])
    grid = Grid.of_rows(rows)
    columns = ["method", *(label(*pair) for pair in grid.bins)]
    title = f"{names_of(data)[score]} by r magnitude. {TITLES[dataset]}"
    table = Table(title.format(labels=data.labelled_by), columns, [])
    if not grid.methods:
        return table
    values, low, high = (grid.of(f"{score}{end}") for end in ("", "_low", "_high"))
    for name in ("count", "stars"):
        most = np.max(np.nan_to_num(grid.of(name)), axis=0)
        table.rows.append([{"count": "objects"}.get(name, name), *map(format_count, most)])
    head = len(table.rows)
    for row, method in enumerate(grid.methods):
        table.rows.append([METHODS[method].title, *map(_form(score), values[row])])
        for column in np.flatnonzero(np.isfinite(low[row]) & np.isfinite(high[row])).tolist():
            ends = {f"{score}_low": low[row, column], f"{score}_high": high[row, column]}
            table.details[row + head, column + 1] = _span(score, ends)
    for column in range(values.shape[1]):
        best = _best(score, values[:, column])
        table.bold.update((row + head, column + 1) for row in best)
    return table


def rows_by_magnitude(bins: pd.DataFrame, dataset: str, against: str) -> pd.DataFrame:
    """Return the rows of bins in magnitude of one data set, compared with one kind of truth."""
    chosen = (bins["dataset"] == dataset) & (bins["against"] == against)
    rows = bins[chosen & (bins["by"] == "magnitude")]
    return rows.reset_index(drop=True)


def learning_table(history: pd.DataFrame) -> Table:
    """Return how each training went, with a verdict: under-, overfitted, or neither."""
    rows = []
    for arm, curve in history.groupby("arm", sort=False):
        known = curve[np.isfinite(curve["val_loss"])].sort_values("epoch")
        if known.empty:
            continue
        best = known.loc[known["val_loss"].idxmin()]
        name = "on simulated stamps" if arm == "train" else METHODS[str(arm)].short
        epochs = f"{best['epoch']:g} of {curve['epoch'].max():g}"
        rows.append([name, epochs, format_number(best["val_loss"]), verdict(known)])
    columns = ["training", "best epoch", "validation log loss", "verdict"]
    return Table("How training went", columns, rows)


def _span(score: str, own: Mapping[str, float]) -> str:
    return "–".join(_form(score)(own[f"{score}_{end}"]) for end in ("low", "high"))


def _form(score: str) -> Callable[[float], str]:
    """How a score is printed: shares as percentages."""
    if score in ("galaxy_purity", "star_completeness", "number_error"):
        return format_fraction
    return lambda value: scored(score, value)


def _best(score: str, values: np.ndarray) -> list[int]:
    """The places of the best of several methods' scores; none where fewer than two are known."""
    if np.isfinite(values).sum() < 2:
        return []
    best = np.nanmax(values) if score in BETTER_HIGHER else np.nanmin(values)
    return np.flatnonzero(values == best).tolist()
