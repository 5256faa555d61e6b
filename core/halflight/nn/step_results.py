"""What steps find: losses, penalties, predictions, added to the objective when somebody asks.

A step of a GPU returns before it is done: what it finds stays on the device, and is read once an
epoch, or when a callback looks. A back end that computes at once is read after every step.
"""

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from halflight.kernels import Backend
from halflight.nn.arrays import Array, Host
from halflight.nn.data import Batch
from halflight.nn.objective import Objective
from halflight.nn.readback import Readback


@dataclass(frozen=True)
class StepArrays:
    """Where one step writes what it finds; on the device."""

    losses: list[Array]
    """(rows,) for each output."""
    predictions: list[Array | None]
    """(rows, k) for each output that has metrics."""
    penalties: list[Array]
    """(1,) for each weight with a regularizer."""
    finite: Array | None
    """(1,): whether all losses and gradients have been, to this step; None in evaluation."""


class Record(NamedTuple):
    """The objective on a step's batch (NaN if no row counts), and its mean so far."""

    loss: float
    mean: float


@dataclass(frozen=True)
class Failure:
    """A step that found something that is not finite."""

    step: int
    """Its number in the epoch."""
    loss: float


class StepResults:
    """What the steps of one epoch, or one evaluation, found.

    Attributes:
        objective: the sums over all steps that were read.
        records: one for each of these, up to the first failure.
        undone: steps of training from the failure on, which changed nothing.
    """

    def __init__(
        self, kernels: Backend, objective: Objective, widths: Sequence[int], penalties: int
    ) -> None:
        """Allocate nothing yet; `widths` are the last axes of the outputs."""
        self._kernels, self.objective = kernels, objective.fresh()
        self._widths, self._penalties = widths, penalties
        self._readback = Readback(kernels)
        self._open: deque[tuple[Batch, bool]] = deque()
        self.records: list[Record] = []
        self.failure: Failure | None = None
        self.undone = 0

    def open(self, batch: Batch, *, training: bool) -> StepArrays:
        """Return where a step on this batch writes; reads those before where there is no room."""
        rows = [len(weight) for weight in batch.weights]
        measured = [bool(head.metrics) for head in self.objective.heads]
        predictions = [
            (count, width) if wanted else None
            for count, width, wanted in zip(rows, self._widths, measured, strict=True)
        ]
        losses = [(count,) for count in rows]
        numbers = [(1,)] * (self._penalties + training)
        shapes = [*losses, *(shape for shape in predictions if shape), *numbers]
        if not self._readback.fits(*shapes):
            self.read()
            self._readback.fits(*shapes)
        self._open.append((batch, training))
        array = self._readback.array
        return StepArrays(
            [array(shape) for shape in losses],
            [None if shape is None else array(shape) for shape in predictions],
            [array((1,)) for _ in range(self._penalties)],
            array((1,)) if training else None,
        )

    def skip(self, batch: Batch) -> None:
        """Note a batch without a row that counts: it was left out."""
        self._open.append((batch, False))
        self.close()

    def record(self, step: int) -> Record:
        """Return what a step found, or the failure before it; waits for the device."""
        if step >= len(self.records):
            self.read()
        return self.records[min(step, len(self.records) - 1)]

    def close(self) -> None:
        """End a step: a back end that computes at once is read now."""
        if not self._kernels.ASYNCHRONOUS:
            self.read()

    def read(self) -> None:
        """Add all steps to the objective; waits for the device. The first failure ends it."""
        arrays = deque(self._readback.read())
        while self._open:
            batch, training = self._open.popleft()
            if batch.counts:
                self._add(batch, arrays, training=training)
            elif self.failure is None:
                self.records.append(Record(math.nan, self.objective.loss()))

    def _add(self, batch: Batch, arrays: deque[Host], *, training: bool) -> None:
        heads = self.objective.heads
        losses = [arrays.popleft() for _ in heads]
        predictions = [arrays.popleft() if head.metrics else None for head in heads]
        penalty = sum(float(arrays.popleft()[0]) for _ in range(self._penalties))
        finite = bool(arrays.popleft()[0]) if training else True
        if self.failure is not None:
            self.undone += training
            return
        sums = [float(weight.sum(dtype=np.float64)) for weight in batch.weights]
        values = [
            head.loss.factor(weight) * (_weighted_sum(loss, weight) / total) if total else 0.0
            for head, loss, weight, total in zip(heads, losses, batch.weights, sums, strict=True)
        ]
        sums = [
            head.loss.share(weight, total)
            for head, weight, total in zip(heads, batch.weights, sums, strict=True)
        ]
        total = self.objective.total(values, penalty)
        if not finite:
            self.failure, self.undone = Failure(len(self.records), total), 1
            self.records.append(Record(total, total))
            return
        self.objective.add(values, sums, penalty)
        self.records.append(Record(total, self.objective.loss()))
        for head, target, prediction, weight in zip(
            heads, batch.targets, predictions, batch.weights, strict=True
        ):
            if prediction is not None and weight.any():
                head.update_metrics(target, prediction, weight)


def _weighted_sum(values: Host, weight: Host) -> float:
    with np.errstate(invalid="ignore"):  # an infinite loss is reported, not warned about
        return float(np.sum(values.astype(np.float64) * weight))
