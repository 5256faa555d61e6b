"""The quantities the figures draw: residuals, running quantiles and coverage."""

import numpy as np
import pandas as pd
from scipy.special import ndtri

from halflight.methods import comparable, in_order
from halflight.scores.statistics import pit_values


def known_reference(objects: pd.DataFrame, dataset: str) -> str:
    """Return "truth" where any true radius of `dataset` is known, else "reference"."""
    known = np.isfinite(objects.loc[objects["dataset"] == dataset, "truth"])
    return "truth" if known.any() else "reference"


def reference_name(dataset: str, against: str) -> str:
    """Return what a residual is measured against, in words for an axis."""
    if against == "truth" or dataset == "simulated":
        return "true R"
    return "R of the scene fit"


def join(
    predictions: pd.DataFrame, objects: pd.DataFrame, *, dataset: str, method: str, against: str
) -> pd.DataFrame:
    """Return the measured rows of one method: id, predicted, sigma, dof, expected, magnitude.

    predicted and expected are ln R (arcsec); against: "truth" or "reference". Rows whose
    predicted or expected radius is not finite are left out.
    """
    chosen = predictions[
        (predictions["dataset"] == dataset) & (predictions["method"] == method)
    ].rename(columns={"value": "predicted"})
    known = objects.loc[objects["dataset"] == dataset, ["id", against, "magnitude"]]
    rows = chosen[["id", "predicted", "sigma", "dof"]].merge(
        known.rename(columns={against: "expected"}), on="id", how="inner"
    )
    finite = np.isfinite(rows["predicted"]) & np.isfinite(rows["expected"])
    return rows[finite].reset_index(drop=True)


def running_quantiles(
    x: np.ndarray, y: np.ndarray, *, bins: int = 12, minimum: int = 20
) -> np.ndarray:
    """Return (4, k) rows x, 16 %, 50 % and 84 % quantiles of y in k equally filled bins of x.

    k is at most `bins` and leaves at least `minimum` points in each; k = 0 with fewer points.
    """
    groups = min(bins, len(x) // minimum)
    if groups == 0:
        return np.empty((4, 0))
    order = np.argsort(x, kind="stable")
    columns = [
        (np.median(x[part]), *np.quantile(y[part], [0.16, 0.5, 0.84]))
        for part in np.array_split(order, groups)
    ]
    return np.array(columns).T


def with_error_bars(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of `join` whose error bar is finite and positive."""
    return rows[np.isfinite(rows["sigma"]) & (rows["sigma"] > 0)]


def calibrated(
    predictions: pd.DataFrame, objects: pd.DataFrame, dataset: str, *, fewest: int
) -> tuple[str, dict[str, np.ndarray]]:
    """Return what a dataset is compared with, and the PIT values of each method that has enough.

    In the order of METHODS; a method that may not be compared with it is left out, and so is one of
    fewer than `fewest` error bars.
    """
    against = known_reference(objects, dataset)
    values = {}
    for method in in_order(predictions.loc[predictions["dataset"] == dataset, "method"]):
        if not comparable(method, against):
            continue
        rows = with_error_bars(
            join(predictions, objects, dataset=dataset, method=method, against=against)
        )
        if len(rows) >= fewest:
            residual = rows["predicted"] - rows["expected"]
            values[method] = pit_values(residual, rows["sigma"], dof=rows["dof"])
    return against, values


def coverage_curve(pit: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """Return the fraction of `pit` values inside the central interval of each nominal level.

    The central interval of level p holds PIT values from (1 - p) / 2 to (1 + p) / 2.
    """
    return np.array([np.mean(np.abs(pit - 0.5) <= level / 2) for level in levels])


def coverage_band(count: int, levels: np.ndarray, probability: float = 0.95) -> np.ndarray:
    """Return the half-width of the binomial scatter of a coverage measured on `count` objects."""
    return float(ndtri((1 + probability) / 2)) * np.sqrt(levels * (1 - levels) / count)
