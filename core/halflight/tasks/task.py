"""Task: all that makes one measurement what it is, from the stamps that go in to the figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from halflight.instrument import Instrument
from halflight.predictive import ONE_SIGMA, WIDE, quantile
from halflight.tasks.quantity import Quantity, Values

PERCENTILES = {
    "2_5": 0.5 - 0.5 * WIDE,
    "16": 0.5 - 0.5 * ONE_SIGMA,
    "84": 0.5 + 0.5 * ONE_SIGMA,
    "97_5": 0.5 + 0.5 * WIDE,
}
"""The probabilities below which a table's bounds lie, by the ending of their columns."""


class Labels(NamedTuple):
    """What a network learns from: values (rows, quantities), and which rows have all of them."""

    values: Values
    usable: NDArray[np.bool_]


@dataclass(frozen=True)
class Task:
    """Several quantities of an object, each with an error bar, from its stamp and PSF.

    A network's output is one location a quantity, in their order, then as many logarithms of
    squared scales, of Student's t distributions: see `halflight.predictive`.

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
    loss: str = "student_nll"
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

    def offsets(self, instrument: Instrument, noise: NDArray[np.floating]) -> Values:
        """What a network's answers lack of learnt values, (n, quantities): `Quantity.offset`."""
        return np.column_stack([q.offset(instrument, noise) for q in self.quantities])

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
        """Values and their sigmas, each (n, quantities), of a network's outputs.

        outputs: (n, orientations, 2 T). Each is the mean over the orientations of a stamp (of the
        squared scale, for the second): what is measured does not depend on how the camera was
        turned, and so its measurement must not either.
        """
        count = len(self.quantities)
        numbers = np.asarray(outputs, np.float64)
        if numbers.ndim != 3 or numbers.shape[2] != 2 * count:
            raise ValueError(
                f"task {self.name} needs {2 * count} outputs (n, orientations, {2 * count}) of its "
                f"network, received {numbers.shape}"
            )
        locations, log_scales = numbers[..., :count], numbers[..., count:]
        return locations.mean(axis=1), np.sqrt(np.exp(log_scales).mean(axis=1))

    def recalibrated(
        self, bias: NDArray[np.floating], scales: Sequence[float]
    ) -> NDArray[np.floating]:
        """The bias of a network's head, changed so that every error bar grows by its scale.

        bias: (2 T,), of the locations and the log-scales; scales: one a quantity.
        """
        changed = bias.copy()
        changed[len(self.quantities) :] += 2 * np.log(np.asarray(scales, bias.dtype))
        return changed

    def table(self, values: Values, sigmas: Values, dof: Values) -> pd.DataFrame:
        """Measurements for people and programs, one row an object; all arguments (n, quantities).

        A quantity has the columns NAME, NAME_sigma and NAME_dof: its distribution as it was learnt
        (see `halflight.predictive`), and COLUMN, COLUMN_2_5, COLUMN_16, COLUMN_84 and COLUMN_97_5:
        the median and the central 68 and 95 % of the physical value.
        """
        columns: dict[str, Values] = {}
        for number, quantity in enumerate(self.quantities):
            value, sigma, tails = values[:, number], sigmas[:, number], dof[:, number]
            columns[quantity.name] = value
            columns[f"{quantity.name}_sigma"] = sigma
            columns[f"{quantity.name}_dof"] = tails
            columns[quantity.column] = quantity.physical(value)
            for name, probability in PERCENTILES.items():
                bound = value + sigma * quantile(probability, tails)
                columns[f"{quantity.column}_{name}"] = quantity.physical(bound)
        return pd.DataFrame(columns)

    def distributions(self, table: pd.DataFrame) -> tuple[Values, Values, Values]:
        """Values, sigmas and degrees of freedom, each (n, quantities): what made such a table."""
        values, sigmas, dof = (
            np.column_stack([table[f"{q.name}{ending}"].to_numpy(float) for q in self.quantities])
            for ending in ("", "_sigma", "_dof")
        )
        return values, sigmas, dof

    def describe(self) -> Mapping[str, Any]:
        """What a saved estimator says of its task, in plain values."""
        return {
            "name": self.name,
            "quantities": [
                {"name": q.name, "title": q.title, "unit": q.unit, "logarithmic": q.logarithmic}
                for q in self.quantities
            ],
        }
