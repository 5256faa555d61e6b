"""Quantity: one number that is measured of an object, under the name it has everywhere."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Quantity:
    """One number that a network learns and every method is scored on.

    Attributes:
        name: of the learnt value, in every table.
        column: of the physical value, in tables of truths (survey truths after "true_").
        title: for people.
        symbol: for axes.
        unit: of the physical value; "" for a pure number.
        logarithmic: whether the natural logarithm is what is learnt and scored.
        outlier: a residual of the learnt value beyond this is an outlier.
    """

    name: str
    column: str
    title: str
    symbol: str
    unit: str = ""
    logarithmic: bool = False
    outlier: float = 0.3

    def learnt(self, physical: NDArray[np.floating]) -> Values:
        """The learnt value of physical ones; NaN where a logarithm has none."""
        values = np.asarray(physical, np.float64)
        if not self.logarithmic:
            return values
        return np.log(np.where(values > 0, values, np.nan))

    def physical(self, learnt: NDArray[np.floating]) -> Values:
        """The inverse of `learnt`."""
        values = np.asarray(learnt, np.float64)
        return np.exp(values) if self.logarithmic else values

    def truth(self, table: pd.DataFrame, prefix: str = "") -> Values:
        """The learnt value of a table's truths (rows,); NaN where it has none."""
        column = prefix + self.column
        if column not in table:
            return np.full(len(table), np.nan)
        return self.learnt(table[column].to_numpy(np.float64))

    def measured(self, table: pd.DataFrame, method: str) -> tuple[Values, Values]:
        """What a classical method measured, and its error, each (rows,); NaN where it did not.

        The table has columns METHOD_NAME, and METHOD_NAME_error where the method has error bars,
        or METHOD_COLUMN for the physical value.
        """
        unknown = np.full(len(table), np.nan)
        if (name := f"{method}_{self.name}") in table:
            values = table[name].to_numpy(np.float64)
        elif (column := f"{method}_{self.column}") in table:
            values = self.learnt(table[column].to_numpy(np.float64))
        else:
            values = unknown
        error = f"{method}_{self.name}_error"
        return values, table[error].to_numpy(np.float64) if error in table else unknown
