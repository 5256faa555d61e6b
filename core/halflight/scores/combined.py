"""Network and reference joined: fitted on objects of known truth, applied to others."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from halflight.combination import Combination
from halflight.tasks import Quantity, Task


def combined_predictions(
    task: Task,
    combinations: Mapping[str, Combination],
    dataset: str,
    classical: pd.DataFrame,
    network: pd.DataFrame,
) -> pd.DataFrame:
    """The task's reference and a network's measurements joined, as predictions.

    classical: rows of the objects with their `id`. network: the same objects in the same order,
    with the columns of `Task.table`. combinations: by quantity.
    """
    tables = []
    for quantity in task.quantities:
        value, sigma = combinations[quantity.name].joined(
            *reference_measurements(task, quantity, classical), *_measured(network, quantity)
        )
        columns = {"value": value, "sigma": sigma}
        tables.append(
            classical[["id"]].assign(method="combined", quantity=quantity.name, **columns)
        )
    return pd.concat(tables, ignore_index=True).assign(dataset=dataset)


def fitted_combinations(
    task: Task, table: pd.DataFrame, classical: pd.DataFrame, network: pd.DataFrame
) -> dict[str, Combination]:
    """The combination of each quantity that is best for objects of known truth, by name.

    table, classical, network: the same objects in the same order; see `combined_predictions`.
    """
    truths = task.truths(table)
    return {
        quantity.name: Combination.fitted(
            *reference_measurements(task, quantity, classical),
            *_measured(network, quantity),
            truths[:, number],
        )
        for number, quantity in enumerate(task.quantities)
    }


def reference_measurements(
    task: Task, quantity: Quantity, classical: pd.DataFrame
) -> tuple[np.ndarray, np.ndarray]:
    """Value and sigma of the task's reference method, NaN where it did not converge."""
    converged = classical[f"{task.reference}_converged"].to_numpy(bool)
    value, sigma = quantity.measured(classical, task.reference)
    return np.where(converged, value, np.nan), np.where(converged, sigma, np.nan)


def _measured(network: pd.DataFrame, quantity: Quantity) -> tuple[np.ndarray, np.ndarray]:
    return network[quantity.name].to_numpy(), network[f"{quantity.name}_sigma"].to_numpy()
