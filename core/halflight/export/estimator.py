"""export_estimator: an estimator becomes one ONNX file, from the stamps to the measurement."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from halflight import tasks
from halflight.export.export import LOWEST_OPSET, export_onnx
from halflight.export.wrapping import Wrapping
from halflight.export.writer import Value, Writer
from halflight.prepare import ORIENTATIONS, POGSON, SHIFTS, Luptitudes, luptitude_units

if TYPE_CHECKING:
    from halflight.estimator import Estimator
    from halflight.tasks import Quantity

# A slice's end that means "to the first element, walking backwards".
_BEFORE_THE_FIRST = -(2**31)


def export_estimator(
    estimator: Estimator, path: str | os.PathLike[str], *, opset: int = LOWEST_OPSET
) -> None:
    """Write an estimator as an ONNX file, whole or not at all.

    Its inputs are "image" (batch, stamp_size, stamp_size, bands) and "psf" (batch, psf_size,
    psf_size, bands), float32: the middle of each stamp in the instrument's unit, bad pixels 0, and
    "noise" (batch, bands): `halflight.prepare.Prepared.noise`. Its outputs are NAME and NAME_sigma
    (batch,) for every quantity, for the pixel scale and zero point that it was trained on. Stretch,
    orientations and calibration are in the graph; so that a reader knows what it takes and gives,
    `estimator.json` is in the file's metadata, under "estimator".

    An estimator that tells classes takes, in place of "noise", "extinction" (batch, bands): the
    magnitudes of dust in front, 0 where they are not known. A band that is missing is 0 in "image"
    and in "psf". Its output is the probability (batch,), by its name.

    Raises ValueError as `export_onnx` does, and for classes told from other pixels than luptitudes.
    """
    wrap = _Probability if isinstance(estimator.task, tasks.Classification) else _Measurement
    export_onnx(estimator.network, path, opset=opset, wrapping=wrap(estimator))


class _Probability(Wrapping):
    """Luptitudes and views before a network, the probability of their mean log-odds behind it."""

    def __init__(self, estimator: Estimator) -> None:
        instrument, preparation = estimator.instrument, estimator.preparation
        self._views = estimator.orientations
        self._probability = tasks.classifying(estimator.task).probability
        self._psf_softening = preparation.psf_softening
        if not isinstance(preparation, Luptitudes):
            raise ValueError("a probability is exported for pixels that are luptitudes")
        self._unit = luptitude_units(preparation.image_softening, instrument)
        self.inputs = {"extinction": (len(instrument.bands),)}
        self.metadata = {"estimator": json.dumps(estimator.describe(), sort_keys=True)}

    def before(self, writer: Writer, inputs: Sequence[Value]) -> list[Value]:
        """Correct for dust, stretch, and put the views below each other in the batch."""
        read = []
        for value in inputs:
            light = value.name == "image"
            stretched = self._luptitudes(writer) if light else self._stretched_psf(writer)
            views = [_viewed(writer, stretched, k, moved=light) for k in range(self._views)]
            read.append(Value(writer.op("Concat", *views, axis=0), value.shape))
        return read

    def behind(self, writer: Writer, outputs: Mapping[str, Value]) -> dict[str, Value]:
        """The probability of the mean log-odds."""
        [head] = outputs.values()
        stacked = writer.op("Reshape", head.name, writer.integers([self._views, -1, 1], "shape"))
        odds = writer.op(
            "Reshape", _mean_over_first(writer, stacked), writer.integers([-1], "shape")
        )
        return {self._probability: Value(writer.op("Sigmoid", odds), ())}

    def _luptitudes(self, writer: Writer) -> str:
        factor = writer.numbers(0.4 * np.log(10.0))
        dust = writer.op("Exp", writer.op("Mul", "extinction", factor))
        unit = writer.op("Mul", dust, writer.numbers(self._unit))
        shape = writer.integers([-1, 1, 1, len(self._unit)], "shape")
        scaled = writer.op("Mul", "image", writer.op("Reshape", unit, shape))
        return writer.op("Mul", writer.op("Asinh", scaled), writer.numbers(POGSON))

    def _stretched_psf(self, writer: Writer) -> str:
        return writer.op("Asinh", writer.op("Mul", "psf", writer.numbers(1 / self._psf_softening)))


class _Measurement(Wrapping):
    """The stretch and the orientations before a network, their mean behind it."""

    def __init__(self, estimator: Estimator) -> None:
        self._orientations = estimator.orientations
        self._quantities = tasks.measuring(estimator.task).quantities
        self._instrument = estimator.instrument
        self.inputs = {"noise": (len(estimator.instrument.bands),)}
        preparation = estimator.preparation
        self._softening = {
            "image": preparation.image_softening,
            "psf": preparation.psf_softening,
        }
        self.metadata = {"estimator": json.dumps(estimator.describe(), sort_keys=True)}

    def before(self, writer: Writer, inputs: Sequence[Value]) -> list[Value]:
        """Stretch every input, and put its orientations below each other in the batch."""
        read = []
        for value in inputs:
            pixels = value.name
            if pixels == "image":
                shape = writer.integers([-1, 1, 1, *self.inputs["noise"]], "shape")
                pixels = writer.op("Div", pixels, writer.op("Reshape", "noise", shape))
            scaled = writer.op("Mul", pixels, writer.numbers(1 / self._softening[value.name]))
            stretched = writer.op("Asinh", scaled)
            turned = [_oriented(writer, stretched, k) for k in range(self._orientations)]
            read.append(Value(writer.op("Concat", *turned, axis=0), value.shape))
        return read

    def behind(self, writer: Writer, outputs: Mapping[str, Value]) -> dict[str, Value]:
        """Average means and variances over the orientations; one output a number."""
        [head] = outputs.values()
        count = len(self._quantities)
        stacked = writer.op(
            "Reshape", head.name, writer.integers([self._orientations, -1, 2 * count], "shape")
        )
        means = _slice(writer, stacked, 2, 0, count)
        variances = writer.op("Exp", _slice(writer, stacked, 2, count, 2 * count))
        values = _mean_over_first(writer, means)
        sigmas = writer.op("Sqrt", _mean_over_first(writer, variances))
        measured = {}
        for number, quantity in enumerate(self._quantities):
            for suffix, table in (("", values), ("_sigma", sigmas)):
                column = _slice(writer, table, 1, number, number + 1)
                flat = writer.op("Reshape", column, writer.integers([-1], "shape"))
                if not suffix:
                    flat = self._in_its_unit(writer, quantity, flat)
                measured[quantity.name + suffix] = Value(flat, ())
        return measured

    def _in_its_unit(self, writer: Writer, quantity: Quantity, answer: str) -> str:
        """The network's answer (batch,) as a learnt value: see `Quantity.offset`."""
        if not quantity.scales_with:
            return answer
        [of_one] = quantity.offset(self._instrument, np.ones(1))
        answer = writer.op("Add", answer, writer.numbers(of_one))
        if quantity.scales_with == "pixel":
            return answer
        first = _slice(writer, "noise", 1, 0, 1)
        noise = writer.op("Reshape", first, writer.integers([-1], "shape"))
        magnitudes = writer.numbers(-2.5 / np.log(10.0))
        return writer.op("Add", answer, writer.op("Mul", writer.op("Log", noise), magnitudes))


