"""Quantity: one number that is measured of an object, under the name it has everywhere."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from halflight.instrument import Instrument

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
        largest: physical value that there is.
        scales_with: the camera's unit that a network does not see: "pixel" of the logarithm of a
            length, "noise" of a magnitude, "" of what is the same for any camera.
    """

    name: str
    column: str
    title: str
    symbol: str
    unit: str = ""
    logarithmic: bool = False
    outlier: float = 0.3
    largest: float = math.inf
    scales_with: Literal["", "pixel", "noise"] = ""

    def learnt(self, physical: NDArray[np.floating]) -> Values:
        """The learnt value of physical ones; NaN where a logarithm has none."""
        values = np.asarray(physical, np.float64)
        if not self.logarithmic:
            return values
        return np.log(np.where(values > 0, values, np.nan))

    def physical(self, learnt: NDArray[np.floating]) -> Values:
        """The inverse of `learnt`, at most `largest`."""
        values = np.asarray(learnt, np.float64)
        if self.logarithmic:
            with np.errstate(over="ignore"):  # of an error bar beyond all numbers: infinite
                values = np.exp(values)
        return np.minimum(values, self.largest)

    def offset(self, instrument: Instrument, noise: NDArray[np.floating]) -> Values:
        """The learnt value (n,) of one pixel, or of one pixel's noise; 0 for what has no unit.

        A network answers what is left of a learnt value without it, and so knows no camera.
        noise: (n,) of a pixel of each stamp, in the instrument's unit; NaN gives NaN.
        """
        zeros = np.zeros(len(noise))
        match self.scales_with:
            case "pixel":
                return zeros + np.log(instrument.pixel_scale)
            case "noise":
                return np.asarray(instrument.zero_point - 2.5 * np.log10(noise), np.float64)
        return zeros

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
