"""The tables of an evaluation: who measured what, against which truth, and how well."""

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from halflight.methods import ARMS, LEARNT_FROM_LABELS, METHODS, comparable
from halflight.scores.statistics import (
    bias,
    bootstrap_by_group,
    ks_distance,
    nmad,
    outlier_fraction,
    pit_values,
    summary,
)

# Which column of the objects holds each kind of truth, and under which name its scores appear.
REFERENCES = {"truth": "ln_radius_true", "reference": "ln_radius_reference"}
# The scatter of fewer objects says nothing (that of one is always 0): it counts as not measured.
LEAST_COUNT = 5
TRANSFER = (*ARMS, *(name for name, method in METHODS.items() if method.kind == "classical"))
BIN_SCORES = (
    "bias",
    "nmad",
    "nmad_low",
    "nmad_high",
    "outlier_fraction",
    "coverage_68",
    "crb_nmad",
)


def predictions(dataset: str, judged: pd.DataFrame) -> pd.DataFrame:
    """The judges' measurements as predictions, one row an object and method.

    A fit that stopped at a limit counts with the best radius it reached, as the network counts with
    every one of its own; only what has no radius at all is left out. The aperture has no error bar.
    """
    fit = judged[np.isfinite(judged["sersic_fit_ln_radius"])]
    aperture = judged[np.isfinite(judged["aperture_ln_radius"])]
    tables = [
        pd.DataFrame(
            {
                "dataset": dataset,
                "id": table["id"],
                "method": method,
                "ln_radius": table[f"{prefix}_ln_radius"],
                "ln_radius_sigma": sigma,
            }
        )
        for method, prefix, table, sigma in [
            ("sersic_fit", "sersic_fit", fit, fit["sersic_fit_ln_radius_error"]),
            ("aperture", "aperture", aperture, np.nan),
        ]
    ]
    return pd.concat(tables, ignore_index=True)


def simulated_objects(table: pd.DataFrame, judged: pd.DataFrame) -> pd.DataFrame:
    """Simulated test galaxies with their truth; each is a bootstrap group of its own."""
    truth = np.log(table["half_light_radius"].to_numpy())
    bound = judged.set_index("id")["fisher_sigma"].loc[table["id"]].to_numpy()
    return _objects(
        "simulated",
        table,
        group=table["id"].astype(str),
        ln_radius_reference=truth,
        ln_radius_true=truth,
        sersic_n=table["sersic_n"],
        axis_ratio=table["axis_ratio"],
        neighbour_flux_fraction=table["neighbour_flux_fraction"],
        bulge_fraction=table["bulge_fraction"],
        fisher_sigma=bound,
    )


def survey_objects(table: pd.DataFrame, judged: pd.DataFrame) -> pd.DataFrame:
    """Survey test galaxies: the reference is our own Sersic fit; a synthetic sky knows the truth.

    Rows of `judged` correspond to rows of `table`. A bootstrap group is a field.
    """
    converged = judged["sersic_fit_converged"].to_numpy()
    return _objects(
        "survey",
        table,
        group=table["run"].astype(str)
        + "-"
        + table["camcol"].astype(str)
        + "-"
        + table["field"].astype(str),
        ln_radius_reference=np.where(converged, judged["sersic_fit_ln_radius"], np.nan),
        ln_radius_true=np.log(table["true_half_light_radius"].to_numpy(np.float64)),
        sersic_n=np.where(converged, judged["sersic_fit_sersic_n"], np.nan),
        axis_ratio=np.where(converged, judged["sersic_fit_axis_ratio"], np.nan),
        neighbour_flux_fraction=np.nan,
        bulge_fraction=np.nan,
        fisher_sigma=np.nan,
    )