def _oriented(writer: Writer, x: str, orientation: int) -> str:
    """Images (batch, S, S, bands) as `halflight.prepare.orient` turns them."""
    if orientation >= 4:
        x = _flip(writer, x, 2)
    match orientation % 4:
        case 1:
            return writer.transpose(_flip(writer, x, 2), (0, 2, 1, 3))
        case 2:
            return _flip(writer, _flip(writer, x, 1), 2)
        case 3:
            return _flip(writer, writer.transpose(x, (0, 2, 1, 3)), 2)
    return x


def _viewed(writer: Writer, x: str, number: int, *, moved: bool) -> str:
    """Images (batch, S, S, bands) in one of the views of `halflight.prepare.view`."""
    turned = _oriented(writer, x, number % ORIENTATIONS)
    if not moved:
        return turned
    for axis, by in enumerate(SHIFTS[number // ORIENTATIONS], start=1):
        if by:
            pads = [0] * 8
            pads[axis if by > 0 else axis + 4] = 1
            padded = writer.op("Pad", turned, writer.integers(pads, "pads"))
            start, stop = (0, -1) if by > 0 else (1, -_BEFORE_THE_FIRST - 1)
            turned = _slice(writer, padded, axis, start, stop)
    return turned


def _flip(writer: Writer, x: str, axis: int) -> str:
    return _slice(writer, x, axis, -1, _BEFORE_THE_FIRST, step=-1)


def _slice(writer: Writer, x: str, axis: int, start: int, stop: int, step: int = 1) -> str:
    numbers = (writer.integers([value], "slice") for value in (start, stop, axis, step))
    return writer.op("Slice", x, *numbers)


def _mean_over_first(writer: Writer, x: str) -> str:
    """The mean of (K, batch, T) over K, (batch, T), by an operator that all opsets share."""
    pooled = writer.op("GlobalAveragePool", writer.transpose(x, (1, 2, 0)))
    return writer.op("Reshape", pooled, writer.integers([0, -1], "shape"))
