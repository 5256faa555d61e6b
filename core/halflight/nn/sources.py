"""Where batches come from: arrays, a generator, or anything that deals out an epoch's batches."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np

from halflight.nn.data import Arrays, Host, RawBatch, by_name


@runtime_checkable
class BatchSource(Protocol):
    """Anything that deals out an epoch's batches, the same ones whenever it is asked again.

    A source may also have `replayable` (False: it deals each batch out but once) and `read_ahead`
    (True: batches may be asked for ahead of use, on another thread: see `ReadAhead`).
    """

    steps: int
    """Batches in an epoch."""

    def batches(self, epoch: int) -> Iterator[RawBatch]:
        """Yield (inputs, targets) or (inputs, targets, weights), `steps` times."""
        ...


@runtime_checkable
class Dealer(BatchSource, Protocol):
    """A source whose batches are rows of arrays; all images of a batch may be turned alike."""

    length: int
    """Samples in all."""

    def samples(self, rows: slice) -> RawBatch:
        """Return the samples of these numbers, 0 to `length` - 1: inputs, targets, weights."""
        ...

    def deals(self, epoch: int) -> Iterator[tuple[Host, int]]:
        """Yield the numbers (n,) of each batch's samples, and the orientation of its images.

        0 is as the samples are, modulo 4 the quarter turns (counter-clockwise, as numpy.rot90), and
        from 4 on the columns are mirrored first.
        """
        ...


class ArraySource:
    """Batches of arrays in memory (or memory-mapped): row i of all arrays is one sample.

    Every epoch is shuffled by a generator of its own, Philox(key=[seed, epoch]). The last batch may
    be smaller than the others. Inputs, targets and weights may each be one array, or several by
    the names of inputs or outputs.
    """

    def __init__(
        self,
        inputs: Arrays,
        target: Arrays | None,
        weight: Arrays | None = None,
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
        self.length = next(iter(lengths.values()))
        self.steps = -(-self.length // batch_size)
        every = [array for arrays in (inputs, target, weight) for _, array in _each(arrays)]
        self.read_ahead = any(_is_mapped(array) for array in every)

    def batches(self, epoch: int) -> Iterator[RawBatch]:
        """Yield the batches of one epoch."""
        for rows, _ in self.deals(epoch):
            yield self.samples(rows if self._shuffle else slice(rows[0], rows[-1] + 1))

    def samples(self, rows: Any) -> RawBatch:
        """Return the samples of these numbers."""
        return _take(self._inputs, rows), _take(self._target, rows), _take(self._weight, rows)

    def deals(self, epoch: int) -> Iterator[tuple[Host, int]]:
        """Yield the numbers of each batch's samples; nothing is turned."""
        order = np.arange(self.length)
        if self._shuffle:
            order = np.random.Generator(np.random.Philox(key=[self._seed, epoch])).permutation(
                order
            )
        for start in range(0, self.length, self._batch_size):
            yield order[start : start + self._batch_size], 0


class IteratorSource:
    """The batches of a generator, `steps` to an epoch; they are gone once dealt out.

    A training on it cannot be resumed to the same bytes, so `BackupAndRestore` refuses it.
    """

    replayable = False

    def __init__(self, batches: Iterable[RawBatch], steps: int) -> None:
        """Take the generator.

        Raises:
            ValueError: `steps` is not a positive integer.
        """
        if type(steps) is not int or steps < 1:
            raise ValueError(
                f"a generator of batches needs steps, a positive integer, received {steps!r}"
            )
        self._iterator, self.steps = iter(batches), steps

    def batches(self, epoch: int) -> Iterator[RawBatch]:
        """Yield the next `steps` batches, or as many as are left."""
        for _, batch in zip(range(self.steps), self._iterator, strict=False):
            yield batch


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
        for label, value in class_weight.items():
            if type(label) is not int or not 0.0 <= value < np.inf:
                raise ValueError(
                    "class_weight maps integer classes to finite weights of zero or more, "
                    f"received {label!r}: {value!r}"
                )
        self._source, self._weights, self._shape = source, dict(class_weight), target_shape
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
        given = np.ones(1) if weight is None else np.asarray(weight)
        if given.ndim < factors.ndim:
            given = given.reshape(-1, *[1] * (factors.ndim - 1))
        return batch[0], target, factors * given


class ClassWeightedRows(ClassWeighted):
    """The same of a source that deals out rows of arrays."""

    def __init__(
        self, source: Dealer, class_weight: Mapping[int, float], target_shape: tuple[int, ...]
    ) -> None:
        """Check the weights, as `ClassWeighted`."""
        super().__init__(source, class_weight, target_shape)
        self._dealer, self.length = source, source.length

    def samples(self, rows: slice) -> RawBatch:
        """Return samples with other weights."""
        return self.weighted(self._dealer.samples(rows))

    def deals(self, epoch: int) -> Iterator[tuple[Host, int]]:
        """Yield the numbers of each batch's samples, and the orientation of its images."""
        return self._dealer.deals(epoch)


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
        inputs, _arrays(y), _arrays(weight), batch_size=batch_size, shuffle=shuffle, seed=seed
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


def _arrays(values: Arrays | None) -> Arrays | None:
    """Numbers in a list become an array; arrays in a list or mapping stay apart."""
    if values is None or isinstance(values, Mapping):
        return values
    if isinstance(values, list | tuple) and any(isinstance(v, np.ndarray) for v in values):
        return list(values)
    return np.asarray(values)


def _each(arrays: Arrays | None) -> list[tuple[str, Host]]:
    if arrays is None:
        return []
    if isinstance(arrays, Mapping):
        return list(arrays.items())
    if isinstance(arrays, list | tuple):
        return [(str(i), array) for i, array in enumerate(arrays)]
    return [("", np.asarray(arrays))]


def _is_mapped(array: Any) -> bool:
    """Whether an array lies in a file, or is a view of one that does."""
    while array is not None and not isinstance(array, np.memmap):
        array = getattr(array, "base", None)
    return array is not None


def _take(arrays: Any, rows: Any) -> Any:
    if arrays is None:
        return None
    if isinstance(arrays, Mapping):
        return {name: array[rows] for name, array in arrays.items()}
    if isinstance(arrays, list | tuple):
        return [array[rows] for array in arrays]
    return arrays[rows]
