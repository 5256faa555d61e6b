"""Batches: where they come from, and the checks they pass before the network sees them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from core.nn.layer import Shape

Host: TypeAlias = NDArray[Any]
Inputs: TypeAlias = Host | Sequence[Host] | Mapping[str, Host]
"""One array, a list of arrays in the model's order, or arrays by the names of the inputs."""
RawBatch: TypeAlias = tuple[Inputs, Host] | tuple[Inputs, Host, Host | None]


@runtime_checkable
class BatchSource(Protocol):
    """Anything that deals out an epoch's batches, the same ones whenever it is asked again."""

    steps: int
    """Batches in an epoch."""

    def batches(self, epoch: int) -> Iterator[RawBatch]:
        """Yield (inputs, targets) or (inputs, targets, weights), `steps` times."""
        ...


@dataclass(frozen=True)
class Batch:
    """A checked batch: contiguous, finite, in the back end's precision."""

    inputs: list[Host]
    target: Host
    """(batch, T)"""
    weight: Host
    """(batch,)"""


class ArraySource:
    """Batches of arrays in memory (or memory-mapped): row i of all arrays is one sample.

    Every epoch is shuffled by a generator of its own, Philox(key=[seed, epoch]). The last batch may
    be smaller than the others.
    """

    def __init__(
        self,
        inputs: Mapping[str, Host],
        target: Host | None,
        weight: Host | None = None,
        *,
        batch_size: int,
        shuffle: bool,
        seed: int = 0,
    ) -> None:
        """Check that all arrays have the same number of rows.

        Raises:
            ValueError: lengths differ, there are no rows, or batch_size is not positive.
        """
        if type(batch_size) is not int or batch_size < 1:
            raise ValueError(f"batch_size must be a positive integer, received {batch_size!r}")
        arrays = dict(inputs) | {"targets": target, "sample_weight": weight}
        lengths = {name: len(array) for name, array in arrays.items() if array is not None}
        if len(set(lengths.values())) != 1 or 0 in lengths.values():
            raise ValueError(
                f"all arrays need the same number of samples, at least one; received {lengths}"
            )
        self._inputs, self._target, self._weight = dict(inputs), target, weight
        self._batch_size, self._shuffle, self._seed = batch_size, shuffle, seed
        self.length = next(iter(lengths.values()))
        self.steps = -(-self.length // batch_size)

    def batches(self, epoch: int) -> Iterator[tuple[dict[str, Host], Host, Host | None]]:
        """Yield the batches of one epoch."""
        order = np.arange(self.length)
        if self._shuffle:
            order = np.random.Generator(np.random.Philox(key=[self._seed, epoch])).permutation(
                order
            )
        for start in range(0, self.length, self._batch_size):
            rows: Any = order[start : start + self._batch_size]
            if not self._shuffle:
                rows = slice(start, start + self._batch_size)
            target = np.empty(0) if self._target is None else self._target[rows]
            weight = None if self._weight is None else self._weight[rows]
            yield {name: array[rows] for name, array in self._inputs.items()}, target, weight


def as_source(
    names: Sequence[str],
    x: Inputs | BatchSource,
    y: Host | None,
    weight: Host | None,
    batch_size: int,
    *,
    shuffle: bool = False,
    seed: int = 0,
) -> BatchSource:
    """Return `x` if it is a batch source, else a source of the arrays.

    Raises:
        ValueError: targets are missing, or come beside a source that brings its own.
    """
    if isinstance(x, BatchSource):
        if y is not None or weight is not None:
            raise ValueError("a batch source brings its own targets and weights: y must be None")
        return x
    if y is None:
        raise ValueError("targets are missing: pass y, or a batch source as x")
    inputs, target = by_name(x, names), np.asarray(y)
    weight = None if weight is None else np.asarray(weight)
    return ArraySource(inputs, target, weight, batch_size=batch_size, shuffle=shuffle, seed=seed)


def validation_source(
    names: Sequence[str], data: BatchSource | Sequence[Any] | None, batch_size: int
) -> BatchSource | None:
    """Return the source of validation data: None, a source, (x, y) or (x, y, weights).

    Raises:
        ValueError: `data` is something else.
    """
    if data is None or isinstance(data, BatchSource):
        return data
    if not isinstance(data, tuple | list) or len(data) not in (2, 3):
        raise ValueError(
            "validation_data must be a batch source, (x, y) or (x, y, weights), "
            f"received {type(data).__name__}"
        )
    return as_source(names, data[0], data[1], data[2] if len(data) == 3 else None, batch_size)


def by_name(inputs: Inputs, names: Sequence[str]) -> dict[str, Host]:
    """Return the inputs as arrays by name, in the model's order.

    Raises:
        ValueError: too few, too many or unknown inputs.
    """
    if isinstance(inputs, Mapping):
        if set(inputs) != set(names):
            raise ValueError(f"Model: needs the inputs {list(names)}, received {list(inputs)}")
        return {name: np.asarray(inputs[name]) for name in names}
    listed = list(inputs) if isinstance(inputs, list | tuple) else [inputs]
    if len(listed) != len(names):
        raise ValueError(f"Model: needs the inputs {list(names)}, received {len(listed)} array(s)")
    return {name: np.asarray(array) for name, array in zip(names, listed, strict=True)}


def check_inputs(
    inputs: Inputs, names: Sequence[str], shapes: Sequence[Shape], dtype: type[np.floating]
) -> list[Host]:
    """Return the inputs of one batch, checked and converted.

    Raises:
        ValueError: a wrong shape or dtype, no samples, or a value that is not finite.
    """
    arrays = by_name(inputs, names)
    checked = [
        _numbers(f"input {name!r}", array, shape, dtype)
        for (name, array), shape in zip(arrays.items(), shapes, strict=True)
    ]
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) != 1:
        raise ValueError(f"all inputs need the same number of samples, received {lengths}")
    return checked


