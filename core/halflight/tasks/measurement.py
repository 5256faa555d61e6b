"""Measurement: a task that gives quantities, each with an error bar."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from halflight.instrument import Instrument
from halflight.predictive import ONE_SIGMA, WIDE, fitted_dof, quantile
from halflight.tasks.quantity import Quantity, Values
from halflight.tasks.task import Answers, Labels, Task

PERCENTILES = {
    "2_5": 0.5 - 0.5 * WIDE,
    "16": 0.5 - 0.5 * ONE_SIGMA,
    "84": 0.5 + 0.5 * ONE_SIGMA,
    "97_5": 0.5 + 0.5 * WIDE,
}
"""The probabilities below which a table's bounds lie, by the ending of their columns."""

LEAST_SCATTER = 1e-3  # of labels, that a head starts from: those of a single value have none


@dataclass(frozen=True, kw_only=True)
class Measurement(Task):
    """Several quantities of an object, each with an error bar, from its stamp and PSF.

    A network's output is one location a quantity, in their order, then as many logarithms of
    squared scales, of Student's t distributions: see `halflight.predictive`.

    Attributes:
        quantities: what is measured; the first is the one that tables and figures show.
        reference: the one of `classical` that labels survey stamps.
        bounded: whether simulated truths have a Cramer-Rao bound (of the first quantity).
    """

    kind: ClassVar[str] = "measurement"
    views: ClassVar[int] = 8  # moved by a pixel, a galaxy loses light at the edge

    quantities: tuple[Quantity, ...]
    reference: str
    loss: Any = "student_nll"
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

    @property
    def outputs(self) -> int:
        """A location and a scale of each quantity."""
        return 2 * len(self.quantities)

    def network_options(self) -> dict[str, Any]:
        """What the task decides of its network: see `halflight.nn.presets.radius_net`."""
        return {"targets": len(self.quantities)}

    def truth_columns(self) -> dict[str, str]:
        """The physical values of all quantities."""
        return dict.fromkeys((quantity.column for quantity in self.quantities), "number")

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

    def survey_labels(self, table: pd.DataFrame, classical: pd.DataFrame, settings: Any) -> Labels:
        """The reference's measurements of survey stamps, where they are good enough to learn from.

        Good enough is: converged, with all quantities, and an error of the first of at most
        `settings.max_label_error`.
        """
        del table  # a catalogue's sizes are not taken for labels
        measured = [q.measured(classical, self.reference) for q in self.quantities]
        values = np.column_stack([value for value, _ in measured])
        usable = classical[f"{self.reference}_converged"].to_numpy(bool)
        usable = usable & np.isfinite(values).all(axis=1)
        return Labels(values, usable & (measured[0][1] <= settings.max_label_error))

    @property
    def label_source(self) -> tuple[str, str]:
        """A measurement by the reference; fits with larger errors."""
        return (
            f"{self.reference} good enough to be a label",
            f"raise {self.name}.finetune.max_label_error",
        )

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
        flags = {f"{method}_converged" for method in self.classical} & set(table)
        needed = {
            f"{self.reference}_converged": "boolean",
            f"{self.reference}_{self.headline.name}": "number",
        }
        return (
            dict.fromkeys(sorted(names & set(table)), "number")
            | dict.fromkeys(sorted(flags), "boolean")
            | needed
        )

    def first_bias(self, labels: Values) -> Values:
        """Means of the labels, and twice the logarithms of their scatter."""
        scatter = np.maximum(labels.std(axis=0), LEAST_SCATTER)
        return np.concatenate([labels.mean(axis=0), 2.0 * np.log(scatter)])

    def learnt(self, values: Values) -> Mapping[str, Values]:
        """Every quantity's, by its name."""
        return {q.name: values[:, number] for number, q in enumerate(self.quantities)}

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

    def calibrated(
        self, head: Mapping[str, NDArray[Any]], answers: Answers, labels: Values
    ) -> tuple[dict[str, NDArray[Any]], dict[str, float]]:
        """A head whose error bars hold 68.27 and 95 % of these labels.

        The factor of a sigma goes into the bias, so that the saved network carries it: a variance
        scaling in the sense of Guo et al. 2017 (ICML, "temperature"), for a regression. The tails
        are told by the degrees of freedom of each quantity.
        """
        values, sigmas = answers
        residuals = np.asarray((values - labels) / sigmas)
        scales = np.quantile(np.abs(residuals), ONE_SIGMA, axis=0)
        tails = [fitted_dof(column) for column in residuals.T]
        names = [quantity.name for quantity in self.quantities]
        changed = {**head, "bias": self.recalibrated(head["bias"], list(scales))}
        return changed, dict(zip(names, tails, strict=True))

    def recalibrated(
        self, bias: NDArray[np.floating], scales: Sequence[float]
    ) -> NDArray[np.floating]:
        """The bias of a network's head, changed so that every error bar grows by its scale.

        bias: (2 T,), of the locations and the log-scales; scales: one a quantity.
        """
        changed = bias.copy()
        changed[len(self.quantities) :] += 2 * np.log(np.asarray(scales, bias.dtype))
        return changed

    def measured(self, answers: Answers, offsets: Values, dof: Mapping[str, float]) -> pd.DataFrame:
        """The table of `table`, of values that offsets are added to."""
        values, sigmas = answers
        freedom = [dof.get(quantity.name, np.inf) for quantity in self.quantities]
        tails = np.where(np.isnan(values), np.nan, freedom)
        return self.table(values + offsets, sigmas, tails)

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
