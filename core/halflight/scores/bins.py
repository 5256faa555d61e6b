"""Scores in bins of what an object is like: brightness, size, shape and crowding."""

import itertools
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from halflight.scores.statistics import (
    MAD_TO_SIGMA,
    implied_nmad,
    is_inside,
    resamples,
    summary,
)
from halflight.tasks import Quantity

if TYPE_CHECKING:
    from halflight.params.measuring import Evaluate

# The scatter of fewer objects says nothing (that of one is always 0): it counts as not measured.
LEAST_COUNT = 5
BOOTSTRAPPED = ("nmad", "outlier_fraction", "coverage_68", "coverage_95")
BIN_SCORES = (
    "bias",
    *(f"{name}{end}" for name in BOOTSTRAPPED for end in ("", "_low", "_high")),
    "nll",
    "crb_nmad",
)
EVERYTHING = "all"
"""The one bin of all objects, and the galaxies of whatever kind."""
ISOLATED = ("isolated_single", "isolated_bulge_disc")
"""Simulated galaxies without neighbours, by how many profiles they are made of."""

_LEVEL = 0.68  # that a bootstrap interval holds

Edges = Mapping[str, tuple[tuple[float, float], ...]]
"""Lower and upper edges of bins by the column of objects that they divide; infinite: open."""


def edges_of(settings: "Evaluate") -> Edges:
    """The bins that the section `evaluate` asks for. A bin holds its lower edge."""

    def divided(*cuts: float) -> tuple[tuple[float, float], ...]:
        return tuple(itertools.pairwise((-np.inf, *cuts, np.inf)))

    return {
        "magnitude": tuple(itertools.pairwise(settings.magnitude_edges)),
        "size_over_psf": divided(*settings.size_over_psf_cuts),
        "sersic_n": divided(*settings.sersic_n_cuts),
        "axis_ratio": divided(*settings.axis_ratio_cuts),
        "neighbour_flux_fraction": divided(*settings.crowding_cuts),
    }


def binned_scores(
    table: pd.DataFrame, quantity: Quantity, edges: Edges, *, seed: int, bootstrap: int
) -> Iterator[dict[str, str | float]]:
    """Scores of one method in every bin that holds an object, a row a bin.

    table: the columns of `edges`, residual, sigma, dof, group, bound and bulge_fraction, a row an
    object. A row has galaxies (of what kind), by (the column of the bin), bin_low and bin_high (NaN
    where open), count, without_error, and BIN_SCORES; these are NaN where fewer than LEAST_COUNT
    objects are. NAME_low and NAME_high are the central 68 % of a bootstrap by group. crb_nmad is
    the scatter that the bounds of these objects imply.

    The kinds of ISOLATED, with less of their neighbours' light than the first cut in crowding, are
    binned by magnitude alone: only beside these the bound of a galaxy alone is one to be reached.
    """
    everything = {EVERYTHING: ((-np.inf, np.inf),)}
    by_magnitude = everything | {"magnitude": edges["magnitude"]}
    crowding = table["neighbour_flux_fraction"]
    alone = crowding < edges["neighbour_flux_fraction"][0][1]
    kinds = {
        EVERYTHING: (table, everything | dict(edges)),
        ISOLATED[0]: (table[alone & (table["bulge_fraction"] == 0.0)], by_magnitude),
        ISOLATED[1]: (table[alone & (table["bulge_fraction"] > 0.0)], by_magnitude),
    }
    for kind, (galaxies, bins) in kinds.items():
        for by, pairs in bins.items():
            values = np.zeros(len(galaxies)) if by == EVERYTHING else galaxies[by].to_numpy()
            for low, high in pairs:
                inside = galaxies[(values >= low) & (values < high)]
                if inside.empty:
                    continue
                yield {
                    "galaxies": kind,
                    "by": by,
                    "bin_low": _closed(low),
                    "bin_high": _closed(high),
                    "count": len(inside),
                    "without_error": int(inside["sigma"].isna().sum()),
                    **_scores(inside, quantity, seed, bootstrap),
                }


def scores_of(table: pd.DataFrame, quantity: Quantity) -> dict[str, float]:
    """`summary` of one method's residuals, sigmas and degrees of freedom."""
    return summary(
        table["residual"],
        table["sigma"],
        dof=table["dof"],
        logarithmic=quantity.logarithmic,
        outlier=quantity.outlier,
    )


def _closed(edge: float) -> float:
    return edge if np.isfinite(edge) else np.nan


def _scores(table: pd.DataFrame, quantity: Quantity, seed: int, bootstrap: int) -> dict[str, float]:
    """BIN_SCORES of some objects."""
    scores = dict.fromkeys(BIN_SCORES, np.nan)
    if len(table) < LEAST_COUNT:
        return scores
    scores |= {k: v for k, v in scores_of(table, quantity).items() if k in scores}
    found = _bootstrapped(table, quantity.outlier, seed, bootstrap)
    if len(found):
        low, high = np.quantile(found, [0.5 - 0.5 * _LEVEL, 0.5 + 0.5 * _LEVEL], axis=0)
        for name, *ends in zip(BOOTSTRAPPED, low, high, strict=True):
            scores[f"{name}_low"], scores[f"{name}_high"] = map(float, ends)
    bounds = table["bound"].dropna()
    if len(bounds) >= LEAST_COUNT:
        scores["crb_nmad"] = implied_nmad(bounds)
    return scores


def _bootstrapped(
    table: pd.DataFrame, outlier: float, seed: int, repeats: int
) -> NDArray[np.float64]:
    """BOOTSTRAPPED of resamples, (repeats, 4); (0, 4) where there is but one group."""
    residual = table["residual"].to_numpy()
    known = table["sigma"].notna().to_numpy()
    inside = np.zeros((2, len(table)))
    for row, level in zip(inside, (0.68, 0.95), strict=True):
        if known.any():
            measured = table[known]
            row[known] = is_inside(
                measured["residual"], measured["sigma"], level, dof=measured["dof"]
            )
    drawn = list(resamples(table["group"], seed=seed, repeats=repeats))
    if not drawn:
        return np.empty((0, len(BOOTSTRAPPED)))
    # Samples of whole groups differ in length: a row a sample, the rest of it is not `real`.
    sizes = np.array([len(rows) for rows in drawn])
    real = np.arange(sizes.max()) < sizes[:, np.newaxis]
    rows = np.zeros(real.shape, np.intp)
    rows[real] = np.concatenate(drawn)
    values = residual[rows]
    centre = _medians(values, real)
    scatter = MAD_TO_SIGMA * _medians(np.abs(values - centre[:, np.newaxis]), real)
    outliers = np.mean(np.abs(values) > outlier, axis=1, where=real)
    barred = np.sum(known[rows], axis=1, where=real)
    held = np.sum(inside[:, rows], axis=2, where=real)
    shares = np.divide(held, barred, out=np.full(held.shape, np.nan), where=barred > 0)
    return np.column_stack([scatter, outliers, *shares])


def _medians(values: NDArray[np.float64], real: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The median of each row's real values."""
    ordered = np.sort(np.where(real, values, np.inf), axis=1)
    sizes = real.sum(axis=1)[:, np.newaxis]
    middle = np.take_along_axis(ordered, np.hstack([(sizes - 1) // 2, sizes // 2]), axis=1)
    return np.asarray(middle.mean(axis=1))