def check_batch(
    batch: RawBatch,
    names: Sequence[str],
    shapes: Sequence[Shape],
    target_width: int,
    dtype: type[np.floating],
) -> Batch:
    """Return a checked batch; targets of shape (batch,) count as (batch, 1), weights default to 1.

    Raises:
        ValueError: a wrong shape or dtype, no samples, a value that is not finite, a negative
            weight, or weights that are all zero.
    """
    if not isinstance(batch, tuple) or len(batch) not in (2, 3):
        raise ValueError(
            "a batch is a tuple (inputs, targets) or (inputs, targets, weights), "
            f"received {type(batch).__name__}"
        )
    inputs = check_inputs(batch[0], names, shapes, dtype)
    raw_target = np.asarray(batch[1])
    if raw_target.ndim == 1:
        raw_target = raw_target[:, np.newaxis]
    target = _numbers("targets", raw_target, (target_width,), dtype)
    raw_weight = batch[2] if len(batch) == 3 else None
    weight = (
        np.ones(len(target), dtype)
        if raw_weight is None
        else _numbers("sample weights", np.asarray(raw_weight), (), dtype)
    )
    if not len(inputs[0]) == len(target) == len(weight):
        raise ValueError(
            "inputs, targets and weights need the same number of samples, "
            f"received {len(inputs[0])}, {len(target)} and {len(weight)}"
        )
    if (weight < 0).any() or not weight.any():
        raise ValueError("sample weights must not be negative, nor all zero in a batch")
    return Batch(inputs, target, weight)


def _numbers(what: str, array: Host, shape: Shape, dtype: type[np.floating]) -> Host:
    expected = f"(batch, {', '.join(map(str, shape))})" if shape else "(batch,)"
    if array.ndim != len(shape) + 1 or array.shape[1:] != tuple(shape):
        raise ValueError(f"{what}: needs the shape {expected}, received {array.shape}")
    if len(array) == 0:
        raise ValueError(f"{what}: the batch is empty, received the shape {array.shape}")
    if array.dtype.kind not in "biuf":
        raise ValueError(f"{what}: needs real numbers, received the dtype {array.dtype}")
    with np.errstate(over="ignore"):  # what overflows is infinite, and refused below
        converted = np.ascontiguousarray(array, dtype)
    if not np.isfinite(converted).all():
        bad = int((~np.isfinite(converted)).sum())
        raise ValueError(f"{what}: every value must be finite, received {bad} NaN or infinite")
    return converted
