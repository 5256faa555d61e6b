"""Class weights: another source's batches, each sample's weight multiplied by that of its class."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from halflight.nn.arrays import Host
from halflight.nn.checks import NOT_NEGATIVE, integer, require
from halflight.nn.data import RawBatch
from halflight.nn.hosts import host
from halflight.nn.sources import BatchSource, IndexedSource


class ClassWeighted:
    """Another source, each sample's weight multiplied by that of its class.

    The class is the integer target, or the position of the largest value of a one-hot target;
    classes without a weight count 1, as in Keras.
    """

    def __init__(
        self, source: BatchSource, class_weight: Mapping[int, float], target_shape: tuple[int, ...]
    ) -> None:
        """Check the weights; `target_shape` is that of one sample's target.

        Raises:
            ValueError: a class is not an integer, or a weight is negative or not finite.
        """
        self._weights: dict[int, float] = {
            require("class_weight", "a class", label, integer()): require(
                "class_weight", f"the weight of class {label}", value, NOT_NEGATIVE
            )
            for label, value in class_weight.items()
        }
        if target_shape[-1] is None:
            raise ValueError("class_weight needs one class a row, received sequences of labels")
        self._source, self._shape = source, target_shape
        self.steps = source.steps
        self.replayable = getattr(source, "replayable", True)
        self.read_ahead = getattr(source, "read_ahead", False)

    def batches(self, epoch: int) -> Iterator[RawBatch]:
        """Yield the source's batches with other weights; see `weighted`."""
        return map(self.weighted, self._source.batches(epoch))

    def weighted(self, batch: RawBatch) -> RawBatch:
        """Return a batch with other weights.

        Raises:
            ValueError: there are several targets, and so no one class.
        """
        target, weight = batch[1], batch[2] if len(batch) == 3 else None
        if isinstance(target, np.ndarray):
            target = host("targets", target)
        if not isinstance(target, np.ndarray) or isinstance(weight, Mapping | list | tuple):
            raise ValueError(
                "class_weight needs a model of one output, its targets one array, "
                f"received {type(target).__name__}"
            )
        if self._shape[-1] > 1:
            labels = target.argmax(axis=-1)
        else:
            labels = target[..., 0] if target.ndim > len(self._shape) else target
        factors = np.ones(labels.shape)
        for label, value in self._weights.items():
            factors[labels == label] = value
        given = np.ones(1) if weight is None else host("sample weights", weight)
        if given.ndim < factors.ndim:
            given = given.reshape(-1, *[1] * (factors.ndim - 1))
        return batch[0], target, factors * given


class IndexedClassWeighted(ClassWeighted):
    """The same of a source whose batches are rows of arrays."""

    def __init__(
        self,
        source: IndexedSource,
        class_weight: Mapping[int, float],
        target_shape: tuple[int, ...],
    ) -> None:
        """Check the weights, as `ClassWeighted`."""
        super().__init__(source, class_weight, target_shape)
        self._indexed, self.length = source, source.length

    def samples(self, rows: Any) -> RawBatch:
        """Return samples with other weights."""
        return self.weighted(self._indexed.samples(rows))

    def index_batches(self, epoch: int) -> Iterator[Host]:
        """Yield the numbers of each batch's samples."""
        return self._indexed.index_batches(epoch)
