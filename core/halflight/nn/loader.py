"""Loader: a source's batches, checked, on the device.

Batches are staged: copied while the device computes with those before. Where the device has memory
of its own, a source that knows its batches by row numbers (`IndexedSource`) is copied there whole
if it fits, and then only the numbers travel.
"""

import math
from collections.abc import Callable, Generator, Sequence
from contextlib import closing

from halflight.kernels import Backend
from halflight.nn.arrays import Array, Host
from halflight.nn.data import Batch, DeviceBatch, Rules, check_batch, naming
from halflight.nn.device_dataset import DeviceDataset
from halflight.nn.lengths import varies
from halflight.nn.prefetch import prefetched
from halflight.nn.sources import BatchSource, IndexedSource

Staging = Callable[[Sequence[Host]], list[Array]]
"""What a back end's `Staging` is: the arrays it returns are good until the next call."""

# Of the device's free memory, what a data set may take: there may be two, and a network.
SHARE = 0.25


class Loader:
    """The batches of one source for one model."""

    def __init__(self, kernels: Backend, rules: Rules, source: BatchSource) -> None:
        """Copy the samples to the device if they fit there."""
        self._kernels, self._rules, self._source = kernels, rules, source
        self._dataset: DeviceDataset | None = None
        if isinstance(source, IndexedSource) and fits(kernels, rules, source.length):
            self._dataset = DeviceDataset(kernels, rules, source)

    @property
    def on_device(self) -> bool:
        """Whether the samples lie on the device."""
        return self._dataset is not None

    def batches(self, epoch: int) -> Generator[DeviceBatch, None, None]:
        """Yield an epoch's batches, each good until the next is asked for.

        Raises:
            ValueError: a batch is wrong, or there are not as many as the source promised.
        """
        steps, number = self._source.steps, 0
        with closing(self._device_batches(epoch)) as batches:
            for batch in batches:
                number += 1
                yield batch
        if number != steps or number == 0:
            raise ValueError(
                f"epoch {epoch}: the batch source promised {steps} batches (at least one), "
                f"and yielded {number}"
            )

    def _device_batches(self, epoch: int) -> Generator[DeviceBatch, None, None]:
        if self._dataset is not None:
            yield from self._dataset.batches(epoch)
            return
        staging = self._kernels.Staging()
        with closing(prefetched(self._source, epoch)) as batches:
            for number, raw in enumerate(batches):
                with naming(f"epoch {epoch}, batch {number}"):
                    batch = check_batch(raw, self._rules)
                yield staged(staging, batch)


def staged(staging: Staging, batch: Batch) -> DeviceBatch:
    """Copy a checked batch to the device."""
    found = iter(staging([*batch.inputs, *batch.targets, *batch.weights]))
    parts = (batch.inputs, batch.targets, batch.weights)
    return DeviceBatch(batch, *([next(found) for _ in part] for part in parts))


def fits(kernels: Backend, rules: Rules, samples: int) -> bool:
    """Whether a device with memory of its own has room for so many samples; integers stay out."""
    free = kernels.free_memory()
    if free is None or any(rule.integers for rule in rules.inputs):
        return False
    shapes = [*(rule.shape for rule in rules.inputs), *(rule.shape for rule in rules.targets)]
    if any(varies(shape) for shape in shapes):
        return False
    values = sum(math.prod(rule.shape) for rule in rules.inputs)
    values += sum(math.prod(rule.rows) * (rule.shape[-1] + 1) for rule in rules.targets)
    return 4 * samples * values <= SHARE * free
