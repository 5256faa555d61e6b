"""Where batches come from: arrays, a generator, or anything that yields an epoch's batches."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeAlias, runtime_checkable

import numpy as np

from halflight.nn.arrays import Host
from halflight.nn.checks import BOOLEAN, COUNT, SEED, require
from halflight.nn.data import Arrays, RawBatch, by_name
from halflight.nn.hosts import host, hosts


class StoredArray(Protocol):
    """Samples that are read when they are asked for, such as those of a file."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The number of samples, then the shape of one."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of every value."""

    def __len__(self) -> int:
        """Return the number of samples."""

    def __getitem__(self, rows: Any) -> Host:
        """Return the samples of these numbers, an integer array or a slice, as a new array."""


Samples: TypeAlias = Arrays | StoredArray | Sequence[StoredArray] | Mapping[str, StoredArray]
"""Arrays in memory or stored: one, a list in the model's order, or several by name."""


@runtime_checkable
class BatchSource(Protocol):
    """Anything that yields an epoch's batches, the same ones whenever it is asked again.

    A source may also have `replayable` (False: it yields each batch but once) and `read_ahead`
    (True: batches may be asked for ahead of use, on another thread: see `ReadAhead`).
    """

    steps: int
    """Batches in an epoch."""

    def batches(self, epoch: int) -> Iterator[RawBatch]:
        """Yield (inputs, targets) or (inputs, targets, weights), `steps` times."""
        ...


@runtime_checkable
class IndexedSource(BatchSource, Protocol):
    """A source whose batches are rows of arrays, so that a device can keep all of them."""

    length: int
    """Samples in all."""

    def samples(self, rows: Any) -> RawBatch:
        """Return the samples of these numbers (an array, or a slice) of 0 to `length` - 1."""
        ...

    def index_batches(self, epoch: int) -> Iterator[Host]:
        """Yield the numbers (n,) of each batch's samples."""
        ...


