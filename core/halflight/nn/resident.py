"""Resident: a data set on the device, whose batches are gathered there by their row numbers."""

import math
from collections.abc import Generator

import numpy as np

from halflight.kernels import Backend
from halflight.nn.data import Batch, Fed, Host, Rules, check_samples, check_weights, naming
from halflight.nn.layer import Array, Shape
from halflight.nn.sources import Dealer

# Values that are checked and copied at a time: 32 MiB.
CHUNK = 1 << 23


class Table:
    """One array of the data set: `lead` rows of the shape `rest` for each sample."""

    def __init__(self, kernels: Backend, samples: int, lead: int, rest: Shape) -> None:
        """Allocate it."""
        self._kernels, self._lead, self._rest = kernels, lead, rest
        self.width = lead * math.prod(rest)
        self._values = kernels.empty((samples, self.width))
        self._places: dict[tuple[str, int], tuple[Array, Array]] = {}

    def flat(self, chunk: Host) -> Host:
        """Return samples on the host as `write` takes them."""
        return chunk.reshape(-1, self.width)

    def write(self, start: int, chunk: Array) -> None:
        """Write samples from number `start` on."""
        self._kernels.copy(self._values[start : start + int(chunk.shape[0])], chunk)

    def take(self, index: Array, orientation: int = 0) -> Array:
        """Return the samples that `index` (n,) names, their images turned."""
        samples = int(index.shape[0])
        rows, taken = self._place("taken", samples)
        self._kernels.embedding_forward(rows, index, self._values)
        if orientation == 0:
            return taken
        _, turned = self._place("turned", samples)
        self._kernels.random_orientation_forward(turned, taken, (orientation,), 0, 0)
        return turned

    def _place(self, purpose: str, samples: int) -> tuple[Array, Array]:
        """Return memory for so many samples: a row for each, and in their shape."""
        if (purpose, samples) not in self._places:
            rows = self._kernels.empty((samples, self.width))
            shaped = rows.reshape((samples * self._lead, *self._rest))
            self._places[purpose, samples] = rows, shaped
        return self._places[purpose, samples]


class Resident:
    """A source's samples on the device; its targets and weights stay on the host as well."""

    def __init__(self, kernels: Backend, rules: Rules, source: Dealer) -> None:
        """Check and copy all samples.

        Raises:
            ValueError: one is wrong.
        """
        self._source, self._rules, self._staging = source, rules, kernels.Staging()
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
                batch = check_samples(source.samples(slice(start, stop)), rules)
            chunks = [*batch.inputs, *batch.targets, *batch.weights]
            chunks = [table.flat(chunk) for table, chunk in zip(tables, chunks, strict=True)]
            for table, chunk in zip(tables, uploads(chunks), strict=True):
                table.write(start, chunk)
            kept.append(chunks[len(self._inputs) :])
        self._host = [np.concatenate(arrays) for arrays in zip(*kept, strict=True)]

    def batches(self, epoch: int) -> Generator[Fed, None, None]:
        """Yield an epoch's batches, each good until the next is asked for."""
        for number, (rows, orientation) in enumerate(self._source.deals(epoch)):
            found = [array[rows] for array in self._host]
            targets = [
                array.reshape(len(rows) * lead, -1)
                for array, lead in zip(found, self._leads, strict=False)
            ]
            weights = [array.reshape(-1) for array in found[len(targets) :]]
            with naming(f"epoch {epoch}, batch {number}"):
                check_weights(weights, self._rules.targets)
            (index,) = self._staging([rows])
            yield Fed(
                Batch([], targets, weights),
                [table.take(index, orientation) for table in self._inputs],
                [table.take(index) for table in self._targets],
                [table.take(index) for table in self._weights],
            )