def score(
    predictions: pd.DataFrame,
    objects: pd.DataFrame,
    *,
    magnitude_edges: Sequence[float],
    seed: int,
    bootstrap: int,
) -> tuple[dict[str, dict[str, dict[str, float]]], pd.DataFrame]:
    """Score every method on every data set.

    Returns the metrics, {data set: {method: {metric: value}}}, where "survey" is judged against
    the reference and "survey_truth" against the truth where that is known; and the same by
    magnitude bin, with bootstrap intervals of NMAD and the median Cramer-Rao bound. A bin of
    fewer than LEAST_COUNT objects has a count and NaN scores.
    """
    metrics: dict[str, dict[str, dict[str, float]]] = {}
    bins: list[dict[str, Any]] = []
    for dataset, against, method, table in _compared(predictions, objects):
        name = "survey_truth" if (dataset, against) == ("survey", "truth") else dataset
        metrics.setdefault(name, {})[method] = _all_scores(table)
        for low, high in itertools.pairwise(magnitude_edges):
            inside = table[(table["magnitude"] >= low) & (table["magnitude"] < high)]
            if inside.empty:
                continue
            row: dict[str, Any] = {"dataset": dataset, "against": against, "method": method}
            row |= {"bin_low": low, "bin_high": high, "count": len(inside)}
            bins.append(row | _bin_scores(inside, seed, bootstrap))
    return metrics, pd.DataFrame(bins)


def transfer(
    predictions: pd.DataFrame,
    objects: pd.DataFrame,
    *,
    labels: int,
    seed: int,
    bootstrap: int,
) -> pd.DataFrame:
    """How each arm does on the survey's test split, with the number of labels it learnt from."""
    rows = []
    for dataset, against, method, table in _compared(predictions, objects):
        if dataset != "survey" or method not in TRANSFER:
            continue
        residual = table["residual"]
        interval = bootstrap_by_group(residual, table["group"], nmad, seed=seed, repeats=bootstrap)
        rows.append(
            {
                "arm": method,
                "against": against,
                "count_labels": labels if method in LEARNT_FROM_LABELS else 0,
                "count": len(table),
                "nmad": interval.value,
                "nmad_low": interval.low,
                "nmad_high": interval.high,
                "bias": bias(residual),
                "outlier_fraction": outlier_fraction(residual),
            }
        )
    return pd.DataFrame(rows)


def _objects(dataset: str, table: pd.DataFrame, **columns: Any) -> pd.DataFrame:
    shared = table[["id", "magnitude", "psf_half_light_radius"]].reset_index(drop=True)
    values = {name: np.asarray(value) for name, value in columns.items()}
    return shared.assign(dataset=dataset, **values)


def _compared(
    predictions: pd.DataFrame, objects: pd.DataFrame
) -> Iterator[tuple[str, str, str, pd.DataFrame]]:
    """Each (data set, kind of truth, method) with the residuals of the objects it measured."""
    joined = predictions.merge(objects, on=["dataset", "id"], validate="many_to_one")
    for (dataset, method), table in joined.groupby(["dataset", "method"], sort=True):
        for against, column in REFERENCES.items():
            if (dataset == "simulated" and against == "reference") or not comparable(
                str(method), against
            ):
                continue
            known = table[np.isfinite(table[column]) & np.isfinite(table["ln_radius"])]
            if len(known):
                residual = known["ln_radius"] - known[column]
                yield str(dataset), against, str(method), known.assign(residual=residual)


def _bin_scores(table: pd.DataFrame, seed: int, bootstrap: int) -> dict[str, float]:
    """The scores of one magnitude bin; NaN where it holds too few objects."""
    if len(table) < LEAST_COUNT:
        return dict.fromkeys(BIN_SCORES, np.nan)
    interval = bootstrap_by_group(
        table["residual"], table["group"], nmad, seed=seed, repeats=bootstrap
    )
    known = _all_scores(table) | {
        "nmad": interval.value,
        "nmad_low": interval.low,
        "nmad_high": interval.high,
        "crb_nmad": table["fisher_sigma"].median(),
    }
    return {name: known.get(name, np.nan) for name in BIN_SCORES}


def _all_scores(table: pd.DataFrame) -> dict[str, float]:
    """`summary`, and with error bars the KS distance of the PIT from uniform."""
    if table["ln_radius_sigma"].isna().any():
        return summary(table["residual"])
    scores = summary(table["residual"], table["ln_radius_sigma"])
    pit = pit_values(table["residual"], table["ln_radius_sigma"])
    return scores | {"pit_ks": ks_distance(pit)}
