"""DeviceDataset: all samples on the device, where batches are gathered by their row numbers."""

import math
from collections.abc import Generator

import numpy as np

from halflight.kernels import Backend
from halflight.nn.arrays import Array, Host, Shape
from halflight.nn.data import Batch, DeviceBatch, Rules, check_batch, naming
from halflight.nn.sources import IndexedSource

# Values that are checked and copied at a time: 32 MiB.
CHUNK = 1 << 23


class Table:
    """One array of the data set: `lead` rows of the shape `rest` for each sample."""

    def __init__(self, kernels: Backend, samples: int, lead: int, rest: Shape) -> None:
        """Allocate it."""
        self._kernels, self._lead, self._rest = kernels, lead, rest
        self.width = lead * math.prod(rest)
        self._values = kernels.empty((samples, self.width))
        self._taken: dict[int, tuple[Array, Array]] = {}

    def flat(self, chunk: Host) -> Host:
        """Return samples on the host as `write` takes them."""
        return chunk.reshape(-1, self.width)

    def write(self, start: int, chunk: Array) -> None:
        """Write samples from number `start` on."""
        self._kernels.copy(self._values[start : start + int(chunk.shape[0])], chunk)

    def take(self, index: Array) -> Array:
        """Return the samples that `index` (n,) names; good until so many are asked for again."""
        samples = int(index.shape[0])
        if samples not in self._taken:
            rows = self._kernels.empty((samples, self.width))
            self._taken[samples] = rows, rows.reshape((samples * self._lead, *self._rest))
        rows, shaped = self._taken[samples]
        self._kernels.embedding_forward(rows, index, self._values)
        return shaped


class DeviceDataset:
    """A source's samples on the device; its targets and weights stay on the host as well."""

    def __init__(self, kernels: Backend, rules: Rules, source: IndexedSource) -> None:
        """Check and copy all samples.

        Raises:
            ValueError: one is wrong.
        """
        self._source, self._staging = source, kernels.Staging()
        length = source.length
        self._leads = [math.prod(rule.rows) for rule in rules.targets]
        labels = list(zip(self._leads, rules.targets, strict=True))
        self._inputs = [Table(kernels, length, 1, rule.shape) for rule in rules.inputs]
        self._targets = [Table(kernels, length, n, rule.shape[-1:]) for n, rule in labels]
        self._weights = [Table(kernels, length, n, ()) for n, _ in labels]
        tables = [*self._inputs, *self._targets, *self._weights]
        kept, uploads = [], kernels.Staging()
        step = max(CHUNK // sum(table.width for table in tables), 1)
        for start in range(0, length, step):
            stop = min(start + step, length)
            with naming(f"samples {start} to {stop - 1}"):
                batch = check_batch(source.samples(slice(start, stop)), rules)
            chunks = [*batch.inputs, *batch.targets, *batch.weights]
            chunks = [table.flat(chunk) for table, chunk in zip(tables, chunks, strict=True)]
            for table, chunk in zip(tables, uploads(chunks), strict=True):
                table.write(start, chunk)
            kept.append(chunks[len(self._inputs) :])
        self._host = [np.concatenate(arrays) for arrays in zip(*kept, strict=True)]

    def batches(self, epoch: int) -> Generator[DeviceBatch, None, None]:
        """Yield an epoch's batches, each good until the next is asked for."""
        for rows in self._source.index_batches(epoch):
            found = [array[rows] for array in self._host]
            targets = [
                array.reshape(len(rows) * lead, -1)
                for array, lead in zip(found, self._leads, strict=False)
            ]
            weights = [array.reshape(-1) for array in found[len(targets) :]]
            (index,) = self._staging([rows])
            yield DeviceBatch(
                Batch([], targets, weights),
                [table.take(index) for table in self._inputs],
                [table.take(index) for table in self._targets],
                [table.take(index) for table in self._weights],
            )
