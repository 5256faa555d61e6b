"""Task: all that makes one measurement what it is, from the stamps that go in to the figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from halflight.tasks.quantity import Quantity, Values


class Labels(NamedTuple):
    """What a network learns from: values (rows, quantities), and which rows have all of them."""

    values: Values
    usable: NDArray[np.bool_]


@dataclass(frozen=True)
class Task:
    """Several quantities of an object, each with a Gaussian error bar, from its stamp and PSF.

    A network's output is one mean a quantity, in their order, then as many log-variances.

    Attributes:
        name: in params.yaml, dvc.yaml and paths.
        title: for people.
        quantities: what is measured; the first is the one that tables and figures show.
        classical: the methods that stand beside the network, by name.
        reference: the one of them that labels survey stamps.
        figures: of the report, in reading order.
        inputs: the arrays of a stamp that the network sees.
        loss, metrics: of the training.
        bounded: whether simulated truths have a Cramer-Rao bound (of the first quantity).
    """

    name: str
    title: str
    quantities: tuple[Quantity, ...]
    classical: tuple[str, ...]
    reference: str
    figures: tuple[str, ...]
    inputs: tuple[str, ...] = ("image", "psf")
    loss: str = "gaussian_nll"
    metrics: tuple[str, ...] = ("mean_absolute_error",)
    bounded: bool = True

    @property
    def headline(self) -> Quantity:
        """The quantity that tables and figures show."""
        return self.quantities[0]

    def quantity(self, name: str) -> Quantity:
        """The quantity called `name`.

        Raises:
            ValueError: the task has none.
        """
        for quantity in self.quantities:
            if quantity.name == name:
                return quantity
        known = ", ".join(quantity.name for quantity in self.quantities)
        raise ValueError(f"task {self.name} measures {known}, not {name!r}")

    def network_options(self) -> dict[str, Any]:
        """What the task decides of its network: see `halflight.nn.presets.radius_net`."""
        return {"targets": len(self.quantities)}

    def truths(self, table: pd.DataFrame, prefix: str = "") -> Values:
        """The learnt values of a table's truths, (rows, quantities)."""
        return np.column_stack([q.truth(table, prefix) for q in self.quantities])

    def simulated_labels(self, table: pd.DataFrame) -> Labels:
        """The truths of simulated stamps."""
        values = self.truths(table)
        return Labels(values, np.asarray(np.isfinite(values).all(axis=1)))

    def survey_labels(self, classical: pd.DataFrame, *, max_error: float) -> Labels:
        """The reference's measurements of survey stamps, where they are good enough to learn from.

        Good enough is: converged, with all quantities, and an error of the first of at most
        `max_error`.
        """
        measured = [q.measured(classical, self.reference) for q in self.quantities]
        values = np.column_stack([value for value, _ in measured])
        usable = classical[f"{self.reference}_converged"].to_numpy(bool)
        usable = usable & np.isfinite(values).all(axis=1) & (measured[0][1] <= max_error)
        return Labels(values, usable)

    def classical_columns(self, table: pd.DataFrame) -> dict[str, str]:
        """What kind of values each column must hold that is read of a table of measurements.

        See `halflight.tables.KINDS`. Only the reference's are needed; others count as not measured.
        """
        names = {
            f"{method}_{name}"
            for method in self.classical
            for q in self.quantities
            for name in (q.name, q.column, f"{q.name}_error")
        }
        return dict.fromkeys(sorted(names & set(table)), "number") | {
            f"{self.reference}_{self.headline.name}": "number"
        }

    def decode(self, outputs: NDArray[np.floating]) -> tuple[Values, Values]:
        """Values and their standard deviations, each (n, quantities), of a network's outputs.

        outputs: (n, orientations, 2 T). Each is the mean over the orientations of a stamp (of the
        variance, for the second): what is measured does not depend on how the camera was turned,
        and so its measurement must not either.
        """
        count = len(self.quantities)
        numbers = np.asarray(outputs, np.float64)
        if numbers.ndim != 3 or numbers.shape[2] != 2 * count:
            raise ValueError(
                f"task {self.name} needs {2 * count} outputs (n, orientations, {2 * count}) of its "
                f"network, received {numbers.shape}"
            )
        means, log_variances = numbers[..., :count], numbers[..., count:]
        return means.mean(axis=1), np.sqrt(np.exp(log_variances).mean(axis=1))

    def recalibrated(
        self, bias: NDArray[np.floating], scales: Sequence[float]
    ) -> NDArray[np.floating]:
        """The bias of a network's head, changed so that every error bar grows by its scale.

        bias: (2 T,), of the means and the log-variances; scales: one a quantity.
        """
        changed = bias.copy()
        changed[len(self.quantities) :] += 2 * np.log(np.asarray(scales, bias.dtype))
        return changed

    def table(self, values: Values, sigmas: Values) -> pd.DataFrame:
        """Measurements for people and programs, one row an object.

        A quantity has the columns NAME and NAME_sigma, as it was learnt, and for a logarithmic one
        also the median and the central 68 % of the physical value: COLUMN, COLUMN_16, COLUMN_84.
        """
        columns: dict[str, Values] = {}
        for number, quantity in enumerate(self.quantities):
            value, sigma = values[:, number], sigmas[:, number]
            columns[quantity.name] = value
            columns[f"{quantity.name}_sigma"] = sigma
            if quantity.logarithmic:
                columns[quantity.column] = quantity.physical(value)
                columns[f"{quantity.column}_16"] = quantity.physical(value - sigma)
                columns[f"{quantity.column}_84"] = quantity.physical(value + sigma)
        return pd.DataFrame(columns)

    def describe(self) -> Mapping[str, Any]:
        """What a saved estimator says of its task, in plain values."""
        return {
            "name": self.name,
            "quantities": [
                {"name": q.name, "title": q.title, "unit": q.unit, "logarithmic": q.logarithmic}
                for q in self.quantities
            ],
        }
