"""Recovered: how a table of results does against known truths, its flags held to account, too."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from halflight.quality import FLAGS
from halflight.results.flags import own_flags
from halflight.scores.statistics import MAD_TO_SIGMA, resamples

WRONG = 0.3  # of ln R_e, either way: a factor of 1.35
LEAST_COUNT = 5  # galaxies of a bin: the scatter of fewer says nothing
SCORES = (
    *("bias", "nmad", "outlier_fraction", "coverage_68", "coverage_95"),
    *("wrong_flagged", "right_flagged"),
)
"""Columns of `scores`, each also with _low and _high, the central 68 % of a bootstrap."""
_LEVEL = 0.68


def recovered(truths: pd.DataFrame, results: pd.DataFrame) -> pd.DataFrame:
    """One row a galaxy, in order: what it was and what was said of it.

    truths: id, magnitude, half_light_radius (arcsec, R_e) and others, which stay. results: rows of
    `halflight.results.COLUMNS`, of the same ids in the same order. Added are measured,
    residual (ln R_e measured less true, NaN: not measured), inside_68 and inside_95 (whether the
    truth lies between the bounds), flags (the row's own, without those of its whole image), wrong
    (by more than `WRONG`, or not measured).
    Raises ValueError where the ids differ.
    """
    if truths["id"].to_list() != results["id"].to_list():
        raise ValueError("truths and results are not of the same sources in the same order")
    true, found = truths["half_light_radius"].to_numpy(), results.reset_index(drop=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        residual = np.log(found["half_light_radius"].to_numpy(np.float64) / true)

    def inside(low: str, high: str) -> NDArray[np.bool_]:
        bounds = (found[f"half_light_radius_{end}"].to_numpy(np.float64) for end in (low, high))
        lower, upper = bounds
        return (lower <= true) & (true <= upper)

    return truths.reset_index(drop=True).assign(
        measured=found["half_light_radius"].to_numpy(np.float64),
        residual=residual,
        inside_68=inside("16", "84"),
        inside_95=inside("2_5", "97_5"),
        flags=own_flags(found),
        wrong=~(np.abs(residual) <= WRONG),
    )


def scores(table: pd.DataFrame, *, seed: int, bootstrap: int) -> dict[str, float]:
    """SCORES of galaxies of `recovered`, count and not_measured; NaN where they say nothing.

    bias is the median relative error of R_e, nmad that of ln R_e. A galaxy without a measurement is
    an outlier, and counts in no other column. wrong_flagged is the share of the wrong that has a
    flag of its own, right_flagged that of the right.
    """
    found = {"count": len(table), "not_measured": int(table["residual"].isna().sum())}
    values = dict.fromkeys(SCORES, np.nan)
    ends = {f"{name}_{end}": np.nan for name in SCORES for end in ("low", "high")}
    if len(table) < LEAST_COUNT:
        return found | values | ends
    drawn = resamples(np.arange(len(table)), seed=seed, repeats=bootstrap)
    again = np.array([list(_values(table, rows).values()) for rows in drawn])
    for name, column in zip(SCORES, again.T, strict=True):
        known = column[np.isfinite(column)]
        if len(known) >= LEAST_COUNT:
            low, high = np.quantile(known, [0.5 - 0.5 * _LEVEL, 0.5 + 0.5 * _LEVEL])
            ends |= {f"{name}_low": float(low), f"{name}_high": float(high)}
    return found | _values(table, np.arange(len(table))) | ends


def _values(table: pd.DataFrame, rows: NDArray[np.integer]) -> dict[str, float]:
    """SCORES of some rows, drawn with replacement."""
    drawn = table.iloc[rows]
    residual, wrong, flags = (drawn[name].to_numpy() for name in ("residual", "wrong", "flags"))
    known = np.isfinite(residual)
    inside = [drawn[name].to_numpy()[known] for name in ("inside_68", "inside_95")]
    values = [residual[known], *inside, flags[wrong] != 0, flags[~wrong] != 0]
    ln, held, held_more, caught, alarmed = values
    middle = np.median(ln) if len(ln) else np.nan
    numbers = (
        np.expm1(middle),
        MAD_TO_SIGMA * np.median(np.abs(ln - middle)) if len(ln) else np.nan,
        wrong.mean(),
        *(each.mean() if len(each) else np.nan for each in (held, held_more, caught, alarmed)),
    )
    return dict(zip(SCORES, map(float, numbers), strict=True))


def flag_shares(table: pd.DataFrame) -> Iterator[tuple[str, int, int]]:
    """Name of each flag that is set, and how many of the wrong, and of the right, have it."""
    wrong, flags = table["wrong"].to_numpy(), table["flags"].to_numpy(np.int64)
    for name, bit in FLAGS.items():
        has = (flags & bit) != 0
        if has.any():
            yield name, int((has & wrong).sum()), int((has & ~wrong).sum())
