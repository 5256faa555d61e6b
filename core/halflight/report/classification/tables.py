"""The tables of a classification: every score of every method, whole, by magnitude, in pairs."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from halflight.methods import METHODS, comparable, in_order
from halflight.report.bin_tables import Grid, label
from halflight.report.classification.data import ANSWERS_OF, ClassData
from halflight.report.classification.headline import scored, signed, told_apart
from halflight.report.formatting import (
    NOT_MEASURED,
    format_count,
    format_fraction,
    format_number,
)
from halflight.report.learning import verdict
from halflight.report.section import Table
from halflight.scores.bins import EVERYTHING
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
DECIDED = {"undecided": "open", "wrong": "wrong of the rest"}
"""What is told of decisions, by its column."""


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


def decided_tables(data: ClassData) -> list[Table]:
    """Return what each method leaves open, and how often it is wrong about the rest.

    The first table goes from threshold to threshold, the second has of each method the one that
    validation chose. The details give the bootstrap intervals.
    """
    whole = data.decided[data.decided["by"] == EVERYTHING]
    methods = in_order(whole["method"].unique())
    where, use = TITLES["survey"].format(labels=data.labelled_by), data.levels.decisive
    heads = [f"{METHODS[name].short}: {told}" for name in methods for told in DECIDED.values()]
    every = Table(f"Left open below a probability. {where}", ["decided from", *heads], [])
    shared = whole.groupby("least")["method"].nunique() == len(methods)
    for least in shared.index[shared]:
        _add(every, f"{least:g}, the flag" if least == use else f"{least:g}")
        for method in methods:
            _add_decided(every, whole[(whole["method"] == method) & (whole["least"] == least)])
    chosen = Table(
        f"From the least probability by which at most {format_fraction(data.levels.decided_wrong)} "
        f"of the decided validation objects are wrong. {where}",
        ["method", "chosen on", "decided from", *DECIDED.values()],
        [],
    )
    for method in methods:
        one = whole[(whole["method"] == method) & (whole["chosen"] == 1)]
        least = "none serves" if one.empty else format_number(one["least"].iloc[0])
        _add(chosen, METHODS[method].title, format_count(data.validated.get(method)), least)
        _add_decided(chosen, one)
    return [every, chosen]


def decided_bins(data: ClassData) -> Table:
    """Return what each method leaves open at the threshold in use, by magnitude.

    The details say how many of the decided are wrong.
    """
    rows = data.decided[(data.decided["by"] == "magnitude") & (data.decided["decisive"] == 1)]
    edges = sorted(set(zip(rows["bin_low"], rows["bin_high"], strict=True)))
    where, use = TITLES["survey"].format(labels=data.labelled_by), data.levels.decisive
    title = f"Left open below {use:g}, by r magnitude. {where}"
    table = Table(title, ["method", *(label(*pair) for pair in edges)], [])
    for method in in_order(rows["method"].unique()):
        _add(table, METHODS[method].title)
        own = rows[rows["method"] == method].set_index(["bin_low", "bin_high"]).reindex(edges)
        for share, decided, mistakes in own[["undecided", "decided", "mistakes"]].to_numpy():
            if np.isfinite(share):
                wrong = f"wrong: {format_count(mistakes)} of {format_count(decided)}"
                table.details[len(table.rows) - 1, len(table.rows[-1])] = wrong
            table.rows[-1].append(format_fraction(share))
    return table


def _add(table: Table, *cells: str) -> None:
    table.rows.append(list(cells))


def _add_decided(table: Table, row: pd.DataFrame) -> None:
    """Go on in the last row with the shares of one row of `data.decided`, or of none."""
    for share in DECIDED:
        if row.empty:
            table.rows[-1].append(NOT_MEASURED)
            continue
        ends = [row[f"{share}_{end}"].iloc[0] for end in ("low", "high")]
        if np.isfinite(ends).all():
            place = len(table.rows) - 1, len(table.rows[-1])
            table.details[place] = "–".join(map(format_fraction, ends))
        table.rows[-1].append(format_fraction(row[share].iloc[0]))


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
