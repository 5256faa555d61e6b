"""Tables of scores in bins: methods as rows and bins as columns, so that screens hold them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from halflight.methods import METHODS, comparable, in_order
from halflight.report.formatting import format_count, format_fraction, format_number
from halflight.report.section import Table
from halflight.report.tables import DATASET_TITLES

PROPERTIES = {
    "size_over_psf": "R over the PSF's",
    "sersic_n": "Sérsic index",
    "axis_ratio": "axis ratio",
    "neighbour_flux_fraction": "neighbours' light over the galaxy's",
}
"""What bins divide beside magnitude, in words for an axis."""
BY = {"magnitude": "magnitude"} | PROPERTIES
KINDS = {
    "all": "",
    "isolated_single": ", isolated galaxies of one profile",
    "isolated_bulge_disc": ", isolated galaxies of bulge and disc",
}
"""The kinds of galaxies that bins are of, after a title."""


def label(low: float, high: float) -> str:
    """Return a bin's limits in words; NaN is an open end."""
    if np.isnan(low):
        return "all" if np.isnan(high) else f"< {high:g}"
    return f"> {low:g}" if np.isnan(high) else f"{low:g}–{high:g}"


def comparable_bins(
    bins: pd.DataFrame, dataset: str, *, by: str = "magnitude", galaxies: str = "all"
) -> tuple[pd.DataFrame, str]:
    """Return the bins of a dataset that share one reference, and that reference's name.

    The optional column `against` may hold both "truth" and "reference": truth is preferred where
    it was measured. Without it, a survey is taken to be compared with its reference. A method that
    may not be compared with it is left out. by, galaxies: see `halflight.scores.bins`.
    """
    rows = bins[bins["dataset"] == dataset]
    against = "truth" if dataset == "simulated" else "reference"
    if "against" in rows.columns:
        known = (rows["against"] == "truth") & np.isfinite(rows["nmad"])
        against = "truth" if known.any() else "reference"
        rows = rows[rows["against"] == against]
    rows = rows[(rows["by"] == by) & (rows["galaxies"] == galaxies)]
    rows = rows[np.array([comparable(name, against) for name in rows["method"]], bool)]
    return rows.reset_index(drop=True), against


@dataclass(frozen=True)
class Grid:
    """Scores of methods in bins: `bins` (low, high), the open-ended whole last; `of` a score."""

    rows: pd.DataFrame
    methods: list[str]
    bins: list[tuple[float, float]]

    @classmethod
    def of_rows(cls, rows: pd.DataFrame) -> "Grid":
        """The grid of rows of one dataset, reference and property."""
        pairs = rows[["bin_low", "bin_high"]].drop_duplicates()
        whole = pairs.isna().all(axis=1)
        order = pairs["bin_low"].fillna(-np.inf).mask(whole, np.inf).sort_values(kind="stable")
        bins = [(float(low), float(high)) for low, high in pairs.loc[order.index].to_numpy()]
        return cls(rows, in_order(rows["method"]), bins)

    def of(self, score: str) -> np.ndarray:
        """The score of each method in each bin, (methods, bins); NaN where there is none."""
        values = np.full((len(self.methods), len(self.bins)), np.nan)
        names = {label(*pair): column for column, pair in enumerate(self.bins)}
        for row in self.rows.to_dict("records"):
            place = self.methods.index(row["method"]), names[label(row["bin_low"], row["bin_high"])]
            values[place] = row[score]
        return values