class ArraySource:
    """Batches of arrays in memory, or stored: row i of all arrays is one sample.

    Every epoch is shuffled by a generator of its own, Philox(key=[seed, epoch]). The last batch may
    be smaller than the others. Inputs, targets and weights may each be one array, or several by
    the names of inputs or outputs; a `StoredArray` is never read as a whole, and its batches are
    read ahead of use, as those of a memory-mapped array are.
    """

    def __init__(
        self,
        inputs: Samples,
        target: Samples | None,
        weight: Samples | None = None,
        *,
        batch_size: int,
        shuffle: bool,
        seed: int = 0,
        rows: Host | None = None,
    ) -> None:
        """Check that all arrays have the same number of rows.

        Args:
            inputs, target, weight: see the class; None where there is none.
            batch_size: samples a batch.
            shuffle: put the samples in a new order each epoch.
            seed: of the shuffling.
            rows: (n,) integers, which samples take part and in which order; None: all.

        Raises:
            ValueError: lengths differ, there are no rows, one is not there, weights in memory are
                all zero, a value is masked, or batch_size is not positive.
        """
        batch_size = require("ArraySource", "batch_size", batch_size, COUNT)
        seed = require("ArraySource", "seed", seed, SEED)
        shuffle = require("ArraySource", "shuffle", shuffle, BOOLEAN)
        inputs, target = hosts("inputs", inputs), hosts("targets", target)
        weight = hosts("sample_weight", weight)
        lengths = {
            f"{what} {name}".strip(): len(array)
            for what, arrays in (("", inputs), ("targets", target), ("sample_weight", weight))
            for name, array in _each(arrays)
        }
        if len(set(lengths.values())) != 1 or 0 in lengths.values():
            raise ValueError(
                f"all arrays need the same number of samples, at least one; received {lengths}"
            )
        self._inputs, self._target, self._weight = inputs, target, weight
        self._batch_size, self._shuffle, self._seed = batch_size, shuffle, seed
        self._rows = None if rows is None else _checked_rows(rows, min(lengths.values()))
        self.length = min(lengths.values()) if self._rows is None else len(self._rows)
        self._require_weight()
        self.steps = -(-self.length // batch_size)
        every = [array for arrays in (inputs, target, weight) for _, array in _each(arrays)]
        self.read_ahead = any(_is_stored(array) for array in every)

    def _require_weight(self) -> None:
        """Raise ValueError where weights let no sample count; those of a file are not read."""
        for name, array in _each(self._weight):
            if isinstance(array, np.ndarray) and not _is_stored(array):
                chosen = array if self._rows is None else array[self._rows]
                if not chosen.any():
                    of = f" of {name!r}" if isinstance(self._weight, Mapping) else ""
                    raise ValueError(f"sample_weight{of} must not be all zero: no sample counts")

    def batches(self, epoch: int) -> Iterator[RawBatch]:
        """Yield the batches of one epoch."""
        for rows in self.index_batches(epoch):
            yield self.samples(rows if self._shuffle else slice(rows[0], rows[-1] + 1))

    def samples(self, rows: Any) -> RawBatch:
        """Return samples by their numbers, among those that take part."""
        chosen = rows if self._rows is None else self._rows[rows]
        target, weight = _take(self._target, chosen), _take(self._weight, chosen)
        return _take(self._inputs, chosen), target, weight

    def index_batches(self, epoch: int) -> Iterator[Host]:
        """Yield the numbers of each batch's samples, among those that take part."""
        order = np.arange(self.length)
        if self._shuffle:
            rng = np.random.Generator(np.random.Philox(key=[self._seed, epoch]))
            order = rng.permutation(order)
        for start in range(0, self.length, self._batch_size):
            yield order[start : start + self._batch_size]


class IteratorSource:
    """The batches of a generator, `steps` to an epoch; they are gone once yielded.

    A training on it cannot be resumed to the same bytes, so `BackupAndRestore` refuses it.
    """

    replayable = False

    def __init__(self, batches: Iterable[RawBatch], steps: int) -> None:
        """Take the generator.

        Raises:
            ValueError: `steps` is not a positive integer.
        """
        self.steps = require("a generator of batches", "steps", steps, COUNT)
        self._iterator = iter(batches)

    def batches(self, epoch: int) -> Iterator[RawBatch]:
        """Yield the next `steps` batches, or as many as are left."""
        for _, batch in zip(range(self.steps), self._iterator, strict=False):
            yield batch


def as_source(
    input_names: Sequence[str],
    x: Arrays | BatchSource | Iterable[RawBatch],
    y: Arrays | None,
    weight: Arrays | None,
    batch_size: int,
    *,
    steps: int | None = None,
    shuffle: bool = False,
    seed: int = 0,
) -> BatchSource:
    """Return `x` if it is a batch source, else a source of the arrays, or of the generator.

    Raises:
        ValueError: targets come beside a source that brings its own, or a generator comes without
            the number of its steps.
    """
    if isinstance(x, BatchSource | Iterator):
        if y is not None or weight is not None:
            raise ValueError("a batch source brings its own targets and weights: y must be None")
        if isinstance(x, BatchSource):
            return x
        if steps is None:
            raise ValueError("a generator of batches needs steps_per_epoch, received None")
        return IteratorSource(x, steps)
    inputs = by_name("inputs", x, input_names)  # type: ignore[arg-type]
    return ArraySource(
        inputs,
        as_arrays("targets", y),
        as_arrays("sample_weight", weight),
        batch_size=batch_size,
        shuffle=shuffle,
        seed=seed,
    )


def validation_source(
    input_names: Sequence[str],
    data: Any,
    batch_size: int,
    steps: int | None = None,
) -> BatchSource | None:
    """Return the source of validation data: None, a source, (x, y) or (x, y, weights).

    Raises:
        ValueError: `data` is something else.
    """
    if data is None or isinstance(data, BatchSource):
        return data
    if isinstance(data, Iterator):
        raise ValueError(
            "validation_data must be the same in every epoch: a generator is not; pass arrays, or "
            "an object with `steps` and `batches(epoch)`"
        )
    if not isinstance(data, tuple | list) or len(data) not in (2, 3):
        raise ValueError(
            "validation_data must be a batch source, (x, y) or (x, y, weights), "
            f"received {type(data).__name__}"
        )
    weight = data[2] if len(data) == 3 else None
    return as_source(input_names, data[0], data[1], weight, batch_size, steps=steps)


def as_arrays(what: str, values: Arrays | None) -> Arrays | None:
    """Numbers in a list become an array; arrays in a list or mapping stay apart."""
    if values is None:
        return None
    if isinstance(values, Mapping):
        return {name: host(f"{what} {name!r}", array) for name, array in values.items()}
    if isinstance(values, list | tuple) and any(isinstance(v, np.ndarray) for v in values):
        return [host(f"{what} {number}", array) for number, array in enumerate(values)]
    return host(what, values)


def _each(arrays: Any) -> list[tuple[str, Any]]:
    if arrays is None:
        return []
    if isinstance(arrays, Mapping):
        return list(arrays.items())
    if isinstance(arrays, list | tuple):
        return [(str(i), array) for i, array in enumerate(arrays)]
    return [("", arrays)]


def _is_stored(array: Any) -> bool:
    """Whether an array lies in a file, or is a view of one that does."""
    if not isinstance(array, np.ndarray):
        return True
    while array is not None and not isinstance(array, np.memmap):
        array = getattr(array, "base", None)
    return array is not None


def _checked_rows(rows: Host, samples: int) -> Host:
    numbers = np.asarray(rows)
    if numbers.ndim != 1 or not len(numbers) or numbers.dtype.kind not in "iu":
        raise ValueError(
            "ArraySource: rows must be one or more integers (n,), "
            f"received {numbers.dtype} {numbers.shape}"
        )
    if numbers.min() < 0 or numbers.max() >= samples:
        raise ValueError(
            f"ArraySource: rows must be numbers of 0 to {samples - 1}, "
            f"received {numbers.min()} to {numbers.max()}"
        )
    return numbers


def _take(arrays: Any, rows: Any) -> Any:
    if arrays is None:
        return None
    if isinstance(arrays, Mapping):
        return {name: array[rows] for name, array in arrays.items()}
    if isinstance(arrays, list | tuple):
        return [array[rows] for array in arrays]
    return arrays[rows]
