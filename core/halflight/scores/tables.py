"""The tables of an evaluation: who measured what, against which truth, and how well."""

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from halflight.methods import ARMS, LEARNT_FROM_LABELS, METHODS, comparable
from halflight.scores.bins import EVERYTHING, Edges, binned_scores, edges_of, scores_of
from halflight.scores.statistics import bootstrap_by_group, nmad
from halflight.tasks import Measurement, Quantity

TRANSFER = (*ARMS, *(name for name, method in METHODS.items() if method.kind == "classical"))
# What of an object is kept beside its truths, where its table knows it.
TRAITS = ("sersic_n", "axis_ratio", "neighbour_flux_fraction", "bulge_fraction")

Scores = dict[str, dict[str, dict[str, dict[str, float]]]]
"""{quantity: {data set: {method: {metric: value}}}}."""


def options(settings: Any) -> dict[str, Any]:
    """What section evaluate of the task's parameters says to `score`."""
    return {
        "edges": edges_of(settings),
        "seed": settings.seed,
        "bootstrap": settings.bootstrap,
    }


def predictions(
    task: Measurement, dataset: str, method: str, ids: np.ndarray, table: pd.DataFrame
) -> pd.DataFrame:
    """One row an object and quantity: dataset, id, method, quantity, value, sigma, dof.

    table: rows of `ids`, with the columns of `Measurement.table`.
    """
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "dataset": dataset,
                    "id": ids,
                    "method": method,
                    "quantity": quantity.name,
                    "value": table[quantity.name].to_numpy(),
                    "sigma": table[f"{quantity.name}_sigma"].to_numpy(),
                    "dof": table[f"{quantity.name}_dof"].to_numpy(),
                }
            )
            for quantity in task.quantities
        ],
        ignore_index=True,
    )


def classical_predictions(task: Measurement, dataset: str, classical: pd.DataFrame) -> pd.DataFrame:
    """The classical methods' measurements as predictions.

    A fit that did not converge counts with the best value it reached, as the network counts with
    every one of its own; but its formal error describes no minimum, and so its error bar is
    unknown, NaN, as is one that is not positive. What has no value at all is left out.
    """
    tables = []
    for method, quantity in itertools.product(task.classical, task.quantities):
        value, sigma = quantity.measured(classical, method)
        honest = np.isfinite(sigma) & (sigma > 0.0)
        if (converged := f"{method}_converged") in classical:
            honest &= classical[converged].to_numpy(bool)
        columns = {"value": value, "sigma": np.where(honest, sigma, np.nan)}
        table = classical[["id"]].assign(method=method, quantity=quantity.name, **columns)
        tables.append(table[np.isfinite(value)])
    return pd.concat(tables, ignore_index=True).assign(dataset=dataset)


def simulated_objects(
    task: Measurement, table: pd.DataFrame, classical: pd.DataFrame
) -> pd.DataFrame:
    """Simulated test objects with their truths; each is a bootstrap group of its own."""
    bound = classical.set_index("id").reindex(table["id"])
    return _objects(
        task,
        "simulated",
        table,
        truths=task.truths(table),
        references=task.truths(table),
        bound=bound["bound"].to_numpy() if "bound" in bound else np.nan,
        group=table["id"].astype(str).to_numpy(),
        **{name: table[name].to_numpy() for name in TRAITS if name in table},
    )


def survey_objects(task: Measurement, table: pd.DataFrame, classical: pd.DataFrame) -> pd.DataFrame:
    """Survey test objects: the reference labels them; a synthetic sky knows the truth.

    Rows of `classical` correspond to rows of `table`. A bootstrap group is a field.
    """
    converged = classical[f"{task.reference}_converged"].to_numpy(bool)
    references = np.column_stack(
        [q.measured(classical, task.reference)[0] for q in task.quantities]
    )
    traits = {name: f"{task.reference}_{name}" for name in TRAITS}
    return _objects(
        task,
        "survey",
        table,
        truths=task.truths(table, prefix="true_"),
        references=np.where(converged[:, np.newaxis], references, np.nan),
        bound=np.nan,
        group=table[["run", "camcol", "field"]].astype(str).agg("-".join, axis=1).to_numpy(),
        **{
            name: np.where(converged, classical[column], np.nan)
            for name, column in traits.items()
            if column in classical
        },
    )