def scatter_table(
    bins: pd.DataFrame, dataset: str, by: str = "magnitude", galaxies: str = "all"
) -> Table:
    """Return the NMAD of ln R of each method by bin, the least in bold, and what bounds imply.

    The details give the bootstrap interval, and the count of a method that measured fewer or more
    galaxies than the first one.
    """
    rows, against = comparable_bins(bins, dataset, by=by, galaxies=galaxies)
    grid, scatter = Grid.of_rows(rows), Grid.of_rows(rows).of("nmad")
    title = f"NMAD of ln R by {BY[by]}{KINDS[galaxies]}"
    table = _table(f"{title}. {_titled(dataset, against)}", grid, scatter, format_number)
    counts, ends = grid.of("count"), _intervals(grid, format_number)
    for (method, column), value in np.ndenumerate(scatter):
        notes = [ends[method, column]] if (method, column) in ends else []
        if np.isfinite(value) and counts[method, column] != counts[0, column]:
            notes.append(f"of {format_count(counts[method, column])}")
        if notes:
            table.details[method + 1, column + 1] = ", ".join(notes)
    for column, values in enumerate(scatter.T):
        if np.isfinite(values).sum() > 1:
            table.bold.add((int(np.nanargmin(values)) + 1, column + 1))
    bound = grid.of("crb_nmad")
    if np.isfinite(bound).any():
        table.rows.append(["Cramér–Rao bound", *map(format_number, bound[0])])
    return table


def coverage_table(bins: pd.DataFrame, dataset: str, by: str = "magnitude") -> Table:
    """Return what the 68 % intervals of each method hold by bin, and what the 95 % ones do."""
    rows, against = comparable_bins(bins, dataset, by=by)
    grid = Grid.of_rows(rows[rows.groupby("method")["coverage_68"].transform("count") > 0])
    title = f"Held by 68 % intervals (small: by 95 % ones), by {BY[by]}"
    title = f"{title}. {_titled(dataset, against)}"
    table = _table(title, grid, grid.of("coverage_68"), format_fraction)
    for (method, column), value in np.ndenumerate(grid.of("coverage_95")):
        if np.isfinite(value):
            table.details[method + 1, column + 1] = format_fraction(value)
    return table


def bound_table(bins: pd.DataFrame) -> Table:
    """Return the scatter of isolated single galaxies over what their Cramer-Rao bounds allow.

    Here alone is 1 a statement of reaching the bound: it is that of one profile without neighbours.
    """
    parts = [
        comparable_bins(bins, "simulated", by=by, galaxies="isolated_single")[0]
        for by in ("magnitude", "all")
    ]
    rows = pd.concat(parts, ignore_index=True)
    rows = rows[rows["crb_nmad"] > 0].copy()
    for name in ("nmad", "nmad_low", "nmad_high"):
        rows[name] /= rows["crb_nmad"]
    grid = Grid.of_rows(rows)
    title = "Isolated galaxies of one profile: NMAD of ln R over what the Cramér–Rao bound allows"
    table = _table(f"{title}, by magnitude", grid, grid.of("nmad"), _ratio)
    for (method, column), words in _intervals(grid, _ratio).items():
        table.details[method + 1, column + 1] = words
    return table


def _titled(dataset: str, against: str) -> str:
    return DATASET_TITLES["survey_truth" if (dataset, against) == ("survey", "truth") else dataset]


def _ratio(value: float) -> str:
    return format_number(value, 2)


def _table(title: str, grid: Grid, values: np.ndarray, form: Callable[[float], str]) -> Table:
    """A row a method, after one of the first method's counts."""
    columns = ["method", *(label(*pair) for pair in grid.bins)]
    if not grid.methods:
        return Table(title, columns, [])
    rows = [["galaxies", *map(format_count, grid.of("count")[0])]]
    for method, scores in zip(grid.methods, values, strict=True):
        rows.append([METHODS[method].title, *map(form, scores)])
    return Table(title, columns, rows)


def _intervals(grid: Grid, form: Callable[[float], str]) -> dict[tuple[int, int], str]:
    """The bootstrap intervals of the scatter in words, by method and bin."""
    ends = np.stack([grid.of("nmad_low"), grid.of("nmad_high")], axis=-1)
    return {
        (method, column): f"{form(ends[method, column, 0])}–{form(ends[method, column, 1])}"
        for method, column in np.argwhere(np.isfinite(ends).all(axis=-1)).tolist()
    }