def score(
    task: Measurement,
    predictions: pd.DataFrame,
    objects: pd.DataFrame,
    *,
    edges: Edges,
    seed: int,
    bootstrap: int,
) -> tuple[Scores, pd.DataFrame]:
    """Score every method on every quantity and data set.

    predictions: `value` +- `sigma` is the central 68.27 % of Student's t with the degrees of
    freedom of the column `dof`; of a Gaussian where these are inf or missing. A sigma that is NaN
    says that the error is not known.

    Returns the metrics, where "survey" is compared with the reference and "survey_truth" with the
    truth where that is known; and the same in bins, see `binned_scores`.
    """
    metrics: Scores = {}
    bins: list[dict[str, Any]] = []
    for quantity, dataset, against, method, table in _compared(task, predictions, objects):
        name = "survey_truth" if (dataset, against) == ("survey", "truth") else dataset
        of_dataset = metrics.setdefault(quantity.name, {}).setdefault(name, {})
        of_dataset[method] = scores_of(table, quantity)
        place = {"quantity": quantity.name, "dataset": dataset, "against": against}
        rows = binned_scores(table, quantity, edges, seed=seed, bootstrap=bootstrap)
        bins += [place | {"method": method} | row for row in rows]
    return metrics, pd.DataFrame(bins)


def transfer(
    task: Measurement,
    predictions: pd.DataFrame,
    objects: pd.DataFrame,
    *,
    labels: Mapping[str, int],
    seed: int,
    bootstrap: int,
    **unused: Any,
) -> pd.DataFrame:
    """How each arm does on the survey's test split, with the number of labels it learnt from."""
    del unused
    rows = []
    for quantity, dataset, against, method, table in _compared(task, predictions, objects):
        if dataset != "survey" or method not in TRANSFER:
            continue
        interval = bootstrap_by_group(
            table["residual"], table["group"], nmad, seed=seed, repeats=bootstrap
        )
        scores = scores_of(table, quantity)
        rows.append(
            {
                "quantity": quantity.name,
                "arm": method,
                "against": against,
                "count_labels": labels[method] if method in LEARNT_FROM_LABELS else 0,
                "count": len(table),
                "nmad": interval.value,
                "nmad_low": interval.low,
                "nmad_high": interval.high,
                "bias": scores["bias"],
                "outlier_fraction": scores["outlier_fraction"],
            }
        )
    return pd.DataFrame(rows)


def compared(task: Measurement, *tables: pd.DataFrame, **options: Any) -> dict[str, Any]:
    """None: no two methods are held against each other."""
    del task, tables, options
    return {}


def shown(task: Measurement, binned: pd.DataFrame) -> str:
    """The scatter of the headline by magnitude, for people."""
    rows = binned[(binned["quantity"] == task.headline.name) & (binned["galaxies"] == EVERYTHING)]
    rows = rows[rows["by"] == "magnitude"]
    return rows.pivot_table("nmad", ["dataset", "against", "bin_low"], "method").to_string()


def _objects(
    task: Measurement,
    dataset: str,
    table: pd.DataFrame,
    *,
    truths: np.ndarray,
    references: np.ndarray,
    bound: Any,
    **columns: Any,
) -> pd.DataFrame:
    """One row an object; NAME_truth, NAME_reference and NAME_bound for every quantity."""
    shared = table[["id", "magnitude", "psf_half_light_radius"]].reset_index(drop=True)
    known: dict[str, Any] = dict.fromkeys(TRAITS, np.nan) | columns
    known["size_over_psf"] = _size_over_psf(task, table, truths, references)
    for number, quantity in enumerate(task.quantities):
        known[f"{quantity.name}_truth"] = truths[:, number]
        known[f"{quantity.name}_reference"] = references[:, number]
        known[f"{quantity.name}_bound"] = bound if quantity is task.headline else np.nan
    return shared.assign(dataset=dataset, **known)


def _size_over_psf(
    task: Measurement, table: pd.DataFrame, truths: np.ndarray, references: np.ndarray
) -> Any:
    """R_e over the half-light radius of the PSF, (rows,): the true one, or the reference's."""
    for number, quantity in enumerate(task.quantities):
        if quantity.column == "half_light_radius":
            known = np.where(np.isnan(truths), references, truths)[:, number]
            return quantity.physical(known) / table["psf_half_light_radius"].to_numpy()
    return np.nan


def _compared(
    task: Measurement, predictions: pd.DataFrame, objects: pd.DataFrame
) -> Iterator[tuple[Quantity, str, str, str, pd.DataFrame]]:
    """Each (quantity, data set, kind of truth, method) with the residuals of what was measured."""
    freedom = predictions["dof"].fillna(np.inf) if "dof" in predictions else np.inf
    joined = predictions.assign(dof=freedom).merge(
        objects, on=["dataset", "id"], validate="many_to_one"
    )
    groups = joined.groupby(["quantity", "dataset", "method"], sort=True)
    for (name, dataset, method), table in groups:
        quantity = task.quantity(str(name))
        for against in METHODS[str(method)].against:
            if dataset == "simulated" and against == "reference":
                continue
            expected = table[f"{name}_{against}"]
            known = np.isfinite(expected) & np.isfinite(table["value"])
            if known.any() and comparable(str(method), against):
                residual = (table["value"] - expected)[known]
                rows = table[known].assign(
                    residual=residual, bound=table.loc[known, f"{name}_bound"]
                )
                yield quantity, str(dataset), against, str(method), rows
